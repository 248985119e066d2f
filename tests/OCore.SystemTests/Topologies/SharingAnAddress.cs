using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Topologies.Deployments;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>Two load balancers with one address: people come by it, whichever of the two is lost, and it is on one server at a time.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class SharingAnAddress(TopologyLab lab, ITestOutputHelper output)
{
    private const string Domain = "shared.shop.example";
    private TopologyView _topology = null!;
    private string _address = null!;

    [LabFact]
    public async Task People_come_by_it_whichever_load_balancer_is_lost()
    {
        var network = lab.Machines[0].Host.Value;
        network = network[..network.LastIndexOf('.')];
        _address = network + ".200";
        var places = lab.Places(("edge", 1), ("app-1", 1), ("app-2", 2), ("db", 3));
        // What nobody could hold is said before anything is made, and what is made in spite of it is undone.
        foreach (var (taken, why) in ((string, string)[])[("203.0.113.9", "in no network"), (network + ".1", "somebody else's")])
        {
            _topology = await lab.DrawAsync(DeployScene.Sharing(taken), "Sharing", places);
            var seen = await lab.Scene.Http.Post<ValidateTopology, TopologyValidation>($"/api/topologies/{_topology.Id}/validate", new() { Probe = true });
            Assert.Contains(seen.Findings, f => f.Code == "TP-N10" && f.Message.Contains(why, StringComparison.Ordinal));
        }
        _topology = await lab.DrawAsync(DeployScene.Sharing("203.0.113.9"), "Sharing", places);
        Assert.Equal("address_not_shared", (await lab.DeployAsync(_topology, new PlanTopology { Organization = lab.Scene.Client.Slug, Domain = Domain }, succeeds: false)).Error?.Code);

        _topology = await lab.DrawAsync(DeployScene.Sharing(_address), "Sharing", places);
        Assert.DoesNotContain((await lab.Scene.Http.Post<ValidateTopology, TopologyValidation>($"/api/topologies/{_topology.Id}/validate", new() { Probe = true })).Findings, f => f.Code is "TP-L04" or "TP-N10");
        await lab.DeployAsync(_topology, new PlanTopology { Organization = lab.Scene.Client.Slug, Domain = Domain });
        var (instance, admin) = await lab.InstanceOfAsync(_topology);
        using var visitor = new OdooVisitor($"http://{_address}", Domain);
        await visitor.SignInAsync(admin.Login, admin.Password);
        foreach (var node in _topology.TopologyData.Nodes)
            Assert.Empty((await lab.MeasureAsync(_topology, node.Id)).Drift);
        Assert.Equal("active", (await StateAsync("lb")).Role);
        Assert.Equal("standby", (await StateAsync("lb-2")).Role);
        Assert.Equal("1 0 0", await HoldingAsync());
        var name = await lab.Scene.Http.Post<AddInstanceDomain, InstanceDomainView>($"/api/instances/{instance.Id}/domains", new() { Domain = "erp.shared-address.test" });
        Assert.Equal([_address], name.Records.Where(r => r.Type == "A").Select(r => r.Value));

        // The load balancer alone is lost, and comes back: the address moves once.
        var balancer = await ContainerAsync(lab.Machines[0], "lb");
        await LostAsync(visitor, "a load balancer is killed", () => lab.Machines[0].ShellAsync("docker update --restart no \"$1\" >/dev/null; docker kill \"$1\" >/dev/null", balancer));
        Assert.Equal("active", (await StateAsync("lb-2")).Role);
        Assert.NotEqual(TopologyNodeState.Running, (await lab.MeasureAsync(_topology, "lb")).State);
        await lab.Machines[0].ShellAsync("docker update --restart unless-stopped \"$1\" >/dev/null; docker start \"$1\" >/dev/null", balancer);
        Assert.Equal("standby", (await StateAsync("lb")).Role);
        Assert.Equal("0 1 0", await HoldingAsync());

        // Its whole server is cut off: both hold it as long as they do not hear each other, and one when they do again.
        await LostAsync(visitor, "a server is cut off", () => lab.Machines[1].DoAsync("cut"), odoo: true);
        Assert.Equal("active", (await lab.MeasureAsync(_topology, "lb")).Role);
        await lab.Machines[1].DoAsync("heal");
        await lab.Scene.UntilAsync(async () => (await HoldingAsync()).Count(c => c == '1') == 1, "one server has the address", 30 * (int)Math.Ceiling(Lab.Patience));
        var roles = new[] { (await StateAsync("lb")).Role, (await StateAsync("lb-2")).Role };
        Assert.Equal(["active", "standby"], roles.Order(StringComparer.Ordinal));

        // They run, and do not hear each other: said, and over when they do.
        await lab.Machines[0].ShellAsync("iptables -w -I INPUT -p 112 -j DROP");
        await lab.Machines[1].ShellAsync("iptables -w -I INPUT -p 112 -j DROP");
        await lab.Scene.UntilAsync(async () => (await lab.MeasureAsync(_topology, "lb")) is { State: TopologyNodeState.Degraded, Message: { } said } && said.Contains("both hold", StringComparison.Ordinal), "that both hold it is said", 60);
        foreach (var machine in lab.Machines.Take(2))
            await machine.ShellAsync("iptables -w -D INPUT -p 112 -j DROP");
        await StateAsync("lb");
        await StateAsync("lb-2");

        await DriftsAsync();
        await ChangesAsync(visitor);
        await lab.DestroyAsync(_topology);
        await lab.NothingIsLeftAsync();
        Assert.Equal("0 0 0", await HoldingAsync());
    }

    /// <summary>Somebody removes what holds the address where it is not: that is seen, and put right without touching the load balancer.</summary>
    private async Task DriftsAsync()
    {
        var (standing, machine) = (await StateAsync("lb")).Role == "standby" ? ("lb", lab.Machines[0]) : ("lb-2", lab.Machines[1]);
        var balancer = await ContainerAsync(machine, standing);
        var since = await StartedAsync();
        await machine.ShellAsync("docker rm -f \"$1-address\" >/dev/null", balancer);
        var watch = lab.Scene.App.Services.GetRequiredService<TopologyWatch>();
        await watch.LookAsync(default);
        var seen = (await lab.Scene.Http.Get<TopologyView>($"/api/topologies/{_topology.Id}")).Deployment!.Nodes.Single(n => n.NodeId == standing);
        Assert.Equal(TopologyNodeState.Degraded, seen.State);
        Assert.Contains(seen.Drift, d => d.Safe && d.Message.Contains("shared address", StringComparison.Ordinal));
        await lab.Scene.EndOfAsync(await lab.Scene.Http.Post<RepairTopology, OperationView>($"/api/topologies/{_topology.Id}/repair", new() { NodeIds = [standing] }));
        Assert.Equal("standby", (await StateAsync(standing)).Role);
        Assert.Equal(since, await StartedAsync());
        Task<string> StartedAsync() => machine.ShellAsync("docker inspect -f '{{.State.StartedAt}}' \"$1\"", balancer);
    }

    /// <summary>Not drawn any more, it is on no server.</summary>
    private async Task ChangesAsync(OdooVisitor visitor)
    {
        var sketch = TopologyLab.AsDrawn(_topology);
        _topology = await lab.Scene.Http.Put<UpdateTopology, TopologyView>($"/api/topologies/{_topology.Id}", new() { TopologyData = sketch.Set("lb", "virtualIp", null).Set("lb-2", "virtualIp", null).Set("lb", "dns", true).Set("lb-2", "dns", true).Data });
        await lab.DeployAsync(_topology, new PlanTopology());
        Assert.Equal("0 0 0", await HoldingAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => visitor.GetAsync("/web/login").WaitAsync(TimeSpan.FromSeconds(5)));
    }

    /// <summary>Asked on and on by the address, whoever is signed in gets an answer again, and is signed in.</summary>
    private async Task LostAsync(OdooVisitor visitor, string harm, Func<Task> harmAsync, bool odoo = false)
    {
        await harmAsync();
        var clock = Stopwatch.StartNew();
        // Three in a row: while it fails, an answer may come from before the loss was complete.
        for (var inARow = 0; inARow < 3; await Task.Delay(200))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds((odoo ? 40 : 20) * Lab.Patience), $"{harm}: nobody came in again");
            try
            {
                using var answer = await visitor.GetAsync("/web/login").WaitAsync(TimeSpan.FromSeconds(5));
                inARow = answer.IsSuccessStatusCode || (int)answer.StatusCode == 303 ? inARow + 1 : 0;
            }
            catch (Exception lost) when (lost is HttpRequestException or TimeoutException or TaskCanceledException)
            {
                inARow = 0;
            }
        }
        output.WriteLine($"{clock.Elapsed.TotalSeconds:0.0} s  {harm}: people come in again");
        Assert.Equal(2, await visitor.UserAsync());
    }

    private async Task<TopologyNodeStatus> StateAsync(string node)
    {
        TopologyNodeStatus seen = null!;
        await lab.Scene.UntilAsync(async () => (seen = await lab.MeasureAsync(_topology, node)) is { State: TopologyNodeState.Running, Role: not null }, $"{node} runs and has a part in the address", 60);
        Assert.Equal(_address, seen.Figures["sharedAddress"]);
        return seen;
    }

    private static async Task<string> ContainerAsync(LabServer machine, string node) =>
        (await machine.ShellAsync("docker ps -a --filter label=ocore.node=\"$1\" --format '{{.Names}}' | grep -v -- -address", node)).Trim();

    /// <summary>On which of the servers the address is: <c>0 1 0</c>.</summary>
    private async Task<string> HoldingAsync()
    {
        var holding = new List<string>();
        foreach (var machine in lab.Machines.Take(3))
            holding.Add((await machine.ShellAsync("ip -o -4 addr show to \"$1/32\" | grep -c . || true", _address)).Trim());
        return string.Join(' ', holding);
    }
}
