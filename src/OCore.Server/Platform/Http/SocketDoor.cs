using OCore.Client;
using OCore.Platform.Security;

namespace OCore.Platform.Http;

/// <summary>A WebSocket of an endpoint that takes tickets of this kind, and nothing else opens it.</summary>
internal sealed record TakesTicket(string Kind);

/// <summary>
/// Before the gate: what a browser cannot say in headers of a WebSocket comes from the ticket, and the page that opens it has to be
/// the one that asked for it. The gate then decides as for every other request.
/// </summary>
internal static class SocketDoor
{
    public static T Ticketed<T>(this T builder, string kind) where T : IEndpointConventionBuilder => builder.WithMetadata(new TakesTicket(kind));

    public static Task PassAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<TakesTicket>() is not { } wanted)
            return next(http);
        if (!http.WebSockets.IsWebSocketRequest)
            return NoSocket.WriteAsync(http);
        var text = http.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(p => p.StartsWith(TerminalProtocol.TicketPrefix, StringComparison.Ordinal));
        if (text is null || http.RequestServices.GetRequiredService<SocketTickets>().Read(text) is not { } ticket
            || ticket.Kind != wanted.Kind || !Guid.TryParse(http.GetRouteValue("id") as string, out var target) || target != ticket.Target)
            return Refused.WriteAsync(http);
        if (!IsFromWhereItWasAsked(http.Request, ticket))
            return ForeignOrigin.WriteAsync(http);
        http.Request.Headers["X-Org-Slug"] = ticket.OrgId.ToString();
        http.Request.Headers[ViewTickets.Header] = ticket.View ?? "";
        http.Features.Set(ticket);
        return next(http);
    }

    // A program names no origin, and signs in by a header that no page can set. A page's origin is the one that asked, and this host.
    private static bool IsFromWhereItWasAsked(HttpRequest request, SocketTicket ticket)
    {
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0)
            return ticket.Origin is null && request.Headers.Authorization.Count > 0;
        return origin == ticket.Origin && Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Scheme is "http" or "https"
            && (!request.IsHttps || page.Scheme == "https") && page.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }

    private static readonly Problem NoSocket = new(400, "websocket_expected", "This address is for a WebSocket.", "Ask for a ticket first and open its socket with it.");
    public static readonly Problem Refused = new(401, "ticket_refused", "This ticket opens nothing here.", "A ticket works once, within half a minute, for whoever asked for it. Ask for another.");
    private static readonly Problem ForeignOrigin = new(403, "foreign_origin", "This WebSocket was opened by another site.", "Open it from the page that asked for the ticket.");
}
