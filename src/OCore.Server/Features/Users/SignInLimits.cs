using OCore.Platform;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Users;

/// <summary>
/// How often one may guess. An account is never locked by strangers: five wrong attempts from elsewhere close it to elsewhere for up
/// to 15 minutes, while an address from which its owner has signed in has five attempts of its own.
/// </summary>
internal sealed class SignInLimits(RateLimits limits, Settings settings)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);
    internal static readonly RateLimit PerAccount = new("sign-in account", 5, Window);
    private static readonly RateLimit SecondFactor = new("second factor", 5, Window);
    private static readonly RateLimit Proof = new("password proof", 5, Window);
    private static readonly RateLimit Mail = new("reset mail", 3, TimeSpan.FromHours(1));
    private static readonly RateLimit Accounts = new("signup", 10, TimeSpan.FromHours(1));
    private static readonly RateLimit Places = new("places", 1, TimeSpan.FromDays(30));
    private readonly RateLimit _perIp = new("sign-in ip", settings.SignInsPerMinute, TimeSpan.FromMinutes(1));
    private readonly RateLimit _optionsPerIp = new("passkey options ip", 3 * settings.SignInsPerMinute, TimeSpan.FromMinutes(1));

    /// <summary>Anything without sign-in that can be guessed at or that costs.</summary>
    public Problem? FromIp(HttpContext http) => PerIp(_perIp, http);

    public Problem? Options(HttpContext http) => PerIp(_optionsPerIp, http);

    public Problem? Signup(HttpContext http) => PerIp(Accounts, http);

    /// <summary>Counts an attempt as wrong until <see cref="Succeeded"/> says otherwise, so that attempts at the same time count too.</summary>
    public Problem? Attempt(string email, HttpContext http) => Refuse(limits.Take(PerAccount, Account(email, http)));

    public void Succeeded(string email, HttpContext http)
    {
        limits.Forget(PerAccount, Account(email, http));
        if (Place(email, http) is { } place)
        {
            limits.Forget(Places, place);
            limits.Take(Places, place);
        }
    }

    /// <summary>The password was right, and something else is asked for: this was no wrong attempt.</summary>
    public void NotWrong(string email, HttpContext http) => limits.Forget(PerAccount, Account(email, http));

    public Problem? Factor(Guid userId) => Refuse(limits.Take(SecondFactor, userId.ToString()));

    public void FactorSucceeded(Guid userId) => limits.Forget(SecondFactor, userId.ToString());

    public Problem? Password(Guid userId) => Refuse(limits.Take(Proof, userId.ToString()));

    public void PasswordSucceeded(Guid userId) => limits.Forget(Proof, userId.ToString());

    /// <summary>Whether one more mail may go to this address.</summary>
    public bool MayMail(string email) => limits.Take(Mail, Emails.Normalize(email)) is null;

    // Without an address (a unix socket) callers cannot be told apart: one limit for all would be a switch to turn sign-in off.
    private Problem? PerIp(RateLimit limit, HttpContext http) =>
        RateLimits.Of(http.Connection.RemoteIpAddress) is { } ip ? Refuse(limits.Take(limit, ip)) : null;

    private string Account(string email, HttpContext http) =>
        Place(email, http) is { } place && limits.Knows(Places, place) ? place : Emails.Normalize(email);

    private static string? Place(string email, HttpContext http) =>
        RateLimits.Of(http.Connection.RemoteIpAddress) is { } ip ? $"{Emails.Normalize(email)} {ip}" : null;

    private static Problem? Refuse(int? seconds) => seconds is { } wait ? UserProblems.TooMany(wait) : null;
}

internal static class Emails
{
    public static string Normalize(string email) => email.Trim().ToUpperInvariant();
}
