using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>One's own account.</summary>
internal static class UserCommands
{
    public static Command Noun() => new("user", "Your own account: password, second factor, sessions")
    {
        Update(), Password(), PasswordReset(), PasswordConfirm(),
        new Command("totp", "Second factor by an authenticator app") { TotpEnable(), TotpDisable(), RecoveryCodes() },
        new Command("session", "Where you are signed in") { Sessions(), RevokeSession() },
        new Command("passkey", "Passkeys; one is added in the dashboard") { Passkeys(), RemovePasskey() },
    };

    private static Verb Update()
    {
        var name = Opt.Text("--name", "NAME", "Name shown to others");
        var language = Opt.Among("--language", "Of mails to you", "en", "fr");
        return new Verb("update", "Change your name, and the language of mails to you") { name, language }
            .Calls("PUT /user")
            .Runs(call =>
            {
                var body = new UpdateMe();
                if (call.Get(name) is { } given)
                    body.Name = given;
                if (call.Get(language) is { } read)
                    body.Language = read;
                return call.Send(HttpMethod.Put, $"/user", body, Views.Me);
            });
    }

    private static Verb Password()
    {
        var piped = Opt.Flag("--password-stdin", "Read the current and then the new password, one a line, from standard input");
        return new Verb("password", "Change your password") { piped }
            .Calls("POST /user/password")
            .Runs(call =>
            {
                var current = Secret(call, "Current password:", call.Get(piped));
                var request = new ChangePassword { CurrentPassword = current, NewPassword = SessionCommands.NewPassword(call, call.Get(piped)) };
                return call.Do(HttpMethod.Post, $"/user/password", request, "The password was changed.");
            });
    }

    private static Verb PasswordReset()
    {
        var email = Opt.Arg("EMAIL", "Address of the account");
        return new Verb("reset-password", "Have a link to a new password sent by mail") { email }
            .Calls("POST /auth/password-reset")
            .Runs(call => call.Do(HttpMethod.Post, $"/auth/password-reset", new ResetPasswordRequest { Email = call.Get(email) },
                "If there is such an account, a mail is on its way."));
    }

    private static Verb PasswordConfirm()
    {
        var piped = Opt.Flag("--password-stdin", "Read the token and then the new password, one a line, from standard input");
        return new Verb("confirm-password", "Set the new password with the token of the mail") { piped }
            .Calls("POST /auth/password-reset/confirm")
            .Runs(call =>
            {
                var token = Tokens.FromLink(Secret(call, "Token or link of the mail:", call.Get(piped)));
                var request = new ConfirmResetRequest { Token = token, Password = SessionCommands.NewPassword(call, call.Get(piped)) };
                return call.Do(HttpMethod.Post, $"/auth/password-reset/confirm", request, "The password was set: sign in with 'ocore login'.");
            });
    }

    private static Verb TotpEnable() => new Verb("enable", "Add an authenticator app, and show the recovery codes")
        .Calls("POST /user/totp", "POST /user/totp/confirm")
        .Runs(async call =>
        {
            var setup = await call.Api.Post<TotpSetup>("/api/user/totp", call.Stop);
            call.Out.Note($"Add this to the authenticator:\n  {setup.Uri}\n  Key: {setup.Secret}");
            var code = call.Io.Ask("Code it shows now:", "Run it in a terminal.").Replace(" ", "");
            return await Codes(call, "/api/user/totp/confirm", OCoreHttp.Body(new TotpCode { Code = code }));
        });

    private static Verb TotpDisable()
    {
        var piped = Opt.PasswordStdin("your password");
        return new Verb("disable", "Take the authenticator away") { piped }
            .Calls("POST /user/totp/disable")
            .Runs(call => call.Do(HttpMethod.Post, $"/user/totp/disable", new PasswordProof { Password = Secret(call, "Password:", call.Get(piped)) },
                "The second factor is off."));
    }

    private static Verb RecoveryCodes()
    {
        var piped = Opt.PasswordStdin("your password");
        return new Verb("recovery-codes", "Make new recovery codes; the old ones end") { piped }
            .Calls("POST /user/recovery-codes")
            .Runs(call => Codes(call, "/api/user/recovery-codes", OCoreHttp.Body(new PasswordProof { Password = Secret(call, "Password:", call.Get(piped)) })));
    }

    private static Verb Sessions() => Lists.Verb("list", "List your sessions", "GET /user/sessions", Views.Session, _ => "/api/user/sessions");

    private static Verb RevokeSession()
    {
        var id = Opt.Maybe("SESSION", "Id of the session");
        var others = Opt.Flag("--others", "All but this one");
        return new Verb("revoke", "End a session") { id, others }
            .Calls("DELETE /user/sessions/{id}", "DELETE /user/sessions")
            .Runs(call => (call.Get(id), call.Get(others)) switch
            {
                ({ } one, false) => call.Do(HttpMethod.Delete, $"/user/sessions/{one}", "The session was ended."),
                (null, true) => call.Do(HttpMethod.Delete, $"/user/sessions", "All other sessions were ended."),
                _ => throw new CliException(ExitCode.Usage, "Give the id of a session, or --others."),
            });
    }

    private static Verb Passkeys() => Lists.Verb("list", "List your passkeys", "GET /user/passkeys", Views.Passkey, _ => "/api/user/passkeys");

    private static Verb RemovePasskey()
    {
        var id = Opt.Arg("PASSKEY", "Id of the passkey");
        return new Verb("remove", "Remove a passkey") { id }
            .Calls("DELETE /user/passkeys/{id}")
            .Runs(call => call.Do(HttpMethod.Delete, $"/user/passkeys/{call.Get(id)}", "The passkey was removed."));
    }

    private static string Secret(Call call, string question, bool piped) =>
        piped ? call.Io.ReadPiped(question.TrimEnd(':').ToLowerInvariant()) : call.Io.Ask(question, "Give --password-stdin.", secret: true);

    private static async Task<int> Codes(Call call, string path, HttpContent body)
    {
        var (codes, json) = await call.Fetch<Client.RecoveryCodes>(HttpMethod.Post, path, body);
        if (call.Out.Format != OutputFormat.Table)
            call.Out.Json(json);
        else
        {
            call.Out.Note("Recovery codes, each for one sign-in without the authenticator. They are not shown again:");
            foreach (var code in codes.Codes)
                call.Out.Line(code);
        }
        return ExitCode.Ok;
    }
}

/// <summary>Tokens that arrive by mail are in a link; people paste the link.</summary>
internal static class Tokens
{
    public static string FromLink(string text)
    {
        if (!text.Contains("://", StringComparison.Ordinal) || !Uri.TryCreate(text, UriKind.Absolute, out var link))
            return text;
        var query = (link.Query + "&" + link.Fragment.TrimStart('#')).TrimStart('?').Split('&');
        return query.Where(p => p.StartsWith("token=", StringComparison.Ordinal)).Select(p => Uri.UnescapeDataString(p[6..])).FirstOrDefault()
            ?? link.Segments[^1].Trim('/');
    }
}
