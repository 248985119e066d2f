using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OCore.Tests.Users;

/// <summary>An authenticator with one P-256 key, as a browser would present it: WebAuthn level 3, without attestation.</summary>
internal sealed class SoftPasskey : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _id = RandomNumberGenerator.GetBytes(32);
    private string? _userHandle;

    public uint Uses { get; set; }
    /// <summary>Whether it verified the person: by finger, face or PIN.</summary>
    public bool Verifies { get; set; } = true;
    public string Id => Base64Url.EncodeToString(_id);

    /// <summary>Answers <c>navigator.credentials.create</c>.</summary>
    public string Create(string optionsJson, string origin, string? rpId = null)
    {
        var options = JsonDocument.Parse(optionsJson).RootElement;
        _userHandle = options.GetProperty("user").GetProperty("id").GetString();
        var client = ClientData("webauthn.create", options, origin);
        var point = _key.ExportParameters(false).Q;
        byte[] cose = [0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20, .. point.X!, 0x22, 0x58, 0x20, .. point.Y!];
        byte[] data = [.. AuthenticatorData(rpId ?? options.GetProperty("rp").GetProperty("id").GetString()!, attested: true), .. new byte[16], 0, 32, .. _id, .. cose];
        byte[] attestation = [0xA3, 0x63, .. "fmt"u8, 0x64, .. "none"u8, 0x67, .. "attStmt"u8, 0xA0, 0x68, .. "authData"u8, 0x58, (byte)data.Length, .. data];
        return JsonSerializer.Serialize(new
        {
            id = Id, rawId = Id, type = "public-key", clientExtensionResults = new { },
            response = new { clientDataJSON = client, attestationObject = Base64Url.EncodeToString(attestation), transports = new[] { "internal" } },
        });
    }

    /// <summary>Answers <c>navigator.credentials.get</c>.</summary>
    public string Get(string optionsJson, string origin, string? rpId = null)
    {
        var options = JsonDocument.Parse(optionsJson).RootElement;
        Uses++;
        var client = ClientData("webauthn.get", options, origin);
        var data = AuthenticatorData(rpId ?? options.GetProperty("rpId").GetString()!, attested: false);
        var signature = _key.SignData([.. data, .. SHA256.HashData(Base64Url.DecodeFromChars(client))], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return JsonSerializer.Serialize(new
        {
            id = Id, rawId = Id, type = "public-key", clientExtensionResults = new { },
            response = new { clientDataJSON = client, authenticatorData = Base64Url.EncodeToString(data), signature = Base64Url.EncodeToString(signature), userHandle = _userHandle },
        });
    }

    public void Dispose() => _key.Dispose();

    private byte[] AuthenticatorData(string rpId, bool attested)
    {
        var flags = (byte)(0x01 | (Verifies ? 0x04 : 0) | (attested ? 0x40 : 0));
        var count = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(count, Uses);
        return [.. SHA256.HashData(Encoding.UTF8.GetBytes(rpId)), flags, .. count];
    }

    private static string ClientData(string type, JsonElement options, string origin) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new { type, challenge = options.GetProperty("challenge").GetString(), origin, crossOrigin = false }));
}
