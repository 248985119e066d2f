using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OCore.Client;
using OCore.Features.Topologies.Balancers;
using OCore.Features.Topologies.Rules;

namespace OCore.Features.Topologies.Deployments;

/// <summary>One node as it is to run: where, under which name, and with what. No secrets: it is kept, hashed and compared.</summary>
internal sealed record LayoutNode
{
    public required string Id { get; init; }
    public required string Label { get; init; }
    public required NodeType Type { get; init; }
    /// <summary>None for a bucket, which is no container.</summary>
    public Guid? ServerId { get; init; }
    /// <summary>Of its container, and of its volume where it has one.</summary>
    public required string Container { get; init; }
    /// <summary>Where others reach it.</summary>
    public string? Address { get; init; }
    public int Port { get; init; }
    /// <summary>Live connections, Patroni's REST, etcd's peers, HTTPS; 0 where there is none.</summary>
    public int SecondPort { get; init; }
    public string Image { get; init; } = "";
    public int MemoryMb { get; init; }
    public double? Cpus { get; init; }
    /// <summary>What else decides how it runs, by name.</summary>
    public SortedDictionary<string, string> Settings { get; init; } = new(StringComparer.Ordinal);
    /// <summary>Of a member of a cluster: whom it began with, where that is not what the layout would say now. It keeps that, so that it is not made anew because others came and went.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Began { get; init; }
    /// <summary>It came to members that were there already.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool Joined { get; init; }

    public string Text(string setting) => Settings.GetValueOrDefault(setting, "");
    public int Int(string setting) => int.Parse(Settings[setting], CultureInfo.InvariantCulture);
    public bool Is(string setting, string value) => Settings.GetValueOrDefault(setting) == value;
    public IReadOnlyList<string> List(string setting) => Text(setting).Split(',', StringSplitOptions.RemoveEmptyEntries);

    [JsonIgnore] public bool IsPgEntry => Type == NodeType.LoadBalancer && Is("role", "postgres");
    [JsonIgnore] public bool IsBalancer => Type == NodeType.LoadBalancer && !IsPgEntry;
    /// <summary>One of several Redis, or of those who say which of them leads.</summary>
    [JsonIgnore] public bool IsWatched => Type == NodeType.Redis && Settings.ContainsKey("role");
    [JsonIgnore] public bool IsSentinel => Type == NodeType.Redis && Is("role", "sentinel");
    /// <summary>A bucket in which no files of Odoo are, but its backups.</summary>
    [JsonIgnore] public bool IsForBackups => Type == NodeType.S3 && Is("role", "backups");
    [JsonIgnore] public bool IsWeb => Type == NodeType.Odoo && Is("role", "web");
    /// <summary>It is the same node on the same server, and with the same program.</summary>
    public bool IsAt(LayoutNode other) => Id == other.Id && Type == other.Type && ServerId == other.ServerId && IsWatched == other.IsWatched && IsSentinel == other.IsSentinel;
    public string Endpoint(int port) => Address!.Contains(':', StringComparison.Ordinal) ? $"[{Address}]:{port}" : $"{Address}:{port}";

    /// <summary>Everything that makes it what it is, for people and for comparison.</summary>
    public SortedDictionary<string, string> Facts()
    {
        var facts = new SortedDictionary<string, string>(Settings, StringComparer.Ordinal);
        if (Image.Length > 0)
            facts["image"] = Image;
        if (Address is not null)
            facts["address"] = Endpoint(Port) + (SecondPort > 0 ? $", {SecondPort}" : "");
        if (MemoryMb > 0)
            facts["memory (MB)"] = MemoryMb.ToString(CultureInfo.InvariantCulture);
        if (Cpus is { } cpus)
            facts["cpus"] = cpus.ToString(CultureInfo.InvariantCulture);
        return facts;
    }
}

/// <summary>A whole topology as it is to run.</summary>
internal sealed record Layout
{
    public required IReadOnlyList<LayoutNode> Nodes { get; init; }
    public LoadBalancerType LbType { get; init; }
    public FilestoreType FilestoreType { get; init; }
    public bool Redis { get; init; }
    public bool Failover { get; init; }
    /// <summary>How often the keys of the bucket for files were changed since the first deployment. The keys themselves are no part of what is kept and compared.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public int KeysChanged { get; init; }

    /// <summary>What a node is, with what it is by the whole: where Odoo has its sessions and its files. That is no setting of the node, so what was kept before plans spoke of it says it as well.</summary>
    public SortedDictionary<string, string> FactsOf(LayoutNode node)
    {
        var facts = node.Facts();
        if (node.Type == NodeType.Odoo)
            (facts["filestore"], facts["sessions"], facts["database"]) = (WireWord.Of(FilestoreType), Redis && FirstRedis is not null ? "redis" : "on its node", Database.Hosts);
        if (node.Type == NodeType.Odoo && KeysChanged > 0)
            facts["bucket keys"] = KeysChanged == 1 ? "changed once" : $"changed {KeysChanged} times";
        if (node.IsPgEntry)
            facts["members"] = string.Join(", ", node.List("nodes").Select(Find).OfType<LayoutNode>().Select(n => n.Endpoint(n.Port)));
        if (node.Type == NodeType.Odoo && Redis && FirstRedis is { } redis)
            facts["redis"] = Sentinels.Any() ? string.Join(", ", Sentinels.Select(s => s.Endpoint(s.Port))) : redis.Endpoint(redis.Port);
        return facts;
    }

