using System.Text.Json;
using System.Text.Json.Serialization;

namespace OCore.Platform.Http;

/// <summary>
/// PostgreSQL keeps no text with a NUL in it, and programs on servers end their arguments at one: such text is refused where it
/// comes in, with the name of its field.
/// </summary>
internal sealed class TextWithoutNul : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw new JsonException("The JSON value could not be converted to text.");
        return Checked(reader.GetString());
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    // Keys of dictionaries are texts too.
    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Checked(reader.GetString())!;

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(value);

    private static string? Checked(string? text) => text?.Contains('\0') == true ? throw new JsonException("The JSON value could not be converted to text: it contains a NUL.") : text;

    public static Task RefuseInQueryAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Request.QueryString.Value?.Contains("%00", StringComparison.Ordinal) != true)
            return next(http);
        var name = http.Request.Query.FirstOrDefault(q => q.Value.Any(v => v?.Contains('\0') == true)).Key ?? "query";
        return Problem.Field(name, "This value contains a character that no text has.").WriteAsync(http);
    }
}
