using System.Net;
using OCore.Platform.Security;

namespace OCore.Tests.Users;

public sealed class SignInLimitTests
{
    private static Task<TestApp> BehindProxyAsync(Database database) => TestApp.StartAsync(database, a => a.Set("TRUSTED_PROXIES", "127.0.0.1"));

    private static (string, string)[] From(string ip) => [("X-Forwarded-For", ip)];

    [Theory, Sqlite, Postgres]
    public async Task The_sixth_wrong_attempt_at_an_account_has_to_wait_and_so_has_one_at_an_account_that_is_none(Database database)
    {
        await using var app = await BehindProxyAsync(database);
        var (ada, bob) = (await app.PersonAsync("Ada"), await app.PersonAsync("Bob"));
        foreach (var email in new[] { ada.Email, "nobody@people.example" })
        {
            // From as many addresses as one likes.
            for (var i = 0; i < 5; i++)
                await app.LoginAsync(email, "not the password", headers: From($"192.0.2.{i}")).ProblemAsync(401, "invalid_credentials");
            var refused = await app.LoginAsync(email, headers: From("192.0.2.99"));
            await refused.IsProblemAsync(429, "too_many_requests");
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalMinutes, 10, 15);
        }
        await app.LoginAsync(bob.Email, headers: From("192.0.2.99")).TokensAsync();
        app.Clock.Advance(TimeSpan.FromMinutes(15.1));
        await app.LoginAsync(ada.Email, headers: From("192.0.2.99")).TokensAsync();
    }

    [Theory, Sqlite, Postgres]
    public async Task Strangers_cannot_lock_out_the_owner_where_they_signed_in_before(Database database)
    {
        await using var app = await BehindProxyAsync(database);
        var ada = await app.PersonAsync("Ada");
        await app.LoginAsync(ada.Email, headers: From("198.51.100.7")).TokensAsync();
        for (var i = 0; i < 8; i++)
            await app.LoginAsync(ada.Email, "not the password", headers: From($"192.0.2.{i}"));
        await app.LoginAsync(ada.Email, headers: From("192.0.2.99")).ProblemAsync(429, "too_many_requests");
        await app.LoginAsync(ada.Email, headers: From("198.51.100.7")).TokensAsync();
        // Which is no way to guess more often from there.
        for (var i = 0; i < 5; i++)
            await app.LoginAsync(ada.Email, "not the password", headers: From("198.51.100.7")).ProblemAsync(401, "invalid_credentials");
        app.Clock.Advance(TimeSpan.FromMinutes(1.1));
        await app.LoginAsync(ada.Email, headers: From("198.51.100.7")).ProblemAsync(429, "too_many_requests");
    }

    [Theory, Sqlite, Postgres]
    public async Task Attempts_at_the_same_time_count_too(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var ada = await app.PersonAsync("Ada");
        var answers = await Task.WhenAll(Enumerable.Range(0, 9).Select(_ => app.LoginAsync(ada.Email, "not the password")));
        Assert.Equal(5, answers.Count(a => a.StatusCode == HttpStatusCode.Unauthorized));
        Assert.Equal(4, answers.Count(a => a.StatusCode == HttpStatusCode.TooManyRequests));
    }

    [Theory, Sqlite, Postgres]
    public async Task An_address_has_ten_attempts_in_a_minute_and_others_are_not_affected(Database database)
    {
        await using var app = await BehindProxyAsync(database);
        for (var i = 0; i < 10; i++)
            await app.LoginAsync($"nobody{i}@people.example", "not the password", headers: From("2001:db8::1")).ProblemAsync(401, "invalid_credentials");
        // The neighbours of one IPv6 network are one caller.
        await app.LoginAsync("nobody@people.example", "not the password", headers: From("2001:db8::2")).ProblemAsync(429, "too_many_requests");
        await app.PostAsync("/api/auth/password-reset", new { email = "nobody@people.example" }, null, From("2001:db8::3")).ProblemAsync(429, "too_many_requests");
        await app.LoginAsync("nobody@people.example", "not the password", headers: From("192.0.2.1")).ProblemAsync(401, "invalid_credentials");
        app.Clock.Advance(TimeSpan.FromMinutes(1.1));
        await app.LoginAsync("nobody@people.example", "not the password", headers: From("2001:db8::2")).ProblemAsync(401, "invalid_credentials");
    }

    [Theory, Sqlite, Postgres]
    public async Task Nobody_but_a_trusted_proxy_says_where_a_request_came_from(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        for (var i = 0; i < 10; i++)
            await app.LoginAsync($"nobody{i}@people.example", "not the password", headers: From($"192.0.2.{i}")).ProblemAsync(401, "invalid_credentials");
        await app.LoginAsync("nobody@people.example", "not the password", headers: From("192.0.2.77")).ProblemAsync(429, "too_many_requests");
    }

    [Theory, Sqlite, Postgres]
    public async Task The_password_of_a_signed_in_person_cannot_be_guessed_either(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var ada = await app.PersonAsync("Ada");
        for (var i = 0; i < 5; i++)
            await app.PostAsync("/api/user/totp/disable", new { password = $"guess number {i}" }, ada.Token).ProblemAsync(403, "wrong_password");
        await app.PostAsync("/api/user/password", new { currentPassword = TestApp.Password, newPassword = "several unrelated words" }, ada.Token).ProblemAsync(429, "too_many_requests");
    }

    [Fact]
    public void Made_up_keys_do_not_grow_the_memory()
    {
        var (clock, rule) = (new TestClock(), new RateLimit("test", 2, TimeSpan.FromMinutes(1)));
        var limits = new LocalRates(clock);
        for (var i = 0; i < LocalRates.MaxKeys + 5000; i++)
            limits.Take(rule, $"key {i}");
        Assert.InRange(limits.Count(rule), 1000, LocalRates.MaxKeys);
        // The newest are the ones that are kept.
        Assert.True(limits.Knows(rule, $"key {LocalRates.MaxKeys + 4999}"));
    }

    [Fact]
    public void A_limit_slides()
    {
        var (clock, rule) = (new TestClock(), new RateLimit("test", 2, TimeSpan.FromMinutes(1)));
        var limits = new LocalRates(clock);
        Assert.Null(limits.Take(rule, "a"));
        clock.Advance(TimeSpan.FromSeconds(40));
        Assert.Null(limits.Take(rule, "a"));
        Assert.InRange(limits.Take(rule, "a")!.Value, 18, 20);
        Assert.Null(limits.Take(rule, "b"));
        clock.Advance(TimeSpan.FromSeconds(21));
        Assert.Null(limits.Take(rule, "a"));
        Assert.NotNull(limits.Take(rule, "a"));
    }

    [Theory, Postgres]
    public async Task Two_replicas_count_together(Database database)
    {
        await using var first = await TestApp.StartAsync(database, a => a.Set("TRUSTED_PROXIES", "127.0.0.1"));
        await using var second = TestApp.Beside(first);
        second.Set("TRUSTED_PROXIES", "127.0.0.1");
        await second.InitializeAsync();
        var ada = await first.PersonAsync("Ada");
        await first.LoginAsync(ada.Email, headers: From("198.51.100.7")).TokensAsync();
        for (var i = 0; i < 5; i++)
            await (i % 2 == 0 ? first : second).LoginAsync(ada.Email, "not the password", headers: From($"192.0.2.{i}")).ProblemAsync(401, "invalid_credentials");
        await first.LoginAsync(ada.Email, headers: From("192.0.2.98")).ProblemAsync(429, "too_many_requests");
        await second.LoginAsync(ada.Email, headers: From("192.0.2.99")).ProblemAsync(429, "too_many_requests");
        // Where she signed in by the one she is known to the other.
        await second.LoginAsync(ada.Email, headers: From("198.51.100.7")).TokensAsync();
        for (var i = 0; i < 10; i++)
            await (i % 2 == 0 ? first : second).PostAsync("/api/auth/password-reset", new { email = $"nobody{i}@people.example" }, null, From("203.0.113.5")).IsAsync(HttpStatusCode.Accepted);
        await second.PostAsync("/api/auth/password-reset", new { email = "nobody@people.example" }, null, From("203.0.113.5")).ProblemAsync(429, "too_many_requests");
    }

    [Theory, Postgres]
    public async Task Attempts_at_the_same_time_count_on_every_replica(Database database)
    {
        await using var first = await TestApp.StartAsync(database);
        await using var second = TestApp.Beside(first);
        await second.InitializeAsync();
        var ada = await first.PersonAsync("Ada");
        var answers = await Task.WhenAll(Enumerable.Range(0, 9).Select(i => (i % 2 == 0 ? first : second).LoginAsync(ada.Email, "not the password")));
        Assert.Equal(5, answers.Count(a => a.StatusCode == HttpStatusCode.Unauthorized));
        Assert.Equal(4, answers.Count(a => a.StatusCode == HttpStatusCode.TooManyRequests));
    }

    [Theory, Sqlite, Postgres]
    public async Task Links_of_invitations_are_not_tried_without_end(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        for (var i = 0; i < 30; i++)
            await app.PostAsync(i % 2 == 0 ? "/api/invitations/preview" : "/api/invitations/accept", new { token = $"a token that nobody was sent {i}" }).ProblemAsync(404, "invitation_invalid");
        foreach (var path in (string[])["/api/invitations/preview", "/api/invitations/accept"])
            await app.PostAsync(path, new { token = "a token that nobody was sent" }).ProblemAsync(429, "too_many_requests");
    }

    [Theory, Sqlite, Postgres]
    public async Task The_caller_is_found_behind_several_proxies(Database database)
    {
        await using var app = await TestApp.StartAsync(database, a => a.Set("TRUSTED_PROXIES", "127.0.0.0/8, 10.1.0.0/16"));
        for (var i = 0; i < 10; i++)
            await app.LoginAsync($"nobody{i}@people.example", "not the password", headers: From($"6.6.6.{i}, 192.0.2.1, 10.1.2.3")).ProblemAsync(401, "invalid_credentials");
        // What the caller wrote before its own address changes nothing, and neither does the proxy it comes through.
        await app.LoginAsync("nobody@people.example", "not the password", headers: From("6.6.7.7, 192.0.2.1, 10.1.9.9")).ProblemAsync(429, "too_many_requests");
        await app.LoginAsync("nobody@people.example", "not the password", headers: From("192.0.2.2, 10.1.2.3")).ProblemAsync(401, "invalid_credentials");
    }
}
