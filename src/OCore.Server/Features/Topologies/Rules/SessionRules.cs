using System.Globalization;
using OCore.Client;

namespace OCore.Features.Topologies.Rules;

/// <summary>TP-R: sessions, and the Redis that keeps them.</summary>
internal static class SessionRules
{
    /// <summary>Odoo versions for which oCore has its add-on for sessions and files.</summary>
    public static readonly IReadOnlySet<int> AddonVersions = new HashSet<int> { 17, 18, 19 };

    public static int? Major(DrawnNode odoo) => odoo.Text("odooVersion") is { } version ? int.Parse(version[..2], CultureInfo.InvariantCulture) : null;

    public static void Check(TopologySnapshot topology, Report report)
    {
        var (ha, web, redis) = (topology.Ha, topology.Web, topology.RedisData);
        if (!ha.RedisEnabled && web.Count > 1)
        {
            if (topology.Balancers.Where(b => b.Flag("sticky") == false).ToList() is { Count: > 0 } loose)
                report.Error("TP-R01", [.. loose, .. web], "Sessions live on the Odoo node that made them, and the load balancer does not keep people on theirs: they would be signed out at random.",
                    Fix.Of("Keep people on their node.", loose.Select(b => Fix.Set(b, "sticky", null))), Report.ConfigHint);
            else
                report.Warn("TP-R02", web, "Without Redis, the loss of an Odoo node signs its people out.", Enable(topology));
        }
        if (ha.RedisEnabled)
            Reached(topology, report, redis);
        foreach (var node in redis)
            Guarded(topology, report, node);
        if (ha.RedisEnabled && redis.Count > 0)
            Standing(topology, report, redis);
        // With redisEnabled, the missing Redis has been named already (TP-R03).
        if (!ha.RedisEnabled && redis.Count == 0 && topology.Sentinels is { Count: > 0 } idle)
            report.Error("TP-R05", idle, $"{Sentence.Labels(idle)} {(idle.Count == 1 ? "watches" : "watch")} no Redis: none is drawn.", Fix.Of($"Take {(idle.Count == 1 ? "it" : "them")} out.", idle.Select(s => Fix.RemoveNode(s.Id))));
        if (topology.Deployed is { } before && before.Ha.RedisEnabled != ha.RedisEnabled)
            report.Warn("TP-R06", ha.RedisEnabled ? redis : web, $"Switching Redis {(ha.RedisEnabled ? "on" : "off")} signs everybody out once.", Fix.Words("Choose a quiet hour."));
    }

    private static TopologyFix Enable(TopologySnapshot topology)
    {
        if (topology.RedisData is { Count: > 0 } drawn)
            return Fix.Of("Keep sessions in Redis.", [Fix.Ha("redisEnabled", true), .. Fix.Edges(topology, topology.Odoo, drawn.Take(1))]);
        var id = Fix.NewId(topology, "redis");
        return Fix.Of("Keep sessions in Redis.", [Fix.Ha("redisEnabled", true), Fix.Node(id, NodeType.Redis, ("label", "Redis"), ("serverId", topology.Ha.RedisServerId)), .. topology.Odoo.Select(o => Fix.Edge(o.Id, id))]);
    }

    private static void Reached(TopologySnapshot topology, Report report, IReadOnlyList<DrawnNode> redis)
    {
        if (redis.Count == 0)
        {
            report.Error("TP-R03", topology.Odoo, "redisEnabled is on, but no Redis is drawn.", Enable(topology), Report.ConfigHint);
            return;
        }
        foreach (var node in redis)
            if (topology.ServerOf(node) is { Status: not ServerStatus.Active } fact)
                report.Error("TP-R03", [node], $"The server {fact.Name} of {node.Label} is {WireWord.Of(fact.Status)}.", Fix.Words("Make it active, or choose another server."), Report.ConfigHint);
        // By sentinels an Odoo finds the primary; it is enough that it reaches either.
        if (topology.Odoo.Where(o => !topology.Targets(o, NodeType.Redis).Any()).ToList() is { Count: > 0 } left)
            report.Error("TP-R03", [.. redis, .. left], $"{Sentence.Labels(left)} {(left.Count == 1 ? "does" : "do")} not reach Redis.", Fix.Of("Join them.", Fix.Edges(topology, left, redis.Take(1))), Report.ConfigHint);
        foreach (var node in topology.Odoo.Where(o => Major(o) is { } major && !AddonVersions.Contains(major)))
            report.Error("TP-R03", [node], $"There is no add-on for sessions in Redis for Odoo {node.Text("odooVersion")}.", Fix.Of("Leave Redis out.", Fix.Ha("redisEnabled", false)), Report.ConfigHint);
    }

