using Microsoft.AspNetCore.Http.HttpResults;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Mail;
using OCore.Platform.Security;

namespace OCore.Features.Users;

internal static class TotpEndpoints
{
    /// <summary>Begin to use an authenticator. It counts after it is confirmed with a code; beginning again makes a new secret.</summary>
    internal static async Task<Results<Ok<TotpSetup>, Problem>> Begin(Caller caller, OCoreDb db, SecondFactor factor, CancellationToken stop)
    {
        var (user, _) = await db.SelfAsync(caller, stop);
        if (user.TwoFactorEnabled)
            return UserProblems.TotpEnabled;
        var seed = Totp.NewSeed();
        user.TotpSecret = factor.Seal(seed, user);
        user.TotpLastStep = 0;
        db.Call(user, "auth.totp_started");
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(new TotpSetup { Secret = Base32.Encode(seed), Uri = Totp.UriOf(seed, user.Email!) });
    }

    /// <summary>Confirm the authenticator with its code of now. The answer has the recovery codes, shown this once.</summary>
    internal static async Task<Results<Ok<RecoveryCodes>, Problem>> Confirm(
        TotpCode request, Caller caller, OCoreDb db, SecondFactor factor, SignInLimits limits, UserMails mails, CancellationToken stop)
    {
        if (await limits.FactorAsync(caller.UserId, stop) is { } tooMany)
            return tooMany;
        var codes = await db.InTransactionAsync<Results<Ok<RecoveryCodes>, Problem>>(async () =>
        {
            var (user, _) = await db.SelfAsync(caller, stop);
            if (user.TwoFactorEnabled)
                return UserProblems.TotpEnabled;
            if (user.TotpSecret is null)
                return UserProblems.TotpNotStarted;
            if (!await factor.UseTotpAsync(db, user, request.Code, stop))
                return UserProblems.WrongCode;
            user.TwoFactorEnabled = true;
            var fresh = SecondFactor.NewRecoveryCodes(user);
            db.Call(user, "auth.totp_enabled");
            await mails.NoticeAsync(db, user, AccountNotice.TotpAdded, stop);
            await db.SaveChangesAsync(stop);
            return TypedResults.Ok(new RecoveryCodes { Codes = fresh });
        }, stop);
        if (codes.Result is Ok<RecoveryCodes>)
            await limits.FactorSucceededAsync(caller.UserId, stop);
        return codes;
    }

    /// <summary>Stop using the authenticator. Needs the password; the recovery codes end too.</summary>
    internal static async Task<Results<NoContent, Problem>> Disable(
        PasswordProof request, Caller caller, OCoreDb db, Passwords passwords, SignInLimits limits, UserMails mails, CancellationToken stop)
    {
        if (await limits.PasswordAsync(caller.UserId, stop) is { } tooMany)
            return tooMany;
        var (user, _) = await db.SelfAsync(caller, stop);
        if (!passwords.Verify(user, request.Password, out _))
            return UserProblems.WrongPassword;
        await limits.PasswordSucceededAsync(user.Id, stop);
        if (!user.TwoFactorEnabled)
            return UserProblems.TotpNotEnabled;
        (user.TwoFactorEnabled, user.TotpSecret, user.RecoveryCodeHashes) = (false, null, []);
        db.Call(user, "auth.totp_disabled");
        await mails.NoticeAsync(db, user, AccountNotice.TotpRemoved, stop);
        await db.SaveChangesAsync(stop);
        return TypedResults.NoContent();
    }

    /// <summary>New recovery codes; the old ones end. Needs the password.</summary>
    internal static async Task<Results<Ok<RecoveryCodes>, Problem>> NewRecoveryCodes(
        PasswordProof request, Caller caller, OCoreDb db, Passwords passwords, SignInLimits limits, UserMails mails, CancellationToken stop)
    {
        if (await limits.PasswordAsync(caller.UserId, stop) is { } tooMany)
            return tooMany;
        var (user, _) = await db.SelfAsync(caller, stop);
        if (!passwords.Verify(user, request.Password, out _))
            return UserProblems.WrongPassword;
        await limits.PasswordSucceededAsync(user.Id, stop);
        if (!user.TwoFactorEnabled)
            return UserProblems.TotpNotEnabled;
        var codes = SecondFactor.NewRecoveryCodes(user);
        db.Call(user, "auth.recovery_codes_made");
        await mails.NoticeAsync(db, user, AccountNotice.RecoveryCodes, stop);
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(new RecoveryCodes { Codes = codes });
    }
}
