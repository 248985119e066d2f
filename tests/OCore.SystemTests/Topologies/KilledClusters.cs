using OCore.Client;
using OCore.SystemTests.Operations;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>
/// Three etcd members, three PostgreSQL under Patroni, a load balancer that follows the primary, PgBouncer, Redis, two Odoo and a load balancer on
/// three servers, and a monitor of all that: the real process is killed at every step of deploying all of it, of handing over to another PostgreSQL, and
/// of taking all of it back; and one server after another, each with a part of everything, is cut off at every step.
/// </summary>
[Collection(KillingTheServer.Alone)]
public sealed class KilledClusters(ITestOutputHelper output) : KilledTopology(output, 3, "postgres-ha", "pgbouncer"), IClassFixture<CarriedImages>
{
    private protected override IReadOnlyList<string> Empty => [.. base.Empty.Except(["start the monitors"])];

    [LabFact]
    public async Task The_whole_of_it_is_deployed_by_an_oCore_that_is_killed_at_every_step()
    {
        await DrawnAsync();
        await OnceAsync("kill -9 at every step, and a member of both clusters cut off while they are made", async () =>
        {
            var killed = await AtEachStepAsync(await DeployAsync(), StepState.Started, KilledAndCutOffAsync);
            await RunsAsync($"killed at {killed.Count} steps");
            Assert.Equal(["leader", "member", "member", "primary", "replica", "replica"],
                (await DeploymentAsync())!.Nodes.Where(n => n.Type is "etcd" or "postgres").Select(n => n.Role).Order(StringComparer.Ordinal));
        });
        await OnceAsync("kill -9 at every step of handing over", HandedOverAsync);
        await OnceAsync("kill -9 at every step of destroying it", async () =>
        {
            await AtEachStepAsync(await DestroyAsync(), StepState.Started, KilledAsync);
            await NothingIsLeftAsync();
        });
    }

    [LabFact]
    public async Task The_whole_of_it_is_deployed_and_destroyed_while_one_server_after_another_is_cut_off()
    {
        await DrawnAsync();
        await OnceAsync("the network to one server after another is cut, at every step", async () =>
        {
            var cut = await CutOffAtEachStepAsync(DeployIntoEmptyBucketAsync, NothingIsLeftAnywhereAsync);
            await RunsAsync($"cut at {cut.Count} steps");
        });
        await OnceAsync("the network to one server after another is cut, at every step of destroying it", async () =>
        {
            await AtEachStepAsync(await DestroyAsync(), StepState.Started, CutAsync, lasts: true);
            await NothingIsLeftAsync();
        });
    }

    [LabFact]
    public async Task The_whole_of_it_is_taken_back_by_an_oCore_that_is_killed_at_every_step()
    {
        await DrawnAsync();
        await OnceAsync("cancelled before it has begun, or just then", async () =>
        {
            var operation = await DeployAsync();
            Assert.True(await CancelAsync(operation));
            await EndedAsync(operation, OperationState.Cancelled);
            await NothingIsLeftAsync();
        });
        await OnceAsync("kill -9 at every step of undoing it", async () =>
        {
            // Nearly all of it is there.
            var operation = await CancelledAsync(DeployIntoEmptyBucketAsync, seen => Task.FromResult(HasBegun(seen, "start the load balancers")), DestroyAsync);
            await AtEachStepAsync(operation, StepState.UndoStarted, KilledAsync, OperationState.Cancelled);
            await NothingIsLeftAnywhereAsync();
        });
    }

    /// <summary>To the replica that has every row; another one is refused before anything has happened.</summary>
    private async Task HandedOverAsync()
    {
        foreach (var replica in (await DeploymentAsync())!.Nodes.Where(n => n is { Type: "postgres", Role: "replica" }).Select(n => n.NodeId).ToList())
        {
            var operation = (await Http.Post<OperationView>($"/api/topologies/{Topology.Id}/nodes/{replica}/switchover")).Id;
            var killed = await AtEachStepAsync(operation, StepState.Started, KilledAsync, null);
            if (await ViewAsync(operation) is { State: OperationState.RolledBack, Error.Code: "not_synchronous" })
                continue;
            Assert.Contains("hand over", killed);
            Assert.Equal("primary", (await StatusAsync(replica)).Role);
            await RunsAsync($"killed at {killed.Count} steps");
            return;
        }
        Assert.Fail("no replica may lead");
    }

    private Task DrawnAsync() => SetUpAsync(DeployScene.Failover().Pooled().Monitored(), null, ("edge", 1), ("db", 1), ("app-1", 2), ("app-2", 3));

    /// <summary>Members of both clusters are on each server: without it neither of these steps comes to its end meanwhile.</summary>
    private async Task KilledAndCutOffAsync(string step)
    {
        await KilledAsync(step);
        if (step is "start etcd" or "start PostgreSQL")
            await CutAsync(step);
    }
}
