using System.Security.Cryptography;
using System.Text;

namespace OCore.Features.Instances;

/// <summary>Passwords as Odoo's passlib context stores them.</summary>
internal static class OdooPassword
{
    private const int Rounds = 600_000;

    /// <summary>Twenty letters and digits without look-alikes.</summary>
    public static string New() => RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 20);

    public static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var hash = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, Rounds, HashAlgorithmName.SHA512, 64);
        return $"$pbkdf2-sha512${Rounds}${Adapted(salt)}${Adapted(hash)}";
    }

    // passlib's "adapted base64": '.' for '+', and no padding.
    private static string Adapted(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '.');
}
