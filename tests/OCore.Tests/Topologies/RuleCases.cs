using OCore.Client;
using OCore.Features.Topologies.Rules;
using static OCore.Client.FindingSeverity;

namespace OCore.Tests.Topologies;

/// <summary>Of each code a topology that fails it, one step away from the nearest that passes.</summary>
internal sealed record RuleCase(string Code, FindingSeverity Severity, Sketch Passing, Sketch Failing)
{
    public static readonly IReadOnlyList<RuleCase> All = [.. Shape(), .. WayIn(), .. Files(), .. Sessions(), .. Databases(), .. Deciding(), .. Work(), .. Machines(), .. Measured()];

    private static Sketch Single => Sketch.Of("single");
    private static Sketch Shared => Sketch.Of("shared");
    private static Sketch Failover => Sketch.Of("failover");
    private static Sketch Full => Sketch.Of("ha");

    private static RuleCase Case(string code, FindingSeverity severity, Sketch passing, Func<Sketch, Sketch> spoil) => new(code, severity, passing, spoil(passing));

    private static IEnumerable<RuleCase> Shape() =>
    [
        Case("TP-S01", Error, Full, s => s.Set("odoo-1", "workers", "many")),
        Case("TP-S01", Error, Full, s => s.Set("postgres-1", "bind", "not an address")),
        Case("TP-S01", Error, Shared, s => s with { Data = s.Data with { Nodes = [.. s.Data.Nodes, s.Data.Nodes[0]] } }),
        Case("TP-S01", Error, Shared, s => s with { Data = s.Data with { Nodes = [.. s.Data.Nodes, new TopologyNode { Id = "x", Type = "varnish" }] } }),
        Case("TP-S01", Error, Shared, s => s with { Data = s.Data with { Nodes = [.. s.Data.Nodes, .. Enumerable.Range(0, 200).Select(i => new TopologyNode { Id = $"m{i}", Type = "monitor" })] } }),
        Case("TP-S02", Error, Shared, s => s.Join("filestore", "lb")),
        Case("TP-S02", Error, Shared, s => s with { Data = s.Data with { Edges = [.. s.Data.Edges, new TopologyEdge { Id = "x", Source = "lb", Target = "nowhere" }] } }),
        Case("TP-S02", Error, Shared, s => s with { Data = s.Data with { Edges = [.. s.Data.Edges, new TopologyEdge { Id = "x", Source = "lb", Target = "odoo-1" }] } }),
        Case("TP-S02", Error, Shared, s => s with { Data = s.Data with { Edges = [.. s.Data.Edges, new TopologyEdge { Id = "x", Source = "lb", Target = "lb" }] } }),
        Case("TP-S03", Error, Failover, s => s.Join("postgres-1", "postgres-2")),
        Case("TP-S04", Warning, Shared.Add("watch", NodeType.Monitor, "edge").Join("watch", "odoo-1"), s => s.Without("watch-odoo-1")),
        Case("TP-S05", Error, Shared, s => s.Set("odoo-1", "serverId", Guid.CreateVersion7())),
        Case("TP-S06", Error, Shared, s => s.Set("odoo-1", "serverId", null)),
        Case("TP-S06", Error, Full, s => s.Set("s3", "bucket", null)),
        Case("TP-S06", Error, Full, s => s.On("s3", "ops")),
        Case("TP-S06", Error, Full, s => s.On("backup", "ops")),
        Case("TP-S06", Error, Full, s => s.Without("backups")),
        Case("TP-S07", Error, Single, s => s.Without("odoo-postgres")),
        Case("TP-S07", Error, Single, s => s.Without("odoo")),
        Case("TP-S07", Error, Shared.Add("postgres-2", NodeType.Postgres, "files", ("role", "primary")), s => s.Join("odoo-2", "postgres-2")),
        Case("TP-S08", Error, Shared.Set("odoo-1", "image", "odoo:19.0").Set("odoo-2", "image", "odoo:19.0"), s => s.Set("odoo-2", "image", "odoo:18.0")),
        Case("TP-S09", Error, Failover.Ha(h => h with { RedisServerId = Sketch.ServerAt("cache") }), s => s.Ha(h => h with { RedisServerId = Sketch.ServerAt("app-1") })),
        Case("TP-S09", Error, Shared, s => s.Ha(h => h with { LbServerId = Guid.CreateVersion7() })),
    ];

