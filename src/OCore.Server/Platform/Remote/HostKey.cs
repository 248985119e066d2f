using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace OCore.Platform.Remote;

/// <summary>A server's public key. <c>Fingerprint</c> is <c>SHA256:…</c> as ssh-keygen -l prints it.</summary>
internal sealed record HostKey(string Type, string Fingerprint, string PublicKeyBase64)
{
    /// <summary>As it stands in known_hosts after the host's name.</summary>
    public string Line => $"{Type} {PublicKeyBase64}";

    /// <summary>The algorithms with which a server may prove that it has this key.</summary>
    public string Algorithms => Type == "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256" : Type;

    /// <summary>From the key as it is on the wire, which begins with its own type.</summary>
    public static HostKey FromWire(ReadOnlySpan<byte> blob)
    {
        var size = blob.Length < 8 ? 0 : BinaryPrimitives.ReadInt32BigEndian(blob);
        if (size is <= 0 or > 64 || blob.Length <= 4 + size) throw new ArgumentException("This is not an SSH public key.");
        var type = Encoding.ASCII.GetString(blob.Slice(4, size));
        if (!Types.Contains(type)) throw new ArgumentException($"Host keys of type '{type}' are not supported.");
        var fingerprint = "SHA256:" + Convert.ToBase64String(SHA256.HashData(blob)).TrimEnd('=');
        return new HostKey(type, fingerprint, Convert.ToBase64String(blob));
    }

    /// <summary>From <c>ssh-ed25519 AAAA…</c>, with or without a comment.</summary>
    public static HostKey Parse(string line) =>
        TryParse(line, out var key) ? key : throw Refused.Name(line, "an SSH public key");

    public static bool TryParse([NotNullWhen(true)] string? line, [NotNullWhen(true)] out HostKey? key)
    {
        key = null;
        if (line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var type, var base64, ..]) return false;
        try
        {
            var parsed = FromWire(Convert.FromBase64String(base64));
            if (parsed.Type == type) key = parsed;
        }
        catch (Exception wrong) when (wrong is FormatException or ArgumentException)
        {
        }
        return key is not null;
    }

    /// <summary>Best first. DSA and the NIST curves beyond these are not offered by any supported server.</summary>
    internal static readonly IReadOnlyList<string> Types =
        ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];
}
