using Microsoft.EntityFrameworkCore;
using OCore.Features.PortalDomains;
using OCore.Platform.Data;

namespace OCore.Features.Domains;

/// <summary>Who has a name, among all claims of everybody: those of portals, and those of instances.</summary>
internal static class NameQueries
{
    /// <summary>Another claim to the same name that is proven: another organization's, or one for another purpose.</summary>
    public static async Task<NameClaim?> HolderOfAsync(this OCoreDb db, NameClaim claim, CancellationToken stop)
    {
        var (id, host, org) = (claim.Id, claim.CustomHost, claim.OrgId);
        var portal = await db.PortalDomains.AcrossTenants()
            .SingleOrDefaultAsync(d => d.CustomHost == host && d.Id != id && (d.OrgId != org || claim is InstanceDomain) && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace), stop);
        return portal is not null ? portal : await db.InstanceDomains.AcrossTenants()
            .SingleOrDefaultAsync(d => d.CustomHost == host && d.Id != id && (d.OrgId != org || claim is PortalDomain) && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace), stop);
    }

    /// <summary>Of those who prove the same name at the same moment one goes first: writing rows to themselves is a lock on both databases.</summary>
    public static async Task TakeTurnAsync(this OCoreDb db, NameClaim claim, CancellationToken stop)
    {
        if (claim.CustomHost is not { } host)
            return;
        // Always in this order, so that nobody waits for somebody who waits.
        foreach (var id in await db.PortalDomains.AcrossTenants().Where(d => d.CustomHost == host).OrderBy(d => d.Id).Select(d => d.Id).ToListAsync(stop))
            await db.PortalDomains.AcrossTenants().Where(d => d.Id == id).ExecuteUpdateAsync(s => s.SetProperty(d => d.CreatedAt, d => d.CreatedAt), stop);
        foreach (var id in await db.InstanceDomains.AcrossTenants().Where(d => d.CustomHost == host).OrderBy(d => d.Id).Select(d => d.Id).ToListAsync(stop))
            await db.InstanceDomains.AcrossTenants().Where(d => d.Id == id).ExecuteUpdateAsync(s => s.SetProperty(d => d.CreatedAt, d => d.CreatedAt), stop);
    }

    /// <summary>Somebody else has proven the name, for whatever purpose: its certificate is theirs.</summary>
    public static async Task<bool> IsProvenByAnotherAsync(this OCoreDb db, NameClaim claim, string host, CancellationToken stop) =>
        await db.PortalDomains.AcrossTenants().AnyAsync(d => d.Id != claim.Id && d.CustomHost == host && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace), stop)
        || await db.InstanceDomains.AcrossTenants().AnyAsync(d => d.Id != claim.Id && d.CustomHost == host && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace), stop);

    /// <summary>Somebody has proven the name, for whatever purpose: no instance is made with it.</summary>
    public static async Task<bool> IsProvenAsync(this OCoreDb db, string host, CancellationToken stop) =>
        await db.PortalDomains.AcrossTenants().AnyAsync(d => d.CustomHost == host && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace), stop)
        || await db.InstanceDomains.AcrossTenants().AnyAsync(d => d.CustomHost == host && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace), stop);

    /// <summary>The agency, or the organization that has none, of each of these names that is somebody's, or was until lately.</summary>
    public static async Task<IReadOnlyDictionary<string, Guid>> OwnersOfAsync(this OCoreDb db, IReadOnlyCollection<string> hosts, CancellationToken stop)
    {
        var owners = new Dictionary<string, Guid>(StringComparer.Ordinal);
        foreach (var one in await db.DomainTombstones.AcrossTenants().Where(t => hosts.Contains(t.Host)).OrderBy(t => t.Until).Select(t => new { t.Host, t.RootId }).ToListAsync(stop))
            owners[one.Host] = one.RootId;
        foreach (var one in await db.InstanceDomains.AcrossTenants().Where(d => hosts.Contains(d.CustomHost!) && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace)).Select(d => new { d.CustomHost, d.RootId }).ToListAsync(stop))
            owners[one.CustomHost!] = one.RootId;
        foreach (var one in await db.PortalDomains.AcrossTenants().Where(d => hosts.Contains(d.SubdomainHost!) || hosts.Contains(d.CustomHost!) && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace))
            .Select(d => new { d.SubdomainHost, CustomHost = d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace ? d.CustomHost : null, d.OrgId }).ToListAsync(stop))
            foreach (var host in new[] { one.SubdomainHost, one.CustomHost }.OfType<string>())
                owners[host] = one.OrgId;
        return owners;
    }

    /// <summary>The name was another organization's until lately.</summary>
    public static Task<bool> WasAnothersAsync(this OCoreDb db, NameClaim claim, DateTimeOffset now, CancellationToken stop) =>
        db.DomainTombstones.AcrossTenants().AnyAsync(t => t.Host == claim.CustomHost && t.OrgId != claim.OrgId && t.Until > now, stop);
}
