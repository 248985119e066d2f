using System.Text.Json;
using System.Text.Json.Serialization;

namespace OCore.Client;

/// <summary>A JSON object that is kept as it was written: what oCore does not know of it comes back byte for byte.</summary>
[JsonConverter(typeof(RawJsonConverter))]
public sealed record RawJson(string Text)
{
    public static readonly RawJson Empty = new("{}");

    public override string ToString() => Text;
}

/// <summary>Strings and numbers keep the form in which they were sent; the serializer's own values would be written anew.</summary>
public sealed class RawJsonConverter : JsonConverter<RawJson>
{
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return new RawJson(JsonElement.ParseValue(ref reader).GetRawText());
        }
        catch (InvalidOperationException broken)
        {
            // Bytes that are no UTF-8.
            throw new JsonException("The text cannot be read.", broken);
        }
    }

    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) => writer.WriteRawValue(value.Text);
}
