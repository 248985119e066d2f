using System.Text.Json.Nodes;

namespace OCore.Tests.BadInput;

/// <summary>Wrong values for a field, made from what the document says of it.</summary>
internal static class BadValues
{
    /// <summary>Texts that have broken programs: SQL, shells, paths, headers, terminals, formats.</summary>
    public static readonly string[] Hostile =
    [
        "'; DROP TABLE \"Users\"; --", "$(touch /tmp/owned)", "`id`", "-oProxyCommand=id", "--help", "../../etc/passwd", "a\0b", "a\r\nX-Header: b", "\u001b[2J", "{{7*7}}", "%s%n", "<script>alert(1)</script>", "\u202Egpj", "😀", " ",
    ];

    /// <summary>Each has to be refused, with the field's name.</summary>
    public static IEnumerable<(string What, JsonNode? Value)> Refused(ApiDocument document, string name, JsonObject schema, bool required)
    {
        var type = ApiDocument.TypeOf(schema);
        foreach (var wrong in WrongTypes(type))
            yield return ($"{name} as {wrong.GetValueKind()}", wrong);
        if (required)
            yield return ($"{name} as null", null);
        if (type == "string" && schema["enum"] is null)
        {
            if ((int?)schema["maxLength"] is { } max)
                yield return ($"{name} too long", new string('a', max + 1));
            if ((int?)schema["minLength"] is { } min && min > 0)
                yield return ($"{name} too short", new string('a', min - 1));
            if ((string?)schema["pattern"] is not null)
                foreach (var text in Hostile)
                    yield return ($"{name} as {text}", text);
            if ((string?)schema["format"] == "uuid")
                yield return ($"{name} as no id", "not-an-id");
            if ((string?)schema["format"] == "date-time")
                yield return ($"{name} as no time", "yesterday");
        }
        else if (type == "string")
            yield return ($"{name} as an unknown word", "nobody_knows_this");
        else if (type is "integer" or "number")
        {
            if ((double?)schema["minimum"] is { } least)
                yield return ($"{name} too small", least - 1);
            if ((double?)schema["maximum"] is { } most)
                yield return ($"{name} too large", most + 1);
            if (type == "integer")
                yield return ($"{name} as a fraction", 1.5);
            yield return ($"{name} beyond any number", JsonNode.Parse("1e400"));
        }
        else if (type == "array" && (int?)schema["maxItems"] is { } many)
            yield return ($"{name} with too many", new JsonArray([.. Enumerable.Range(0, many + 1).Select(_ => document.Value(name, document.Resolve(schema["items"])))]));
    }

    public static bool IsFreeText(JsonObject schema) => ApiDocument.TypeOf(schema) == "string" && schema["pattern"] is null && schema["enum"] is null && schema["format"] is null;

    private static IEnumerable<JsonNode> WrongTypes(string type) => type switch
    {
        "string" => [1, true, new JsonArray(), new JsonObject()],
        "integer" or "number" => ["1", "x", true, new JsonArray(), new JsonObject()],
        "boolean" => [1, "true", new JsonArray()],
        "array" => ["x", 1, new JsonObject()],
        "object" => ["x", 1, new JsonArray()],
        _ => [],
    };
}
