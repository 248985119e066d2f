using OCore.Platform.Http;

namespace OCore.Features.Users;

internal static class UserProblems
{
    public static readonly Problem InvalidCredentials = new(401, "invalid_credentials", "The e-mail address or the password is wrong.", "Check both, or choose a new password with POST /api/auth/password-reset.");
    public static readonly Problem TotpRequired = new(401, "totp_required", "This account has a second factor.", "Send the six digits of the authenticator as totp, or one recovery code as recoveryCode, with the same request.");
    public static readonly Problem InvalidTotp = new(401, "invalid_totp", "This code is wrong, has passed, or was used already.", "Wait for the next code of your authenticator, or use a recovery code.");
    public static readonly Problem InvalidRefreshToken = new(401, "invalid_refresh_token", "This refresh token is not valid any more.", "Sign in again.");
    public static readonly Problem InvalidPasskey = new(401, "invalid_passkey", "This passkey could not be verified.", "Ask for new options and try again, or sign in with the password.");
    public static readonly Problem SignupClosed = new(403, "signup_closed", "Accounts are opened by invitation here.", "Ask an owner or admin of your organization for an invitation; the operator can set OCORE_SIGNUP=open.");
    public static readonly Problem EmailTaken = new(409, "email_taken", "There is an account with this e-mail address already.", "Sign in, or choose a new password with POST /api/auth/password-reset.") { Errors = Of("email", "There is an account with it already.") };
    public static readonly Problem WrongPassword = new(403, "wrong_password", "The password is wrong.", "Confirm with the password of your account.") { Errors = Of("password", "It is wrong.") };
    public static readonly Problem WrongCurrentPassword = WrongPassword with { Errors = Of("currentPassword", "It is wrong.") };
    public static readonly Problem ResetTokenInvalid = new(400, "reset_token_invalid", "This link has expired or was used already.", "Ask for a new one with POST /api/auth/password-reset.") { Errors = Of("token", "It has expired or was used already.") };
    public static readonly Problem TotpEnabled = new(409, "totp_already_enabled", "This account has an authenticator already.", "Disable it first with POST /api/user/totp/disable.");
    public static readonly Problem TotpNotStarted = new(409, "totp_not_started", "There is no authenticator to confirm.", "Begin with POST /api/user/totp.");
    public static readonly Problem TotpNotEnabled = new(409, "totp_not_enabled", "This account has no authenticator.", "Begin with POST /api/user/totp.");
    public static readonly Problem WrongCode = Problem.Field("code", "This is not the authenticator's code of now.", "invalid_totp") with { Hint = "Check that the clock of the device is right, and try the next code." };
    public static readonly Problem KeyRefused = new(403, "api_key_refused", "An API key cannot act on the account of its maker.", "Sign in as the person.");
    public static readonly Problem OwnAccount = new(409, "own_account", "You cannot shut yourself out.", "Another operator can do this to your account.");
    public static readonly Problem PasskeysUnavailable = new(409, "passkeys_unavailable", "Passkeys need the installation's public address to be a name with HTTPS, or localhost.", "The operator sets it as OCORE_PUBLIC_URL.");
    public static readonly Problem TooManyPasskeys = new(409, "too_many_passkeys", "An account can have 20 passkeys.", "Remove one that you do not use.");
    public static readonly Problem PasskeyRefused = Problem.Field("credential", "This passkey could not be verified.", "invalid_passkey") with { Hint = "Ask for new options and try again." };

    public static Problem TooMany(int seconds) => new(429, "too_many_requests", "Too many attempts.", $"Try again in {Words(seconds)}.")
    {
        More = new Dictionary<string, object?> { ["retryAfter"] = seconds },
    };

    private static string Words(int seconds) => seconds < 120 ? $"{seconds} seconds" : $"{(seconds + 59) / 60} minutes";

    private static Dictionary<string, string[]> Of(string field, string message) => new() { [field] = [message] };
}
