using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OCore.Tests.BadInput;

/// <summary>Wrong values for a field, made from what the document says of it.</summary>
internal static class BadValues
{
    /// <summary>Texts that have broken programs: SQL, shells, paths, headers, terminals, formats.</summary>
    public static readonly string[] Hostile =
    [
        "'; DROP TABLE \"Users\"; --", "$(touch /tmp/owned)", "`id`", "-oProxyCommand=id", "--help", "../../etc/passwd", "a\0b", "a\r\nX-Header: b", "\u001b[2J", "{{7*7}}", "%s%n", "<script>alert(1)</script>", "\u202Egpj", "😀", " ",
    ];

    /// <summary>Paths that lead out of their folder, to nowhere in it, or to what is oCore's own there.</summary>
    private static readonly string[] Astray =
    [
        "..", "../../etc/passwd", "mod/../../x", "/etc/passwd", "mod/", "a//b", "a/./b", ".", ".ocore-1234", $"mod/{new string('é', 128)}", string.Join('/', Enumerable.Repeat("a", 41)),
    ];

    /// <summary>
    /// Wrong by what a field means, of which the document says nothing. Nothing but the text itself is needed to tell: it is refused by its name
    /// although no server answers.
    /// </summary>
    public static string[] Unsaid(ApiOperation operation, string name) => (operation.Path, name) switch
    {
        (var path, "path" or "from" or "to") when path.Contains("/files", StringComparison.Ordinal) => Astray,
        (var path, "root") when path.Contains("/files", StringComparison.Ordinal) => ["nobody_knows_this"],
        (var path, "source" or "level" or "before") when path.Contains("/logs", StringComparison.Ordinal) => ["nobody_knows_this"],
        ("/api/servers/{id}/host-key", "fingerprint") => ["sample text", "MD5:00:01", "--help"],
        ("/api/backups/import", "odooVersion") => ["nobody", "1.0"],
        _ => [],
    };

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
            if ((string?)schema["pattern"] is { } pattern)
                foreach (var text in Hostile.Where(t => !Regex.IsMatch(t, pattern)))
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
        else if (type == "array" && (int?)schema["minItems"] is > 0)
            yield return ($"{name} without any", new JsonArray());
        if (type == "array" && (int?)schema["maxItems"] is { } many)
            yield return ($"{name} with too many", new JsonArray([.. Enumerable.Range(0, many + 1).Select(_ => document.Value(name, document.Resolve(schema["items"])))]));
    }

    /// <summary>What is wrong deeper within a value that is right for the rest: fields of objects, items of lists, keys and values of dictionaries.</summary>
    /// <returns>With each the field that has to be named: <c>nodes[0].position.x</c>.</returns>
    public static IEnumerable<(string What, string Field, JsonNode? Value)> Within(ApiDocument document, string name, JsonObject schema) =>
        schema["properties"] is not null ? WithinObject(document, name, schema)
        : schema["items"] is { } items ? WithinList(document, name, document.Resolve(items))
        : schema["additionalProperties"] is JsonObject values ? WithinDictionary(name, document.Resolve(values))
        : [];

    private static IEnumerable<(string What, string Field, JsonNode? Value)> WithinObject(ApiDocument document, string name, JsonObject schema)
    {
        yield return Of("an unknown field", "nobodyKnowsThis", 1);
        foreach (var (field, property, required) in document.Properties(schema))
        {
            if (required)
            {
                var less = document.Sample(schema);
                less.Remove(field);
                yield return ($"{name} without {field}", $"{name}.{field}", less);
            }
            foreach (var (what, value) in Refused(document, field, property, required))
                yield return Of(what, field, value);
            if (IsFreeText(property))
                yield return Of($"{field} with a NUL", field, "a\0b");
            foreach (var (what, deeper, value) in Within(document, field, property))
                yield return Of(what, deeper, value);
        }

        (string, string, JsonNode?) Of(string what, string field, JsonNode? value)
        {
            var sample = document.Sample(schema);
            sample[field.Split('.', '[')[0]] = value;
            return ($"{name}: {what}", $"{name}.{field}", sample);
        }
    }

    private static IEnumerable<(string What, string Field, JsonNode? Value)> WithinList(ApiDocument document, string name, JsonObject items)
    {
        // Those of other values as well as the first: a check may look at one only.
        foreach (var before in new[] { 0, 1 })
        {
            var at = $"{name}[{before}]";
            foreach (var (what, value) in Refused(document, name, items, required: true))
                yield return ($"{at}: {what}", at, List(value));
            if (IsFreeText(items))
                yield return ($"{at} with a NUL", at, List("a\0b"));
            foreach (var (what, field, value) in Within(document, name, items))
                yield return ($"{at}: {what}", $"{at}{field[name.Length..]}", List(value));

            JsonArray List(JsonNode? value) => [.. Enumerable.Range(0, before).Select(_ => document.Value(name, items)), value];
        }

        // Every list of texts is one of names, languages, addresses or ids, none of which looks like these. Which of them, a sentence says.
        if (IsFreeText(items))
            foreach (var text in Hostile.Append(new string('a', 100_000)))
                yield return ($"{name} of {text[..Math.Min(40, text.Length)]}", name, new JsonArray(text));
    }

    private static IEnumerable<(string What, string Field, JsonNode? Value)> WithinDictionary(string name, JsonObject values)
    {
        var key = ApiDocument.Key(name);
        foreach (var wrong in WrongTypes(ApiDocument.TypeOf(values)).Append(null))
            yield return ($"{name} with {wrong?.ToJsonString() ?? "null"}", $"{name}.{key}", new JsonObject { [key] = wrong });
        foreach (var text in Hostile.Append("A=B").Append("\n").Append("").Append(new string('a', 2000)))
        {
            var field = text.Contains('\0') ? name : $"{name}.{text}";
            yield return ($"{name} with the key {text[..Math.Min(40, text.Length)]}", field, new JsonObject { [text] = "\n" });
            yield return ($"{name} with the value {text[..Math.Min(40, text.Length)]}", $"{name}.{key}", new JsonObject { [key] = text });
            yield return ($"{name} with a number at the key {text[..Math.Min(40, text.Length)]}", field, new JsonObject { [text] = 1 });
        }
        yield return ($"{name} with too many", name, new JsonObject(Enumerable.Range(0, 1000).Select(i => KeyValuePair.Create($"{key}{i}", (JsonNode?)"1"))));
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
