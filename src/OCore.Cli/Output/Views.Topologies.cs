using OCore.Client;

namespace OCore.Cli.Output;

/// <summary>Topologies: drawings in words.</summary>
internal static partial class Views
{
    public static readonly View<TopologySummary> TopologyRow = new View<TopologySummary>(t => t.Id.ToString())
        .Column("name", t => t.Name)
        .Column("runs", t => t.Running is { } r ? $"{r.Status}, {r.NodesRunning} of {r.Nodes}" : null)
        .Column("nodes", t => Cell.Of(t.Nodes.Select(n => $"{n.Value} {n.Key}")))
        .Column("load balancer", t => Word(t.HaConfig.LbType))
        .Column("filestore", t => Word(t.HaConfig.FilestoreType))
        .Column("redis", t => t.HaConfig.RedisEnabled)
        .Column("fail-over", t => t.HaConfig.PgFailoverEnabled)
        .Column("servers", t => Cell.Of(t.Servers.Select(s => s.Name)))
        .Column("changed", t => t.UpdatedAt);

    public static readonly View<TopologyView> Topology = new View<TopologyView>(t => t.Id.ToString())
        .Column("name", t => t.Name)
        .Field("Id", t => t.Id)
        .Field("Name", t => t.Name)
        .Field("Description", t => t.Description)
        .Field("Load balancer", t => t.HaConfig.LbServerId is { } id ? $"{Word(t.HaConfig.LbType)} on {NameOf(t, id)}" : Word(t.HaConfig.LbType))
        .Field("Filestore", t => Word(t.HaConfig.FilestoreType))
        .Field("Redis", t => t.HaConfig.RedisServerId is { } id ? $"on {NameOf(t, id)}" : t.HaConfig.RedisEnabled ? "yes" : "no")
        .Field("Fail-over", t => t.HaConfig.PgFailoverEnabled)
        .Field("Nodes", t => string.Join('\n', t.TopologyData.Nodes.Select(n => Line(t, n))))
        .Field("Servers", t => Cell.Of(t.Servers.Select(s => s.Name)))
        .Field("Runs", t => t.Deployment is { } d ? $"{Words.Snake(d.Status)}, {d.Nodes.Count(n => n.State == TopologyNodeState.Running)} of {d.Nodes.Count} nodes running" : "no")
        .Field("Version", t => t.Version)
        .Field("Created", t => t.CreatedAt)
        .Field("Changed", t => t.UpdatedAt);

    public static readonly View<TopologyBlueprint> TopologyBlueprint = new View<TopologyBlueprint>(b => b.Key)
        .Column("key", b => b.Key)
        .Column("name", b => b.Name)
        .Column("places", b => Cell.Of(b.Places))
        .Column("description", b => b.Description);

    public static readonly View<HaConfigView> HaConfig = new View<HaConfigView>(h => Word(h.HaConfig.LbType))
        .Field("Load balancer", h => Word(h.HaConfig.LbType))
        .Field("Its server", h => h.HaConfig.LbServerId)
        .Field("Filestore", h => Word(h.HaConfig.FilestoreType))
        .Field("Redis", h => h.HaConfig.RedisEnabled)
        .Field("Its server", h => h.HaConfig.RedisServerId)
        .Field("Fail-over", h => h.HaConfig.PgFailoverEnabled)
        .Field("Proposal", h => h.Proposal.Changes.Count == 0 ? h.Proposal.Title : $"{h.Proposal.Title} (--draw does it)")
        .Field("Conflicts", h => new Cell(string.Join('\n', h.Conflicts.Select(c => $"{c.Field}: {c.Message}")), Tone.Warn));

    public static readonly View<TopologyFinding> TopologyFinding = new View<TopologyFinding>(f => f.Code)
        .Column("code", f => f.Code)
        .Column("severity", f => new Cell(Word(f.Severity), f.Severity switch { FindingSeverity.Error => Tone.Bad, FindingSeverity.Warning => Tone.Warn, _ => Tone.Dim }))
        .Column("nodes", f => Cell.Of(f.NodeIds))
        .Column("message", f => f.Message)
        .Column("fix", f => f.Fix.Changes.Count > 0 ? $"{f.Fix.Title} (--fix {f.Code})" : f.Fix.Title);

