using System.Net;
using System.Text.Json;

namespace OCore.Tests.Users;

public sealed class PasskeyTests(UsersApps users) : IClassFixture<UsersApps>
{
    // PUBLIC_URL of the tests' app.
    private const string Origin = "http://localhost";
    private TestApp app = null!;

    [Theory, Sqlite, Postgres]
    public async Task A_passkey_signs_in_without_a_name_and_without_a_second_factor(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        await app.AddTotpAsync(ada);
        using var passkey = new SoftPasskey();
        var added = await AddAsync(ada, passkey).JsonAsync();
        Assert.Equal((passkey.Id, "laptop"), (added.GetProperty("id").GetString(), added.GetProperty("name").GetString()));
        var tokens = await SignInAsync(passkey.Get(await SignInOptionsAsync(), Origin)).TokensAsync();
        Assert.Equal(ada.Email, (await app.GetAsync("/api/user", tokens.AccessToken).JsonAsync()).GetProperty("email").GetString());
        Assert.Equal("passkey", Assert.Single(await app.AuditAsync(ada, "auth.login")).Changes["method"].After);
        Assert.Equal("laptop", Assert.Single(await app.AuditAsync(ada, "auth.passkey_added")).Changes["name"].After);
        await SignInAsync(passkey.Get(await SignInOptionsAsync(), Origin)).TokensAsync();
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("portal.localhost")]
    public async Task The_relying_party_is_the_configured_host_whatever_the_request_says(string host)
    {
        app = await users.OnAsync(Database.Sqlite);
        var ada = await app.PersonAsync("Ada");
        (string, string)[] headers = [("Host", host), ("X-Forwarded-Host", host)];
        var signIn = JsonDocument.Parse((await app.PostAsync("/api/auth/passkey/options", null, null, headers).JsonAsync()).GetProperty("options").GetString()!).RootElement;
        Assert.Equal("localhost", signIn.GetProperty("rpId").GetString());
        Assert.Equal("required", signIn.GetProperty("userVerification").GetString());
        Assert.True(signIn.GetProperty("challenge").GetString()!.Length >= 22);
        // It does not say who has an account here.
        Assert.False(signIn.TryGetProperty("allowCredentials", out var allowed) && allowed.GetArrayLength() > 0);
        var register = JsonDocument.Parse((await app.PostAsync("/api/user/passkeys/options", null, ada.Token, headers).JsonAsync()).GetProperty("options").GetString()!).RootElement;
        Assert.Equal("localhost", register.GetProperty("rp").GetProperty("id").GetString());
        Assert.Equal("required", register.GetProperty("authenticatorSelection").GetProperty("userVerification").GetString());
    }

    [Theory]
    [InlineData("http://portal.localhost", null)]
    [InlineData("http://localhost:1234", null)]
    [InlineData("https://localhost", null)]
    [InlineData("https://evil.example", null)]
    [InlineData(Origin, "portal.localhost")]
    public async Task An_answer_for_another_origin_is_refused(string origin, string? rpId)
    {
        app = await users.OnAsync(Database.Sqlite);
        var ada = await app.PersonAsync("Ada");
        using var passkey = new SoftPasskey();
        await RegisterAsync(ada, passkey.Create(await RegisterOptionsAsync(ada), origin, rpId)).ProblemAsync(400, "invalid_passkey");
        await AddAsync(ada, passkey).IsOkAsync();
        // Even where the request claims that host.
        await SignInAsync(passkey.Get(await SignInOptionsAsync(), origin, rpId), ("Host", new Uri(origin).Authority), ("Origin", origin)).ProblemAsync(401, "invalid_passkey");
        await SignInAsync(passkey.Get(await SignInOptionsAsync(), Origin)).TokensAsync();
    }

    [Theory, Sqlite, Postgres]
    public async Task A_challenge_is_used_once_for_what_it_was_made_for_and_within_five_minutes(Database database)
    {
        app = await users.OnAsync(database);
        var (ada, bob) = (await app.PersonAsync("Ada"), await app.PersonAsync("Bob"));
        using var passkey = new SoftPasskey();
        var created = passkey.Create(await RegisterOptionsAsync(ada), Origin);
        await RegisterAsync(bob, created).ProblemAsync(400, "invalid_passkey");
        await RegisterAsync(ada, created).IsOkAsync();
        await RegisterAsync(ada, created).ProblemAsync(400, "invalid_passkey");

        var answer = passkey.Get(await SignInOptionsAsync(), Origin);
        await SignInAsync(answer).TokensAsync();
        await SignInAsync(answer).ProblemAsync(401, "invalid_passkey");

        var late = await SignInOptionsAsync();
        app.Clock.Advance(TimeSpan.FromMinutes(5.1));
        await SignInAsync(passkey.Get(late, Origin)).ProblemAsync(401, "invalid_passkey");

        // A challenge of nobody's asking, and one that was asked for a registration.
        await SignInAsync(passkey.Get("""{"challenge":"AAAAAAAAAAAAAAAAAAAAAA","rpId":"localhost"}""", Origin)).ProblemAsync(401, "invalid_passkey");
        var other = await RegisterOptionsAsync(ada);
        await SignInAsync(passkey.Get(other, Origin, "localhost")).ProblemAsync(401, "invalid_passkey");
    }

