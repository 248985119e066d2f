using System.Buffers.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Mail;
using OCore.Platform.Security;

namespace OCore.Features.Users;

/// <summary>
/// Passkeys verify the person on the device (by finger, face or PIN), so one is possession and knowledge in one: signing in with it
/// asks for no second factor. The framework checks the cryptography; what was asked is kept here, and used once.
/// </summary>
internal static class PasskeyEndpoints
{
    private const int MostPasskeys = 20;

    /// <summary>What to sign to sign in without naming the account. Valid for five minutes, once.</summary>
    internal static async Task<Results<Ok<PasskeyOptions>, Problem>> SignInOptions(
        HttpContext http, OCoreDb db, IPasskeyHandler<User> passkeys, PasskeyChallenges challenges, SignInLimits limits, CancellationToken stop)
    {
        if (!challenges.Available)
            return UserProblems.PasskeysUnavailable;
        if (await limits.OptionsAsync(http) is { } tooMany)
            return tooMany;
        var options = await passkeys.MakeRequestOptionsAsync(null, http);
        await challenges.KeepAsync(db, options.RequestOptionsJson, options.AssertionState!, PasskeyPurpose.SignIn, null, stop);
        return TypedResults.Ok(new PasskeyOptions { Options = options.RequestOptionsJson });
    }

    /// <summary>Sign in with a passkey.</summary>
    internal static async Task<Results<Ok<SessionTokens>, Problem>> SignIn(
        PasskeyCredential request, HttpContext http, Caller caller, OCoreDb db, IPasskeyHandler<User> passkeys, PasskeyChallenges challenges, SignInLimits limits, SessionStarter sessions, CancellationToken stop)
    {
        if (await limits.FromIpAsync(http) is { } tooMany)
            return tooMany;
        if (await challenges.TakeAsync(db, request.Credential, PasskeyPurpose.SignIn, null, stop) is not { } state)
            return UserProblems.InvalidPasskey;
        var result = await passkeys.PerformAssertionAsync(new PasskeyAssertionContext { HttpContext = http, CredentialJson = request.Credential, AssertionState = state });
        if (!result.Succeeded || result.User.DisabledAt is not null)
            return UserProblems.InvalidPasskey;
        var tokens = await db.InTransactionAsync(async () =>
        {
            // Its counter moves on: a copy of the passkey would fall behind and be refused.
            var row = await db.UserPasskeys.SingleAsync(p => p.CredentialId == result.Passkey.CredentialId, stop);
            (row.Data.SignCount, row.Data.IsBackedUp, row.Data.IsUserVerified) = (result.Passkey.SignCount, result.Passkey.IsBackedUp, result.Passkey.IsUserVerified);
            return await SignInCompletion.StartAsync(db, result.User, http, caller, sessions, "passkey", stop);
        }, stop);
        await limits.SucceededAsync(result.User.Email!, http);
        CallerCache.Clear();
        return TypedResults.Ok(tokens);
    }

    /// <summary>The account's passkeys.</summary>
    internal static async Task<Ok<Page<PasskeyView>>> List(Caller caller, OCoreDb db, CancellationToken stop)
    {
        var rows = await db.UserPasskeys.AsNoTracking().Where(p => p.UserId == caller.UserId).ToListAsync(stop);
        return TypedResults.Ok(Paging.Whole(rows.OrderBy(p => p.Data.CreatedAt).Select(View)));
    }

    /// <summary>What a new passkey has to sign. Valid for five minutes, once.</summary>
    internal static async Task<Results<Ok<PasskeyOptions>, Problem>> RegisterOptions(
        HttpContext http, Caller caller, OCoreDb db, IPasskeyHandler<User> passkeys, PasskeyChallenges challenges, CancellationToken stop)
    {
        if (!challenges.Available)
            return UserProblems.PasskeysUnavailable;
        if (await db.UserPasskeys.CountAsync(p => p.UserId == caller.UserId, stop) >= MostPasskeys)
            return UserProblems.TooManyPasskeys;
        var options = await passkeys.MakeCreationOptionsAsync(
            new PasskeyUserEntity { Id = caller.UserId.ToString(), Name = caller.Access.Email, DisplayName = caller.Access.UserName }, http);
        await challenges.KeepAsync(db, options.CreationOptionsJson, options.AttestationState!, PasskeyPurpose.Register, caller.UserId, stop);
        return TypedResults.Ok(new PasskeyOptions { Options = options.CreationOptionsJson });
    }