    private static IEnumerable<RuleCase> WayIn() =>
    [
        Case("TP-L01", Error, Shared, s => s.Without("lb-odoo-2")),
        Case("TP-L01", Error, Shared, s => s.Without("lb")),
        Case("TP-L02", Error, Shared, s => s.Ha(h => h with { LbType = LoadBalancerType.None })),
        Case("TP-L02", Error, Single, s => s.Ha(h => h with { LbType = LoadBalancerType.Nginx })),
        Case("TP-L02", Error, Shared.Ha(h => h with { LbServerId = Sketch.ServerAt("edge") }), s => s.Ha(h => h with { LbServerId = Sketch.ServerAt("db") })),
        Case("TP-L02", Error, Shared, s => s.Server("edge", f => f with { Status = ServerStatus.Failed })),
        Case("TP-L03", Error, Shared, s => s.Set("lb", "websocket", false)),
        Case("TP-L04", Warning, Full, s => s.Without("lb-2")),
        Case("TP-L04", Warning, Full, s => s.Set("lb-2", "dns", null)),
        Case("TP-L04", Warning, DeployScene.Sharing("10.0.0.100"), s => s.Set("lb-2", "virtualIp", "10.0.0.101")),
        Case("TP-L04", Error, DeployScene.Sharing("10.0.0.100"), s => s.Set("lb", "virtualIp", "10.0.0.12").Set("lb-2", "virtualIp", "10.0.0.12")),
        Case("TP-L05", Warning, Shared, s => s.On("postgres", "edge")),
        Case("TP-L05", Warning, Shared.Without("odoo-2"), s => s.On("lb", "app-1")),
        Case("TP-L06", Warning, Shared.Set("lb", "tls", true).Set("lb", "hosts", new[] { "ERP.example.com" }) with { Proven = new HashSet<string> { "erp.example.com" } }, s => s.Set("lb", "hosts", new[] { "erp.elsewhere.org" })),
        Case("TP-L06", Error, Shared.Set("lb", "tls", true).Set("lb", "httpsPort", 8443).Beside("Other", "lb", NodeType.LoadBalancer, "edge", ("httpPort", 8080)), s => s.Beside("Another", "lb", NodeType.LoadBalancer, "edge", ("httpPort", 8443))),
        Case("TP-L06", Error, Shared, s => s.Server("edge", f => f with { Instances = 2 })),
        Case("TP-L06", Error, Shared.Beside("Other", "lb", NodeType.LoadBalancer, "edge", ("httpPort", 8080)), s => s.Beside("Another", "lb", NodeType.LoadBalancer, "edge")),
        // The edge's port for HTTPS is a port of it as well; and one topology at a time has the edge's place.
        Case("TP-L06", Error, Tls(8443).Server("edge", f => f with { EdgeTlsPort = 443, Instances = 2 }), s => s.Set("lb", "httpsPort", 443)),
        Case("TP-L06", Error, Tls(443).Server("edge", f => f with { EdgeTlsPort = 443 }), s => s.Server("edge", f => f with { Instances = 1 })),
        Case("TP-L06", Error, Tls(443).Server("edge", f => f with { EdgeTlsPort = 443 }).Beside("Other", "lb", NodeType.LoadBalancer, "edge", ("httpPort", 8081)), s => s.Beside("Another", "lb", NodeType.LoadBalancer, "edge")),
        Case("TP-L07", Info, Shared, s => s.Without("odoo-2")),
    ];

    private static Sketch Tls(int httpsPort) => Shared.Set("lb", "tls", true).Set("lb", "httpPort", 8080).Set("lb", "httpsPort", httpsPort);

