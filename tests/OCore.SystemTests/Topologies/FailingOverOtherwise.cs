using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>The same, and a commit waits for nobody else.</summary>
public sealed class AsynchronousScene(TopologyLab lab) : FailoverScene(lab)
{
    private protected override Sketch Sketch => DeployScene.Failover().Set("postgres", "synchronous", false);
}

/// <summary>What is acknowledged by an asynchronous primary may be lost with it, and how much that was is counted; nothing else is.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class FailingOverAsynchronously(TopologyLab lab, AsynchronousScene scene, ITestOutputHelper output) : FailoverDrills(lab, scene, output), IClassFixture<AsynchronousScene>
{
    [LabTheory, MemberData(nameof(Times))]
    public async Task Another_PostgreSQL_leads_and_may_lack_the_last_rows(int time)
    {
        Say($"time {time}");
        var seen = await Site.MeasureAsync(Topology, await PrimaryAsync());
        Assert.Equal(("2", "0"), (seen.Figures["replicas"], seen.Figures["synchronousReplicas"]));
        await DrillAsync("asynchronous: the primary's container is killed", async () => await KillAsync(await PrimaryAsync()), 40, mayForget: true);
        await AwayFromTheEdgeAsync();
        await DrillAsync("asynchronous: the power of the primary's server is cut", async () => await HarmAsync(await PrimaryAsync(), "stop", "start"), 0, mayForget: true);
        await AwayFromTheEdgeAsync();
        await DrillAsync("asynchronous: the primary's server is cut off, and healed", async () => await HarmAsync(await PrimaryAsync(), "cut", "heal"), 0, mayForget: true);
        // The one that leads waits until the other one has everything.
        await DrillAsync("asynchronous: another one is made to lead", SwitchOverAsync, 0);
    }

    [LabTheory, MemberData(nameof(Times))]
    public async Task A_server_that_is_away_is_not_waited_for_by_every_connection(int time)
    {
        Say($"time {time}");
        // Odoo's configuration names it before the one that leads.
        if (await PrimaryAsync() != "postgres-3")
            await Site.Scene.EndOfAsync(await Site.Scene.Http.Post<OperationView>($"/api/topologies/{Topology.Id}/nodes/postgres-3/switchover"));
        await DrillAsync("asynchronous: the power of a replica's server is cut", async () => await HarmAsync("postgres-2", "stop", "start"), 40, mayLose: 20);
    }
}

/// <summary>The same, and a commit waits for a replica as long as it takes.</summary>
public sealed class StrictScene(TopologyLab lab) : FailoverScene(lab)
{
    private protected override Sketch Sketch => DeployScene.Failover().Set("postgres", "zeroDataLoss", true);
}

/// <summary>Where no row may be lost, nothing is acknowledged that one machine alone has.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class LosingEveryReplica(TopologyLab lab, StrictScene scene, ITestOutputHelper output) : FailoverDrills(lab, scene, output), IClassFixture<StrictScene>
{
    [LabTheory, MemberData(nameof(Times))]
    public async Task Whoever_saves_waits_until_a_replica_is_back(int time)
    {
        Say($"time {time}");
        var writer = Cluster.Writer;
        await DrillAsync("no row may be lost: both replicas are killed for a while", async () =>
        {
            var primary = await PrimaryAsync();
            var mend = new List<Func<Task>>();
            foreach (var replica in Postgres.Where(p => p != primary))
                mend.Add(await KillAsync(replica));
            TopologyNodeStatus? seen = null;
            await Site.Scene.UntilAsync(async () => (seen = await StateAsync(primary)) is { State: TopologyNodeState.Degraded }, "the primary has nobody that follows", 60);
            Assert.Contains("nothing may be lost", seen!.Message, StringComparison.Ordinal);
            var (acknowledged, unsure) = (writer.Acknowledged.Count, writer.Unsure);
            // Each waits for a quarter of a minute, or reads that nobody answers.
            await Site.Scene.UntilAsync(() => Task.FromResult(writer.Unsure >= unsure + 2), "whoever saves waits in vain", 60);
            Assert.Equal(acknowledged, writer.Acknowledged.Count);
            foreach (var back in mend)
                await back();
        }, 0, longest: 150);
        await DrillAsync("no row may be lost: the primary's container is killed", async () => await KillAsync(await PrimaryAsync()), 40);
    }
}
