using System.CommandLine;
using OCore.Cli.Contexts;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>Signing in and out.</summary>
internal static class SessionCommands
{
    public static Command Login()
    {
        var url = Opt.Maybe("URL", "Address of the installation; that of the current context where not given");
        var email = Opt.Text("--email", "EMAIL", "Address of the account; asked for where not given");
        var name = Opt.Text("--name", "NAME", "Name of the context to save; the host where not given");
        var password = Opt.Flag("--password-stdin", "Read the password from the first line of standard input, and a second factor's code from the second");
        var key = Opt.Flag("--api-key-stdin", "Read an API key from standard input, in place of a password");
        return new Verb("login", "Sign in to an installation and save it as the current context") { url, email, name, password, key }
            .Calls("POST /auth/login", "POST /auth/refresh")
            .Example("ocore login https://ocore.example.com")
            .Example("ocore login https://ocore.example.com --email ada@example.com --password-stdin < password.txt")
            .Runs(async call =>
            {
                var address = Address(call, call.Get(url));
                if (Target.IsExposed(address))
                    call.Out.Note("Warning: this connection is not encrypted; the password can be read on the way.");
                var context = new Context { Name = call.Get(name) ?? call.GivenContext ?? address.Authority, Url = address.GetLeftPart(UriPartial.Authority), Organization = call.GivenOrg };
                if (call.Get(key))
                    return await Save(call, context with { AccessToken = call.Io.ReadPiped("API key") });
                var account = call.Get(email) ?? call.Io.Ask("Email:", "Give --email.");
                var tokens = await SignIn(call, address, account, call.Get(password));
                return await Save(call, Target.WithTokens(context with { Email = account }, tokens));
            });
    }

    public static Command Logout() => new Verb("logout", "End the session of the current context")
        .Calls("POST /auth/logout")
        .Runs(async call =>
        {
            var context = call.Contexts.Read().Find(call.GivenContext ?? call.Contexts.Read().Current);
            if (context?.AccessToken is null)
                throw new CliException(ExitCode.Forbidden, "Not signed in.");
            try
            {
                using var api = call.Connect(new Target { Url = Target.ParseUrl(context.Url), Token = context.AccessToken });
                if (context.RefreshToken is not null)
                    await api.SendForJson(HttpMethod.Post, "/api/auth/logout", null, call.Stop);
            }
            catch (Exception lost) when (lost is HttpRequestException or OCoreException)
            {
                call.Out.Note($"The server was not told: {lost.Message}");
            }
            await call.Contexts.Change(file => file.With(context with { AccessToken = null, RefreshToken = null, ExpiresAt = null }), call.Stop);
            call.Out.Note($"Signed out of {context.Url}.");
            return ExitCode.Ok;
        });

    public static Command WhoAmI() => new Verb("whoami", "Show the account and the organization of this context")
        .Calls("GET /user")
        .Runs(call => call.Show($"/user", Views.Me));

    public static Command Signup()
    {
        var url = Opt.Maybe("URL", "Address of the installation; that of the current context where not given");
        var email = Opt.Need("--email", "EMAIL", "Address of the new account");
        var name = Opt.Need("--name", "NAME", "Name of the person");
        var password = Opt.PasswordStdin("the password");
        return new Verb("signup", "Open an account, where the installation allows it") { url, email, name, password }
            .Calls("POST /auth/signup")
            .Runs(async call =>
            {
                var address = Address(call, call.Get(url));
                var request = new SignupRequest { Email = call.Need(email), Name = call.Need(name), Password = NewPassword(call, call.Get(password)) };
                using var api = call.Connect(new Target { Url = address });
                var tokens = await api.Post<SignupRequest, SessionTokens>("/api/auth/signup", request, call.Stop);
                var context = new Context { Name = call.GivenContext ?? address.Authority, Url = address.GetLeftPart(UriPartial.Authority), Email = request.Email };
                return await Save(call, Target.WithTokens(context, tokens));
            });
    }

    /// <summary>Keep the context, make it the current one, and say who signed in.</summary>
    public static async Task<int> Save(Call call, Context context)
    {
        using var api = call.Connect(new Target { Url = Target.ParseUrl(context.Url), Token = context.AccessToken, Organization = context.Organization });
        var me = await api.Get<MeView>("/api/user", call.Stop);
        var saved = context with { Email = me.Email, Organization = context.Organization ?? me.Current.Slug };
        await call.Contexts.Change(file => file.With(saved) with { Current = saved.Name }, call.Stop);
        call.Out.Note($"Signed in to {saved.Url} as {me.Email}, organization {saved.Organization} (context '{saved.Name}').");
        if (me.MustChangePassword)
            call.Out.Note("The password was made by oCore. Change it before anything else: 'ocore user password'.");
        return ExitCode.Ok;
    }

    public static string NewPassword(Call call, bool piped)
    {
        if (piped)
            return call.Io.ReadPiped("password");
        var first = call.Io.Ask("New password:", "Give --password-stdin.", secret: true);
        return first == call.Io.Ask("Again:", "Give --password-stdin.", secret: true)
            ? first
            : throw new CliException(ExitCode.Usage, "The two are not the same.");
    }

    public static Uri Address(Call call, string? typed)
    {
        var file = call.Contexts.Read();
        var text = typed ?? call.GivenUrl ?? call.Io.Env("OCORE_URL") ?? file.Find(call.GivenContext ?? file.Current)?.Url;
        return text is { Length: > 0 } ? Target.ParseUrl(text) : throw new CliException(ExitCode.Usage, "Which installation?", "ocore login https://ocore.example.com");
    }

    private static async Task<SessionTokens> SignIn(Call call, Uri address, string email, bool piped)
    {
        var secret = piped ? call.Io.ReadPiped("password") : call.Io.Ask("Password:", "Give --password-stdin.", secret: true);
        var request = new LoginRequest { Email = email, Password = secret };
        using var api = call.Connect(new Target { Url = address });
        try
        {
            return await api.Post<LoginRequest, SessionTokens>("/api/auth/login", request, call.Stop);
        }
        catch (OCoreException refusal) when (refusal.Problem.Code == "totp_required")
        {
            var code = (piped ? call.Io.ReadPiped("second factor's code") : call.Io.Ask("Code of the authenticator, or a recovery code:", "Give it as the second line of standard input.")).Replace(" ", "");
            var isTotp = code.Length == 6 && code.All(char.IsAsciiDigit);
            request = isTotp ? request with { Totp = code } : request with { RecoveryCode = code };
            return await api.Post<LoginRequest, SessionTokens>("/api/auth/login", request, call.Stop);
        }
    }
}
