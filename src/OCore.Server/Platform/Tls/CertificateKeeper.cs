using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Tls.Acme;

namespace OCore.Platform.Tls;

/// <summary>
/// Sees to it that every host that should have a certificate has one that is good, whoever asked and whichever process it is. A host
/// is one row, and whoever holds its lease gets its certificate: a burst of first visits is one order.
/// </summary>
internal sealed class CertificateKeeper(OCoreDbFactory databases, CertificateIssuer issuer, CertificateStore store, Settings settings, TimeProvider time, ILogger<CertificateKeeper> log) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(2), Patience = TimeSpan.FromSeconds(90), Lease = TimeSpan.FromSeconds(100), KeptUnwanted = TimeSpan.FromDays(30);
    // As Let's Encrypt asks of its clients.
    private static readonly TimeSpan[] Retry = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(100), TimeSpan.FromDays(1)];
    private const int AtOnce = 4;

    private readonly string _owner = $"{Environment.MachineName}:{Environment.ProcessId}:{RowId.New():N}";
    private readonly ConcurrentDictionary<Guid, Task> _running = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var begun = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = CertificateSignals.Next;
            try
            {
                if (!begun)
                    await BeginAsync(stoppingToken);
                begun = true;
                await store.RefreshAsync(stoppingToken);
                if (settings.AcmeDirectory is not null)
                    await StartWhatIsDueAsync(stoppingToken);
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
            {
                log.LogError(e, "Looking after certificates failed");
            }
            await Task.WhenAny(next, Task.Delay(Tick, stoppingToken));
        }
        await Task.WhenAll(_running.Values);
    }

    private async Task BeginAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        // SQLite has one process: whatever lease is left is of one that is gone.
        if (settings.UsesSqlite)
            await db.Certificates.Where(c => c.LeaseUntil != null).ExecuteUpdateAsync(s => s.SetProperty(c => c.LeaseUntil, (DateTimeOffset?)null), stop);
        var own = settings.PublicUrl;
        if (settings.ListensHttps && own is { Scheme: "https", HostNameType: UriHostNameType.Dns } && own.Host != "localhost")
        {
            await Certificates.WantAsync(db, own.IdnHost, true, time.GetUtcNow(), stop);
            await db.SaveChangesAsync(stop);
        }
    }

    private async Task StartWhatIsDueAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var now = time.GetUtcNow();
        var forgotten = now - KeptUnwanted;
        await db.Certificates.Where(c => !c.Wanted && c.ChangedAt < forgotten).ExecuteDeleteAsync(stop);
        if (_running.Count >= AtOnce)
            return;
        var due = await db.Certificates.Where(c => c.Wanted && c.NextAttemptAt <= now && (c.LeaseUntil == null || c.LeaseUntil < now)).OrderBy(c => c.NextAttemptAt).Take(AtOnce - _running.Count).Select(c => c.Id).ToListAsync(stop);
        foreach (var id in due)
        {
            if (_running.ContainsKey(id) || await db.Certificates.Where(c => c.Id == id && c.Wanted && (c.LeaseUntil == null || c.LeaseUntil < now))
                .ExecuteUpdateAsync(s => s.SetProperty(c => c.LeaseUntil, now + Lease).SetProperty(c => c.LeaseOwner, _owner), stop) == 0)
                continue;
            _running[id] = Task.Run(async () =>
            {
                try
                {
                    await GetAsync(id, stop);
                }
                catch (Exception e) when (e.IsFault(stop))
                {
                    log.LogError(e, "Getting a certificate failed");
                }
                finally
                {
                    _running.TryRemove(id, out _);
                    CertificateSignals.Wake();
                }
            }, CancellationToken.None);
        }
    }

    private async Task GetAsync(Guid id, CancellationToken stopping)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        patience.CancelAfter(Patience);
        Certificate row;
        await using (var db = databases.System())
            row = await db.Certificates.AsNoTracking().SingleAsync(c => c.Id == id, stopping);
        try
        {
            var issued = await issuer.IssueAsync(row, patience.Token);
            await SucceededAsync(row, issued);
            log.LogInformation("{Host} has a certificate until {Until}", row.Host, issued.ValidUntil);
        }
        catch (AcmeException e)
        {
            await FailedAsync(row, e.Type, e.Message, e.RetryAfter);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The order stays where it is: the next process goes on with it.
            await ReleaseAsync(id);
        }
        catch (OperationCanceledException)
        {
            await FailedAsync(row, "timeout", "The certificate authority did not finish in time.", null);
        }
        catch (HttpRequestException e)
        {
            await FailedAsync(row, "unreachable", $"The certificate authority cannot be reached: {e.InnerException?.Message ?? e.Message}", null);
        }
    }

    private async Task SucceededAsync(Certificate row, IssuedCertificate issued)
    {
        var now = time.GetUtcNow();
        await using var db = databases.System();
        await AcmeBudget.NoteAsync(db, row.Host, true, CancellationToken.None);
        await db.AcmeChallenges.Where(c => c.Host == row.Host).ExecuteDeleteAsync(CancellationToken.None);
        // Never again at once, even where a clock is wrong and the new one seems old already.
        var next = issued.RenewAt > now.AddHours(1) ? issued.RenewAt : now.AddHours(1);
        await Mine(db, row.Id).ExecuteUpdateAsync(s => s
            .SetProperty(c => c.Chain, issued.Chain).SetProperty(c => c.KeySealed, issued.KeySealed).SetProperty(c => c.Issuer, issued.Issuer).SetProperty(c => c.SerialNumber, issued.SerialNumber)
            .SetProperty(c => c.ValidFrom, issued.ValidFrom).SetProperty(c => c.ValidUntil, issued.ValidUntil).SetProperty(c => c.RenewAt, issued.RenewAt)
            .SetProperty(c => c.OrderUrl, (string?)null).SetProperty(c => c.OrderKeySealed, (string?)null).SetProperty(c => c.WarnedAt, (DateTimeOffset?)null)
            .SetProperty(c => c.Failures, 0).SetProperty(c => c.Error, (string?)null).SetProperty(c => c.ErrorCode, (string?)null)
            .SetProperty(c => c.NextAttemptAt, next).SetProperty(c => c.LeaseUntil, (DateTimeOffset?)null).SetProperty(c => c.ChangedAt, now), CancellationToken.None);
        await store.RefreshAsync(CancellationToken.None);
    }

    private async Task FailedAsync(Certificate row, string code, string words, TimeSpan? retryAfter)
    {
        log.LogWarning("No certificate for {Host}: {Code}: {Error}", row.Host, code, words);
        var now = time.GetUtcNow();
        await using var db = databases.System();
        await AcmeBudget.NoteAsync(db, row.Host, false, CancellationToken.None);
        await db.AcmeChallenges.Where(c => c.Host == row.Host).ExecuteDeleteAsync(CancellationToken.None);
        var wait = Retry[Math.Min(row.Failures, Retry.Length - 1)];
        if (retryAfter > wait)
            wait = retryAfter.Value;
        // An order that took too long may still end well; any other is over.
        var keeps = code is "timeout" or "unreachable" or "unavailable";
        await Mine(db, row.Id).ExecuteUpdateAsync(s => s
            .SetProperty(c => c.Failures, row.Failures + 1).SetProperty(c => c.ErrorCode, code).SetProperty(c => c.Error, words.Length > 2000 ? words.Substring(0, 2000) : words)
            .SetProperty(c => c.OrderUrl, c => keeps ? c.OrderUrl : null).SetProperty(c => c.OrderKeySealed, c => keeps ? c.OrderKeySealed : null)
            .SetProperty(c => c.NextAttemptAt, now + wait).SetProperty(c => c.LeaseUntil, (DateTimeOffset?)null).SetProperty(c => c.ChangedAt, now), CancellationToken.None);
    }

    private async Task ReleaseAsync(Guid id)
    {
        await using var db = databases.System();
        await Mine(db, id).ExecuteUpdateAsync(s => s.SetProperty(c => c.LeaseUntil, (DateTimeOffset?)null), CancellationToken.None);
    }

    // Whoever was overtaken writes nothing.
    private IQueryable<Certificate> Mine(OCoreDb db, Guid id) => db.Certificates.Where(c => c.Id == id && c.LeaseOwner == _owner);
}
