using System.Text;
using System.Text.Json;
using OCore.Client;
using OCore.Platform.Http;

namespace OCore.Features.Topologies;

/// <summary>Changes as fixes and proposals give them, made to a drawing and its settings. Pure: nothing is kept where one does not fit.</summary>
internal static class TopologyChanges
{
    public static (TopologyData Drawing, HaConfig Ha, Problem? Problem) Apply(TopologyData drawing, HaConfig ha, IReadOnlyList<TopologyChange> changes)
    {
        var (nodes, edges) = (drawing.Nodes.ToList(), drawing.Edges.ToList());
        for (var i = 0; i < changes.Count; i++)
            if (Apply(changes[i], nodes, edges, ref ha) is { } why)
                return (drawing, ha, TopologyProblems.ChangeDoesNotFit(i, why));
        return (new TopologyData { Nodes = nodes, Edges = edges }, ha, null);
    }

    private static string? Apply(TopologyChange? change, List<TopologyNode> nodes, List<TopologyEdge> edges, ref HaConfig ha)
    {
        switch (change?.Op)
        {
            case TopologyChangeKind.AddNode when change.Node is { } node:
                if (nodes.Exists(n => n.Id == node.Id))
                    return $"There is a node {node.Id} already.";
                nodes.Add(node);
                return null;
            case TopologyChangeKind.RemoveNode when change.Id is { } id:
                if (nodes.RemoveAll(n => n.Id == id) == 0)
                    return $"There is no node {id}.";
                edges.RemoveAll(e => e.Source == id || e.Target == id);
                return null;
            case TopologyChangeKind.SetNode when change is { Id: { } id, Member: { } member }:
                var at = nodes.FindIndex(n => n.Id == id);
                if (at < 0)
                    return $"There is no node {id}.";
                if (With(nodes[at].Data ?? RawJson.Empty, member, change.Value) is not { } data)
                    return $"The data of {id} is no object.";
                nodes[at] = nodes[at] with { Data = data };
                return null;
            case TopologyChangeKind.AddEdge when change.Edge is { } edge:
                if (edges.Exists(e => e.Id == edge.Id))
                    return $"There is an edge {edge.Id} already.";
                edges.Add(edge);
                return null;
            case TopologyChangeKind.RemoveEdge when change.Id is { } id:
                return edges.RemoveAll(e => e.Id == id) == 0 ? $"There is no edge {id}." : null;
            case TopologyChangeKind.SetHa when change.Member is { } member:
                return SetHa(member, change.Value, ref ha);
            default:
                return change is null ? "This is no change." : $"{WireWord.Of(change.Op)} lacks what it is about.";
        }
    }

    /// <summary>The object with this member set, or taken out. All others keep the bytes they had.</summary>
    private static RawJson? With(RawJson data, string member, RawJson? value)
    {
        using var document = JsonDocument.Parse(data.Text);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            return null;
        var (text, set) = (new StringBuilder("{"), value is null);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            var same = property.NameEquals(member);
            if (same && value is null)
                continue;
            Add(property.Name, same ? value!.Text : property.Value.GetRawText());
            set |= same;
        }
        if (!set)
            Add(member, value!.Text);
        return new RawJson(text.Append('}').ToString());

        void Add(string name, string raw) => text.Append(text.Length > 1 ? "," : "").Append(JsonSerializer.Serialize(name)).Append(':').Append(raw);
    }

    private static string? SetHa(string member, RawJson? value, ref HaConfig ha)
    {
        if (member is not ("lbType" or "lbServerId" or "filestoreType" or "redisEnabled" or "redisServerId" or "pgFailoverEnabled"))
            return $"{member} is no setting.";
        if (value is null)
        {
            ha = member switch
            {
                "lbType" => ha with { LbType = LoadBalancerType.None }, "lbServerId" => ha with { LbServerId = null }, "filestoreType" => ha with { FilestoreType = FilestoreType.Local },
                "redisEnabled" => ha with { RedisEnabled = false }, "redisServerId" => ha with { RedisServerId = null }, _ => ha with { PgFailoverEnabled = false },
            };
            return null;
        }
        try
        {
            ha = ha.With(JsonSerializer.Deserialize($"{{\"{member}\":{value.Text}}}", WireJson.Default.UpdateHaConfig));
            return null;
        }
        catch (JsonException)
        {
            return $"{member} cannot be {value.Text}.";
        }
    }
}
