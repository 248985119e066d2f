using System.Runtime.CompilerServices;
using OCore.Features.Instances;
using OCore.Platform.Docker;

namespace OCore.Features.Logs;

/// <summary>A log with its past: what the engine has of it, and before that what oCore kept.</summary>
internal sealed class LogHistory(LogArchive archive)
{
    /// <summary>A stretch of it, oldest first. Not for windows that follow or count from the end.</summary>
    public async IAsyncEnumerable<LogEntry> ReadAsync(InstanceOnServer on, LogSource source, LogWindow window, [EnumeratorCancellation] CancellationToken stop)
    {
        await using var live = LogSources.ReadAsync(on, source, window, stop).GetAsyncEnumerator(stop);
        var any = await live.MoveNextAsync();
        await foreach (var entry in archive.ReadAsync(on.Instance.Id, source, window.Since, any ? live.Current.At : window.Until, stop))
            yield return entry;
        for (; any; any = await live.MoveNextAsync())
            yield return live.Current;
    }

    /// <summary>The last of a stretch that pass a filter, oldest first, and whether there are such before them.</summary>
    public async Task<(IReadOnlyList<LogEntry> Lines, bool More)> LastAsync(InstanceOnServer on, LogSource source, LogWindow window, LogFilter filter, int most, CancellationToken stop)
    {
        var (last, more, first, read) = (new Queue<LogEntry>(), false, window.Until, 0);
        await foreach (var entry in LogSources.ReadAsync(on, source, window, stop))
        {
            // The engine's end of a stretch is a little later than ours.
            if (entry.At >= window.Until)
                continue;
            first = read++ == 0 ? entry.At : first;
            if (!filter.Takes(entry))
                continue;
            last.Enqueue(entry);
            if (last.Count <= most)
                continue;
            last.Dequeue();
            more = true;
        }
        if (more || window.Tail is { } tail && read >= tail)
            return ([.. last], true);
        // Day by day backwards, for the past may be long.
        IReadOnlyList<LogEntry> lines = [.. last];
        foreach (var day in archive.DaysOf(on.Instance.Id, source).Reverse())
        {
            if (lines.Count == most)
                return (lines, true);
            var (earlier, room) = (new Queue<LogEntry>(), most - lines.Count);
            await foreach (var entry in archive.DayAsync(on.Instance.Id, source, day, stop))
            {
                if (entry.At < window.Since || entry.At >= first || !filter.Takes(entry))
                    continue;
                earlier.Enqueue(entry);
                if (earlier.Count <= room)
                    continue;
                earlier.Dequeue();
                more = true;
            }
            lines = [.. earlier, .. lines];
            if (more)
                break;
        }
        return (lines, more);
    }
}
