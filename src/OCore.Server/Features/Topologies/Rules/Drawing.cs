using System.Net;
using System.Text.Json;
using OCore.Client;

namespace OCore.Features.Topologies.Rules;

/// <summary>A node with its data read. A member that does not fit counts as not given: TP-S01 says so.</summary>
internal sealed class DrawnNode
{
    private readonly JsonElement _data;
    // Read once: rules ask for the same members again and again.
    private readonly Dictionary<string, JsonElement> _members = [];

    public DrawnNode(TopologyNode node)
    {
        (Id, TypeWord, Raw) = (node.Id, node.Type, node.Data);
        IsKnown = NodeMembers.TryParse(node.Type, out var type);
        Type = type;
        try
        {
            _data = JsonDocument.Parse(node.Data?.Text ?? "{}", new JsonDocumentOptions { MaxDepth = 64 }).RootElement;
        }
        catch (JsonException)
        {
        }
        if (IsKnown && _data.ValueKind == JsonValueKind.Object)
            foreach (var property in _data.EnumerateObject())
                if (NodeMembers.Find(type, property.Name) is { } rule && rule.Fits(property.Value))
                    _members[property.Name] = property.Value;
        ServerId = Text("serverId") is { } id && Guid.TryParse(id, out var server) ? server : null;
        Label = Text("label") is { Length: > 0 } label ? label : Id;
    }

    public string Id { get; }
    public string TypeWord { get; }
    /// <summary>False for a word that is no type; it then takes part in no other rule.</summary>
    public bool IsKnown { get; }
    public NodeType Type { get; }
    public RawJson? Raw { get; }
    public Guid? ServerId { get; }
    public string Label { get; }
    public JsonElement Data => _data;

    public string? Text(string member) => Fitting(member) is { ValueKind: JsonValueKind.String } value ? NodeMembers.Text(value) : null;
    public string Text(string member, string otherwise) => Text(member) is { Length: > 0 } text ? text : otherwise;
    public int? Int(string member) => Fitting(member) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : null;
    public int Int(string member, int otherwise) => Int(member) ?? otherwise;
    public double? Number(string member) => Fitting(member) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : null;
    public bool? Flag(string member) => Fitting(member) is { } value ? value.ValueKind == JsonValueKind.True : null;
    public bool Flag(string member, bool otherwise) => Flag(member) ?? otherwise;
    public bool Has(string member) => Fitting(member) is not null;
    public IReadOnlyList<string> List(string member) => Fitting(member) is { ValueKind: JsonValueKind.Array } value ? [.. value.EnumerateArray().Select(v => NodeMembers.Text(v)!)] : [];
    public IPAddress? Bind => Text("bind") is { } text ? IPAddress.Parse(text) : null;

    /// <summary>The members that are there and are not what they have to be.</summary>
    public IEnumerable<(string Member, string Says)> Misfits()
    {
        if (!IsKnown || _data.ValueKind != JsonValueKind.Object)
            yield break;
        foreach (var (name, member) in NodeMembers.Of(Type).OrderBy(m => m.Key, StringComparer.Ordinal))
            if (_data.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null && !member.Fits(value))
                yield return (name, member.Says);
    }

    private JsonElement? Fitting(string member) => _members.TryGetValue(member, out var value) ? value : null;

    // What follows from the type where nothing is said.
    public bool IsHttp => Type == NodeType.LoadBalancer && Text("role", "http") == "http";
    public bool IsPgEntry => Type == NodeType.LoadBalancer && Text("role", "http") == "postgres";
    public bool IsWeb => Type == NodeType.Odoo && Text("role", "web") == "web";
    public bool IsSentinel => Type == NodeType.Redis && Text("role", "primary") == "sentinel";
    public bool IsPgMonitor => Type == NodeType.Monitor && Text("role", "metrics") == "pg_auto_failover";
    public int Workers => Int("workers", 2);
    public int CronThreads => Int("cronThreads", 1);
    public int DbMaxConn => Int("dbMaxConn", 16);
    public bool IsPrimary => Text("role") == "primary";

    /// <summary>Megabytes that its container asks for.</summary>
    public int MemoryMb => Int("memoryMb") ?? Type switch
    {
        NodeType.Odoo => Workers == 0 ? 1024 : 768 + (325 * Workers),
        NodeType.Postgres => 1024,
        NodeType.S3 => 0,
        NodeType.LoadBalancer or NodeType.Filestore or NodeType.Backup or NodeType.Monitor => 128,
        NodeType.Pgbouncer => 64,
        _ => 256,
    };

    public double Cpus => Number("cpus") ?? (Type == NodeType.Odoo ? Math.Max(0.5, (Workers - 1) / 2.0) : Type == NodeType.S3 ? 0 : 0.25);

