using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Users;

/// <summary>Codes of the authenticator and recovery codes, each of which works once however many requests bring it at the same time.</summary>
internal sealed class SecondFactor(SecretBox secrets, TimeProvider time)
{
    private const int Codes = 10, CodeBytes = 15;

    public string Seal(byte[] seed, User user) => secrets.Seal(Base32.Encode(seed), "user.totp", user.Id);

    /// <summary>Uses up a code, or a recovery code; false where it is wrong or somebody used it.</summary>
    public async Task<bool> UseAsync(OCoreDb db, User user, string? totp, string? recoveryCode, CancellationToken stop) =>
        !string.IsNullOrWhiteSpace(totp) ? await UseTotpAsync(db, user, totp, stop) : recoveryCode is not null && await UseRecoveryCodeAsync(db, user, recoveryCode, stop);

    public async Task<bool> UseTotpAsync(OCoreDb db, User user, string code, CancellationToken stop)
    {
        var seed = Base32.Decode(secrets.Unseal(user.TotpSecret!, "user.totp", user.Id));
        // The database decides between two at the same time.
        return Totp.Match(seed, code, time.GetUtcNow(), user.TotpLastStep) is { } step
            && await db.Users.Where(u => u.Id == user.Id && u.TotpLastStep < step).ExecuteUpdateAsync(s => s.SetProperty(u => u.TotpLastStep, step), stop) == 1;
    }

    private static async Task<bool> UseRecoveryCodeAsync(OCoreDb db, User user, string code, CancellationToken stop)
    {
        var before = user.RecoveryCodeHashes;
        List<string> after = [.. before.Where(h => h != HashOf(code))];
        return after.Count < before.Count
            && await db.Users.Where(u => u.Id == user.Id && u.RecoveryCodeHashes == before).ExecuteUpdateAsync(s => s.SetProperty(u => u.RecoveryCodeHashes, after), stop) == 1;
    }

    /// <summary>New codes in place of those that are left. 120 random bits each, which need no slow hash.</summary>
    public static IReadOnlyList<string> NewRecoveryCodes(User user)
    {
        List<string> codes = [.. Enumerable.Range(0, Codes).Select(_ => string.Join('-', Base32.Encode(RandomNumberGenerator.GetBytes(CodeBytes)).Chunk(4).Select(c => new string(c))))];
        user.RecoveryCodeHashes = [.. codes.Select(HashOf)];
        return codes;
    }

    private static string HashOf(string code) => Convert.ToHexStringLower(Tokens.Hash(string.Concat(code.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit))));
}
