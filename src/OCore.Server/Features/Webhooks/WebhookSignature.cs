using System.Security.Cryptography;
using System.Text;

namespace OCore.Features.Webhooks;

/// <summary>Signs as https://www.standardwebhooks.com asks: HMAC-SHA256 over id, time and body, so that none of them can be another's.</summary>
internal static class WebhookSignature
{
    private const string Prefix = "whsec_";

    public static string NewSecret() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public static string Of(string secret, string id, long timestamp, string body) =>
        "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret[Prefix.Length..]), Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}")));
}
