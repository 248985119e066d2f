using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Platform.Data;

namespace OCore.Features.Agency;

internal static class ClientViews
{
    /// <summary>Clients with what is counted of them, in four queries for any number.</summary>
    public static async Task<List<ClientView>> OfAsync(OCoreDb db, IQueryable<Organization> clients, CancellationToken stop)
    {
        var (down, degraded) = (db.Instances.Where(ClientHealth.IsDown), db.Instances.Where(ClientHealth.IsDegraded));
        var rows = await clients.Select(o => new
        {
            Client = o,
            Instances = db.Instances.Count(i => i.OrgId == o.Id),
            Running = db.Instances.Count(i => i.OrgId == o.Id && i.Status == InstanceStatus.Running),
            Down = down.Count(i => i.OrgId == o.Id),
            Degraded = degraded.Count(i => i.OrgId == o.Id),
        }).ToListAsync(stop);
        var ids = rows.ConvertAll(r => r.Client.Id);
        var versions = await db.Instances.Where(i => ids.Contains(i.OrgId)).Select(i => new { i.OrgId, i.OdooVersion }).Distinct().ToListAsync(stop);
        // Members are their organization's own. The ids come from a query within the agency.
        var members = await db.Members.AcrossTenants().Where(m => ids.Contains(m.OrgId)).GroupBy(m => m.OrgId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, stop);
        var deletions = await ClientRemoval.OpenFor(db.Operations.Where(o => o.ClientId != null && ids.Contains(o.ClientId.Value)), null).Select(o => new { o.ClientId, o.Id }).ToListAsync(stop);
        return rows.ConvertAll(r => new ClientView
        {
            Id = r.Client.Id, Name = r.Client.Name, Slug = r.Client.Slug, LogoUrl = r.Client.LogoUrl,
            MemberCount = members.GetValueOrDefault(r.Client.Id), InstanceCount = r.Instances, InstancesRunning = r.Running,
            Health = ClientHealth.Of(r.Client, r.Instances, r.Down, r.Degraded),
            OdooVersions = [.. versions.Where(v => v.OrgId == r.Client.Id).Select(v => v.OdooVersion).OrderDescending(StringComparer.Ordinal)],
            Suspended = r.Client.SuspendedAt is not null, CreatedAt = r.Client.CreatedAt,
            DeleteOperationId = deletions.Find(d => d.ClientId == r.Client.Id)?.Id,
        });
    }
}
