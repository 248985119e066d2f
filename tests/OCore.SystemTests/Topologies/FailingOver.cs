using System.Diagnostics;
using OCore.Client;
using OCore.SystemTests.Remote;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>
/// Three PostgreSQL under Patroni, three etcd members, two Odoo and Redis on three servers, with people signed in of whom one writes: one
/// part after the other is lost and comes back, or is changed. Whatever was acknowledged is read again on each PostgreSQL, and everybody is
/// asked whether they are signed in. OCORE_TEST_DRILLS says how often each harm is done (once), OCORE_TEST_CUTS how often power and network
/// are cut (as often), OCORE_TEST_DRILLS_FILE where the table of it goes.
/// </summary>
[Collection(TopologyLabCollection.Name)]
public sealed class FailingOver(TopologyLab lab, FailoverScene scene, ITestOutputHelper output) : IClassFixture<FailoverScene>
{
    public static TheoryData<int> Times => Rounds(FailoverScene.Times);
    public static TheoryData<int> Cuts => Rounds(FailoverScene.Cuts);

    private TopologyView Topology => scene.Topology;

    [LabTheory, MemberData(nameof(Times))]
    public async Task What_is_killed_is_not_missed(int time)
    {
        output.WriteLine($"time {time}");
        await DrillAsync("an Odoo node is killed", () => KillAsync("odoo-1"), 15);
        // There is one of each of these: sessions wait for it, and none is forgotten.
        await DrillAsync("Redis is killed for 5 s", async () => { await (await BackAfterAsync(await KillAsync("redis"), 5))(); }, 0);
        await DrillAsync("the load balancer is killed for 5 s", async () => { await (await BackAfterAsync(await KillAsync("lb"), 5))(); }, 0);
        await DrillAsync("the leader of etcd is killed", async () => await KillAsync(await LeaderAsync()), 15);
    }

    [LabTheory, MemberData(nameof(Times))]
    public async Task Another_PostgreSQL_leads_and_has_every_row(int time)
    {
        output.WriteLine($"time {time}");
        Assert.Equal("1", (await lab.MeasureAsync(Topology, await PrimaryAsync())).Figures["synchronousReplicas"]);
        await DrillAsync("the primary's process is killed", async () => await KillProcessAsync(await PrimaryAsync()), 0);
        await DrillAsync("the primary's container is killed", async () => await KillAsync(await PrimaryAsync()), 40);
        await DrillAsync("another one is made to lead", SwitchOverAsync, 0);
    }

    [LabTheory, MemberData(nameof(Times))]
    public async Task People_go_on_while_it_is_changed(int time)
    {
        output.WriteLine($"time {time}");
        await DrillAsync("a rolling change: workers and image of both Odoo", RollAsync, 0, mayLose: 0);
        await DrillAsync("a module update that fails", UpdateInVainAsync, 0, longest: 240);
    }

    [LabTheory, MemberData(nameof(Cuts))]
    public async Task The_power_of_the_primarys_server_is_cut(int time)
    {
        output.WriteLine($"time {time}");
        await AwayFromTheEdgeAsync();
        await DrillAsync("the power of the primary's server is cut", async () => await HarmAsync(await PrimaryAsync(), "stop", "start"), 0);
    }

    [LabTheory, MemberData(nameof(Cuts))]
    public async Task The_primarys_server_is_cut_off_and_healed(int time)
    {
        output.WriteLine($"time {time}");
        await AwayFromTheEdgeAsync();
        await DrillAsync("the primary's server is cut off, and healed", async () => await HarmAsync(await PrimaryAsync(), "cut", "heal"), 0);
    }

    private static TheoryData<int> Rounds(int times)
    {
        var rounds = new TheoryData<int>();
        for (var time = 1; time <= times; time++)
            rounds.Add(time);
        return rounds;
    }

