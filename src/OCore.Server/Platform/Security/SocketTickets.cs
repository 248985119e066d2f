using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Platform.Security;

/// <summary>Who may open which WebSocket, from where: a browser cannot say any of it in headers of its own.</summary>
/// <param name="Kind">What is opened; each route takes one kind.</param>
/// <param name="Target">The instance or server; the route names the same.</param>
/// <param name="OrgId">The organization that the caller acted in.</param>
/// <param name="View">The ticket with which somebody of the agency looks at a client's portal.</param>
/// <param name="Origin">Of the page that asked; null where no browser did.</param>
internal sealed record SocketTicket(
    Guid Id, string Kind, Guid Target, Guid UserId, Guid? SessionId, Guid? ApiKeyId, Guid OrgId, string? View, string? Origin, DateTimeOffset IssuedAt)
{
    public bool IsOf(Access access) => UserId == access.UserId && SessionId == access.SessionId && ApiKeyId == access.ApiKeyId && OrgId == access.OrgId;
}

/// <summary>
/// A ticket opens one WebSocket, once, within half a minute. It carries what it is for, sealed; that it was used is counted where all
/// processes count together. It does not replace signing in: the socket's own request is checked like every other.
/// </summary>
internal sealed class SocketTickets(SecretBox secrets, RateLimits rates, Settings settings, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);
    private static readonly RateLimit Once = new("socket-ticket", 1, TimeSpan.FromMinutes(2));
    private const string Purpose = "socket";
    private readonly DateTimeOffset _began = time.GetUtcNow();

    public (string Text, DateTimeOffset ExpiresAt) Issue(string kind, Guid target, HttpContext http, Access access)
    {
        string? Header(string name) => http.Request.Headers[name].ToString() is { Length: > 0 } value ? value : null;
        var ticket = new SocketTicket(RowId.New(), kind, target, access.UserId, access.SessionId, access.ApiKeyId, access.OrgId,
            Header(ViewTickets.Header), Header("Origin"), time.GetUtcNow());
        var text = Encoding.UTF8.GetBytes(secrets.Seal(JsonSerializer.Serialize(ticket), Purpose, Guid.Empty));
        // A subprotocol is a token: it holds neither / nor =.
        return (TerminalProtocol.TicketPrefix + Base64Url.EncodeToString(text), ticket.IssuedAt + Lifetime);
    }

    /// <summary>Null where it is none of ours, or its time is over.</summary>
    public SocketTicket? Read(string text)
    {
        try
        {
            if (text.Length > 4000 || !text.StartsWith(TerminalProtocol.TicketPrefix, StringComparison.Ordinal))
                return null;
            var sealedText = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text.AsSpan(TerminalProtocol.TicketPrefix.Length)));
            var ticket = JsonSerializer.Deserialize<SocketTicket>(secrets.Unseal(sealedText, Purpose, Guid.Empty));
            return ticket is not null && time.GetUtcNow() < ticket.IssuedAt + Lifetime ? ticket : null;
        }
        catch (Exception e) when (e is CryptographicException or JsonException or FormatException)
        {
            return null;
        }
    }

    /// <summary>True for the first who shows it, also of two at once.</summary>
    public async Task<bool> UseAsync(SocketTicket ticket, CancellationToken stop) =>
        // A single process counts in memory, and forgets with its end what was used before.
        !(settings.UsesSqlite && ticket.IssuedAt < _began) && await rates.TakeAsync(Once, ticket.Id.ToString("N"), stop) is null;
}
