using System.Net;
using System.Text;
using Microsoft.EntityFrameworkCore;
using OCore.Features.Users;

namespace OCore.Tests.Users;

public sealed class SecondFactorTests(UsersApps users) : IClassFixture<UsersApps>
{
    private TestApp app = null!;

    // RFC 6238, appendix B, to six digits.
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_the_RFC(long seconds, string code) =>
        Assert.Equal(code, Totp.Code(Encoding.ASCII.GetBytes("12345678901234567890"), Totp.StepOf(DateTimeOffset.FromUnixTimeSeconds(seconds))));

    [Fact]
    public void Base32_is_that_of_the_RFC()
    {
        Assert.Equal("MZXW6YTBOI", Base32.Encode("foobar"u8));
        Assert.Equal("MZXW6YTB", Base32.Encode("fooba"u8));
        var seed = Totp.NewSeed();
        Assert.Equal(20, seed.Length);
        Assert.Equal(seed, Base32.Decode(Base32.Encode(seed)));
    }

    [Theory, Sqlite, Postgres]
    public async Task Signing_in_asks_for_the_code_after_the_password_and_not_before(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var (seed, codes) = await app.AddTotpAsync(ada);
        Assert.Equal(10, codes.Count);
        await app.LoginAsync(ada.Email, "not the password").ProblemAsync(401, "invalid_credentials");
        await app.LoginAsync(ada.Email, "not the password", app.FreshCode(seed)).ProblemAsync(401, "invalid_credentials");
        await app.LoginAsync(ada.Email).ProblemAsync(401, "totp_required");
        await app.LoginAsync(ada.Email, totp: "000000").ProblemAsync(401, "invalid_totp");
        await app.LoginAsync(ada.Email, totp: app.FreshCode(seed)).TokensAsync();
        var me = await app.GetAsync("/api/user", ada.Token).JsonAsync();
        Assert.True(me.GetProperty("totpEnabled").GetBoolean());
        Assert.Equal(10, me.GetProperty("recoveryCodesLeft").GetInt32());
        Assert.NotEmpty(await app.AuditAsync(ada, "auth.totp_enabled"));
    }

