using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Users;

internal static class SignInEndpoints
{
    /// <summary>Sign in with e-mail address and password, and a second factor where the account has one. A browser sends X-OCore-Browser: 1 and gets a cookie too.</summary>
    internal static async Task<Results<Ok<SessionTokens>, Problem>> Login(
        LoginRequest request, HttpContext http, Caller caller, OCoreDb db, Passwords passwords, SecondFactor factor, SignInLimits limits, SessionStarter sessions, FailedSignIns failed, CancellationToken stop)
    {
        if (await limits.AttemptAsync(request.Email, http) is { } tooMany)
            return tooMany;
        var user = await Accounts.FindAsync(db, request.Email, stop);
        if (!passwords.Verify(user, request.Password, out var outdated) || user is null || user.DisabledAt is not null)
        {
            failed.RecordAfter(http, user, caller, "password");
            return UserProblems.InvalidCredentials;
        }
        if (user.TwoFactorEnabled && string.IsNullOrWhiteSpace(request.Totp) && string.IsNullOrWhiteSpace(request.RecoveryCode))
        {
            await limits.NotWrongAsync(request.Email, http);
            return UserProblems.TotpRequired;
        }
        if (user.TwoFactorEnabled && await limits.FactorAsync(user.Id, stop) is { } tooManyCodes)
            return tooManyCodes;
        var tokens = await db.InTransactionAsync(async () =>
        {
            if (user.TwoFactorEnabled && !await factor.UseAsync(db, user, request.Totp, request.RecoveryCode, stop))
                return null;
            if (outdated)
            {
                var (before, after) = (user.PasswordHash, passwords.Hash(request.Password));
                await db.Users.Where(u => u.Id == user.Id && u.PasswordHash == before).ExecuteUpdateAsync(s => s.SetProperty(u => u.PasswordHash, after), stop);
            }
            return await SignInCompletion.StartAsync(db, user, http, caller, sessions, !user.TwoFactorEnabled ? "password" : !string.IsNullOrWhiteSpace(request.Totp) ? "password and authenticator" : "password and recovery code", stop);
        }, stop);
        if (tokens is null)
        {
            failed.RecordAfter(http, user, caller, "second factor");
            return UserProblems.InvalidTotp;
        }
        await limits.SucceededAsync(request.Email, http);
        await limits.FactorSucceededAsync(user.Id, stop);
        CallerCache.Clear();
        return TypedResults.Ok(tokens);
    }

    /// <summary>New tokens for a refresh token, which works once. Using an old one ends the session: somebody has copied it.</summary>
    internal static async Task<Results<Ok<SessionTokens>, Problem>> Refresh(RefreshRequest request, Caller caller, OCoreDb db, SessionStarter sessions, CancellationToken stop)
    {
        var tokens = await db.InTransactionAsync(async () =>
        {
            var (renewed, stolen) = await sessions.RenewAsync(db, request.RefreshToken, stop);
            if (stolen is not null)
            {
                var user = await db.Users.SingleAsync(u => u.Id == stolen.UserId, stop);
                db.Record("auth.refresh_token_reused", await db.ActAsAsync(user, caller, stop), user);
                await db.SaveChangesAsync(stop);
            }
            return renewed;
        }, stop);
        CallerCache.Clear();
        return tokens is null ? UserProblems.InvalidRefreshToken : TypedResults.Ok(tokens);
    }

    /// <summary>End this session, its tokens and its cookie.</summary>
    internal static async Task<NoContent> Logout(HttpContext http, Caller caller, OCoreDb db, CancellationToken stop)
    {
        if (caller.IsSignedIn && caller.Access.SessionId is { } session)
        {
            await db.InTransactionAsync(async () =>
            {
                var (user, home) = await db.SelfAsync(caller, stop);
                await db.Sessions.Where(s => s.Id == session).ExecuteDeleteAsync(stop);
                db.Record("auth.logout", home, user);
                return await db.SaveChangesAsync(stop);
            }, stop);
            CallerCache.Clear();
            SessionStarter.ForgetCookie(http);
        }
        else if (http.Request.Headers["X-OCore-CSRF"] == "1")
            // The session has ended by itself, and the dashboard (no other site) asks to forget it.
            SessionStarter.ForgetCookie(http);
        return TypedResults.NoContent();
    }

    /// <summary>Open an account with a personal organization, where this installation allows it.</summary>
    internal static async Task<Results<Ok<SessionTokens>, Problem>> Signup(
        SignupRequest request, HttpContext http, Caller caller, OCoreDb db, Passwords passwords, SignInLimits limits, SessionStarter sessions, Settings settings, TimeProvider time, CancellationToken stop)
    {
        if (!settings.SignupOpen)
            return UserProblems.SignupClosed;
        if (await limits.SignupAsync(http) is { } tooMany)
            return tooMany;
        for (var attempt = 1; ; attempt++)
        {
            db.Enter(Tenant.System, new AuditActor(null, request.Email, Guid.Empty, false, null, caller.Ip, caller.UserAgent, null));
            var (user, refusal) = await Accounts.AddAsync(db, passwords, request.Email, request.Name, request.Password, confirmed: false, time.GetUtcNow(), stop);
            if (user is null)
                return refusal!;
            try
            {
                var tokens = await db.InTransactionAsync(async () =>
                {
                    await db.SaveChangesAsync(stop);
                    return await SignInCompletion.StartAsync(db, user, http, caller, sessions, "signup", stop);
                }, stop);
                await limits.SucceededAsync(request.Email, http);
                return TypedResults.Ok(tokens);
            }
            // Somebody took the address, or the free slug of its first part, at the same time: looking again tells which.
            catch (DbUpdateException e) when (UniqueViolation.Of(e) is not null && attempt < 5)
            {
                db.ChangeTracker.Clear();
            }
        }
    }
}
