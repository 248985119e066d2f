using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OCore.Platform.Tls.Acme;

/// <summary>The account's key, and what it signs (RFC 7515, RFC 7638).</summary>
internal sealed class AcmeKey(ECDsa key) : IDisposable
{
    public static AcmeKey New() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public static AcmeKey FromPem(string pem)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return new AcmeKey(key);
    }

    public string ToPem() => key.ExportPkcs8PrivateKeyPem();

    public JsonObject Jwk
    {
        get
        {
            var point = key.ExportParameters(false).Q;
            // In the order of their names, for the thumbprint is of these bytes.
            return new JsonObject { ["crv"] = "P-256", ["kty"] = "EC", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
        }
    }

    /// <summary>What a challenge has to be answered with.</summary>
    public string Answer(string token) => $"{token}.{Thumbprint}";

    public string Thumbprint => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(Jwk.ToJsonString())));

    /// <param name="header">Protected header without the algorithm.</param>
    /// <param name="payload">Null for a question (POST-as-GET).</param>
    public string Sign(JsonObject header, JsonNode? payload)
    {
        header["alg"] = "ES256";
        var (head, body) = (Encode(header.ToJsonString()), payload is null ? "" : Encode(payload.ToJsonString()));
        var signature = key.SignData(Encoding.ASCII.GetBytes($"{head}.{body}"), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return new JsonObject { ["protected"] = head, ["payload"] = body, ["signature"] = Base64Url.EncodeToString(signature) }.ToJsonString();
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public void Dispose() => key.Dispose();
}