    /// <summary>Add a passkey to the account.</summary>
    internal static async Task<Results<Ok<PasskeyView>, Problem>> Register(
        PasskeyCredential request, HttpContext http, Caller caller, OCoreDb db, IPasskeyHandler<User> passkeys, PasskeyChallenges challenges, UserMails mails, TimeProvider time, CancellationToken stop)
    {
        if (await challenges.TakeAsync(db, request.Credential, PasskeyPurpose.Register, caller.UserId, stop) is not { } state)
            return UserProblems.PasskeyRefused;
        var result = await passkeys.PerformAttestationAsync(new PasskeyAttestationContext { HttpContext = http, CredentialJson = request.Credential, AttestationState = state });
        if (!result.Succeeded || result.UserEntity.Id != caller.UserId.ToString())
            return UserProblems.PasskeyRefused;
        var made = result.Passkey;
        var row = new IdentityUserPasskey<Guid>
        {
            UserId = caller.UserId,
            CredentialId = made.CredentialId,
            Data = new IdentityPasskeyData
            {
                Name = request.Name?.Trim() is { Length: > 0 } name ? name : "Passkey", CreatedAt = time.GetUtcNow(), PublicKey = made.PublicKey, SignCount = made.SignCount,
                Transports = made.Transports, IsUserVerified = made.IsUserVerified, IsBackupEligible = made.IsBackupEligible, IsBackedUp = made.IsBackedUp,
                AttestationObject = made.AttestationObject, ClientDataJson = made.ClientDataJson,
            },
        };
        return await db.InTransactionAsync<Results<Ok<PasskeyView>, Problem>>(async () =>
        {
            if (await db.UserPasskeys.CountAsync(p => p.UserId == caller.UserId, stop) >= MostPasskeys)
                return UserProblems.TooManyPasskeys;
            var (user, home) = await db.SelfAsync(caller, stop);
            db.Add(row);
            db.Record("auth.passkey_added", home, user, Named(row));
            await mails.NoticeAsync(db, user, AccountNotice.PasskeyAdded, stop, row.Data.Name);
            await db.SaveChangesAsync(stop);
            return TypedResults.Ok(View(row));
        }, stop);
    }

    /// <summary>Remove a passkey from the account.</summary>
    internal static async Task<Results<NoContent, Problem>> Remove(string id, Caller caller, OCoreDb db, UserMails mails, CancellationToken stop)
    {
        if (id.Length > 1400 || !Base64Url.IsValid(id))
            return Problem.NotFound;
        var credential = Base64Url.DecodeFromChars(id);
        var row = await db.UserPasskeys.SingleOrDefaultAsync(p => p.UserId == caller.UserId && p.CredentialId == credential, stop);
        if (row is null)
            return Problem.NotFound;
        var (user, home) = await db.SelfAsync(caller, stop);
        db.Remove(row);
        db.Record("auth.passkey_removed", home, user, Named(row));
        await mails.NoticeAsync(db, user, AccountNotice.PasskeyRemoved, stop, row.Data.Name);
        await db.SaveChangesAsync(stop);
        return TypedResults.NoContent();
    }

    private static Dictionary<string, AuditLog.AuditChangeValue> Named(IdentityUserPasskey<Guid> row) => new() { ["name"] = new(null, row.Data.Name) };

    private static PasskeyView View(IdentityUserPasskey<Guid> row) =>
        new() { Id = Base64Url.EncodeToString(row.CredentialId), Name = row.Data.Name ?? "Passkey", CreatedAt = row.Data.CreatedAt };
}
