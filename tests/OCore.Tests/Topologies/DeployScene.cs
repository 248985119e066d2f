using OCore.Client;
using OCore.Features.Topologies.Deployments;

namespace OCore.Tests.Topologies;

/// <summary>Topologies that can be deployed, small and large, and what they become.</summary>
internal static class DeployScene
{
    public static readonly LayoutImages Images = new("odoo:19.0", "postgres:17", "ocore-postgres-ha:17", "redis:8", "haproxy:3.0", "nginx:1.26", "traefik:3", "ocore-nfs:6", "ocore-pgbouncer:1", "ocore-keepalived:2");
    public static readonly Guid Id = new("0190cafe-0000-7000-8000-000000000001");

    /// <summary>A load balancer, two Odoo on two servers, one PostgreSQL, sessions in Redis and files in a bucket.</summary>
    public static Sketch Pair(LoadBalancerType type = LoadBalancerType.Haproxy) => Sketch.Of("shared").Without("filestore")
        .Ha(h => h with { LbType = type, FilestoreType = FilestoreType.S3, RedisEnabled = true })
        .Add("s3", Features.Topologies.Rules.NodeType.S3, null, ("endpoint", "https://s3.example.com"), ("bucket", "erp"), ("credential", "main"), ("versioning", true))
        .Add("redis", Features.Topologies.Rules.NodeType.Redis, "edge", ("label", "Redis"))
        .Join("odoo-1", "s3", "redis").Join("odoo-2", "s3", "redis");

    /// <summary>The pair with a second load balancer, and an address that the two share.</summary>
    public static Sketch Sharing(string address, LoadBalancerType type = LoadBalancerType.Haproxy) => Pair(type).Set("lb", "virtualIp", address)
        .Add("lb-2", Features.Topologies.Rules.NodeType.LoadBalancer, "app-2", ("label", "Load balancer 2"), ("virtualIp", address)).Join("lb-2", "odoo-1", "odoo-2");

    /// <summary>The same with three PostgreSQL under Patroni and three etcd members.</summary>
    public static Sketch Failover(LoadBalancerType type = LoadBalancerType.Haproxy)
    {
        var sketch = Pair(type).Ha(h => h with { PgFailoverEnabled = true }).Set("postgres", "ttl", 20).Set("postgres", "loopWait", 3).Set("postgres", "retryTimeout", 4).Set("odoo-1", "targetSessionAttrs", "read-write").Set("odoo-2", "targetSessionAttrs", "read-write");
        var places = new[] { "edge", "app-1", "app-2" };
        for (var i = 1; i <= 3; i++)
            sketch = sketch.Add($"etcd-{i}", Features.Topologies.Rules.NodeType.Etcd, places[i - 1], ("label", $"etcd {i}"));
        for (var i = 2; i <= 3; i++)
            sketch = sketch.Add($"postgres-{i}", Features.Topologies.Rules.NodeType.Postgres, places[i - 1], ("label", $"PostgreSQL {i}"), ("role", "replica"), ("maxConnections", 300)).Join($"postgres-{i}", "postgres").Join("odoo-1", $"postgres-{i}").Join("odoo-2", $"postgres-{i}");
        foreach (var postgres in (string[])["postgres", "postgres-2", "postgres-3"])
            sketch = sketch.Join(postgres, "etcd-1", "etcd-2", "etcd-3");
        return sketch;
    }

    /// <summary>The pair with a second Redis, and three sentinels that let it lead when the first is lost.</summary>
    public static Sketch Watched()
    {
        var sketch = Pair().Set("redis", "role", "primary").Add("redis-2", Features.Topologies.Rules.NodeType.Redis, "app-1", ("label", "Redis 2"), ("role", "replica")).Join("redis-2", "redis").Join("odoo-1", "redis-2").Join("odoo-2", "redis-2");
        foreach (var (i, place) in ((string[])["edge", "app-1", "app-2"]).Index())
            sketch = sketch.Add($"sentinel-{i + 1}", Features.Topologies.Rules.NodeType.Redis, place, ("label", $"Sentinel {i + 1}"), ("role", "sentinel")).Join($"sentinel-{i + 1}", "redis", "redis-2");
        return sketch;
    }

