using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Dns;
using OCore.Platform.Tls.Acme;

namespace OCore.Platform.Tls;

/// <summary>
/// Half of what Let's Encrypt allows, counted in the database by all processes together: whoever reaches the authority's own limit is
/// locked out for hours or a week, with every customer.
/// </summary>
internal static class AcmeBudget
{
    private const int PerAccount = 150, PerRegisteredDomain = 25, PerName = 3, FailuresPerName = 3;
    private static readonly TimeSpan AccountWindow = TimeSpan.FromHours(3), Week = TimeSpan.FromDays(7), Hour = TimeSpan.FromHours(1);

    /// <summary>Notes an order that is about to be made.</summary>
    /// <exception cref="AcmeException"><c>rateLimited</c>, with the time to wait.</exception>
    public static async Task TakeAsync(OCoreDbFactory databases, string host, TimeProvider time, CancellationToken stop)
    {
        await using var db = databases.System();
        var (now, registered) = (time.GetUtcNow(), PublicSuffixes.RegisteredDomain(host));
        var weekAgo = now - Week;
        await db.AcmeAttempts.Where(a => a.At < weekAgo).ExecuteDeleteAsync(stop);
        var since = now - AccountWindow;
        await RefuseOverAsync(db.AcmeAttempts.Where(a => a.At > since), PerAccount, AccountWindow, "Too many certificates were ordered within three hours", now, stop);
        await RefuseOverAsync(db.AcmeAttempts.Where(a => a.Registered == registered && a.Succeeded == true), PerRegisteredDomain, Week, $"Too many certificates were issued for names under {registered} within a week", now, stop);
        await RefuseOverAsync(db.AcmeAttempts.Where(a => a.Host == host && a.Succeeded == true), PerName, Week, $"Too many certificates were issued for {host} within a week", now, stop);
        var hourAgo = now - Hour;
        await RefuseOverAsync(db.AcmeAttempts.Where(a => a.Host == host && a.Succeeded == false && a.At > hourAgo), FailuresPerName, Hour, $"Too many attempts for {host} failed within an hour", now, stop);
        db.Add(new AcmeAttempt { Host = host, Registered = registered, At = now });
        await db.SaveChangesAsync(stop);
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
