using System.Globalization;
using System.Text;
using System.Text.Json;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Features.AuditLog;

/// <summary>The log as a file, written as it is read, so that its length does not matter.</summary>
internal static class AuditExport
{
    public const string Csv = "text/csv", JsonLines = "application/jsonl";
    private const int Batch = 1000;

    public static async Task WriteAsync(Stream body, OCoreDb db, AuditEndpoints.Filter filter, string? search, bool json, CancellationToken stop)
    {
        await using var writer = new StreamWriter(body, new UTF8Encoding(false), leaveOpen: true) { NewLine = json ? "\n" : "\r\n" };
        if (!json)
            await writer.WriteLineAsync("id,at,action,actor,actorId,onBehalfOf,objectType,objectId,objectName,operationId,ip,userAgent,changes");
        Guid? last = null;
        while (true)
        {
            var entries = await AuditQueries.PageAsync(db, filter, search, last, Batch, stop);
            var names = await AuditQueries.OrganizationNamesAsync(db, entries, stop);
            foreach (var entry in entries.Select(e => e.ToView(names)))
                await writer.WriteLineAsync(json ? JsonSerializer.Serialize(entry, WireJson.Default.AuditEntryView) : Line(entry));
            await writer.FlushAsync(stop);
            if (entries.Count < Batch)
                return;
            last = entries[^1].Id;
        }
    }

    private static string Line(AuditEntryView e) => string.Join(',', ((string?[])
    [
        e.Id.ToString(), e.At.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture), e.Action, e.Actor, e.ActorId?.ToString(), e.OnBehalfOf,
        e.ObjectType, e.ObjectId, e.ObjectName, e.OperationId?.ToString(), e.Ip, e.UserAgent,
        e.Changes is null ? null : JsonSerializer.Serialize(e.Changes, WireJson.Default.IReadOnlyDictionaryStringAuditChange),
    ]).Select(Cell));

    // Spreadsheets take a cell that begins like a formula for one, and names are chosen by people.
    private static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        if (text[0] is '=' or '+' or '-' or '@' or '\t' or '\r')
            text = "'" + text;
        return text.AsSpan().ContainsAny("\",\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
