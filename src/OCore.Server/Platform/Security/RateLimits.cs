using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;

namespace OCore.Platform.Security;

/// <summary>At most <paramref name="Count"/> in any <paramref name="Window"/>.</summary>
internal sealed record RateLimit(string Name, int Count, TimeSpan Window);

/// <summary>
/// Counts attempts. On SQLite there is one process, and its memory will do; on PostgreSQL there may be several, and somebody who is
/// sent from one to the next must not have the attempts of each.
/// </summary>
internal sealed class RateLimits(LocalRates local, Settings settings, OCoreDbFactory databases, TimeProvider time)
{
    /// <summary>Counts one more. Null where it is within the limit; otherwise it is not counted, and these are the seconds to wait.</summary>
    public async Task<int?> TakeAsync(RateLimit limit, string key, CancellationToken stop)
    {
        if (settings.UsesSqlite)
            return local.Take(limit, key);
        var (now, hash) = (time.GetUtcNow(), Hash(key));
        var (since, until) = ((now - limit.Window).ToUnixTimeMilliseconds(), now + limit.Window);
        await using var db = databases.System();
        // One statement looks and counts: the row is locked by whoever comes first, and the next one sees what they wrote.
        var taken = await db.Database.ExecuteSqlAsync($"""
            INSERT INTO "RateCounts" AS c ("Limit", "Key", "Times", "Until") VALUES ({limit.Name}, {hash}, ARRAY[{now.ToUnixTimeMilliseconds()}], {until})
            ON CONFLICT ("Limit", "Key") DO UPDATE
            SET "Times" = (SELECT array_agg(t ORDER BY t) FROM unnest(c."Times" || {now.ToUnixTimeMilliseconds()}) t WHERE t > {since}), "Until" = {until}
            WHERE (SELECT count(*) FROM unnest(c."Times") t WHERE t > {since}) < {limit.Count}
            """, stop);
        if (taken > 0)
            return null;
        var times = await Row(db, limit, key).Select(c => c.Times).SingleOrDefaultAsync(stop) ?? [];
        var oldest = times.Where(t => t > since).DefaultIfEmpty(since).Min();
        return Math.Max(1, (int)Math.Ceiling((oldest - since) / 1000.0));
    }

    /// <summary>What was counted for this key is forgiven.</summary>
    public async Task ForgetAsync(RateLimit limit, string key, CancellationToken stop)
    {
        local.Forget(limit, key);
        if (settings.UsesSqlite)
            return;
        await using var db = databases.System();
        await Row(db, limit, key).ExecuteDeleteAsync(stop);
    }

    /// <summary>Whether anything is counted for this key.</summary>
    public async Task<bool> KnowsAsync(RateLimit limit, string key, CancellationToken stop)
    {
        if (settings.UsesSqlite)
            return local.Knows(limit, key);
        await using var db = databases.System();
        var now = time.GetUtcNow();
        return await Row(db, limit, key).AnyAsync(c => c.Until > now, stop);
    }

    private static IQueryable<RateCount> Row(OCoreDb db, RateLimit limit, string key)
    {
        var hash = Hash(key);
        return db.Set<RateCount>().Where(c => c.Limit == limit.Name && c.Key == hash);
    }

    // Addresses of people and of machines are nobody's to read out of a table of counts.
    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>
    /// Of whom to count: one address, or one network where somebody has 2⁶⁴ of them. Null where callers cannot be told apart.
    /// </summary>
    public static string? Of(IPAddress? address)
    {
        if (address is null)
            return null;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }
}
