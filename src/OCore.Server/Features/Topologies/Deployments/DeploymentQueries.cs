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

    /// <summary>For the watch, which belongs to nobody.</summary>
    public static async Task<List<(Guid TopologyId, Guid RootId, string Status)>> DeploymentsOfAllAsync(this OCoreDb db, CancellationToken stop) =>
        [.. (await db.TopologyDeployments.AcrossTenants().AsNoTracking().Select(d => new { d.TopologyId, d.RootId, d.Status }).ToListAsync(stop)).Select(d => (d.TopologyId, d.RootId, d.Status))];
}
