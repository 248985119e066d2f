using System.Net;
using OCore.Client;
using OCore.Features.Topologies.Balancers;
using OCore.Features.Topologies.Deployments;

namespace OCore.Tests.Topologies;

/// <summary>Load balancers ask the nodes behind them how they do, and do not only wait for people to find out.</summary>
public sealed class BalancersThatAsk
{
    [Theory, Installed("haproxy"), Installed("nginx")]
    public async Task A_node_whose_health_page_fails_gets_nobody_although_it_takes_connections(string program)
    {
        await using var one = await FakeOdoo.StartAsync("one");
        await using var two = await FakeOdoo.StartAsync("two");
        var plan = new BalancerPlan { Nodes = [one.Node("odoo-1"), two.Node("odoo-2")], HttpPort = TestPorts.Free() };
        await using var balancer = RunningBalancer.Start(program, TestDatabases.NewDirectory(program + "-asks"), plan, "1", "2");
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, PooledConnectionLifetime = TimeSpan.Zero }) { BaseAddress = new Uri($"http://127.0.0.1:{plan.HttpPort}") };
        await AnsweredByAsync(http, "one http, two http");
        // Of the program's own, and not the main process, whose parent is this one.
        var workers = await RunningBalancer.ScriptAsync(BalancerHost.WorkersScript, program);
        Assert.Contains("/comm", workers, StringComparison.Ordinal);
        Assert.DoesNotContain($"/proc/{balancer.Id}/", workers, StringComparison.Ordinal);
        two.Health = 500;
        await AnsweredByAsync(http, "one http");
        Assert.Equal("one http", await NodesAsync(http, "/web"));
        two.Health = 200;
        await AnsweredByAsync(http, "one http, two http");
    }

    [Theory, Installed("nginx")]
    public async Task Beside_nginx_whoever_hangs_is_out_and_nobody_is_when_all_are_lost(string program)
    {
        var folder = TestDatabases.NewDirectory(program + "-hangs");
        string Read(string file) => File.ReadAllText(Path.Combine(folder, file));
        await using var one = await FakeOdoo.StartAsync("one");
        await using var two = await FakeOdoo.StartAsync("two");
        var plan = new BalancerPlan { Nodes = [one.Node("odoo-1"), two.Node("odoo-2")], HttpPort = TestPorts.Free() };
        await using var balancer = RunningBalancer.Start(program, folder, plan, "1", "2");
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, PooledConnectionLifetime = TimeSpan.Zero }) { BaseAddress = new Uri($"http://127.0.0.1:{plan.HttpPort}") };
        await AnsweredByAsync(http, "one http, two http");
        var written = Read("nginx.conf");
        two.Health = 0;
        await AnsweredByAsync(http, "one http");
        await AnsweredByAsync(http, "one live", "/websocket");
        // What oCore wrote stays as it wrote it; a configuration of its that comes now leaves the node out as well.
        Assert.Equal(written, Read("nginx.conf"));
        await balancer.ReloadAsync(plan with { BodyMb = 64 });
        await RunningBalancer.UntilAsync(() => Task.FromResult(Read("ocore.effective").Contains("64m", StringComparison.Ordinal)), "the new configuration is made");
        Assert.Contains($" down; # {two.Node("odoo-2").Key}\n", Read("ocore.effective"), StringComparison.Ordinal);
        await AnsweredByAsync(http, "one http");

        one.Health = 500;
        await RunningBalancer.UntilAsync(() => Task.FromResult(Read("ocore.failed").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == 4), "both are known to fail, in all they do");
        await AnsweredByAsync(http, "one http, two http");
        one.Health = 200;
        await AnsweredByAsync(http, "one http");
        two.Health = 200;
        await AnsweredByAsync(http, "one http, two http");
        await AnsweredByAsync(http, "one live, two live", "/websocket");
    }

    private static Task AnsweredByAsync(HttpClient http, string nodes, string path = "/web") => RunningBalancer.UntilAsync(async () => await NodesAsync(http, path) == nodes, $"{path} is answered by {nodes}");

    private static async Task<string> NodesAsync(HttpClient http, string path)
    {
        var nodes = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 20; i++)
            nodes.Add((await http.GetStringAsync(path)).Split('\n')[0]);
        return string.Join(", ", nodes);
    }

    /// <summary>What nginx reads is what oCore wrote, with "down" at what fails; no upstream loses all that it has.</summary>
    [Fact]
    public async Task No_upstream_is_left_without_a_node()
    {
        var folder = TestDatabases.NewDirectory("made");
        BalancedNode Node(int i, bool draining = false) => new($"odoo-{i}", IPAddress.Parse($"10.0.0.{i}"), 8069, 8072, draining);
        var (one, three) = (Node(1).Key, Node(3).Key);
        var plan = new BalancerPlan { Nodes = [Node(1), Node(2, draining: true), Node(3)], Sticky = true };
        Assert.Equal(await RunningBalancer.MadeAsync(folder, plan), await File.ReadAllTextAsync(Path.Combine(folder, "nginx.conf")));

        async Task DownAsync(string[] failed, params (string Upstream, string Nodes)[] down)
        {
            var text = await RunningBalancer.MadeAsync(folder, plan, failed);
            foreach (var (upstream, nodes) in down)
                Assert.Equal((upstream, nodes), (upstream, string.Join(' ', text.Split($"upstream {upstream} {{")[1].Split("\n    }")[0].Split('\n').Where(l => l.Contains(" down;", StringComparison.Ordinal)).Select(l => l.Trim().Split(' ')[1]))));
        }
        // The second is oCore's to take out, but for whoever is on it.
        await DownAsync([one], ("odoo", "10.0.0.1:8069 10.0.0.2:8069"), ("live", "10.0.0.1:8072 10.0.0.2:8072"), ($"odoo_{one}", "10.0.0.1:8069 10.0.0.2:8069"), ($"odoo_{Node(2).Key}", "10.0.0.1:8069"));
        await DownAsync([one + ".live"], ("odoo", "10.0.0.2:8069"), ("live", "10.0.0.1:8072 10.0.0.2:8072"));
        await DownAsync([three, one], ("odoo", "10.0.0.2:8069"), ("live", "10.0.0.2:8072"), ($"odoo_{one}", "10.0.0.2:8069"), ($"odoo_{Node(2).Key}", "10.0.0.1:8069 10.0.0.3:8069"));
        await DownAsync(["nobody"], ("odoo", "10.0.0.2:8069"));
    }

    private static readonly Layout Layout = DeployScene.Pair(LoadBalancerType.Nginx).Layout();

    [Theory]
    [InlineData("", TopologyNodeState.Running, null, null)]
    [InlineData("age 3\n", TopologyNodeState.Running, null, "2 of 2")]
    [InlineData("age 3\nfailed TWO\n", TopologyNodeState.Degraded, "1 of 2 nodes behind it answer; it has taken out Odoo 2.", "1 of 2")]
    [InlineData("age 3\nfailed TWO.live\nfailed TWO\n", TopologyNodeState.Degraded, "it has taken out Odoo 2.", "1 of 2")]
    [InlineData("age 3\nfailed TWO.live\n", TopologyNodeState.Degraded, "Live connections are not answered by Odoo 2.", "2 of 2")]
    [InlineData("age 3\nfailed ONE\nfailed TWO\n", TopologyNodeState.Degraded, "None of the nodes", "0 of 2")]
    [InlineData("age 3\nfailed gone\n", TopologyNodeState.Running, null, "2 of 2")]
    [InlineData("age 300\n", TopologyNodeState.Degraded, "stands still", "2 of 2")]
    public void Whom_it_has_taken_out_is_its_state(string said, TopologyNodeState state, string? why, string? nodes)
    {
        var (balancer, keys) = (Layout.Find("lb")!, new Dictionary<string, string>());
        foreach (var node in Layout.BalancerOf(balancer).Nodes)
            keys[node.Id] = node.Key;
        var asked = string.Concat(keys.Values.Select(k => $"asked {k} 10.0.0.1 8069 /web/health?db_server_status=1 odoo\nasked {k}.live 10.0.0.1 8072 /websocket/health odoo\n"));
        var seen = BalancerChecks.Read(Layout, balancer, said.Length == 0 ? "" : (said + asked).Replace("ONE", keys["odoo-1"], StringComparison.Ordinal).Replace("TWO", keys["odoo-2"], StringComparison.Ordinal));
        Assert.Equal((state, nodes), (seen.State, seen.Figures is { } figures ? $"{figures["nodesUp"]} of {figures["nodes"]}" : null));
        Assert.Equal(why is null, seen.Message is null);
        Assert.Contains(why ?? "", seen.Message ?? "", StringComparison.Ordinal);
    }
}