    /// <summary>The same with a backup a day in a bucket of its own.</summary>
    public static Sketch BackedUp(this Sketch sketch, string endpoint = "https://backups.example.com") => sketch.Add("backup", Features.Topologies.Rules.NodeType.Backup, null, ("label", "Backup"))
        .Add("backups", Features.Topologies.Rules.NodeType.S3, null, ("label", "Bucket for backups"), ("endpoint", endpoint), ("bucket", "backups"), ("credential", "offsite"), ("versioning", true)).Join("postgres", "backup").Join("backup", "backups");

    /// <summary>The same with PgBouncer between Odoo and PostgreSQL, and before PostgreSQL what follows the primary.</summary>
    public static Sketch Pooled(this Sketch sketch)
    {
        var odoo = sketch.Data.Nodes.Where(n => n.Type == "odoo").Select(n => n.Id).ToList();
        var postgres = sketch.Data.Nodes.Where(n => n.Type == "postgres").Select(n => n.Id).ToList();
        sketch = sketch with { Data = sketch.Data with { Edges = [.. sketch.Data.Edges.Where(e => !odoo.Contains(e.Source) || !postgres.Contains(e.Target))] } };
        sketch = sketch.Add("entry", Features.Topologies.Rules.NodeType.LoadBalancer, "app-1", ("label", "Primary"), ("role", "postgres")).Join("entry", postgres)
            .Add("pooler", Features.Topologies.Rules.NodeType.Pgbouncer, "app-1", ("label", "PgBouncer"), ("poolMode", "transaction"), ("sessionDatabases", new[] { "postgres" })).Join("pooler", "entry");
        foreach (var id in odoo)
            sketch = sketch.Join(id, "pooler");
        return sketch;
    }

    /// <summary>The same with a monitor that is joined to everything there is.</summary>
    public static Sketch Monitored(this Sketch sketch, string place = "db") =>
        sketch.Add("watch", Features.Topologies.Rules.NodeType.Monitor, place, ("label", "Monitor")).Join("watch", sketch.Data.Nodes.Select(n => n.Id));

    public static Layout Layout(this Sketch sketch) => LayoutMaker.Make(Id, sketch.Snapshot(), Images);

    public static IReadOnlyDictionary<Guid, Ref> Names(this Sketch sketch) => sketch.Servers.Values.ToDictionary(s => s.Id, s => new Ref { Id = s.Id, Name = s.Name });

    public static string Print(IEnumerable<PlanAction> actions) => string.Concat(actions.Select(a => $"{a.Action.ToString().ToLowerInvariant(),-8}{a.NodeId,-12}{a.Message}{(a.Downtime is { } d ? $"\n{"",20}downtime: {d}" : "")}{(a.DataRisk is { } r ? $"\n{"",20}data: {r}" : "")}\n"
        + string.Concat(a.Changes.Select(c => $"{"",20}{c.Setting}: {(c.Before is null ? "" : c.Before + " → ")}{c.After ?? "nothing"}\n"))));

    /// <summary>As a drawing for the API, its places on these servers.</summary>
    public static CreateTopology Drawing(this Sketch sketch, string name, IReadOnlyDictionary<string, Guid> servers)
    {
        foreach (var node in sketch.Data.Nodes)
            if (sketch.Servers.Values.FirstOrDefault(s => new Features.Topologies.Rules.DrawnNode(node).ServerId == s.Id) is { } fact)
                sketch = sketch.Set(node.Id, "serverId", servers[fact.Name]);
        var ha = sketch.Settings;
        return new CreateTopology { Name = name, TopologyData = sketch.Data, HaConfig = new UpdateHaConfig { LbType = ha.LbType, FilestoreType = ha.FilestoreType, RedisEnabled = ha.RedisEnabled, PgFailoverEnabled = ha.PgFailoverEnabled } };
    }
}
