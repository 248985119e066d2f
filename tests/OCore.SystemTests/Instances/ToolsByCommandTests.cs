using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Cli;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Instances;

/// <summary>Each tool by the command line on a real Odoo: as the agency, as its client, and with the client's switch off.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class ToolsByCommandTests(OdooLab lab, ITestOutputHelper output)
{
    private OdooScene Scene => lab.Scene;

    [LabFact]
    public async Task Agency_and_client_use_them_and_a_switch_ends_it()
    {
        var instance = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Typed");
        var member = await Scene.App.MemberAsync(Scene.Client, "owner");
        using var agency = Typing(await Scene.App.ApiKeyAsync(Scene.Agency.Owner, Scene.Agency.Org), Scene.Agency.Org);
        using var client = Typing(await Scene.App.ApiKeyAsync(member, Scene.Client), Scene.Client);
        var tools = Tools(instance.Slug);
        try
        {
            foreach (var (who, typist) in ((string, Typist)[])[("agency", agency), ("client", client)])
                foreach (var (tool, command, input, code, words) in tools)
                {
                    var run = await typist.Piped(input, command);
                    output.WriteLine($"{who}: ocore {string.Join(' ', command)}: {run.ExitCode}");
                    Assert.True(run.ExitCode == code && (run.Out + run.Err).Contains(words, StringComparison.Ordinal), $"{who}, {tool}, {string.Join(' ', command)}: {run.ExitCode} {run.Err}{run.Out}");
                }
            await AskAsync(member, instance, on: true);
            await SetAsync(false);
            await AskAsync(member, instance, on: false);
            foreach (var (tool, command, input, _, _) in tools)
            {
                var run = await client.Piped(input, command);
                Assert.True(run.ExitCode != 0 && run.Err.Contains("switched", StringComparison.Ordinal), $"{tool} is off, {string.Join(' ', command)}: {run.ExitCode} {run.Err}{run.Out}");
            }
            Assert.Equal(0, (await agency.Run("instance", "logs", instance.Slug)).ExitCode);
        }
        finally
        {
            await SetAsync(true);
        }
        foreach (var backup in (await Scene.Http.Get<Page<BackupView>>($"/api/backups?instance={instance.Slug}")).Data)
            await Scene.EndOfAsync(await Scene.Http.Delete<OperationView>($"/api/backups/{backup.Id}"));
        await Scene.DeleteAsync(instance);
        await Scene.NothingIsLeftAsync();
    }

    /// <summary>The client's member by the API itself: each tool answers with what is really there, and not at all once it is off.</summary>
    private async Task AskAsync(TestPerson member, InstanceView instance, bool on)
    {
        using var http = Scene.App.HttpAs(member, Scene.Client.Slug);
        foreach (var (path, words) in ((string, string)[])
        [
            ($"backups?instance={instance.Slug}", "intact"), ($"instances/{instance.Id}/databases", instance.Database), ($"instances/{instance.Id}/domains", instance.Domain), ($"instances/{instance.Id}/logs?tail=20", "odoo"),
            ($"instances/{instance.Id}/metrics", "cpu"), ($"instances/{instance.Id}/files?root=configuration", "odoo.conf"),
        ])
        {
            using var answer = await http.GetAsync("/api/" + path);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(on ? answer.IsSuccessStatusCode && text.Contains(words, StringComparison.Ordinal) : (int)answer.StatusCode == 403 && text.Contains("feature_disabled", StringComparison.Ordinal), $"{path}, {on}: {answer.StatusCode} {text}");
        }
    }

    private static (string Tool, string[] Command, string Input, int Code, string Words)[] Tools(string slug) =>
    [
        ("backups", ["backup", "take", slug, "--note", "typed", "--wait"], "", 0, ""),
        ("backups", ["backup", "list", "--instance", slug], "", 0, "intact"),
        ("databases", ["database", "list", slug], "", 0, "ready"),
        ("domains", ["instance", "domain", "list", slug], "", 0, slug),
        ("logs", ["instance", "logs", slug, "--tail", "20"], "", 0, "odoo"),
        ("logs", ["instance", "logs", slug, "--source", "access"], "", 0, ""),
        ("monitoring", ["instance", "metrics", slug], "", 0, "cpu"),
        ("terminal", ["exec", slug, "--", "sh", "-c", "exit $((40+2))"], "", 42, ""),
        ("odoo shell", ["odoo-shell", slug], "import sys\nsys.exit(env['res.users'].search_count([]) and 7)\n", 7, ""),
        ("files", ["instance", "files", "list", slug, "--root", "configuration"], "", 0, "odoo.conf"),
    ];

    private Task SetAsync(bool on) => Scene.Http.Put<UpdatePortalConfig, PortalConfigView>($"/api/agency/clients/{Scene.Client.Id}/portal-config", new UpdatePortalConfig
    {
        FeatureBackups = on, FeatureDomains = on, FeatureLogs = on, FeatureMonitoring = on, FeatureTerminal = on, FeatureOdooShell = on, FeatureFileEditor = on, FeatureDatabases = on,
    });

    private Typist Typing(string key, TestOrg org) => new Typist().Env("OCORE_URL", Scene.App.Url.ToString()).Env("OCORE_TOKEN", key).Env("OCORE_ORG", org.Slug);
}
