using System.Net;
using System.Text;
using OCore.Features.Servers;
using OCore.Features.Topologies.Balancers;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>Passwords between the nodes of one topology; oCore's own, and kept sealed.</summary>
/// <param name="Sentinel">Empty in deployments of before there were sentinels, which have none.</param>
internal sealed record TopologySecrets(string Postgres, string Replication, string Rest, string Redis, string Sentinel = "")
{
    public const string Kind = "topology.secrets";
}

/// <summary>The containers of a topology as values. Odoo's own are in <see cref="Instances.OdooContainer"/>.</summary>
internal static class NodeSpecs
{
    /// <summary>On everything of a topology: its id, and the node's.</summary>
    public const string TopologyLabel = ServerLabels.Topology, NodeLabel = "ocore.node";
    public const int InnerHttpPort = 8080, InnerHttpsPort = 8443, InnerPgPort = 5000;
    private const int PostgresUid = 999;
    private static readonly RemotePath Data = RemotePath.Parse("/var/lib/postgresql/data");
    private static readonly RemotePath PasswordFile = RemotePath.Parse("/etc/ocore-postgres-password");
    public static readonly RemotePath PatroniFile = RemotePath.Parse("/etc/patroni/patroni.yml");
    /// <summary>Where each load balancer reads what it does.</summary>
    public static readonly RemotePath Haproxy = RemotePath.Parse("/usr/local/etc/haproxy"), Nginx = RemotePath.Parse("/etc/nginx"), Traefik = RemotePath.Parse("/etc/traefik");

    public static IReadOnlyDictionary<string, string> Labels(Guid topology, LayoutNode node) => new Dictionary<string, string>
    {
        [ServerLabels.Server] = node.ServerId!.Value.ToString(), [TopologyLabel] = topology.ToString(), [NodeLabel] = node.Id,
    };

    public static bool HasVolume(LayoutNode node) => node.Type is NodeType.Postgres or NodeType.Etcd or NodeType.Redis or NodeType.Filestore;

    public static ContainerSpec Of(Guid topology, Layout layout, LayoutNode node, TopologySecrets secrets) => node.Type switch
    {
        NodeType.Etcd => Etcd(topology, layout, node),
        NodeType.Postgres when layout.Failover => Patroni(topology, layout, node, secrets),
        NodeType.Postgres => Postgres(topology, node, secrets),
        NodeType.Redis => RedisNodes.Spec(Base(topology, node, (node.Port, RedisNodes.InnerPort(node))), layout, node, secrets),
        NodeType.Filestore => NfsServer.Spec(Base(topology, node, (node.Port, NfsServer.Inner)), layout, node),
        NodeType.Pgbouncer => Pooler.Spec(Base(topology, node, (node.Port, Pooler.Inner)), layout, node, secrets),
        NodeType.LoadBalancer when node.IsPgEntry => PgEntry(topology, layout, node),
        NodeType.LoadBalancer => Balancer(topology, layout, node),
        NodeType.Monitor => MonitorNode.Spec(Base(topology, node), layout, node),
        _ => throw new ArgumentException($"{node.Id} is no container of its own."),
    };

    private static ContainerSpec Base(Guid topology, LayoutNode node, params (int Port, int Inner)[] ports) => new()
    {
        Name = DockerName.Parse(node.Container),
        Image = ImageRef.Parse(node.Image),
        Labels = Labels(topology, node),
        Networks = [new ContainerNetwork(TopologyNetwork.NameOf(topology))],
        Ports = [.. ports.Select(p => new PublishedPort(IPAddress.Parse(node.Address!), p.Port, p.Inner))],
        MemoryBytes = (long)node.MemoryMb << 20,
        NanoCpus = (long)((node.Cpus ?? 0) * 1_000_000_000),
    };

    private static ContainerSpec Postgres(Guid topology, LayoutNode node, TopologySecrets secrets) => Base(topology, node, (node.Port, 5432)) with
    {
        Command =
        [
            "postgres", "-c", $"max_connections={node.Int("maxConnections")}", "-c", $"shared_buffers={Math.Max(128, node.MemoryMb / 4)}MB", "-c", "work_mem=8MB", "-c", "random_page_cost=1.1",
            "-c", "wal_compression=on", "-c", "max_wal_size=2GB", "-c", "checkpoint_completion_target=0.9", "-c", "log_min_duration_statement=5s",
        ],
        Env = new Dictionary<string, string> { ["POSTGRES_PASSWORD_FILE"] = PasswordFile.Value },
        Mounts = [ContainerMount.Volume(DockerName.Parse(node.Container), Data)],
        Files = [ContainerFile.Text(PasswordFile, secrets.Postgres, UnixFileMode.UserRead, PostgresUid, PostgresUid)],
        ShmBytes = 256L << 20, PidsLimit = 4096, StopTimeout = TimeSpan.FromSeconds(60),
    };

