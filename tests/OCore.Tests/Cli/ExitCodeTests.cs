
namespace OCore.Tests.Cli;

[Collection("cli")]
public sealed class ExitCodeTests
{
    [Theory]
    [InlineData(400, 2)]
    [InlineData(401, 3)]
    [InlineData(403, 3)]
    [InlineData(404, 4)]
    [InlineData(409, 5)]
    [InlineData(412, 5)]
    [InlineData(429, 5)]
    [InlineData(500, 1)]
    [InlineData(503, 5)]
    [InlineData(502, 7, "<html>Bad gateway</html>")]
    public async Task The_servers_refusal_decides_the_exit_code(int status, int exitCode, string body = """{"title":"No.","code":"because"}""")
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "ocore_key");
        server.On("GET /api/agency/clients/acme-corp", status, body);
        var ran = await typist.Run("agency", "client", "show", "acme-corp");
        Assert.Equal((exitCode, ""), (ran.ExitCode, ran.Out));
    }

    [Fact]
    public async Task A_refusal_is_a_sentence_its_fields_a_hint_and_a_code()
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "ocore_key");
        server.On("POST /api/agency/clients", 409, """
            {"title":"Conflict","detail":"The slug acme-corp is taken.","code":"slug_taken","hint":"Choose another.","traceId":"t1","errors":{"slug":["is taken"]}}
            """);
        var ran = await typist.Run("agency", "client", "create", "--name", "Acme Corp", "--slug", "acme-corp");
        Assert.Equal("""
            Error: The slug acme-corp is taken.
              slug: is taken
            Hint: Choose another.
            Code: slug_taken (trace t1)

            """.ReplaceLineEndings("\n"), ran.Err);
        Assert.Equal(5, ran.ExitCode);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_7()
    {
        using var typist = new Typist().Env("OCORE_URL", "http://127.0.0.1:1");
        foreach (var ran in new[] { await typist.Run("whoami"), await typist.Piped("secret\n", "login", "127.0.0.1:1", "--email", "a@b.c", "--password-stdin") })
        {
            Assert.Equal(7, ran.ExitCode);
            Assert.Contains("http://127.0.0.1:1 cannot be reached", ran.Err);
        }
    }

    [Fact]
    public async Task A_page_of_something_else_is_said_to_be_that()
    {
        await using var server = await FakeOCore.Start();
        server.On("GET /api/user", "<html>hello</html>");
        using var typist = new Typist().Env("OCORE_URL", server.Url);
        var ran = await typist.Run("whoami");
        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("is not what an oCore server says", ran.Err);
    }

    [Theory]
    [InlineData("agency client create --name x", "Option '--slug' is required.")]
    [InlineData("agency client crate", "Did you mean 'ocore agency client create'?")]
    [InlineData("instance list --status asleep", "asleep")]
    [InlineData("template update x --set-env NOVALUE", "'NOVALUE' is not a setting: write --set-env KEY=VALUE.")]
    [InlineData("server add", "Give either --host or --local.")]
    [InlineData("agency client list --limit many", "many")]
    [InlineData("agency client show ..", "names nothing")]
    [InlineData("agency", "Usage:")]
    public async Task What_is_typed_wrong_is_2(string line, string said)
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        var ran = await typist.Run(line.Split(' '));
        Assert.Contains(said, ran.Err);
        Assert.Equal(2, ran.ExitCode);
    }

    [Fact]
    public async Task Without_an_installation_the_way_to_one_is_shown()
    {
        using var typist = new Typist();
        var ran = await typist.Run("agency", "client", "list");
        Assert.Equal(3, ran.ExitCode);
        Assert.Contains("ocore login https://", ran.Err);
    }
}