    /// <summary>The ports it listens on, on its server's address.</summary>
    public IEnumerable<int> Ports() => Type switch
    {
        NodeType.LoadBalancer when IsPgEntry => [Int("port", 5000)],
        NodeType.LoadBalancer => Flag("tls", false) ? [Int("httpPort", 80), Int("httpsPort", 443)] : [Int("httpPort", 80)],
        NodeType.Odoo when !IsWeb => [],
        NodeType.Odoo => Workers > 0 ? [Int("port", 8069), Int("websocketPort", 8072)] : [Int("port", 8069)],
        NodeType.Postgres => [Int("port", 5432), Int("restPort", 8008)],
        NodeType.Pgbouncer => [Int("port", 6432)],
        NodeType.Etcd => [Int("port", 2379), Int("peerPort", 2380)],
        NodeType.Redis => [Int("port", IsSentinel ? 26379 : 6379)],
        NodeType.Filestore => [Int("port", 2049)],
        NodeType.Monitor when IsPgMonitor => [Int("port", 5433)],
        _ => [],
    };
}

/// <summary>A server as the rules see it.</summary>
internal sealed record ServerFact
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Host { get; init; }
    public ServerStatus Status { get; init; } = ServerStatus.Active;
    /// <summary>Another operation works on it.</summary>
    public bool Locked { get; init; }
    public int SshPort { get; init; } = 22;
    public int EdgePort { get; init; } = 80;
    /// <summary>Where the edge takes HTTPS; null where it takes none.</summary>
    public int? EdgeTlsPort { get; init; }
    /// <summary>Instances outside of topologies; the server's edge serves them on its port.</summary>
    public int Instances { get; init; }
    public string? BaseDomain { get; init; }
    public string? Architecture { get; init; }
    public int? Cpus { get; init; }
    public long? MemoryBytes { get; init; }
    /// <summary>Promised to instances and to nodes of other topologies.</summary>
    public long MemoryReservedBytes { get; init; }
    public double CpusReserved { get; init; }
    public long? DiskBytes { get; init; }
    public long? DiskUsedBytes { get; init; }

    public bool IsOfEdge(int port) => port == EdgePort || port == EdgeTlsPort;
}

/// <summary>A node of another topology that names a server of this one's; of all others, what is found by its address: buckets, and a Redis by its url.</summary>
internal sealed record NeighbourNode(string Topology, DrawnNode Node);

/// <summary>What runs of this topology, as far as rules of change need it.</summary>
internal sealed record DeployedTopology
{
    public required HaConfig Ha { get; init; }
    public required IReadOnlyList<DrawnNode> Nodes { get; init; }
    public bool HasData { get; init; } = true;
    /// <summary>When the newest backup that was verified was taken: its data is that old.</summary>
    public DateTimeOffset? BackupAt { get; init; }
    /// <summary>Nodes whose loss a person has agreed to.</summary>
    public IReadOnlySet<string> MayBeDestroyed { get; init; } = new HashSet<string>();
    /// <summary>Which PostgreSQL leads, as it was seen last; empty where nobody knows, and then the one that is drawn as the primary does.</summary>
    public IReadOnlySet<string> Leading { get; init; } = new HashSet<string>();
    /// <summary>Nodes whose server was forgotten: what they kept is gone already.</summary>
    public IReadOnlySet<string> Lost { get; init; } = new HashSet<string>();
}

/// <summary>Everything the rules look at, as one immutable value.</summary>
internal sealed class TopologySnapshot
{
    public TopologySnapshot(TopologyData data, HaConfig ha)
    {
        Ha = ha;
        Drawn = data;
        Nodes = [.. data.Nodes.Select(n => new DrawnNode(n)).OrderBy(n => n.Id, StringComparer.Ordinal).ThenBy(n => n.TypeWord, StringComparer.Ordinal).ThenBy(n => n.Raw?.Text, StringComparer.Ordinal)];
        Edges = [.. data.Edges.OrderBy(e => e.Id, StringComparer.Ordinal).ThenBy(e => e.Source, StringComparer.Ordinal).ThenBy(e => e.Target, StringComparer.Ordinal)];
        ById = Nodes.Where(n => n.IsKnown).GroupBy(n => n.Id).ToDictionary(g => g.Key, g => g.First());
        var sound = Edges.Where(e => e.Source != e.Target && ById.ContainsKey(e.Source) && ById.ContainsKey(e.Target)).ToList();
        _out = sound.ToLookup(e => e.Source);
        _in = sound.ToLookup(e => e.Target);
        _byType = ById.Values.OrderBy(n => n.Id, StringComparer.Ordinal).ToLookup(n => n.Type);
    }

    private readonly ILookup<string, TopologyEdge> _out, _in;
    private readonly ILookup<NodeType, DrawnNode> _byType;

