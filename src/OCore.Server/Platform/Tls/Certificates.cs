using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;

namespace OCore.Platform.Tls;

/// <summary>How features ask for certificates: by saying which hosts should have one. The keeper does the rest.</summary>
internal static class Certificates
{
    /// <summary>Wants a certificate for a host, or does not any more, in the caller's unit of work. Saying it again changes nothing.</summary>
    public static async Task WantAsync(OCoreDb db, string host, bool wanted, DateTimeOffset now, CancellationToken stop)
    {
        var row = db.Certificates.Local.FirstOrDefault(c => c.Host == host) ?? await db.Certificates.SingleOrDefaultAsync(c => c.Host == host, stop);
        if (row is null && wanted)
            db.Add(new Certificate { Host = host, Wanted = true, NextAttemptAt = now, CreatedAt = now, ChangedAt = now });
        else if (row is not null && row.Wanted != wanted)
        {
            (row.Wanted, row.ChangedAt) = (wanted, now);
            // What is still good is used again, not ordered again.
            row.NextAttemptAt = !wanted ? null : row.ValidUntil > now && row.RenewAt > now ? row.RenewAt : now;
            if (wanted)
                (row.Failures, row.Error, row.ErrorCode) = (0, null, null);
        }
        if (wanted)
            CertificateSignals.Wake();
    }

    /// <summary>Somebody mended what was wrong and does not want to wait; what was tried only just now is left alone.</summary>
    public static Task HurryAsync(OCoreDb db, string host, DateTimeOffset now, CancellationToken stop)
    {
        var early = now.AddMinutes(12);
        return db.Certificates.Where(c => c.Host == host && c.Wanted && c.ErrorCode != null && c.ErrorCode != "rateLimited" && c.NextAttemptAt > early)
            .ExecuteUpdateAsync(s => s.SetProperty(c => c.NextAttemptAt, now), stop);
    }
}

/// <summary>Wakes the keeper of this process; those of others look every few seconds.</summary>
internal static class CertificateSignals
{
    private static volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static Task Next => _next.Task;

    public static void Wake() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