    // Within its own majority etcd trusts the private network its ports are bound to; what it keeps is who leads, and no password.
    private static ContainerSpec Etcd(Guid topology, Layout layout, LayoutNode node)
    {
        return Base(topology, node, (node.Port, 2379), (node.SecondPort, 2380)) with
        {
            Command =
            [
                "etcd", "--name", node.Container, "--data-dir", "/var/lib/etcd/data", "--listen-client-urls", "http://0.0.0.0:2379", "--advertise-client-urls", $"http://{node.Endpoint(node.Port)}",
                "--listen-peer-urls", "http://0.0.0.0:2380", "--initial-advertise-peer-urls", EtcdMembers.Peer(node), "--initial-cluster", layout.BeginningOf(node),
                "--initial-cluster-state", node.Joined ? "existing" : "new", "--initial-cluster-token", $"ocore-{topology:N}", "--pre-vote=true", "--heartbeat-interval", "200", "--election-timeout", "2000", "--logger", "zap",
                "--auto-compaction-retention", "1",
            ],
            Mounts = [ContainerMount.Volume(DockerName.Parse(node.Container), RemotePath.Parse("/var/lib/etcd"))],
            Restart = RestartRule.Always, StopTimeout = TimeSpan.FromSeconds(10),
        };
    }

    private static ContainerSpec Patroni(Guid topology, Layout layout, LayoutNode node, TopologySecrets secrets) => Base(topology, node, (node.Port, 5432), (node.SecondPort, 8008)) with
    {
        Command = ["patroni", PatroniFile.Value],
        Mounts = [ContainerMount.Volume(DockerName.Parse(node.Container), Data)],
        Files = [ContainerFile.Text(PatroniFile, PatroniConfig.Render(layout, node, secrets), UnixFileMode.UserRead, PostgresUid, PostgresUid)],
        Init = true, ShmBytes = 256L << 20, PidsLimit = 4096, Restart = RestartRule.Always, StopTimeout = TimeSpan.FromSeconds(60),
    };

    private static ContainerSpec PgEntry(Guid topology, Layout layout, LayoutNode node) => Base(topology, node, (node.Port, InnerPgPort)) with
    {
        Files = [ContainerFile.Text(Haproxy.Combine("haproxy.cfg"), PgEntryConfig(layout, node))],
        DropCapabilities = ["ALL"], StopTimeout = TimeSpan.FromSeconds(5),
    };

    internal static string PgEntryConfig(Layout layout, LayoutNode node)
    {
        var text = new StringBuilder($"""
            global
                log stdout format raw local0 notice
                maxconn 8192
                stats socket ipv4@127.0.0.1:8404 level user

            defaults
                mode tcp
                log global
                timeout connect 3s
                timeout client 12h
                timeout server 12h
                timeout check 3s
                retries 2

            listen primary
                bind :{InnerPgPort}
            {(layout.Failover ? "    option httpchk OPTIONS /primary\n    http-check expect status 200" : "    option tcp-check")}
                default-server inter 2s fall 2 rise 1 on-marked-down shutdown-sessions

            """);
        foreach (var member in node.List("nodes").Select(layout.Find).OfType<LayoutNode>())
            text.Append($"    server {member.Container} {member.Endpoint(member.Port)} check{(layout.Failover ? $" port {member.SecondPort}" : "")}\n");
        return text.ToString();
    }

    // What it does comes after it has started, and is replaced without a restart: the specification does not speak of it.
    private static ContainerSpec Balancer(Guid topology, Layout layout, LayoutNode node) => Base(topology, node, node.SecondPort > 0 ? [(node.Port, InnerHttpPort), (node.SecondPort, InnerHttpsPort)] : [(node.Port, InnerHttpPort)]) with
    {
        Files = [.. First(node)],
        Command = node.Text("program") switch { "traefik" => ["traefik", "--configfile=/etc/traefik/traefik.yml"], "nginx" => BalancerChecks.Command, _ => null },
        StopTimeout = TimeSpan.FromSeconds(10),
    };

    // Whoever comes before it was told of anybody reads what is read when nobody answers.
    private static IEnumerable<ContainerFile> First(LayoutNode node) => node.Text("program") switch
    {
        "nginx" => [ContainerFile.Text(Nginx.Combine("nginx.conf"), NginxBalancer.First(InnerHttpPort)), BalancerChecks.Program],
        "traefik" => [.. new BalancerPlan { Nodes = [], HttpPort = InnerHttpPort }.Render(Client.LoadBalancerType.Traefik).Select(f => ContainerFile.Text(Traefik.Combine(f.Key), f.Value))],
        _ => [ContainerFile.Text(Haproxy.Combine("haproxy.cfg"), HaproxyBalancer.First(InnerHttpPort))],
    };
}
