using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Domains;
using OCore.Features.Servers;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Topologies;

/// <summary>Gathers what the rules look at, once.</summary>
internal static class TopologySnapshots
{
    public static async Task<TopologySnapshot> TakeAsync(OCoreDb db, Caller caller, Topology topology, TopologyData drawing, HaConfig ha, DateTimeOffset now, CancellationToken stop, IReadOnlyList<string>? agreed = null)
    {
        var ids = DrawingShape.ServersOf(drawing).Concat([ha.LbServerId, ha.RedisServerId]).OfType<Guid>().Distinct().ToList();
        var servers = await ServerViews.VisibleTo(db, caller).Where(s => ids.Contains(s.Id)).ToListAsync(stop);
        var known = servers.Select(s => s.Id).ToList();
        var counts = await db.EdgeInstanceCountsAsync(known, stop);
        // What runs of it is asked for anew by what is drawn.
        var promised = await db.PromisedAsync(known, topology.Id, stop);
        var locks = known.Select(id => $"server:{id}").ToList();
        var locked = (await db.ResourceLocks.Where(l => locks.Contains(l.Key)).Select(l => l.Key).ToListAsync(stop)).ToHashSet();
        var deployment = await db.TopologyDeployments.AsNoTracking().SingleOrDefaultAsync(d => d.TopologyId == topology.Id, stop);
        return new TopologySnapshot(drawing, ha)
        {
            Servers = servers.ToDictionary(s => s.Id, s => new ServerFact
            {
                Id = s.Id, Name = s.Name, Host = s.Host, Status = s.Draining && s.Status == ServerStatus.Active ? ServerStatus.Draining : s.Status, Locked = locked.Contains($"server:{s.Id}"),
                SshPort = s.IsLocal ? 0 : s.Port, EdgePort = s.EdgePort, EdgeTlsPort = s.EdgeHttps ? null : s.EdgeTlsPort, Instances = counts.GetValueOrDefault(s.Id), BaseDomain = s.BaseDomain, Architecture = s.Facts?.Architecture,
                Cpus = s.Facts?.Cpus, MemoryBytes = s.Facts?.MemoryBytes, DiskBytes = s.Facts?.DiskBytes, DiskUsedBytes = s.Use?.DiskUsedBytes,
                MemoryReservedBytes = promised.GetValueOrDefault(s.Id, ServerPromise.Nothing).MemoryBytes, CpusReserved = promised.GetValueOrDefault(s.Id, ServerPromise.Nothing).Cpus,
            }),
            Deployed = deployment is null ? null : await DeployedAsync(db, deployment, agreed ?? [], stop),
            Neighbours = await NeighboursAsync(db, topology, drawing, ids, stop),
            Now = now,
            ProvenHosts = await ProvenAsync(db, deployment?.InstanceId, stop),
        };
    }

    private static async Task<HashSet<string>> ProvenAsync(OCoreDb db, Guid? instance, CancellationToken stop) =>
        instance is { } one ? [.. (await InstanceDomainQueries.RoutedOfAsync(db, one, stop)).Select(d => d.Host)] : [];

