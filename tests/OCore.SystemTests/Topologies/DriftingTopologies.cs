using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Data;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>Somebody works on the servers by hand: each way of it is seen and said, and put right where that loses nothing and was permitted.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class DriftingTopologies(TopologyLab lab, ITestOutputHelper output)
{
    private TopologyView _topology = null!;

    [LabFact]
    public async Task What_somebody_changed_by_hand_is_seen_and_put_right()
    {
        _topology = await lab.DrawAsync(DeployScene.Pair(), "Drifting", lab.Places(("edge", 1), ("app-1", 1), ("app-2", 2), ("db", 2)));
        await lab.DeployAsync(_topology, new PlanTopology { Organization = lab.Scene.Client.Slug, Domain = "drift.shop.example" });
        foreach (var node in _topology.TopologyData.Nodes)
            Assert.Empty(await DriftAsync(node.Id));
        await lab.Scene.Http.Post<RepairTopology, OperationView>($"/api/topologies/{_topology.Id}/repair", new()).IsRefusedAsync(409, "nothing_to_repair");

        // Each by the command that people use for it.
        await SeenAsync("odoo-2", NodeDriftKind.File, true, "docker exec -u 0 \"$1\" sh -c 'echo \"limit_time_cpu = 1\" >>/etc/odoo/odoo.conf'");
        await SeenAsync("odoo-2", NodeDriftKind.Limits, true, "docker update --memory 3g --memory-swap 3g \"$1\" >/dev/null");
        await SeenAsync("odoo-2", NodeDriftKind.Network, true, "docker network create elsewhere >/dev/null; docker network connect elsewhere \"$1\"");
        await SeenAsync("odoo-2", NodeDriftKind.Stopped, true, "docker stop \"$1\" >/dev/null");
        await SeenAsync("odoo-2", NodeDriftKind.Missing, true, "docker rm -fv \"$1\" >/dev/null; docker network rm elsewhere >/dev/null");
        await SeenAsync("odoo-2", NodeDriftKind.Foreign, false, "i=$(docker inspect -f '{{.Config.Image}}' \"$1\"); docker rm -fv \"$1\" >/dev/null; docker run -d --name \"$1\" --entrypoint sleep \"$i\" 1000 >/dev/null", mends: false);
        await SeenAsync("lb", NodeDriftKind.File, true, "docker exec -u 0 \"$1\" sh -c 'echo \"# mine\" >>/usr/local/etc/haproxy/haproxy.cfg'");
        await SeenAsync("lb", NodeDriftKind.Changed, true, "l=$(docker inspect -f '{{range $k, $v := .Config.Labels}}--label {{$k}}={{if eq $k \"ocore.spec\"}}other{{else}}{{$v}}{{end}} {{end}}' \"$1\"); i=$(docker inspect -f '{{.Config.Image}}' \"$1\"); docker rm -fv \"$1\" >/dev/null; docker run -d --name \"$1\" $l --network ocore --entrypoint sleep \"$i\" 1000 >/dev/null");
        await SeenAsync("postgres", NodeDriftKind.Limits, false, "docker update --restart no \"$1\" >/dev/null");
        await SeenAsync("redis", NodeDriftKind.Missing, false, "docker rm -fv \"$1\" >/dev/null");
        // A container without what it kept would only look like the one that is gone.
        await SeenAsync("redis", NodeDriftKind.Missing, false, "docker rm -fv \"$1\" >/dev/null; docker volume rm \"$1\" >/dev/null", mends: false, refusal: "data_gone");
    }

    [LabFact]
    public async Task Only_what_is_permitted_is_put_right_without_asking()
    {
        _topology = await lab.DrawAsync(DeployScene.Pair(), "Drifting alone", lab.Places(("edge", 1), ("app-1", 1), ("app-2", 2), ("db", 2)));
        await lab.DeployAsync(_topology, new PlanTopology { Organization = lab.Scene.Client.Slug, Domain = "drift.shop.example" });
        var watch = lab.Scene.App.Services.GetRequiredService<TopologyWatch>();
        await HarmAsync("odoo-2", "docker rm -fv \"$1\" >/dev/null");
        await HarmAsync("redis", "docker update --restart no \"$1\" >/dev/null");
        for (var look = 0; look < 3; look++)
            await watch.LookAsync(default);
        var seen = (await lab.Scene.Http.Get<TopologyView>($"/api/topologies/{_topology.Id}")).Deployment!;
        Assert.Null(seen.OperationId);
        Assert.Equal(TopologyHealth.Degraded, seen.Health);
        Assert.Equal(["odoo-2", "redis"], seen.Nodes.Where(n => n.Drift.Count > 0).Select(n => n.NodeId));

        await lab.Scene.Http.Put<UpdateTopology, TopologyView>($"/api/topologies/{_topology.Id}", new() { RepairDrift = true });
        await watch.LookAsync(default);
        seen = (await lab.Scene.Http.Get<TopologyView>($"/api/topologies/{_topology.Id}")).Deployment!;
        var operation = await lab.Scene.EndOfAsync(await lab.Scene.Http.Get<OperationView>($"/api/operations/{seen.OperationId}"));
        Assert.Equal("topology.repair", operation.Kind);
        seen = (await lab.Scene.Http.Get<TopologyView>($"/api/topologies/{_topology.Id}")).Deployment!;
        // What keeps data waits for a person.
        Assert.Equal(["redis"], seen.Nodes.Where(n => n.Drift.Count > 0).Select(n => n.NodeId));
        Assert.Equal(TopologyNodeState.Running, seen.Nodes.Single(n => n.NodeId == "odoo-2").State);
        // Also where it only stands still: whoever stopped it may be at work on its data.
        await HarmAsync("redis", "docker stop \"$1\" >/dev/null");
        for (var look = 0; look < 3; look++)
            await watch.LookAsync(default);
        Assert.Null((await lab.Scene.Http.Get<TopologyView>($"/api/topologies/{_topology.Id}")).Deployment!.OperationId);
        await HarmAsync("redis", "docker start \"$1\" >/dev/null");

        // A server that does not answer is no difference.
        await lab.Machines[1].DoAsync("cut");
        try
        {
            await lab.Scene.UntilAsync(async () => (await lab.MeasureAsync(_topology, "odoo-2")).State == TopologyNodeState.Unknown, "its server is away", 60);
            Assert.Empty((await lab.MeasureAsync(_topology, "odoo-2")).Drift);
        }
        finally
        {
            await lab.Machines[1].DoAsync("heal");
        }
        await lab.Scene.UntilAsync(async () => (await lab.MeasureAsync(_topology, "odoo-2")).State == TopologyNodeState.Running, "its server is back", 60);
        await lab.DestroyAsync(_topology);
        await lab.NothingIsLeftAsync();
    }

    private async Task SeenAsync(string node, NodeDriftKind kind, bool safe, string harm, bool mends = true, string refusal = "not_ours")
    {
        var container = await HarmAsync(node, harm);
        var drift = await DriftAsync(node);
        output.WriteLine($"{node} {kind}: {string.Join(" ", drift.Select(d => d.Message))}");
        Assert.Contains(drift, d => d.Kind == kind && d.Safe == safe);
        var ended = await lab.Scene.EndOfAsync(await lab.Scene.Http.Post<RepairTopology, OperationView>($"/api/topologies/{_topology.Id}/repair", new()), succeeds: mends);
        if (!mends)
        {
            Assert.Equal((OperationState.RolledBack, refusal), (ended.State, ended.Error?.Code));
            if (refusal == "data_gone")
            {
                await lab.DestroyAsync(_topology);
                await lab.NothingIsLeftAsync();
                return;
            }
            await lab.Machines[MachineOf(node)].ShellAsync("docker rm -fv \"$1\" >/dev/null", container);
            await lab.Scene.EndOfAsync(await lab.Scene.Http.Post<RepairTopology, OperationView>($"/api/topologies/{_topology.Id}/repair", new() { NodeIds = [node] }));
        }
        Assert.Empty(await DriftAsync(node));
        await lab.Scene.UntilAsync(async () => (await lab.MeasureAsync(_topology, node)).State == TopologyNodeState.Running, $"{node} runs", 60);
    }

    private async Task<string> HarmAsync(string node, string harm)
    {
        await using var db = lab.Scene.App.Databases.System();
        var container = await db.DeployedNodes.AcrossTenants().Where(n => n.TopologyId == _topology.Id && n.NodeId == node).Select(n => n.Container).SingleAsync();
        await lab.Machines[MachineOf(node)].ShellAsync("set -e; " + harm, container);
        return container;
    }

    private static int MachineOf(string node) => node is "odoo-2" or "postgres" ? 1 : 0;

    private async Task<IReadOnlyList<NodeDrift>> DriftAsync(string node) => (await lab.MeasureAsync(_topology, node)).Drift;
}
