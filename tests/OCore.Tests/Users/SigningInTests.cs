using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Features.Users;

namespace OCore.Tests.Users;

public sealed class SigningInTests(UsersApps users) : IClassFixture<UsersApps>
{
    private TestApp app = null!;

    [Theory, Sqlite, Postgres]
    public async Task The_right_password_signs_in_whatever_the_case_of_the_address(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var tokens = await app.LoginAsync(ada.Email.ToUpperInvariant()).TokensAsync();
        var me = await app.GetAsync("/api/user", tokens.AccessToken).JsonAsync();
        Assert.Equal(ada.Email, me.GetProperty("email").GetString());
        Assert.InRange(tokens.ExpiresAt - app.Clock.GetUtcNow(), TimeSpan.FromMinutes(58), TimeSpan.FromMinutes(61));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_wrong_password_and_an_unknown_account_get_the_same_answer(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var wrong = await app.LoginAsync(ada.Email, "not the password").ProblemAsync(401, "invalid_credentials");
        var unknown = await app.LoginAsync("nobody@people.example", "not the password").ProblemAsync(401, "invalid_credentials");
        Assert.Equal(wrong with { TraceId = null, More = null }, unknown with { TraceId = null, More = null });
        Assert.Null(wrong.More?.Keys.FirstOrDefault(k => k != "traceId"));
    }

    [Theory, Sqlite, Postgres]
    public async Task Sign_ins_and_failures_are_in_the_audit_log_of_the_home_organization(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        await app.LoginAsync(ada.Email, "not the password");
        var failed = Assert.Single(await app.AuditAsync(ada, "auth.login_failed"));
        Assert.Equal((ada.Home.Id, (Guid?)null, "127.0.0.1"), (failed.OrgId, failed.ActorId, failed.Ip));
        await app.LoginAsync(ada.Email).TokensAsync();
        var login = Assert.Single(await app.AuditAsync(ada, "auth.login"));
        Assert.Equal((ada.Home.Id, (Guid?)ada.Id, (Guid?)null), (login.OrgId, login.ActorId, login.OnBehalfOf));
    }

    [Theory, Sqlite, Postgres]
    public async Task No_line_of_the_audit_log_has_a_hash_of_a_password(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        await app.PostAsync("/api/user/password", new { currentPassword = TestApp.Password, newPassword = "several unrelated words" }, ada.Token).IsDoneAsync();
        await using var db = app.Databases.System();
        var hashes = await db.Users.Select(u => u.PasswordHash!).ToListAsync();
        var log = await db.AuditLog.IgnoreQueryFilters([OCore.Platform.Data.OCoreDb.TenantFilter]).ToListAsync();
        var shown = string.Join('\n', log.SelectMany(e => e.Changes.Values).Select(c => $"{c.Before} {c.After}"));
        Assert.Contains("••••", shown);
        Assert.All(hashes, hash => Assert.DoesNotContain(hash, shown));
        Assert.DoesNotContain("AQAAAA", shown);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_disabled_account_is_out_with_its_next_request(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        await app.GetAsync("/api/user", ada.Token).IsOkAsync();
        var tokens = await app.LoginAsync(ada.Email).TokensAsync();
        await using (var db = app.Databases.System())
        {
            (await db.Users.SingleAsync(u => u.Id == ada.Id)).DisabledAt = app.Clock.GetUtcNow();
            await db.SaveChangesAsync();
        }
        await app.GetAsync("/api/user", ada.Token).ProblemAsync(401, "unauthenticated");
        await app.PostAsync("/api/auth/refresh", new { tokens.RefreshToken }).ProblemAsync(401, "invalid_refresh_token");
        await app.LoginAsync(ada.Email).ProblemAsync(401, "invalid_credentials");
    }

    [Theory, Sqlite, Postgres]
    public async Task A_hash_of_lower_cost_is_renewed_at_sign_in(Database database)
    {
        await using var app = await TestApp.StartAsync(database, a => a.Adjust(s => s.Configure<PasswordHasherOptions>(o => o.IterationCount = 3000)));
        var ada = await app.PersonAsync("Ada");
        await app.LoginAsync(ada.Email).TokensAsync();
        await using var db = app.Databases.System();
        var hash = Convert.FromBase64String((await db.Users.SingleAsync(u => u.Id == ada.Id)).PasswordHash!);
        Assert.Equal(3000u, BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(5)));
        await app.LoginAsync(ada.Email).TokensAsync();
    }

    [Fact]
    public void The_cost_of_a_hash_is_OWASPs_figure()
    {
        var services = new ServiceCollection();
        services.AddUsers();
        var options = services.BuildServiceProvider().GetRequiredService<Microsoft.Extensions.Options.IOptions<PasswordHasherOptions>>();
        var hash = Convert.FromBase64String(new Passwords(options).Hash("a password"));
        // Version 3, HMAC-SHA512, 220,000 rounds.
        Assert.Equal((1, 2u, 220_000u), (hash[0], BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(1)), BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(5))));
    }

    [Fact]
    public async Task An_unknown_account_takes_as_long_as_a_known_one()
    {
        await using var app = await TestApp.StartAsync(arrange: a =>
        {
            a.Set("SIGN_INS_PER_MINUTE", "1000");
            a.Adjust(s => s.Configure<PasswordHasherOptions>(o => o.IterationCount = 220_000));
        });
        var ada = await app.PersonAsync("Ada");
        await using (var db = app.Databases.System())
        {
            (await db.Users.SingleAsync(u => u.Id == ada.Id)).PasswordHash = app.Services.GetRequiredService<Passwords>().Hash(TestApp.Password);
            await db.SaveChangesAsync();
        }
        var (known, unknown) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        for (var i = 0; i < 4; i++)
        {
            known = Min(known, await TimeAsync(ada.Email));
            unknown = Min(unknown, await TimeAsync($"nobody{i}@people.example"));
        }
        // Without the decoy the second is a twentieth of the first.
        Assert.True(unknown > known * 0.5 && unknown < known * 2, $"known {known.TotalMilliseconds} ms, unknown {unknown.TotalMilliseconds} ms");

        async Task<TimeSpan> TimeAsync(string email)
        {
            var start = Stopwatch.GetTimestamp();
            await app.LoginAsync(email, "not the password").ProblemAsync(401, "invalid_credentials");
            return Stopwatch.GetElapsedTime(start);
        }

        static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
    }

    [Theory, Sqlite, Postgres]
    public async Task Signup_opens_an_account_with_a_personal_organization(Database database)
    {
        app = await users.OnAsync(database);
        var email = $"{app.Slug("grace")}@people.example";
        var tokens = await app.PostAsync("/api/auth/signup", new { email, name = "Grace", password = "several unrelated words" }).TokensAsync();
        var me = await app.GetAsync("/api/user", tokens.AccessToken).JsonAsync();
        var home = Assert.Single(me.GetProperty("organizations").EnumerateArray());
        Assert.Equal("personal", home.GetProperty("kind").GetString());
        Assert.Equal("Owner", home.GetProperty("role").GetString());
        await app.LoginAsync(email, "several unrelated words").TokensAsync();
        await app.PostAsync("/api/auth/signup", new { email = email.ToUpperInvariant(), name = "Grace", password = "several unrelated words" }).ProblemAsync(409, "email_taken", "email");
    }

    [Theory, Sqlite, Postgres]
    public async Task Signups_at_the_same_time_do_not_get_in_each_others_way(Database database)
    {
        app = await users.OnAsync(database);
        app.Clock.Advance(TimeSpan.FromMinutes(61));
        var name = app.Slug("crowd");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => app.PostAsync("/api/auth/signup", new { email = $"{name}@people{i}.example", name = "Crowd", password = "several unrelated words" })));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.StatusCode));
    }

    [Theory, Sqlite, Postgres]
    public async Task Of_two_signups_with_one_address_one_wins(Database database)
    {
        app = await users.OnAsync(database);
        app.Clock.Advance(TimeSpan.FromMinutes(61));
        var email = $"{app.Slug("twin")}@people.example";
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => app.PostAsync("/api/auth/signup", new { email, name = "Twin", password = "several unrelated words" })));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Conflict, HttpStatusCode.Conflict, HttpStatusCode.Conflict], answers.Select(a => a.StatusCode).Order());
        foreach (var refused in answers.Where(a => a.StatusCode == HttpStatusCode.Conflict))
            Assert.Equal("email_taken", (await refused.IsProblemAsync(409)).Code);
    }

    [Theory, Sqlite, Postgres]
    public async Task Signup_is_closed_unless_the_operator_opens_it(Database database)
    {
        await using var closed = await TestApp.StartAsync(database);
        await closed.PostAsync("/api/auth/signup", new { email = "grace@people.example", name = "Grace", password = "several unrelated words" }).ProblemAsync(403, "signup_closed");
    }

    [Theory]
    [InlineData("short", "validation_failed")]
    [InlineData("password1", "password_too_common")]
    [InlineData("Password1", "password_too_common")]
    [InlineData("zzzzzzzzzz", "password_too_common")]
    [InlineData("oCore2026!", "password_too_guessable")]
    [InlineData("odoo-odoo-1", null)]
    [InlineData("ODOO#20262026", "password_too_guessable")]
    [InlineData("GRACE.hopper99@people.example", "password_too_guessable")]
    [InlineData("grace.hopper1906", "password_too_guessable")]
    [InlineData("  spaces count  ", null)]
    [InlineData("ångström 東京", null)]
    public async Task Passwords_that_are_tried_first_are_refused(string password, string? code)
    {
        app = await users.OnAsync(Database.Sqlite);
        var answer = await app.PostAsync("/api/auth/signup", new { email = $"grace.hopper{Interlocked.Increment(ref _hoppers)}@people.example", name = "Grace", password = password.Replace("99@", $"{_hoppers}@", StringComparison.Ordinal) });
        if (code is null)
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        else
            await answer.IsProblemAsync(400, code, "password");
        app.Clock.Advance(TimeSpan.FromMinutes(61));
    }

    private static int _hoppers;

    [Fact]
    public void Up_to_256_characters_make_a_password()
    {
        string Words(int length) => string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + i % 26)));
        Assert.Null(Passwords.Refuse(Words(256), "ada@people.example"));
        Assert.NotNull(Passwords.Refuse(Words(257), "ada@people.example"));
        Assert.NotNull(Passwords.Refuse("1234567", "ada@people.example"));
    }
}
