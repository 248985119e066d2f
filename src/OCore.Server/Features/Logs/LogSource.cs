using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Docker;

namespace OCore.Features.Logs;

/// <summary>Whose log: Odoo's own, or what the server's PostgreSQL says of the instance's database.</summary>
internal enum LogSource { Odoo, Postgres }

internal static class LogSources
{
    /// <summary>Entries with their gravity, and of a log that several share only what is this instance's.</summary>
    public static async IAsyncEnumerable<LogEntry> ReadAsync(InstanceOnServer on, LogSource source, LogWindow window, [EnumeratorCancellation] CancellationToken stop)
    {
        var levels = new LogLevels();
        var owner = source == LogSource.Postgres ? new SharedLines(on.Plan.Database) : null;
        var container = source == LogSource.Postgres ? PostgresContainer.Name : on.Container;
        await foreach (var (at, text) in on.Connection.Docker.LogAsync(container, window, stop))
            if (owner is null || owner.IsOurs(text))
                yield return new LogEntry(at, text, levels.Of(text));
    }
}

/// <summary>
/// One PostgreSQL serves all instances of a server. Its lines name their database after the process, and what continues a line begins
/// with a tab, whatever a statement holds: nobody's words can pass for the head of a line.
/// </summary>
internal sealed partial class SharedLines(string database)
{
    private bool _ours;

    public bool IsOurs(string line)
    {
        if (!line.StartsWith('\t'))
            _ours = Head().Match(line) is { Success: true } head && head.Groups[1].Value == database;
        return _ours;
    }

    [GeneratedRegex(@"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+ \[\d+\] (\S+) [A-Z]+\d?:", RegexOptions.CultureInvariant)]
    private static partial Regex Head();
}