    public static readonly View<PlanAction> PlanAction = new View<PlanAction>(a => a.NodeId)
        .Column("node", a => a.NodeId)
        .Column("action", a => new Cell(Word(a.Action), a.Action switch { PlanActionKind.Create => Tone.Good, PlanActionKind.Destroy => Tone.Bad, PlanActionKind.Keep => Tone.Dim, _ => Tone.Warn }))
        .Column("server", a => a.Server?.Name)
        .Column("what", a => a.Action is PlanActionKind.Change or PlanActionKind.Replace ? $"{a.Message} {string.Join(", ", a.Changes.Select(c => $"{c.Setting}: {c.Before ?? "none"} → {c.After ?? "none"}"))}".Trim() : a.Message)
        .Column("downtime", a => a.Downtime)
        .Column("data", a => new Cell(a.DataRisk, Tone.Bad));

    public static readonly View<TopologyPlanView> TopologyPlan = new View<TopologyPlanView>(p => p.Hash)
        .Column("plan", p => p.Hash)
        .Column("kind", p => Word(p.Kind))
        .Column("actions", p => string.Join(", ", p.Actions.CountBy(a => a.Action).OrderBy(a => a.Key).Select(a => $"{a.Value} {Word(a.Key)}")))
        .Column("downtime", p => p.Downtime)
        .Column("data risk", p => p.DataRisk)
        .Column("made", p => p.CreatedAt);

    public static readonly View<TopologyNodeStatus> TopologyNodeStatus = new View<TopologyNodeStatus>(n => n.NodeId)
        .Column("node", n => n.NodeId)
        .Column("type", n => n.Type)
        .Column("server", n => n.Server?.Name)
        .Column("state", n => new Cell(Word(n.State), n.State switch { TopologyNodeState.Running => Tone.Good, TopologyNodeState.Failed or TopologyNodeState.Missing => Tone.Bad, _ => Tone.Warn }))
        .Column("role", n => n.Role)
        .Column("figures", n => Cell.Of(n.Figures.Select(f => $"{f.Key} {f.Value}")))
        .Column("message", n => n.Message)
        .Column("differs", n => new Cell(string.Join(" ", n.Drift.Select(d => d.Message)), Tone.Warn))
        .Column("measured", n => n.MeasuredAt);

    public static readonly View<InstanceTopologyView> InstanceTopology = new View<InstanceTopologyView>(t => Word(t.Health))
        .Field("health", t => Word(t.Health))
        .Field("nodes", t => string.Join("\n", t.Nodes.Select(n => $"{n.Status.Label} ({n.Status.Type}){(n.Status.Server is { } s ? $" on {s.Name}" : "")}: {Word(n.Status.State)}{Uses(t, n.Status.NodeId)}")));

    private static string Uses(InstanceTopologyView topology, string node) =>
        topology.Edges.Where(e => e.Source == node).Select(e => e.Target).ToList() is { Count: > 0 } uses ? " → " + string.Join(", ", uses) : "";

    public static readonly View<TopologyCredentialView> TopologyCredential = new View<TopologyCredentialView>(c => c.Name)
        .Column("name", c => c.Name)
        .Column("access key", c => c.AccessKey);

    private static string Word<T>(T value) where T : struct, Enum => value.ToString() == "None" ? "none" : Words.Snake(value.ToString());

    private static string NameOf(TopologyView topology, Guid server) => topology.Servers.FirstOrDefault(s => s.Id == server)?.Name ?? server.ToString();

    private static string Line(TopologyView topology, TopologyNode node)
    {
        var server = Commands.Drawings.Member(node, "serverId") is { } id && Guid.TryParse(id, out var parsed) ? $" on {NameOf(topology, parsed)}" : "";
        var uses = topology.TopologyData.Edges.Where(e => e.Source == node.Id).Select(e => e.Target).ToList();
        return $"{node.Id} ({node.Type}){server}{(uses.Count == 0 ? "" : " → " + string.Join(", ", uses))}";
    }
}
