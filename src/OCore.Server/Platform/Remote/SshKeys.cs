using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;

namespace OCore.Platform.Remote;

/// <summary>A key pair of oCore's own, one a server.</summary>
internal sealed record SshKeyPair(string PrivateKeyPem, string PublicKeyLine, string Fingerprint)
{
    public override string ToString() => PublicKeyLine;
}

internal static class SshKeys
{
    private const string Type = "ssh-ed25519";

    public static SshKeyPair GenerateEd25519(string comment)
    {
        if (comment.Any(char.IsControl)) throw Refused.Name(comment, "a comment on one line");
        var seed = RandomNumberGenerator.GetBytes(32);
        var publicKey = new Ed25519PrivateKeyParameters(seed).GeneratePublicKey().GetEncoded();
        var wire = new Blob().Text(Type).Bytes(publicKey).ToArray();
        var key = HostKey.FromWire(wire);
        var pair = new SshKeyPair(Pem(seed, publicKey, wire, comment), $"{key.Line} {comment}".TrimEnd(), key.Fingerprint);
        CryptographicOperations.ZeroMemory(seed);
        return pair;
    }

    // openssh-key-v1, as PROTOCOL.key of OpenSSH has it, without a passphrase: what protects the key at rest is
    // oCore's own encryption.
    private static string Pem(byte[] seed, byte[] publicKey, byte[] wire, string comment)
    {
        var check = RandomNumberGenerator.GetBytes(4);
        var secret = new Blob().Raw(check).Raw(check).Text(Type).Bytes(publicKey).Bytes([.. seed, .. publicKey]).Text(comment);
        for (byte pad = 1; secret.Length % 8 != 0; pad++) secret.Raw([pad]);
        var all = new Blob().Raw("openssh-key-v1\0"u8).Text("none").Text("none").Text("").Number(1).Bytes(wire).Bytes(secret.ToArray());
        return PemEncoding.WriteString("OPENSSH PRIVATE KEY", all.ToArray()).ReplaceLineEndings("\n") + "\n";
    }

    private sealed class Blob
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();

        public int Length => _bytes.WrittenCount;

        public Blob Raw(ReadOnlySpan<byte> bytes)
        {
            _bytes.Write(bytes);
            return this;
        }

        public Blob Number(int value)
        {
            Span<byte> four = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(four, value);
            return Raw(four);
        }

        public Blob Bytes(ReadOnlySpan<byte> bytes) => Number(bytes.Length).Raw(bytes);

        public Blob Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

        public byte[] ToArray() => _bytes.WrittenSpan.ToArray();
    }
}
