using Microsoft.EntityFrameworkCore;
using OCore.Client;
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

    /// <summary>How a certificate stands, for people.</summary>
    /// <param name="row">Null where nobody asked for one yet.</param>
    /// <param name="now">The time.</param>
    /// <param name="waiting">Why there is none yet.</param>
    public static DomainCertificate View(Certificate? row, DateTimeOffset now, Func<string> waiting)
    {
        if (row is null || !row.Wanted && row.Chain is null)
            return new DomainCertificate { Status = SslStatus.Pending, Message = waiting() };
        var status = row.ValidUntil is { } until ? until > now ? SslStatus.Active : SslStatus.Expired : row.Error is null ? SslStatus.Pending : SslStatus.Error;
        return new DomainCertificate
        {
            Status = status, Error = row.Error, Issuer = row.Issuer, SerialNumber = row.SerialNumber, ValidFrom = row.ValidFrom, ValidUntil = row.ValidUntil,
            RenewAt = row.Wanted ? row.RenewAt : null, NextAttemptAt = row.Wanted ? row.NextAttemptAt : null,
            Message = (status, row) switch
            {
                (_, { Wanted: false }) => "The certificate is not served, for the name is not proven, or not active.",
                (SslStatus.Active, { Error: not null }) => $"Valid until {row.ValidUntil:d MMMM yyyy}, but its renewal failed {Times(row.Failures)}; it is tried again.",
                (SslStatus.Active, _) => $"Valid until {row.ValidUntil:d MMMM yyyy}; renewed by itself from {row.RenewAt:d MMMM} on.",
                (SslStatus.Expired, _) => $"It ran out on {row.ValidUntil:d MMMM yyyy}, and its renewal failed {Times(row.Failures)}.",
                (SslStatus.Error, _) => $"The certificate authority refused {Times(row.Failures)}; it is tried again.",
                _ => "The certificate is being ordered.",
            },
        };
    }

    private static string Times(int count) => count == 1 ? "once" : $"{count} times";
}

/// <summary>Wakes the keeper of this process; those of others look every few seconds.</summary>
internal static class CertificateSignals
{
    private static volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static Task Next => _next.Task;

    public static void Wake() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
