using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OCore.Platform.Security;

/// <summary>Secrets that are references: random, shown once, kept as SHA-256.</summary>
internal static class Tokens
{
    public const string ApiKeyPrefix = "ocore_";

    /// <summary>256 random bits.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static string NewApiKey() => ApiKeyPrefix + New();

    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
