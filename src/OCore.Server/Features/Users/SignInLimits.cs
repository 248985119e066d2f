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
    private readonly RateLimit _invitationsPerIp = new("invitation ip", 3 * settings.SignInsPerMinute, TimeSpan.FromMinutes(1));

    /// <summary>Anything without sign-in that can be guessed at or that costs.</summary>
    public Task<Problem?> FromIpAsync(HttpContext http) => PerIpAsync(_perIp, http);

    public Task<Problem?> OptionsAsync(HttpContext http) => PerIpAsync(_optionsPerIp, http);

    public Task<Problem?> InvitationAsync(HttpContext http) => PerIpAsync(_invitationsPerIp, http);

    public async Task<Problem?> SignupAsync(HttpContext http) => await FromIpAsync(http) ?? await PerIpAsync(Accounts, http);

    /// <summary>Counts an attempt as wrong until <see cref="SucceededAsync"/> says otherwise, so that attempts at the same time count too.</summary>
    public async Task<Problem?> AttemptAsync(string email, HttpContext http) => await FromIpAsync(http) ?? Refuse(await limits.TakeAsync(PerAccount, await AccountAsync(email, http), http.RequestAborted));

    public async Task SucceededAsync(string email, HttpContext http)
    {
        await NotWrongAsync(email, http);
        if (Place(email, http) is not { } place)
            return;
        await limits.ForgetAsync(Places, place, http.RequestAborted);
        await limits.TakeAsync(Places, place, http.RequestAborted);
    }

    /// <summary>The password was right, and something else is asked for: this was no wrong attempt.</summary>
    public async Task NotWrongAsync(string email, HttpContext http) => await limits.ForgetAsync(PerAccount, await AccountAsync(email, http), http.RequestAborted);

    public async Task<Problem?> FactorAsync(Guid userId, CancellationToken stop) => Refuse(await limits.TakeAsync(SecondFactor, userId.ToString(), stop));

    public Task FactorSucceededAsync(Guid userId, CancellationToken stop) => limits.ForgetAsync(SecondFactor, userId.ToString(), stop);

    public async Task<Problem?> PasswordAsync(Guid userId, CancellationToken stop) => Refuse(await limits.TakeAsync(Proof, userId.ToString(), stop));

    public Task PasswordSucceededAsync(Guid userId, CancellationToken stop) => limits.ForgetAsync(Proof, userId.ToString(), stop);

    /// <summary>Whether one more mail may go to this address.</summary>
    public async Task<bool> MayMailAsync(string email, CancellationToken stop) => await limits.TakeAsync(Mail, Emails.Normalize(email), stop) is null;

    // Without an address (a unix socket) callers cannot be told apart: one limit for all would be a switch to turn sign-in off.
    private async Task<Problem?> PerIpAsync(RateLimit limit, HttpContext http) =>
        RateLimits.Of(http.Connection.RemoteIpAddress) is { } ip ? Refuse(await limits.TakeAsync(limit, ip, http.RequestAborted)) : null;

    private async Task<string> AccountAsync(string email, HttpContext http) =>
        Place(email, http) is { } place && await limits.KnowsAsync(Places, place, http.RequestAborted) ? place : Emails.Normalize(email);

    private static string? Place(string email, HttpContext http) =>
        RateLimits.Of(http.Connection.RemoteIpAddress) is { } ip ? $"{Emails.Normalize(email)} {ip}" : null;

    private static Problem? Refuse(int? seconds) => seconds is { } wait ? UserProblems.TooMany(wait) : null;
}

internal static class Emails
{
    public static string Normalize(string email) => email.Trim().ToUpperInvariant();
}
