using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OCore.Platform.Mail;

namespace OCore.Features.Users;

/// <summary>
/// Time-based one-time passwords: RFC 6238 with SHA-1, six digits and 30 seconds, which is what every authenticator understands.
/// The step before and the one after are accepted too, for clocks that are not quite right; ASVS 6.5.5 would take the current one
/// only. Identity's own provider is not used: it accepts two steps each way, and one code any number of times.
/// </summary>
internal static class Totp
{
    private const int SecondsPerStep = 30, StepsAround = 1;

    public static byte[] NewSeed() => RandomNumberGenerator.GetBytes(20);

    public static long StepOf(DateTimeOffset at) => at.ToUnixTimeSeconds() / SecondsPerStep;

    /// <summary>The step whose code this is, if it is near now and newer than the last one used; null otherwise.</summary>
    public static long? Match(byte[] seed, string code, DateTimeOffset now, long lastUsed)
    {
        var digits = Encoding.ASCII.GetBytes(code.Replace(" ", "", StringComparison.Ordinal));
        var current = StepOf(now);
        long? match = null;
        for (var step = current - StepsAround; step <= current + StepsAround; step++)
            if (CryptographicOperations.FixedTimeEquals(digits, Encoding.ASCII.GetBytes(Code(seed, step))) && step > lastUsed)
                match ??= step;
        return match;
    }

    public static string Code(byte[] seed, long step)
    {
        Span<byte> counter = stackalloc byte[8], hash = stackalloc byte[20];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
#pragma warning disable CA5350 // RFC 6238 as authenticators have it; HMAC does not need SHA-1 to resist collisions.
        HMACSHA1.HashData(seed, counter, hash);
#pragma warning restore CA5350
        var offset = hash[^1] & 0xf;
        var number = BinaryPrimitives.ReadInt32BigEndian(hash[offset..]) & 0x7fff_ffff;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    public static string UriOf(byte[] seed, string account) =>
        $"otpauth://totp/{Uri.EscapeDataString(Brand.Product)}:{Uri.EscapeDataString(account)}?secret={Base32.Encode(seed)}&issuer={Uri.EscapeDataString(Brand.Product)}&algorithm=SHA1&digits=6&period={SecondsPerStep}";
}

/// <summary>RFC 4648, without padding.</summary>
internal static class Base32
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var (buffer, bits) = (0, 0);
        foreach (var b in bytes)
        {
            buffer = buffer << 8 | b;
            for (bits += 8; bits >= 5; bits -= 5)
                text.Append(Letters[buffer >> bits - 5 & 31]);
            buffer &= (1 << bits) - 1;
        }
        if (bits > 0)
            text.Append(Letters[buffer << 5 - bits & 31]);
        return text.ToString();
    }

    public static byte[] Decode(string text)
    {
        var bytes = new List<byte>();
        var (buffer, bits) = (0, 0);
        foreach (var letter in text)
        {
            buffer = buffer << 5 | Letters.IndexOf(letter, StringComparison.Ordinal);
            bits += 5;
            if (bits >= 8)
                bytes.Add((byte)(buffer >> (bits -= 8)));
            buffer &= (1 << bits) - 1;
        }
        return [.. bytes];
    }
}
