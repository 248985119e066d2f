using Microsoft.AspNetCore.Http;

namespace OCore.Tests.Cli;

[Collection("cli")]
public sealed class SigningInByCommandTests
{
    private static async Task<FakeOCore> Server()
    {
        var server = await FakeOCore.Start();
        return server
            .On("POST /api/auth/login", Wire.Tokens("access-1", "refresh-1"))
            .On("GET /api/user", Wire.Me)
            .On("POST /api/auth/logout", 204, "");
    }

    [Fact]
    public async Task A_session_is_kept_for_its_owner_only()
    {
        await using var server = await Server();
        using var typist = new Typist();
        var ran = await typist.Piped("secret\n", "login", server.Url, "--email", "ada@example.com", "--password-stdin");
        Assert.Equal(0, ran.ExitCode);
        Assert.Contains("\"password\":\"secret\"", server.Only("POST /api/auth/login").Body);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(typist.ContextsFile));
        Assert.DoesNotContain("secret", await File.ReadAllTextAsync(typist.ContextsFile));

        Assert.Equal(0, (await typist.Run("whoami")).ExitCode);
        Assert.Equal("Bearer access-1", server.Requests[^1].Header("Authorization"));
        Assert.Equal("north", server.Requests[^1].Header("X-Org-Slug"));
        var listed = await typist.Run("context", "list", "-o", "json");
        Assert.DoesNotContain("access-1", listed.Out);
    }

    [Fact]
    public async Task A_second_factor_is_asked_for_when_the_server_wants_one()
    {
        await using var server = await Server();
        server.On("POST /api/auth/login", async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            var wants = !server.Requests[^1].Body.Contains("\"totp\":\"123456\"", StringComparison.Ordinal);
            http.Response.StatusCode = wants ? 401 : 200;
            await http.Response.WriteAsync(wants ? """{"code":"totp_required"}""" : Wire.Tokens("access-1", "refresh-1"));
        });
        using var typist = new Typist();
        Assert.Equal(0, (await typist.Answering("secret\n123 456\n", "login", server.Url, "--email", "ada@example.com")).ExitCode);
        Assert.Equal(0, (await typist.Piped("secret\n123456\n", "login", server.Url, "--email", "ada@example.com", "--password-stdin")).ExitCode);
    }

    [Fact]
    public async Task Without_a_terminal_a_question_names_the_option_that_answers_it()
    {
        await using var server = await Server();
        using var typist = new Typist();
        var ran = await typist.Run("login", server.Url, "--email", "ada@example.com");
        Assert.Equal(2, ran.ExitCode);
        Assert.Contains("--password-stdin", ran.Err);
    }

    [Fact]
    public async Task A_session_that_ran_out_is_renewed_once_and_kept()
    {
        await using var server = await Server();
        server.On("POST /api/auth/login", Wire.Tokens("access-1", "refresh-1", "2020-01-01T00:00:00Z"))
            .On("POST /api/auth/refresh", Wire.Tokens("access-2", "refresh-2"));
        using var typist = new Typist();
        await typist.Piped("secret\n", "login", server.Url, "--email", "ada@example.com", "--password-stdin");
        await typist.Run("whoami");
        await typist.Run("whoami");
        Assert.Equal("""{"refreshToken":"refresh-1"}""", server.Only("POST /api/auth/refresh").Body);
        Assert.Equal("Bearer access-2", server.Requests[^1].Header("Authorization"));
    }

    [Fact]
    public async Task A_token_goes_only_to_the_address_that_gave_it()
    {
        await using var server = await Server();
        await using var other = await Server();
        using var typist = new Typist();
        await typist.Piped("secret\n", "login", server.Url, "--email", "ada@example.com", "--password-stdin");
        await typist.Run("whoami", "--url", other.Url);
        Assert.Null(other.Requests[^1].Header("Authorization"));
    }

    [Fact]
    public async Task Signing_out_ends_the_session_there_and_here()
    {
        await using var server = await Server();
        using var typist = new Typist();
        await typist.Piped("secret\n", "login", server.Url, "--email", "ada@example.com", "--password-stdin");
        Assert.Equal(0, (await typist.Run("logout")).ExitCode);
        Assert.Equal("Bearer access-1", server.Only("POST /api/auth/logout").Header("Authorization"));
        Assert.DoesNotContain("access-1", await File.ReadAllTextAsync(typist.ContextsFile));
        Assert.Equal(3, (await typist.Run("logout")).ExitCode);
    }

    [Fact]
    public async Task Contexts_are_switched_and_forgotten()
    {
        await using var server = await Server();
        using var typist = new Typist();
        foreach (var name in new[] { "one", "two" })
            await typist.Piped("secret\n", "login", server.Url, "--email", "a@b.c", "--password-stdin", "--name", name);
        Assert.Equal("one\ntwo\n", (await typist.Run("context", "list", "-q")).Out);
        Assert.Equal(0, (await typist.Run("context", "use", "one")).ExitCode);
        Assert.Contains("*  one", (await typist.Run("context", "list")).Out);
        Assert.Equal(0, (await typist.Run("context", "remove", "one")).ExitCode);
        Assert.Equal(4, (await typist.Run("context", "use", "one")).ExitCode);
    }
}
