using System.Text.Json;
using OCore.Client;
using OCore.Features.Topologies.Rules;

namespace OCore.Features.Topologies;

/// <summary>Drawings to start from. What they cannot know is left open and named by the rules: servers, buckets, addresses, hosts.</summary>
internal static class Blueprints
{
    public static readonly IReadOnlyList<TopologyBlueprint> All = [Single(), Shared(), Failover(), HighlyAvailable()];

    public static TopologyBlueprint? Find(string key) => All.FirstOrDefault(b => b.Key == key);

    private static TopologyBlueprint Single() => new Sheet()
        .Add("odoo", NodeType.Odoo, "server", 0, 0, ("label", "Odoo"), ("workers", 2), ("cronThreads", 1))
        .Add("postgres", NodeType.Postgres, "server", 1, 0, ("label", "PostgreSQL"), ("role", "primary"))
        .Join("odoo", "postgres")
        .Finish("single", "Single server", "Odoo and PostgreSQL on one machine: simple, and down when it is.", new HaConfig());

    private static TopologyBlueprint Shared() => new Sheet()
        .Add("lb", NodeType.LoadBalancer, "edge", 0, 0.5, ("label", "Load balancer"))
        .Odoo(2, cronOnFirst: true)
        .Add("filestore", NodeType.Filestore, "files", 2, 0, ("label", "Filestore (NFS)"))
        .Add("postgres", NodeType.Postgres, "db", 2, 1, ("label", "PostgreSQL"), ("role", "primary"), ("maxConnections", 300))
        .Join("lb", "odoo-1", "odoo-2").Join("odoo-1", "filestore", "postgres").Join("odoo-2", "filestore", "postgres")
        .Finish("shared", "Two Odoo nodes", "A load balancer that keeps people on their node, shared files by NFS, one PostgreSQL: Odoo may lose a node, the database may not.",
            new HaConfig { LbType = LoadBalancerType.Haproxy, FilestoreType = FilestoreType.SharedNfs });

    private static TopologyBlueprint Failover() => new Sheet()
        .Add("lb", NodeType.LoadBalancer, "edge", 0, 0.5, ("label", "Load balancer"))
        .Odoo(2, cronOnFirst: true)
        .Add("redis", NodeType.Redis, "cache", 2, 0, ("label", "Redis"))
        .Add("filestore", NodeType.Filestore, "files", 2, 1, ("label", "Filestore (NFS)"))
        .Postgres(2)
        .Add("etcd-1", NodeType.Etcd, "edge", 4, 0, ("label", "etcd 1")).Add("etcd-2", NodeType.Etcd, "cache", 4, 1, ("label", "etcd 2")).Add("etcd-3", NodeType.Etcd, "files", 4, 2, ("label", "etcd 3"))
        .Join("lb", "odoo-1", "odoo-2")
        .Join("odoo-1", "redis", "filestore", "postgres-1", "postgres-2").Join("odoo-2", "redis", "filestore", "postgres-1", "postgres-2")
        .Join("postgres-1", "etcd-1", "etcd-2", "etcd-3").Join("postgres-2", "postgres-1", "etcd-1", "etcd-2", "etcd-3")
        .Finish("failover", "Fail-over", "Sessions in Redis, shared files by NFS, and a PostgreSQL that fails over to its replica.",
            new HaConfig { LbType = LoadBalancerType.Haproxy, FilestoreType = FilestoreType.SharedNfs, RedisEnabled = true, PgFailoverEnabled = true });

