using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using OCore.Client;
using OCore.Platform;
using Microsoft.Extensions.Configuration;

namespace OCore.Tests.Data;

/// <summary>Settings are checked at start, each with a sentence, and have defaults that work.</summary>
public sealed class TheConfiguration
{
    private static (Settings Settings, List<string> Errors) Load(params (string Name, string Value)[] values)
    {
        var errors = new List<string>();
        return (Settings.Load(new ConfigurationBuilder().AddInMemoryCollection(values.Select(v => KeyValuePair.Create($"OCORE_{v.Name}", (string?)v.Value))).Build(), errors), errors);
    }

    [Theory]
    [InlineData("http://+:8080", "http://localhost:8080/")]
    [InlineData("http://*:8080", "http://localhost:8080/")]
    [InlineData("http://0.0.0.0:8080;http://[::]:8080", "http://localhost:8080/")]
    [InlineData("http://[::]:80", "http://localhost/")]
    [InlineData("http://10.0.0.1:8080", "http://10.0.0.1:8080/")]
    [InlineData("http://ocore.example.com:8080", "http://ocore.example.com:8080/")]
    public void Wherever_it_listens_there_is_an_address_to_go_to(string listen, string expected)
    {
        var (settings, errors) = Load(("LISTEN", listen));
        Assert.Empty(errors);
        Assert.Equal(expected, settings.PublicUrl.ToString());
    }

    [Fact]
    public void Trusted_proxies_are_addresses_and_networks()
    {
        var (settings, errors) = Load(("TRUSTED_PROXIES", "10.0.0.1, 192.168.0.0/16,2001:db8::1"));
        Assert.Empty(errors);
        Assert.Equal([IPNetwork.Parse("10.0.0.1/32"), IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("2001:db8::1/128")], settings.TrustedProxies);
        Assert.Contains("\"proxy\"", Assert.Single(Load(("TRUSTED_PROXIES", "proxy")).Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void No_tool_of_the_repository_has_a_setting_with_which_the_program_does_not_start()
    {
        string[] names = [.. Repository.Kept().Where(f => Regex.IsMatch(f, @"^(bin|images|lab|tests|bench|web|docs|[^/]*\.md)(/|$)") && Path.GetExtension(f) is "" or ".sh" or ".md" or ".cs" or ".ts" or ".json")
            .SelectMany(f => Regex.Matches(File.ReadAllText(Repository.PathOf(f)), @"\bOCORE_([A-Z0-9_]*[A-Z0-9])\b").Select(m => m.Groups[1].Value)).Distinct()];
        Assert.Contains("DEBIAN_MIRROR", names);
        Assert.DoesNotContain(Load([.. names.Select(n => (n, "x"))]).Errors, e => e.Contains("is not a setting", StringComparison.Ordinal));
        Assert.Contains(Load(("DATBASE", "sqlite")).Errors, e => e.Contains("DATBASE is not a setting", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_first_account_is_found_by_its_address_however_that_was_given()
    {
        await using var app = await TestApp.StartAsync(arrange: a => a.Set("ADMIN_EMAIL", " Boss@agency.example "));
        using var http = new OCoreHttp(app.HttpAs(null));
        var tokens = await http.Post<LoginRequest, SessionTokens>("/api/auth/login", new LoginRequest { Email = "boss@agency.example", Password = TestApp.Password });
        Assert.Equal("Boss@agency.example", (await new OCoreHttp(app.HttpWith(tokens.AccessToken)).Get<MeView>("/api/user")).Email);
    }

    [Theory]
    [InlineData("ADMIN_PASSWORD", "password1", "OCORE_ADMIN_PASSWORD")]
    [InlineData("ADMIN_PASSWORD", "operator2026!", "OCORE_ADMIN_PASSWORD")]
    [InlineData("ADMIN_PASSWORD", "short", "OCORE_ADMIN_PASSWORD")]
    [InlineData("ADMIN_EMAIL", "nobody", "OCORE_ADMIN_EMAIL")]
    public async Task The_first_account_follows_the_rules_of_every_other(string setting, string value, string named)
    {
        var refused = await Assert.ThrowsAsync<WrongConfigurationException>(() => TestApp.StartAsync(arrange: app => app.Set(setting, value)));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_dashboard_it_says_how_to_get_one()
    {
        var empty = TestDatabases.NewDirectory("web");
        await using var app = await TestApp.StartAsync(arrange: a => a.WebRoot = empty);
        var answer = await app.Anonymous.GetAsync("/");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("bin/up", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await app.Anonymous.GetAsync("/api/nothing")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await app.Anonymous.GetAsync("/healthz")).StatusCode);
        Directory.Delete(empty, recursive: true);
    }

    [Theory]
    [InlineData("v20.18.3", false)]
    [InlineData("v18.20.0", false)]
    [InlineData("v21.7.0", false)]
    [InlineData("v22.11.0", false)]
    [InlineData("v20.19.0", true)]
    [InlineData("v22.12.0", true)]
    [InlineData("v24.0.1", true)]
    public async Task Bin_up_asks_for_a_Node_that_builds_the_dashboard(string version, bool taken)
    {
        var tools = TestDatabases.NewDirectory("tools");
        // A Node of that version, and an SDK that is none, so that it ends there in either case.
        await File.WriteAllTextAsync(Path.Combine(tools, "node"), $"#!/bin/sh\ncase $1 in -p) echo {version[1..].Split('.')[0]} ;; *) echo {version} ;; esac\n");
        await File.WriteAllTextAsync(Path.Combine(tools, "dotnet"), "#!/bin/sh\necho 9.0.100\n");
        foreach (var tool in Directory.GetFiles(tools))
            File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo(Repository.PathOf("bin", "up")) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PATH"] = tools + ":" + Environment.GetEnvironmentVariable("PATH");
        start.Environment["OCORE_DATA"] = Path.Combine(tools, "data");
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.Contains(".NET 10 SDK", said, StringComparison.Ordinal);
        Assert.Equal(!taken, said.Contains("Node 20.19", StringComparison.Ordinal));
        Directory.Delete(tools, recursive: true);
    }

    [Fact]
    public async Task A_wrong_setting_ends_the_program_with_a_sentence()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(OCoreApp).Assembly.Location]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["OCORE_DATA"] = TestDatabases.NewDirectory("wrong");
        start.Environment["OCORE_SIGNUP"] = "perhaps";
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal((1, "OCORE_SIGNUP has to be closed or open; it is \"perhaps\"."), (process.ExitCode, said.Trim()));
    }
}
