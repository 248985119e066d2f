using OCore.Client;

namespace OCore.Features.Topologies.Rules;

/// <summary>TP-S: whether it is a topology at all.</summary>
internal static class ShapeRules
{
    // Who may use whom. A monitor may look at everything.
    private static readonly HashSet<(NodeType, NodeType)> Pairs =
    [
        (NodeType.LoadBalancer, NodeType.Odoo), (NodeType.LoadBalancer, NodeType.Postgres), (NodeType.Odoo, NodeType.LoadBalancer), (NodeType.Odoo, NodeType.Postgres), (NodeType.Odoo, NodeType.Pgbouncer),
        (NodeType.Odoo, NodeType.Redis), (NodeType.Odoo, NodeType.Filestore), (NodeType.Odoo, NodeType.S3), (NodeType.Pgbouncer, NodeType.Postgres), (NodeType.Pgbouncer, NodeType.LoadBalancer),
        (NodeType.Postgres, NodeType.Etcd), (NodeType.Postgres, NodeType.Monitor), (NodeType.Postgres, NodeType.Postgres), (NodeType.Etcd, NodeType.Etcd), (NodeType.Redis, NodeType.Redis),
        (NodeType.Postgres, NodeType.Backup), (NodeType.Filestore, NodeType.Backup), (NodeType.Backup, NodeType.S3),
    ];

    /// <summary>Names under which people keep secrets. A drawing is shown to everyone who may view it, so it is no place for them.</summary>
    public static readonly IReadOnlySet<string> SecretNames = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    { "password", "passwd", "secret", "secretKey", "secretAccessKey", "accessKey", "accessKeyId", "token", "privateKey", "apiKey", "masterPassword" };

    public static bool MayJoin(DrawnNode from, DrawnNode to) => from.Type == NodeType.Monitor || Pairs.Contains((from.Type, to.Type)) && (from.Type, to.Type) switch
    {
        (NodeType.LoadBalancer, NodeType.Odoo) => from.IsHttp,
        (NodeType.LoadBalancer, NodeType.Postgres) => from.IsPgEntry,
        (_, NodeType.LoadBalancer) => to.IsPgEntry,
        (NodeType.Postgres, NodeType.Monitor) => to.IsPgMonitor,
        _ => true,
    };

    public static void Check(TopologySnapshot topology, Report report)
    {
        Readable(topology, report);
        Joined(topology, report);
        Circles(topology, report);
        Orphans(topology, report);
        Placed(topology, report);
        Complete(topology, report);
        Alike(topology, report);
        Named(topology, report);
    }

    private static void Readable(TopologySnapshot topology, Report report)
    {
        if (topology.Nodes.Count > TopologyLimits.Nodes || topology.Edges.Count > TopologyLimits.Edges)
            report.Error("TP-S01", [], $"There are {topology.Nodes.Count} nodes and {topology.Edges.Count} edges; at most {TopologyLimits.Nodes} and {TopologyLimits.Edges} can be drawn.", Fix.Words("Split it into several topologies."));
        foreach (var same in topology.Nodes.GroupBy(n => n.Id).Where(g => g.Count() > 1))
            report.Error("TP-S01", same, $"{same.Count()} nodes have the id {same.Key}.", Fix.Words("Give each node an id of its own."));
        foreach (var same in topology.Edges.GroupBy(e => e.Id).Where(g => g.Count() > 1))
            report.Error("TP-S01", [], $"{same.Count()} edges have the id {same.Key}.", Fix.Words("Give each edge an id of its own."), edges: same);
        foreach (var node in topology.Nodes)
        {
            if (!node.IsKnown)
                report.Error("TP-S01", [node], $"{node.TypeWord} is no type of node.", Fix.Of("Take it out.", Fix.RemoveNode(node.Id)));
            else if (node.Data.ValueKind != System.Text.Json.JsonValueKind.Object)
                report.Error("TP-S01", [node], $"The data of {node.Label} is no object.", Fix.Words("Make it an object."));
            foreach (var (member, says) in node.Misfits())
                report.Error("TP-S01", [node], $"{member} of {node.Label} has to be {says}.", Fix.Of($"Take {member} out.", Fix.Set(node, member, null)));
        }
    }

