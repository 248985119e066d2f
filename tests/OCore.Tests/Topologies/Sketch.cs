using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OCore.Client;
using OCore.Features.Topologies;
using OCore.Features.Topologies.Rules;

namespace OCore.Tests.Topologies;

/// <summary>A blueprint filled in with servers, buckets and addresses, and changed in one place or another. Immutable.</summary>
internal sealed record Sketch
{
    public required string Name { get; init; }
    public required TopologyData Data { get; init; }
    public required HaConfig Settings { get; init; }
    public required IReadOnlyDictionary<Guid, ServerFact> Servers { get; init; }
    public IReadOnlyList<NeighbourNode> Neighbours { get; init; } = [];
    public DeployedTopology? Deployed { get; init; }
    public LiveFacts? Live { get; init; }
    public IReadOnlySet<string> Proven { get; init; } = new HashSet<string>();

    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static Guid ServerAt(string place) => new(SHA256.HashData(Encoding.UTF8.GetBytes(place))[..16]);

    public static Sketch Of(string blueprint)
    {
        var found = Blueprints.Find(blueprint)!;
        var sketch = new Sketch
        {
            Name = blueprint, Data = found.TopologyData, Settings = found.HaConfig,
            Servers = found.Places.Select((place, i) => new ServerFact
            {
                Id = ServerAt(place), Name = place, Host = $"10.0.0.{10 + i}", Cpus = 8, MemoryBytes = 32L << 30, DiskBytes = 500L << 30, DiskUsedBytes = 50L << 30, Architecture = "x86_64", BaseDomain = "apps.example.com",
            }).ToDictionary(s => s.Id),
        };
        foreach (var node in found.TopologyData.Nodes.Select(n => new DrawnNode(n)).ToList())
        {
            if (node.Text("place") is { } place)
                sketch = sketch.Set(node.Id, "serverId", ServerAt(place));
            if (node.Type == NodeType.S3)
                sketch = sketch.Set(node.Id, "endpoint", "https://s3.example.com").Set(node.Id, "bucket", node.Id == "s3" ? "erp" : node.Id).Set(node.Id, "credential", "main");
        }
        return sketch;
    }

    public Sketch Apply(params IEnumerable<TopologyChange> changes)
    {
        var (data, ha, problem) = TopologyChanges.Apply(Data, Settings, [.. changes]);
        Assert.True(problem is null, problem?.Detail);
        return this with { Data = data, Settings = ha };
    }

    public Sketch Set(string id, string member, object? value) =>
        Apply(new TopologyChange { Op = TopologyChangeKind.SetNode, Id = id, Member = member, Value = value is null ? null : new RawJson(JsonSerializer.Serialize(value)) });

    public Sketch On(string id, string place) => Set(id, "serverId", ServerAt(place));

    public Sketch Add(string id, NodeType type, string? place, params (string, object?)[] data) => Apply(Fix.Node(id, type, [.. data, ("serverId", place is null ? null : ServerAt(place))]));

    public Sketch Without(string id) => Apply(new TopologyChange { Op = Data.Nodes.Any(n => n.Id == id) ? TopologyChangeKind.RemoveNode : TopologyChangeKind.RemoveEdge, Id = id });

    public Sketch Join(string from, params IEnumerable<string> targets) => Apply(targets.Select(to => Fix.Edge(from, to)));

    public Sketch Ha(Func<HaConfig, HaConfig> change) => this with { Settings = change(Settings) };

    public Sketch Server(string place, Func<ServerFact, ServerFact> change) =>
        this with { Servers = Servers.ToDictionary(s => s.Key, s => s.Key == ServerAt(place) ? change(s.Value) : s.Value) };

    public Sketch Beside(string topology, string id, NodeType type, string? place, params (string, object?)[] data) =>
        this with { Neighbours = [.. Neighbours, new NeighbourNode(topology, new DrawnNode(Fix.Node(id, type, [.. data, ("serverId", place is null ? null : ServerAt(place))]).Node!))] };

    /// <summary>As it is drawn now, it runs; what is changed after this is a change of something that runs.</summary>
    public Sketch Running(Func<DeployedTopology, DeployedTopology>? change = null)
    {
        var running = new DeployedTopology { Ha = Settings, Nodes = [.. Data.Nodes.Select(n => new DrawnNode(n))], BackupAt = Now.AddHours(-1) };
        return this with { Deployed = change is null ? running : change(running) };
    }

    /// <summary>Its servers were looked at and everything was well, but for what <paramref name="change"/> makes of it.</summary>
    public Sketch Probed(Func<LiveFacts, LiveFacts>? change = null)
    {
        var live = new LiveFacts
        {
            Servers = Servers.Keys.ToDictionary(id => id, _ => new LiveServer { ClockSkewMs = 3, DockerVersion = "26.1.5+dfsg1", Architecture = "amd64", MountsNfs = true, SyncMs = 1.5, Images = new Dictionary<string, string?> { ["odoo:19.0"] = "amd64" } }),
            Ways = Ways.Of(Snapshot()).Select(w => new LiveWay(w.From.ServerId!.Value, w.Address, w.Port)).Distinct().ToDictionary(w => w, _ => new LiveTry(null, 0.4)),
            Nodes = Data.Nodes.Where(n => n.Type is "loadBalancer" or "redis").ToDictionary(n => n.Id, _ => new LiveNode(true, true, null)),
        };
        return this with { Live = change is null ? live : change(live) };
    }

    public Sketch Seen(string place, Func<LiveServer, LiveServer> change) =>
        Probed(l => l with { Servers = l.Servers.ToDictionary(s => s.Key, s => s.Key == ServerAt(place) ? change(s.Value) : s.Value) });

    /// <summary>How the ways to a port went, from wherever.</summary>
    public Sketch Tried(int port, LiveTry seen) => Probed(l => l with { Ways = l.Ways.ToDictionary(w => w.Key, w => w.Key.Port == port ? seen : w.Value) });

    public Sketch Shuffled(Random random) => this with
    {
        Data = new TopologyData { Nodes = [.. Data.Nodes.OrderBy(_ => random.Next())], Edges = [.. Data.Edges.OrderBy(_ => random.Next())] },
    };

    public TopologySnapshot Snapshot() => new(Data, Settings) { Servers = Servers, Neighbours = Neighbours, Deployed = Deployed, Now = Now, Live = Live, ProvenHosts = Proven };

    public IReadOnlyList<TopologyFinding> Findings() => TopologyRules.Check(Snapshot());

    public static string Print(IEnumerable<TopologyFinding> findings) => string.Join('\n', findings.Select(f => JsonSerializer.Serialize(f, JsonSerializerOptions.Web)));

    public static string Brief(IEnumerable<TopologyFinding> findings) => string.Join('\n', findings.Select(f => $"{f.Code} {f.Severity} [{string.Join(',', f.NodeIds)}] {f.Message}"));
}
