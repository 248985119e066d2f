using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OCore.Features.Topologies.Balancers;
using OCore.Features.Topologies.Deployments;

namespace OCore.Tests.Topologies;

/// <summary>Real load balancers get another configuration while people ask for pages, in the way the server gives it to them.</summary>
public sealed class BalancersUnderLoad
{
    /// <summary>Nobody's request fails; a node that is taken out gets nobody new, keeps whoever is on it, and that is counted.</summary>
    [Theory, Installed("haproxy"), Installed("nginx"), Installed("traefik")]
    public async Task A_node_is_taken_out_and_in_again_and_no_request_fails(string program)
    {
        await using var one = await FakeOdoo.StartAsync("one");
        await using var two = await FakeOdoo.StartAsync("two");
        // What is open to nobody in the one configuration is open in the other: so it is seen which of them answers.
        var whole = new BalancerPlan { Nodes = [one.Node("odoo-1"), two.Node("odoo-2")], HttpPort = TestPorts.Free() };
        var without = whole with { Nodes = [one.Node("odoo-1"), two.Node("odoo-2") with { Draining = true }], AllowDatabaseManager = true };
        await using var balancer = RunningBalancer.Start(program, TestDatabases.NewDirectory(program + "-load"), whole);
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, PooledConnectionLifetime = TimeSpan.Zero }) { BaseAddress = new Uri($"http://127.0.0.1:{whole.HttpPort}") };
        await RunningBalancer.UntilAsync(async () => (await http.GetAsync("/web")).IsSuccessStatusCode, "it leads to Odoo");

        var answers = new ConcurrentQueue<string>();
        using var stop = new CancellationTokenSource();
        var people = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => AskOnAsync(http, answers, stop.Token)));
        var slow = new List<Task<HttpResponseMessage>>();
        try
        {
            await RunningBalancer.UntilAsync(() =>
            {
                if (one.Waiting == 0 || two.Waiting == 0)
                    slow.Add(http.GetAsync(FakeOdoo.SlowPath));
                return Task.FromResult(one.Waiting > 0 && two.Waiting > 0 && one.Waiting + two.Waiting == slow.Count && answers.Contains("one http") && answers.Contains("two http"));
            }, "both nodes answer, and have somebody who waits");

            await balancer.ReloadAsync(without);
            await AnsweredByAsync(http, HttpStatusCode.OK);
            await RunningBalancer.UntilAsync(() => IsLeftAloneAsync(two, answers), "nobody new comes to the node that is taken out");
            Assert.True(await IsLeftAloneAsync(two, answers), "somebody new came to the node that is taken out");
            await RunningBalancer.UntilAsync(async () => await OpenAsync(two) == two.Waiting, "whoever waits is counted");
            two.Release();
            await RunningBalancer.UntilAsync(async () => await OpenAsync(two) == 0, "nobody is on the node that is taken out");

            await balancer.ReloadAsync(whole);
            await AnsweredByAsync(http, HttpStatusCode.NotFound);
            var before = two.Pages;
            await RunningBalancer.UntilAsync(() => Task.FromResult(two.Pages > before + 20), "people come to it again");
        }
        finally
        {
            one.Release();
            two.Release();
            await stop.CancelAsync();
            await people;
        }
        foreach (var page in slow)
        {
            using var answer = await page;
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        Assert.DoesNotContain(answers, a => a is not ("one http" or "two http"));
    }

    /// <summary>What its program refuses does not take the place of what it does: the file stays as it is, and nobody who asks for a page meanwhile notices.</summary>
    [Theory, Installed("haproxy"), Installed("nginx")]
    public async Task A_configuration_that_is_refused_changes_nothing(string program)
    {
        await using var one = await FakeOdoo.StartAsync("one");
        var (plan, folder) = (new BalancerPlan { Nodes = [one.Node("odoo-1")], HttpPort = TestPorts.Free() }, TestDatabases.NewDirectory(program + "-refused"));
        await using var balancer = RunningBalancer.Start(program, folder, plan);
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, PooledConnectionLifetime = TimeSpan.Zero }) { BaseAddress = new Uri($"http://127.0.0.1:{plan.HttpPort}") };
        await RunningBalancer.UntilAsync(async () => (await http.GetAsync("/web")).IsSuccessStatusCode, "it leads to Odoo");
        var (file, next) = (program == "haproxy" ? "haproxy.cfg" : "nginx.conf", Directory.CreateDirectory(Path.Combine(folder, "next")).FullName);
        var live = await File.ReadAllTextAsync(Path.Combine(folder, file));
        await File.WriteAllTextAsync(Path.Combine(folder, "ocore.applied"), "version-1");

        var answers = new ConcurrentQueue<string>();
        using var stop = new CancellationTokenSource();
        var people = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => AskOnAsync(http, answers, stop.Token)));
        try
        {
            // With a word too many, and one that was cut short.
            foreach (var (broken, why) in new[] { (live + "no_such_directive on;\n", "no_such_directive"), (live[..(live.LastIndexOf("server ", StringComparison.Ordinal) + 3)], "/next/") })
            {
                await File.WriteAllTextAsync(Path.Combine(next, file), broken);
                Assert.Contains(why, await RunningBalancer.RefusalAsync(BalancerHost.SwitchScript, folder, program), StringComparison.Ordinal);
                Assert.Equal((live, "version-1"), (await File.ReadAllTextAsync(Path.Combine(folder, file)), await File.ReadAllTextAsync(Path.Combine(folder, "ocore.applied"))));
                Assert.Empty(Directory.EnumerateFiles(folder, "*.previous"));
            }
            var until = answers.Count + 100;
            await RunningBalancer.UntilAsync(() => Task.FromResult(answers.Count >= until), "people go on asking");
        }
        finally
        {
            await stop.CancelAsync();
            await people;
        }
        Assert.All(answers, a => Assert.Equal("one http", a));
    }

    private static async Task AskOnAsync(HttpClient http, ConcurrentQueue<string> answers, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var answer = await http.GetAsync("/web", CancellationToken.None);
                answers.Enqueue(answer.IsSuccessStatusCode ? (await answer.Content.ReadAsStringAsync(CancellationToken.None)).Split('\n')[0] : $"{(int)answer.StatusCode}");
            }
            catch (HttpRequestException failed)
            {
                answers.Enqueue(failed.ToString());
            }
            // A person, and no flood of connections.
            await Task.Delay(5, CancellationToken.None);
        }
    }

    // For a moment those who leave and those who come answer side by side.
    private static Task AnsweredByAsync(HttpClient http, HttpStatusCode manager) => RunningBalancer.UntilAsync(async () =>
    {
        for (var i = 0; i < 20; i++)
        {
            using var answer = await http.GetAsync("/web/database/manager");
            if (answer.StatusCode != manager)
                return false;
        }
        return true;
    }, "the new configuration is taken up");

    private static async Task<bool> IsLeftAloneAsync(FakeOdoo node, ConcurrentQueue<string> answers)
    {
        var (pages, until) = (node.Pages, answers.Count + 200);
        await RunningBalancer.UntilAsync(() => Task.FromResult(answers.Count >= until), "people go on asking");
        return node.Pages == pages;
    }

    private static async Task<int> OpenAsync(FakeOdoo node) =>
        int.Parse(await RunningBalancer.ScriptAsync(BalancerHost.OpenScript, BalancerHost.InTable(IPAddress.Loopback, node.Port)), CultureInfo.InvariantCulture);

    /// <summary>Whoever has a connection to it is counted, and not whom it has one to itself.</summary>
    [Fact]
    public async Task Peoples_connections_are_counted_by_the_kernel()
    {
        using var people = new TcpListener(IPAddress.Loopback, 0);
        using var other = new TcpListener(IPAddress.Loopback, 0);
        people.Start();
        other.Start();
        static string Hex(TcpListener at) => ((IPEndPoint)at.LocalEndpoint).Port.ToString("X4", CultureInfo.InvariantCulture);
        async Task<string> CountAsync() => (await RunningBalancer.ScriptAsync(NodeProbes.ConnectionsScript, $"{Hex(people)}|{Hex(other)}")).Trim();
        Assert.Equal("0", await CountAsync());
        using var one = new TcpClient();
        await one.ConnectAsync((IPEndPoint)people.LocalEndpoint);
        using var two = new TcpClient();
        await two.ConnectAsync((IPEndPoint)other.LocalEndpoint);
        Assert.Equal("2", await CountAsync());
        Assert.Equal("1", (await RunningBalancer.ScriptAsync(NodeProbes.ConnectionsScript, Hex(people))).Trim());
    }

    [Fact]
    public void An_address_is_found_in_the_kernels_table()
    {
        Assert.Equal("0100007F:1F85", BalancerHost.InTable(IPAddress.Loopback, 8069));
        Assert.Equal("0B00000A:1F85", BalancerHost.InTable(IPAddress.Parse("10.0.0.11"), 8069));
        Assert.Equal("000000FD000000000000000003000000:0050", BalancerHost.InTable(IPAddress.Parse("fd00::3"), 80));
    }

    /// <summary>What was applied is kept when another takes its place, and comes back when that one is not taken up. Keys of certificates that nothing names go.</summary>
    [Fact]
    public async Task The_configuration_before_is_kept()
    {
        var folder = TestDatabases.NewDirectory("switched");
        string Read(string file) => File.ReadAllText(Path.Combine(folder, file));
        async Task SwitchAsync(string text)
        {
            await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "next")).FullName, "routes.yml"), text);
            await RunningBalancer.ScriptAsync(BalancerHost.SwitchScript, folder, "traefik");
        }
        foreach (var (file, text) in new[] { ("routes.yml", "what its image has"), ("one.pem", "KEY"), ("two.pem", "KEY") })
            await File.WriteAllTextAsync(Path.Combine(folder, file), text);

        await SwitchAsync("first one.pem two.pem");
        await RunningBalancer.ScriptAsync(BalancerHost.SweepScript, folder, "version-1", "routes.yml");
        Assert.Equal(["ocore.applied", "one.pem", "routes.yml", "two.pem"], FilesOf(folder));
        Assert.Equal(("first one.pem two.pem", "version-1"), (Read("routes.yml"), Read("ocore.applied")));

        await SwitchAsync("second one.pem");
        Assert.Equal(("second one.pem", "first one.pem two.pem"), (Read("routes.yml"), Read("routes.yml.previous")));
        // Nobody knows whether it was taken up, so it is done once more: what came before stays what was applied.
        await SwitchAsync("second one.pem");
        Assert.Equal("first one.pem two.pem", Read("routes.yml.previous"));
        await RunningBalancer.ScriptAsync(BalancerHost.BackScript, folder);
        Assert.Equal("first one.pem two.pem", Read("routes.yml"));
        Assert.Equal(["one.pem", "routes.yml", "routes.yml.previous", "two.pem"], FilesOf(folder));

        await SwitchAsync("second one.pem");
        await RunningBalancer.ScriptAsync(BalancerHost.SweepScript, folder, "version-2", "routes.yml");
        Assert.Equal(["ocore.applied", "one.pem", "routes.yml", "routes.yml.previous"], FilesOf(folder));

        // Swept by another process at the same time: what the configuration names stays, also when nothing is left to compare with.
        foreach (var list in (string[])["certs.list", "old.list"])
            await File.WriteAllTextAsync(Path.Combine(folder, list), "one.pem");
        for (var turn = 0; turn < 2; turn++)
            await RunningBalancer.ScriptAsync(BalancerHost.SweepScript, folder, "version-2", "certs.list", "routes.yml");
        Assert.Equal(["certs.list", "ocore.applied", "one.pem", "routes.yml", "routes.yml.previous"], FilesOf(folder));
    }

    private static IEnumerable<string?> FilesOf(string folder) => Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
