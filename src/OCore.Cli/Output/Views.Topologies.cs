using OCore.Client;

namespace OCore.Cli.Output;

/// <summary>Topologies: drawings in words.</summary>
internal static partial class Views
{
    public static readonly View<TopologySummary> TopologyRow = new View<TopologySummary>(t => t.Id.ToString())
        .Column("name", t => t.Name)
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

    private static string Word<T>(T value) where T : struct, Enum => value.ToString() == "None" ? "none" : Words.Snake(value.ToString());

    private static string NameOf(TopologyView topology, Guid server) => topology.Servers.FirstOrDefault(s => s.Id == server)?.Name ?? server.ToString();

    private static string Line(TopologyView topology, TopologyNode node)
    {
        var server = Commands.Drawings.Member(node, "serverId") is { } id && Guid.TryParse(id, out var parsed) ? $" on {NameOf(topology, parsed)}" : "";
        var uses = topology.TopologyData.Edges.Where(e => e.Source == node.Id).Select(e => e.Target).ToList();
        return $"{node.Id} ({node.Type}){server}{(uses.Count == 0 ? "" : " → " + string.Join(", ", uses))}";
    }
}