    [Theory, Sqlite, Postgres]
    public async Task Of_two_uses_of_one_answer_at_the_same_time_one_wins(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        using var passkey = new SoftPasskey();
        await AddAsync(ada, passkey).IsOkAsync();
        var answer = passkey.Get(await SignInOptionsAsync(), Origin);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SignInAsync(answer)));
        Assert.Equal(1, answers.Count(a => a.StatusCode == HttpStatusCode.OK));
        Assert.Equal(3, answers.Count(a => a.StatusCode == HttpStatusCode.Unauthorized));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_copy_that_lags_behind_an_unverified_person_and_a_foreign_key_are_refused(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        using var passkey = new SoftPasskey();
        await AddAsync(ada, passkey).IsOkAsync();
        await SignInAsync(passkey.Get(await SignInOptionsAsync(), Origin)).TokensAsync();
        passkey.Uses--;
        await SignInAsync(passkey.Get(await SignInOptionsAsync(), Origin)).ProblemAsync(401, "invalid_passkey");
        passkey.Verifies = false;
        await SignInAsync(passkey.Get(await SignInOptionsAsync(), Origin)).ProblemAsync(401, "invalid_passkey");
        using var foreign = new SoftPasskey();
        await SignInAsync(foreign.Get(await SignInOptionsAsync(), Origin)).ProblemAsync(401, "invalid_passkey");
        foreach (var nonsense in new[] { "", "{}", "null", """{"response":{"clientDataJSON":"?"}}""", """{"response":5}""", """{"response":{"clientDataJSON":"bnVsbA"}}""" })
            Assert.InRange((int)(await SignInAsync(nonsense)).StatusCode, 400, 401);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_removed_passkey_is_of_no_use(Database database)
    {
        app = await users.OnAsync(database);
        var (ada, bob) = (await app.PersonAsync("Ada"), await app.PersonAsync("Bob"));
        using var passkey = new SoftPasskey();
        await AddAsync(ada, passkey).IsOkAsync();
        var listed = Assert.Single((await app.GetAsync("/api/user/passkeys", ada.Token).JsonAsync()).GetProperty("data").EnumerateArray());
        Assert.Equal(passkey.Id, listed.GetProperty("id").GetString());
        Assert.Empty((await app.GetAsync("/api/user/passkeys", bob.Token).JsonAsync()).GetProperty("data").EnumerateArray());
        await app.SendAsync(HttpMethod.Delete, $"/api/user/passkeys/{passkey.Id}", null, bob.Token).ProblemAsync(404, "not_found");
        await app.SendAsync(HttpMethod.Delete, "/api/user/passkeys/not+base64", null, ada.Token).ProblemAsync(404, "not_found");
        await app.SendAsync(HttpMethod.Delete, $"/api/user/passkeys/{passkey.Id}", null, ada.Token).IsDoneAsync();
        await SignInAsync(passkey.Get(await SignInOptionsAsync(), Origin)).ProblemAsync(401, "invalid_passkey");
        Assert.NotEmpty(await app.AuditAsync(ada, "auth.passkey_removed"));
    }

    [Theory, Sqlite, Postgres]
    public async Task The_passkeys_one_has_are_named_in_the_options_so_that_none_is_added_twice(Database database)
    {
        app = await users.OnAsync(database);
        var ada = await app.PersonAsync("Ada");
        using var passkey = new SoftPasskey();
        await AddAsync(ada, passkey).IsOkAsync();
        var excluded = JsonDocument.Parse(await RegisterOptionsAsync(ada)).RootElement.GetProperty("excludeCredentials");
        Assert.Equal(passkey.Id, Assert.Single(excluded.EnumerateArray()).GetProperty("id").GetString());
    }

    [Fact]
    public async Task There_are_none_where_the_public_address_is_no_name_with_HTTPS()
    {
        foreach (var url in new[] { "http://ocore.example", "https://192.0.2.7" })
        {
            await using var app = await TestApp.StartAsync(arrange: a => a.Set("PUBLIC_URL", url));
            await app.PostAsync("/api/auth/passkey/options").ProblemAsync(409, "passkeys_unavailable");
        }
    }

    private async Task<string> SignInOptionsAsync() => (await app.PostAsync("/api/auth/passkey/options").JsonAsync()).GetProperty("options").GetString()!;

    private async Task<string> RegisterOptionsAsync(TestPerson person) => (await app.PostAsync("/api/user/passkeys/options", null, person.Token).JsonAsync()).GetProperty("options").GetString()!;

    private Task<HttpResponseMessage> SignInAsync(string credential, params (string, string)[] headers) => app.PostAsync("/api/auth/passkey/login", new { credential }, null, headers);

    private Task<HttpResponseMessage> RegisterAsync(TestPerson person, string credential) => app.PostAsync("/api/user/passkeys", new { credential, name = "laptop" }, person.Token);

    private async Task<HttpResponseMessage> AddAsync(TestPerson person, SoftPasskey passkey) => await RegisterAsync(person, passkey.Create(await RegisterOptionsAsync(person), Origin));
}
