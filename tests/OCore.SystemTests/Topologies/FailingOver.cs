using System.Diagnostics;
using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>Three PostgreSQL under Patroni and three etcd members, with a signed-in user who writes: the primary is lost, and nothing that was acknowledged is.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class FailingOver(TopologyLab lab, ITestOutputHelper output)
{
    [LabFact]
    public async Task The_primary_is_lost_and_no_acknowledged_row_with_it()
    {
        var topology = await lab.DrawAsync(DeployScene.Failover(), "Fail-over", lab.Places(("edge", 1), ("db", 1), ("app-1", 2), ("app-2", 3)));
        await lab.DeployAsync(topology, new PlanTopology { Organization = lab.Scene.Client.Slug, Domain = "failover.shop.example" }, seconds: 560);
        var instance = (await lab.Scene.Http.Get<TopologyView>($"/api/topologies/{topology.Id}")).Deployment!.InstanceId!.Value;
        foreach (var node in topology.TopologyData.Nodes)
            Assert.Equal((node.Id, TopologyNodeState.Running), (node.Id, (await lab.MeasureAsync(topology, node.Id)).State));
        Assert.Equal("1", (await lab.MeasureAsync(topology, await PrimaryAsync(topology))).Figures["synchronousReplicas"]);
        var admin = await lab.Scene.Http.Post<AdminCredentials>($"/api/instances/{instance}/admin-password/reveal");
        using var visitor = new OdooVisitor($"http://{lab.Machines[0].Host.Value}", "failover.shop.example");
        await visitor.SignInAsync(admin.Login, admin.Password);

        var before = await PrimaryAsync(topology);
        var machine = lab.Machines[before switch { "postgres" => 0, "postgres-2" => 1, _ => 2 }];
        var container = (await machine.ShellAsync("docker ps --filter label=ocore.node=\"$1\" --format '{{.Names}}'", before)).Trim();
        var acknowledged = new List<int>();
        for (var i = 0; i < 5; i++)
            await WriteAsync(visitor, acknowledged);
        await machine.ShellAsync("docker update --restart no \"$1\" >/dev/null && docker kill \"$1\"", container);
        var clock = Stopwatch.StartNew();
        while (!await WriteAsync(visitor, acknowledged))
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(150), "nothing could be written for 150 s");
        output.WriteLine($"{clock.Elapsed.TotalSeconds:0.0} s until a user could write again");
        Assert.NotEqual(before, await PrimaryAsync(topology));
        await machine.ShellAsync("docker update --restart always \"$1\" >/dev/null; docker start \"$1\"", container);
        await lab.Scene.UntilAsync(async () => await lab.MeasureAsync(topology, before) is { State: TopologyNodeState.Running, Role: "replica" }, "the former primary follows", 120);
        var found = (await visitor.ExecuteAsync("res.partner", "search_count", new object[] { new object[] { new object[] { "id", "in", acknowledged } } })).GetInt32();
        output.WriteLine($"{acknowledged.Count} acknowledged, {acknowledged.Count - found} lost");
        Assert.Equal(acknowledged.Count, found);
        await lab.DestroyAsync(topology);
        await lab.NothingIsLeftAsync();
    }

    private async Task<string> PrimaryAsync(TopologyView topology)
    {
        var primary = "";
        await lab.Scene.UntilAsync(async () =>
        {
            foreach (var node in topology.TopologyData.Nodes.Where(n => n.Type == "postgres"))
                if (await lab.MeasureAsync(topology, node.Id) is { State: TopologyNodeState.Running, Role: "primary" })
                    primary = node.Id;
            return primary.Length > 0;
        }, "one PostgreSQL leads", 60);
        return primary;
    }

    private static async Task<bool> WriteAsync(OdooVisitor visitor, List<int> acknowledged)
    {
        try
        {
            acknowledged.Add((await visitor.ExecuteAsync("res.partner", "create", new object[] { new { name = $"row {acknowledged.Count}" } })).GetInt32());
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or InvalidOperationException or TaskCanceledException)
        {
            // Not acknowledged: asked again.
            await Task.Delay(500);
            return false;
        }
    }
}
