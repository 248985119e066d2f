using Microsoft.EntityFrameworkCore;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Mail;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Domains;

/// <summary>Looks at DNS for a name of an instance and writes down what follows.</summary>
internal sealed class InstanceDomainLooks(
    OCoreDbFactory databases, DomainInspector inspector, IServiceScopeFactory scopes, Settings settings, Outbox outbox, RateLimits limits, TimeProvider time, ILogger<InstanceDomainLooks> log)
{
    private SharedLooks Shared => field ??= new SharedLooks(limits, LookOnceAsync);

    /// <summary>Looks because somebody asked. 429 after several looks in a row; joining one that is on its way is free.</summary>
    public Task<Problem?> OnDemandAsync(Guid id, CancellationToken stop) => Shared.OnDemandAsync(id, stop);

    /// <summary>False where another process is looking.</summary>
    public Task<bool> LookAsync(Guid id, CancellationToken stop) => Shared.LookAsync(id, stop);

    private async Task<bool> LookOnceAsync(Guid id)
    {
        using var patience = new CancellationTokenSource(SharedLooks.Patience);
        var stop = patience.Token;
        await using var db = databases.System();
        var now = time.GetUtcNow();
        if (await db.InstanceDomains.AcrossTenants().Where(d => d.Id == id && (d.LookingUntil == null || d.LookingUntil < now)).ExecuteUpdateAsync(s => s.SetProperty(d => d.LookingUntil, now + SharedLooks.Patience), stop) == 0)
            return !await db.InstanceDomains.AcrossTenants().AnyAsync(d => d.Id == id, stop);
        try
        {
            var domain = await db.InstanceDomains.AcrossTenants().AsNoTracking().SingleAsync(d => d.Id == id, stop);
            var (instance, place) = await PlaceOfAsync(db, domain, stop);
            var evidence = await inspector.InspectAsync(domain, await inspector.ExpectAsync(stop, InstanceDomainQueries.TargetsOf(instance, place, settings)), stop);
            // Somebody else may be proving the same name at this moment: the database lets one of the two win, and the other learns of it.
            for (var attempt = 1; !await WriteAsync(id, evidence, attempt == 3, stop); attempt++)
            {
            }
        }
        finally
        {
            await using var after = databases.System();
            await after.InstanceDomains.AcrossTenants().Where(d => d.Id == id).ExecuteUpdateAsync(s => s.SetProperty(d => d.LookingUntil, (DateTimeOffset?)null), CancellationToken.None);
        }
        return true;
    }

    private async Task<bool> WriteAsync(Guid id, DomainEvidence evidence, bool last, CancellationToken stop)
    {
        await using var db = databases.System();
        DomainLease.Event? happened = null;
        var released = new List<InstanceDomain>();
        try
        {
            await db.InTransactionAsync(async () =>
            {
                if (await db.InstanceDomains.AcrossTenants().SingleOrDefaultAsync(d => d.Id == id, stop) is not { } domain)
                    return true;
                var now = time.GetUtcNow();
                await db.TakeTurnAsync(domain, stop);
                var holder = await db.HolderOfAsync(domain, stop);
                happened = DomainLease.Apply(domain, evidence, holder, await IsCoveredAsync(db, domain, now, stop), now);
                if (holder is InstanceDomain former && db.Entry(holder).State == EntityState.Modified)
                {
                    // The one gives the name up before the other has it.
                    await InstanceDomainMails.AddAsync(db, outbox, settings, former, DomainLease.Event.Lapsed, stop);
                    released.Add(former);
                    await db.SaveChangesAsync(stop);
                }
                if (happened == DomainLease.Event.Contested)
                {
                    await InstanceDomainMails.AddAsync(db, outbox, settings, (InstanceDomain)holder!, DomainLease.Event.Contested, stop);
                    holder!.NextLookAt = now;
                }
                else if (happened is { } what)
                {
                    db.Mark(domain, what switch { DomainLease.Event.Verified => "verified", DomainLease.Event.Missing => "proof_missing", DomainLease.Event.Lapsed => "lapsed", _ => "released" });
                    await InstanceDomainMails.AddAsync(db, outbox, settings, domain, what, stop);
                }
                if (happened == DomainLease.Event.Lapsed)
                    released.Add(domain);
                var (_, place) = await PlaceOfAsync(db, domain, stop);
                await InstanceDomainQueries.WantCertificateAsync(db, domain, place, settings, now, stop);
                await db.SaveChangesAsync(stop);
                return true;
            }, stop);
        }
        catch (DbUpdateException e) when (!last && UniqueViolation.Of(e) is not null)
        {
            return false;
        }
        if (happened is not null || released.Count > 0)
            ServerSignals.Changed();
        foreach (var lost in released)
            await ReturnAsync(lost, stop);
        return true;
    }

    /// <summary>Nobody is sent to a name that is lost: the generated one comes back.</summary>
    public async Task ReturnAsync(InstanceDomain lost, CancellationToken stop)
    {
        await using var scope = scopes.CreateAsyncScope();
        await using var db = databases.System();
        if (await db.Instances.AcrossTenants().SingleOrDefaultAsync(i => i.Id == lost.InstanceId && i.PrimaryHost == lost.CustomHost, stop) is not { } instance)
            return;
        try
        {
            await SetPrimaryDomainKind.EnqueueAsync(db, scope.ServiceProvider.GetRequiredService<OperationQueue>(), instance, null, instance.Domain, stop);
            await db.SaveChangesAsync(stop);
        }
        catch (ProblemException busy)
        {
            // The reconciler tries again when the operation that is at work has ended.
            log.LogInformation("{Instance} goes back to its generated name later: {Message}", instance.Name, busy.Problem.Detail);
        }
    }

    private static async Task<(Instance Instance, NamePlace Place)> PlaceOfAsync(OCoreDb db, InstanceDomain domain, CancellationToken stop)
    {
        var instance = await db.Instances.AcrossTenants().AsNoTracking().SingleAsync(i => i.Id == domain.InstanceId, stop);
        var server = await db.Servers.AcrossTenants().AsNoTracking().SingleAsync(s => s.Id == instance.ServerId, stop);
        return (instance, await NamePlace.OfAsync(db, instance, server, stop));
    }

    // Proof of a name covers what is one label below it, for the same organization, unless it was somebody else's until lately.
    private static async Task<bool> IsCoveredAsync(OCoreDb db, InstanceDomain domain, DateTimeOffset now, CancellationToken stop)
    {
        var above = domain.CustomHost![(domain.CustomHost!.IndexOf('.', StringComparison.Ordinal) + 1)..];
        return await db.InstanceDomains.AcrossTenants().AnyAsync(d => d.OrgId == domain.OrgId && d.CustomHost == above && d.Proof == DomainProof.Verified, stop) && !await db.WasAnothersAsync(domain, now, stop);
    }
}
