using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OCore.Client;
using OCore.Features.Topologies.Rules;

namespace OCore.Features.Topologies.Deployments;

/// <summary>The images that nodes run.</summary>
internal sealed record LayoutImages(string Odoo, string Postgres, string PostgresHa, string Redis, string Haproxy, string Nginx, string Traefik, string Nfs, string Pgbouncer, string Keepalived);

/// <summary>From a drawing that the rules have nothing against to what is to run. Pure.</summary>
internal static class LayoutMaker
{
    /// <summary>What this oCore does not build, by node: a plan says so, and nothing is left out in silence.</summary>
    public static IReadOnlyDictionary<string, string> NotBuilt(TopologySnapshot topology)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var node in topology.ById.Values)
            if (WhyNot(topology, node) is { } why)
                found[node.Id] = why;
        return found;
    }

    private static string? WhyNot(TopologySnapshot topology, DrawnNode node) => node.Type switch
    {
        NodeType.Pgbouncer when CapacityRules.AddressOf(topology, node) is null => NoAddress,
        NodeType.Pgbouncer when node.List("sessionDatabases").FirstOrDefault(d => !Pooler.CanName(d)) is { } odd => $"PgBouncer cannot name the database '{odd}': letters, digits, _, - and . can be.",
        NodeType.Pgbouncer when topology.Targets(node).Count() != 1 => "PgBouncer leads to one PostgreSQL, or to one load balancer that follows the primary.",
        NodeType.Pgbouncer when topology.Ha.PgFailoverEnabled && !topology.Targets(node).Single().IsPgEntry => "With fail-over, PgBouncer needs a load balancer of PostgreSQL that follows the primary: join it to one.",
        NodeType.Pgbouncer when topology.Odoo.Any(o => !topology.Joined(o, node)) => "All Odoo nodes of a topology come to PostgreSQL by the same way: join each of them to PgBouncer.",
        NodeType.Monitor when node.IsPgMonitor => "Fail-over is done by Patroni, which has no monitor: take it out, or let its role be metrics.",
        NodeType.Monitor when !topology.Targets(node).Any(t => MonitorNode.Watches(t.Type)) => "It watches nothing: join it to nodes that listen on a server. Buckets and backups do not, and oCore asks those itself.",
        NodeType.Monitor when topology.Targets(node).FirstOrDefault(t => t.IsHttp && DoorOf(topology, t) is null) is { } door => $"{door.Label} has no address by which it could be watched: say its bind, or add its server by an IP address.",
        NodeType.Backup => WhyNoBackup(topology, node),
        NodeType.Redis when node.Text("mode") == "cluster" => "Redis Cluster is not built: sessions need one Redis that leads, with replicas and sentinels.",
        NodeType.Redis when node.Text("url") is not null => "A Redis of somebody else's is not used. Leave url out, and oCore runs one.",
        NodeType.Redis when topology.RedisData.Count + topology.Sentinels.Count > 1 && WhyNoSentinels(topology) is { } why => why,
        NodeType.Postgres when !topology.Ha.PgFailoverEnabled && topology.Postgres.Count > 1 => "Replicas run with pgFailoverEnabled, under Patroni.",
        NodeType.Postgres when node.Text("failover", "patroni") != "patroni" => "Fail-over is done by Patroni.",
        NodeType.Postgres when node.Int("version", 17) != 17 => "PostgreSQL 17 is what runs.",
        NodeType.Postgres or NodeType.Etcd when CapacityRules.AddressOf(topology, node) is null => NoAddress,
        NodeType.Odoo or NodeType.Redis or NodeType.Filestore when CapacityRules.AddressOf(topology, node) is null => NoAddress,
        NodeType.LoadBalancer when node.IsPgEntry && CapacityRules.AddressOf(topology, node) is null => NoAddress,
        NodeType.LoadBalancer when node.Text("virtualIp") is { } shared && WhyNotShared(topology, node, shared) is { } why => why,
        _ => WhyOtherwise(topology, node),
    };

    /// <summary>Members that a deployment does not read: what is done in their place, and what may be said because it is just that.</summary>
    private static readonly (NodeType Type, string Member, string InPlace, string? Deployed)[] Unread =
    [
        (NodeType.Postgres, "locale", "Databases are made with the locale C.UTF-8.", "C.UTF-8"), (NodeType.Postgres, "namespace", "The etcd is the cluster's alone, and its keys are under /service/.", "service"),
        (NodeType.Redis, "prefix", "Sessions are under a prefix of the instance.", null), (NodeType.Redis, "aclUser", "Redis has one password, which oCore makes, and no users.", null),
        (NodeType.Filestore, "uid", "Files are those of the user that the image has for Odoo.", null), (NodeType.Filestore, "gid", "Files are those of the group that the image has for Odoo.", null),
        (NodeType.Odoo, "uid", "Odoo runs as the user that its image has for it.", null), (NodeType.Odoo, "gid", "Odoo runs in the group that its image has for it.", null),
        (NodeType.Odoo, "database", "The database is named after the instance.", null), (NodeType.Odoo, "dbFilter", "Odoo is led to its instance's database and to no other.", null),
        (NodeType.Odoo, "dataDir", "Odoo's data are under /var/lib/odoo.", "var/lib/odoo"), (NodeType.Odoo, "secrets", "Passwords are oCore's to make.", null),
        (NodeType.Odoo, "addonsRevision", "What an Odoo runs is in its image: say that.", null),
        (NodeType.Monitor, "port", "It watches, and listens on no port.", null), (NodeType.Monitor, "bind", "It watches, and listens on no address.", null),
    ];

    /// <summary>What is said of the whole PostgreSQL cluster, and read where it is said of the first primary.</summary>
    private static readonly string[] OfTheCluster = ["maxConnections", "primaryStartTimeout", "loopWait", "retryTimeout", "scope", "synchronous", "ttl"];

    private static string? WhyOtherwise(TopologySnapshot topology, DrawnNode node)
    {
        var why = Unread.Where(u => u.Type == node.Type && node.Has(u.Member) && !IsDeployed(node, u.Member, u.Deployed)).Select(u => $"{u.InPlace} Take {u.Member} out.").ToList();
        if (node.Type == NodeType.Postgres && node.Flag("checksums") is { } checksums && checksums != topology.Ha.PgFailoverEnabled)
            why.Add(checksums ? "Pages have checksums with fail-over only. Take checksums out." : "With fail-over pages have checksums. Take checksums out.");
        if (node.Type == NodeType.Postgres && topology.Ha.PgFailoverEnabled && topology.FirstPrimary is { } first && OfTheCluster.Where(m => node.Has(m) && Value(node, m) != Value(first, m)).ToList() is { Count: > 0 } apart)
            why.Add($"{Sentence.And(apart)} {(apart.Count == 1 ? "holds" : "hold")} for the whole cluster: say {(apart.Count == 1 ? "it" : "them")} at {first.Label}, and nothing else here.");
        return why.Count == 0 ? null : string.Join(' ', why);
    }

    private static bool IsDeployed(DrawnNode node, string member, string? deployed) => node.Text(member) is { } text && (text.Length == 0 || text.Trim('/') == deployed);

    private static (string?, int?, bool?) Value(DrawnNode node, string member) => (node.Text(member), node.Int(member), node.Flag(member));

    private static string? WhyNotShared(TopologySnapshot topology, DrawnNode node, string shared) =>
        !node.IsHttp ? "PostgreSQL is not led to by a shared address: join Odoo to several entries. Take virtualIp out."
        : IPAddress.Parse(shared).AddressFamily != AddressFamily.InterNetwork ? "A shared address is one of IP version 4."
        : node.Bind is not null ? "What comes to a shared address is taken by a load balancer that listens on all of its server's addresses: take bind out."
        : CapacityRules.AddressOf(topology, node) is not { AddressFamily: AddressFamily.InterNetwork } ? "Who shares an address is told by private addresses of IP version 4: add its server by one."
        : Sharing(topology, shared).Where(b => b != node).ToList() is var others && (others.Count == 0 || others.Exists(o => o.ServerId == node.ServerId)) ? "An address is shared by load balancers on several servers: give another one, on another server, the same virtualIp, or take it out."
        : node.Flag("allowDatabaseManager", false) && node.List("hosts").Count == 0 ? "Who holds the address asks its load balancer for a page that Odoo would answer then: say hosts, or take allowDatabaseManager out." : null;

    private static List<DrawnNode> Sharing(TopologySnapshot topology, string address) =>
        [.. topology.Balancers.Where(b => b.Text("virtualIp") is { } own && IPAddress.Parse(own).Equals(IPAddress.Parse(address))).OrderBy(b => b.Id, StringComparer.Ordinal)];

    // Fewer could not agree after the loss of one, and a replica that nobody promotes takes nobody's place.
    private static string? WhyNoSentinels(TopologySnapshot topology)
    {
        var (redis, sentinels) = (topology.RedisData, topology.Sentinels);
        return redis.Count < 2 ? "Sentinels need a replica that they can let lead: draw one, or leave the sentinels out."
            : redis.Count(r => r.Text("role", "primary") == "primary") != 1 ? "Of several Redis nodes exactly one has the role primary; the others are replicas."
            : sentinels.Count < 3 || sentinels.Select(s => s.ServerId).Distinct().Count() < 3 ? "With replicas of Redis it takes at least three sentinels on three servers: who leads is agreed on by a majority of them." : null;
    }

    private static string? WhyNoBackup(TopologySnapshot topology, DrawnNode node) =>
        topology.Of(NodeType.Backup).Count > 1 ? "An instance has one schedule of backups: draw one backup. A second place is set at the instance's schedule."
        : topology.Targets(node, NodeType.S3).Count() != 1 ? "Backups are kept in a bucket, not in a folder of a server: join it to one S3 node with a credential, best at another provider than the servers."
        : node.Flag("pitr", false) ? "Point-in-time recovery is not built: backups are whole, and taken once a day. Take pitr out."
        : node.Text("path") is not null ? "Where in the bucket they lie is the bucket's prefix. Take path out." : null;

    /// <summary>What a drawn node will run; null where that is no container.</summary>
    public static string? ImageOf(TopologySnapshot topology, DrawnNode node, LayoutImages images) => node.Type switch
    {
        NodeType.Odoo => images.Odoo,
        NodeType.Etcd => images.PostgresHa,
        NodeType.Postgres => topology.Ha.PgFailoverEnabled ? images.PostgresHa : images.Postgres,
        NodeType.Redis => images.Redis,
        NodeType.Filestore => images.Nfs,
        NodeType.Pgbouncer => images.Pgbouncer,
        NodeType.LoadBalancer when node.IsPgEntry || topology.Ha.LbType is LoadBalancerType.Haproxy or LoadBalancerType.None => images.Haproxy,
        NodeType.LoadBalancer => topology.Ha.LbType == LoadBalancerType.Nginx ? images.Nginx : images.Traefik,
        NodeType.Monitor when !node.IsPgMonitor => images.Haproxy,
        _ => null,
    };

    private const string NoAddress = "It has no private address: say bind, or add its server by its private address.";

    public static Layout Make(Guid topologyId, TopologySnapshot topology, LayoutImages images)
    {
        var odoo = topology.Odoo.OrderBy(o => !o.IsWeb).ThenBy(o => o.Id, StringComparer.Ordinal).ToList();
        var nodes = topology.ById.Values.Where(n => n.Type is NodeType.LoadBalancer or NodeType.Odoo or NodeType.Postgres or NodeType.Etcd or NodeType.Redis or NodeType.S3 or NodeType.Filestore or NodeType.Pgbouncer or NodeType.Monitor or NodeType.Backup)
            .OrderBy(n => Order(n)).ThenBy(n => n.Id, StringComparer.Ordinal).Select(n => Of(topologyId, topology, n, images)).ToList();
        return new Layout { Nodes = nodes, LbType = topology.Ha.LbType, FilestoreType = topology.Ha.FilestoreType, Redis = topology.Ha.RedisEnabled, Failover = topology.Ha.PgFailoverEnabled };
    }

    /// <summary>What is used comes before what uses it.</summary>
    private static int Order(DrawnNode node) => node.Type switch
    {
        NodeType.Etcd => 0, NodeType.Postgres => 1, NodeType.LoadBalancer when node.IsPgEntry => 2, NodeType.Pgbouncer => 3, NodeType.Redis => 4, NodeType.S3 or NodeType.Filestore => 5, NodeType.Odoo => 6, NodeType.Monitor => 8, NodeType.Backup => 9, _ => 7,
    };

    private static LayoutNode Of(Guid topologyId, TopologySnapshot topology, DrawnNode node, LayoutImages images)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var made = new LayoutNode
        {
            Id = node.Id, Label = node.Label, Type = node.Type, ServerId = node.ServerId, Settings = settings,
            Container = $"ocore-{NameOf(node)}-{Layout.KeyOf(topologyId, node.Id)}", Address = CapacityRules.AddressOf(topology, node)?.ToString(), MemoryMb = node.MemoryMb, Cpus = node.Number("cpus"),
        };
        switch (node.Type)
        {
            case NodeType.Etcd:
                return made with { Image = images.PostgresHa, Port = node.Int("port", 2379), SecondPort = node.Int("peerPort", 2380) };
            case NodeType.Postgres:
                settings["role"] = node.IsPrimary || topology.Postgres.Count == 1 ? "primary" : "replica";
                settings["maxConnections"] = Number(node.Int("maxConnections", 200));
                if (!topology.Ha.PgFailoverEnabled)
                    return made with { Image = images.Postgres, Port = node.Int("port", 5432) };
                var primary = topology.FirstPrimary!;
                (settings["ttl"], settings["loopWait"], settings["retryTimeout"]) = (Number(primary.Int("ttl", 30)), Number(primary.Int("loopWait", 10)), Number(primary.Int("retryTimeout", 10)));
                (settings["primaryStartTimeout"], settings["maxConnections"]) = (Number(primary.Int("primaryStartTimeout", 300)), Number(primary.Int("maxConnections", 200)));
                var promised = topology.Postgres.Any(p => p.Flag("zeroDataLoss", false));
                settings["synchronous"] = promised || primary.Flag("synchronous", topology.Postgres.Count >= 3) ? "true" : "false";
                if (promised)
                    settings["zeroDataLoss"] = "true";
                settings["scope"] = primary.Text("scope", $"t{topologyId:N}"[..13]);
                settings["etcd"] = string.Join(',', topology.Of(NodeType.Etcd).Select(e => $"{CapacityRules.AddressOf(topology, e)}:{e.Int("port", 2379)}"));
                return made with { Image = images.PostgresHa, Port = node.Int("port", 5432), SecondPort = node.Int("restPort", 8008) };
            case NodeType.Pgbouncer:
                settings["poolMode"] = node.Text("poolMode", "session");
                settings["sessionDatabases"] = string.Join(',', node.List("sessionDatabases").Order(StringComparer.Ordinal));
                settings["nodes"] = topology.Targets(node).Single().Id;
                // What PostgreSQL keeps for itself and for looking after it is not given away; two poolers share the rest.
                settings["poolSize"] = Number(Math.Max(5, (topology.Postgres.Min(p => p.Int("maxConnections", 200)) - 20) / topology.Of(NodeType.Pgbouncer).Count));
                return made with { Image = images.Pgbouncer, Port = node.Int("port", 6432) };
            case NodeType.Redis:
                if (topology.Sentinels.Count > 0)
                    Watched(topology, node, settings);
                return made with { Image = images.Redis, Port = node.Int("port", node.IsSentinel ? RedisNodes.InnerSentinel : RedisNodes.Inner) };
            case NodeType.Filestore:
                settings["export"] = node.Text("export", NfsServer.Export).TrimEnd('/');
                settings[NfsServer.Clients] = string.Join(',', topology.Odoo.Select(o => CapacityRules.AddressOf(topology, o)?.ToString()).Distinct().Order(StringComparer.Ordinal));
                return made with { Image = images.Nfs, Port = node.Int("port", 2049) };
            case NodeType.S3:
                foreach (var member in (string[])["endpoint", "bucket", "region", "prefix", "credential"])
                    if (node.Text(member) is { Length: > 0 } text)
                        settings[member] = text;
                if (topology.BackupBuckets.Contains(node))
                    settings["role"] = "backups";
                return made with { Address = null, MemoryMb = 0 };
            case NodeType.Backup:
                (settings["bucket"], settings["every"]) = (topology.Targets(node, NodeType.S3).Single().Id, "day");
                return made with { ServerId = null, Address = null, MemoryMb = 0, Cpus = null };
            case NodeType.Odoo:
                (settings["role"], settings["workers"], settings["cronThreads"], settings["dbMaxConn"]) = (node.IsWeb ? "web" : "cron", Number(node.Workers), Number(node.CronThreads), Number(node.DbMaxConn));
                return made with { Image = images.Odoo, Port = node.Int("port", 8069), SecondPort = node.Workers > 0 ? node.Int("websocketPort", 8072) : 0 };
            case NodeType.Monitor:
                var watched = topology.Targets(node).Where(t => MonitorNode.Watches(t.Type)).OrderBy(t => t.Id, StringComparer.Ordinal).ToList();
                settings["nodes"] = string.Join(',', watched.Select(t => t.Id));
                foreach (var target in watched)
                {
                    var there = Of(topologyId, topology, target, images);
                    settings[MonitorNode.SettingOf(target.Id)] = MonitorNode.CheckOf(there.IsBalancer ? there with { Address = DoorOf(topology, target)?.ToString() } : there);
                }
                return made with { Image = images.Haproxy, Address = null };
            default:
                return Balancer(topology, node, made, settings, images);
        }
    }

    /// <summary>By which address a load balancer is found that listens on all of them. People come to it from anywhere, so a public one will do.</summary>
    private static IPAddress? DoorOf(TopologySnapshot topology, DrawnNode balancer)
    {
        var host = IPAddress.TryParse(topology.ServerOf(balancer)?.Host, out var address) ? address : null;
        return new[] { balancer.Bind, host }.FirstOrDefault(a => a is not null && !IPAddress.IsLoopback(a) && !a.Equals(IPAddress.Any) && !a.Equals(IPAddress.IPv6Any));
    }

    private static void Watched(TopologySnapshot topology, DrawnNode node, SortedDictionary<string, string> settings)
    {
        var primary = topology.RedisData.First(r => r.Text("role", "primary") == "primary");
        settings["role"] = node.IsSentinel ? "sentinel" : node == primary ? "primary" : "replica";
        if (node != primary)
            settings["primary"] = primary.Id;
        if (node.IsSentinel)
            settings["quorum"] = Number((topology.Sentinels.Count / 2) + 1);
    }

    private static LayoutNode Balancer(TopologySnapshot topology, DrawnNode node, LayoutNode made, SortedDictionary<string, string> settings, LayoutImages images)
    {
        settings["role"] = node.IsPgEntry ? "postgres" : "http";
        settings["nodes"] = string.Join(',', topology.Targets(node, node.IsPgEntry ? NodeType.Postgres : NodeType.Odoo).Select(n => n.Id).Order(StringComparer.Ordinal));
        if (node.IsPgEntry)
            return made with { Image = images.Haproxy, Port = node.Int("port", 5000) };
        settings["hosts"] = string.Join(',', node.List("hosts"));
        settings["sticky"] = !topology.Ha.RedisEnabled && node.Flag("sticky", true) ? "true" : "false";
        settings["allowDatabaseManager"] = node.Flag("allowDatabaseManager", false) ? "true" : "false";
        settings["bodyMb"] = Number(node.Int("bodyMb", 128));
        if (node.Flag("tls", false))
            settings["tls"] = "true";
        if (node.Text("virtualIp") is { } shared)
        {
            var sharing = Sharing(topology, shared);
            (settings["sharedAddress"], settings["holder"], settings["sharedRank"]) = (IPAddress.Parse(shared).ToString(), images.Keepalived, Number(sharing.IndexOf(node)));
            settings["sharedFrom"] = CapacityRules.AddressOf(topology, node)!.ToString();
            settings["sharedPeers"] = string.Join(',', sharing.Where(b => b != node).Select(b => CapacityRules.AddressOf(topology, b)?.ToString()).OfType<string>());
        }
        settings["program"] = topology.Ha.LbType.ToString().ToLowerInvariant();
        var image = topology.Ha.LbType switch { LoadBalancerType.Nginx => images.Nginx, LoadBalancerType.Traefik => images.Traefik, _ => images.Haproxy };
        // People come to it from anywhere, unless it is bound to one address.
        return made with { Image = image, Port = node.Int("httpPort", 80), SecondPort = node.Flag("tls", false) ? node.Int("httpsPort", 443) : 0, Address = node.Bind?.ToString() ?? "0.0.0.0" };
    }

    private static string NameOf(DrawnNode node) => node.Type switch
    {
        NodeType.LoadBalancer => node.IsPgEntry ? "pglb" : "lb", NodeType.Postgres => "pg", _ => NodeMembers.Word(node.Type),
    };

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
