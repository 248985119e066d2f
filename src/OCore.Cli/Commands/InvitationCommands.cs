using System.CommandLine;
using OCore.Cli.Contexts;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

internal static class InvitationCommands
{
    public static Command Noun() => new("invitation", "Invitations to the organization") { List(), Create(), Revoke(), Accept() };

    private static Verb List() => Lists.Verb("list", "List the open invitations", "GET /invitations", Views.Invitation, _ => "/api/invitations");

    private static Verb Create()
    {
        var email = Opt.Need("--email", "EMAIL", "Who is invited");
        var role = Opt.Need("--role", "ROLE", "Id or slug of the role the person gets");
        var language = Opt.Among("--language", "Of the mail; yours where not given", "en", "fr");
        return new Verb("create", "Invite a person by mail") { email, role, language }
            .Calls("POST /invitations")
            .Example("ocore invitation create --email grace@example.com --role developer")
            .Runs(call => call.Send(HttpMethod.Post, $"/invitations", new InviteMember { Email = call.Need(email), Role = call.Need(role), Language = call.Get(language) }, Views.Invitation));
    }

    private static Verb Revoke()
    {
        var invitation = Opt.Arg("INVITATION", "Id or e-mail address");
        return new Verb("revoke", "Take an invitation back") { invitation }
            .Calls("DELETE /invitations/{id}")
            .Runs(async call => await call.Do(HttpMethod.Delete, $"/invitations/{await Lookup.Invitation(call, call.Get(invitation))}", "The invitation no longer works."));
    }

    /// <summary>The token is asked for and not an argument: it is as good as a password.</summary>
    private static Verb Accept()
    {
        var url = Opt.Maybe("URL", "Address of the installation; that of the link where not given");
        var name = Opt.Text("--name", "NAME", "Your name, where the account is new");
        var piped = Opt.Flag("--token-stdin", "Read the token or link, and then the password of a new account, one a line, from standard input");
        return new Verb("accept", "Accept an invitation, and sign in") { url, name, piped }
            .Calls("POST /invitations/preview", "POST /invitations/accept")
            .Runs(async call =>
            {
                var link = call.Get(piped) ? call.Io.ReadPiped("token") : call.Io.Ask("Link or token of the mail:", "Give --token-stdin.", secret: true);
                var isLink = link.Contains("://", StringComparison.Ordinal);
                var address = SessionCommands.Address(call, call.Get(url) ?? (isLink ? link : null));
                var (token, context) = (Tokens.FromLink(link), Remembered(call, address));
                using var api = call.Connect(new Target { Url = address, Token = context.AccessToken, Session = context.AccessToken is null ? null : context });
                var preview = await api.Post<InvitationToken, InvitationPreview>("/api/invitations/preview", new InvitationToken { Token = token }, call.Stop);
                call.Out.Note($"{preview.Organization} invites {preview.Email} as {preview.Role}.");
                var request = new AcceptInvitation { Token = token };
                if (!preview.AccountExists)
                    request = request with { Name = call.Get(name) ?? call.Io.Ask("Your name:", "Give --name."), Password = SessionCommands.NewPassword(call, call.Get(piped)) };
                var tokens = await api.Post<AcceptInvitation, SessionTokens>("/api/invitations/accept", request, call.Stop);
                return await SessionCommands.Save(call, Target.WithTokens(context with { Email = preview.Email, Organization = null }, tokens));
            });
    }

    private static Context Remembered(Call call, Uri address)
    {
        var url = address.GetLeftPart(UriPartial.Authority);
        return call.Contexts.Read().Contexts.FirstOrDefault(c => c.Url == url) ?? new Context { Name = call.GivenContext ?? address.Authority, Url = url };
    }
}
