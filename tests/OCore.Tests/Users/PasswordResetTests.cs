using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using OCore.Features.Users;
using OCore.Platform.Mail;

namespace OCore.Tests.Users;

public sealed class PasswordResetTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Subject = "Choose a new password";
    private readonly SmtpPeer _peer = new();
    private TestApp app = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    private async Task StartAsync(Database database) => app = await TestApp.StartAsync(database, a =>
    {
        a.Set("SMTP_URL", $"smtp://{_peer.Address}?starttls=none");
        a.Set("PUBLIC_URL", "https://ocore.example");
        a.Set("ALLOWED_HOSTS", "evil.example");
        a.Set("SIGN_INS_PER_MINUTE", "1000");
    });

    public async Task DisposeAsync()
    {
        await app.DisposeAsync();
        await _peer.DisposeAsync();
    }

    ValueTask IAsyncDisposable.DisposeAsync() => new(DisposeAsync());

    [Theory, Sqlite, Postgres]
    public async Task A_link_comes_by_mail_and_sets_a_new_password_once(Database database)
    {
        await StartAsync(database);
        var ada = await app.PersonAsync("Ada");
        await app.GetAsync("/api/user", ada.Token).IsOkAsync();
        // Whatever a request says its host is, the link begins with the configured address.
        var token = await AskAsync(ada, ("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"));
        await using (var db = app.Databases.System())
            Assert.Equal(OCore.Platform.Security.Tokens.Hash(token), (await db.Set<PasswordReset>().SingleAsync(r => r.UserId == ada.Id)).TokenHash);

        await ConfirmAsync(token, "password1").ProblemAsync(400, "password_too_common", "password");
        await ConfirmAsync(token).IsDoneAsync();
        await ConfirmAsync(token).ProblemAsync(400, "reset_token_invalid", "token");
        await app.GetAsync("/api/user", ada.Token).ProblemAsync(401, "unauthenticated");
        await app.LoginAsync(ada.Email).ProblemAsync(401, "invalid_credentials");
        await app.LoginAsync(ada.Email, "several unrelated words").TokensAsync();
        Assert.Single(await app.AuditAsync(ada, "auth.password_reset"));
        await _peer.MailAsync(ada.Email, "Your password was changed");
    }

    [Theory, Sqlite, Postgres]
    public async Task Nobody_learns_whether_there_is_an_account(Database database)
    {
        await StartAsync(database);
        var ada = await app.PersonAsync("Ada");
        var known = await app.PostAsync("/api/auth/password-reset", new { email = ada.Email });
        var unknown = await app.PostAsync("/api/auth/password-reset", new { email = "nobody@people.example" });
        Assert.Equal((HttpStatusCode.Accepted, ""), (known.StatusCode, await known.Content.ReadAsStringAsync()));
        Assert.Equal((HttpStatusCode.Accepted, ""), (unknown.StatusCode, await unknown.Content.ReadAsStringAsync()));
        await _peer.MailAsync(ada.Email, Subject);
        Assert.DoesNotContain(_peer.Mails, m => m.To.ToString().Contains("nobody", StringComparison.Ordinal));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_link_works_for_an_hour(Database database)
    {
        await StartAsync(database);
        var ada = await app.PersonAsync("Ada");
        var token = await AskAsync(ada);
        app.Clock.Advance(TimeSpan.FromMinutes(61));
        await ConfirmAsync(token).ProblemAsync(400, "reset_token_invalid");
    }

    [Theory, Sqlite, Postgres]
    public async Task Of_two_uses_at_the_same_time_one_wins(Database database)
    {
        await StartAsync(database);
        var ada = await app.PersonAsync("Ada");
        var token = await AskAsync(ada);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => ConfirmAsync(token, $"several unrelated words {i}")));
        Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest], answers.Select(a => a.StatusCode).Order());
    }

    [Theory, Sqlite, Postgres]
    public async Task A_second_factor_stays_in_force(Database database)
    {
        await StartAsync(database);
        var ada = await app.PersonAsync("Ada");
        var (seed, _) = await app.AddTotpAsync(ada);
        await ConfirmAsync(await AskAsync(ada)).IsDoneAsync();
        await app.LoginAsync(ada.Email, "several unrelated words").ProblemAsync(401, "totp_required");
        await app.LoginAsync(ada.Email, "several unrelated words", app.FreshCode(seed)).TokensAsync();
    }

    /// <summary>Anybody can open an account with somebody else's address where that is open to all; what they set up there ends when its owner comes.</summary>
    [Theory, Sqlite, Postgres]
    public async Task Who_shows_first_that_the_address_is_theirs_shares_the_account_with_nobody(Database database)
    {
        await StartAsync(database);
        var ada = await app.PersonAsync("Ada");
        await using (var db = app.Databases.System())
            await db.Users.Where(u => u.Id == ada.Id).ExecuteUpdateAsync(s => s.SetProperty(u => u.EmailConfirmed, false));
        await app.AddTotpAsync(ada);
        var key = await app.ApiKeyAsync(ada, ada.Home);
        await app.GetAsync("/api/user", key).IsOkAsync();

        await ConfirmAsync(await AskAsync(ada)).IsDoneAsync();
        await app.LoginAsync(ada.Email, "several unrelated words").TokensAsync();
        await app.GetAsync("/api/user", key).ProblemAsync(401, "unauthenticated");
    }

    [Theory, Sqlite, Postgres]
    public async Task An_address_gets_three_mails_in_an_hour(Database database)
    {
        await StartAsync(database);
        var ada = await app.PersonAsync("Ada");
        for (var i = 0; i < 6; i++)
            await app.PostAsync("/api/auth/password-reset", new { email = ada.Email }).IsAcceptedAsync();
        await _peer.MailAsync(ada.Email, Subject);
        await Task.Delay(1500);
        await using var db = app.Databases.System();
        Assert.Equal(3, await db.Set<OutgoingMail>().CountAsync(m => m.AboutId == ada.Id));
    }

    private Task<HttpResponseMessage> ConfirmAsync(string token, string password = "several unrelated words") => app.PostAsync("/api/auth/password-reset/confirm", new { token, password });

    private async Task<string> AskAsync(TestPerson person, params (string, string)[] headers)
    {
        await app.PostAsync("/api/auth/password-reset", new { email = person.Email }, null, headers).IsAcceptedAsync();
        var mail = await _peer.MailAsync(person.Email, Subject);
        var link = Regex.Match(mail.TextBody!, @"^https://ocore\.example/reset-password#token=([A-Za-z0-9_-]{43})\r?$", RegexOptions.Multiline);
        Assert.True(link.Success, mail.TextBody);
        return link.Groups[1].Value;
    }
}

internal static class AcceptedSteps
{
    public static async Task IsAcceptedAsync(this Task<HttpResponseMessage> call) => await call.IsAsync(HttpStatusCode.Accepted);
}
