using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Users;

namespace OCore.Tests.Users;

public sealed class SessionTests(UsersApps users) : IClassFixture<UsersApps>
{
    private static readonly (string, string) Browser = ("X-OCore-Browser", "1"), Csrf = ("X-OCore-CSRF", "1"), LocalHost = ("Host", "localhost");
    private TestApp app = null!;

    [Theory, Sqlite, Postgres]
    public async Task An_access_token_lives_an_hour_and_a_refresh_token_gets_the_next(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var first = await app.LoginAsync(ada.Email).TokensAsync();
        app.Clock.Advance(TimeSpan.FromMinutes(61));
        await app.GetAsync("/api/user", first.AccessToken).ProblemAsync(401, "unauthenticated");
        var second = await app.PostAsync("/api/auth/refresh", new { first.RefreshToken }).TokensAsync();
        Assert.NotEqual(first.RefreshToken, second.RefreshToken);
        await app.GetAsync("/api/user", second.AccessToken).IsOkAsync();
        var third = await app.PostAsync("/api/auth/refresh", new { second.RefreshToken }).TokensAsync();
        // The token before ends with the refresh, not with its hour.
        await app.GetAsync("/api/user", second.AccessToken).ProblemAsync(401, "unauthenticated");
        await app.GetAsync("/api/user", third.AccessToken).IsOkAsync();
        app.Clock.Advance(TimeSpan.FromDays(30) + TimeSpan.FromMinutes(1));
        await app.PostAsync("/api/auth/refresh", new { third.RefreshToken }).ProblemAsync(401, "invalid_refresh_token");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Using_any_old_refresh_token_ends_the_session(int generationsAgo)
    {
        app = await users.OnAsync(Database.Sqlite);
        var ada = await app.PersonAsync("Ada");
        List<SessionTokens> tokens = [await app.LoginAsync(ada.Email).TokensAsync()];
        for (var i = 0; i < 3; i++)
            tokens.Add(await app.PostAsync("/api/auth/refresh", new { tokens[^1].RefreshToken }).TokensAsync());
        await app.GetAsync("/api/user", tokens[^1].AccessToken).IsOkAsync();
        await app.PostAsync("/api/auth/refresh", new { tokens[^(1 + generationsAgo)].RefreshToken }).ProblemAsync(401, "invalid_refresh_token");
        await app.PostAsync("/api/auth/refresh", new { tokens[^1].RefreshToken }).ProblemAsync(401, "invalid_refresh_token");
        await app.GetAsync("/api/user", tokens[^1].AccessToken).ProblemAsync(401, "unauthenticated");
        Assert.NotEmpty(await app.AuditAsync(ada, "auth.refresh_token_reused"));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_refresh_token_used_twice_at_the_same_time_never_makes_two_sessions(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var ada = await app.PersonAsync("Ada");
        var first = await app.LoginAsync(ada.Email).TokensAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => app.PostAsync("/api/auth/refresh", new { first.RefreshToken })));
        Assert.InRange(answers.Count(a => a.StatusCode == HttpStatusCode.OK), 0, 1);
        await using var db = app.Databases.System();
        var token = OCore.Platform.Security.Tokens.Hash(first.RefreshToken);
        Assert.False(await db.Sessions.AnyAsync(s => s.RefreshHash == token));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_made_up_refresh_token_is_refused(Database database) =>
        await (await users.OnAsync(database)).PostAsync("/api/auth/refresh", new { refreshToken = "made.up" }).ProblemAsync(401, "invalid_refresh_token");

    [Theory, Sqlite, Postgres]
    public async Task A_browser_gets_a_cookie_that_only_this_host_can_set(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var answer = await app.LoginAsync(ada.Email, headers: [Browser, LocalHost]);
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Matches("^__Host-signin=[A-Za-z0-9_-]{43}; path=/; secure; samesite=lax; httponly$", cookie);
        Assert.NotEmpty((await Task.FromResult(answer).TokensAsync()).AccessToken);
        // On a plain address a browser would not take that one.
        var plain = Assert.Single((await app.LoginAsync(ada.Email, headers: [Browser])).Headers.GetValues("Set-Cookie"));
        Assert.Matches("^signin=[A-Za-z0-9_-]{43}; path=/; samesite=lax; httponly$", plain);
        Assert.False((await app.LoginAsync(ada.Email)).Headers.Contains("Set-Cookie"));
    }

    [Theory, Sqlite, Postgres]
    public async Task With_the_cookie_one_reads_and_with_the_dashboards_header_one_writes(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var cookie = await CookieAsync(ada);
        await app.GetAsync("/api/user", headers: [cookie]).IsOkAsync();
        await app.SendAsync(HttpMethod.Put, "/api/user", new { name = "Ada L" }, null, cookie).ProblemAsync(403, "cross_site");
        await app.SendAsync(HttpMethod.Put, "/api/user", new { name = "Ada L" }, null, cookie, Csrf, ("Sec-Fetch-Site", "same-site")).ProblemAsync(403, "cross_site");
        await app.SendAsync(HttpMethod.Put, "/api/user", new { name = "Ada L" }, null, cookie, Csrf, ("Sec-Fetch-Site", "same-origin")).IsOkAsync();
    }

    [Theory, Sqlite, Postgres]
    public async Task A_cookie_ends_after_eight_idle_hours_and_after_a_day_however_busy(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var idle = await CookieAsync(ada);
        app.Clock.Advance(TimeSpan.FromHours(8) + TimeSpan.FromMinutes(1));
        await app.GetAsync("/api/user", headers: [idle]).ProblemAsync(401, "unauthenticated");

        var busy = await CookieAsync(ada);
        for (var hour = 0; hour < 21; hour += 7)
        {
            app.Clock.Advance(TimeSpan.FromHours(7));
            await app.GetAsync("/api/user", headers: [busy]).IsOkAsync();
        }
        app.Clock.Advance(TimeSpan.FromHours(3) + TimeSpan.FromMinutes(1));
        await app.GetAsync("/api/user", headers: [busy]).ProblemAsync(401, "unauthenticated");
    }

    [Theory, Sqlite, Postgres]
    public async Task The_refresh_token_of_a_browser_ends_with_its_day(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var tokens = await app.LoginAsync(ada.Email, headers: [Browser]).TokensAsync();
        for (var i = 0; i < 3; i++)
        {
            app.Clock.Advance(TimeSpan.FromHours(2));
            tokens = await app.PostAsync("/api/auth/refresh", new { tokens.RefreshToken }).TokensAsync();
        }
        app.Clock.Advance(TimeSpan.FromHours(19));
        await app.PostAsync("/api/auth/refresh", new { tokens.RefreshToken }).ProblemAsync(401, "invalid_refresh_token");
    }

    [Theory, Sqlite, Postgres]
    public async Task Logging_out_ends_the_session_and_forgets_the_cookie(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var cookie = await CookieAsync(ada);
        await app.GetAsync("/api/user", headers: [cookie]).IsOkAsync();
        // Another site cannot log anybody out.
        var foreign = await app.PostAsync("/api/auth/logout", null, null, cookie);
        Assert.False(foreign.Headers.Contains("Set-Cookie"));
        await app.GetAsync("/api/user", headers: [cookie]).IsOkAsync();

        var answer = await app.PostAsync("/api/auth/logout", null, null, cookie, Csrf);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.StartsWith("signin=; expires=Thu, 01 Jan 1970", Assert.Single(answer.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
        await app.GetAsync("/api/user", headers: [cookie]).ProblemAsync(401, "unauthenticated");
        Assert.NotEmpty(await app.AuditAsync(ada, "auth.logout"));

        var tokens = await app.LoginAsync(ada.Email).TokensAsync();
        await app.PostAsync("/api/auth/logout", null, tokens.AccessToken).IsDoneAsync();
        await app.GetAsync("/api/user", tokens.AccessToken).ProblemAsync(401, "unauthenticated");
        await app.PostAsync("/api/auth/refresh", new { tokens.RefreshToken }).ProblemAsync(401, "invalid_refresh_token");
    }

    [Theory, Sqlite, Postgres]
    public async Task Signing_in_again_in_a_browser_ends_the_session_it_had(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var before = await CookieAsync(ada);
        await app.GetAsync("/api/user", headers: [before]).IsOkAsync();
        await app.LoginAsync(ada.Email, headers: [Browser, before, Csrf]).TokensAsync();
        await app.GetAsync("/api/user", headers: [before]).ProblemAsync(401, "unauthenticated");
    }

    [Theory, Sqlite, Postgres]
    public async Task One_sees_and_ends_ones_own_sessions_and_nobody_elses(Database database)
    {
        app = await users.OnAsync(database);
        var (ada, bob) = (await app.PersonAsync("Ada"), await app.PersonAsync("Bob"));
        var phone = await app.LoginAsync(ada.Email, headers: [("User-Agent", "a phone")]).TokensAsync();
        await app.LoginAsync(ada.Email).TokensAsync();
        var sessions = (await app.GetAsync("/api/user/sessions", ada.Token).JsonAsync()).GetProperty("data").EnumerateArray().ToList();
        Assert.Equal(3, sessions.Count);
        Assert.Single(sessions, s => s.GetProperty("current").GetBoolean());
        var id = sessions.Single(s => s.TryGetProperty("userAgent", out var agent) && agent.GetString() == "a phone").GetProperty("id").GetGuid();

        await app.SendAsync(HttpMethod.Delete, $"/api/user/sessions/{id}", null, bob.Token).ProblemAsync(404, "not_found");
        await app.GetAsync("/api/user", phone.AccessToken).IsOkAsync();
        await app.SendAsync(HttpMethod.Delete, $"/api/user/sessions/{id}", null, ada.Token).IsDoneAsync();
        await app.GetAsync("/api/user", phone.AccessToken).ProblemAsync(401, "unauthenticated");
        await app.SendAsync(HttpMethod.Delete, $"/api/user/sessions/{id}", null, ada.Token).ProblemAsync(404, "not_found");

        await app.SendAsync(HttpMethod.Delete, "/api/user/sessions", null, ada.Token).IsDoneAsync();
        Assert.Single((await app.GetAsync("/api/user/sessions", ada.Token).JsonAsync()).GetProperty("data").EnumerateArray());
        await app.GetAsync("/api/user", bob.Token).IsOkAsync();
    }

    [Theory, Sqlite, Postgres]
    public async Task Changing_the_password_ends_all_other_sessions(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var other = await app.LoginAsync(ada.Email).TokensAsync();
        await app.GetAsync("/api/user", other.AccessToken).IsOkAsync();
        Task<HttpResponseMessage> Change(string current, string next) => app.PostAsync("/api/user/password", new { currentPassword = current, newPassword = next }, ada.Token);
        await Change("not the password", "several unrelated words").ProblemAsync(403, "wrong_password", "currentPassword");
        await Change(TestApp.Password, "password1").ProblemAsync(400, "password_too_common", "newPassword");
        await Change(TestApp.Password, TestApp.Password).ProblemAsync(400, "password_unchanged", "newPassword");
        await app.GetAsync("/api/user", other.AccessToken).IsOkAsync();
        await Change(TestApp.Password, "several unrelated words").IsDoneAsync();
        await app.GetAsync("/api/user", other.AccessToken).ProblemAsync(401, "unauthenticated");
        await app.PostAsync("/api/auth/refresh", new { other.RefreshToken }).ProblemAsync(401, "invalid_refresh_token");
        await app.GetAsync("/api/user", ada.Token).IsOkAsync();
        await app.LoginAsync(ada.Email).ProblemAsync(401, "invalid_credentials");
        await app.LoginAsync(ada.Email, "several unrelated words").TokensAsync();
        Assert.Single(await app.AuditAsync(ada, "auth.password_changed"));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_password_that_oCore_made_is_asked_to_be_changed(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        await using (var db = app.Databases.System())
        {
            (await db.Users.SingleAsync(u => u.Id == ada.Id)).MustChangePassword = true;
            await db.SaveChangesAsync();
        }
        Assert.True((await app.GetAsync("/api/user", ada.Token).JsonAsync()).GetProperty("mustChangePassword").GetBoolean());
        // Whoever read it where it was printed gets in, and no further.
        var session = await app.LoginAsync(ada.Email).TokensAsync();
        foreach (var (method, path) in new[]
                 {
                     (HttpMethod.Get, "/api/organizations"), (HttpMethod.Get, "/api/members"), (HttpMethod.Post, "/api/api-keys"), (HttpMethod.Post, "/api/agency/enable"),
                     (HttpMethod.Put, "/api/user"), (HttpMethod.Get, "/api/user/sessions"), (HttpMethod.Post, "/api/user/totp"), (HttpMethod.Post, "/api/user/passkeys/options"),
                 })
        {
            var refused = await app.SendAsync(method, path, method == HttpMethod.Get ? null : new { }, session.AccessToken).ProblemAsync(403, "password_change_required");
            Assert.Contains("/api/user/password", refused.Hint, StringComparison.Ordinal);
        }
        await app.PostAsync("/api/auth/logout", new { session.RefreshToken }).IsDoneAsync();
        await app.PostAsync("/api/user/password", new { currentPassword = TestApp.Password, newPassword = "several unrelated words" }, ada.Token).IsDoneAsync();
        Assert.False((await app.GetAsync("/api/user", ada.Token).JsonAsync()).GetProperty("mustChangePassword").GetBoolean());
        await app.GetAsync("/api/organizations", ada.Token).IsOkAsync();
    }

    [Theory, Sqlite, Postgres]
    public async Task An_API_key_says_whose_it_is_and_cannot_touch_the_account(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var key = await app.ApiKeyAsync(ada, ada.Home);
        await app.GetAsync("/api/user", key).IsOkAsync();
        foreach (var (method, path) in new[] { (HttpMethod.Get, "/api/user/sessions"), (HttpMethod.Post, "/api/user/totp"), (HttpMethod.Delete, "/api/user/sessions"), (HttpMethod.Post, "/api/user/passkeys/options") })
            await app.SendAsync(method, path, null, key).ProblemAsync(403, "api_key_refused");
        await app.PostAsync("/api/user/password", new { currentPassword = TestApp.Password, newPassword = "several unrelated words" }, key).ProblemAsync(403, "api_key_refused");
    }

    [Theory, Sqlite, Postgres]
    public async Task The_account_lists_its_organizations_and_the_clients_of_its_agency(Database database)
    {
        app = await users.OnAsync(database);
        var agency = await app.AgencyAsync("North");
        var client = await app.ClientOfAsync(agency, "Bakery");
        var hidden = await app.ClientOfAsync(await app.AgencyAsync("South"), "Brewery");
        var me = await app.GetAsync("/api/user", agency.Owner.Token, ("X-Org-Slug", agency.Slug)).JsonAsync();
        var organizations = me.GetProperty("organizations").EnumerateArray().ToDictionary(o => o.GetProperty("slug").GetString()!);
        Assert.Equal([agency.Owner.Home.Slug, agency.Slug, client.Slug], organizations.Keys);
        Assert.False(organizations[agency.Slug].GetProperty("delegated").GetBoolean());
        Assert.True(organizations[client.Slug].GetProperty("delegated").GetBoolean());
        Assert.False(organizations[client.Slug].TryGetProperty("role", out _));
        Assert.DoesNotContain(hidden.Slug, organizations.Keys);
        var current = me.GetProperty("current");
        Assert.Equal(agency.Slug, current.GetProperty("slug").GetString());
        Assert.True(current.GetProperty("agencyAvailable").GetBoolean());
        Assert.Contains("manage:agency", current.GetProperty("permissions").EnumerateArray().Select(p => p.GetString()));

        var inClient = (await app.GetAsync("/api/user", agency.Owner.Token, ("X-Org-Slug", client.Slug)).JsonAsync()).GetProperty("current");
        Assert.True(inClient.GetProperty("delegated").GetBoolean());
        Assert.False(inClient.GetProperty("agencyAvailable").GetBoolean());

        // Who may not see the agency does not see its clients either.
        var clerk = await app.MemberAsync(agency.Org, "clerk", "view:billing");
        var seen = (await app.GetAsync("/api/user", clerk.Token).JsonAsync()).GetProperty("organizations").EnumerateArray().Select(o => o.GetProperty("slug").GetString());
        Assert.Equal([clerk.Home.Slug, agency.Slug], seen);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_name_can_be_changed_and_not_emptied(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var me = await app.SendAsync(HttpMethod.Put, "/api/user", new { name = " Ada Lovelace " }, ada.Token).JsonAsync();
        Assert.Equal("Ada Lovelace", me.GetProperty("name").GetString());
        await app.SendAsync(HttpMethod.Put, "/api/user", new { name = "  " }, ada.Token).ProblemAsync(400, "validation_failed", "name");
        var line = Assert.Single(await app.AuditAsync(ada, "user.updated"));
        Assert.Equal("Ada Lovelace", line.Changes["name"].After);
    }

    [Theory, Sqlite, Postgres]
    public async Task What_has_expired_is_swept_up(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        await app.LoginAsync(ada.Email).TokensAsync();
        app.Clock.Advance(TimeSpan.FromDays(31));
        await app.Services.GetRequiredService<ExpiredSignIns>().SweepAsync(CancellationToken.None);
        await using var db = app.Databases.System();
        Assert.False(await db.Sessions.AnyAsync(s => s.UserId == ada.Id));
    }

    private async Task<(string, string)> CookieAsync(TestPerson person)
    {
        var answer = await app.LoginAsync(person.Email, headers: [Browser]);
        return ("Cookie", Assert.Single(answer.Headers.GetValues("Set-Cookie")).Split(';')[0]);
    }
}
