using OCore.Client;
using OCore.Tests.Cli;

namespace OCore.Tests.Portal;

/// <summary>The tools that the command line has, with the key of a client's member.</summary>
[Collection("cli")]
public sealed class SwitchesByCommandTests(TestApps apps) : IClassFixture<TestApps>
{
    private TestApp app = null!;

    [Theory, Sqlite, Postgres]
    public async Task What_is_off_is_refused_to_the_clients_key(Database database)
    {
        app = await apps.OnAsync(database);
        var world = await PortalWorld.MakeAsync(app);
        using var client = Typing(await app.ApiKeyAsync(world.Member, world.Client), world);
        using var agency = Typing(await app.ApiKeyAsync(world.Agency.Owner, world.Agency.Org), world);
        string[][] commands = [["operation", "log", world.EndedId.ToString()], ["member", "list"], ["invitation", "list"]];
        // These go on to the server, which is none: what is refused there is not refused by a switch.
        var instance = world.InstanceId.ToString();
        string[][] tools =
        [
            ["exec", instance, "--", "true"], ["odoo-shell", instance], ["instance", "logs", instance], ["instance", "files", "list", instance],
            ["backup", "list"], ["instance", "domain", "list", instance], ["instance", "metrics", instance], ["alert-rule", "list"], ["database", "list", instance],
        ];
        foreach (var on in (bool[])[false, true])
        {
            await world.SetAsync(new UpdatePortalConfig
            {
                FeatureLogs = on, FeatureTerminal = on, FeatureOdooShell = on, FeatureFileEditor = on, FeatureBackups = on, FeatureDomains = on, FeatureMonitoring = on, FeatureDatabases = on, TeamManagementEnabled = on,
            });
            foreach (var tool in tools)
            {
                Assert.True((await client.Run(tool)).Err.Contains("switched", StringComparison.Ordinal) != on, $"client, {on}, {string.Join(' ', tool)}");
                Assert.DoesNotContain("switched", (await agency.Run(tool)).Err, StringComparison.Ordinal);
            }
            foreach (var command in commands)
            {
                var run = await client.Run(command);
                Assert.True((run.ExitCode == 0) == on && run.Err.Contains("switched", StringComparison.Ordinal) != on, $"client, {on}, {string.Join(' ', command)}: {run.ExitCode} {run.Err}{run.Out}");
                run = await agency.Run(command);
                Assert.True(run.ExitCode == 0, $"agency, {on}, {string.Join(' ', command)}: {run.ExitCode} {run.Err}{run.Out}");
            }
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task How_much_of_the_servers_is_seen_holds_for_the_clients_key(Database database)
    {
        app = await apps.OnAsync(database);
        var world = await PortalWorld.MakeAsync(app);
        using var client = Typing(await app.ApiKeyAsync(world.Member, world.Client), world);
        using var agency = Typing(await app.ApiKeyAsync(world.Agency.Owner, world.Agency.Org), world);
        foreach (var (seen, name, address) in new[] { (InfrastructureVisibility.None, false, false), (InfrastructureVisibility.Limited, true, false), (InfrastructureVisibility.Full, true, true) })
        {
            await world.SetAsync(new UpdatePortalConfig { InfrastructureVisibility = seen });
            foreach (var format in (string[])["table", "json", "yaml"])
            {
                var run = await client.Run("server", "list", "--output", format);
                Assert.True(run.Out.Contains(world.ServerName, StringComparison.Ordinal) == name && run.Out.Contains(PortalWorld.Host, StringComparison.Ordinal) == address, $"{seen} {format}: {run.Out}{run.Err}");
                Assert.Contains(PortalWorld.Host, (await agency.Run("server", "list", "--output", format)).Out, StringComparison.Ordinal);
            }
            var log = await client.Run("operation", "log", world.EndedId.ToString());
            Assert.True(log.Out.Contains(PortalWorld.Kernel, StringComparison.Ordinal) == address && log.Out.Contains(world.ServerName, StringComparison.Ordinal) == name, $"{seen}: {log.Out}{log.Err}");
        }
    }

    private Typist Typing(string key, PortalWorld world) => new Typist().Env("OCORE_URL", app.Url.ToString()).Env("OCORE_TOKEN", key).Env("OCORE_ORG", world.Client.Slug);

    [Theory, Sqlite, Postgres]
    public async Task The_commands_of_the_documentation_work_as_written(Database database)
    {
        app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Typed");
        using var typist = new Typist().Env("OCORE_URL", app.Url.ToString()).Env("OCORE_TOKEN", await app.ApiKeyAsync(agency.Owner, agency.Org)).Env("OCORE_ORG", agency.Slug);
        var run = await typist.Run("agency", "branding", "update", "--logo-url", "https://cdn.example.com/agency-logo.png", "--primary-color", "#2563eb");
        Assert.True(run.ExitCode == 0, run.Err);
        Assert.Contains("#2563eb", (await typist.Run("agency", "branding", "show")).Out, StringComparison.Ordinal);
        Assert.Equal(0, (await typist.Run("agency", "branding", "reset")).ExitCode);
        run = await typist.Run("agency", "portal-config", "update", "--feature-odoo-shell", "false", "--infrastructure-visibility", "limited");
        Assert.True(run.ExitCode == 0 && run.Out.Contains("limited", StringComparison.Ordinal), run.Err + run.Out);
    }
}