    private static void Joined(TopologySnapshot topology, Report report)
    {
        var (seen, ids) = (new HashSet<(string, string)>(), topology.Nodes.Select(n => n.Id).ToHashSet());
        foreach (var edge in topology.Edges)
        {
            var fix = Fix.Of("Take the edge out.", Fix.RemoveEdge(edge));
            if (edge.Source == edge.Target)
                report.Error("TP-S02", topology.Nodes.Where(n => n.Id == edge.Source), $"The edge {edge.Id} joins {edge.Source} to itself.", fix, edges: [edge]);
            else if (new[] { edge.Source, edge.Target }.Where(id => !ids.Contains(id)).ToList() is { Count: > 0 } missing)
                report.Error("TP-S02", [], $"The edge {edge.Id} names {Sentence.And(missing)}, and there is no such node.", fix, Report.NetworkHint, [edge]);
            else if (!seen.Add((edge.Source, edge.Target)))
                report.Error("TP-S02", topology.Nodes.Where(n => n.Id == edge.Source || n.Id == edge.Target), $"{edge.Source} and {edge.Target} are joined twice.", fix, edges: [edge]);
            else if (topology.ById.TryGetValue(edge.Source, out var from) && topology.ById.TryGetValue(edge.Target, out var to) && !MayJoin(from, to))
                report.Error("TP-S02", [from, to], $"{from.Label} ({from.TypeWord}) cannot use {to.Label} ({to.TypeWord}).",
                    MayJoin(to, from) && !topology.Joined(to, from) ? Fix.Of("Turn the edge around.", Fix.RemoveEdge(edge), Fix.Edge(to.Id, from.Id)) : fix, Report.NetworkHint, [edge]);
        }
    }

    /// <summary>Strongly connected parts, by Tarjan; members of etcd know each other, which is no circle.</summary>
    private static void Circles(TopologySnapshot topology, Report report)
    {
        var (index, low, on, stack, next) = (new Dictionary<string, int>(), new Dictionary<string, int>(), new HashSet<string>(), new Stack<string>(), 0);
        foreach (var node in topology.ById.Values.OrderBy(n => n.Id, StringComparer.Ordinal))
            if (!index.ContainsKey(node.Id))
                Visit(node);

        void Visit(DrawnNode node)
        {
            index[node.Id] = low[node.Id] = next++;
            stack.Push(node.Id);
            on.Add(node.Id);
            foreach (var target in topology.Targets(node).Where(t => !(node.Type == NodeType.Etcd && t.Type == NodeType.Etcd)).OrderBy(t => t.Id, StringComparer.Ordinal))
                if (!index.TryGetValue(target.Id, out var place))
                {
                    Visit(target);
                    low[node.Id] = Math.Min(low[node.Id], low[target.Id]);
                }
                else if (on.Contains(target.Id))
                    low[node.Id] = Math.Min(low[node.Id], place);
            if (low[node.Id] != index[node.Id])
                return;
            var part = new List<DrawnNode>();
            for (string? id = null; id != node.Id;)
            {
                id = stack.Pop();
                on.Remove(id);
                part.Add(topology.ById[id]);
            }
            if (part.Count < 2)
                return;
            var edges = topology.Edges.Where(e => part.Any(n => n.Id == e.Source) && part.Any(n => n.Id == e.Target)).ToList();
            report.Error("TP-S03", part, $"{Sentence.Labels(part)} depend on each other in a circle.", Fix.Words("Take one of these edges out."), edges: edges);
        }
    }

    private static void Orphans(TopologySnapshot topology, Report report)
    {
        if (topology.ById.Count < 2)
            return;
        var seen = new HashSet<string>();
        var ways = new Queue<DrawnNode>(topology.ById.Values.Where(n => n.Type == NodeType.Odoo || n.IsHttp));
        foreach (var start in ways)
            seen.Add(start.Id);
        while (ways.TryDequeue(out var at))
            foreach (var next in topology.Targets(at).Concat(topology.Sources(at)))
                if (seen.Add(next.Id))
                    ways.Enqueue(next);
        foreach (var node in topology.ById.Values.OrderBy(n => n.Id, StringComparer.Ordinal))
        {
            var alone = !topology.From(node).Any() && !topology.To(node).Any();
            if (alone || !seen.Contains(node.Id))
                report.Warn("TP-S04", [node], alone ? $"{node.Label} is joined to nothing." : $"{node.Label} is joined to no Odoo and no load balancer.", Connect(topology, node));
        }
    }