    /// <summary>Whom a member of a cluster begins with: the members of etcd, or who leads the Redis nodes. Only where it has nothing yet it is read.</summary>
    public string BeginningOf(LayoutNode node) => node.Began ?? FirstOf(node);

    private string FirstOf(LayoutNode node) => node.Type == NodeType.Etcd ? string.Join(',', Of(NodeType.Etcd).Select(EtcdMembers.NamedPeer)) : RedisNodes.First(this, node);

    /// <summary>What stays of a layout that runs keeps what it began with, and what is new comes to what is there.</summary>
    public Layout After(Layout before) => this with
    {
        Nodes = [.. Nodes.Select(node => node.Type == NodeType.Postgres && Failover ? node with { Joined = before.Find(node.Id) is not { } there || !there.IsAt(node) || there.Joined }
            : node.Type != NodeType.Etcd && !node.IsWatched ? node
            : before.Find(node.Id) is { } was && was.IsAt(node) ? node with { Joined = was.Joined, Began = was.Began ?? (before.FirstOf(was) == FirstOf(node) ? null : before.FirstOf(was)) }
            : node with { Joined = true, Began = node.IsWatched ? RedisNodes.Joining(this, before, node) : null })],
    };

    public IEnumerable<LayoutNode> Of(NodeType type) => Nodes.Where(n => n.Type == type);
    public LayoutNode? Find(string id) => Nodes.FirstOrDefault(n => n.Id == id);
    /// <summary>The node whose container bears the instance's own name: tools that work on one Odoo work on this.</summary>
    [JsonIgnore] public LayoutNode Home => Of(NodeType.Odoo).OrderBy(n => !n.IsWeb).ThenBy(n => n.Id, StringComparer.Ordinal).First();
    [JsonIgnore] public IEnumerable<Guid> Servers => Nodes.Select(n => n.ServerId).OfType<Guid>().Distinct();

    [JsonIgnore] public IEnumerable<LayoutNode> Sentinels => Nodes.Where(n => n.IsSentinel);
    /// <summary>The Redis that leads at first, or the only one.</summary>
    [JsonIgnore] public LayoutNode? FirstRedis => Of(NodeType.Redis).FirstOrDefault(n => !n.IsSentinel && !n.Is("role", "replica"));
    /// <summary>Where the files of Odoo are.</summary>
    [JsonIgnore] public LayoutNode? Files => Of(NodeType.S3).FirstOrDefault(n => !n.IsForBackups);

    /// <summary>How Odoo comes to the database: an entry that follows the primary, or the nodes themselves.</summary>
    [JsonIgnore]
    public (string Hosts, int Port) Database
    {
        get
        {
            if (Of(NodeType.Pgbouncer).ToList() is { Count: > 0 } poolers)
                return (string.Join(',', poolers.Select(p => p.Address)), poolers[0].Port);
            if (Nodes.Where(n => n.IsPgEntry).ToList() is { Count: > 0 } entries)
                return (string.Join(',', entries.Select(e => e.Address)), entries[0].Port);
            var nodes = Of(NodeType.Postgres).OrderBy(n => !n.Is("role", "primary")).ThenBy(n => n.Id, StringComparer.Ordinal).ToList();
            return (string.Join(',', nodes.Select(n => n.Address)), nodes[0].Port);
        }
    }

    /// <summary>The same for the same topology and node, and no word of the drawing.</summary>
    public static string KeyOf(Guid topology, string node) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{topology:N} {node}")))[..10];

    /// <summary>What a load balancer for people does, with nodes that get nobody new. Its certificates are put in by who has them.</summary>
    public BalancerPlan BalancerOf(LayoutNode balancer, IReadOnlySet<string>? draining = null) => new()
    {
        Nodes = [.. balancer.List("nodes").Select(Find).OfType<LayoutNode>().Where(n => n.IsWeb)
            .Select(n => new BalancedNode(n.Id, IPAddress.Parse(n.Address!), n.Port, n.SecondPort > 0 ? n.SecondPort : null, draining?.Contains(n.Id) == true))],
        Hosts = balancer.List("hosts"), Sticky = balancer.Is("sticky", "true"), HttpPort = NodeSpecs.InnerHttpPort, HttpsPort = NodeSpecs.InnerHttpsPort, OuterHttpsPort = balancer.SecondPort, Tls = balancer.Is("tls", "true"),
        AllowDatabaseManager = balancer.Is("allowDatabaseManager", "true"), BodyMb = balancer.Int("bodyMb"),
    };

    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public bool SameAs(Layout other) => JsonSerializer.Serialize(this, Json) == JsonSerializer.Serialize(other, Json);
}
