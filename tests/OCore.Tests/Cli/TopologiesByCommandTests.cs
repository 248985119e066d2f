using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Tests.Topologies;

namespace OCore.Tests.Cli;

/// <summary>The verbs of topologies with the real server's answers, typed one after another. Nothing is deployed: the servers are rows, and nobody does what is queued.</summary>
[Collection("cli")]
public sealed class TopologiesByCommandTests
{
    private const string Name = "HA Production Setup";

    [Fact]
    public async Task From_a_blueprint_to_what_runs_and_down_again()
    {
        await using var app = await TestApp.StartAsync(Database.Sqlite, a => a.Adjust(services => _ = services.Remove(services.Single(d => d.ImplementationType == typeof(OperationEngine)))));
        var agency = await app.AgencyAsync("Typing");
        var client = await app.ClientOfAsync(agency, "Shop");
        var places = new List<string>();
        foreach (var (i, place) in ((string[])["edge", "app-1", "app-2", "db", "files"]).Index())
            places.AddRange(["--place", $"{place}={await TopologiesTests.ServerAsync(app, agency.Org, place, $"10.0.0.{10 + i}")}"]);
        using var typist = new Typist().Env("OCORE_URL", app.Url.ToString()).Env("OCORE_TOKEN", await app.ApiKeyAsync(agency.Owner, agency.Org)).Env("OCORE_ORG", agency.Slug);
        async Task<Ran> EndsAsync(int exitCode, params string[] words)
        {
            var ran = await typist.Run(["topology", .. words]);
            Assert.True(ran.ExitCode == exitCode, $"{string.Join(' ', words)}: {ran.ExitCode} {ran.Err}{ran.Out}");
            return ran;
        }
        Task<Ran> DoAsync(params string[] words) => EndsAsync(0, words);

        // Drawn.
        Assert.Contains("shared", (await DoAsync("blueprints")).Out, StringComparison.Ordinal);
        Assert.Contains("There is no blueprint 'tripled'.", (await EndsAsync(4, ["create", "--name", Name, "--blueprint", "tripled", .. places])).Err, StringComparison.Ordinal);
        Assert.Contains("The drawing has no place 'roof'.", (await EndsAsync(2, "create", "--name", Name, "--blueprint", "shared", "--place", $"roof={client.Id}")).Err, StringComparison.Ordinal);
        var drawn = await DoAsync(["create", "--name", Name, "--blueprint", "shared", .. places]);
        Assert.Matches(@"odoo-1 \(odoo\) on app-1-\d+ → filestore, postgres", drawn.Out);
        Assert.Contains("2 odoo", (await DoAsync("list", "--search", "production")).Out, StringComparison.Ordinal);
        Assert.Equal(drawn.Out, (await DoAsync("show", Name.ToUpperInvariant())).Out);
        Assert.Contains("There is no topology 'Nowhere'.", (await EndsAsync(4, "show", "Nowhere")).Err, StringComparison.Ordinal);

        // Checked, and mended by what the finding proposes.
        Assert.Contains("TP-L04", (await DoAsync("validate", Name)).Out, StringComparison.Ordinal);
        await DoAsync("edit", Name, "--set", "lb.sticky=false");
        Assert.Contains("TP-R01", (await EndsAsync(5, "validate", Name)).Out, StringComparison.Ordinal);
        Assert.DoesNotContain("TP-R01", (await DoAsync("validate", Name, "--fix", "tp-r01")).Out, StringComparison.Ordinal);

        // Planned and deployed.
        Assert.Contains($"{Name} does not run.", (await EndsAsync(5, "status", Name)).Err, StringComparison.Ordinal);
        var plan = await DoAsync("plan", Name, "--client", client.Slug, "--domain", "erp.shop.example");
        foreach (var node in (string[])["lb", "odoo-1", "odoo-2", "filestore", "postgres"])
            Assert.Matches($"(?m)^{node} +create ", plan.Out);
        Assert.Contains($"{Name} at http://erp.shop.example", plan.Err, StringComparison.Ordinal);
        await EndsAsync(4, "deploy", Name, "--plan", new string('0', 64));
        var hash = Regex.Match(plan.Err, "--plan ([0-9a-f]{64})").Groups[1].Value;
        Assert.Contains("ocore operation watch", (await DoAsync("deploy", Name, "--plan", hash)).Err, StringComparison.Ordinal);
        Assert.Contains("deploying", (await EndsAsync(5, "status", Name)).Err, StringComparison.Ordinal);
        await RunsAsync(app);
        var runs = await DoAsync("status", Name);
        Assert.Matches("(?m)^odoo-2 +odoo +app-2.* running .*It may use 1 MB of memory", runs.Out);
        Assert.Contains("active, healthy", runs.Err, StringComparison.Ordinal);
        await EndsAsync(5, "delete", Name, "--confirm", Name);

        // Changed: the plan is the difference, in words.
        await DoAsync("edit", Name, "--set", "odoo-1.workers=6");
        Assert.Contains("the drawing has changed since", (await DoAsync("status", Name)).Err, StringComparison.Ordinal);
        plan = await DoAsync("plan", Name);
        Assert.Matches("(?m)^odoo-1 +change .*workers: 4 → 6", plan.Out);
        Assert.Matches("(?m)^postgres +keep ", plan.Out);
        Assert.Contains("1 change", (await DoAsync("plans", Name)).Out, StringComparison.Ordinal);

        // Out and in again, here or elsewhere.
        var exported = (await DoAsync("export", Name)).Out;
        var file = Path.Combine(typist.Home, "ha.json");
        await File.WriteAllTextAsync(file, exported);
        await DoAsync("import", file, "--name", "Copy");
        Assert.Equal(exported.Replace(Name, "Copy", StringComparison.Ordinal), (await DoAsync("export", "Copy")).Out);
        Assert.DoesNotContain(" on ", (await DoAsync("import", file, "--name", "Bare", "--without-servers")).Out, StringComparison.Ordinal);
        await DoAsync("edit", "Bare", "--file", file, "--name", "Filled");
        Assert.Matches(@"odoo-1 \(odoo\) on app-1-\d+", (await DoAsync("show", "Filled")).Out);

        // Taken down with its name typed, and not otherwise.
        await EndsAsync(2, "destroy", Name);
        var refused = await typist.Answering("HA\n", "topology", "destroy", Name);
        Assert.True(refused.ExitCode == 2 && refused.Err.Contains("is not its name", StringComparison.Ordinal), refused.Err);
        Assert.Contains("active", (await DoAsync("status", Name)).Err, StringComparison.Ordinal);
        await DoAsync("destroy", Name, "--confirm", Name);
        Assert.Matches("\"operationId\": \"[0-9a-f-]{36}\"", (await DoAsync("show", Name, "--output", "json")).Out);
    }

    /// <summary>As it would be after the deployment, but for one node that somebody changed.</summary>
    private static async Task RunsAsync(TestApp app)
    {
        await using var db = app.Databases.System();
        await db.TopologyDeployments.AcrossTenants().ExecuteUpdateAsync(s => s.SetProperty(d => d.Status, "active"));
        foreach (var node in await db.DeployedNodes.AcrossTenants().ToListAsync())
        {
            node.State = TopologyNodeState.Running;
            if (node.NodeId == "odoo-2")
                node.Drift = [new NodeDrift { Kind = NodeDriftKind.Limits, Message = "It may use 1 MB of memory.", Safe = true }];
        }
        await db.ResourceLocks.ExecuteDeleteAsync();
        await db.SaveChangesAsync();
    }
}
