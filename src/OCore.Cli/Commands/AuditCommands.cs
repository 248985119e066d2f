using System.CommandLine;
using System.Globalization;
using OCore.Cli.Output;

namespace OCore.Cli.Commands;

internal static class AuditCommands
{
    public static Command Noun() => new("audit", "Who did what") { List() };

    private static Verb List()
    {
        var action = Opt.Text("--action", "ACTION", "Only this action, for example client.created");
        var actor = Opt.Text("--actor", "WHO", "Only what this person or key did");
        var type = Opt.Text("--object-type", "TYPE", "Only objects of this kind, for example instance");
        var id = Opt.Text("--object-id", "ID", "Only this object");
        var from = Opt.Text("--from", "TIME", "Not before: 2026-01-31, 2026-01-31T12:00:00Z, or 24h, 7d for the last hours or days");
        var to = Opt.Text("--to", "TIME", "Not after");
        return Lists.Verb("list", "List the audit log, newest first", "GET /audit-logs", Views.Audit, call => Query.Add("/api/audit-logs",
            ("action", call.Get(action)),
            ("actor", call.Get(actor)),
            ("objectType", call.Get(type)),
            ("objectId", call.Get(id)),
            ("from", Time(call, call.Get(from))),
            ("to", Time(call, call.Get(to)))), [action, actor, type, id, from, to], atMost: 50)
            .Example("ocore audit list --from 7d --action client.created");
    }

    private static string? Time(Call call, string? text)
    {
        if (text is null)
            return null;
        var now = call.Io.Time.GetUtcNow();
        DateTimeOffset? time = text[^1] switch
        {
            'h' when int.TryParse(text[..^1], out var hours) => now.AddHours(-hours),
            'd' when int.TryParse(text[..^1], out var days) => now.AddDays(-days),
            _ when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) => at,
            _ => null,
        };
        return time is { } known ? known.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ") : throw new CliException(ExitCode.Usage, $"'{text}' is not a time.", "Write 2026-01-31, 2026-01-31T12:00:00Z, 24h or 7d.");
    }
}