    [Theory, Sqlite, Postgres]
    public async Task The_steps_before_and_after_are_accepted_and_no_others(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var (seed, _) = await app.AddTotpAsync(ada);
        foreach (var (away, accepted) in new[] { (-2, false), (2, false), (-1, true), (1, true) })
        {
            app.Clock.Advance(TimeSpan.FromMinutes(20));
            app.ToNextStep();
            var answer = await app.LoginAsync(ada.Email, totp: app.CodeNow(seed, away));
            Assert.Equal(accepted ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task A_code_works_once(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var (seed, _) = await app.AddTotpAsync(ada);
        var code = app.FreshCode(seed);
        await app.LoginAsync(ada.Email, totp: code).TokensAsync();
        await app.LoginAsync(ada.Email, totp: code).ProblemAsync(401, "invalid_totp");
        // Nor does the code before it, which would still be in time.
        await app.LoginAsync(ada.Email, totp: app.CodeNow(seed, -1)).ProblemAsync(401, "invalid_totp");
    }

    [Theory, Sqlite, Postgres]
    public async Task A_code_works_once_however_many_bring_it_at_the_same_time(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var ada = await app.PersonAsync("Ada");
        var (seed, _) = await app.AddTotpAsync(ada);
        var code = app.FreshCode(seed);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => app.LoginAsync(ada.Email, totp: code)));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], answers.Select(a => a.StatusCode).Order());
    }

    [Theory, Sqlite, Postgres]
    public async Task A_recovery_code_works_once_however_many_bring_it_at_the_same_time(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var ada = await app.PersonAsync("Ada");
        var (_, codes) = await app.AddTotpAsync(ada);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => app.LoginAsync(ada.Email, recoveryCode: codes[3])));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], answers.Select(a => a.StatusCode).Order());
        Assert.Equal(9, (await app.GetAsync("/api/user", ada.Token).JsonAsync()).GetProperty("recoveryCodesLeft").GetInt32());
        app.Clock.Advance(TimeSpan.FromMinutes(20));
        // As somebody would type it from paper.
        var tokens = await app.LoginAsync(ada.Email, recoveryCode: codes[0].ToLowerInvariant().Replace("-", "", StringComparison.Ordinal)).TokensAsync();
        Assert.Equal(8, (await app.GetAsync("/api/user", tokens.AccessToken).JsonAsync()).GetProperty("recoveryCodesLeft").GetInt32());
    }

    [Theory, Sqlite, Postgres]
    public async Task Secrets_of_the_second_factor_are_not_readable_in_the_database(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var (seed, codes) = await app.AddTotpAsync(ada);
        await using var db = app.Databases.System();
        var user = await db.Users.SingleAsync(u => u.Id == ada.Id);
        Assert.StartsWith("v1.", user.TotpSecret, StringComparison.Ordinal);
        Assert.DoesNotContain(Base32.Encode(seed), user.TotpSecret);
        // 24 letters of five bits: 120 bits each.
        Assert.All(codes, c => Assert.Equal(24, c.Count(char.IsAsciiLetterOrDigit)));
        Assert.All(codes, c => Assert.DoesNotContain(c, string.Join(' ', user.RecoveryCodeHashes), StringComparison.OrdinalIgnoreCase));
    }

    [Theory, Sqlite, Postgres]
    public async Task Codes_can_be_tried_five_times_in_a_quarter_of_an_hour_from_wherever(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        var (seed, _) = await app.AddTotpAsync(ada);
        for (var i = 0; i < 5; i++)
            await app.LoginAsync(ada.Email, totp: "000000").ProblemAsync(401, "invalid_totp");
        var refused = await app.LoginAsync(ada.Email, totp: app.CodeNow(seed));
        await refused.IsProblemAsync(429, "too_many_requests");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 900);
        app.Clock.Advance(TimeSpan.FromMinutes(16));
        await app.LoginAsync(ada.Email, totp: app.CodeNow(seed)).TokensAsync();
    }

    [Theory, Sqlite, Postgres]
    public async Task An_authenticator_counts_only_when_it_is_confirmed_and_goes_only_with_the_password(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        await app.PostAsync("/api/user/totp/confirm", new { code = "123456" }, ada.Token).ProblemAsync(409, "totp_not_started");
        var setup = await app.PostAsync("/api/user/totp", null, ada.Token).JsonAsync();
        Assert.StartsWith("otpauth://totp/oCore:", setup.GetProperty("uri").GetString(), StringComparison.Ordinal);
        await app.PostAsync("/api/user/totp/confirm", new { code = "000000" }, ada.Token).ProblemAsync(400, "invalid_totp", "code");
        await app.LoginAsync(ada.Email).TokensAsync();

        var (seed, codes) = await app.AddTotpAsync(ada);
        await app.PostAsync("/api/user/totp", null, ada.Token).ProblemAsync(409, "totp_already_enabled");
        await app.PostAsync("/api/user/recovery-codes", new { password = "not the password" }, ada.Token).ProblemAsync(403, "wrong_password", "password");
        var fresh = await app.PostAsync("/api/user/recovery-codes", new { password = TestApp.Password }, ada.Token).JsonAsync();
        await app.LoginAsync(ada.Email, recoveryCode: codes[0]).ProblemAsync(401, "invalid_totp");
        await app.LoginAsync(ada.Email, recoveryCode: fresh.GetProperty("codes")[0].GetString()).TokensAsync();

        await app.PostAsync("/api/user/totp/disable", new { password = "not the password" }, ada.Token).ProblemAsync(403, "wrong_password", "password");
        await app.PostAsync("/api/user/totp/disable", new { password = TestApp.Password }, ada.Token).IsDoneAsync();
        await app.PostAsync("/api/user/totp/disable", new { password = TestApp.Password }, ada.Token).ProblemAsync(409, "totp_not_enabled");
        await app.LoginAsync(ada.Email).TokensAsync();
        Assert.Equal(20, seed.Length);
    }
}
