using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;

namespace OCore.Platform.Tls;

/// <summary>Answers the certificate authority from the database, whichever process it reaches, before anything else looks at the request.</summary>
internal static class AcmeAnswers
{
    private const string Path = "/.well-known/acme-challenge";

    public static async Task AnswerAsync(HttpContext http, RequestDelegate next)
    {
        if (!http.Request.Path.StartsWithSegments(Path, StringComparison.Ordinal, out var rest))
        {
            await next(http);
            return;
        }
        var (token, host) = (rest.Value?.TrimStart('/') ?? "", http.Request.Host.Host.ToLowerInvariant());
        // What cannot be a token is not asked of the database.
        var answer = token.Length is < 16 or > 200 || !token.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? null : await FindAsync(http, token, host);
        http.Response.StatusCode = answer is null ? 404 : 200;
        http.Response.ContentType = "application/octet-stream";
        http.Response.Headers.CacheControl = "no-store";
        if (answer is not null)
            await http.Response.WriteAsync(answer, http.RequestAborted);
    }

    private static async Task<string?> FindAsync(HttpContext http, string token, string host)
    {
        await using var db = http.RequestServices.GetRequiredService<OCoreDbFactory>().System();
        var now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        return await db.AcmeChallenges.AsNoTracking().Where(c => c.Token == token && c.Host == host && c.ExpiresAt > now).Select(c => c.Answer).SingleOrDefaultAsync(http.RequestAborted);
    }
}
