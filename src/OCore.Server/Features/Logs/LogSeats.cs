namespace OCore.Features.Logs;

/// <summary>
/// How many logs are read at once for each person, each organization and each server. Each holds a stream to a server for as long as its
/// reader takes, so nobody may have them all. Those who look at the same log share one.
/// </summary>
internal sealed class LogSeats
{
    public const int PerPerson = 10, PerOrganization = 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, int> _taken = [];

    /// <summary>Null where one of them has as many as it may. Dispose to give it back.</summary>
    /// <param name="server">Where one waits for the end of another: a server, and how many it may have.</param>
    public IDisposable? TryTake(Guid person, Guid organization, (Guid Id, int AtMost)? server = null)
    {
        List<(Guid Of, int AtMost)> places = [(person, PerPerson), (organization, PerOrganization)];
        if (server is { } there)
            places.Add(there);
        lock (_lock)
        {
            if (places.Exists(p => _taken.GetValueOrDefault(p.Of) >= p.AtMost))
                return null;
            foreach (var (of, _) in places)
                _taken[of] = _taken.GetValueOrDefault(of) + 1;
        }
        return new Seat(this, [.. places.Select(p => p.Of)]);
    }

    private sealed class Seat(LogSeats seats, IReadOnlyList<Guid> places) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) != 0)
                return;
            lock (seats._lock)
                foreach (var of in places)
                    if (--seats._taken[of] == 0)
                        seats._taken.Remove(of);
        }
    }
}
