using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Users;

/// <summary>
/// Begins, renews and ends sessions. A browser (<c>X-OCore-Browser: 1</c>) gets a cookie besides the tokens, and a session that ends
/// within a day however busy it is.
/// </summary>
internal sealed class SessionStarter(TimeProvider time)
{
    public const string BrowserHeader = "X-OCore-Browser";

    /// <summary>Adds a session to the caller's save, and the cookie to the answer where a browser asks.</summary>
    public SessionTokens Start(OCoreDb db, Guid userId, HttpContext http)
    {
        var (now, browser) = (time.GetUtcNow(), http.Request.Headers[BrowserHeader] == "1");
        var (access, family, cookie) = (Tokens.New(), Tokens.New(), Tokens.New());
        var refresh = NextOf(family);
        var ends = now + (browser ? Session.CookieLongest : Session.RefreshFor);
        var agent = http.Request.Headers.UserAgent.ToString();
        db.Add(new Session
        {
            UserId = userId,
            AccessHash = Tokens.Hash(access),
            AccessExpiresAt = now + Session.AccessFor,
            RefreshHash = Tokens.Hash(refresh),
            RefreshFamily = Tokens.Hash(family),
            CookieHash = browser ? Tokens.Hash(cookie) : null,
            CookieIdleUntil = browser ? now + Session.CookieIdle : null,
            ExpiresAt = ends,
            CreatedAt = now,
            LastSeenAt = now,
            Ip = http.Connection.RemoteIpAddress?.ToString(),
            UserAgent = agent.Length == 0 ? null : agent.Length > 200 ? agent[..200] : agent,
        });
        if (browser)
            http.Response.Cookies.Append(SignInReader.CookieName(http.Request), cookie, CookieOptions(http.Request));
        return new SessionTokens { AccessToken = access, RefreshToken = refresh, ExpiresAt = now + Session.AccessFor };
    }

    /// <summary>
    /// New tokens for the refresh token of now. An older one of the same session is in two hands, one of which stole it: the session
    /// ends for both (RFC 9700, 4.14). So does it where one token is used twice at the same time.
    /// </summary>
    public async Task<(SessionTokens? Tokens, Session? Stolen)> RenewAsync(OCoreDb db, string token, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var family = Tokens.Hash(token.Split('.')[0]);
        var session = await db.Sessions.AsNoTracking().SingleOrDefaultAsync(s => s.RefreshFamily == family && s.ExpiresAt > now, stop);
        if (session is null || session.CookieIdleUntil <= now || await db.Users.AnyAsync(u => u.Id == session.UserId && u.DisabledAt != null, stop))
            return (null, null);
        var (hash, access, refresh) = (Tokens.Hash(token), Tokens.New(), NextOf(token.Split('.')[0]));
        var accessExpires = Earlier(now + Session.AccessFor, session.ExpiresAt);
        var ends = session.CookieHash is not null ? session.ExpiresAt : Earlier(now + Session.RefreshFor, session.CreatedAt + Session.Longest);
        var (accessHash, refreshHash) = (Tokens.Hash(access), Tokens.Hash(refresh));
        var renewed = await db.Sessions.Where(s => s.Id == session.Id && s.RefreshHash == hash).ExecuteUpdateAsync(s => s
            .SetProperty(x => x.AccessHash, accessHash).SetProperty(x => x.AccessExpiresAt, accessExpires).SetProperty(x => x.RefreshHash, refreshHash)
            .SetProperty(x => x.ExpiresAt, ends).SetProperty(x => x.LastSeenAt, now), stop);
        if (renewed == 1)
            return (new SessionTokens { AccessToken = access, RefreshToken = refresh, ExpiresAt = accessExpires }, null);
        await db.Sessions.Where(s => s.Id == session.Id).ExecuteDeleteAsync(stop);
        return (null, session);
    }

    /// <summary>Ends the sessions of an account, but for one. Call <see cref="CallerCache.Clear"/> after the commit.</summary>
    public static Task<int> EndAllAsync(OCoreDb db, Guid userId, Guid? except, CancellationToken stop) =>
        db.Sessions.Where(s => s.UserId == userId && s.Id != except).ExecuteDeleteAsync(stop);

    public static void ForgetCookie(HttpContext http) =>
        http.Response.Cookies.Delete(SignInReader.CookieName(http.Request), CookieOptions(http.Request));

    // No Domain: a cookie of the parent domain would reach every portal beside the dashboard.
    private static CookieOptions CookieOptions(HttpRequest request) => new()
    {
        HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/", Secure = SignInReader.CookieName(request) == SignInReader.SecureCookie, IsEssential = true,
    };

    private static string NextOf(string family) => $"{family}.{Tokens.New()}";

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
