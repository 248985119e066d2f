using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OCore.Platform.Security;

/// <summary>
/// Secrets at rest: AES-256-GCM under the installation's master key, which lives outside the database. The purpose (kind of secret
/// and organization) is authenticated, so a ciphertext moved to another row or tenant does not open.
/// </summary>
internal sealed class SecretBox
{
    private const int NonceBytes = 12, TagBytes = 16;
    private readonly byte[] _key;
    private readonly string _keyId;

    public SecretBox(byte[] key)
    {
        _key = key;
        _keyId = Convert.ToHexStringLower(SHA256.HashData(key).AsSpan(0, 4));
    }

    /// <summary>Reads the master key, or makes one (mode 0600) where the installation is new.</summary>
    /// <exception cref="InvalidDataException">The file is not a master key.</exception>
    public static SecretBox Open(string path)
    {
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            file.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))));
            file.Flush(flushToDisk: true);
        }
        try
        {
            var key = Convert.FromBase64String(File.ReadAllText(path).Trim());
            return key.Length == 32 ? new SecretBox(key) : throw new FormatException();
        }
        catch (FormatException)
        {
            throw new InvalidDataException($"{path} is not a master key of oCore (32 bytes as base64). Restore the file from your backup: without it no stored secret can be read.");
        }
    }

    /// <param name="secret">What to keep.</param>
    /// <param name="kind">The kind of secret, for example <c>server.key</c>.</param>
    /// <param name="owner">The id of the row or organization it belongs to.</param>
    public string Seal(string secret, string kind, Guid owner)
    {
        var plain = Encoding.UTF8.GetBytes(secret);
        var box = new byte[NonceBytes + plain.Length + TagBytes];
        var nonce = box.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(nonce, plain, box.AsSpan(NonceBytes, plain.Length), box.AsSpan(NonceBytes + plain.Length), Purpose(kind, owner));
        return $"v1.{_keyId}.{Convert.ToBase64String(box)}";
    }

    /// <exception cref="CryptographicException">Sealed with another key, for another purpose, or altered. Never answered with an empty value.</exception>
    public string Unseal(string sealedText, string kind, Guid owner)
    {
        var parts = sealedText.Split('.');
        if (parts is not ["v1", var keyId, var text])
            throw new CryptographicException("Not a sealed secret.");
        if (keyId != _keyId)
            throw new CryptographicException($"This secret was sealed with the master key {keyId}; the one in use is {_keyId}.");
        var box = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, box, out var length) || length < NonceBytes + TagBytes)
            throw new CryptographicException("Not a sealed secret.");
        box = box[..length];
        var plain = new byte[box.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(_key, TagBytes);
        aes.Decrypt(box.AsSpan(0, NonceBytes), box.AsSpan(NonceBytes, plain.Length), box.AsSpan(NonceBytes + plain.Length), plain, Purpose(kind, owner));
        return Encoding.UTF8.GetString(plain);
    }

    /// <summary>Whether a text is what <see cref="Seal"/> makes, with whichever key.</summary>
    public static bool IsSealed(string text) => text.Split('.') is ["v1", { Length: 8 }, { Length: >= 40 } box] && System.Buffers.Text.Base64.IsValid(box);

    /// <summary>Which master key it is; says nothing of the key itself.</summary>
    public string KeyId => _keyId;

    /// <summary>A key of its own for one purpose, from the master key: nothing of it has to be kept.</summary>
    public byte[] Derive(string kind, Guid owner, ReadOnlySpan<byte> salt)
    {
        var key = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, key, salt, Purpose(kind, owner));
        return key;
    }

    private static byte[] Purpose(string kind, Guid owner)
    {
        var purpose = new byte[4 + Encoding.UTF8.GetByteCount(kind) + 16];
        BinaryPrimitives.WriteInt32BigEndian(purpose, kind.Length);
        Encoding.UTF8.GetBytes(kind, purpose.AsSpan(4));
        owner.TryWriteBytes(purpose.AsSpan(purpose.Length - 16));
        return purpose;
    }
}
