using System.Globalization;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>The logs of an instance.</summary>
internal static class LogCommands
{
    public static Verb Logs()
    {
        var instance = Opt.Arg("INSTANCE", "Id or slug");
        var tail = Opt.Int("--tail", "N", "Lines from the end; 200 where not given");
        var follow = Opt.Flag("--follow", "Go on with new lines as they come");
        follow.Aliases.Add("-f");
        var source = Opt.Among("--source", "Whose log: Odoo's, what PostgreSQL says of the instance's database, or who asked the edge for what", "odoo", "postgres", "access");
        var level = Opt.Among("--level", "Only messages at least as grave", "debug", "info", "warning", "error", "critical");
        var search = Opt.Text("--search", "TEXT", "Only lines that hold it");
        var since = Opt.Text("--since", "WHEN", "Only from then on: 2026-11-24T10:00Z, or 90m, 6h, 2d ago");
        var until = Opt.Text("--until", "WHEN", "Only until then");
        var save = Opt.Text("--save", "FILE", "Write all that is kept into this file; - for standard output");
        return new Verb("logs", "Print the log of an instance") { instance, tail, follow, source, level, search, since, until, save }
            .Calls("GET /instances/{id}/logs", "GET /instances/{id}/logs/stream", "GET /instances/{id}/logs/download")
            .Example("ocore instance logs acme-erp --tail 50 --follow")
            .Example("ocore instance logs acme-erp --level error --since 6h")
            .Runs(async call =>
            {
                var path = ((Route)$"/instances/{call.Get(instance)}/logs").ToString();
                (string, string?)[] filters = [("source", call.Get(source)), ("level", call.Get(level)), ("q", call.Get(search)), ("since", When(call, call.Get(since))), ("until", When(call, call.Get(until)))];
                if (call.Get(save) is { } file)
                    return await Save(call, Query.Add(path + "/download", filters), file);
                if (call.Get(follow))
                    return await Follow(call, Query.Add(path + "/stream", [.. filters, ("tail", call.Get(tail)?.ToString(CultureInfo.InvariantCulture))]));
                var (log, json) = await call.Fetch<LogLines>(HttpMethod.Get, Query.Add(path, [.. filters, ("tail", (call.Get(tail) ?? 200).ToString(CultureInfo.InvariantCulture))]));
                if (call.Out.Format != Output.OutputFormat.Table)
                    call.Out.Json(json);
                else
                    foreach (var line in log.Lines)
                        call.Out.Line(line);
                return ExitCode.Ok;
            });
    }

    private static string? When(Call call, string? typed)
    {
        if (typed is null)
            return null;
        if (typed.Length > 1 && double.TryParse(typed[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
        {
            var ago = typed[^1] switch { 's' => TimeSpan.FromSeconds(count), 'm' => TimeSpan.FromMinutes(count), 'h' => TimeSpan.FromHours(count), 'd' => TimeSpan.FromDays(count), _ => (TimeSpan?)null };
            if (ago is { } span)
                return (call.Io.Time.GetUtcNow() - span).ToString("O", CultureInfo.InvariantCulture);
        }
        return DateTimeOffset.TryParse(typed, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var at)
            ? at.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture)
            : throw new CliException(ExitCode.Usage, $"'{typed}' is no time.", "Write it as 2026-11-24T10:00Z, or as 90m, 6h or 2d ago.");
    }

    private static async Task<int> Save(Call call, string path, string file)
    {
        if (file == "-")
        {
            await call.Api.Download(path, call.Io.Out, call.Stop);
            return ExitCode.Ok;
        }
        await using var writer = new StreamWriter(file);
        await call.Api.Download(path, writer, call.Stop);
        call.Out.Note($"Written to {file}.");
        return ExitCode.Ok;
    }

    /// <summary>Goes on after the last line where the connection breaks, as long as the server is there.</summary>
    private static async Task<int> Follow(Call call, string path)
    {
        string? last = null;
        for (var failures = 0; ;)
        {
            try
            {
                await foreach (var item in call.Api.Events(path, last, call.Stop))
                {
                    failures = 0;
                    last = item.EventId ?? last;
                    if (item.EventType is not ("line" or "message"))
                        continue;
                    call.Out.Line(item.Data);
                    await call.Io.Out.FlushAsync(call.Stop);
                }
                return ExitCode.Ok;
            }
            catch (Exception lost) when (lost is HttpRequestException or IOException && last is not null && ++failures <= 10)
            {
                await Task.Delay(TimeSpan.FromSeconds(failures), call.Io.Time, call.Stop);
            }
        }
    }
}
