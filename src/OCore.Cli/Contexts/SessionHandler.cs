using System.Net;
using System.Net.Http.Headers;
using OCore.Client;

namespace OCore.Cli.Contexts;

/// <summary>Signs each request, and renews the session when it has run out.</summary>
internal sealed class SessionHandler(Target target, ContextStore? store, TimeProvider time) : DelegatingHandler(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(15) })
{
    private Context? session = target.Session;
    private string? token = target.Token;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (target.Organization is not null && !request.Headers.Contains("X-Org-Slug"))
            request.Headers.Add("X-Org-Slug", target.Organization);
        if (request.Method == HttpMethod.Post)
            request.Headers.Add("Idempotency-Key", Guid.CreateVersion7().ToString());
        if (session?.ExpiresAt is { } end && end - time.GetUtcNow() < TimeSpan.FromSeconds(30))
            await Renew(cancellationToken);

        Sign(request);
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized || !await Renew(cancellationToken))
            return response;
        response.Dispose();
        Sign(request);
        return await base.SendAsync(request, cancellationToken);
    }

    private void Sign(HttpRequestMessage request) =>
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);

    /// <summary>Another command may have renewed it in the meantime: then its tokens are taken.</summary>
    private async Task<bool> Renew(CancellationToken stop)
    {
        if (session?.RefreshToken is not { } spent || store is null)
            return false;
        var before = token;
        await store.Change(async file =>
        {
            var stored = file.Find(session.Name);
            if (stored?.RefreshToken is null)
                return file;
            if (stored.RefreshToken != spent)
            {
                Take(stored);
                return file;
            }
            if (await Refresh(spent, stop) is not { } tokens)
            {
                session = null;
                return file.With(stored with { AccessToken = null, RefreshToken = null, ExpiresAt = null });
            }
            var renewed = Target.WithTokens(stored, tokens);
            Take(renewed);
            return file.With(renewed);
        }, stop);
        return token != before;
    }

    private void Take(Context context) => (session, token) = (context, context.AccessToken);

    private async Task<SessionTokens?> Refresh(string refreshToken, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(target.Url, "/api/auth/refresh"))
        {
            Content = OCoreHttp.Body(new RefreshRequest { RefreshToken = refreshToken }),
        };
        using var response = await base.SendAsync(request, stop);
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest)
            return null;
        response.EnsureSuccessStatusCode();
        var body = await response.Content.ReadAsByteArrayAsync(stop);
        return System.Text.Json.JsonSerializer.Deserialize(body, WireJson.Default.SessionTokens);
    }
}
