using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Topologies;
using Xunit;

namespace OCore.SystemTests.Topologies;

/// <summary>A server stays away while a deployment is taken back, until oCore does not try any more.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class UndoneInVain(TopologyLab lab)
{
    [LabFact]
    public async Task What_is_left_is_named_and_stays_locked_until_a_person_retries()
    {
        var (scene, away) = (lab.Scene, lab.Machines[1]);
        var topology = await lab.DrawAsync(DeployScene.Pair(), "In vain", lab.Places(("edge", 1), ("app-1", 1), ("app-2", 2), ("db", 2)));
        var operation = (await BeginAsync(new PlanTopology { Organization = scene.Client.Slug })).Id;
        await scene.UntilAsync(async () => (await ViewAsync()).Steps.Single(s => s.Name == "install Odoo").State == StepState.Started, "there is something of it on each server", 240);
        await away.DoAsync("cut");
        try
        {
            await scene.Http.Post<OperationView>($"/api/operations/{operation}/cancel");
            await scene.EndedAsync(operation, 480);
            var stuck = await ViewAsync();
            Assert.Equal((OperationState.Stuck, "undo_failed"), (stuck.State, stuck.Error?.Code));
            var name = scene.Servers[1].Name;
            Assert.Matches($"^“[a-z ]+” could not be undone. .*{name}", stuck.Error!.Message);
            Assert.Contains("retry", stuck.Error.Hint, StringComparison.Ordinal);
            Assert.Contains(stuck.Steps, s => s is { State: StepState.UndoFailed, Error.Length: > 0 });
            Assert.Contains((await scene.Http.Get<AgencyView>("/api/agency")).Attention, a => a.ObjectId == operation);
            await BeginAsync(new PlanTopology { Destroy = true }).IsRefusedAsync(409, "operation_in_progress");
            await scene.Http.Send(HttpMethod.Delete, $"/api/topologies/{topology.Id}").IsRefusedAsync(409, "topology_deployed");
        }
        finally
        {
            await away.DoAsync("heal");
        }
        await scene.Http.Post<OperationView>($"/api/operations/{operation}/retry");
        await scene.EndedAsync(operation);
        Assert.Equal(OperationState.Cancelled, (await ViewAsync()).State);
        await lab.NothingIsLeftAsync();
        Assert.Null((await scene.Http.Get<TopologyView>($"/api/topologies/{topology.Id}")).Deployment);

        Task<OperationView> ViewAsync() => scene.Http.Get<OperationView>($"/api/operations/{operation}");

        async Task<OperationView> BeginAsync(PlanTopology wish)
        {
            var plan = await scene.Http.Post<PlanTopology, TopologyPlanView>($"/api/topologies/{topology.Id}/plan", wish);
            return await scene.Http.Post<DeployTopology, OperationView>($"/api/topologies/{topology.Id}/deploy", new() { PlanHash = plan.Hash, Confirm = topology.Name });
        }
    }
}
