using OCore.Client;
using OCore.SystemTests.Operations;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>
/// A PostgreSQL that follows, a member of etcd and an Odoo move from one server to another by a real process that is killed at every step, and at every
/// step of the way back of a move that was cancelled. Whoever is signed in stays so.
/// </summary>
[Collection(KillingTheServer.Alone)]
public sealed class KilledMembers(ITestOutputHelper output) : KilledTopology(output, 4, "postgres-ha"), IClassFixture<CarriedImagesOfFour>
{
    private const int Home = 2, Free = 3;

    // The first Odoo stays where the instance's tools are.
    private static readonly string[] Moving = ["postgres-3", "etcd-3", "odoo-2"];

    private protected override IReadOnlyList<string> Empty => [.. base.Empty.Except(Clusters)];

    [LabFact]
    public async Task Members_that_move_are_where_they_were_planned_or_where_they_came_from()
    {
        await SetUpAsync(DeployScene.Failover(), null, ("edge", 1), ("db", 1), ("app-1", 2), ("app-2", 3));
        await OnceAsync("deployed", async () => await EndedAsync(await DeployAsync(), OperationState.Succeeded));
        using var person = await SignedInAsync();
        await OnceAsync("kill -9 at every step of moving members", async () =>
        {
            await LeadsElsewhereAsync();
            await AtEachStepAsync(await MoveAsync(Free), StepState.Started, KilledAsync);
            await AreOnAsync(Free, "moved");
        });
        await OnceAsync("cancelled when the members have moved back, kill -9 at every step of taking that back", async () =>
        {
            await LeadsElsewhereAsync();
            var operation = await CancelledAsync(() => MoveAsync(Home), seen => Task.FromResult(HasBegun(seen, "change Odoo, node by node")), () => MoveAsync(Free));
            await AtEachStepAsync(operation, StepState.UndoStarted, KilledAsync, OperationState.Cancelled);
            await AreOnAsync(Free, "moved in vain");
        });
        await EndedAsync(await DestroyAsync(), OperationState.Succeeded);
        await NothingIsLeftAsync();

        // The one that leads is not taken away.
        async Task LeadsElsewhereAsync()
        {
            foreach (var other in Topology.TopologyData.Nodes.Where(n => n.Type == "postgres" && n.Id != Moving[0]).Select(n => n.Id))
            {
                if ((await StatusAsync(Moving[0])).Role != "primary")
                    return;
                // One that lacks a row is refused.
                var operation = (await Http.Post<OperationView>($"/api/topologies/{Topology.Id}/nodes/{other}/switchover")).Id;
                await UntilAsync(async () => (await ViewAsync(operation)).State is OperationState.Succeeded or OperationState.RolledBack, $"{other} leads, or is refused", 120);
            }
            Assert.NotEqual("primary", (await StatusAsync(Moving[0])).Role);
        }

        async Task<Guid> MoveAsync(int machine)
        {
            var sketch = Moving.Aggregate(TopologyLab.AsDrawn(Topology), (drawn, node) => drawn.Set(node, "serverId", Servers[machine]));
            await Http.Put<UpdateTopology, TopologyView>($"/api/topologies/{Topology.Id}", new() { TopologyData = sketch.Data });
            return await DeployAsync(new PlanTopology());
        }

        async Task AreOnAsync(int machine, string what)
        {
            await RunsAsync(what);
            var deployment = (await DeploymentAsync())!;
            Assert.All(deployment.Nodes.Where(n => Moving.Contains(n.NodeId)), n => Assert.Equal(Servers[machine], n.Server?.Id));
            Assert.Equal("", await TopologyLab.LeftOnAsync(Machines[machine == Free ? Home : Free]));
            Assert.Equal(["leader", "member", "member", "primary", "replica", "replica"], deployment.Nodes.Where(n => n.Type is "etcd" or "postgres").Select(n => n.Role).Order(StringComparer.Ordinal));
            for (var i = 0; i < 6; i++)
                Assert.True(await person.UserAsync() > 0, $"somebody has to sign in again ({what})");
        }
    }
}

/// <summary>The same with a server that has nothing to carry yet.</summary>
public sealed class CarriedImagesOfFour : CarriedImages
{
    private protected override int Machines => 4;
}
