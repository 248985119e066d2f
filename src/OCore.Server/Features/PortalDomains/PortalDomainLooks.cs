using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Mail;
using OCore.Platform.Security;

namespace OCore.Features.PortalDomains;

/// <summary>
/// Looks at DNS for a claim and writes down what follows. Those who ask while somebody looks already wait for the same look, in this
/// process by its task and in others by the row.
/// </summary>
internal sealed class PortalDomainLooks(OCoreDbFactory databases, DomainInspector inspector, Settings settings, Outbox outbox, PortalDirectory directory, RateLimits limits, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly RateLimit OnDemand = new("portal-domain-checks", 6, TimeSpan.FromMinutes(1));
    private readonly ConcurrentDictionary<Guid, Lazy<Task<(bool Looked, Problem? Refusal)>>> _looking = new();

    /// <summary>Looks because somebody asked. 429 after several looks in a row; joining one that is on its way is free.</summary>
    public async Task<Problem?> OnDemandAsync(Guid id, CancellationToken stop)
    {
        var (looked, refusal) = await ShareAsync(id, limited: true, stop);
        // A look of another process is as good; what it finds is in the row when it is done.
        for (var i = 0; refusal is null && !looked && i < 40; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), stop);
            looked = await LookAsync(id, stop);
        }
        return refusal;
    }

    /// <summary>False where another process is looking.</summary>
    public async Task<bool> LookAsync(Guid id, CancellationToken stop) => (await ShareAsync(id, limited: false, stop)).Looked;

    private async Task<(bool Looked, Problem? Refusal)> ShareAsync(Guid id, bool limited, CancellationToken stop)
    {
        // Nobody's leaving ends the look for the others.
        var look = _looking.GetOrAdd(id, key => new Lazy<Task<(bool, Problem?)>>(() => Task.Run(async () =>
        {
            try
            {
                if (limited && await limits.TakeAsync(OnDemand, key.ToString(), CancellationToken.None) is { } seconds)
                    return (false, PortalDomainProblems.TooManyLooks(seconds));
                return (await LookOnceAsync(key), (Problem?)null);
            }
            finally
            {
                _looking.TryRemove(key, out _);
            }
        }, CancellationToken.None)));
        return await look.Value.WaitAsync(stop);
    }

    private async Task<bool> LookOnceAsync(Guid id)
    {
        using var patience = new CancellationTokenSource(Patience);
        var stop = patience.Token;
        await using var db = databases.System();
        var now = time.GetUtcNow();
        if (await db.PortalDomains.AcrossTenants().Where(d => d.Id == id && (d.LookingUntil == null || d.LookingUntil < now)).ExecuteUpdateAsync(s => s.SetProperty(d => d.LookingUntil, now + Patience), stop) == 0)
            return !await db.PortalDomains.AcrossTenants().AnyAsync(d => d.Id == id, stop);
        try
        {
            var domain = await db.PortalDomains.AcrossTenants().AsNoTracking().SingleAsync(d => d.Id == id, stop);
            var evidence = await inspector.InspectAsync(domain, await PortalTarget.OfAsync(db, domain, settings, stop), stop);
            // Somebody else may be proving the same name at this moment: the database lets one of the two win, and the other learns of it.
            for (var attempt = 1; !await WriteAsync(id, evidence, attempt == 3, stop); attempt++)
            {
            }
        }
        finally
        {
            await using var after = databases.System();
            await after.PortalDomains.AcrossTenants().Where(d => d.Id == id).ExecuteUpdateAsync(s => s.SetProperty(d => d.LookingUntil, (DateTimeOffset?)null), CancellationToken.None);
        }
        await directory.RefreshAsync(CancellationToken.None);
        return true;
    }

    private async Task<bool> WriteAsync(Guid id, DomainEvidence evidence, bool last, CancellationToken stop)
    {
        await using var db = databases.System();
        try
        {
            return await db.InTransactionAsync(async () =>
            {
                if (await db.PortalDomains.AcrossTenants().SingleOrDefaultAsync(d => d.Id == id, stop) is not { } domain)
                    return true;
                var now = time.GetUtcNow();
                await OneAtATimeAsync(db, domain, stop);
                var holder = domain.CustomHost is null ? null : await db.PortalDomains.AcrossTenants()
                    .SingleOrDefaultAsync(d => d.CustomHost == domain.CustomHost && d.Id != id && d.OrgId != domain.OrgId && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace), stop);
                var happened = DomainLease.Apply(domain, evidence, holder, await IsCoveredAsync(db, domain, now, stop), now);
                if (holder is not null && db.Entry(holder).State == EntityState.Modified)
                {
                    // The one gives the name up before the other has it.
                    await PortalDomainMails.AddAsync(db, outbox, settings, holder, DomainLease.Event.Lapsed, stop);
                    await db.SaveChangesAsync(stop);
                }
                if (happened == DomainLease.Event.Contested)
                {
                    await PortalDomainMails.AddAsync(db, outbox, settings, holder!, DomainLease.Event.Contested, stop);
                    holder!.NextLookAt = now;
                }
                else if (happened is { } what)
                {
                    db.Mark(domain, what switch { DomainLease.Event.Verified => "verified", DomainLease.Event.Missing => "proof_missing", DomainLease.Event.Lapsed => "lapsed", _ => "released" });
                    await PortalDomainMails.AddAsync(db, outbox, settings, domain, what, stop);
                }
                await PortalCertificates.WantAsync(db, domain, settings, time, stop);
                await db.SaveChangesAsync(stop);
                return true;
            }, stop);
        }
        catch (DbUpdateException e) when (!last && UniqueViolation.Of(e) is not null)
        {
            return false;
        }
    }

    // Of those who prove the same name at the same moment one goes first: writing a row to itself is a lock on both databases.
    private static async Task OneAtATimeAsync(OCoreDb db, PortalDomain domain, CancellationToken stop)
    {
        if (domain.CustomHost is null)
            return;
        var first = await db.PortalDomains.AcrossTenants().Where(d => d.CustomHost == domain.CustomHost).OrderBy(d => d.Id).Select(d => d.Id).FirstAsync(stop);
        await db.PortalDomains.AcrossTenants().Where(d => d.Id == first).ExecuteUpdateAsync(s => s.SetProperty(d => d.CreatedAt, d => d.CreatedAt), stop);
    }

    // Proof of a name covers what is one label below it, for the same organization, unless it was somebody else's until lately.
    private static async Task<bool> IsCoveredAsync(OCoreDb db, PortalDomain domain, DateTimeOffset now, CancellationToken stop)
    {
        if (domain.CustomHost is not { } host || host.IndexOf('.', StringComparison.Ordinal) is var dot && dot < 0)
            return false;
        var above = host[(dot + 1)..];
        return await db.PortalDomains.AcrossTenants().AnyAsync(d => d.OrgId == domain.OrgId && d.CustomHost == above && d.Proof == DomainProof.Verified, stop)
            && !await db.PortalDomainTombstones.AcrossTenants().AnyAsync(t => t.Host == host && t.OrgId != domain.OrgId && t.Until > now, stop);
    }
}

/// <summary>Where a portal's name should lead.</summary>
internal static class PortalTarget
{
    /// <summary>The agency's own portal domain where it has one, so that no client meets the platform's name; else the platform's host.</summary>
    public static async Task<string> OfAsync(OCoreDb db, PortalDomain domain, Settings settings, CancellationToken stop) =>
        domain.IsBase ? settings.PublicUrl.Host
            : await db.PortalDomains.AcrossTenants().Where(d => d.OrgId == domain.OrgId && d.IsBase && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace)).Select(d => d.CustomHost).FirstOrDefaultAsync(stop)
                ?? settings.PublicUrl.Host;
}
