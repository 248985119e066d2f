using System.Diagnostics;
using System.Text.Json;

namespace OCore.SystemTests.Topologies;

/// <summary>Somebody signed in who writes one numbered row after the other, and remembers which of them Odoo acknowledged.</summary>
internal sealed class TopologyWriter : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly OdooVisitor _visitor;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<int> _acknowledged = [];
    private readonly Task _writing;
    private int _unsure;
    private TimeSpan _gap;
    private long _last;

    public TopologyWriter(OdooVisitor visitor)
    {
        _visitor = visitor;
        _last = Stopwatch.GetTimestamp();
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>What begins every name; its number follows.</summary>
    public const string Prefix = "drill ";

    public IReadOnlyList<int> Acknowledged
    {
        get { lock (_lock) return [.. _acknowledged]; }
    }

    /// <summary>How many answers were none, since it was asked for all that was counted.</summary>
    public int Unsure
    {
        get { lock (_lock) return _unsure; }
    }

    /// <summary>They are known to be lost, and are not looked for again.</summary>
    public void Forget(Predicate<int> lost)
    {
        lock (_lock)
            _acknowledged.RemoveAll(lost);
    }

    /// <summary>What was counted since it was asked the last time: rows, answers that were none, and the longest time between two acknowledged rows.</summary>
    public (int Rows, int Unsure, TimeSpan LongestGap) Take(int before)
    {
        lock (_lock)
        {
            var now = (_acknowledged.Count - before, _unsure, _gap);
            (_unsure, _gap, _last) = (0, TimeSpan.Zero, Stopwatch.GetTimestamp());
            return now;
        }
    }

    private async Task WriteAsync()
    {
        for (var number = 0; !_stop.IsCancellationRequested; number++)
        {
            var acknowledged = false;
            try
            {
                var row = new { name = $"{Prefix}{number}" };
                await _visitor.ExecuteAsync("res.partner", "create", new object[] { new[] { row } }).WaitAsync(Patience, _stop.Token);
                acknowledged = true;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is HttpRequestException or InvalidOperationException or OperationCanceledException or TimeoutException or JsonException)
            {
                // Not acknowledged: whether it is there nobody said.
            }
            lock (_lock)
                if (acknowledged)
                {
                    var now = Stopwatch.GetTimestamp();
                    var gap = Stopwatch.GetElapsedTime(_last, now);
                    (_gap, _last) = (gap > _gap ? gap : _gap, now);
                    _acknowledged.Add(number);
                }
                else
                    _unsure++;
            await Task.Delay(acknowledged ? 50 : 300, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _writing;
        _stop.Dispose();
    }
}
