using OCore.Client;
using OCore.SystemTests.Operations;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>
/// A pair that runs gets a third Odoo and more workers, and goes back to what it was, by a real process that is killed at every step and at every
/// Odoo; or it is cancelled on the way, and killed while it returns; or its servers are cut off, one after another. Whoever was signed in stays so.
/// </summary>
[Collection(KillingTheServer.Alone)]
public sealed class KilledChanges(ITestOutputHelper output) : KilledTopology(output, 3), IClassFixture<CarriedImages>
{
    private protected override IReadOnlyList<string> Empty => [.. base.Empty.Except(["start the monitors", "change the monitors"])];

    private TopologyData Smaller => Topology.TopologyData;

    private TopologyData Larger
    {
        get
        {
            var sketch = TopologyLab.WithThirdOdoo(Topology, Servers[2]);
            foreach (var odoo in (string[])["odoo-1", "odoo-2", "odoo-3"])
                sketch = sketch.Set(odoo, "workers", 2);
            return sketch.Data;
        }
    }

    [LabFact]
    public async Task A_change_that_is_killed_at_every_step_ends_as_planned()
    {
        using var person = await DeployedAsync();
        await OnceAsync("kill -9 at every step: a third Odoo, and more workers", async () =>
        {
            await AtEachStepAsync(await ChangeAsync(Larger), StepState.Started, KilledAsync);
            await StandsAsync(3, 2, person, "grown");
        });
        await OnceAsync("kill -9 at every step: without the third Odoo, and fewer workers", async () =>
        {
            await AtEachStepAsync(await ChangeAsync(Smaller), StepState.Started, KilledAsync);
            await StandsAsync(2, 1, person, "shrunk");
        });
        await TakenDownAsync();
    }

    [LabFact]
    public async Task A_change_that_is_cancelled_is_taken_back_by_an_oCore_that_is_killed_at_every_step()
    {
        using var person = await DeployedAsync();
        await OnceAsync("cancelled before it has begun, or just then", async () =>
        {
            var operation = await ChangeAsync(Larger);
            Assert.True(await CancelAsync(operation));
            await EndedAsync(operation, OperationState.Cancelled);
            await StandsAsync(2, 1, person, "not begun");
        });
        await OnceAsync("cancelled while the third Odoo is made, kill -9 at every step back", () => TakenBackAsync(person, "made in vain",
            async _ => (await DeploymentAsync())!.Nodes.Any(n => n is { NodeId: "odoo-3", State: TopologyNodeState.Working })));
        await OnceAsync("cancelled while the load balancer is told of it, kill -9 at every step back", () => TakenBackAsync(person, "told in vain",
            seen => Task.FromResult(HasBegun(seen, "change the load balancers"))));
        await TakenDownAsync();
    }

    [LabFact]
    public async Task A_change_during_which_one_server_after_another_is_cut_off_ends_as_planned_or_is_taken_back()
    {
        using var person = await DeployedAsync();
        await OnceAsync("the network to one server after another is cut, at every step: a third Odoo, and more workers", async () =>
        {
            await CutOffAtEachStepAsync(() => ChangeAsync(Larger), () => StandsAsync(2, 1, person, "given up"));
            await StandsAsync(3, 2, person, "grown");
        });
        await TakenDownAsync();
    }

    private async Task TakenBackAsync(OdooVisitor person, string what, Func<OperationView, Task<bool>> far)
    {
        var operation = await CancelledAsync(() => ChangeAsync(Larger), far, () => ChangeAsync(Smaller));
        await AtEachStepAsync(operation, StepState.UndoStarted, KilledAsync, OperationState.Cancelled);
        await StandsAsync(2, 1, person, what);
    }

    /// <summary>With somebody who is signed in.</summary>
    private async Task<OdooVisitor> DeployedAsync()
    {
        await SetUpAsync(DeployScene.Pair().Monitored(), null, ("edge", 1), ("app-1", 1), ("app-2", 2), ("db", 2));
        await OnceAsync("deployed", async () => await EndedAsync(await DeployAsync(), OperationState.Succeeded));
        return await SignedInAsync();
    }

    private async Task TakenDownAsync()
    {
        await EndedAsync(await DestroyAsync(), OperationState.Succeeded);
        await NothingIsLeftAsync();
    }

    private async Task<Guid> ChangeAsync(TopologyData to)
    {
        await Http.Put<UpdateTopology, TopologyView>($"/api/topologies/{Topology.Id}", new() { TopologyData = to });
        return await DeployAsync(new PlanTopology());
    }

    /// <summary>So many Odoo, one on each of the first servers, with so many workers; behind the load balancer, and nothing of it anywhere else.</summary>
    private async Task StandsAsync(int odoo, int workers, OdooVisitor person, string what)
    {
        var deployment = await RunsAsync(what);
        Assert.Equal(odoo, deployment.Nodes.Count(n => n.Type == "odoo"));
        Assert.Equal($"{odoo}", (await StatusAsync("lb")).Figures["nodes"]);
        foreach (var machine in Machines.Take(odoo))
            Assert.Equal($"{workers}", (await machine.ShellAsync("docker exec -u 0 \"$(docker ps -q --filter label=ocore.instance)\" sed -n 's/^workers *= *//p' /etc/odoo/odoo.conf")).Trim());
        foreach (var machine in Machines.Skip(odoo))
            Assert.Equal("", await TopologyLab.LeftOnAsync(machine));
        for (var i = 0; i < 6; i++)
            Assert.True(await person.UserAsync() > 0, $"somebody has to sign in again ({what})");
    }
}
