using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Domains;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Mail;

namespace OCore.Features.PortalDomains;

/// <summary>Looks at names when they are due, without anybody asking, and keeps this process's directory of names true.</summary>
internal sealed class PortalDomainReconciler(OCoreDbFactory databases, PortalDomainLooks looks, DomainInspector inspector, PortalDirectory directory, Outbox outbox, Settings settings, TimeProvider time, ILogger<PortalDomainReconciler> log) : BackgroundService
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
                await LookAtWhatWasGivenUpAsync(stoppingToken);
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
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

    /// <summary>Names that somebody gave up and that still lead here: whoever gets hold of such a place speaks under their name.</summary>
    internal async Task LookAtWhatWasGivenUpAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var now = time.GetUtcNow();
        foreach (var stone in await db.DomainTombstones.AcrossTenants().Where(t => t.LookAt != null && t.LookAt <= now).OrderBy(t => t.LookAt).Take(AtOnce).ToListAsync(stop))
        {
            // Given up here and taken up there, it is right that it leads here.
            var taken = await db.PortalDomains.AcrossTenants().AnyAsync(d => d.CustomHost == stone.Host, stop) || await db.InstanceDomains.AcrossTenants().AnyAsync(d => d.CustomHost == stone.Host, stop);
            var routing = taken || stone.LedTo.Count == 0 ? RoutingStatus.Pending : (await inspector.RoutingOfAsync(stone.Host, await inspector.ExpectAsync(stop, stone.LedTo), stop)).Status;
            // Spread, and still within a day.
            var next = now + DomainTombstone.Night * (1 + 0.04 * Random.Shared.NextDouble());
            // What DNS did not say is no news.
            var since = routing == RoutingStatus.Unknown ? stone.DanglingAt : routing == RoutingStatus.Ok ? stone.DanglingAt ?? now : null;
            await db.InTransactionAsync(async () =>
            {
                // Of several replicas one looks.
                var seen = stone.LookAt;
                if (await db.DomainTombstones.AcrossTenants().Where(t => t.Id == stone.Id && t.LookAt == seen).ExecuteUpdateAsync(s => s.SetProperty(t => t.LookAt, next).SetProperty(t => t.DanglingAt, since)
                    .SetProperty(t => t.ToldAt, t => since == null ? null : t.ToldAt ?? now), stop) == 0 || since is null || stone.ToldAt is not null)
                    return 0;
                foreach (var address in await PortalDomainMails.PeopleAsync(db, stone.RootId, stop))
                    outbox.Add(db, address, PortalDomainMails.Dangling(stone.Host, settings), about: stone.Id);
                db.Record("domain.dangling", stone.OrgId);
                return await db.SaveChangesAsync(stop);
            }, stop);
        }
    }

    private async Task LookAtWhatIsDueAsync(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        List<Guid> due;
        await using (var db = databases.System())
        {
            await db.DomainTombstones.AcrossTenants().Where(t => t.Until < now && t.DanglingAt == null).ExecuteDeleteAsync(stop);
            due = await db.PortalDomains.AcrossTenants().Where(d => d.NextLookAt != null && d.NextLookAt <= now && (d.LookingUntil == null || d.LookingUntil < now))
                .OrderBy(d => d.NextLookAt).Take(InOneRound).Select(d => d.Id).ToListAsync(stop);
        }
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (id, token) =>
        {
            try
            {
                await looks.LookAsync(id, token);
            }
            catch (Exception e) when (e.IsFault(token))
            {
                log.LogWarning(e, "The portal domain {Id} could not be looked at; it is tried again", id);
                await using var db = databases.System();
                await db.PortalDomains.AcrossTenants().Where(d => d.Id == id).ExecuteUpdateAsync(s => s.SetProperty(d => d.NextLookAt, time.GetUtcNow().AddMinutes(5)), CancellationToken.None);
            }
        });
    }
}
