using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Topologies;
using Xunit;

namespace OCore.SystemTests.Topologies;

/// <summary>A machine with nodes of a topology never comes back.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class LosingAMachine(TopologyLab lab)
{
    [LabFact]
    public async Task What_it_carried_is_made_elsewhere_and_removed_without_it()
    {
        var scene = lab.Scene;
        var topology = await lab.DrawAsync(DeployScene.Pair(), "Loses a machine", lab.Places(("edge", 1), ("app-1", 1), ("app-2", 3), ("db", 2)));
        await lab.DeployAsync(topology);
        var (instance, admin) = await lab.InstanceOfAsync(topology);
        var spare = scene.Servers[3];
        try
        {
            // Whoever answers is not forgotten by mistake.
            var lost = scene.Servers[2];
            await ForgetAsync(lost).IsRefusedAsync(409, "server_in_use");
            await LoseAsync(3, lost);
            await scene.Http.Send(HttpMethod.Delete, $"/api/servers/{lost.Id}").IsRefusedAsync(409, "server_in_use");
            await scene.EndOfAsync(await ForgetAsync(lost));
            var seen = await lab.MeasureAsync(topology, "odoo-2");
            Assert.Equal((TopologyNodeState.Missing, "Its server is gone."), (seen.State, seen.Message));

            // What it carried is drawn on another machine, and nobody who works there notices.
            var drawn = TopologyLab.AsDrawn(await scene.Http.Get<TopologyView>($"/api/topologies/{topology.Id}")).Set("odoo-2", "serverId", spare.Id);
            topology = await scene.Http.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { TopologyData = drawn.Data });
            await lab.DeployAsync(topology, new PlanTopology());
            await lab.HasNodesAsync(topology, "2");
            using (var visitor = await lab.SignedInAsync(instance, admin))
                Assert.True(await visitor.IsAnsweredAsync());

            // A removal that waits for a machine ends when that is given up: of an Odoo alone, and of a topology.
            scene.Template = await scene.TemplateAsync("Plain");
            var alone = await scene.ProvisionAsync(scene.Client, spare, "Alone");
            await LoseAsync(4, spare);
            await ForgetAsync(spare).IsRefusedAsync(409, "server_in_use");
            var deletion = await scene.Http.Delete<OperationView>($"/api/instances/{alone.Id}");
            var plan = await scene.Http.Post<PlanTopology, TopologyPlanView>($"/api/topologies/{topology.Id}/plan", new() { Destroy = true });
            var removal = await scene.Http.Post<DeployTopology, OperationView>($"/api/topologies/{topology.Id}/deploy", new() { PlanHash = plan.Hash, Confirm = topology.Name });
            foreach (var waits in (Guid[])[removal.Id, deletion.Id])
                await scene.UntilAsync(async () => (await scene.Http.Get<OperationView>($"/api/operations/{waits}")).Steps.Any(s => s.State == StepState.Failed), "the removal waits for it", 120);
            await scene.EndOfAsync(await ForgetAsync(spare));
            await scene.EndOfAsync(deletion, seconds: 180);
            await scene.Http.Get<InstanceView>($"/api/instances/{alone.Id}").IsRefusedAsync(404, "not_found");
            await scene.EndOfAsync(removal, seconds: 180);
            Assert.Null((await scene.Http.Get<TopologyView>($"/api/topologies/{topology.Id}")).Deployment);
            foreach (var machine in lab.Machines.Take(2))
                Assert.Equal("", await TopologyLab.LeftOnAsync(machine));
        }
        finally
        {
            await lab.ReplaceLostAsync();
        }

        Task<OperationView> ForgetAsync(ServerView server) => scene.Http.Delete<OperationView>($"/api/servers/{server.Id}?forget=true");

        async Task LoseAsync(int number, ServerView server)
        {
            await lab.Machines[number - 1].DoAsync("cut");
            await scene.UntilAsync(async () =>
            {
                scene.App.Clock.Advance(TimeSpan.FromSeconds(2));
                return (await scene.Http.Get<ServerView>($"/api/servers/{server.Id}")).Status == ServerStatus.Unreachable;
            }, $"{server.Name} is unreachable", 60);
        }
    }
}
