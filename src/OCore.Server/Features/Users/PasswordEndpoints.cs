using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Mail;
using OCore.Platform.Security;

namespace OCore.Features.Users;

internal static class PasswordEndpoints
{
    /// <summary>Send a link to choose a new password. The answer is the same whether or not there is such an account.</summary>
    internal static async Task<Results<Accepted, Problem>> AskReset(ResetPasswordRequest request, HttpContext http, SignInLimits limits, PasswordResets resets, CancellationToken stop)
    {
        if (await limits.FromIpAsync(http) is { } tooMany)
            return tooMany;
        if (await limits.MayMailAsync(request.Email, stop))
            resets.SendAfter(http, request.Email);
        return TypedResults.Accepted((string?)null);
    }

    /// <summary>Choose a new password with the link's token. Every session of the account ends; a second factor stays in force, unless the address had never been confirmed before: then all other ways in end too.</summary>
    internal static async Task<Results<NoContent, Problem>> ConfirmReset(
        ConfirmResetRequest request, HttpContext http, Caller caller, OCoreDb db, Passwords passwords, SignInLimits limits, UserMails mails, TimeProvider time, CancellationToken stop)
    {
        if (await limits.FromIpAsync(http) is { } tooMany)
            return tooMany;
        var (hash, now) = (Tokens.Hash(request.Token), time.GetUtcNow());
        var refusal = await db.InTransactionAsync(async () =>
        {
            var reset = await db.Set<PasswordReset>().AsNoTracking().SingleOrDefaultAsync(r => r.TokenHash == hash && r.ExpiresAt > now, stop);
            var user = reset is null ? null : await db.Users.SingleOrDefaultAsync(u => u.Id == reset.UserId && u.DisabledAt == null, stop);
            if (user is null)
                return UserProblems.ResetTokenInvalid;
            // A refused password does not use the link up.
            if (Passwords.Refuse(request.Password, user.Email!) is { } weak)
                return weak;
            if (await db.Set<PasswordReset>().Where(r => r.Id == reset!.Id).ExecuteDeleteAsync(stop) == 0)
                return UserProblems.ResetTokenInvalid;
            await db.Set<PasswordReset>().Where(r => r.UserId == user.Id).ExecuteDeleteAsync(stop);
            await SetAsync(db, user, request.Password, passwords, caller, "auth.password_reset", stop);
            // The link came to this address, so it is theirs. Nobody had shown that before, and whoever opened the account may be a stranger.
            if (!user.EmailConfirmed)
                await ForgetStrangerAsync(db, user, stop);
            user.EmailConfirmed = true;
            await SessionStarter.EndAllAsync(db, user.Id, null, stop);
            await mails.NoticeAsync(db, user, AccountNotice.PasswordByLink, stop);
            await db.SaveChangesAsync(stop);
            return null;
        }, stop);
        if (refusal is not null)
            return refusal;
        CallerCache.Clear();
        return TypedResults.NoContent();
    }

    /// <summary>Change the password. All other sessions of the account end.</summary>
    internal static async Task<Results<NoContent, Problem>> Change(
        ChangePassword request, Caller caller, OCoreDb db, Passwords passwords, SignInLimits limits, UserMails mails, CancellationToken stop)
    {
        if (await limits.PasswordAsync(caller.UserId, stop) is { } tooMany)
            return tooMany;
        var (user, _) = await db.SelfAsync(caller, stop);
        if (!passwords.Verify(user, request.CurrentPassword, out _))
            return UserProblems.WrongCurrentPassword;
        await limits.PasswordSucceededAsync(user.Id, stop);
        if (Passwords.Refuse(request.NewPassword, user.Email!, "newPassword") is { } weak)
            return weak;
        if (request.NewPassword == request.CurrentPassword)
            return Problem.Field("newPassword", "It is the password of now.", "password_unchanged");
        await db.InTransactionAsync(async () =>
        {
            await SetAsync(db, user, request.NewPassword, passwords, caller, "auth.password_changed", stop);
            await SessionStarter.EndAllAsync(db, user.Id, caller.Access.SessionId, stop);
            await mails.NoticeAsync(db, user, AccountNotice.PasswordChanged, stop);
            return await db.SaveChangesAsync(stop);
        }, stop);
        CallerCache.Clear();
        return TypedResults.NoContent();
    }

    /// <summary>Every other way in that was set up before the address was known to be its owner's.</summary>
    private static async Task ForgetStrangerAsync(OCoreDb db, User user, CancellationToken stop)
    {
        (user.TwoFactorEnabled, user.TotpSecret, user.RecoveryCodeHashes) = (false, null, []);
        db.RemoveRange(await db.UserPasskeys.Where(p => p.UserId == user.Id).ToListAsync(stop));
        db.RemoveRange(await db.ApiKeys.AcrossTenants().Where(k => k.UserId == user.Id).ToListAsync(stop));
    }

    private static async Task SetAsync(OCoreDb db, User user, string password, Passwords passwords, Caller caller, string action, CancellationToken stop)
    {
        await db.ActAsAsync(user, caller, stop);
        user.PasswordHash = passwords.Hash(password);
        user.SecurityStamp = Tokens.New();
        user.MustChangePassword = false;
        db.Call(user, action);
    }
}