    private static IEnumerable<RuleCase> Files() =>
    [
        Case("TP-F01", Error, Shared, s => s.Ha(h => h with { FilestoreType = FilestoreType.Local })),
        Case("TP-F02", Error, Shared, s => s.Without("odoo-2-filestore")),
        Case("TP-F02", Error, Shared, s => s.Set("filestore", "export", "/")),
        Case("TP-F02", Error, Shared.Set("filestore", "clients", new[] { "10.0.0.10", "10.0.0.11" }), s => s.Set("filestore", "clients", new[] { "10.0.0.99" })),
        Case("TP-F02", Error, Shared.Set("filestore", "uid", 101).Set("odoo-1", "uid", 101), s => s.Set("odoo-1", "uid", 102)),
        Case("TP-F02", Error, Shared, s => s.Without("filestore")),
        Case("TP-F03", Warning, Full, s => s.Ha(h => h with { FilestoreType = FilestoreType.SharedNfs }).Add("nfs", NodeType.Filestore, "ops").Join("odoo-1", "nfs").Join("odoo-2", "nfs").Join("odoo-3", "nfs")),
        Case("TP-F04", Error, Full, s => s.Without("s3")),
        Case("TP-F04", Error, Full, s => s.Without("odoo-1-s3")),
        Case("TP-F04", Error, Full.Set("odoo-1", "odooVersion", "19.0"), s => s.Set("odoo-1", "odooVersion", "16.0")),
        Case("TP-F04", Error, Full.Beside("Other", "s3", NodeType.S3, null, ("endpoint", "https://s3.example.com/"), ("bucket", "erp"), ("prefix", "other")), s => s.Beside("Another", "s3", NodeType.S3, null, ("endpoint", "https://s3.example.com/"), ("bucket", "erp"))),
        Case("TP-F05", Warning, Full, s => s.Set("s3", "versioning", false)),
        Case("TP-F05", Warning, Shared.Set("filestore", "snapshots", true).Add("backup", NodeType.Backup, "edge").Join("filestore", "backup").Join("postgres", "backup"), s => s.Without("filestore-backup")),
        Case("TP-F05", Warning, Full, s => s.Set("backups", "bucket", "erp")),
        Case("TP-F06", Error, Shared.Running(), s => s.Running(r => r with { Ha = r.Ha with { FilestoreType = FilestoreType.Local } })),
        // A word in the drawing moves no files.
        Case("TP-F06", Error, Full.Running(), s => s.Set("s3", "migrate", true).Running(r => r with { Ha = r.Ha with { FilestoreType = FilestoreType.SharedNfs } })),
    ];

    private static IEnumerable<RuleCase> Sessions() =>
    [
        Case("TP-R01", Error, Shared, s => s.Set("lb", "sticky", false)),
        Case("TP-R02", Warning, Failover, s => s.Ha(h => h with { RedisEnabled = false })),
        Case("TP-R03", Error, Failover, s => s.Without("redis")),
        Case("TP-R03", Error, Failover, s => s.Without("odoo-1-redis")),
        Case("TP-R03", Error, Failover, s => s.Server("cache", f => f with { Status = ServerStatus.Unreachable })),
        Case("TP-R03", Error, Failover.Set("odoo-1", "odooVersion", "18.0").Set("odoo-2", "odooVersion", "18.0"), s => s.Set("odoo-1", "odooVersion", "16.0").Set("odoo-2", "odooVersion", "16.0")),
        Case("TP-R04", Error, Failover, s => s.Set("redis", "auth", false)),
        Case("TP-R04", Error, Failover.Set("redis", "bind", "10.1.0.1"), s => s.Set("redis", "bind", "203.0.113.9")),
        Case("TP-R04", Error, Failover.Set("redis", "prefix", "a").Set("redis", "aclUser", "a").Beside("Other", "redis", NodeType.Redis, "cache", ("prefix", "b"), ("aclUser", "b")), s => s.Set("redis", "prefix", "b")),
        Case("TP-R04", Error, Failover.Set("redis", "url", "redis://10.9.0.1:6379").Beside("Other", "redis", NodeType.Redis, null, ("url", "redis://10.9.0.2:6379")), s => s.Beside("Another", "redis", NodeType.Redis, null, ("url", "redis://10.9.0.1:6379"))),
        Case("TP-R05", Warning, Full, s => s.Without("sentinel-3")),
        Case("TP-R05", Warning, Full, s => s.Without("redis-2")),
        Case("TP-R05", Error, Shared.Add("redis", NodeType.Redis, "db").Add("sentinel", NodeType.Redis, "edge", ("role", "sentinel")).Join("sentinel", "redis"), s => s.Without("redis")),
        Case("TP-R06", Warning, Failover.Running(), s => s.Running(r => r with { Ha = r.Ha with { RedisEnabled = false } })),
        Case("TP-R06", Warning, Failover.Running(), s => s.Ha(h => h with { RedisEnabled = false })),
        Case("TP-R07", Error, Failover, s => s.Set("redis", "mode", "cluster")),
    ];