    private static TopologyFix Connect(TopologySnapshot topology, DrawnNode node)
    {
        IEnumerable<TopologyChange> edges = node.Type switch
        {
            NodeType.Odoo when topology.Balancers.Count > 0 => Fix.Edges(topology, topology.Balancers, [node]),
            NodeType.Odoo => Fix.Edges(topology, [node], topology.Postgres.Take(1)),
            NodeType.LoadBalancer when node.IsHttp => Fix.Edges(topology, [node], topology.Web),
            NodeType.LoadBalancer => Fix.Edges(topology, topology.Odoo, [node]),
            NodeType.Etcd or NodeType.Backup => Fix.Edges(topology, topology.Postgres, [node]),
            NodeType.Monitor when node.IsPgMonitor => Fix.Edges(topology, topology.Postgres, [node]),
            NodeType.Monitor => Fix.Edges(topology, [node], topology.Odoo),
            NodeType.Redis when node.IsSentinel => Fix.Edges(topology, [node], topology.RedisData),
            _ => Fix.Edges(topology, topology.Odoo, [node]),
        };
        return edges.ToList() is { Count: > 0 } some ? Fix.Of($"Join {node.Label} to those that use it.", some) : Fix.Of($"Take {node.Label} out.", Fix.RemoveNode(node.Id));
    }

    private static void Placed(TopologySnapshot topology, Report report)
    {
        foreach (var node in topology.ById.Values)
        {
            if (node.ServerId is { } id && !topology.Servers.ContainsKey(id))
                report.Error("TP-S05", [node], $"The server of {node.Label} is not found.", Fix.Words("Choose another server."), Report.ServersHint);
            if (node.Type == NodeType.S3)
            {
                if (node.Has("serverId"))
                    report.Error("TP-S06", [node], $"{node.Label} is a bucket and runs on no server.", Fix.Of("Take the server out.", Fix.Set(node, "serverId", null)));
                if (new[] { "endpoint", "bucket", "credential" }.Where(m => !node.Has(m)).ToList() is { Count: > 0 } missing)
                    report.Error("TP-S06", [node], $"{node.Label} has no {Sentence.And(missing)}.", Fix.Words("Say where the bucket is and by which credential it is reached."));
            }
            else if (node.Type == NodeType.Backup)
            {
                if (node.Has("serverId"))
                    report.Error("TP-S06", [node], $"{node.Label} keeps backups in a bucket and runs on no server.", Fix.Of("Take the server out.", Fix.Set(node, "serverId", null)));
                if (!topology.Targets(node, NodeType.S3).Any())
                    report.Error("TP-S06", [node], $"{node.Label} has no bucket to keep backups in.", Fix.Of("Draw one.", Fix.Node(Fix.NewId(topology, "backups"), NodeType.S3, ("label", "Bucket for backups")), Fix.Edge(node.Id, Fix.NewId(topology, "backups"))));
            }
            else if (!node.Has("serverId") && !(node.Type == NodeType.Redis && node.Has("url")))
            {
                Guid? named = node.IsHttp && topology.Balancers.Count == 1 ? topology.Ha.LbServerId : node.Type == NodeType.Redis && topology.RedisData.Count == 1 && !node.IsSentinel ? topology.Ha.RedisServerId : null;
                report.Error("TP-S06", [node], $"{node.Label} has no server.", named is { } server && topology.Servers.TryGetValue(server, out var fact)
                    ? Fix.Of($"Put it on {fact.Name}, which the settings name.", Fix.Set(node, "serverId", server)) : Fix.Words("Choose its server."));
            }
        }
    }

