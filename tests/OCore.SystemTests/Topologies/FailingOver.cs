using System.Diagnostics;
using System.Globalization;
using System.Text;
using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>
/// Three PostgreSQL under Patroni, three etcd members, two Odoo and Redis on three servers, with somebody signed in who writes: one part
/// after the other is lost and comes back. Whatever was acknowledged is read again on each PostgreSQL. OCORE_TEST_DRILLS says how often each
/// harm is done (once), OCORE_TEST_DRILLS_FILE where the table of it goes.
/// </summary>
[Collection(TopologyLabCollection.Name)]
public sealed class FailingOver(TopologyLab lab, ITestOutputHelper output)
{
    private const string Host = "failover.shop.example";
    private static readonly int Times = int.TryParse(Environment.GetEnvironmentVariable("OCORE_TEST_DRILLS"), CultureInfo.InvariantCulture, out var times) ? times : 1;
    private readonly StringBuilder _table = new("| harm | longest time without a row | rows acknowledged | lost | answers that were none | healthy after |\n| --- | ---: | ---: | ---: | ---: | ---: |\n");
    private TopologyView _topology = null!;

    [LabFact]
    public async Task Whatever_is_lost_no_acknowledged_row_is_and_nobody_has_to_sign_in_again()
    {
        _topology = await lab.DrawAsync(DeployScene.Failover(), "Fail-over", lab.Places(("edge", 1), ("db", 1), ("app-1", 2), ("app-2", 3)));
        await lab.DeployAsync(_topology, new PlanTopology { Organization = lab.Scene.Client.Slug, Domain = Host }, seconds: 560);
        var instance = (await lab.Scene.Http.Get<TopologyView>($"/api/topologies/{_topology.Id}")).Deployment!.InstanceId!.Value;
        await HealthyAsync("deployed");
        Assert.Equal("1", (await lab.MeasureAsync(_topology, await PrimaryAsync())).Figures["synchronousReplicas"]);
        var admin = await lab.Scene.Http.Post<AdminCredentials>($"/api/instances/{instance}/admin-password/reveal");
        using var visitor = new OdooVisitor($"http://{lab.Machines[0].Host.Value}", Host);
        await visitor.SignInAsync(admin.Login, admin.Password);
        var user = await visitor.UserAsync();

        await using (var writer = new TopologyWriter(visitor))
        {
            await RowsAsync(writer, 5);
            for (var time = 0; time < Times; time++)
            {
                await DrillAsync("an Odoo node is killed", writer, () => KillAsync("odoo-1"), 15);
                // There is one: sessions wait for it, and none is forgotten.
                await DrillAsync("Redis is killed for 5 s", writer, async () => { await (await BackAfterAsync(await KillAsync("redis"), 5))(); }, 0);
                await DrillAsync("the leader of etcd is killed", writer, async () => await KillAsync(await LeaderAsync()), 15);
                await DrillAsync("the primary's process is killed", writer, async () => await KillProcessAsync(await PrimaryAsync()), 0);
                await DrillAsync("the primary's container is killed", writer, async () => await KillAsync(await PrimaryAsync()), 40);
                await DrillAsync("another one is made to lead", writer, SwitchOverAsync, 0);
                await DrillAsync("a module update that fails", writer, () => UpdateInVainAsync(instance), 0, longest: 240);
                await AwayFromTheEdgeAsync();
                await DrillAsync("the power of the primary's server is cut", writer, async () => await HarmAsync(await PrimaryAsync(), "stop", "start"), 45);
                await AwayFromTheEdgeAsync();
                await DrillAsync("the primary's server is cut off, and healed", writer, async () => await HarmAsync(await PrimaryAsync(), "cut", "heal"), 45);
            }
        }
        Assert.Equal(user, await visitor.UserAsync());
        output.WriteLine(_table.ToString());
        if (Environment.GetEnvironmentVariable("OCORE_TEST_DRILLS_FILE") is { Length: > 0 } file)
            await File.WriteAllTextAsync(file, _table.ToString());
        await lab.DestroyAsync(_topology);
        await lab.NothingIsLeftAsync();
    }

    /// <param name="harm">Does it, and gives what brings it back.</param>
    /// <param name="seconds">How long it stays lost.</param>
    /// <param name="longest">Seconds that nothing may be written for.</param>
    private async Task DrillAsync(string name, TopologyWriter writer, Func<Task<Func<Task>>> harm, int seconds, int longest = 60)
    {
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
        var line = string.Create(CultureInfo.InvariantCulture, $"| {name} | {gap.TotalSeconds:0.0} s | {rows} | {lost} | {unsure} | {healed.TotalSeconds:0.0} s |");
        output.WriteLine(line);
        _table.AppendLine(line);
        Assert.True(lost == 0, $"{name}: {lost} of {acknowledged.Count} acknowledged rows are lost");
        Assert.True(gap < TimeSpan.FromSeconds(longest), $"{name}: nothing could be written for {gap}");
    }

    private async Task DrillAsync(string name, TopologyWriter writer, Func<Task> harm, int seconds, int longest = 60) => await DrillAsync(name, writer, async () =>
    {
        await harm();
        return () => Task.CompletedTask;
    }, seconds, longest);

    /// <summary>Odoo is taken offline for it, and comes back as it was: with the database of before, in which every row is that was acknowledged.</summary>
    private async Task UpdateInVainAsync(Guid instance)
    {
        var ended = await lab.Scene.EndOfAsync(await lab.Scene.Http.Post<ChangeModules, OperationView>($"/api/instances/{instance}/modules", new() { Install = ["no_such_module"] }), succeeds: false, seconds: 420);
        Assert.Equal((OperationState.RolledBack, "unknown_modules"), (ended.State, ended.Error?.Code));
    }

    private static async Task<Func<Task>> BackAfterAsync(Func<Task> mend, int seconds)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        return mend;
    }

    private IEnumerable<string> Postgres => _topology.TopologyData.Nodes.Where(n => n.Type == "postgres").Select(n => n.Id);

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
            var ended = await lab.Scene.EndOfAsync(await lab.Scene.Http.Post<OperationView>($"/api/topologies/{_topology.Id}/nodes/{replica}/switchover"), succeeds: null);
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
        foreach (var node in _topology.TopologyData.Nodes)
            if (await StateAsync(node.Id) is not { State: TopologyNodeState.Running })
                return false;
        return true;
    }, $"all nodes run ({when})", 180);

    private async Task<TopologyNodeStatus?> StateAsync(string node)
    {
        try
        {
            return await lab.MeasureAsync(_topology, node);
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
        var (machine, container) = (lab.Machines[MachineOf(postgres)], await ContainerAsync(postgres));
        var database = (await machine.ShellAsync("docker exec \"$1\" psql -U postgres -Atc \"SELECT datname FROM pg_database WHERE datname NOT LIKE 'template%' AND datname <> 'postgres'\"", container)).Trim();
        // A replica may be a moment behind.
        await lab.Scene.UntilAsync(async () =>
        {
            var there = (await machine.ShellAsync("docker exec \"$1\" psql -U postgres -d \"$2\" -Atc \"SELECT id FROM res_partner WHERE name LIKE '" + TopologyWriter.Prefix + "%'\"", container, database))
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