    private static IEnumerable<RuleCase> Databases()
    {
        var pooled = Shared.Add("pool", NodeType.Pgbouncer, "db", ("poolMode", "transaction"), ("sessionDatabases", new[] { "postgres" })).Join("pool", "postgres")
            .Without("odoo-1-postgres").Without("odoo-2-postgres").Join("odoo-1", "pool").Join("odoo-2", "pool");
        return
        [
            Case("TP-P01", Error, Failover, s => s.On("postgres-2", "db-1")),
            Case("TP-P01", Error, Failover, s => s.Without("postgres-2")),
            Case("TP-P04", Warning, Full, s => s.Without("postgres-3")),
            Case("TP-P04", Warning, Full.Set("postgres-1", "synchronous", true), s => s.Without("postgres-3")),
            Case("TP-P04", Warning, Full, s => s.Set("postgres-1", "synchronous", false)),
            Case("TP-P04", Warning, Full.Ha(h => h with { PgFailoverEnabled = false }), s => s.Without("postgres-3")),
            Case("TP-P04", Error, Failover, s => s.Set("postgres-1", "zeroDataLoss", true)),
            Case("TP-P04", Error, Full.Set("postgres-1", "zeroDataLoss", true), s => s.Set("postgres-1", "synchronous", false)),
            Case("TP-P05", Error, Full, s => s.Set("postgres-2", "version", 16)),
            Case("TP-P05", Error, Full, s => s.Set("postgres-2", "role", "primary")),
            Case("TP-P05", Error, Full, s => s.Without("postgres-3-postgres-1")),
            Case("TP-P05", Error, Full, s => s.Server("db-3", f => f with { Architecture = "aarch64" })),
            Case("TP-P06", Error, Failover, s => s.Without("odoo-2-postgres-2")),
            Case("TP-P06", Error, Failover, s => s.Set("odoo-1", "targetSessionAttrs", "any")),
            // Odoo takes many hosts and one port for them: of the nodes, of the poolers before them, of the entries before those.
            Case("TP-P06", Error, Failover.Set("postgres-1", "port", 5433).Set("postgres-2", "port", 5433), s => s.Set("postgres-1", "port", 5432)),
            Case("TP-P06", Error, DeployScene.Failover().Pooled().Set("postgres-2", "port", 5433), s => s.Add("pooler-2", NodeType.Pgbouncer, "app-2", ("port", 6433)).Join("pooler-2", "entry").Join("odoo-1", "pooler-2").Join("odoo-2", "pooler-2")),
            Case("TP-P11", Error, Shared, s => s.Set("postgres", "maxConnections", 100)),
            Case("TP-P12", Error, pooled, s => s.Set("pool", "sessionDatabases", null)),
            Case("TP-P12", Error, pooled, s => s.Set("odoo-1", "queueJob", "locked")),
            Case("TP-P12", Error, pooled.Set("odoo-1", "queueJob", "locked").Set("pool", "sessionDatabases", new[] { "acme_erp", "postgres" }), s => s.Set("pool", "sessionDatabases", new[] { "acme_erp" })),
            Case("TP-P13", Warning, Full, s => s.Without("backup")),
            Case("TP-P13", Warning, Full, s => s.On("backup", "db-2")),
            Case("TP-P13", Info, Full.Ha(h => h with { PgFailoverEnabled = false }), s => s.Ha(h => h with { PgFailoverEnabled = true })),
            Case("TP-P14", Warning, Failover, s => s.Without("postgres-2")),
        ];
    }

