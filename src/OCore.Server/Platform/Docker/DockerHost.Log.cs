using System.Globalization;
using System.Runtime.CompilerServices;
using Docker.DotNet;
using Docker.DotNet.Models;
using OCore.Platform.Remote;

namespace OCore.Platform.Docker;

/// <summary>
/// Where a line stands in a container's log: when the engine took it, and which of those it took in that instant. It stays valid for as
/// long as the engine keeps the line, so a reader goes on after it wherever it asks.
/// </summary>
internal readonly record struct LogStamp(long Seconds, int Nanoseconds, int Same) : IComparable<LogStamp>
{
    public int CompareTo(LogStamp other) => (Seconds, Nanoseconds, Same).CompareTo((other.Seconds, other.Nanoseconds, other.Same));

    public static bool operator <(LogStamp a, LogStamp b) => a.CompareTo(b) < 0;
    public static bool operator >(LogStamp a, LogStamp b) => a.CompareTo(b) > 0;
    public static bool operator <=(LogStamp a, LogStamp b) => a.CompareTo(b) <= 0;
    public static bool operator >=(LogStamp a, LogStamp b) => a.CompareTo(b) >= 0;

    public static LogStamp Of(DateTimeOffset at) => new(at.ToUnixTimeSeconds(), (int)(at.UtcTicks % TimeSpan.TicksPerSecond) * 100, 0);

    /// <summary>As the engine wants its <c>since</c>.</summary>
    public string Instant => $"{Seconds}.{Nanoseconds:000000000}";

    public override string ToString() => $"{Instant}-{Same}";

    public static bool TryParse(string? text, out LogStamp stamp)
    {
        stamp = default;
        var parts = text?.Split('.', '-');
        if (parts is not [{ Length: <= 12 } seconds, { Length: 9 } nanoseconds, { Length: <= 7 } same]
            || !long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var s)
            || !int.TryParse(nanoseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
            || !int.TryParse(same, NumberStyles.None, CultureInfo.InvariantCulture, out var k))
            return false;
        stamp = new LogStamp(s, n, k);
        return true;
    }

    /// <summary>Of a line as the engine writes it: an instant with nine digits of a second, a space, and the line.</summary>
    internal static bool TryRead(string line, LogStamp before, out LogStamp stamp, out string text)
    {
        (stamp, text) = (before, line);
        var space = line.IndexOf(' ');
        if (space is < 20 or > 40 || !DateTimeOffset.TryParseExact(line.AsSpan(0, 19), "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var second))
            return false;
        var fraction = 0;
        var digits = 0;
        for (var i = 20; i < space && char.IsAsciiDigit(line[i]) && digits < 9; i++, digits++)
            fraction = fraction * 10 + (line[i] - '0');
        for (; digits < 9; digits++)
            fraction *= 10;
        var seconds = second.ToUnixTimeSeconds();
        stamp = new LogStamp(seconds, fraction, before.Seconds == seconds && before.Nanoseconds == fraction ? before.Same + 1 : 0);
        text = line[(space + 1)..];
        return true;
    }
}

/// <summary>Which part of a container's log.</summary>
internal sealed record LogWindow
{
    /// <summary>So many of the last lines; all where null.</summary>
    public int? Tail { get; init; }
    public LogStamp? Since { get; init; }
    public LogStamp? Until { get; init; }
    public bool Follow { get; init; }
}

internal sealed partial class DockerHost
{
    /// <summary>How many logs it lets be read at once by <see cref="LogAsync"/>.</summary>
    public async ValueTask<int> MostReadersAsync(CancellationToken stop) => (await ClientsAsync(stop)).MostReaders;

    /// <summary>The lines of a container's log with where they stand, oldest first; to follow, until the container ends.</summary>
    public async IAsyncEnumerable<(LogStamp At, string Text)> LogAsync(DockerName container, LogWindow window, [EnumeratorCancellation] CancellationToken stop)
    {
        var parameters = new ContainerLogsParameters
        {
            ShowStdout = true, ShowStderr = true, Timestamps = true, Follow = window.Follow,
            Tail = window.Tail?.ToString(CultureInfo.InvariantCulture) ?? "all",
            Since = window.Since?.Instant!, Until = window.Until?.Instant!,
        };
        using var place = await ReaderAsync(container, stop);
        using var stream = await OpenLogAsync(container, parameters, stop);
        LineSplitter output = new(LogLineLimit), error = new(LogLineLimit);
        var buffer = new byte[32 << 10];
        var last = default(LogStamp);
        while (true)
        {
            var read = await ReadLogAsync(container, stream, buffer, stop);
            if (read.EOF) break;
            var splitter = read.Target == MultiplexedStream.TargetStream.StandardError ? error : output;
            foreach (var line in splitter.Feed(buffer.AsSpan(0, read.Count)))
            {
                LogStamp.TryRead(line, last, out last, out var text);
                yield return (last, text);
            }
        }
        foreach (var rest in (string?[])[output.Rest(), error.Rest()])
            if (rest is not null)
            {
                LogStamp.TryRead(rest, last, out last, out var text);
                yield return (last, text);
            }
    }

    private async Task<MultiplexedStream> OpenLogAsync(DockerName container, ContainerLogsParameters parameters, CancellationToken stop) =>
        await CallAsync($"Reading the log of {container}", Quick, async (_, ended) =>
            await (await ClientsAsync(ended)).Logs.Containers.GetContainerLogsAsync(container.Value, parameters, stop).WaitAsync(ended), stop);

    private async Task<IDisposable> ReaderAsync(DockerName container, CancellationToken stop)
    {
        var readers = (await ClientsAsync(stop)).Readers;
        return await readers.WaitAsync(Quick, stop) ? new LogTurn(readers) : throw new ServerException($"Reading the log of {container} on {_where}: as many logs are read there as it bears at once.");
    }

    private sealed class LogTurn(SemaphoreSlim readers) : IDisposable
    {
        public void Dispose() => readers.Release();
    }
}
