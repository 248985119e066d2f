using OCore.Features.Instances;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Logs;

/// <summary>One reader for each log that somebody looks at, however many they are; it ends with the last of them.</summary>
internal sealed class LogReaders(InstanceHost host, OCoreDbFactory databases, LogSeats seats, TimeProvider time, ILogger<LogReaders> log)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(Guid Instance, LogSource Source), LogReader> _readers = [];

    /// <summary>How many logs are being read now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _readers.Count;
        }
    }

    public int ViewersOf(Guid instance, LogSource source)
    {
        lock (_lock)
            return _readers.TryGetValue((instance, source), out var reader) ? reader.Viewers : 0;
    }

    /// <summary>Joins whoever looks at it already. Dispose to leave. Null where nobody does, and there may be no more readers.</summary>
    public LogViewer? Join(InstanceOnServer on, LogSource source, Caller caller, int atServer)
    {
        var (key, tenant) = ((on.Instance.Id, source), caller.Tenant);
        lock (_lock)
        {
            if (!_readers.TryGetValue(key, out var reader))
            {
                if (seats.TryTake(caller.UserId, caller.OrgId, (on.Server.Id, atServer)) is not { } seat)
                    return null;
                _readers[key] = reader = new LogReader(source, seat, time, log, async stop =>
                {
                    await using var db = databases.For(tenant, null);
                    return await host.OpenAsync(db, on.Instance.Id, stop);
                });
                reader.Begin(on);
            }
            reader.Viewers++;
            return new LogViewer(reader, () => Leave(key, reader));
        }
    }

    private void Leave((Guid, LogSource) key, LogReader reader)
    {
        lock (_lock)
        {
            if (--reader.Viewers > 0)
                return;
            _readers.Remove(key);
        }
        reader.Dispose();
    }
}

/// <summary>One who looks at a log that others may look at too.</summary>
internal sealed class LogViewer(LogReader reader, Action leave) : IDisposable
{
    private int _left;

    public LogReader Reader => reader;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
            leave();
    }
}

/// <summary>
/// Reads a log once, keeps its last lines, and wakes those who wait for the next. A viewer has a place in it and no memory of its own,
/// so a slow one costs nothing and misses what has gone by.
/// </summary>
internal sealed class LogReader(LogSource source, IDisposable seat, TimeProvider time, ILogger log, Func<CancellationToken, Task<InstanceOnServer>> open) : IDisposable
{
    public const int Backlog = 5000;
    private const int Most = 20_000, MostCharacters = 8 << 20;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly Queue<LogEntry> _kept = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _first, _characters;
    private LogStamp _last;

    internal int Viewers { get; set; }

    /// <summary>What was there when it began has been read.</summary>
    public Task Ready => _ready.Task;

    internal void Begin(InstanceOnServer on) => _ = RunAsync(on);

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
        seat.Dispose();
    }

    /// <summary>What is kept, and the place after it.</summary>
    public (IReadOnlyList<LogEntry> Entries, long Next) Snapshot()
    {
        lock (_lock)
            return ([.. _kept], _first + _kept.Count);
    }

    /// <summary>What came since that place, waiting for it; <c>Missed</c> where it went by faster than it was asked for.</summary>
    public async Task<(IReadOnlyList<LogEntry> Entries, long Next, bool Missed)> AfterAsync(long place, CancellationToken stop)
    {
        while (true)
        {
            Task news;
            lock (_lock)
            {
                if (_first + _kept.Count > place)
                {
                    var missed = place < _first;
                    return ([.. _kept.Skip((int)Math.Max(0, place - _first))], _first + _kept.Count, missed);
                }
                news = _news.Task;
            }
            await news.WaitAsync(stop);
        }
    }

    private async Task RunAsync(InstanceOnServer on)
    {
        var stop = _ended.Token; // once: it goes with its source
        var pause = Pause;
        InstanceOnServer? now = on;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                now ??= await open(stop);
                // Read to its end first: a followed log does not say where the past stops.
                if (!_ready.Task.IsCompleted)
                    await TakeAsync(LogSources.ReadAsync(now, source, new LogWindow { Tail = source == LogSource.Odoo ? Backlog : null }, stop));
                _ready.TrySetResult();
                await TakeAsync(LogSources.ReadAsync(now, source, new LogWindow { Since = _last, Follow = true }, stop));
                pause = Pause;
            }
            catch (Exception e) when (e is ServerException or TryLaterException or StepRefusedException or IOException or OperationCanceledException)
            {
                // The container is not there now, or its server is away: it is asked for again while somebody looks.
                _ready.TrySetResult();
                pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
            }
            catch (Exception e)
            {
                _ready.TrySetResult();
                log.LogError(e, "Following a log failed");
                pause = LongestPause;
            }
            now = null;
            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TakeAsync(IAsyncEnumerable<LogEntry> entries)
    {
        await foreach (var entry in entries)
        {
            if (entry.At <= _last)
                continue;
            TaskCompletionSource woken;
            lock (_lock)
            {
                _last = entry.At;
                _kept.Enqueue(entry);
                _characters += entry.Text.Length;
                while (_kept.Count > Most || _characters > MostCharacters && _kept.Count > 1)
                {
                    _characters -= _kept.Dequeue().Text.Length;
                    _first++;
                }
                woken = _news;
                _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            woken.TrySetResult();
        }
    }
}