    private static IEnumerable<RuleCase> Deciding()
    {
        var zoned = Full.Set("postgres-1", "zone", "a").Set("postgres-2", "zone", "b").Set("postgres-3", "zone", "a").Set("etcd-1", "zone", "a").Set("etcd-2", "zone", "b").Set("etcd-3", "zone", "c");
        var monitored = Failover.Without("etcd-1").Without("etcd-2").Without("etcd-3").Set("postgres-1", "failover", "pg_auto_failover").Set("postgres-2", "failover", "pg_auto_failover")
            .Add("pg-monitor", NodeType.Monitor, "files", ("role", "pg_auto_failover")).Join("postgres-1", "pg-monitor").Join("postgres-2", "pg-monitor");
        var named = Failover.Set("postgres-1", "scope", "erp").Set("postgres-2", "scope", "erp").Beside("Other", "etcd-1", NodeType.Etcd, "edge");
        return
        [
            Case("TP-P02", Error, Failover, s => s.Without("etcd-3")),
            Case("TP-P02", Error, Failover, s => s.On("etcd-3", "edge")),
            Case("TP-P02", Error, Failover, s => s.Without("etcd-2").Without("etcd-3")),
            Case("TP-P02", Warning, Failover.Set("odoo-1", "environment", "test"), s => s.Without("etcd-2").Without("etcd-3")),
            Case("TP-P03", Error, monitored, s => s.Without("pg-monitor")),
            Case("TP-P03", Error, monitored, s => s.On("pg-monitor", "db-1")),
            Case("TP-P07", Warning, Full, s => s.On("etcd-1", "app-2")),
            Case("TP-P08", Error, zoned, s => s.Set("etcd-3", "zone", "b")),
            Case("TP-P09", Error, Full, s => s.Set("postgres-1", "retryTimeout", 10)),
            Case("TP-P09", Error, Full, s => s.Set("postgres-1", "ttl", 15)),
            Case("TP-P10", Warning, Full, s => s.Set("postgres-1", "ttl", null).Set("postgres-1", "loopWait", null).Set("postgres-1", "retryTimeout", null).Set("postgres-1", "primaryStartTimeout", null)),
            Case("TP-P10", Warning, Full, s => s.Set("postgres-1", "primaryStartTimeout", null)),
            Case("TP-P10", Warning, Full, s => s.Set("postgres-1", "ttl", null)),
            Case("TP-P15", Error, named.Beside("Other", "pg", NodeType.Postgres, null, ("scope", "shop")), s => s.Beside("Other", "pg-2", NodeType.Postgres, null, ("scope", "erp"))),
        ];
    }

    private static IEnumerable<RuleCase> Work() =>
    [
        Case("TP-C01", Error, Shared, s => s.Set("odoo-1", "cronThreads", 0)),
        Case("TP-C02", Warning, Shared, s => s.Set("odoo-2", "cronThreads", 1)),
        Case("TP-C02", Error, Shared.Set("odoo-1", "queueJob", "single"), s => s.Set("odoo-2", "queueJob", "single")),
        Case("TP-C03", Info, Full.Set("odoo-1", "role", "cron"), s => s.Set("odoo-1", "role", null)),
        Case("TP-K01", Error, Shared, s => s.On("odoo-2", "app-1")),
        Case("TP-K01", Error, Shared, s => s.Set("filestore", "port", 22)),
        Case("TP-K01", Error, Shared.Beside("Other", "pg", NodeType.Postgres, "db", ("port", 5433), ("restPort", 8009)), s => s.Beside("Another", "pg", NodeType.Postgres, "db")),
        Case("TP-K01", Error, Failover.Beside("Other", "pg", NodeType.Postgres, "db-2", ("port", 5433), ("restPort", 8009)), s => s.Beside("Another", "pg", NodeType.Postgres, "db-2", ("restPort", 8010))),
        Case("TP-K02", Error, Shared, s => s.Set("postgres", "bind", "0.0.0.0")),
        Case("TP-K02", Error, Shared.Set("postgres", "bind", "10.9.0.1").Server("db", f => f with { Host = "203.0.113.7" }), s => s.Set("postgres", "bind", null)),
        Case("TP-K02", Warning, Shared, s => s.Server("db", f => f with { Host = "db.example.com" })),
        Case("TP-K03", Error, Shared, s => s.Server("db", f => f with { MemoryBytes = 1L << 30 })),
        Case("TP-K03", Error, Shared, s => s.Set("odoo-1", "cpus", 16)),
        // What others are promised is not there for this one.
        Case("TP-K03", Error, Shared.Server("db", f => f with { MemoryBytes = 2L << 30, MemoryReservedBytes = 700L << 20 }), s => s.Server("db", f => f with { MemoryReservedBytes = 750L << 20 })),
        Case("TP-K03", Error, Shared.Set("odoo-1", "cpus", 2).Server("app-1", f => f with { CpusReserved = 10 }), s => s.Server("app-1", f => f with { CpusReserved = 10.1 })),
        Case("TP-K03", Error, Shared, s => s.Set("postgres", "datasetMb", 400 << 10)),
        Case("TP-K03", Error, Shared, s => s.Server("files", f => f with { DiskUsedBytes = 450L << 30 })),
        Case("TP-K04", Warning, Shared, s => s.Server("app-1", f => f with { Cpus = 1 })),
        Case("TP-K04", Warning, Shared, s => s.Set("odoo-1", "memoryMb", 512)),
        Case("TP-K04", Warning, Shared, s => s.Set("odoo-1", "users", 500)),
        Case("TP-K05", Warning, Full, s => s.Set("odoo-1", "users", 60)),
    ];

