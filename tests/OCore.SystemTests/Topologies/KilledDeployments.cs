using OCore.Client;
using OCore.Features.Topologies.Deployments;
using OCore.SystemTests.Backups;
using OCore.SystemTests.Operations;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>
/// A topology on two servers, with an address that two load balancers share and a backup a day, deployed by the real process: it is killed at every
/// step of the way there and of the way back, and the network to one server after the other is cut, at every step.
/// </summary>
[Collection(KillingTheServer.Alone)]
public sealed class KilledDeployments(ITestOutputHelper output) : KilledTopology(output, 2, "keepalived")
{
    private protected override IReadOnlyList<string> Empty => [.. base.Empty.Except(["schedule the backups"]), "start etcd", "lead to PostgreSQL"];
    private protected override string SharedAddress => Machines[0].Host.Value[..Machines[0].Host.Value.LastIndexOf('.')] + ".201";

    [LabFact]
    public async Task A_deployment_that_is_killed_or_cut_off_at_every_step_ends_whole_or_leaves_nothing()
    {
        await using var backups = await BucketPeer.StartAsync(Directory.CreateTempSubdirectory("ocore-backups-").FullName);
        await SetUpAsync(DeployScene.Sharing(SharedAddress), backups, ("edge", 1), ("app-1", 1), ("app-2", 2), ("db", 2));
        await OnceAsync("kill -9 at every step", async () =>
        {
            var killed = await AtEachStepAsync(await DeployAsync(), StepState.Started, KilledAsync);
            await RunsAsync($"killed at {killed.Count} steps");
            // Whose the files are is said there for as long as it runs.
            Assert.Single(Bucket.Objects.Keys, k => k.EndsWith("/" + BucketMark.Name, StringComparison.Ordinal));
        });
        await OnceAsync("kill -9 at every step of destroying it", async () =>
        {
            await AtEachStepAsync(await DestroyAsync(), StepState.Started, KilledAsync);
            await NothingIsLeftAsync();
        });
        await OnceAsync("kill -9 at every step of undoing it", async () =>
        {
            // Nearly all of it is there, and files in the bucket beside their mark.
            var operation = await CancelledAsync(DeployIntoEmptyBucketAsync, seen => Task.FromResult(HasBegun(seen, "start the load balancers")), DestroyAsync);
            Assert.InRange(Bucket.Objects.Count, 2, int.MaxValue);
            await AtEachStepAsync(operation, StepState.UndoStarted, KilledAsync, OperationState.Cancelled);
            await NothingIsLeftAnywhereAsync();
        });
        await OnceAsync("the network to one server after another is cut, at every step", async () =>
        {
            var cut = await CutOffAtEachStepAsync(DeployIntoEmptyBucketAsync, NothingIsLeftAnywhereAsync);
            await RunsAsync($"cut at {cut.Count} steps");
            await EndedAsync(await DestroyAsync(), OperationState.Succeeded);
            await NothingIsLeftAsync();
        });
        await OnceAsync("a server is cut off until oCore gives up", async () =>
        {
            var operation = await DeployIntoEmptyBucketAsync();
            await UntilAsync(async () => HasBegun(await ViewAsync(operation), "start Odoo"), "Odoo is being started", 480);
            await Machines[1].DoAsync("cut");
            await UntilAsync(async () => await ViewAsync(operation) is { State: OperationState.Unwinding or OperationState.Stuck }, "it is given up", 480);
            await Machines[1].DoAsync("heal");
            await EndedAsync(operation, OperationState.RolledBack);
            await NothingIsLeftAnywhereAsync();
        });
    }
}
