using Microsoft.EntityFrameworkCore;
using OCore.Platform;
using OCore.Platform.Data;

namespace OCore.Features.Domains;

/// <summary>Looks at the names of instances when they are due, without anybody asking, and sends nobody to one that is lost.</summary>
internal sealed class InstanceDomainReconciler(OCoreDbFactory databases, InstanceDomainLooks looks, TimeProvider time, ILogger<InstanceDomainReconciler> log) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(2);
    private const int AtOnce = 8, InOneRound = 100;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAtWhatIsDueAsync(stoppingToken);
                await ReturnFromWhatIsLostAsync(stoppingToken);
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
            {
                log.LogError(e, "Looking after the domains of instances failed");
            }
            await Task.Delay(Tick, stoppingToken);
        }
    }

    private async Task LookAtWhatIsDueAsync(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        List<Guid> due;
        await using (var db = databases.System())
            due = await db.InstanceDomains.AcrossTenants().Where(d => d.NextLookAt != null && d.NextLookAt <= now && (d.LookingUntil == null || d.LookingUntil < now))
                .OrderBy(d => d.NextLookAt).Take(InOneRound).Select(d => d.Id).ToListAsync(stop);
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (id, token) =>
        {
            try
            {
                await looks.LookAsync(id, token);
            }
            catch (Exception e) when (e.IsFault(token))
            {
                log.LogWarning(e, "The domain {Id} could not be looked at; it is tried again", id);
                await using var db = databases.System();
                await db.InstanceDomains.AcrossTenants().Where(d => d.Id == id).ExecuteUpdateAsync(s => s.SetProperty(d => d.NextLookAt, time.GetUtcNow().AddMinutes(5)), CancellationToken.None);
            }
        });
    }

    // Also where the operation could not begin when the name was lost, for another one was at work.
    private async Task ReturnFromWhatIsLostAsync(CancellationToken stop)
    {
        List<InstanceDomain> lost;
        await using (var db = databases.System())
            lost = await db.InstanceDomains.AcrossTenants().AsNoTracking()
                .Where(d => (d.Proof == DomainProof.Lapsed || d.Proof == DomainProof.Failed) && db.Instances.AcrossTenants().Any(i => i.Id == d.InstanceId && i.PrimaryHost == d.CustomHost))
                .Where(d => !db.ResourceLocks.Any(l => l.Key == "instance:" + d.InstanceId)).ToListAsync(stop);
        foreach (var domain in lost)
            await looks.ReturnAsync(domain, stop);
    }
}