    private static IEnumerable<RuleCase> Machines() =>
    [
        Case("TP-A01", Error, Shared, s => s.Server("app-1", f => f with { Status = ServerStatus.HostKeyChanged })),
        Case("TP-A01", Error, Shared, s => s.Server("app-1", f => f with { Locked = true })),
        Case("TP-A02", Warning, Full, s => s.On("sentinel-2", "edge-1").Set("sentinel-2", "port", 26380)),
        Case("TP-A02", Warning, Shared, s => s.Data.Nodes.Select(n => n.Id).Aggregate(s, (all, id) => all.Set(id, "zone", "here"))),
        Case("TP-A03", Error, Shared.Beside("Other", "nfs", NodeType.Filestore, "db", ("port", 2050)), s => s.Beside("Another", "nfs", NodeType.Filestore, "files", ("port", 2050))),
        Case("TP-A04", Error, Full.Running(), s => s.Without("postgres-1").Set("postgres-2", "role", "primary")),
        Case("TP-A04", Error, Full.Running(r => r with { MayBeDestroyed = new HashSet<string> { "postgres-1" } }).Without("postgres-1"), s => s with { Deployed = s.Deployed! with { BackupAt = null } }),
        Case("TP-A04", Error, Full.Running(r => r with { MayBeDestroyed = new HashSet<string> { "postgres-1" }, BackupAt = r.BackupAt!.Value.AddHours(-23) }).Without("postgres-1"), s => s with { Deployed = s.Deployed! with { BackupAt = s.Deployed!.BackupAt!.Value.AddMinutes(-1) } }),
        // One may take another one's place, and not two at once.
        Case("TP-A05", Error, Full.Running().Without("etcd-3").Add("etcd-4", NodeType.Etcd, "ops").Join("postgres-1", "etcd-4"), s => s.Without("etcd-2").Add("etcd-5", NodeType.Etcd, "edge-1").Join("postgres-1", "etcd-5")),
        Case("TP-A05", Error, Full.Running().On("etcd-3", "edge-1"), s => s.On("etcd-2", "app-1")),
        // Who was drawn as the primary may have lost its place to another one; and what is gone already nobody destroys.
        Case("TP-A04", Error, Full.Running(r => r with { Leading = new HashSet<string> { "postgres-2" } }).On("postgres-1", "edge-1"), s => s.On("postgres-2", "app-1")),
        Case("TP-A04", Error, Full.Running(r => r with { Lost = new HashSet<string> { "postgres-1" } }).On("postgres-1", "edge-1"), s => s with { Deployed = s.Deployed! with { Lost = new HashSet<string>() } }),
        Case("TP-A06", Warning, Clocks(Shared, 900), s => Clocks(s, 1500)),
        Case("TP-A06", Warning, Clocks(Shared, -900), s => Clocks(s, -1500)),
        Case("TP-A06", Error, Clocks(Shared, 4900), s => Clocks(s, 9000)),
        // That they differ from each other is another code's.
        Case("TP-A06", Error, Shared.Seen("db", l => l with { ClockSkewMs = 9000 }), s => Clocks(s, 9000)),
    ];

    /// <summary>All servers' clocks are ahead of oCore's by this much.</summary>
    private static Sketch Clocks(Sketch sketch, long ahead) => sketch.Probed(l => l with { Servers = l.Servers.ToDictionary(s => s.Key, s => s.Value with { ClockSkewMs = ahead }) });

    /// <summary>What is under the name of Odoo's image on the servers of the two nodes.</summary>
    private static Sketch Content(Sketch sketch, string first, string? second, string architectureOfSecond = "amd64") => sketch.Probed(l => l with
    {
        Servers = l.Servers.ToDictionary(s => s.Key, s => s.Value with { OdooContent = s.Key == Sketch.ServerAt("app-1") ? first : s.Key == Sketch.ServerAt("app-2") ? second : null, Architecture = s.Key == Sketch.ServerAt("app-2") ? architectureOfSecond : s.Value.Architecture }),
    });

