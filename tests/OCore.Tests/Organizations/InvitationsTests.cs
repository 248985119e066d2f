using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Platform.Mail;
using OCore.Platform.Security;

namespace OCore.Tests.Organizations;

public sealed partial class InvitationsTests(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task An_invitation_makes_an_account_and_a_member(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var email = Email(app);
        var token = await InviteAsync(app, owner, org, email, "developer");

        var preview = await Nobody(app).Post<InvitationToken, InvitationPreview>("/api/invitations/preview", new() { Token = token });
        Assert.Equal((org.Name, email, "Developer", false), (preview.Organization, preview.Email, preview.Role, preview.AccountExists));
        await AcceptAsync(app, null, new() { Token = token }).IsRefusedAsync(400, "validation_failed", "name");
        var session = await AcceptAsync(app, null, new() { Token = token, Name = "Ines", Password = TestApp.Password });

        var me = new OCoreHttp(app.HttpWith(session.AccessToken, org.Slug));
        await me.Get<OrganizationView>("/api/organizations/current");
        Assert.Equal("developer", (await app.As(owner, org).Get<Page<MemberView>>($"/api/members?q={email}")).Data.Single().Role.Slug);
        Assert.Empty((await app.As(owner, org).Get<Page<InvitationView>>("/api/invitations")).Data);
        await AcceptAsync(app, null, new() { Token = token, Name = "Again", Password = TestApp.Password }).IsRefusedAsync(404, "invitation_invalid");
        var log = (await app.As(owner, org).Get<Page<AuditEntryView>>("/api/audit-logs?limit=200")).Data;
        Assert.Contains(log, e => e.Action == "invitation.accepted" && e.Actor == email && e.OnBehalfOf is null);
    }

    [Theory, Sqlite, Postgres]
    public async Task Nobody_reads_a_token_from_the_api_the_log_or_the_database(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var token = await InviteAsync(app, owner, org, Email(app), "viewer");

        var http = app.HttpAs(owner, org.Slug);
        foreach (var path in (string[])["/api/invitations", "/api/audit-logs", "/api/audit-logs/export?format=jsonl", "/api/members"])
        {
            var text = await http.GetStringAsync(path);
            Assert.DoesNotContain(token, text, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(Tokens.Hash(token)), text, StringComparison.Ordinal);
        }
        await using var db = app.Databases.System();
        Assert.DoesNotContain(await db.Set<OutgoingMail>().Select(m => m.ContentSealed!).ToListAsync(), c => c.Contains(token, StringComparison.Ordinal));
    }

    [Theory, Sqlite, Postgres]
    public async Task The_mail_says_who_invites_and_leads_to_the_configured_address(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Mailer");
        var client = await app.ClientOfAsync(agency, "Mailed");
        var email = Email(app);

        var http = app.HttpAs(agency.Owner, client.Slug);
        http.DefaultRequestHeaders.Host = "evil.example";
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await http.PostAsJsonAsync("/api/invitations", new { email, role = "owner" })).StatusCode);
        http.DefaultRequestHeaders.Host = "127.0.0.1";
        (await http.PostAsJsonAsync("/api/invitations", new { email, role = "owner" })).EnsureSuccessStatusCode();

        var mail = await MailToAsync(app, email);
        Assert.Equal("Mailer", mail.From);
        Assert.Contains($"http://{client.Slug}.localhost/invitations/accept#token=", mail.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", mail.Text + mail.Html, StringComparison.Ordinal);
        Assert.Contains(agency.Owner.Email, mail.Text, StringComparison.Ordinal);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_mail_that_does_not_go_out_is_shown(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        await InviteAsync(app, owner, org, Email(app), "viewer");

        var shown = Assert.Single((await app.As(owner, org).Get<Page<InvitationView>>("/api/invitations")).Data);

        Assert.False(shown.MailSent);
        Assert.Contains("OCORE_SMTP_URL", shown.MailError, StringComparison.Ordinal);
    }

    [Theory, Sqlite, Postgres]
    public async Task Of_many_who_accept_at_once_one_wins(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var person = await app.PersonAsync("Twice");
        var token = await InviteAsync(app, owner, org, person.Email, "viewer");
        var email = Email(app);
        var tokenOfNew = await InviteAsync(app, owner, org, email, "viewer");

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => app.HttpAs(n % 2 == 0 ? person : null).PostAsJsonAsync("/api/invitations/accept",
            n % 2 == 0 ? (object)new { token } : new { token = tokenOfNew, name = "Twin", password = TestApp.Password })));

        Assert.Equal(2, answers.Count(a => a.StatusCode == HttpStatusCode.OK));
        Assert.All(answers, a => Assert.True((int)a.StatusCode < 500));
        Assert.Equal(3, (await app.As(owner, org).Get<Page<MemberView>>("/api/members")).Data.Count);
    }

    [Theory, Sqlite, Postgres]
    public async Task Only_the_invited_account_accepts(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var invited = await app.PersonAsync("Invited");
        var other = await app.PersonAsync("Other");
        var token = await InviteAsync(app, owner, org, invited.Email.ToUpperInvariant(), "viewer");

        Assert.True((await Nobody(app).Post<InvitationToken, InvitationPreview>("/api/invitations/preview", new() { Token = token })).AccountExists);
        await AcceptAsync(app, null, new() { Token = token, Name = "Taker", Password = TestApp.Password }).IsRefusedAsync(401, "sign_in_to_accept");
        await AcceptAsync(app, other.Token, new() { Token = token }).IsRefusedAsync(403, "invitation_for_another_account");
        await AcceptAsync(app, await app.ApiKeyAsync(invited, invited.Home), new() { Token = token }).IsRefusedAsync(403, "not_with_api_key");

        var session = await AcceptAsync(app, invited.Token, new() { Token = token });
        await new OCoreHttp(app.HttpWith(session.AccessToken, org.Slug)).Get<OrganizationView>("/api/organizations/current");
    }

    [Theory, Sqlite, Postgres]
    public async Task Somebody_who_belongs_nowhere_can_be_invited_again(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var email = Email(app);
        var first = await AcceptAsync(app, null, new() { Token = await InviteAsync(app, owner, org, email, "viewer"), Name = "Leaver", Password = TestApp.Password });
        var member = (await app.As(owner, org).Get<Page<MemberView>>($"/api/members?q={email}")).Data.Single();
        await app.As(owner, org).Send(HttpMethod.Delete, $"/api/members/{member.Id}");
        await new OCoreHttp(app.HttpWith(first.AccessToken)).Get<Page<MembershipView>>("/api/organizations").IsRefusedAsync(404, "organization_not_found");

        await AcceptAsync(app, first.AccessToken, new() { Token = await InviteAsync(app, owner, org, email, "viewer") });

        Assert.Single((await new OCoreHttp(app.HttpWith(first.AccessToken)).Get<Page<MembershipView>>("/api/organizations")).Data);
    }

    [Theory, Sqlite, Postgres]
    public async Task It_ends_after_three_days_or_when_it_is_revoked(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var owner = await app.PersonAsync("Timely");
        var org = await app.OrganizationAsync("Timely", owner);
        var (late, revoked) = (await InviteAsync(app, owner, org, Email(app), "viewer"), await InviteAsync(app, owner, org, Email(app), "viewer"));

        var open = (await app.As(owner, org).Get<Page<InvitationView>>("/api/invitations")).Data;
        await app.As(owner, org).Send(HttpMethod.Delete, $"/api/invitations/{open[0].Id}");
        await Nobody(app).Post<InvitationToken, InvitationPreview>("/api/invitations/preview", new() { Token = revoked }).IsRefusedAsync(404, "invitation_invalid");

        app.Clock.Advance(TimeSpan.FromHours(72));
        await AcceptAsync(app, null, new() { Token = late, Name = "Late", Password = TestApp.Password }).IsRefusedAsync(404, "invitation_invalid");
    }

    [Theory, Sqlite, Postgres]
    public async Task An_invitation_is_worth_what_its_sender_may_still_do(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var (demoted, removed) = (await app.MemberAsync(org, "admin"), await app.MemberAsync(org, "admin"));
        var (first, second) = (await InviteAsync(app, demoted, org, Email(app), "developer"), await InviteAsync(app, removed, org, Email(app), "viewer"));
        var members = (await app.As(owner, org).Get<Page<MemberView>>("/api/members")).Data;

        await app.As(owner, org).Put<UpdateMember, MemberView>($"/api/members/{members.Single(m => m.UserId == demoted.Id).Id}", new() { Role = "viewer" });
        await app.As(owner, org).Send(HttpMethod.Delete, $"/api/members/{members.Single(m => m.UserId == removed.Id).Id}");

        foreach (var token in (string[])[first, second])
            await AcceptAsync(app, null, new() { Token = token, Name = "Guest", Password = TestApp.Password }).IsRefusedAsync(404, "invitation_invalid");
    }

    [Theory, Sqlite, Postgres]
    public async Task Nobody_invites_to_more_than_they_have_or_twice(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var manager = await app.MemberAsync(org, "people", "manage:members");
        var email = Email(app);

        await InviteAsync(app, manager, org, email, "viewer").IsRefusedAsync(403, "grants_more_than_own");
        await InviteAsync(app, await app.MemberAsync(org, "admin"), org, email, "owner").IsRefusedAsync(403, "owners_only");
        await InviteAsync(app, owner, org, email, "nobody").IsRefusedAsync(400, "role_not_found", "role");
        await InviteAsync(app, owner, org, email, "owner");
        await InviteAsync(app, owner, org, email, "viewer").IsRefusedAsync(409, "already_invited");
        await InviteAsync(app, owner, org, manager.Email, "viewer").IsRefusedAsync(409, "already_member");
        await app.As(await app.MemberAsync(org, "viewer"), org).Get<Page<InvitationView>>("/api/invitations").IsRefusedAsync(403, "forbidden");
    }

    [Theory, Sqlite, Postgres]
    public async Task Thirty_go_out_in_an_hour_of_each_organization(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        for (var n = 0; n < 30; n++)
            await app.As(owner, org).Post<InviteMember, InvitationView>("/api/invitations", new() { Email = Email(app), Role = "viewer" });
        var first = (await app.As(owner, org).Get<Page<InvitationView>>("/api/invitations?limit=1")).Data[0];
        await app.As(owner, org).Send(HttpMethod.Delete, $"/api/invitations/{first.Id}");

        using var refused = await app.HttpAs(owner, org.Slug).PostAsJsonAsync("/api/invitations", new { email = Email(app), role = "viewer" });

        await refused.IsProblemAsync(429, "too_many_invitations");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 3000, 3600);
        var (_, neighbour, other) = await OrganizationAsync(database);
        await InviteAsync(app, neighbour, other, Email(app), "viewer");
    }

    /// <summary>Invites, and takes the token from the mail as its recipient would.</summary>
    internal static async Task<string> InviteAsync(TestApp app, TestPerson by, TestOrg org, string email, string role)
    {
        await app.As(by, org).Post<InviteMember, InvitationView>("/api/invitations", new() { Email = email, Role = role });
        return TokenIn().Match((await MailToAsync(app, email.ToLowerInvariant())).Text).Groups[1].Value;
    }

    private static async Task<RenderedMail> MailToAsync(TestApp app, string email)
    {
        await using var db = app.Databases.System();
        return app.Services.GetRequiredService<Outbox>().Open(await db.Set<OutgoingMail>().Where(m => m.To == email).OrderByDescending(m => m.Id).FirstAsync());
    }

    private static Task<SessionTokens> AcceptAsync(TestApp app, string? token, AcceptInvitation request) =>
        new OCoreHttp(app.HttpWith(token)).Post<AcceptInvitation, SessionTokens>("/api/invitations/accept", request);

    private static OCoreHttp Nobody(TestApp app) => new(app.HttpWith(null));

    private static string Email(TestApp app) => $"{app.Slug("guest")}@people.example";

    private async Task<(TestApp, TestPerson, TestOrg)> OrganizationAsync(Database database)
    {
        var app = await apps.OnAsync(database);
        var owner = await app.PersonAsync("Host");
        return (app, owner, await app.OrganizationAsync("House", owner));
    }

    [GeneratedRegex("#token=([A-Za-z0-9_-]{43})")]
    private static partial Regex TokenIn();
}
