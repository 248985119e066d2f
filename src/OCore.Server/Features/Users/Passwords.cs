using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using OCore.Platform.Http;
using OCore.Platform.Mail;
using OCore.Platform.Security;

namespace OCore.Features.Users;

/// <summary>
/// Passwords: hashed slowly, long enough, and not among those that are tried first. No rules of composition and no expiry, as NIST
/// SP 800-63B and OWASP's ASVS advise.
/// </summary>
internal sealed class Passwords
{
    private const int Shortest = 8, Longest = 256;
    private static readonly Lazy<HashSet<string>> Common = new(ReadCommon);
    private readonly PasswordHasher<User> _hasher;
    private readonly string _decoy;

    public Passwords(IOptions<PasswordHasherOptions> options)
    {
        _hasher = new PasswordHasher<User>(options);
        _decoy = _hasher.HashPassword(null!, Tokens.New());
    }

    public string Hash(string password) => _hasher.HashPassword(null!, password);

    /// <summary>Takes as long for an account that does not exist (null) as for one that does.</summary>
    public bool Verify(User? user, string password, out bool outdated)
    {
        var result = _hasher.VerifyHashedPassword(null!, user?.PasswordHash ?? _decoy, password);
        outdated = result == PasswordVerificationResult.SuccessRehashNeeded;
        return result != PasswordVerificationResult.Failed && user?.PasswordHash is not null;
    }

    /// <summary>Why this cannot be the password of this account; null where it can.</summary>
    public static Problem? Refuse(string password, string email, string field = "password") => Reason(password, email) is { } reason
        ? Problem.Field(field, reason.Text, reason.Code) with { Hint = "Several unrelated words are easy to remember and hard to guess; 15 characters or more are recommended." }
        : null;

    private static (string Code, string Text)? Reason(string password, string email)
    {
        if (password.Length < Shortest)
            return ("password_too_short", $"At least {Shortest} characters.");
        if (password.Length > Longest)
            return ("password_too_long", $"At most {Longest} characters.");
        var lower = password.Trim().ToLowerInvariant();
        if (Common.Value.Contains(lower) || lower.Distinct().Count() == 1)
            return ("password_too_common", "This is one of the passwords that are tried first.");
        // "oCore2026!" is the product's name too.
        var letters = Letters(lower);
        var address = email.Trim().ToLowerInvariant();
        if (lower == address || letters.Length > 0 && ((string[])[Letters(address), Letters(address.Split('@')[0]), Letters(Brand.Product), "odoo"]).Contains(letters))
            return ("password_too_guessable", "It is made of the e-mail address or of the product's name.");
        return null;
    }

    private static string Letters(string text) => string.Concat(text.ToLowerInvariant().Where(char.IsLetter));

    private static HashSet<string> ReadCommon()
    {
        using var stream = typeof(Passwords).Assembly.GetManifestResourceStream("common-passwords.txt") ?? throw new InvalidOperationException("The list of common passwords is not in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet();
    }
}
