using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>
/// Three PostgreSQL, three etcd members, two Odoo and Redis on three servers of four, with people at work: a server never comes back, and what it
/// carried is made on another one, by a plan. Then the primary is lost, members lose what they kept, and members that live move.
/// </summary>
[Collection(TopologyLabCollection.Name)]
public sealed class ReplacingMembers(TopologyLab lab, FailoverScene scene, ITestOutputHelper output) : FailoverDrills(lab, scene, output), IClassFixture<FailoverScene>
{
    private readonly Dictionary<string, int> _moved = [];

    private protected override int MachineOf(string node) => _moved.TryGetValue(node, out var machine) ? machine : base.MachineOf(node);

    [LabFact]
    public async Task What_a_lost_machine_carried_of_the_clusters_comes_to_another_one()
    {
        var site = Site.Scene;
        if (MachineOf(await PrimaryAsync()) == 2)
            await SwitchOverAsync();
        var primary = await PrimaryAsync();
        try
        {
            await DrillAsync("a server is lost for good, and what it carried comes to another one", async () =>
            {
                var lost = site.Servers[2];
                await Site.Machines[2].DoAsync("cut");
                await site.UntilAsync(async () =>
                {
                    site.App.Clock.Advance(TimeSpan.FromSeconds(2));
                    return (await site.Http.Get<ServerView>($"/api/servers/{lost.Id}")).Status == ServerStatus.Unreachable;
                }, $"{lost.Name} is unreachable", 90);
                await site.EndOfAsync(await site.Http.Delete<OperationView>($"/api/servers/{lost.Id}?forget=true"));
                // A replica that is there keeps its place; the one that leads is not taken away.
                await MoveAsync(primary, 3, keeps: false);
                await RefusedAsync(primary);
                await MoveAsync(primary, MachineOf(primary), keeps: true);
                await MovedAsync(3, "postgres-3", "etcd-3", "odoo-2");
            }, 0);
            await IsWholeAsync("10.", Site.Machines[3].Host.Value);
            var leading = await PrimaryAsync();
            await DrillAsync("the primary's container is killed after that", async () => await KillAsync(leading), 40);
            Assert.NotEqual(leading, await PrimaryAsync());
            await IsWholeAsync("10.", Site.Machines[3].Host.Value);
        }
        finally
        {
            await Site.ReplaceLostAsync();
        }

        // Members whose data somebody removed get all of it from the others.
        var leads = await PrimaryAsync();
        var replica = Postgres.First(p => p != leads);
        foreach (var emptied in (string[])["etcd-2", replica])
        {
            await DrillAsync($"the data of {(emptied == replica ? "a replica" : emptied)} are removed, and put right", async () =>
            {
                var machine = Site.Machines[MachineOf(emptied)];
                await machine.ShellAsync("docker rm -fv \"$1\" >/dev/null && docker volume rm \"$1\" >/dev/null", await ContainerAsync(emptied));
                Assert.Contains((await Site.MeasureAsync(Topology, emptied)).Drift, d => d.Kind == NodeDriftKind.Missing);
                await site.EndOfAsync(await site.Http.Post<RepairTopology, OperationView>($"/api/topologies/{Topology.Id}/repair", new() { NodeIds = [emptied] }));
            }, 0);
            Assert.Empty((await Site.MeasureAsync(Topology, emptied)).Drift);
        }

        // And those that live move, with what they have to be asked first.
        if (MachineOf(await PrimaryAsync()) == 3)
            await SwitchOverAsync();
        await DrillAsync("a replica, a member of etcd and an Odoo move from a server that lives", async () => await MovedAsync(2, "postgres-3", "etcd-3", "odoo-2"), 0);
        await IsWholeAsync("10.", Site.Machines[2].Host.Value);
        Assert.Equal("", await TopologyLab.LeftOnAsync(Site.Machines[3]));

        async Task MovedAsync(int machine, params string[] nodes)
        {
            foreach (var node in nodes)
                await MoveAsync(node, machine, keeps: true);
            await site.EndOfAsync(await DeployedAsync(), seconds: 400);
            // What was planned is what is there.
            var again = await site.Http.Post<PlanTopology, TopologyPlanView>($"/api/topologies/{Topology.Id}/plan", new());
            Assert.All(again.Actions, a => Assert.Equal(PlanActionKind.Keep, a.Action));
        }
    }

    private async Task<OperationView> DeployedAsync()
    {
        var plan = await Site.Scene.Http.Post<PlanTopology, TopologyPlanView>($"/api/topologies/{Topology.Id}/plan", new());
        Say(DeployScene.Print(plan.Actions.Where(a => a.Action != PlanActionKind.Keep)));
        return await Site.Scene.Http.Post<DeployTopology, OperationView>($"/api/topologies/{Topology.Id}/deploy", new() { PlanHash = plan.Hash });
    }

    private async Task MoveAsync(string node, int machine, bool keeps)
    {
        await Site.Scene.Http.Put<UpdateTopology, TopologyView>($"/api/topologies/{Topology.Id}", new()
        {
            Changes = [new TopologyChange { Op = TopologyChangeKind.SetNode, Id = node, Member = "serverId", Value = new RawJson($"\"{Site.Scene.Servers[machine].Id}\"") }],
        });
        if (keeps)
            _moved[node] = machine;
    }

    private async Task RefusedAsync(string primary)
    {
        // The rules name everything that is wrong; that is enough.
        var refused = await Assert.ThrowsAsync<OCoreException>(() => Site.Scene.Http.Post<PlanTopology, TopologyPlanView>($"/api/topologies/{Topology.Id}/plan", new()));
        Assert.Contains("TP-A04", refused.Problem.Errors!.Keys);
        Say($"{primary}: {refused.Problem.Detail}");
    }

    /// <summary>All members are there, the new one is among them, and commits wait for a replica as they did.</summary>
    private async Task IsWholeAsync(string network, string address)
    {
        var leading = await Site.MeasureAsync(Topology, await PrimaryAsync());
        await Site.Scene.UntilAsync(async () => (leading = await Site.MeasureAsync(Topology, leading.NodeId)).Figures is { } f && f["replicas"] == "2" && f["synchronousReplicas"] == "1", "two replicas follow, and one of them is in sync", 60);
        var members = (await Site.Machines[0].ShellAsync("docker exec \"$1\" etcdctl member list", await ContainerAsync("etcd-1"))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, members.Count(m => m.Contains("started", StringComparison.Ordinal) && m.Contains(network, StringComparison.Ordinal)));
        Assert.Single(members, m => m.Contains(address + ":", StringComparison.Ordinal));
        foreach (var node in Topology.TopologyData.Nodes)
            Assert.Empty((await Site.MeasureAsync(Topology, node.Id)).Drift);
    }
}
