using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Operations;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>
/// Three PostgreSQL under Patroni, three etcd members, two Odoo and Redis on three servers, with people signed in of whom one writes: one
/// part after the other is lost and comes back, or is changed. A commit waits for a replica: no row is lost.
/// </summary>
[Collection(TopologyLabCollection.Name)]
public sealed class FailingOver(TopologyLab lab, FailoverScene scene, ITestOutputHelper output) : FailoverDrills(lab, scene, output), IClassFixture<FailoverScene>
{
    [LabTheory, MemberData(nameof(Times))]
    public async Task What_is_killed_is_not_missed(int time)
    {
        Say($"time {time}");
        await DrillAsync("an Odoo node is killed", () => KillAsync("odoo-1"), 15);
        // There is one of each of these: sessions wait for it, and none is forgotten.
        await DrillAsync("Redis is killed for 5 s", async () => { await (await BackAfterAsync(await KillAsync("redis"), 5))(); }, 0);
        await DrillAsync("the load balancer is killed for 5 s", async () => { await (await BackAfterAsync(await KillAsync("lb"), 5))(); }, 0);
        await DrillAsync("the leader of etcd is killed", async () => await KillAsync(await LeaderAsync()), 15);
    }

    [LabTheory, MemberData(nameof(Times))]
    public async Task Another_PostgreSQL_leads_and_has_every_row(int time)
    {
        Say($"time {time}");
        Assert.Equal("1", (await Site.MeasureAsync(Topology, await PrimaryAsync())).Figures["synchronousReplicas"]);
        await DrillAsync("the primary's process is killed", async () => await KillProcessAsync(await PrimaryAsync()), 0);
        await DrillAsync("the primary's container is killed", async () => await KillAsync(await PrimaryAsync()), 40);
        await DrillAsync("another one is made to lead", SwitchOverAsync, 0);
    }

    [LabTheory, MemberData(nameof(Times))]
    public async Task People_go_on_while_it_is_changed(int time)
    {
        Say($"time {time}");
        await DrillAsync("a rolling change: workers and image of both Odoo", RollAsync, 0, mayLose: 0);
        await DrillAsync("a module update that fails", UpdateInVainAsync, 0, longest: 240);
    }

    [LabTheory, MemberData(nameof(Cuts))]
    public async Task The_power_of_the_primarys_server_is_cut(int time)
    {
        Say($"time {time}");
        await AwayFromTheEdgeAsync();
        await DrillAsync("the power of the primary's server is cut", async () => await HarmAsync(await PrimaryAsync(), "stop", "start"), 0);
    }

    [LabTheory, MemberData(nameof(Cuts))]
    public async Task The_primarys_server_is_cut_off_and_healed(int time)
    {
        Say($"time {time}");
        await AwayFromTheEdgeAsync();
        await DrillAsync("the primary's server is cut off, and healed", async () => await HarmAsync(await PrimaryAsync(), "cut", "heal"), 0);
    }

    /// <summary>A failure at each step, undone twice, each step twice: whoever leads then, one does, and all the others follow it.</summary>
    [LabFact]
    public Task Handing_over_holds() => Site.Scene.ProveAsync(new OperationCase("topology.switch_over", async () =>
    {
        var follows = (await SqlAsync(await PrimaryAsync(), "SELECT application_name FROM pg_stat_replication WHERE sync_state = 'sync'")).Trim();
        var containers = await Task.WhenAll(Postgres.Select(async p => (Node: p, Name: (await ContainerAsync(p)).Trim())));
        return (await Site.Scene.Http.Post<OperationView>($"/api/topologies/{Topology.Id}/nodes/{containers.Single(c => c.Name == follows).Node}/switchover")).Id;
    }, async (id, state) =>
    {
        if (state == OperationState.Stuck)
            await Site.Scene.RetryAsync(id);
        await HealthyAsync("after handing over");
        Assert.Equal("2", (await Site.MeasureAsync(Topology, await PrimaryAsync())).Figures["replicas"]);
    }, ArrangeAsync: () => HealthyAsync("before handing over")), Say);

    /// <summary>Odoo is taken offline for it, and comes back as it was: with the database of before, in which every row is that was acknowledged.</summary>
    private async Task UpdateInVainAsync()
    {
        // A module of Odoo's own, which comes to where it makes its first table.
        await SqlAsync(await PrimaryAsync(), "CREATE FUNCTION in_vain() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$no more tables$$; END'; CREATE EVENT TRIGGER in_vain ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION in_vain()");
        try
        {
            var ended = await Site.Scene.EndOfAsync(await Site.Scene.Http.Post<ChangeModules, OperationView>($"/api/instances/{Cluster.Instance}/modules", new() { Install = ["crm"] }), succeeds: false, seconds: 420);
            Assert.Equal((OperationState.RolledBack, "modules_failed"), (ended.State, ended.Error?.Code));
        }
        finally
        {
            await SqlAsync(await PrimaryAsync(), "DROP EVENT TRIGGER in_vain; DROP FUNCTION in_vain()");
        }
    }

    /// <summary>One Odoo after another is made anew, with one worker more or less and another image.</summary>
    private async Task RollAsync()
    {
        var (workers, image) = Cluster.Rolls++ % 2 == 0 ? (2, FailoverScene.NextImage) : (1, "odoo:19.0");
        var changed = await Site.Scene.Http.Put<UpdateTopology, TopologyView>($"/api/topologies/{Topology.Id}", new()
        {
            Changes = [.. new[] { "odoo-1", "odoo-2" }.SelectMany(id => new[] { ("workers", $"{workers}"), ("image", $"\"{image}\"") }
                .Select(m => new TopologyChange { Op = TopologyChangeKind.SetNode, Id = id, Member = m.Item1, Value = new RawJson(m.Item2) }))],
        });
        await Site.DeployAsync(changed, new PlanTopology());
        foreach (var node in (string[])["odoo-1", "odoo-2"])
            Assert.Equal(image, (await Site.Machines[MachineOf(node)].ShellAsync("docker inspect -f '{{.Config.Image}}' \"$1\"", await ContainerAsync(node))).Trim());
    }
}