    private static TopologyBlueprint HighlyAvailable()
    {
        var sheet = new Sheet()
            .Add("lb-1", NodeType.LoadBalancer, "edge-1", 0, 0, ("label", "Load balancer 1"), ("dns", true)).Add("lb-2", NodeType.LoadBalancer, "edge-2", 0, 2, ("label", "Load balancer 2"), ("dns", true))
            .Odoo(3, cronOnFirst: true)
            .Add("redis-1", NodeType.Redis, "edge-1", 2, 0, ("label", "Redis 1"), ("role", "primary")).Add("redis-2", NodeType.Redis, "edge-2", 2, 1, ("label", "Redis 2"), ("role", "replica"))
            .Add("s3", NodeType.S3, null, 2, 2, ("label", "S3 bucket"), ("versioning", true))
            .Postgres(3)
            .Add("backup", NodeType.Backup, null, 4, 3, ("label", "Backup")).Add("backups", NodeType.S3, null, 5, 3, ("label", "Bucket for backups"), ("versioning", true))
            .Join("lb-1", "odoo-1", "odoo-2", "odoo-3").Join("lb-2", "odoo-1", "odoo-2", "odoo-3").Join("redis-2", "redis-1").Join("backup", "backups");
        var places = new[] { "edge-1", "edge-2", "ops" };
        for (var i = 1; i <= 3; i++)
            sheet.Add($"sentinel-{i}", NodeType.Redis, places[i - 1], 3, 3 + i, ("label", $"Sentinel {i}"), ("role", "sentinel")).Join($"sentinel-{i}", "redis-1", "redis-2")
                .Add($"etcd-{i}", NodeType.Etcd, places[i - 1], 4, i - 1, ("label", $"etcd {i}"));
        for (var i = 1; i <= 3; i++)
            sheet.Join($"odoo-{i}", "redis-1", "redis-2", "s3", "postgres-1", "postgres-2", "postgres-3").Join($"postgres-{i}", "etcd-1", "etcd-2", "etcd-3", "backup");
        return sheet.Join("postgres-2", "postgres-1").Join("postgres-3", "postgres-1")
            .Finish("ha", "High availability", "Two load balancers named by DNS, three Odoo nodes, Redis with sentinels, files in S3, three PostgreSQL with three etcd members, and a backup a day in a bucket of its own: any one machine may be lost.",
                new HaConfig { LbType = LoadBalancerType.Haproxy, FilestoreType = FilestoreType.S3, RedisEnabled = true, PgFailoverEnabled = true });
    }

    private sealed class Sheet
    {
        private readonly List<TopologyNode> _nodes = [];
        private readonly List<TopologyEdge> _edges = [];
        private readonly SortedSet<string> _places = new(StringComparer.Ordinal);

        public Sheet Add(string id, NodeType type, string? place, double column, double row, params (string Member, object Value)[] data)
        {
            if (place is not null)
                _places.Add(place);
            var members = place is null ? data : [.. data, ("place", place)];
            _nodes.Add(new TopologyNode
            {
                Id = id, Type = NodeMembers.Word(type), Position = new TopologyPosition { X = column * 260, Y = row * 140 },
                Data = new RawJson(JsonSerializer.Serialize(members.ToDictionary(d => d.Item1, d => d.Item2))),
            });
            return this;
        }

        public Sheet Odoo(int count, bool cronOnFirst)
        {
            for (var i = 1; i <= count; i++)
                Add($"odoo-{i}", NodeType.Odoo, $"app-{i}", 1, i - 1, ("label", $"Odoo {i}"), ("workers", 4), ("cronThreads", cronOnFirst && i == 1 ? 2 : 0), ("users", 40));
            return this;
        }

        // About 30 s without writes at most when a node is lost; measured in drills with these times.
        public Sheet Postgres(int count)
        {
            for (var i = 1; i <= count; i++)
                Add($"postgres-{i}", NodeType.Postgres, $"db-{i}", 3, i - 1, [("label", $"PostgreSQL {i}"), ("role", i == 1 ? "primary" : "replica"), ("maxConnections", 300),
                    .. i == 1 ? [("ttl", 20), ("loopWait", 3), ("retryTimeout", 4), ("primaryStartTimeout", 30)] : Array.Empty<(string, object)>()]);
            return this;
        }

        public Sheet Join(string from, params IEnumerable<string> targets)
        {
            foreach (var to in targets)
                _edges.Add(new TopologyEdge { Id = $"{from}-{to}", Source = from, Target = to });
            return this;
        }

        public TopologyBlueprint Finish(string key, string name, string description, HaConfig ha) =>
            new() { Key = key, Name = name, Description = description, Places = [.. _places], TopologyData = new TopologyData { Nodes = _nodes, Edges = _edges }, HaConfig = ha };
    }
}
