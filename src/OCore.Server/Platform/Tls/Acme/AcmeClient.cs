using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OCore.Platform.Tls.Acme;

/// <summary>What the certificate authority answered.</summary>
internal sealed record AcmeAnswer(JsonElement Body, string Text, string? Location, TimeSpan? RetryAfter)
{
    public string Status => Body.GetProperty("status").GetString()!;
    public string At(string name) => Body.GetProperty(name).GetString()!;
}

/// <summary>
/// Speaks RFC 8555 with one certificate authority as one account: directory, nonces, signed requests, problems. It holds no state that
/// matters; orders and keys are the caller's to keep.
/// </summary>
internal sealed class AcmeClient(HttpClient http, Uri directory, AcmeKey key)
{
    private const int MaxNonceRetries = 10, MaxAnswer = 1024 * 1024;
    private JsonElement? _directory;
    private string? _nonce;

    /// <summary>What the certificate authority calls this account; null before it is known.</summary>
    public string? Account { get; set; }

    /// <summary>Makes the account, or finds it again by its key.</summary>
    public async Task<string> RegisterAsync(string? contact, bool termsAgreed, CancellationToken stop)
    {
        var meta = (await DirectoryAsync(stop)).TryGetProperty("meta", out var m) ? m : default;
        if (!termsAgreed && meta.ValueKind == JsonValueKind.Object && meta.TryGetProperty("termsOfService", out var terms))
            throw new AcmeException("termsNotAgreed", $"The certificate authority's terms have to be agreed to: read {terms.GetString()}, then set OCORE_ACME_TERMS=agreed.", 0);
        var request = new JsonObject { ["termsOfServiceAgreed"] = termsAgreed };
        if (contact is not null)
            request["contact"] = new JsonArray($"mailto:{contact}");
        Account = null;
        var answer = await PostAsync(await UrlAsync("newAccount", stop), request, stop);
        return Account = answer.Location ?? throw Malformed("The certificate authority did not name the account.");
    }

    /// <summary>The names by which CAA records speak of this certificate authority; none where it does not say.</summary>
    public async Task<IReadOnlyList<string>> CaaIdentitiesAsync(CancellationToken stop) =>
        (await DirectoryAsync(stop)).TryGetProperty("meta", out var meta) && meta.ValueKind == JsonValueKind.Object && meta.TryGetProperty("caaIdentities", out var names) && names.ValueKind == JsonValueKind.Array
            ? [.. names.EnumerateArray().Where(n => n.ValueKind == JsonValueKind.String).Select(n => n.GetString()!)] : [];

    public async Task<AcmeAnswer> NewOrderAsync(string host, CancellationToken stop) =>
        await PostAsync(await UrlAsync("newOrder", stop), new JsonObject { ["identifiers"] = new JsonArray(new JsonObject { ["type"] = "dns", ["value"] = host }) }, stop);

    /// <summary>Reads an order, an authorization or a chain.</summary>
    public Task<AcmeAnswer> GetAsync(string url, CancellationToken stop) => PostAsync(url, null, stop);

    /// <summary>Says that the challenge can be asked for.</summary>
    public Task<AcmeAnswer> ReadyAsync(string challengeUrl, CancellationToken stop) => PostAsync(challengeUrl, new JsonObject(), stop);

    public Task<AcmeAnswer> FinalizeAsync(string url, byte[] request, CancellationToken stop) => PostAsync(url, new JsonObject { ["csr"] = Base64Url.EncodeToString(request) }, stop);

    private async Task<AcmeAnswer> PostAsync(string url, JsonNode? payload, CancellationToken stop)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await PostOnceAsync(url, payload, stop);
            }
            // A nonce may be refused at any time; the refusal brings the next.
            catch (AcmeException e) when (e.Type == "badNonce" && attempt < MaxNonceRetries)
            {
            }
        }
    }

    private async Task<AcmeAnswer> PostOnceAsync(string url, JsonNode? payload, CancellationToken stop)
    {
        var header = new JsonObject { ["nonce"] = await NonceAsync(stop), ["url"] = url };
        if (Account is null)
            header["jwk"] = key.Jwk;
        else
            header["kid"] = Account;
        using var content = new StringContent(key.Sign(header, payload?.DeepClone()), Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/jose+json");
        using var response = await http.PostAsync(url, content, stop);
        Remember(response);
        return await ReadAsync(response, stop);
    }

    private async Task<string> NonceAsync(CancellationToken stop)
    {
        if (Interlocked.Exchange(ref _nonce, null) is { } kept)
            return kept;
        using var request = new HttpRequestMessage(HttpMethod.Head, await UrlAsync("newNonce", stop));
        using var response = await http.SendAsync(request, stop);
        Remember(response);
        return Interlocked.Exchange(ref _nonce, null) ?? throw Malformed("The certificate authority gave no nonce.");
    }

    private async Task<string> UrlAsync(string name, CancellationToken stop) =>
        (await DirectoryAsync(stop)).TryGetProperty(name, out var url) ? url.GetString()! : throw Malformed($"The certificate authority's directory has no {name}.");

    private async Task<JsonElement> DirectoryAsync(CancellationToken stop)
    {
        if (_directory is { } known)
            return known;
        using var response = await http.GetAsync(directory, stop);
        var read = (await ReadAsync(response, stop)).Body;
        _directory = read;
        return read;
    }

    private void Remember(HttpResponseMessage response)
    {
        if (response.Headers.TryGetValues("Replay-Nonce", out var values))
            _nonce = values.First();
    }

    private static async Task<AcmeAnswer> ReadAsync(HttpResponseMessage response, CancellationToken stop)
    {
        var text = await response.Content.ReadAsStringAsync(stop);
        var retry = response.Headers.RetryAfter is { } r ? r.Delta ?? (r.Date is { } date && response.Headers.Date is { } now ? date - now : null) : null;
        var isJson = response.Content.Headers.ContentType?.MediaType is { } type && type.EndsWith("json", StringComparison.OrdinalIgnoreCase);
        JsonElement body = default;
        if (isJson && text.Length is > 0 and < MaxAnswer)
            try
            {
                body = JsonDocument.Parse(text).RootElement.Clone();
            }
            catch (JsonException)
            {
                isJson = false;
            }
        if (!response.IsSuccessStatusCode)
            throw isJson && body.ValueKind == JsonValueKind.Object ? AcmeException.Of(body, (int)response.StatusCode, retry)
                : new AcmeException("unavailable", $"The certificate authority answered {(int)response.StatusCode}.", (int)response.StatusCode, retry);
        return new AcmeAnswer(body, text, response.Headers.Location?.OriginalString, retry);
    }

    private static AcmeException Malformed(string message) => new("unexpectedAnswer", message, 0);
}
