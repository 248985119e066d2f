namespace OCore.Platform.Security;

/// <summary>
/// Counts in memory, of this process, where there is only one: what is limited is guessing, which a restart does not make easier in
/// any way that matters. Each limit keeps a bounded number of keys, so that made-up addresses and accounts do not grow it; the least recent make room.
/// </summary>
internal sealed class LocalRates(TimeProvider time)
{
    internal const int MaxKeys = 20_000;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<string, Queue<DateTimeOffset>>> _limits = [];

    /// <summary>Counts one more. Null where it is within the limit; otherwise it is not counted, and these are the seconds to wait.</summary>
    public int? Take(RateLimit limit, string key)
    {
        lock (_lock)
        {
            var (keys, now) = (Keys(limit), time.GetUtcNow());
            if (!keys.TryGetValue(key, out var times))
            {
                if (keys.Count >= MaxKeys)
                    MakeRoom(keys, now - limit.Window);
                keys[key] = times = new Queue<DateTimeOffset>(limit.Count);
            }
            while (times.TryPeek(out var oldest) && oldest <= now - limit.Window)
                times.Dequeue();
            if (times.Count >= limit.Count)
                return Math.Max(1, (int)Math.Ceiling((times.Peek() + limit.Window - now).TotalSeconds));
            times.Enqueue(now);
            return null;
        }
    }

    /// <summary>What was counted for this key is forgiven.</summary>
    public void Forget(RateLimit limit, string key)
    {
        lock (_lock)
            Keys(limit).Remove(key);
    }

    /// <summary>Whether anything is counted for this key.</summary>
    public bool Knows(RateLimit limit, string key)
    {
        lock (_lock)
            return Keys(limit).TryGetValue(key, out var times) && times.Any(t => t > time.GetUtcNow() - limit.Window);
    }

    internal int Count(RateLimit limit)
    {
        lock (_lock)
            return Keys(limit).Count;
    }

    private Dictionary<string, Queue<DateTimeOffset>> Keys(RateLimit limit)
    {
        if (!_limits.TryGetValue(limit.Name, out var keys))
            _limits[limit.Name] = keys = [];
        return keys;
    }

    private static void MakeRoom(Dictionary<string, Queue<DateTimeOffset>> keys, DateTimeOffset since)
    {
        foreach (var stale in keys.Where(k => k.Value.All(t => t <= since)).Select(k => k.Key).ToList())
            keys.Remove(stale);
        if (keys.Count < MaxKeys)
            return;
        foreach (var old in keys.OrderBy(k => k.Value.Last()).Take(MaxKeys / 10).Select(k => k.Key).ToList())
            keys.Remove(old);
    }
}
