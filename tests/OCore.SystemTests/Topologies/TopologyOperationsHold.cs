using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Operations;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>Every operation on a topology, with real Odoo: each step twice, a failure at each step, and undone twice.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class TopologyOperationsHold(TopologyLab lab, ITestOutputHelper output)
{
    [LabFact]
    public async Task Deploying()
    {
        var topology = await DrawAsync("Deploying holds");
        await ProveAsync(new OperationCase("topology.deploy", () => BeginAsync(topology), async (_, state) =>
        {
            if (state == OperationState.Succeeded)
            {
                await RunsAsync(topology);
                await lab.DestroyAsync(topology);
            }
            Assert.Null((await lab.Scene.Http.Get<TopologyView>($"/api/topologies/{topology.Id}")).Deployment);
            await lab.NothingIsLeftAsync();
        }));
    }

    [LabFact]
    public async Task Changing()
    {
        var topology = await DrawAsync("Changing holds");
        await lab.DeployAsync(topology);
        // Never twice the same, and never so much that a rule speaks of it.
        var memory = 1200;
        await ProveAsync(new OperationCase("topology.change", () => BeginAsync(topology), async (id, state) =>
        {
            if (state == OperationState.Stuck)
                await lab.Scene.RetryAsync(id);
            await RunsAsync(topology);
            Assert.Equal("active", (await lab.Scene.Http.Get<TopologyView>($"/api/topologies/{topology.Id}")).Deployment!.Status);
        }, ArrangeAsync: async () => topology = await lab.Scene.Http.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new()
        {
            Changes = [new TopologyChange { Op = TopologyChangeKind.SetNode, Id = "odoo-1", Member = "memoryMb", Value = new RawJson($"{memory++}") }],
        })));
        await lab.DestroyAsync(topology);
        await lab.NothingIsLeftAsync();
    }

    [LabFact]
    public async Task Destroying()
    {
        var topology = await DrawAsync("Destroying holds");
        await ProveAsync(new OperationCase("topology.destroy", () => BeginAsync(topology, new PlanTopology { Destroy = true }), async (id, state) =>
        {
            if (state == OperationState.Stuck)
                await lab.Scene.RetryAsync(id);
            await lab.NothingIsLeftAsync();
        }, ArrangeAsync: async () => await lab.DeployAsync(topology)));
    }

    [LabFact]
    public async Task Repairing()
    {
        var topology = await DrawAsync("Repairing holds");
        await lab.DeployAsync(topology);
        await ProveAsync(new OperationCase("topology.repair", async () => (await lab.Scene.Http.Post<RepairTopology, OperationView>($"/api/topologies/{topology.Id}/repair", new())).Id, async (id, state) =>
        {
            if (state == OperationState.Stuck)
                await lab.Scene.RetryAsync(id);
            else if (state != OperationState.Succeeded)
                await lab.Scene.EndOfAsync(await lab.Scene.Http.Post<RepairTopology, OperationView>($"/api/topologies/{topology.Id}/repair", new()));
            await RunsAsync(topology);
            Assert.Empty((await lab.MeasureAsync(topology, "odoo-2")).Drift);
        }, ArrangeAsync: async () =>
        {
            await lab.Machines[1].ShellAsync("docker rm -fv $(docker ps -aq --filter label=ocore.instance) >/dev/null");
            Assert.NotEmpty((await lab.MeasureAsync(topology, "odoo-2")).Drift);
        }));
        await lab.DestroyAsync(topology);
        await lab.NothingIsLeftAsync();
    }

    private Task<TopologyView> DrawAsync(string name) => lab.DrawBackedUpAsync(DeployScene.Pair().Monitored(), name, lab.Places(("edge", 1), ("app-1", 1), ("app-2", 2), ("db", 2)));

    private async Task<Guid> BeginAsync(TopologyView topology, PlanTopology? wish = null)
    {
        var plan = await lab.Scene.Http.Post<PlanTopology, TopologyPlanView>($"/api/topologies/{topology.Id}/plan", wish ?? new PlanTopology { Organization = lab.Scene.Client.Slug });
        return (await lab.Scene.Http.Post<DeployTopology, OperationView>($"/api/topologies/{topology.Id}/deploy", new() { PlanHash = plan.Hash, Confirm = topology.Name })).Id;
    }

    private async Task RunsAsync(TopologyView topology)
    {
        foreach (var node in topology.TopologyData.Nodes)
        {
            TopologyNodeStatus? seen = null;
            // A load balancer asks its nodes every few seconds.
            await lab.Scene.UntilAsync(async () => (seen = await lab.MeasureAsync(topology, node.Id)).State == TopologyNodeState.Running, $"{node.Id} runs: {seen?.State} {seen?.Message}", 30);
        }
    }

    private Task ProveAsync(OperationCase subject) => lab.Scene.ProveAsync(subject, output.WriteLine);
}
