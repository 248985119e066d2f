using OCore.Client;
using OCore.Features.Topologies.Rules;

namespace OCore.Features.Topologies;

/// <summary>Keeps settings and drawing in agreement: what the settings name and the drawing lacks is proposed, what contradicts is named.</summary>
internal static class HaProposals
{
    public static HaConfigView Of(TopologySnapshot topology) => new() { HaConfig = topology.Ha, Proposal = Propose(topology), Conflicts = Conflicts(topology) };

    private static TopologyFix Propose(TopologySnapshot topology)
    {
        var (ha, changes, words) = (topology.Ha, new List<TopologyChange>(), new List<string>());
        if (ha.LbType != LoadBalancerType.None && topology.Balancers.Count == 0)
            Draw("load balancer", NodeType.LoadBalancer, "lb", [("label", "Load balancer"), ("serverId", ha.LbServerId)], id => topology.Web.Select(o => Fix.Edge(id, o.Id)));
        else if (ha.LbServerId is { } lb && topology.Balancers.FirstOrDefault(b => !b.Has("serverId")) is { } unplaced && topology.Balancers.All(b => b.ServerId != lb))
            Place(unplaced, lb);
        if (ha.FilestoreType == FilestoreType.SharedNfs && topology.Of(NodeType.Filestore).Count == 0)
            Draw("filestore", NodeType.Filestore, "filestore", [("label", "Filestore (NFS)")], id => topology.Odoo.Select(o => Fix.Edge(o.Id, id)));
        if (ha.FilestoreType == FilestoreType.S3 && topology.Of(NodeType.S3).Count == topology.BackupBuckets.Count)
            Draw("bucket", NodeType.S3, "s3", [("label", "S3 bucket")], id => topology.Odoo.Select(o => Fix.Edge(o.Id, id)));
        if (ha.RedisEnabled && topology.RedisData.Count == 0)
            Draw("Redis", NodeType.Redis, "redis", [("label", "Redis"), ("serverId", ha.RedisServerId)], id => topology.Odoo.Select(o => Fix.Edge(o.Id, id)));
        else if (ha.RedisServerId is { } redis && topology.RedisData.FirstOrDefault(r => !r.Has("serverId") && !r.Has("url")) is { } homeless && topology.RedisData.All(r => r.ServerId != redis))
            Place(homeless, redis);
        if (ha.PgFailoverEnabled && topology.Postgres.Count > 0)
            Failover(topology, changes, words);
        return changes.Count == 0 ? Fix.Words("The drawing has everything the settings name.") : Fix.Of($"Draw {Sentence.And(words)}.", changes);

        void Draw(string word, NodeType type, string stem, (string, object?)[] data, Func<string, IEnumerable<TopologyChange>> edges)
        {
            var id = Fix.NewId(topology, stem);
            words.Add($"the {word}");
            changes.Add(Fix.Node(id, type, data));
            changes.AddRange(edges(id));
        }

        void Place(DrawnNode node, Guid server)
        {
            words.Add($"{node.Label} on its server");
            changes.Add(Fix.Set(node, "serverId", server));
        }
    }

    private static void Failover(TopologySnapshot topology, List<TopologyChange> changes, List<string> words)
    {
        var postgres = topology.Postgres.Select(p => p.Id).ToList();
        var primary = topology.Postgres.FirstOrDefault(p => p.IsPrimary) ?? topology.Postgres[0];
        if (postgres.Count < 2)
        {
            words.Add("a replica");
            var id = Fix.NewId(topology, "postgres");
            if (!primary.IsPrimary)
                changes.Add(Fix.Set(primary, "role", "primary"));
            changes.Add(Fix.Node(id, NodeType.Postgres, ("label", "PostgreSQL replica"), ("role", "replica")));
            changes.Add(Fix.Edge(id, primary.Id));
            changes.AddRange(topology.Sources(primary).Where(s => s.Type == NodeType.Odoo || s.IsPgEntry).Select(s => Fix.Edge(s.Id, id)));
            changes.AddRange(topology.Targets(primary).Where(t => t.Type is NodeType.Backup or NodeType.Etcd).Select(t => Fix.Edge(id, t.Id)));
            postgres.Add(id);
        }
        var members = topology.Of(NodeType.Etcd).Count;
        if (!topology.UsesPatroni || members >= 3)
            return;
        words.Add(members == 0 ? "three etcd members" : "further etcd members");
        var added = new List<string>();
        for (; members < 3; members++)
        {
            var id = Fix.NewId(topology, "etcd", [.. added]);
            added.Add(id);
            changes.Add(Fix.Node(id, NodeType.Etcd, ("label", id)));
            changes.AddRange(postgres.Select(p => Fix.Edge(p, id)));
        }
    }

    private static List<HaConflict> Conflicts(TopologySnapshot topology)
    {
        var (ha, found) = (topology.Ha, new List<HaConflict>());
        var (stores, buckets) = (topology.Of(NodeType.Filestore), topology.Of(NodeType.S3).Where(b => topology.Sources(b).Any(s => s.Type == NodeType.Odoo)).ToList());
        if (ha.LbType == LoadBalancerType.None && topology.Balancers.Count > 0)
            Add("lbType", topology.Balancers, "A load balancer is drawn, and lbType is none.");
        if (ha.LbServerId is { } lb && topology.Balancers.Where(b => b.ServerId is not null).ToList() is { Count: > 0 } placed && placed.All(b => b.ServerId != lb))
            Add("lbServerId", placed, "The load balancer is drawn on another server.");
        if (ha.FilestoreType == FilestoreType.Local && stores.Count + buckets.Count > 0)
            Add("filestoreType", [.. stores, .. buckets], "A shared filestore is drawn, and filestoreType is local.");
        else if (ha.FilestoreType == FilestoreType.SharedNfs && buckets.Count > 0)
            Add("filestoreType", buckets, "A bucket for files is drawn, and filestoreType is shared_nfs.");
        else if (ha.FilestoreType == FilestoreType.S3 && stores.Count > 0)
            Add("filestoreType", stores, "An NFS filestore is drawn, and filestoreType is s3.");
        if (!ha.RedisEnabled && topology.Of(NodeType.Redis).Count > 0)
            Add("redisEnabled", topology.Of(NodeType.Redis), "Redis is drawn, and redisEnabled is off.");
        if (ha.RedisServerId is { } redis && topology.RedisData.Where(r => r.ServerId is not null).ToList() is { Count: > 0 } there && there.All(r => r.ServerId != redis))
            Add("redisServerId", there, "Redis is drawn on another server.");
        if (!ha.PgFailoverEnabled && topology.Of(NodeType.Etcd).Count > 0)
            Add("pgFailoverEnabled", topology.Of(NodeType.Etcd), "etcd is drawn, and pgFailoverEnabled is off.");
        return found;

        void Add(string field, IEnumerable<DrawnNode> nodes, string message) => found.Add(new HaConflict { Field = field, NodeIds = [.. nodes.Select(n => n.Id).Order(StringComparer.Ordinal)], Message = message });
    }
}
