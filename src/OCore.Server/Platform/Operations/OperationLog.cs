using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;

namespace OCore.Platform.Operations;

/// <summary>
/// Collects the lines of a running operation and writes them in batches, ten a second at most. As the journal does, it takes the
/// operation's row first: a runner that was overtaken writes nothing, and events of one operation become visible in their order.
/// </summary>
internal sealed class OperationLog(Guid operation, long fence, OCoreDbFactory databases, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private const int MaxLine = 2000, MaxLines = 20_000;
    private readonly ConcurrentQueue<(DateTimeOffset At, int? Seq, string Text)> _lines = new();
    private readonly ConcurrentBag<string> _secrets = [];
    private readonly SemaphoreSlim _flushing = new(1, 1);
    private int _written;
    private bool _failing;
    private ITimer? _timer;

    public int? Seq { get; set; }

    public void Hide(string secret)
    {
        if (secret.Length >= 4)
            _secrets.Add(secret);
    }

    public string Mask(string text) => _secrets.Aggregate(text, (t, secret) => t.Replace(secret, "••••", StringComparison.Ordinal));

    public void Line(string line)
    {
        if (Interlocked.Increment(ref _written) > MaxLines)
            return;
        var text = Mask(line.ReplaceLineEndings(" ").TrimEnd());
        _lines.Enqueue((time.GetUtcNow(), Seq, text.Length > MaxLine ? text[..MaxLine] + "…" : text));
        _timer ??= time.CreateTimer(_ => _ = TryFlushAsync(), null, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100));
    }

    public async Task FlushAsync()
    {
        if (_lines.IsEmpty)
            return;
        await _flushing.WaitAsync();
        try
        {
            var lines = _lines.ToArray();
            await using var db = databases.System();
            await db.InTransactionAsync(async () =>
            {
                var ours = await db.Operations.AcrossTenants().Where(o => o.Id == operation && o.Fence == fence).ExecuteUpdateAsync(s => s.SetProperty(o => o.Fence, fence)) > 0;
                if (ours)
                    db.AddRange(lines.Select(l => new OperationEvent { OperationId = operation, At = l.At, Seq = l.Seq, Kind = "log", Message = l.Text }));
                return await db.SaveChangesAsync();
            }, CancellationToken.None);
            // Only now: what could not be written is written with the next.
            for (var written = 0; written < lines.Length; written++)
                _lines.TryDequeue(out _);
            OperationSignals.EventWritten(operation);
        }
        finally
        {
            _flushing.Release();
        }
    }

    private async Task TryFlushAsync()
    {
        try
        {
            await FlushAsync();
            _failing = false;
        }
        catch (Exception e)
        {
            // Once, and not ten times a second for as long as the database is away.
            if (!_failing)
                log.LogWarning(e, "Operation {Id}: its output could not be written; it is tried again", operation);
            _failing = true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_timer is not null)
            await _timer.DisposeAsync();
        await FlushAsync();
    }
}