    private static void Guarded(TopologySnapshot topology, Report report, DrawnNode node)
    {
        if (node.Flag("auth") == false)
            report.Error("TP-R04", [node], $"{node.Label} asks for no password.", Fix.Of("Let it ask; oCore makes the password.", Fix.Set(node, "auth", null)), Report.ConfigHint);
        if (node.Bind is { } address && !CapacityRules.IsPrivate(address))
            report.Error("TP-R04", [node], $"{node.Label} listens on the public address {address}.", Fix.Of("Listen on the server's private address.", Fix.Set(node, "bind", null)), Report.ConfigHint);
        foreach (var other in topology.Neighbours.Where(n => n.Node.Type == NodeType.Redis && !n.Node.IsSentinel && Same(n.Node, node)))
            if (node.Text("prefix", "") == other.Node.Text("prefix", "") || node.Text("aclUser", "") == other.Node.Text("aclUser", ""))
                report.Error("TP-R04", [node], $"{node.Label} is also the Redis of the topology {other.Topology}, and the two do not have a prefix and a user each.", Fix.Words("Give each a Redis of its own, on another server or another port."), Report.ConfigHint);
        if (node.Text("mode") == "cluster")
            report.Error("TP-R07", [node], $"{node.Label} is a Redis Cluster, which sessions of Odoo cannot use.", Fix.Of("Use Redis with sentinels.", Fix.Set(node, "mode", "sentinel")), Report.ConfigHint);
    }

    private static bool Same(DrawnNode a, DrawnNode b) =>
        a.Text("url") is { } url ? url == b.Text("url") : a.ServerId is { } server && server == b.ServerId && a.Int("port", 6379) == b.Int("port", 6379) && !b.Has("url");

    private static void Standing(TopologySnapshot topology, Report report, IReadOnlyList<DrawnNode> redis)
    {
        var sentinels = topology.Sentinels;
        if (redis.All(r => r.Has("url")))
            return;
        if (redis.Count == 1)
            report.Warn("TP-R05", [.. redis, .. sentinels], $"{redis[0].Label} is the only Redis: when it is lost, everybody is signed out.", Fix.Words("Add a replica and three sentinels on three servers, or accept it: no data is lost."));
        // Those that have no server yet are told so (TP-S06), and may get one each.
        else if (sentinels.Count < 3 || sentinels.Count % 2 == 0 || sentinels.All(s => s.ServerId is not null) && sentinels.Select(s => s.ServerId).Distinct().Count() < 3)
            report.Warn("TP-R05", [.. redis, .. sentinels], $"Redis has {redis.Count - 1} {(redis.Count == 2 ? "replica" : "replicas")} and {sentinels.Count} {(sentinels.Count == 1 ? "sentinel" : "sentinels")}: to change over by itself it needs an odd number of at least three sentinels on at least three servers.", Fix.Words("Add or remove sentinels."));
        if (redis.Count > 1 && redis.Count(r => r.Text("role", "primary") == "primary") != 1)
            report.Warn("TP-R05", redis, "Of several Redis nodes exactly one is the primary at first.", Fix.Of($"{redis[0].Label} is the primary.", redis.Select((r, i) => Fix.Set(r, "role", i == 0 ? "primary" : "replica"))));
        if (redis.Count > 1 && sentinels.Where(s => !topology.Targets(s, NodeType.Redis).Any()).ToList() is { Count: > 0 } blind)
            report.Warn("TP-R05", blind, $"{Sentence.Labels(blind)} {(blind.Count == 1 ? "watches" : "watch")} no Redis.", Fix.Of("Let them watch all.", Fix.Edges(topology, blind, redis)));
    }
}
