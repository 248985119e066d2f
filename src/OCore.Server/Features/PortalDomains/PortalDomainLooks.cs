using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Domains;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Mail;
using OCore.Platform.Security;

namespace OCore.Features.PortalDomains;

/// <summary>Looks at DNS for a claim and writes down what follows.</summary>
internal sealed class PortalDomainLooks(OCoreDbFactory databases, DomainInspector inspector, Settings settings, Outbox outbox, PortalDirectory directory, RateLimits limits, TimeProvider time)
{
    public const string NoParent = "The installation has no domain for portals, so this subdomain leads nowhere: OCORE_PORTAL_BASE_DOMAIN is not set.";
    private static readonly TimeSpan Patience = SharedLooks.Patience;
    private SharedLooks Shared => field ??= new SharedLooks(limits, LookOnceAsync);

    /// <summary>Looks because somebody asked. 429 after several looks in a row; joining one that is on its way is free.</summary>
    public Task<Problem?> OnDemandAsync(Guid id, CancellationToken stop) => Shared.OnDemandAsync(id, stop);

    /// <summary>False where another process is looking.</summary>
    public Task<bool> LookAsync(Guid id, CancellationToken stop) => Shared.LookAsync(id, stop);

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
            var evidence = await InspectAsync(domain, await PortalTarget.OfAsync(db, domain, settings, stop), stop);
            // Somebody else may be proving the same name at this moment: the database lets one of the two win, and the other learns of it.
            for (var attempt = 1; !await WriteAsync(id, evidence.Seen, evidence.Subdomain, attempt == 3, stop); attempt++)
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

    private async Task<(DomainEvidence Seen, RoutingStatus Subdomain)> InspectAsync(PortalDomain domain, string target, CancellationToken stop)
    {
        var own = settings.PortalAddresses.Select(a => a.ToString()).ToList();
        var expected = own.Count > 0 ? new Expectation(target, own, [.. own, target]) : await inspector.ExpectAsync(stop, target);
        (RoutingStatus Status, string Message, IReadOnlyList<string> Seen) subdomain = domain.SubdomainHost is null ? (RoutingStatus.Pending, "", []) : await inspector.RoutingOfAsync(domain.SubdomainHost, expected, stop);
        return (domain.CustomHost is not null ? await inspector.InspectAsync(domain, expected, stop) : new DomainEvidence(ProofSeen.Yes, subdomain.Status,
            new DomainSight("The name is the platform's own: nothing has to be proven.", [], domain.SubdomainHost is null ? NoParent : subdomain.Message, subdomain.Seen, expected.Values)), subdomain.Status);
    }

    private async Task<bool> WriteAsync(Guid id, DomainEvidence evidence, RoutingStatus subdomain, bool last, CancellationToken stop)
    {
        await using var db = databases.System();
        try
        {
            return await db.InTransactionAsync(async () =>
            {
                if (await db.PortalDomains.AcrossTenants().SingleOrDefaultAsync(d => d.Id == id, stop) is not { } domain)
                    return true;
                var now = time.GetUtcNow();
                await db.TakeTurnAsync(domain, stop);
                var holder = domain.CustomHost is null ? null : await db.HolderOfAsync(domain, stop);
                domain.SubdomainRouting = subdomain;
                var happened = DomainLease.Apply(domain, evidence, holder, await IsCoveredAsync(db, domain, now, stop), now);
                if (holder is not null && db.Entry(holder).State == EntityState.Modified)
                {
                    // The one gives the name up before the other has it.
                    await PortalDomainMails.AddAsync(db, outbox, settings, (PortalDomain)holder, DomainLease.Event.Lapsed, stop);
                    await db.SaveChangesAsync(stop);
                }
                if (happened == DomainLease.Event.Contested)
                {
                    await PortalDomainMails.AddAsync(db, outbox, settings, (PortalDomain)holder!, DomainLease.Event.Contested, stop);
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

    // Proof of a name covers what is one label below it, for the same organization, unless it was somebody else's until lately.
    private static async Task<bool> IsCoveredAsync(OCoreDb db, PortalDomain domain, DateTimeOffset now, CancellationToken stop)
    {
        if (domain.CustomHost is not { } host || host.IndexOf('.', StringComparison.Ordinal) is var dot && dot < 0)
            return false;
        var above = host[(dot + 1)..];
        return await db.PortalDomains.AcrossTenants().AnyAsync(d => d.OrgId == domain.OrgId && d.CustomHost == above && d.Proof == DomainProof.Verified, stop)
            && !await db.WasAnothersAsync(domain, now, stop);
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
