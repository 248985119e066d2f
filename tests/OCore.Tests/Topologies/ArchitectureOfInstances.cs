using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Topologies;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Tests.Portal;

namespace OCore.Tests.Topologies;

/// <summary>What a client sees of the architecture that carries its Odoo: as much as its agency shows.</summary>
public sealed class ArchitectureOfInstances(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task A_client_sees_its_architecture_as_its_agency_shows_it(Database database)
    {
        var world = await PortalWorld.MakeAsync(await apps.OnAsync(database));
        await DrawAsync(world);
        var (agency, client, path) = (world.App.As(world.Agency.Owner, world.Agency.Org), world.App.As(world.Member, world.Client), $"/api/instances/{world.InstanceId}/topology");

        await world.SetAsync(new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.Full });
        var seen = await client.Get<InstanceTopologyView>(path);
        Assert.Equal((InfrastructureVisibility.Full, TopologyHealth.Down), (seen.Shown, seen.Health));
        // What is drawn and does not run yet is not there, nor are connections to it.
        Assert.Equal(["odoo", "postgres"], seen.Nodes.Select(n => n.Status.NodeId));
        Assert.Equal([("odoo", "postgres")], seen.Edges.Select(e => (e.Source, e.Target)));
        Assert.Equal((260d, 40d), (seen.Nodes[1].Position!.X, seen.Nodes[1].Position!.Y));
        Assert.Equal(world.ServerName, seen.Nodes[0].Status.Server?.Name);
        Assert.Equal("12", seen.Nodes[1].Status.Figures["connections"]);
        Assert.Equal(NodeDriftKind.File, Assert.Single(seen.Nodes[0].Status.Drift).Kind);

        await world.SetAsync(new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.Limited });
        seen = await client.Get<InstanceTopologyView>(path);
        Assert.Equal(InfrastructureVisibility.Limited, seen.Shown);
        Assert.Equal([("Odoo", TopologyNodeState.Degraded), ("Database", TopologyNodeState.Running)], seen.Nodes.Select(n => (n.Status.Label, n.Status.State)));
        Assert.All(seen.Nodes, n => Assert.True(n.Status is { Server: null, Message: null, Figures.Count: 0, Drift.Count: 0 }));
        Assert.Single(seen.Edges);
        Assert.Equal(["odoo", "postgres"], (await client.Get<Page<TopologyNodeStatus>>($"/api/instances/{world.InstanceId}/nodes")).Data.Select(n => n.NodeId));

        await world.SetAsync(new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.None });
        await client.Get<InstanceTopologyView>(path).IsRefusedAsync(404, "not_found");
        Assert.Empty((await client.Get<Page<TopologyNodeStatus>>($"/api/instances/{world.InstanceId}/nodes")).Data);
        // The agency sees all of it, also where its client sees nothing; the drawing itself is never the client's.
        Assert.Equal(InfrastructureVisibility.Full, (await agency.Get<InstanceTopologyView>(path)).Shown);
        await client.Get<Page<TopologySummary>>("/api/topologies").IsRefusedAsync(409, "agency_not_enabled");
    }

    [Theory, Sqlite]
    public async Task An_instance_on_one_server_has_none(Database database)
    {
        var world = await PortalWorld.MakeAsync(await apps.OnAsync(database));
        await world.App.As(world.Member, world.Client).Get<InstanceTopologyView>($"/api/instances/{world.InstanceId}/topology").IsRefusedAsync(404, "not_found");
    }

    private static async Task DrawAsync(PortalWorld world)
    {
        await using var db = world.App.Databases.System();
        var topology = new Topology { OrgId = world.Agency.Org.Id, RootId = world.Agency.Org.Id, Name = "Shop", CreatedAt = world.App.Clock.GetUtcNow() };
        TopologyNode Node(string id, string type, double x) => new() { Id = id, Type = type, Position = new TopologyPosition { X = x, Y = 40 }, Data = new RawJson($"{{\"serverId\":\"{world.ServerId}\"}}") };
        TopologyEdge Edge(string from, string to) => new() { Id = $"{from}-{to}", Source = from, Target = to, Data = new RawJson("{\"note\":\"the agency's\"}") };
        topology.Draw(new TopologyData { Nodes = [Node("odoo", "odoo", 0), Node("postgres", "postgres", 260), Node("redis", "redis", 520)], Edges = [Edge("odoo", "postgres"), Edge("odoo", "redis")] }, new HaConfig(), world.App.Clock.GetUtcNow());
        db.Add(topology);
        foreach (var (id, type, label, state) in new[] { ("odoo", NodeType.Odoo, "Odoo", TopologyNodeState.Degraded), ("postgres", NodeType.Postgres, "Database", TopologyNodeState.Running) })
            db.Add(new DeployedNode
            {
                OrgId = topology.OrgId, RootId = topology.RootId, TopologyId = topology.Id, NodeId = id, Type = type, Label = label, Container = "ocore-" + id, ServerId = world.ServerId, State = state,
                Message = $"{PortalWorld.Host} says so", Figures = new() { ["connections"] = "12" }, Drift = id == "odoo" ? [new NodeDrift { Kind = NodeDriftKind.File, Message = "/etc/odoo/odoo.conf was changed in its container.", Safe = true }] : [],
            });
        await db.SaveChangesAsync();
        await db.Instances.AcrossTenants().Where(i => i.Id == world.InstanceId).ExecuteUpdateAsync(s => s.SetProperty(i => i.TopologyId, topology.Id));
    }
}
