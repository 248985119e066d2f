using System.Text.Json;

namespace OCore.Cli.Output;

/// <summary>JSON as YAML 1.2 for reading: block style, strings quoted where they could be taken for something else.</summary>
internal static class Yaml
{
    public static void Write(TextWriter to, JsonElement json, bool clean = false) => new Writer(to, clean).Root(json);

    private sealed class Writer(TextWriter to, bool clean)
    {
        public void Root(JsonElement json)
        {
            if (IsBlock(json))
                Block(json, 0, startsLine: true);
            else
                to.WriteLine(Scalar(json));
        }

        private void Block(JsonElement json, int depth, bool startsLine)
        {
            if (json.ValueKind == JsonValueKind.Object)
            {
                foreach (var property in json.EnumerateObject())
                {
                    Indent(startsLine ? depth : 0);
                    startsLine = true;
                    to.Write(Quote(property.Name));
                    to.Write(':');
                    Value(property.Value, property.Value.ValueKind == JsonValueKind.Array ? depth : depth + 1);
                }
                return;
            }
            foreach (var item in json.EnumerateArray())
            {
                Indent(startsLine ? depth : 0);
                startsLine = true;
                to.Write('-');
                if (IsBlock(item))
                {
                    to.Write(' ');
                    Block(item, depth + 1, startsLine: false);
                }
                else
                    Value(item, depth + 1);
            }
        }

        private void Value(JsonElement json, int depth)
        {
            if (IsBlock(json))
            {
                to.WriteLine();
                Block(json, depth, startsLine: true);
                return;
            }
            to.Write(' ');
            if (json.ValueKind == JsonValueKind.String && json.GetString()! is var text && IsLiteral(text))
            {
                to.WriteLine(text.EndsWith('\n') ? "|" : "|-");
                foreach (var line in text.TrimEnd('\n').Split('\n'))
                {
                    Indent(line.Length == 0 ? 0 : depth);
                    to.WriteLine(clean ? Words.Clean(line) : line);
                }
            }
            else
                to.WriteLine(Scalar(json));
        }

        private void Indent(int depth) => to.Write(new string(' ', depth * 2));

        private static string Scalar(JsonElement json) => json.ValueKind switch
        {
            JsonValueKind.String => Quote(json.GetString()!),
            JsonValueKind.Object => "{}",
            JsonValueKind.Array => "[]",
            _ => json.GetRawText(),
        };

        private static bool IsBlock(JsonElement json) => json.ValueKind switch
        {
            JsonValueKind.Object => json.EnumerateObject().Any(),
            JsonValueKind.Array => json.GetArrayLength() > 0,
            _ => false,
        };

        /// <summary>Text of several lines reads best as it is, where YAML gives it back unchanged.</summary>
        private static bool IsLiteral(string text) =>
            text.Contains('\n', StringComparison.Ordinal) && !text.EndsWith("\n\n", StringComparison.Ordinal)
            && text[0] is not (' ' or '\t' or '\n') && !text.Any(c => char.IsControl(c) && c is not ('\n' or '\t'));

        private static string Quote(string text) => IsPlain(text) ? text : "\"" + JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping) + "\"";

        private static bool IsPlain(string text) =>
            text.Length > 0
            && (char.IsAsciiLetter(text[0]) || text[0] is '/' or '_')
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '.' or '_' or '-' or '/' or '@' or '+' or ':' or '=')
            && !text.Contains(": ", StringComparison.Ordinal) && !text.EndsWith(':') && !text.EndsWith(' ')
            && text.ToLowerInvariant() is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n");
    }
}
