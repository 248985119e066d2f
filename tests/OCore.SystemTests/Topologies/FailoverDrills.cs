using System.Diagnostics;
using OCore.Client;
using OCore.SystemTests.Remote;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>
/// Harm is done to a topology with fail-over in which people are signed in, of whom one writes. Whatever was acknowledged is read again on each
/// PostgreSQL, and everybody is asked whether they are signed in. OCORE_TEST_DRILLS says how often each harm is done (once), OCORE_TEST_CUTS how often
/// power and network are cut (as often), OCORE_TEST_DRILLS_FILE where the table of it goes.
/// </summary>
public abstract class FailoverDrills(TopologyLab lab, FailoverScene scene, ITestOutputHelper output)
{
    public static TheoryData<int> Times => Rounds(FailoverScene.Times);
    public static TheoryData<int> Cuts => Rounds(FailoverScene.Cuts);

    private protected TopologyLab Site => lab;
    private protected FailoverScene Cluster => scene;
    private protected TopologyView Topology => scene.Topology;

    private protected void Say(string what) => output.WriteLine(what);

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
    /// <param name="mayForget">Rows that were acknowledged may be lost: those that the new primary lacks. They are counted.</param>
    private protected async Task DrillAsync(string name, Func<Task<Func<Task>>> harm, int seconds, int longest = 60, int mayLose = int.MaxValue, bool mayForget = false)
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
        var kept = mayForget ? (await NumbersAsync(await PrimaryAsync())).Intersect(acknowledged).ToHashSet() : [.. acknowledged];
        foreach (var postgres in Postgres)
            await HasAsync(postgres, kept);
        writer.Forget(number => !kept.Contains(number));
        var lost = acknowledged.Count - kept.Count;
        var gone = await scene.LostSessionsAsync();
        var drill = new Drill(name, gap, unsure, rows, lost, gone, healed);
        output.WriteLine(drill.ToString());
        await DrillTable.TellAsync(drill);
        Assert.True(gone == 0, $"{name}: {gone} people have to sign in again");
        Assert.True(gap < TimeSpan.FromSeconds(longest) * Lab.Patience, $"{name}: nothing could be written for {gap}");
        Assert.True(unsure <= mayLose, $"{name}: {unsure} requests had no answer");
    }

    private protected async Task DrillAsync(string name, Func<Task> harm, int seconds, int longest = 60, int mayLose = int.MaxValue) => await DrillAsync(name, async () =>
    {
        await harm();
        return () => Task.CompletedTask;
    }, seconds, longest, mayLose);

    /// <summary>As the superuser in Odoo's database on one node.</summary>
    private protected async Task<string> SqlAsync(string postgres, string sql)
    {
        var (machine, container) = (lab.Machines[MachineOf(postgres)], await ContainerAsync(postgres));
        var database = (await machine.ShellAsync("docker exec \"$1\" psql -U postgres -Atc \"SELECT datname FROM pg_database WHERE datname NOT LIKE 'template%' AND datname <> 'postgres'\"", container)).Trim();
        return await machine.ShellAsync("docker exec \"$1\" psql -U postgres -d \"$2\" -v ON_ERROR_STOP=1 -Atc \"$3\"", container, database, sql);
    }

    private protected static async Task<Func<Task>> BackAfterAsync(Func<Task> mend, int seconds)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        return mend;
    }

    private protected IEnumerable<string> Postgres => Topology.TopologyData.Nodes.Where(n => n.Type == "postgres").Select(n => n.Id);

    // The load balancer, Redis and the first member of each cluster are on the first server, one more of each on the others.
    private protected virtual int MachineOf(string node) => node switch
    {
        "odoo-1" or "postgres-2" or "etcd-2" => 1, "odoo-2" or "postgres-3" or "etcd-3" => 2, _ => 0,
    };

    // An Odoo node is an instance's container like every other.
    private protected async Task<string> ContainerAsync(string node) => (await lab.Machines[MachineOf(node)].ShellAsync("docker ps -a --filter label=\"$1\" --format '{{.Names}}'",
        node.StartsWith("odoo", StringComparison.Ordinal) ? "ocore.instance" : $"ocore.node={node}")).Trim();

    /// <summary>Killed, and kept from starting by itself until it is brought back.</summary>
    private protected async Task<Func<Task>> KillAsync(string node)
    {
        var (machine, container) = (lab.Machines[MachineOf(node)], await ContainerAsync(node));
        var restart = (await machine.ShellAsync("docker inspect -f '{{.HostConfig.RestartPolicy.Name}}' \"$1\"", container)).Trim();
        await machine.ShellAsync("docker update --restart no \"$1\" >/dev/null && docker kill \"$1\"", container);
        return () => machine.ShellAsync("docker update --restart \"$2\" \"$1\" >/dev/null; docker start \"$1\"", container, restart);
    }

    /// <summary>The oldest of PostgreSQL's processes, which the others go with.</summary>
    private protected async Task KillProcessAsync(string node) => await lab.Machines[MachineOf(node)].ShellAsync(
        "docker exec \"$1\" sh -c 'for f in /proc/[0-9]*; do read -r c <$f/comm; p=${f#/proc/}; if [ \"$c\" = postgres ] && [ $p -lt ${m:-99999999} ]; then m=$p; fi; done; kill -9 $m'", await ContainerAsync(node));

    private protected async Task<Func<Task>> HarmAsync(string node, string harm, string mend)
    {
        var machine = lab.Machines[MachineOf(node)];
        await machine.DoAsync(harm);
        return () => machine.DoAsync(mend);
    }

    /// <summary>The load balancer's server has to stay: it is where people come in.</summary>
    private protected async Task AwayFromTheEdgeAsync()
    {
        for (var attempt = 0; MachineOf(await PrimaryAsync()) == 0; attempt++)
        {
            Assert.True(attempt < 5, "the primary does not leave the load balancer's server");
            await SwitchOverAsync();
            await HealthyAsync("the primary has moved");
        }
    }

    /// <summary>To the replica that has every row; the other one is refused.</summary>
    private protected async Task SwitchOverAsync()
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

    private protected async Task RowsAsync(TopologyWriter writer, int more)
    {
        var before = writer.Acknowledged.Count;
        await lab.Scene.UntilAsync(() => Task.FromResult(writer.Acknowledged.Count >= before + more), $"{more} rows are written", 90);
    }

    private protected Task HealthyAsync(string when) => lab.Scene.UntilAsync(async () =>
    {
        foreach (var node in Topology.TopologyData.Nodes)
            if (await StateAsync(node.Id) is not { State: TopologyNodeState.Running })
                return false;
        return true;
    }, $"all nodes run ({when})", 180);

    private protected async Task<TopologyNodeStatus?> StateAsync(string node)
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

    // A replica may be a moment behind.
    private Task HasAsync(string postgres, IReadOnlySet<int> numbers) =>
        lab.Scene.UntilAsync(async () => numbers.IsSubsetOf(await NumbersAsync(postgres)), $"every acknowledged row is on {postgres}", 20);

    /// <summary>The rows of the writer's that this PostgreSQL has.</summary>
    private async Task<HashSet<int>> NumbersAsync(string postgres) =>
        (await SqlAsync(postgres, $"SELECT substr(name, {TopologyWriter.Prefix.Length + 1}) FROM res_partner WHERE name LIKE '{TopologyWriter.Prefix}%'")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToHashSet();

    private protected async Task<string> PrimaryAsync()
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

    private protected async Task<string> LeaderAsync()
    {
        foreach (var node in (string[])["etcd-1", "etcd-2", "etcd-3"])
            if (await StateAsync(node) is { Role: "leader" })
                return node;
        return "etcd-1";
    }
}
