using System.Text;
using System.Text.Json;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>Drawings in files. What this version does not know under <c>data</c> stays as it is written.</summary>
internal static class Drawings
{
    /// <summary>An export, or a drawing alone.</summary>
    public static CreateTopology Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("nodes", out _))
                return new CreateTopology { Name = "", TopologyData = document.RootElement.Deserialize(WireJson.Default.TopologyData) };
            return document.RootElement.Deserialize(WireJson.Default.CreateTopology) ?? throw new JsonException("It is empty.");
        }
        catch (JsonException wrong)
        {
            throw new CliException(ExitCode.Usage, $"This is no drawing: {wrong.Message}", "'ocore topology export' writes one.");
        }
    }

    public static CreateTopology Exported(TopologyView view) => new()
    {
        Name = view.Name, Description = view.Description, TopologyData = view.TopologyData,
        HaConfig = new UpdateHaConfig
        {
            LbType = view.HaConfig.LbType, LbServerId = view.HaConfig.LbServerId, FilestoreType = view.HaConfig.FilestoreType,
            RedisEnabled = view.HaConfig.RedisEnabled, RedisServerId = view.HaConfig.RedisServerId, PgFailoverEnabled = view.HaConfig.PgFailoverEnabled,
        },
    };

    /// <summary>A text member of a node's data.</summary>
    public static string? Member(TopologyNode node, string name)
    {
        using var data = JsonDocument.Parse(node.Data?.Text ?? "{}");
        return data.RootElement.ValueKind == JsonValueKind.Object && data.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    public static RawJson Text(string text) => new($"\"{JsonEncodedText.Encode(text)}\"");

    /// <summary><c>NODE.MEMBER=VALUE</c>.</summary>
    public static TopologyChange Change(string typed)
    {
        var at = typed.IndexOf('=', StringComparison.Ordinal);
        var dot = typed.LastIndexOf('.', at);
        if (dot <= 0 || dot == at - 1)
            throw new CliException(ExitCode.Usage, $"'{typed}' is not NODE.MEMBER=VALUE.");
        var value = typed[(at + 1)..];
        return new TopologyChange { Op = TopologyChangeKind.SetNode, Id = typed[..dot], Member = typed[(dot + 1)..at], Value = value.Length == 0 ? null : Value(value) };
    }

    private static RawJson Value(string text)
    {
        try
        {
            using var parsed = JsonDocument.Parse(text);
            return parsed.RootElement.ValueKind == JsonValueKind.Null ? Text(text) : new RawJson(text);
        }
        catch (JsonException)
        {
            return Text(text);
        }
    }

    public static TopologyData With(TopologyData drawing, IEnumerable<TopologyChange> changes)
    {
        var nodes = drawing.Nodes.ToList();
        foreach (var change in changes)
        {
            var at = nodes.FindIndex(n => n.Id == change.Id);
            nodes[at] = nodes[at] with { Data = Set(nodes[at].Data, change.Member!, change.Value) };
        }
        return drawing with { Nodes = nodes };
    }

    public static TopologyData? WithoutServers(TopologyData? drawing) =>
        drawing is null ? null : drawing with { Nodes = [.. drawing.Nodes.Select(n => n with { Data = Set(n.Data, "serverId", null) })] };

    private static RawJson? Set(RawJson? data, string member, RawJson? value)
    {
        using var document = JsonDocument.Parse(data?.Text ?? "{}");
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            return data;
        var text = new StringBuilder("{");
        foreach (var property in document.RootElement.EnumerateObject().Where(p => !p.NameEquals(member)))
            Add(property.Name, property.Value.GetRawText());
        if (value is not null)
            Add(member, value.Text);
        return new RawJson(text.Append('}').ToString());

        void Add(string name, string raw) => text.Append(text.Length > 1 ? "," : "").Append('"').Append(JsonEncodedText.Encode(name)).Append("\":").Append(raw);
    }
}
