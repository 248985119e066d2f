using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;

namespace OCore.Features.Topologies.Deployments;

internal static class DeploymentViews
{
    public static async Task<TopologyDeploymentView?> OfAsync(OCoreDb db, Topology topology, IReadOnlyDictionary<Guid, string> servers, CancellationToken stop)
    {
        if (await db.TopologyDeployments.AsNoTracking().SingleOrDefaultAsync(d => d.TopologyId == topology.Id, stop) is not { } deployment)
            return null;
        var nodes = await db.DeployedNodes.AsNoTracking().Where(n => n.TopologyId == topology.Id).OrderBy(n => n.NodeId).ToListAsync(stop);
        var key = LockOf(topology.Id);
        return new TopologyDeploymentView
        {
            Status = deployment.Status, Health = HealthOf(nodes), Generation = deployment.Generation, PlanHash = deployment.PlanHash, InstanceId = deployment.InstanceId,
            OperationId = await db.ResourceLocks.Where(l => l.Key == key).Select(l => (Guid?)l.OperationId).FirstOrDefaultAsync(stop),
            Changed = deployment.DrawingDigest != topology.DrawingDigest, DeployedAt = deployment.DeployedAt, Nodes = [.. nodes.Select(n => ToStatus(n, servers))],
        };
    }

    /// <summary>People can work as long as one Odoo does, and a PostgreSQL to write to.</summary>
    public static TopologyHealth HealthOf(IReadOnlyCollection<DeployedNode> nodes)
    {
        bool Works(NodeType type) => nodes.Any(n => n.Type == type && (n.State is TopologyNodeState.Running || type == NodeType.Postgres && PostgresNodes.TakesWrites(n.State, n.Role, n.Figures)));
        return nodes.All(n => n.State == TopologyNodeState.Running) ? TopologyHealth.Healthy
            : nodes.Where(n => n.Type == NodeType.Odoo).All(n => n.State is TopologyNodeState.Unknown or TopologyNodeState.Waiting or TopologyNodeState.Working) ? TopologyHealth.Unknown
            : Works(NodeType.Odoo) && Works(NodeType.Postgres) ? TopologyHealth.Degraded : TopologyHealth.Down;
    }

    public static string LockOf(Guid topology) => $"topology:{topology}";

    /// <summary>Of what works on a topology that runs: its instance's tools work on the same nodes.</summary>
    public static string[] LocksOf(TopologyWork work) => work.Deployment.InstanceId is { } instance ? [LockOf(work.TopologyId), $"instance:{instance}"] : [LockOf(work.TopologyId)];

    public static TopologyNodeStatus ToStatus(DeployedNode node, IReadOnlyDictionary<Guid, string> servers) => new()
    {
        NodeId = node.NodeId, Type = NodeMembers.Word(node.Type), Label = node.Label, Server = node.ServerId is { } id && servers.TryGetValue(id, out var name) ? new Ref { Id = id, Name = name } : null,
        State = node.State, Message = node.Message, Role = node.Role, Figures = node.Figures, Drift = node.Drift, MeasuredAt = node.MeasuredAt,
    };
}
