using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Logs;

/// <summary>Whose log: Odoo's own, what PostgreSQL says of the instance's database, or who asked the edge for what.</summary>
internal enum LogSource { Odoo, Postgres, Access }

internal static class LogSources
{
    /// <summary>Entries with their gravity, and of a log that several share only what is this instance's.</summary>
    public static async IAsyncEnumerable<LogEntry> ReadAsync(InstanceOnServer on, LogSource source, LogWindow window, [EnumeratorCancellation] CancellationToken stop)
    {
        var levels = new LogLevels();
        var (connection, container) = await PlaceAsync(on, source, stop);
        var lines = SharedLines.Of(IsShared(on, source) ? source : null);
        var owner = OwnerOf(on, source);
        await foreach (var (at, text) in connection.Docker.LogAsync(container, window, stop))
            if (lines.Read(text) is var (whose, shown) && whose == owner)
                yield return new LogEntry(at, shown, levels.Of(shown));
    }

    /// <summary>Whether its lines are those of all instances of the server. A topology has a PostgreSQL of its own.</summary>
    public static bool IsShared(InstanceOnServer on, LogSource source) => source == LogSource.Access || source == LogSource.Postgres && on.FindDatabase is null;

    /// <summary>How a shared log names the instance; null where nobody shares it.</summary>
    private static string? OwnerOf(InstanceOnServer on, LogSource source) => !IsShared(on, source) ? null : OwnerOf(on.Instance, source);

    public static string OwnerOf(Instance instance, LogSource source) => source == LogSource.Postgres ? instance.Database : EdgeConfig.BackendOf(instance.Id);

    public static DockerName SharedContainer(LogSource source) => source == LogSource.Postgres ? PostgresContainer.Name : Edge.Name;

    private static async Task<(IServerConnection, DockerName)> PlaceAsync(InstanceOnServer on, LogSource source, CancellationToken stop) => source switch
    {
        LogSource.Postgres when on.FindDatabase is { } find => await find(stop),
        LogSource.Odoo => (on.Connection, on.Container),
        _ => (on.Connection, SharedContainer(source)),
    };
}

/// <summary>Whose each line of a log is, by what the program that wrote it put at its head, and what of it is shown.</summary>
internal abstract partial class SharedLines
{
    public abstract (string? Owner, string Shown) Read(string line);

    public static SharedLines Of(LogSource? shared) => shared switch
    {
        null => new OneOwner(),
        LogSource.Postgres => new OfPostgres(),
        _ => new OfEdge(),
    };

    private sealed class OneOwner : SharedLines
    {
        public override (string? Owner, string Shown) Read(string line) => (null, line);
    }

    /// <summary>
    /// One PostgreSQL serves all instances of a server. Its lines name their database after the process, and what continues a line begins
    /// with a tab, whatever a statement holds: nobody's words can pass for the head of a line.
    /// </summary>
    private sealed partial class OfPostgres : SharedLines
    {
        private string _owner = "";

        public override (string? Owner, string Shown) Read(string line)
        {
            if (!line.StartsWith('\t'))
                _owner = Head().Match(line) is { Success: true } head ? head.Groups[1].Value : "";
            return (_owner, line);
        }

        [GeneratedRegex(@"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+ \[\d+\] (\S+) [A-Z]+\d?:", RegexOptions.CultureInvariant)]
        private static partial Regex Head();
    }

    /// <summary>The edge begins each line with the backend that it chose, before anything a visitor sent.</summary>
    private sealed class OfEdge : SharedLines
    {
        private const string Mark = "access ", Live = "-live";

        public override (string? Owner, string Shown) Read(string line)
        {
            if (!line.StartsWith(Mark, StringComparison.Ordinal) || line.IndexOf(' ', Mark.Length) is not (> 0 and var end))
                return ("", line);
            var backend = line[Mark.Length..end];
            return (backend.EndsWith(Live, StringComparison.Ordinal) ? backend[..^Live.Length] : backend, line[(end + 1)..]);
        }
    }
}