    /// <param name="harm">Does it, and gives what brings it back.</param>
    /// <param name="seconds">How long it stays lost.</param>
    /// <param name="longest">Seconds that nothing may be written for.</param>
    /// <param name="mayLose">How many requests may stay without an answer; any number where it is not said.</param>
    private async Task DrillAsync(string name, Func<Task<Func<Task>>> harm, int seconds, int longest = 60, int mayLose = int.MaxValue)
    {
        var writer = scene.Writer;
        await HealthyAsync("before " + name);
        await RowsAsync(writer, 3);
        var before = writer.Acknowledged.Count;
        writer.Take(before);
        var mend = await harm();
        // The loss lasts; that somebody can write meanwhile is what is looked at.
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            await RowsAsync(writer, 3);
        }
        finally
        {
            await mend();
        }
        var clock = Stopwatch.StartNew();
        await HealthyAsync(name);
        var healed = clock.Elapsed;
        await RowsAsync(writer, 3);
        var (rows, unsure, gap) = writer.Take(before);
        var acknowledged = writer.Acknowledged;
        var lost = 0;
        foreach (var postgres in Postgres)
            lost = Math.Max(lost, await LostAsync(postgres, acknowledged));
        var gone = await scene.LostSessionsAsync();
        var drill = new Drill(name, gap, unsure, rows, lost, gone, healed);
        output.WriteLine(drill.ToString());
        await scene.TellAsync(drill);
        Assert.True(lost == 0, $"{name}: {lost} of {acknowledged.Count} acknowledged rows are lost");
        Assert.True(gone == 0, $"{name}: {gone} people have to sign in again");
        Assert.True(gap < TimeSpan.FromSeconds(longest) * Lab.Patience, $"{name}: nothing could be written for {gap}");
        Assert.True(unsure <= mayLose, $"{name}: {unsure} requests had no answer");
    }

    private async Task DrillAsync(string name, Func<Task> harm, int seconds, int longest = 60, int mayLose = int.MaxValue) => await DrillAsync(name, async () =>
    {
        await harm();
        return () => Task.CompletedTask;
    }, seconds, longest, mayLose);

    /// <summary>Odoo is taken offline for it, and comes back as it was: with the database of before, in which every row is that was acknowledged.</summary>
    private async Task UpdateInVainAsync()
    {
        // A module of Odoo's own, which comes to where it makes its first table.
        await SqlAsync(await PrimaryAsync(), "CREATE FUNCTION in_vain() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$no more tables$$; END'; CREATE EVENT TRIGGER in_vain ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION in_vain()");
        try
        {
            var ended = await lab.Scene.EndOfAsync(await lab.Scene.Http.Post<ChangeModules, OperationView>($"/api/instances/{scene.Instance}/modules", new() { Install = ["crm"] }), succeeds: false, seconds: 420);
            Assert.Equal((OperationState.RolledBack, "modules_failed"), (ended.State, ended.Error?.Code));
        }
        finally
        {
            await SqlAsync(await PrimaryAsync(), "DROP EVENT TRIGGER in_vain; DROP FUNCTION in_vain()");
        }
    }

    /// <summary>As the superuser in Odoo's database on one node.</summary>
    private async Task<string> SqlAsync(string postgres, string sql)
    {
        var (machine, container) = (lab.Machines[MachineOf(postgres)], await ContainerAsync(postgres));
        var database = (await machine.ShellAsync("docker exec \"$1\" psql -U postgres -Atc \"SELECT datname FROM pg_database WHERE datname NOT LIKE 'template%' AND datname <> 'postgres'\"", container)).Trim();
        return await machine.ShellAsync("docker exec \"$1\" psql -U postgres -d \"$2\" -v ON_ERROR_STOP=1 -Atc \"$3\"", container, database, sql);
    }

    /// <summary>One Odoo after another is made anew, with one worker more or less and another image.</summary>
    private async Task RollAsync()
    {
        var (workers, image) = scene.Rolls++ % 2 == 0 ? (2, FailoverScene.NextImage) : (1, "odoo:19.0");
        var changed = await lab.Scene.Http.Put<UpdateTopology, TopologyView>($"/api/topologies/{Topology.Id}", new()
        {
            Changes = [.. new[] { "odoo-1", "odoo-2" }.SelectMany(id => new[] { ("workers", $"{workers}"), ("image", $"\"{image}\"") }
                .Select(m => new TopologyChange { Op = TopologyChangeKind.SetNode, Id = id, Member = m.Item1, Value = new RawJson(m.Item2) }))],
        });
        await lab.DeployAsync(changed, new PlanTopology());
        foreach (var node in (string[])["odoo-1", "odoo-2"])
            Assert.Equal(image, (await lab.Machines[MachineOf(node)].ShellAsync("docker inspect -f '{{.Config.Image}}' \"$1\"", await ContainerAsync(node))).Trim());
    }

    private static async Task<Func<Task>> BackAfterAsync(Func<Task> mend, int seconds)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        return mend;
    }

    private IEnumerable<string> Postgres => Topology.TopologyData.Nodes.Where(n => n.Type == "postgres").Select(n => n.Id);

    // The load balancer, Redis and the first member of each cluster are on the first server, one more of each on the others.
    private static int MachineOf(string node) => node switch
    {
        "odoo-1" or "postgres-2" or "etcd-2" => 1, "odoo-2" or "postgres-3" or "etcd-3" => 2, _ => 0,
    };

    // An Odoo node is an instance's container like every other.
    private async Task<string> ContainerAsync(string node) => (await lab.Machines[MachineOf(node)].ShellAsync("docker ps -a --filter label=\"$1\" --format '{{.Names}}'",
        node.StartsWith("odoo", StringComparison.Ordinal) ? "ocore.instance" : $"ocore.node={node}")).Trim();

    /// <summary>Killed, and kept from starting by itself until it is brought back.</summary>
    private async Task<Func<Task>> KillAsync(string node)
    {
        var (machine, container) = (lab.Machines[MachineOf(node)], await ContainerAsync(node));
        var restart = (await machine.ShellAsync("docker inspect -f '{{.HostConfig.RestartPolicy.Name}}' \"$1\"", container)).Trim();
        await machine.ShellAsync("docker update --restart no \"$1\" >/dev/null && docker kill \"$1\"", container);
        return () => machine.ShellAsync("docker update --restart \"$2\" \"$1\" >/dev/null; docker start \"$1\"", container, restart);
    }

    /// <summary>The oldest of PostgreSQL's processes, which the others go with.</summary>
    private async Task KillProcessAsync(string node) => await lab.Machines[MachineOf(node)].ShellAsync(
        "docker exec \"$1\" sh -c 'for f in /proc/[0-9]*; do read -r c <$f/comm; p=${f#/proc/}; if [ \"$c\" = postgres ] && [ $p -lt ${m:-99999999} ]; then m=$p; fi; done; kill -9 $m'", await ContainerAsync(node));

    private async Task<Func<Task>> HarmAsync(string node, string harm, string mend)
    {
        var machine = lab.Machines[MachineOf(node)];
        await machine.DoAsync(harm);
        return () => machine.DoAsync(mend);
    }

    /// <summary>The load balancer's server has to stay: it is where people come in.</summary>
    private async Task AwayFromTheEdgeAsync()
    {
        for (var attempt = 0; MachineOf(await PrimaryAsync()) == 0; attempt++)
        {
            Assert.True(attempt < 5, "the primary does not leave the load balancer's server");
            await SwitchOverAsync();
            await HealthyAsync("the primary has moved");
        }
    }

    /// <summary>To the replica that has every row; the other one is refused.</summary>
    private async Task SwitchOverAsync()
    {
        var before = await PrimaryAsync();
        foreach (var replica in Postgres.Where(p => p != before))
        {
            var ended = await lab.Scene.EndOfAsync(await lab.Scene.Http.Post<OperationView>($"/api/topologies/{Topology.Id}/nodes/{replica}/switchover"), succeeds: null);
            if (ended.State == OperationState.Succeeded)
            {
                Assert.Equal(replica, await PrimaryAsync());
                return;
            }
            Assert.Equal("not_synchronous", ended.Error?.Code);
        }
        Assert.Fail("no replica may lead");
    }

    private async Task RowsAsync(TopologyWriter writer, int more)
    {
        var before = writer.Acknowledged.Count;
        await lab.Scene.UntilAsync(() => Task.FromResult(writer.Acknowledged.Count >= before + more), $"{more} rows are written", 90);
    }

    private Task HealthyAsync(string when) => lab.Scene.UntilAsync(async () =>
    {
        foreach (var node in Topology.TopologyData.Nodes)
            if (await StateAsync(node.Id) is not { State: TopologyNodeState.Running })
                return false;
        return true;
    }, $"all nodes run ({when})", 180);

    private async Task<TopologyNodeStatus?> StateAsync(string node)
    {
        try
        {
            return await lab.MeasureAsync(Topology, node);
        }
        catch (OCoreException)
        {
            // Its server is away.
            return null;
        }
    }

    private async Task<int> LostAsync(string postgres, IReadOnlyList<int> acknowledged)
    {
        var lost = acknowledged.Count;
        // A replica may be a moment behind.
        await lab.Scene.UntilAsync(async () =>
        {
            var there = (await SqlAsync(postgres, $"SELECT id FROM res_partner WHERE name LIKE '{TopologyWriter.Prefix}%'"))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToHashSet();
            lost = acknowledged.Count(id => !there.Contains(id));
            return lost == 0;
        }, $"every acknowledged row is on {postgres}", 20);
        return lost;
    }

    private async Task<string> PrimaryAsync()
    {
        var primary = "";
        await lab.Scene.UntilAsync(async () =>
        {
            foreach (var node in Postgres)
                if (await StateAsync(node) is { State: TopologyNodeState.Running, Role: "primary" })
                    primary = node;
            return primary.Length > 0;
        }, "one PostgreSQL leads", 60);
        return primary;
    }

    private async Task<string> LeaderAsync()
    {
        foreach (var node in (string[])["etcd-1", "etcd-2", "etcd-3"])
            if (await StateAsync(node) is { Role: "leader" })
                return node;
        return "etcd-1";
    }
}