    public TopologyData Drawn { get; }
    public HaConfig Ha { get; }
    public IReadOnlyList<DrawnNode> Nodes { get; }
    public IReadOnlyList<TopologyEdge> Edges { get; }
    public IReadOnlyDictionary<string, DrawnNode> ById { get; }
    public IReadOnlyDictionary<Guid, ServerFact> Servers { get; init; } = new Dictionary<Guid, ServerFact>();
    public IReadOnlyList<NeighbourNode> Neighbours { get; init; } = [];
    public DeployedTopology? Deployed { get; init; }
    public DateTimeOffset Now { get; init; }
    /// <summary>Names that are proven to be the deployed instance's, lower case.</summary>
    public IReadOnlySet<string> ProvenHosts { get; init; } = new HashSet<string>();
    /// <summary>What was measured on the servers; null where nobody asked for that.</summary>
    public LiveFacts? Live { get; init; }

    public TopologySnapshot With(LiveFacts live) => new(Drawn, Ha) { Servers = Servers, Neighbours = Neighbours, Deployed = Deployed, Now = Now, ProvenHosts = ProvenHosts, Live = live };

    public IReadOnlyList<DrawnNode> Of(NodeType type) => [.. _byType[type]];
    public IEnumerable<TopologyEdge> From(DrawnNode node) => _out[node.Id];
    public IEnumerable<TopologyEdge> To(DrawnNode node) => _in[node.Id];
    public IEnumerable<DrawnNode> Targets(DrawnNode node) => _out[node.Id].Select(e => ById[e.Target]).Distinct();
    public IEnumerable<DrawnNode> Targets(DrawnNode node, NodeType type) => Targets(node).Where(n => n.Type == type);
    public IEnumerable<DrawnNode> Sources(DrawnNode node) => _in[node.Id].Select(e => ById[e.Source]).Distinct();
    public bool Joined(DrawnNode from, DrawnNode to) => _out[from.Id].Any(e => e.Target == to.Id);
    public ServerFact? ServerOf(DrawnNode node) => node.ServerId is { } id ? Servers.GetValueOrDefault(id) : null;

    public IReadOnlyList<DrawnNode> Odoo => field ??= Of(NodeType.Odoo);
    public IReadOnlyList<DrawnNode> Web => field ??= [.. Odoo.Where(n => n.IsWeb)];
    public IReadOnlyList<DrawnNode> Balancers => field ??= [.. Of(NodeType.LoadBalancer).Where(n => n.IsHttp)];
    public IReadOnlyList<DrawnNode> Postgres => field ??= Of(NodeType.Postgres);
    /// <summary>The PostgreSQL that leads at first: what is said of the whole cluster is said there.</summary>
    public DrawnNode? FirstPrimary => Postgres.FirstOrDefault(p => p.IsPrimary) ?? (Postgres is [var first, ..] ? first : null);
    /// <summary>A commit waits until another PostgreSQL has it, as a deployment has it: by default where a third one is left when one is lost.</summary>
    public bool IsSynchronous => PromisesAll || FirstPrimary?.Flag("synchronous", Postgres.Count >= 3) == true;
    /// <summary>No row may be lost.</summary>
    public bool PromisesAll => Postgres.Any(p => p.Flag("zeroDataLoss", false));
    public IReadOnlyList<DrawnNode> RedisData => field ??= [.. Of(NodeType.Redis).Where(n => !n.IsSentinel)];
    public IReadOnlyList<DrawnNode> Sentinels => field ??= [.. Of(NodeType.Redis).Where(n => n.IsSentinel)];
    /// <summary>Buckets in which nothing but backups are kept.</summary>
    public IReadOnlyList<DrawnNode> BackupBuckets => field ??= [.. Of(NodeType.S3).Where(b => Sources(b).Any(s => s.Type == NodeType.Backup) && Sources(b).All(s => s.Type is NodeType.Backup or NodeType.Monitor))];
    public bool UsesPatroni => Ha.PgFailoverEnabled && Postgres.All(p => p.Text("failover", "patroni") == "patroni");
    public bool IsTest => Odoo.Any(o => o.Text("environment") == "test");

    /// <summary>The PostgreSQL nodes an Odoo comes to, directly or by a pooler or a load balancer.</summary>
    public IReadOnlySet<string> ReachesPostgres(DrawnNode odoo) =>
        _reached.TryGetValue(odoo.Id, out var known) ? known : _reached[odoo.Id] = Reach(odoo);

    private readonly Dictionary<string, IReadOnlySet<string>> _reached = [];

    private HashSet<string> Reach(DrawnNode odoo)
    {
        var found = new HashSet<string>();
        var ways = new Queue<DrawnNode>([odoo]);
        var seen = new HashSet<string> { odoo.Id };
        while (ways.TryDequeue(out var at))
            foreach (var next in Targets(at))
                if (next.Type == NodeType.Postgres)
                    found.Add(next.Id);
                else if ((next.Type == NodeType.Pgbouncer || next.IsPgEntry) && seen.Add(next.Id))
                    ways.Enqueue(next);
        return found;
    }
}