    private static void Complete(TopologySnapshot topology, Report report)
    {
        if (topology.Odoo.Count == 0)
            report.Error("TP-S07", [], "There is no Odoo.", Fix.Of("Add an Odoo.", [Fix.Node(Fix.NewId(topology, "odoo"), NodeType.Odoo, ("label", "Odoo")), .. topology.Postgres.Take(1).Select(p => Fix.Edge(Fix.NewId(topology, "odoo"), p.Id))]));
        var clusters = Clusters(topology);
        foreach (var odoo in topology.Odoo)
        {
            var reached = topology.ReachesPostgres(odoo);
            var of = clusters.Where(c => c.Any(p => reached.Contains(p.Id))).ToList();
            if (of.Count == 0)
                report.Error("TP-S07", [odoo], $"{odoo.Label} reaches no PostgreSQL.", topology.Postgres.Count > 0
                    ? Fix.Of("Join it to PostgreSQL.", Fix.Edges(topology, [odoo], topology.Of(NodeType.Pgbouncer) is { Count: > 0 } poolers ? poolers : topology.Postgres))
                    : Fix.Of("Add a PostgreSQL.", Fix.Node(Fix.NewId(topology, "postgres"), NodeType.Postgres, ("label", "PostgreSQL"), ("role", "primary")), Fix.Edge(odoo.Id, Fix.NewId(topology, "postgres"))), Report.NetworkHint);
            else if (of.Count > 1)
                report.Error("TP-S07", [odoo, .. of.SelectMany(c => c)], $"{odoo.Label} reaches {of.Count} PostgreSQL clusters; it has one database.", Fix.Words("Join the PostgreSQL nodes to one cluster, or take the others out."));
        }
        if (topology.Odoo.Select(o => clusters.FindIndex(c => c.Any(p => topology.ReachesPostgres(o).Contains(p.Id)))).Where(i => i >= 0).Distinct().Count() > 1)
            report.Error("TP-S07", topology.Odoo, "The Odoo nodes reach different PostgreSQL clusters.", Fix.Words("Join all of them to the same."));
    }

    /// <summary>PostgreSQL nodes that belong together: by replication, a shared etcd or a shared monitor.</summary>
    private static List<List<DrawnNode>> Clusters(TopologySnapshot topology)
    {
        var left = topology.Postgres.ToHashSet();
        var clusters = new List<List<DrawnNode>>();
        foreach (var first in topology.Postgres)
        {
            if (!left.Remove(first))
                continue;
            var (cluster, ways, seen) = (new List<DrawnNode>(), new Queue<DrawnNode>([first]), new HashSet<string> { first.Id });
            while (ways.TryDequeue(out var at))
            {
                if (at.Type == NodeType.Postgres)
                {
                    cluster.Add(at);
                    left.Remove(at);
                }
                foreach (var next in topology.Targets(at).Concat(topology.Sources(at)))
                    if ((next.Type is NodeType.Postgres or NodeType.Etcd || next.IsPgMonitor) && seen.Add(next.Id))
                        ways.Enqueue(next);
            }
            clusters.Add(cluster);
        }
        return clusters;
    }

    private static void Alike(TopologySnapshot topology, Report report)
    {
        foreach (var (member, word) in new[] { ("image", "image"), ("odooVersion", "Odoo version"), ("addonsRevision", "revision of the add-ons"), ("database", "database"), ("dbFilter", "dbfilter"), ("dataDir", "data directory"), ("secrets", "secrets") })
        {
            var groups = topology.Odoo.GroupBy(o => o.Text(member)).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).ToList();
            if (groups.Count < 2)
                continue;
            var most = groups.First(g => g.Key is not null);
            report.Error("TP-S08", topology.Odoo, $"The Odoo nodes are one instance, but their {word} differs.",
                Fix.Of($"Give all of them {most.Key}.", topology.Odoo.Where(o => o.Text(member) != most.Key).Select(o => Fix.Set(o, member, most.Key))));
        }
    }

    private static void Named(TopologySnapshot topology, Report report)
    {
        var ha = topology.Ha;
        if (!Enum.IsDefined(ha.LbType) || !Enum.IsDefined(ha.FilestoreType))
            report.Error("TP-S09", [], "The settings hold a value that is none.", Fix.Words("Choose the type of the load balancer and of the filestore anew."), Report.ConfigHint);
        foreach (var (field, id) in new[] { ("lbServerId", ha.LbServerId), ("redisServerId", ha.RedisServerId) })
            if (id is { } server && !topology.Servers.ContainsKey(server))
                report.Error("TP-S09", [], $"{field} names a server that is not found.", Fix.Words("Choose another server."), Report.ServersHint);
        if (ha.RedisServerId is { } redis && topology.Servers.ContainsKey(redis) && topology.RedisData.Count > 0 && topology.RedisData.All(r => r.ServerId != redis))
            report.Error("TP-S09", topology.RedisData, "redisServerId names a server on which no Redis is drawn.",
                topology.RedisData[0].ServerId is { } drawn ? Fix.Of("Take the server of the drawing.", Fix.Ha("redisServerId", drawn)) : Fix.Of("Put Redis there.", Fix.Set(topology.RedisData[0], "serverId", redis)), Report.ConfigHint);
    }
}
