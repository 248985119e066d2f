using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Features;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Portal;

/// <summary>
/// Stands around everything that answers: whoever is bound by a portal's switches learns of the agency's servers what those allow,
/// on every answer, event, log line, error and export, also of endpoints yet to be written.
/// </summary>
internal sealed class PortalScreen(RequestDelegate next, OCoreDbFactory databases, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<(Guid Root, InfrastructureVisibility, bool), (ServerWords Words, long Generation, long At)> _known = new();

    public async Task InvokeAsync(HttpContext http)
    {
        if (!http.Request.Path.StartsWithSegments("/api"))
        {
            await next(http);
            return;
        }
        var original = http.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        await using var body = new ScreenedBody(original.Stream, http, ChooseAsync);
        var feature = new StreamResponseBodyFeature(body, original);
        http.Features.Set<IHttpResponseBodyFeature>(feature);
        // Some answers say their length and begin before the first byte: what is screened may be shorter.
        http.Response.OnStarting(async () =>
        {
            if (http.Response.ContentLength is > 0 && await ChooseAsync(http, CancellationToken.None) is not null)
                http.Response.ContentLength = null;
        });
        try
        {
            await next(http);
            // What became a WebSocket has no answer to finish.
            if (http.Response.StatusCode == StatusCodes.Status101SwitchingProtocols || body.IsUntouched && http.WebSockets.IsWebSocketRequest)
                return;
            await feature.Writer.FlushAsync(CancellationToken.None);
            await body.FinishAsync(CancellationToken.None);
        }
        finally
        {
            http.Features.Set(original);
        }
    }

    // Asked when the first byte is written: by then the gate knows who it is for.
    private async ValueTask<ServerWords?> ChooseAsync(HttpContext http, CancellationToken stop)
    {
        if (http.Response.StatusCode < 400 && http.GetEndpoint()?.Metadata.GetMetadata<Verbatim>() is not null)
            return null;
        var caller = http.RequestServices.GetRequiredService<Caller>();
        if (!caller.IsSignedIn || caller.Access.Portal is not { } portal)
            return null;
        var (visibility, withoutUse) = (portal.Infrastructure, !portal.Allows(PortalFeatures.Monitoring));
        if (visibility == InfrastructureVisibility.Full && !withoutUse)
            return null;
        var key = (caller.Access.RootId, visibility, withoutUse);
        if (_known.TryGetValue(key, out var entry) && entry.Generation == CallerCache.Generation && time.GetElapsedTime(entry.At) < Lifetime)
            return entry.Words;
        var generation = CallerCache.Generation;
        await using var db = databases.System();
        var words = await ServerWords.OfAsync(db, key.RootId, portal, stop);
        if (_known.Count > 1000)
            _known.Clear();
        _known[key] = (words, generation, time.GetTimestamp());
        return words;
    }
}

/// <summary>The answer is what the client itself wrote, to the byte: leaving a word out of it would spoil what is saved again. Refusals are looked through all the same.</summary>
internal sealed class Verbatim;