    private static IEnumerable<RuleCase> Measured() =>
    [
        Case("TP-N01", Error, Failover.Probed(), s => s.Tried(2380, new LiveTry("does not answer", null))),
        Case("TP-N01", Error, Shared.Tried(8072, new LiveTry(null, 1.9)), s => s.Tried(8072, new LiveTry("is answered by something else", null))),
        Case("TP-N01", Error, Full.Probed(), s => s.Tried(443, new LiveTry("does not answer", null))),
        Case("TP-F04", Error, Full.Probed(), s => s.Probed(l => l with { Buckets = new Dictionary<string, string> { ["s3"] = "The access key may not do this in the bucket." } })),
        // The same name is not the same code.
        Case("TP-S08", Error, Content(Shared, "one", "one"), s => Content(s, "one", "another")),
        Case("TP-S08", Error, Content(Shared, "one", null), s => Content(s, "another", "one")),
        Case("TP-S08", Error, Content(Shared, "one", "another", "arm64"), s => Content(s, "one", "another")),
        Case("TP-N02", Warning, Failover.Tried(2380, new LiveTry(null, 9.9)), s => s.Tried(2380, new LiveTry(null, 10.1))),
        Case("TP-N02", Info, Shared.Tried(5432, new LiveTry(null, 1.9)), s => s.Tried(5432, new LiveTry(null, 2.1))),
        Case("TP-N03", Warning, Failover.Probed(), s => s.Probed(l => l with { Open = [("etcd-1", 2379, "app-1")] })),
        Case("TP-N04", Error, Shared.Probed(), s => s.Seen("app-1", l => l with { MountsNfs = false })),
        Case("TP-N04", Error, Shared.Seen("app-1", l => l with { Guards = true }), s => s.Seen("app-1", l => l with { Guards = false })),
        Case("TP-N04", Error, Shared.Seen("app-1", l => l with { DockerVersion = "20.10.24" }), s => s.Seen("app-1", l => l with { DockerVersion = "19.03.8" })),
        Case("TP-N04", Error, Shared.Probed(), s => s.Seen("app-1", l => l with { Images = new Dictionary<string, string?> { ["odoo:19.0"] = "arm64" } })),
        Case("TP-N04", Info, Shared.Probed(), s => s.Seen("app-1", l => l with { Images = new Dictionary<string, string?> { ["odoo:19.0"] = null } })),
        Case("TP-N05", Error, Shared.Seen("db", l => l with { Taken = [new Listening("10.0.0.99", 5432, "postgres")] }), s => s.Seen("db", l => l with { Taken = [new Listening("0.0.0.0", 5432, "postgres")] })),
        Case("TP-N05", Error, Shared.Seen("edge", l => l with { Taken = [new Listening("10.0.0.12", 8080, "java")] }), s => s.Seen("edge", l => l with { Taken = [new Listening("10.0.0.12", 80, "apache2")] })),
        Case("TP-N06", Error, Shared.Probed(), s => s.Seen("app-1", l => l with { Why = "the connection was refused" })),
        Case("TP-N07", Warning, Shared.Seen("db", l => l with { ClockSkewMs = -900 }), s => s.Seen("db", l => l with { ClockSkewMs = -1500 })),
        Case("TP-N07", Error, Shared.Seen("db", l => l with { ClockSkewMs = 4900 }), s => s.Seen("db", l => l with { ClockSkewMs = 9000 })),
        Case("TP-N08", Error, Failover.Probed(), s => s.Probed(l => l with { Nodes = new Dictionary<string, LiveNode> { ["redis"] = new(false, false, "It does not take its password.") } })),
        Case("TP-N08", Warning, Failover.Probed(), s => s.Probed(l => l with { Nodes = new Dictionary<string, LiveNode> { ["lb"] = new(true, false, "1 of 2 nodes behind it answer.") } })),
        Case("TP-N09", Warning, Failover.Seen("edge", l => l with { SyncMs = 9.5 }), s => s.Seen("edge", l => l with { SyncMs = 31 })),
        Case("TP-N10", Error, DeployScene.Sharing("10.0.0.100").Probed(), s => s.Seen("edge", l => l with { NotShared = new Dictionary<string, string> { ["10.0.0.100"] = "is in no network of its server" } })),
    ];
}
