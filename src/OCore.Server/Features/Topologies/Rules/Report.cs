using System.Text.Json;
using OCore.Client;

namespace OCore.Features.Topologies.Rules;

/// <summary>Where the rules write what they find, and how they say what would mend it.</summary>
internal sealed class Report
{
    // The hints of the documentation's troubleshooting section, word for word.
    public const string ServersHint = "Check that all referenced servers are in active status";
    public const string NetworkHint = "Verify network connectivity between topology nodes";
    public const string ConfigHint = "Ensure load balancer and Redis server configurations are valid";

    private readonly List<TopologyFinding> _findings = [];

    /// <summary>In the order of the codes, then of severity, then of the nodes: equal drawings, in whatever order, give equal lists.</summary>
    public IReadOnlyList<TopologyFinding> Findings =>
    [
        .. _findings.OrderBy(f => TopologyRules.PlaceOf(f.Code)).ThenBy(f => f.Severity).ThenBy(f => string.Join('\n', f.NodeIds), StringComparer.Ordinal)
            .ThenBy(f => string.Join('\n', f.EdgeIds), StringComparer.Ordinal).ThenBy(f => f.Message, StringComparer.Ordinal),
    ];

    public void Error(string code, IEnumerable<DrawnNode> nodes, string message, TopologyFix fix, string? hint = null, IEnumerable<TopologyEdge>? edges = null) => Add(code, FindingSeverity.Error, nodes, message, fix, hint, edges);
    public void Warn(string code, IEnumerable<DrawnNode> nodes, string message, TopologyFix fix, string? hint = null, IEnumerable<TopologyEdge>? edges = null) => Add(code, FindingSeverity.Warning, nodes, message, fix, hint, edges);
    public void Info(string code, IEnumerable<DrawnNode> nodes, string message, TopologyFix fix) => Add(code, FindingSeverity.Info, nodes, message, fix, null, null);

    private void Add(string code, FindingSeverity severity, IEnumerable<DrawnNode> nodes, string message, TopologyFix fix, string? hint, IEnumerable<TopologyEdge>? edges) => _findings.Add(new TopologyFinding
    {
        Code = code, Severity = severity, Message = message, Hint = hint, Fix = fix,
        NodeIds = [.. nodes.Select(n => n.Id).Distinct().Order(StringComparer.Ordinal)],
        EdgeIds = [.. (edges ?? []).Select(e => e.Id).Distinct().Order(StringComparer.Ordinal)],
    });
}

/// <summary>Fixes in short.</summary>
internal static class Fix
{
    public static TopologyFix Words(string title) => new() { Title = title, Changes = [] };

    public static TopologyFix Of(string title, params IEnumerable<TopologyChange> changes) => new() { Title = title, Changes = [.. changes] };

    public static TopologyChange Set(DrawnNode node, string member, object? value) => new() { Op = TopologyChangeKind.SetNode, Id = node.Id, Member = member, Value = Raw(value) };

    public static TopologyChange Ha(string member, object? value) => new() { Op = TopologyChangeKind.SetHa, Member = member, Value = Raw(value) };

    public static TopologyChange RemoveEdge(TopologyEdge edge) => new() { Op = TopologyChangeKind.RemoveEdge, Id = edge.Id };

    public static TopologyChange RemoveNode(string id) => new() { Op = TopologyChangeKind.RemoveNode, Id = id };

    public static TopologyChange Edge(string from, string to) => new() { Op = TopologyChangeKind.AddEdge, Edge = new TopologyEdge { Id = Shortened($"{from}-{to}"), Source = from, Target = to } };

    public static TopologyChange Node(string id, NodeType type, params (string Member, object? Value)[] data) => new()
    {
        Op = TopologyChangeKind.AddNode,
        Node = new TopologyNode { Id = id, Type = NodeMembers.Word(type), Data = new RawJson(JsonSerializer.Serialize(data.Where(d => d.Value is not null).ToDictionary(d => d.Member, d => d.Value))) },
    };

    /// <summary>An edge from each of these that has none yet.</summary>
    public static IEnumerable<TopologyChange> Edges(TopologySnapshot topology, IEnumerable<DrawnNode> sources, IEnumerable<DrawnNode> targets) =>
        from source in sources from target in targets where source.Id != target.Id && !topology.Joined(source, target) select Edge(source.Id, target.Id);

    /// <summary>These are led to the backup that is drawn; where none is, one in a bucket is drawn for everything that is to be kept.</summary>
    public static TopologyFix BackUp(TopologySnapshot topology, IEnumerable<DrawnNode> left)
    {
        if (topology.Of(NodeType.Backup) is [var drawn, ..])
            return Of($"Back {(left.Take(2).Count() > 1 ? "them" : "it")} up by {drawn.Label}.", Edges(topology, left, [drawn]));
        var (id, bucket) = (NewId(topology, "backup"), NewId(topology, "backups"));
        return Of("Add a backup in a bucket.",
            [Node(id, NodeType.Backup, ("label", "Backup")), Node(bucket, NodeType.S3, ("label", "Bucket for backups")), Edge(id, bucket), .. topology.Postgres.Concat(topology.Of(NodeType.Filestore)).Select(n => Edge(n.Id, id))]);
    }

    /// <summary>An id that no node has: <c>redis</c>, then <c>redis-2</c>.</summary>
    public static string NewId(TopologySnapshot topology, string stem, params string[] taken)
    {
        var ids = topology.Nodes.Select(n => n.Id).Concat(taken).ToHashSet();
        return ids.Contains(stem) ? Enumerable.Range(2, ids.Count + 1).Select(n => $"{stem}-{n}").First(id => !ids.Contains(id)) : stem;
    }

    private static string Shortened(string id) => id.Length <= 100 ? id : id[..83] + "-" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(id)))[..16];

    private static RawJson? Raw(object? value) => value is null ? null : new RawJson(JsonSerializer.Serialize(value));
}

internal static class Sentence
{
    /// <summary>"a", "a and b", "a, b and c".</summary>
    public static string And(IEnumerable<string> words) => words.Distinct().Order(StringComparer.Ordinal).ToList() switch
    {
        [] => "none",
        [var one] => one,
        [.. var most, var last] => $"{string.Join(", ", most)} and {last}",
    };

    public static string Labels(IEnumerable<DrawnNode> nodes) => And(nodes.Select(n => n.Label));
}
