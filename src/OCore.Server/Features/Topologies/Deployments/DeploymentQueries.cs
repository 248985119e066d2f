using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Features.Topologies.Deployments;

/// <summary>A load balancer of a topology, as a name leads to it.</summary>
/// <param name="SharedAddress">By which people come to it and to another one, instead of its server's own.</param>
internal sealed record TopologyEntry(Guid ServerId, int HttpPort, int? TlsPort, string? SharedAddress);

internal static class DeploymentQueries
{
    /// <summary>By which load balancers people come to a topology that runs.</summary>
    public static async Task<List<TopologyEntry>> EntriesOfTopologyAsync(this OCoreDb db, Guid topology, CancellationToken stop) =>
        await db.TopologyDeployments.AcrossTenants().AsNoTracking().Where(d => d.TopologyId == topology).Select(d => d.Layout).SingleOrDefaultAsync(stop) is not { } layout ? []
            : [.. layout.Nodes.Where(n => n.IsBalancer).Select(n => new TopologyEntry(n.ServerId!.Value, n.Port, n.SecondPort > 0 ? n.SecondPort : null, SharedAddress.Of(n)))];

    /// <summary>The nodes are the agency's, the instance is its client's.</summary>
    public static Task<List<DeployedNode>> NodesOfTopologyAsync(this OCoreDb db, Guid topology, CancellationToken stop) =>
        db.DeployedNodes.AcrossTenants().AsNoTracking().Where(n => n.TopologyId == topology).OrderBy(n => n.NodeId).ToListAsync(stop);

    public static Task<TopologyData?> DrawingOfTopologyAsync(this OCoreDb db, Guid topology, CancellationToken stop) =>
        db.Topologies.AcrossTenants().AsNoTracking().Where(t => t.Id == topology).Select(t => t.Drawing).SingleOrDefaultAsync(stop);

    /// <summary>The client whose instance a deployment carries; null where that is the agency's own.</summary>
    public static Task<Guid?> ClientOfAsync(this OCoreDb db, TopologyDeployment deployment, CancellationToken stop) =>
        db.Instances.Where(i => i.Id == deployment.InstanceId && i.OrgId != i.RootId).Select(i => (Guid?)i.OrgId).SingleOrDefaultAsync(stop);

    /// <summary>The target that was made for the backups of a topology that runs; null where none are drawn.</summary>
    public static async Task<Guid?> BackupTargetOfTopologyAsync(this OCoreDb db, Guid topology, CancellationToken stop) =>
        await db.TopologyDeployments.AsNoTracking().SingleOrDefaultAsync(d => d.TopologyId == topology, stop) is { } deployment ? BackupNodes.TargetOf(deployment) : null;

    /// <summary>Plans for a client, also where nothing was deployed by them. They tell of it in what was asked for and in what came of that, which no database can be asked for: so all are read.</summary>
    public static async Task RemovePlansForAsync(this OCoreDb db, Guid client, CancellationToken stop)
    {
        var slug = await db.Organizations.Where(o => o.Id == client).Select(o => o.Slug).SingleOrDefaultAsync(stop);
        var found = new List<Guid>();
        await foreach (var plan in db.TopologyPlans.AsNoTracking().Select(p => new { p.Id, p.Request, p.View }).AsAsyncEnumerable().WithCancellation(stop))
            if (plan.View.Instance.Organization.Id == client || plan.Request.Organization is { } asked && (asked == slug || Guid.TryParse(asked, out var id) && id == client))
                found.Add(plan.Id);
        await db.TopologyPlans.Where(p => found.Contains(p.Id)).ExecuteDeleteAsync(stop);
    }

    /// <summary>For the watch, which belongs to nobody.</summary>
    public static async Task<List<(Guid TopologyId, Guid RootId, string Status)>> DeploymentsOfAllAsync(this OCoreDb db, CancellationToken stop) =>
        [.. (await db.TopologyDeployments.AcrossTenants().AsNoTracking().Select(d => new { d.TopologyId, d.RootId, d.Status }).ToListAsync(stop)).Select(d => (d.TopologyId, d.RootId, d.Status))];
}
