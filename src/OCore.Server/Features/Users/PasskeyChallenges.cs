using System.Buffers.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Users;

/// <summary>
/// Keeps what was asked of a passkey until its answer comes. The answer names the challenge it signs, and by that the row is found;
/// taking it deletes it, so an answer that was recorded is of no use.
/// </summary>
internal sealed class PasskeyChallenges(Settings settings, TimeProvider time)
{
    /// <summary>Browsers have passkeys for names with HTTPS, and for localhost.</summary>
    public bool Available => settings.PublicUrl is { HostNameType: UriHostNameType.Dns } url && (url.Scheme == "https" || SignInReader.IsLocal(url.Host));

    /// <summary>Bound to the configured address and to no other: not to what a request says its host is, and not to a sibling host.</summary>
    public static void Configure(IdentityPasskeyOptions options, Settings settings)
    {
        var origin = settings.PublicUrl.GetLeftPart(UriPartial.Authority);
        options.ServerDomain = settings.PublicUrl.Host;
        options.ValidateOrigin = context => ValueTask.FromResult(context.Origin == origin && !context.CrossOrigin && context.TopOrigin is null);
        options.UserVerificationRequirement = "required";
        options.ResidentKeyRequirement = "required";
        options.AuthenticatorTimeout = PasskeyChallenge.ValidFor;
    }

    public async Task KeepAsync(OCoreDb db, string optionsJson, string state, PasskeyPurpose purpose, Guid? userId, CancellationToken stop)
    {
        using var options = JsonDocument.Parse(optionsJson);
        var challenge = options.RootElement.GetProperty("challenge").GetString()!;
        db.Add(new PasskeyChallenge { ChallengeHash = Tokens.Hash(challenge), Purpose = purpose, UserId = userId, State = state, ExpiresAt = time.GetUtcNow() + PasskeyChallenge.ValidFor });
        await db.SaveChangesAsync(stop);
    }

    /// <summary>What was asked, for the first answer that comes in time; null otherwise.</summary>
    public async Task<string?> TakeAsync(OCoreDb db, string credentialJson, PasskeyPurpose purpose, Guid? userId, CancellationToken stop)
    {
        if (ChallengeOf(credentialJson) is not { } challenge)
            return null;
        var (hash, now) = (Tokens.Hash(challenge), time.GetUtcNow());
        var asked = await db.Set<PasskeyChallenge>().AsNoTracking()
            .SingleOrDefaultAsync(c => c.ChallengeHash == hash && c.Purpose == purpose && c.UserId == userId && c.ExpiresAt > now, stop);
        return asked is not null && await db.Set<PasskeyChallenge>().Where(c => c.Id == asked.Id).ExecuteDeleteAsync(stop) == 1 ? asked.State : null;
    }

    private static string? ChallengeOf(string credentialJson)
    {
        try
        {
            using var credential = JsonDocument.Parse(credentialJson);
            var clientData = credential.RootElement.GetProperty("response").GetProperty("clientDataJSON").GetString();
            using var signed = JsonDocument.Parse(Base64Url.DecodeFromChars(clientData));
            return signed.RootElement.GetProperty("challenge").GetString();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }
}
