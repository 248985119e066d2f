using System.Text.Json;
using OCore.Client;
using OCore.Features.Templates;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Http;

namespace OCore.Features.Topologies;

/// <summary>What a drawing has to be to be kept at all. Whether it makes sense is for the rules: a drawing in progress may be wrong.</summary>
internal static class DrawingShape
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = TopologyLimits.Depth };

    public static Problem? Check(TopologyData drawing)
    {
        if (drawing.Nodes.Count > TopologyLimits.Nodes)
            return Problem.Field("topologyData.nodes", $"At most {TopologyLimits.Nodes} nodes can be drawn.");
        if (drawing.Edges.Count > TopologyLimits.Edges)
            return Problem.Field("topologyData.edges", $"At most {TopologyLimits.Edges} edges can be drawn.");
        var (length, ids) = (0, new HashSet<string>());
        for (var i = 0; i < drawing.Nodes.Count; i++)
        {
            var (node, path) = (drawing.Nodes[i], $"topologyData.nodes[{i}]");
            if (node is null)
                return Problem.Field(path, "This is no node.");
            if (!ids.Add(node.Id))
                return Problem.Field($"{path}.id", $"Another node has the id {node.Id}.");
            if (CheckData(node.Data, $"{path}.data") is { } wrong)
                return wrong;
            length += node.Data?.Text.Length ?? 0;
        }
        ids.Clear();
        for (var i = 0; i < drawing.Edges.Count; i++)
        {
            var (edge, path) = (drawing.Edges[i], $"topologyData.edges[{i}]");
            if (edge is null)
                return Problem.Field(path, "This is no edge.");
            if (!ids.Add(edge.Id))
                return Problem.Field($"{path}.id", $"Another edge has the id {edge.Id}.");
            if (CheckData(edge.Data, $"{path}.data") is { } wrong)
                return wrong;
            length += edge.Data?.Text.Length ?? 0;
        }
        return length > TopologyLimits.Drawing ? Problem.Field("topologyData", $"The data of all nodes and edges may have {TopologyLimits.Drawing} characters together.") : null;
    }

    private static Problem? CheckData(RawJson? data, string path)
    {
        if (data is null)
            return null;
        if (data.Text.Length > TopologyLimits.Data)
            return Problem.Field(path, $"It may have {TopologyLimits.Data} characters.");
        try
        {
            using var document = JsonDocument.Parse(data.Text, Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return Problem.Field(path, "It has to be an object.");
            return Secret(document.RootElement) is { } name ? Problem.Field($"{path}{name}", "A drawing is shown to everyone who may view it and is no place for secrets; oCore makes the passwords between nodes itself.", "secret_in_drawing") : null;
        }
        catch (JsonException)
        {
            return Problem.Field(path, $"It may be {TopologyLimits.Depth} levels deep, and have each member once.");
        }
        catch (InvalidOperationException)
        {
            return Problem.Field(path, "It holds text that is none: half of a character.");
        }
    }

    private static string? Secret(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Select(p => IsSecretName(p.Name) && p.Value.ValueKind == JsonValueKind.String ? p.Name : Secret(p.Value) is { } inner ? $"{p.Name}{inner}" : null)
            .Where(n => n is not null).Select(n => "." + n).FirstOrDefault(),
        JsonValueKind.Array => element.EnumerateArray().Select(Secret).FirstOrDefault(n => n is not null),
        JsonValueKind.String when HoldsPassword(element.GetRawText()) => "",
        _ => null,
    };

    // As settings of instances are judged; "secrets" names which nodes share theirs.
    private static bool IsSecretName(string name) => ShapeRules.SecretNames.Contains(name) || OdooSettings.IsSecret(name) && name != "secrets";

    // redis://:password@host, https://key:secret@host.
    private static bool HoldsPassword(string text) =>
        text.Contains("://", StringComparison.Ordinal) && text.Split("://", 2)[1].Split('/', '?', '#')[0].Contains('@', StringComparison.Ordinal);

    /// <summary>The server of each node; null for one that names none.</summary>
    public static IEnumerable<Guid?> ServersOf(TopologyData drawing) => drawing.Nodes.Select(n => new DrawnNode(n).ServerId);
}
