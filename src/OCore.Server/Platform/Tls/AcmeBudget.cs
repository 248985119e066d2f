using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Dns;
using OCore.Platform.Tls.Acme;

namespace OCore.Platform.Tls;

/// <summary>
/// Half of what Let's Encrypt allows, counted in the database by all processes together: whoever reaches the authority's own limit is
/// locked out for hours or a week, with every customer. A part of it is kept for renewals, without which what works today stops, and of
/// the rest nobody gets more than a share: an organization with many new names, or with many that fail, waits by itself.
/// </summary>
internal static class AcmeBudget
{
    internal const int PerAccount = 150, AccountReserve = 50, AccountShare = 30, PerRegisteredDomain = 25, RegisteredReserve = 5, RegisteredShare = 10;
    private const int PerName = 3, FailuresPerName = 3;
    private static readonly TimeSpan AccountWindow = TimeSpan.FromHours(3), Week = TimeSpan.FromDays(7), Hour = TimeSpan.FromHours(1);

    /// <summary>Notes an order that is about to be made.</summary>
    /// <param name="owners">Who has which of them.</param>
    /// <param name="shared">The domain under which portals of everybody live, if there is one.</param>
    /// <param name="renewal">There is a certificate already.</param>
    /// <exception cref="AcmeException"><c>rateLimited</c>, with the time to wait.</exception>
    public static async Task TakeAsync(OCoreDbFactory databases, HostOwners owners, string? shared, string host, bool renewal, TimeProvider time, CancellationToken stop)
    {
        await using var db = databases.System();
        var (now, registered) = (time.GetUtcNow(), PublicSuffixes.RegisteredDomain(host));
        var weekAgo = now - Week;
        await db.AcmeAttempts.Where(a => a.At < weekAgo).ExecuteDeleteAsync(stop);
        var since = now - AccountWindow;
        if (!renewal)
            await ShareAsync(db, owners, shared is not null && PublicSuffixes.RegisteredDomain(shared) == registered ? registered : null, host, now, stop);
        await RefuseOverAsync(db.AcmeAttempts.Where(a => a.At > since), renewal ? PerAccount : PerAccount - AccountReserve, AccountWindow, "Too many certificates were ordered within three hours", now, stop);
        await RefuseOverAsync(db.AcmeAttempts.Where(a => a.Registered == registered && a.Succeeded == true), renewal ? PerRegisteredDomain : PerRegisteredDomain - RegisteredReserve, Week, $"Too many certificates were issued for names under {registered} within a week", now, stop);
        await RefuseOverAsync(db.AcmeAttempts.Where(a => a.Host == host && a.Succeeded == true), PerName, Week, $"Too many certificates were issued for {host} within a week", now, stop);
        var hourAgo = now - Hour;
        await RefuseOverAsync(db.AcmeAttempts.Where(a => a.Host == host && a.Succeeded == false && a.At > hourAgo), FailuresPerName, Hour, $"Too many attempts for {host} failed within an hour", now, stop);
        db.Add(new AcmeAttempt { Host = host, Registered = registered, At = now });
        await db.SaveChangesAsync(stop);
    }

    /// <param name="shared">Where the name is one of the platform's own, its registered domain: everybody's portals are there.</param>
    private static async Task ShareAsync(OCoreDb db, HostOwners owners, string? shared, string host, DateTimeOffset now, CancellationToken stop)
    {
        var hosts = await db.AcmeAttempts.Select(a => a.Host).Distinct().ToListAsync(stop);
        var known = await owners.OfAsync(db, [.. hosts.Append(host).Distinct()], stop);
        if (!known.TryGetValue(host, out var owner))
            return;
        var (theirs, since) = (hosts.Where(h => known.TryGetValue(h, out var other) && other == owner).ToList(), now - AccountWindow);
        await RefuseOverAsync(db.AcmeAttempts.Where(a => a.At > since && theirs.Contains(a.Host)), AccountShare, AccountWindow, "Your organization ordered many certificates within three hours", now, stop);
        if (shared is not null)
            await RefuseOverAsync(db.AcmeAttempts.Where(a => a.Registered == shared && a.Succeeded == true && theirs.Contains(a.Host)), RegisteredShare, Week, $"Your organization got many certificates for names under {shared} within a week", now, stop);
    }

    public static async Task NoteAsync(OCoreDb db, string host, bool succeeded, CancellationToken stop) =>
        await db.AcmeAttempts.Where(a => a.Host == host && a.Succeeded == null).ExecuteUpdateAsync(s => s.SetProperty(a => a.Succeeded, succeeded), stop);

    private static async Task RefuseOverAsync(IQueryable<AcmeAttempt> attempts, int limit, TimeSpan window, string sentence, DateTimeOffset now, CancellationToken stop)
    {
        if (await attempts.CountAsync(stop) < limit)
            return;
        var oldest = await attempts.OrderByDescending(a => a.At).Skip(limit - 1).Select(a => a.At).FirstAsync(stop);
        throw new AcmeException("rateLimited", sentence + "; oCore waits before the certificate authority has to refuse.", 429, oldest + window - now);
    }
}
