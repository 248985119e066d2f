using Microsoft.EntityFrameworkCore;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Mail;

namespace OCore.Features.PortalDomains;

/// <summary>Looks at names when they are due, without anybody asking, and keeps this process's directory of names true.</summary>
internal sealed class PortalDomainReconciler(OCoreDbFactory databases, PortalDomainLooks looks, PortalDirectory directory, Outbox outbox, Settings settings, TimeProvider time, ILogger<PortalDomainReconciler> log) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(2), BetweenWarnings = TimeSpan.FromMinutes(10);
    private const int AtOnce = 8, InOneRound = 100;
    private long _warned;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await directory.RefreshIfStaleAsync(stoppingToken);
                await LookAtWhatIsDueAsync(stoppingToken);
                await WarnAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                log.LogError(e, "Looking after portal domains failed");
            }
            await Task.Delay(Tick, stoppingToken);
        }
    }

    private async Task WarnAsync(CancellationToken stop)
    {
        if (time.GetElapsedTime(_warned) < BetweenWarnings && _warned != 0)
            return;
        _warned = time.GetTimestamp();
        await using var db = databases.System();
        await PortalCertificates.WarnAsync(db, outbox, settings, time, stop);
    }

    private async Task LookAtWhatIsDueAsync(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        List<Guid> due;
        await using (var db = databases.System())
        {
            await db.DomainTombstones.AcrossTenants().Where(t => t.Until < now).ExecuteDeleteAsync(stop);
            due = await db.PortalDomains.AcrossTenants().Where(d => d.NextLookAt != null && d.NextLookAt <= now && (d.LookingUntil == null || d.LookingUntil < now))
                .OrderBy(d => d.NextLookAt).Take(InOneRound).Select(d => d.Id).ToListAsync(stop);
        }
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (id, token) =>
        {
            try
            {
                await looks.LookAsync(id, token);
            }
            catch (Exception e) when (e is not OperationCanceledException || !token.IsCancellationRequested)
            {
                log.LogWarning(e, "The portal domain {Id} could not be looked at; it is tried again", id);
                await using var db = databases.System();
                await db.PortalDomains.AcrossTenants().Where(d => d.Id == id).ExecuteUpdateAsync(s => s.SetProperty(d => d.NextLookAt, time.GetUtcNow().AddMinutes(5)), CancellationToken.None);
            }
        });
    }
}
