using System.Security.Cryptography;
using System.Text.Json;

namespace OCore.Platform.Security;

/// <summary>Somebody of an agency looks at a client's portal as its people do, for an hour.</summary>
internal sealed record ViewTicket(Guid UserId, Guid ClientId, bool ReadOnly, DateTimeOffset ExpiresAt);

/// <summary>
/// A ticket only takes rights away from whoever shows it with their own sign-in, so nothing is kept of it; it is sealed so that only
/// those exist whose making is in the audit log.
/// </summary>
internal sealed class ViewTickets(SecretBox secrets, TimeProvider time)
{
    public const string Header = "X-OCore-View";
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    public (string Text, ViewTicket Ticket) Issue(Guid userId, Guid clientId, bool readOnly)
    {
        var ticket = new ViewTicket(userId, clientId, readOnly, time.GetUtcNow() + Lifetime);
        return (secrets.Seal(JsonSerializer.Serialize(ticket), "view", Guid.Empty), ticket);
    }

    /// <summary>Null where it is none of ours, or has expired.</summary>
    public ViewTicket? Read(string text)
    {
        try
        {
            return text.Length < 1000 && JsonSerializer.Deserialize<ViewTicket>(secrets.Unseal(text, "view", Guid.Empty)) is { } ticket && ticket.ExpiresAt > time.GetUtcNow() ? ticket : null;
        }
        catch (Exception e) when (e is CryptographicException or JsonException or FormatException)
        {
            return null;
        }
    }
}