    private static async Task<DeployedTopology> DeployedAsync(OCoreDb db, TopologyDeployment deployment, IReadOnlyList<string> agreed, CancellationToken stop)
    {
        var layout = deployment.Layout;
        var servers = layout.Servers.ToList();
        var there = (await db.ServersOfAll().Where(s => servers.Contains(s.Id)).Select(s => s.Id).ToListAsync(stop)).ToHashSet();
        var primaries = await db.DeployedNodes.AsNoTracking().Where(n => n.TopologyId == deployment.TopologyId && n.Type == NodeType.Postgres && n.Role == "primary" && n.State != TopologyNodeState.Missing).ToListAsync(stop);
        // Who does not answer may lead or not; where another one does, it does not.
        var leading = primaries.Where(n => n.State is TopologyNodeState.Running or TopologyNodeState.Degraded).ToList();
        var lost = layout.Nodes.Where(n => n.ServerId is { } id && !there.Contains(id)).Select(n => n.Id).ToHashSet();
        return new DeployedTopology
        {
            Lost = lost,
            // Where nobody was asked yet, it is the one that was the first to lead.
            Leading = (leading.Count > 0 ? leading : primaries).Select(n => n.NodeId).DefaultIfEmpty(layout.Of(NodeType.Postgres).FirstOrDefault(n => n.Is("role", "primary") && !(layout.Failover && lost.Contains(n.Id)))?.Id ?? "").ToHashSet(),
            Ha = new HaConfig { LbType = layout.LbType, FilestoreType = layout.FilestoreType, RedisEnabled = layout.Redis, PgFailoverEnabled = layout.Failover },
            Nodes = [.. layout.Nodes.Select(n => new DrawnNode(new TopologyNode
            {
                Id = n.Id, Type = NodeMembers.Word(n.Type),
                Data = new RawJson(JsonSerializer.Serialize(new Dictionary<string, string?> { ["serverId"] = n.ServerId?.ToString(), ["label"] = n.Label, ["role"] = n.Settings.GetValueOrDefault("role") }.Where(m => m.Value is not null).ToDictionary())),
            }))],
            BackupAt = deployment.InstanceId is { } instance ? await BackupSchedules.LastVerifiedAsync(db.Backups, instance, stop) : null,
            MayBeDestroyed = agreed.ToHashSet(),
        };
    }

    // Who runs has the place, then who drew first: a copy made to try something does not put the original in the wrong.
    private static async Task<List<NeighbourNode>> NeighboursAsync(OCoreDb db, Topology topology, TopologyData drawing, List<Guid> servers, CancellationToken stop)
    {
        var older = db.Topologies.AsNoTracking().Where(t => t.Id < topology.Id || t.Id != topology.Id && db.TopologyDeployments.Any(d => d.TopologyId == t.Id)).OrderBy(t => t.Id);
        var beside = (await older.Select(t => new { t.Id, t.ServerIds }).ToListAsync(stop)).Where(t => t.ServerIds.Any(servers.Contains)).Select(t => t.Id).ToList();
        // Buckets and Redis of others are named by address, so they count wherever they are. Whoever draws none of his own has no other drawing read for that.
        var everywhere = Addressed(drawing).Any();
        if (beside.Count == 0 && !everywhere)
            return [];
        var rows = await (everywhere ? older : older.Where(t => beside.Contains(t.Id))).Select(t => new { t.Id, t.Name, t.Drawing }).ToListAsync(stop);
        return [.. rows.SelectMany(t => (beside.Contains(t.Id) ? t.Drawing.Nodes.Select(n => new DrawnNode(n)).Where(n => n.IsKnown) : Addressed(t.Drawing)).Select(n => new NeighbourNode(t.Name, n)))];
    }

    /// <summary>What is found by its address, from whichever server.</summary>
    private static IEnumerable<DrawnNode> Addressed(TopologyData drawing) =>
        drawing.Nodes.Where(n => n.Type is "s3" or "redis").Select(n => new DrawnNode(n)).Where(n => n.Has(n.Type == NodeType.S3 ? "bucket" : "url"));

    /// <summary>Of everything that decides what the rules say and what a plan does; what is measured all the time is left out.</summary>
    public static string HashOf(TopologySnapshot topology)
    {
        var text = new StringBuilder();
        foreach (var node in topology.Nodes)
            text.Append("n ").Append(node.Id).Append(' ').Append(node.TypeWord).Append(' ').Append(node.Raw?.Text).Append('\n');
        foreach (var edge in topology.Edges)
            text.Append("e ").Append(edge.Id).Append(' ').Append(edge.Source).Append(' ').Append(edge.Target).Append('\n');
        text.Append("h ").Append(JsonSerializer.Serialize(topology.Ha, WireJson.Default.HaConfig)).Append('\n');
        foreach (var server in topology.Servers.Values.OrderBy(s => s.Id))
            text.Append("s ").Append(JsonSerializer.Serialize(server with { MemoryReservedBytes = 0, CpusReserved = 0, DiskBytes = null, DiskUsedBytes = null, Locked = false }, JsonSerializerOptions.Web)).Append('\n');
        foreach (var other in topology.Neighbours)
            text.Append("o ").Append(other.Topology).Append(' ').Append(other.Node.Id).Append(' ').Append(other.Node.TypeWord).Append(' ').Append(other.Node.Raw?.Text).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
