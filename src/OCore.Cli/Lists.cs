using System.CommandLine;
using System.Text.Json;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli;

/// <summary>Lists are alike: pages are joined, and the joined page has the form of one.</summary>
internal static class Lists
{
    private const int PageSize = 100;

    public static Verb Verb<T>(string name, string description, string operation, View<T> view, Func<Call, string> path, IEnumerable<Symbol>? symbols = null, int? atMost = null) =>
        Verb(name, description, operation, view, call => Task.FromResult(path(call)), symbols, atMost);

    /// <summary>A verb that lists; <c>atMost</c> is the number of rows where <c>--limit</c> is not given, null for all.</summary>
    public static Verb Verb<T>(string name, string description, string operation, View<T> view, Func<Call, Task<string>> path, IEnumerable<Symbol>? symbols = null, int? atMost = null)
    {
        var limit = Opt.Int("--limit", "N", atMost is null ? "At most so many rows; all where not given" : $"At most so many rows: {atMost} where not given, 0 for all");
        var verb = new Verb(name, description).Calls(operation);
        foreach (var symbol in symbols ?? [])
        {
            if (symbol is Argument argument)
                verb.Add(argument);
            else
                verb.Add((Option)symbol);
        }
        verb.Add(limit);
        return verb.Runs(async call =>
        {
            var most = call.Get(limit) ?? atMost ?? 0;
            if (most < 0)
                throw new CliException(ExitCode.Usage, "--limit is not negative.");
            var (items, page, more) = await Read<T>(call, await path(call), most == 0 ? int.MaxValue : most);
            call.Out.Items(page, items, view);
            if (more && call.Out.Format == OutputFormat.Table)
                call.Out.Note("There are more: --limit 0 shows all.");
            return ExitCode.Ok;
        });
    }

    public static async Task<IReadOnlyList<T>> All<T>(Call call, string path) => (await Read<T>(call, path, int.MaxValue)).Items;

    private static async Task<(IReadOnlyList<T> Items, JsonElement Page, bool More)> Read<T>(Call call, string path, int most)
    {
        List<JsonElement> rows = [];
        string? cursor = null;
        do
        {
            var address = Query.Add(path, ("limit", Math.Min(PageSize, most - rows.Count).ToString()), ("cursor", cursor));
            var (page, json) = await call.Fetch<Page<T>>(HttpMethod.Get, address);
            rows.AddRange(json.GetProperty("data").EnumerateArray());
            cursor = page.NextCursor;
        }
        while (cursor is not null && rows.Count < most);
        return ([.. rows.Select(OCoreHttp.Read<T>)], Join(rows, cursor), cursor is not null);
    }

    private static JsonElement Join(List<JsonElement> rows, string? cursor)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("data");
            foreach (var row in rows)
                row.WriteTo(writer);
            writer.WriteEndArray();
            writer.WriteString("nextCursor", cursor);
            writer.WriteBoolean("hasMore", cursor is not null);
            writer.WriteEndObject();
        }
        using var document = JsonDocument.Parse(buffer.ToArray());
        return document.RootElement.Clone();
    }
}
