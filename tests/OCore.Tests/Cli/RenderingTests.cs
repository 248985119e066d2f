using System.Text.Json;
using OCore.Cli.Output;

namespace OCore.Tests.Cli;

[Collection("cli")]
public sealed class RenderingTests
{
    private static async Task<Ran> Clients(string body, params string[] options)
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "ocore_key").Env("OCORE_ORG", "north");
        server.On("GET /api/agency/clients", body);
        var ran = await typist.Run(["agency", "client", "list", .. options]);
        Assert.Equal("north", server.Requests[0].Header("X-Org-Slug"));
        Assert.Equal("Bearer ocore_key", server.Requests[0].Header("Authorization"));
        return ran;
    }

    [Fact]
    public async Task A_table_in_a_pipe_is_aligned_and_not_cut()
    {
        var ran = await Clients(Wire.Page(Wire.Client));
        Assert.Equal("""
            SLUG       NAME       HEALTH    INSTANCES  MEMBERS  ODOO  CREATED
            acme-corp  Acme Corp  degraded  1/3        2        18.0  2026-01-02T03:04:05Z

            """.ReplaceLineEndings("\n"), ran.Out);
    }

    [Fact]
    public async Task Quiet_prints_ids() => Assert.Equal(Wire.ClientId + "\n", (await Clients(Wire.Page(Wire.Client), "--quiet")).Out);

    [Fact]
    public async Task Json_is_the_wire_with_what_this_version_does_not_know()
    {
        var ran = await Clients(Wire.Page(Wire.Client.Replace("\"name\"", "\"isNew\":1.50,\"name\"")), "-o", "json");
        using var json = JsonDocument.Parse(ran.Out);
        Assert.Equal("1.50", json.RootElement.GetProperty("data")[0].GetProperty("isNew").GetRawText());
        Assert.Equal(["data", "nextCursor", "hasMore"], json.RootElement.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task Text_from_elsewhere_does_not_steer_the_terminal()
    {
        var ran = await Clients(Wire.Page(Wire.Client.Replace("Acme Corp", "Acme\\u001b[31m Corp")));
        Assert.DoesNotContain('\u001b', ran.Out);
    }

    [Fact]
    public async Task Pages_are_joined_up_to_the_limit()
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "ocore_key");
        server.On("GET /api/agency/clients", async http =>
        {
            var first = !http.Request.Query.ContainsKey("cursor");
            http.Response.ContentType = "application/json";
            await http.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(
                Wire.Page(Wire.Client).Replace("null", first ? "\"n e/xt\"" : "null")));
        });
        Assert.Equal(2, (await typist.Run("agency", "client", "list", "-q")).Out.Split('\n').Length - 1);
        Assert.Contains("cursor=n%20e%2Fxt", server.Requests[1].Query);
        Assert.Contains("--limit 0", (await typist.Run("agency", "client", "list", "--limit", "1")).Err);
    }

    [Theory]
    [InlineData("""{"a":"b","c":1.50,"t":true,"z":null}""", "a: b\nc: 1.50\nt: true\nz: null\n")]
    [InlineData("""{"yes":"no","time":"12:30","e":"","h":"# x","c":"a: b"}""", "\"yes\": \"no\"\ntime: \"12:30\"\ne: \"\"\nh: \"# x\"\nc: \"a: b\"\n")]
    [InlineData("""{"list":[{"a":1,"b":[2]},[],{}],"none":{}}""", "list:\n- a: 1\n  b:\n  - 2\n- []\n- {}\nnone: {}\n")]
    [InlineData("""{"text":"one\ntwo\n"}""", "text: |\n  one\n  two\n")]
    [InlineData("""["x",["y"]]""", "- x\n- - \"y\"\n")]
    public void Yaml_says_the_same(string json, string yaml)
    {
        using var document = JsonDocument.Parse(json);
        using var text = new StringWriter { NewLine = "\n" };
        Yaml.Write(text, document.RootElement);
        Assert.Equal(yaml, text.ToString());
    }
}
