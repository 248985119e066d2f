using OCore.Client;
using OCore.SystemTests.Operations;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>Two Odoo with their files on an NFS server, which kernels of their own mount: the real process is killed at every step of deploying and of destroying them.</summary>
[Collection(KillingTheServer.Alone)]
public sealed class KilledSharing(ITestOutputHelper output) : KilledTopology(output, 3, "nfs")
{
    private protected override IReadOnlyList<LabServer> Machines { get; } = MountingLab.MachinesThatMount;
    private protected override IReadOnlyList<string> Empty => ["start etcd", "lead to PostgreSQL", "start Redis", "start the monitors", "schedule the backups"];
    private protected override string? WhyNot => MountingFactAttribute.WhyNot;

    private protected override Task MakeMachinesAsync() => MountingLab.MakeMachinesThatMountAsync();

    private protected override Task UnmakeMachinesAsync() => MountingLab.UnmakeMachinesThatMountAsync();

    [MountingFact]
    public async Task What_shares_files_is_deployed_and_destroyed_by_an_oCore_that_is_killed_at_every_step()
    {
        await SetUpAsync(Sketch.Of("shared"), null, ("edge", 1), ("files", 1), ("db", 1), ("app-1", 2), ("app-2", 3));
        await OnceAsync("kill -9 at every step", async () =>
        {
            var killed = await AtEachStepAsync(await DeployAsync(), StepState.Started, KilledAsync);
            await RunsAsync($"killed at {killed.Count} steps");
        });
        await OnceAsync("kill -9 at every step of destroying it", async () =>
        {
            await AtEachStepAsync(await DestroyAsync(), StepState.Started, KilledAsync);
            await NothingIsLeftAsync();
        });
    }
}
