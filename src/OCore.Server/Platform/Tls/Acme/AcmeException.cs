using System.Text.Json;

namespace OCore.Platform.Tls.Acme;

/// <summary>A refusal of the certificate authority (RFC 8555, 6.7), with its own words.</summary>
internal sealed class AcmeException(string type, string detail, int status, TimeSpan? retryAfter = null, Exception? inner = null) : Exception(detail, inner)
{
    private const string Prefix = "urn:ietf:params:acme:error:";

    /// <summary>Without the prefix that all of them have: <c>rateLimited</c>, <c>dns</c>.</summary>
    public string Type => type.StartsWith(Prefix, StringComparison.Ordinal) ? type[Prefix.Length..] : type;
    public int Status => status;
    public TimeSpan? RetryAfter => retryAfter;

    public static AcmeException Of(JsonElement problem, int status, TimeSpan? retryAfter)
    {
        var detail = Text(problem, "detail") ?? "The certificate authority gave no reason.";
        // Of several names each has its own reason, which says more than the whole.
        if (problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty("subproblems", out var subs) && subs.ValueKind == JsonValueKind.Array)
            detail = string.Join(" ", new[] { detail }.Concat(subs.EnumerateArray().Select(s => Text(s, "detail")).OfType<string>()));
        return new AcmeException(Text(problem, "type") ?? "unknown", detail, status, retryAfter);
    }

    private static string? Text(JsonElement element, string name) => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
