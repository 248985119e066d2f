using OCore.Client;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Users;

internal static class UserEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var auth = api.MapGroup("/auth").WithTags("Sign-in").Public();
        auth.MapPost("/login", SignInEndpoints.Login).WithName("login");
        auth.MapPost("/refresh", SignInEndpoints.Refresh).WithName("refreshSession");
        auth.MapPost("/logout", SignInEndpoints.Logout).WithName("logout");
        auth.MapPost("/signup", SignInEndpoints.Signup).WithName("signup");
        auth.MapPost("/password-reset", PasswordEndpoints.AskReset).WithName("requestPasswordReset");
        auth.MapPost("/password-reset/confirm", PasswordEndpoints.ConfirmReset).WithName("confirmPasswordReset");
        auth.MapPost("/passkey/options", PasskeyEndpoints.SignInOptions).WithName("passkeySignInOptions");
        auth.MapPost("/passkey/login", PasskeyEndpoints.SignIn).WithName("passkeyLogin");

        AccountAdministration.Map(api);

        var user = api.MapGroup("/user").WithTags("Account").SignedIn();
        user.MapGet("", AccountEndpoints.Get).WithName("getUser").EditTag<UpdateMe>().BeforePasswordChange();

        // A key that leaked must not be able to take over the account of the person who made it.
        var person = user.MapGroup("").AddEndpointFilter(async (context, next) =>
            context.HttpContext.RequestServices.GetRequiredService<Caller>().Access.ApiKeyId is null ? await next(context) : UserProblems.KeyRefused);
        person.MapPut("", AccountEndpoints.Update).WithName("updateUser");
        person.MapPost("/password", PasswordEndpoints.Change).WithName("changePassword").BeforePasswordChange();
        person.MapPost("/totp", TotpEndpoints.Begin).WithName("beginTotp");
        person.MapPost("/totp/confirm", TotpEndpoints.Confirm).WithName("confirmTotp");
        person.MapPost("/totp/disable", TotpEndpoints.Disable).WithName("disableTotp");
        person.MapPost("/recovery-codes", TotpEndpoints.NewRecoveryCodes).WithName("newRecoveryCodes");
        person.MapGet("/sessions", SessionEndpoints.List).WithName("listSessions");
        person.MapDelete("/sessions", SessionEndpoints.EndOthers).WithName("endOtherSessions");
        person.MapDelete("/sessions/{id:guid}", SessionEndpoints.End).WithName("endSession");
        person.MapGet("/passkeys", PasskeyEndpoints.List).WithName("listPasskeys");
        person.MapPost("/passkeys/options", PasskeyEndpoints.RegisterOptions).WithName("passkeyOptions");
        person.MapPost("/passkeys", PasskeyEndpoints.Register).WithName("addPasskey");
        person.MapDelete("/passkeys/{id}", PasskeyEndpoints.Remove).WithName("removePasskey");
    }
}
