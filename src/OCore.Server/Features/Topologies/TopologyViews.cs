using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Topologies;

internal static class TopologyViews
{
    public static TopologyView ToView(this Topology topology, IReadOnlyDictionary<Guid, string> servers, TopologyDeploymentView? deployment = null) => new()
    {
        Deployment = deployment,
        Id = topology.Id, Name = topology.Name, Description = topology.Description, TopologyData = topology.Drawing, HaConfig = topology.Ha, RepairDrift = topology.RepairDrift, Servers = Refs(topology, servers),
        Version = topology.Version, CreatedAt = topology.CreatedAt, UpdatedAt = topology.UpdatedAt,
    };

    public static TopologySummary ToSummary(this Topology topology, IReadOnlyDictionary<Guid, string> servers, IReadOnlyDictionary<Guid, TopologyRunning> running) => new()
    {
        Id = topology.Id, Name = topology.Name, Description = topology.Description, HaConfig = topology.Ha, Servers = Refs(topology, servers),
        Nodes = topology.Drawing.Nodes.GroupBy(n => n.Type).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count()),
        Running = running.GetValueOrDefault(topology.Id), CreatedAt = topology.CreatedAt, UpdatedAt = topology.UpdatedAt,
    };

    public static async Task<IReadOnlyDictionary<Guid, TopologyRunning>> RunningAsync(OCoreDb db, IEnumerable<Topology> topologies, CancellationToken stop)
    {
        var ids = topologies.Select(t => t.Id).ToList();
        return await db.TopologyDeployments.AsNoTracking().Where(d => ids.Contains(d.TopologyId)).Select(d => new
        {
            d.TopologyId, d.Status, Nodes = db.DeployedNodes.Count(n => n.TopologyId == d.TopologyId),
            Running = db.DeployedNodes.Count(n => n.TopologyId == d.TopologyId && n.State == TopologyNodeState.Running),
        }).ToDictionaryAsync(d => d.TopologyId, d => new TopologyRunning { Status = d.Status, Nodes = d.Nodes, NodesRunning = d.Running }, stop);
    }

    /// <summary>The names of the servers that these topologies name and the caller may see.</summary>
    public static async Task<IReadOnlyDictionary<Guid, string>> ServerNamesAsync(OCoreDb db, Caller caller, IReadOnlyCollection<Topology> topologies, CancellationToken stop)
    {
        var (drawn, all) = (topologies.SelectMany(t => t.ServerIds).Distinct().ToList(), topologies.Select(t => t.Id).ToList());
        // Also where nodes run that are drawn elsewhere by now.
        return all.Count == 0 ? new Dictionary<Guid, string>()
            : await ServerViews.VisibleTo(db, caller).Where(s => drawn.Contains(s.Id) || db.DeployedNodes.Any(n => n.ServerId == s.Id && all.Contains(n.TopologyId))).ToDictionaryAsync(s => s.Id, s => s.Name, stop);
    }

    private static List<Ref> Refs(Topology topology, IReadOnlyDictionary<Guid, string> servers) =>
        [.. topology.ServerIds.Where(servers.ContainsKey).Select(id => new Ref { Id = id, Name = servers[id] }).OrderBy(r => r.Name, StringComparer.Ordinal)];
}
