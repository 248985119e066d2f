using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OCore.Tests;

/// <summary>One operation of the OpenAPI document, as far as tests made from it need to know it.</summary>
internal sealed record ApiOperation(string Id, string Verb, string Path, IReadOnlyList<ApiParameter> Parameters, JsonObject? Body, IReadOnlyList<string> RawBodies, bool BodyRequired, bool IsList)
{
    public override string ToString() => $"{Verb} {Path}";

    /// <summary>The path with each parameter's value put in, by the segment before it: <c>servers</c>, <c>from-instance</c>.</summary>
    public string Url(Func<string, string> valueAfter) =>
        Regex.Replace(Path, @"/([a-z-]+)/\{[^}]+\}", m => $"/{m.Groups[1].Value}/{valueAfter(m.Groups[1].Value)}");

    public bool NamesAnObject => Path.Contains('{', StringComparison.Ordinal);
}

internal sealed record ApiParameter(string Name, string In, JsonObject Schema);

/// <summary>The document the server serves, read back: a new endpoint is in every test that is made from it.</summary>
internal sealed class ApiDocument
{
    private readonly JsonNode _root;

    private ApiDocument(JsonNode root) => _root = root;

    public static async Task<ApiDocument> OfAsync(TestApp app) => new(JsonNode.Parse(await app.Anonymous.GetStringAsync("/openapi/v1.json"))!);

    public IEnumerable<ApiOperation> Operations =>
        from path in _root["paths"]!.AsObject()
        from verb in path.Value!.AsObject()
        where verb.Key is "get" or "post" or "put" or "delete" or "patch"
        let operation = verb.Value!
        let body = operation["requestBody"]
        orderby path.Key, verb.Key
        select new ApiOperation(
            (string)operation["operationId"]!, verb.Key.ToUpperInvariant(), path.Key,
            [.. (operation["parameters"]?.AsArray() ?? []).Select(Resolve).Select(p => new ApiParameter((string)p["name"]!, (string)p["in"]!, Resolve(p["schema"])))],
            body?["content"]?["application/json"]?["schema"] is { } schema ? Resolve(schema) : null,
            [.. (body?["content"]?.AsObject() ?? []).Select(c => c.Key).Where(type => type != "application/json")], (bool?)body?["required"] ?? false,
            ((string?)operation["responses"]?["200"]?["content"]?["application/json"]?["schema"]?["$ref"])?.StartsWith("#/components/schemas/PageOf", StringComparison.Ordinal) == true);

    /// <summary>Follows references; of a choice with null, the other.</summary>
    public JsonObject Resolve(JsonNode? schema)
    {
        if (schema is not JsonObject found)
            return [];
        if ((string?)found["$ref"] is { } reference)
            return Resolve(reference.Split('/').Skip(1).Aggregate((JsonNode?)_root, (node, part) => node?[part]));
        if ((found["oneOf"] ?? found["anyOf"]) is JsonArray choices)
            return Resolve(choices.FirstOrDefault(c => (string?)c!["type"] != "null"));
        return found;
    }

    public IEnumerable<(string Name, JsonObject Schema, bool Required)> Properties(JsonObject schema)
    {
        var required = (schema["required"]?.AsArray() ?? []).Select(r => (string)r!).ToHashSet();
        foreach (var (name, property) in schema["properties"]?.AsObject() ?? [])
            yield return (name, Merge(property), required.Contains(name));
    }

    // The rules may stand beside a reference or a choice.
    private JsonObject Merge(JsonNode? property)
    {
        var merged = (JsonObject)Resolve(property).DeepClone();
        foreach (var (key, value) in property?.AsObject() ?? [])
            if (key is not ("$ref" or "oneOf" or "anyOf" or "type"))
                merged[key] = value?.DeepClone();
        return merged;
    }

    public static string TypeOf(JsonObject schema) => schema["type"] switch
    {
        JsonArray types => types.Select(t => (string)t!).FirstOrDefault(t => t != "null") ?? "",
        JsonValue one => (string)one!,
        _ => schema["enum"] is not null ? "string" : schema["properties"] is not null ? "object" : "",
    };

    /// <summary>A body with everything that is required, and valid.</summary>
    public JsonObject Sample(JsonObject schema) =>
        new(Properties(schema).Where(p => p.Required).Select(p => KeyValuePair.Create(p.Name, Value(p.Name, p.Schema))));

    public JsonNode? Value(string name, JsonObject schema) => TypeOf(schema) switch
    {
        "integer" or "number" => JsonValue.Create((int)Math.Max(1, Math.Ceiling((double?)schema["minimum"] ?? 1))),
        "boolean" => JsonValue.Create(true),
        "array" => new JsonArray(Value(name, Resolve(schema["items"]))),
        "object" => schema["properties"] is null ? new JsonObject() : Sample(schema),
        _ when schema["enum"] is JsonArray words => words[0]!.DeepClone(),
        _ => JsonValue.Create(Text(name, schema)),
    };

    /// <summary>A key that a dictionary takes, with whose value alone there can be something wrong.</summary>
    public static string Key(string name) => name switch
    {
        "config" => "workers",
        "defaultEnvVars" or "envVars" or "overrides" => "WORKERS",
        _ => throw new InvalidOperationException($"Say in ApiDocument what a good key of \"{name}\" is."),
    };

    private static string Text(string name, JsonObject schema)
    {
        var text = (string?)schema["format"] switch
        {
            "uuid" => Guid.CreateVersion7().ToString(),
            "date-time" => "2030-01-01T00:00:00Z",
            "email" => "someone@people.example",
            _ => name switch
            {
                "email" => "someone@people.example",
                "slug" => "sample",
                "odooVersion" => "18.0",
                "odooEdition" => "ce",
                "host" or "domain" or "baseDomain" => "host.example.com",
                "user" => "deploy",
                "database" => "sample",
                "name" when (string?)schema["pattern"] is not null => "sample",
                "subject" => "instance",
                // Of a drawing.
                "id" or "source" or "target" when (string?)schema["pattern"] is not null => "sample",
                "type" when (string?)schema["pattern"] is not null => "odoo",
                "metric" => "cpu",
                "when" => "above",
                "branch" => "main",
                "endpoint" => "https://s3.example.com",
                "bucket" => "backups",
                "cron" => "30 2 * * *",
                "image" => "odoo:18.0",
                "url" or "gitUrl" => "https://git.example.com/a.git",
                "permissions" or "scopes" => "view:servers",
                "features" => "agency",
                "install" or "update" or "moduleList" => "sale",
                "languages" => "fr_FR",
                "totp" or "code" => "123456",
                _ => "sample text",
            },
        };
        text = text.PadRight((int?)schema["minLength"] ?? 0, 'x');
        if ((string?)schema["pattern"] is { } pattern && !Regex.IsMatch(text, pattern))
            throw new InvalidOperationException($"Say in ApiDocument what a good \"{name}\" is: \"{text}\" does not match {pattern}.");
        return text;
    }

    public static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
