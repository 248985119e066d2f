using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Topologies.Deployments;

/// <summary>What an instance of a topology is made of, for those who have the instance: a client sees as much of it as its agency shows.</summary>
internal static class InstanceNodes
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/instances/{id}/nodes", List).WithName("listInstanceNodes").WithTags("Instances").Require("view:instances");
        api.MapGet("/instances/{id}/topology", Draw).WithName("getInstanceTopology").WithTags("Instances").Require("view:instances");
    }

    /// <summary>The nodes of an instance that runs on several servers, and how each was found when it was asked last. None for any other instance, and none where the agency shows no infrastructure.</summary>
    internal static async Task<Results<Ok<Page<TopologyNodeStatus>>, Problem>> List(string id, OCoreDb db, Caller caller, CancellationToken stop)
    {
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return Problem.NotFound;
        return TypedResults.Ok(Paging.Whole((await OfAsync(db, caller, instance.TopologyId, stop)).Select(n => n.Shown)));
    }

    /// <summary>The architecture of an instance that runs on several servers, drawn as its agency drew it. Not found for any other instance, and where the agency shows no infrastructure.</summary>
    internal static async Task<Results<Ok<InstanceTopologyView>, Problem>> Draw(string id, OCoreDb db, Caller caller, CancellationToken stop)
    {
        if (await InstanceQueries.FindAsync(db, id, stop) is not { TopologyId: { } topology } || await OfAsync(db, caller, topology, stop) is not { Count: > 0 } nodes
            || await db.DrawingOfTopologyAsync(topology, stop) is not { } drawing)
            return Problem.NotFound;
        // What is drawn and does not run yet is the agency's affair.
        var there = nodes.Select(n => n.Row.NodeId).ToHashSet(StringComparer.Ordinal);
        var places = drawing.Nodes.ToDictionary(n => n.Id, n => n.Position);
        return TypedResults.Ok(new InstanceTopologyView
        {
            Shown = ShownTo(caller), Health = DeploymentViews.HealthOf([.. nodes.Select(n => n.Row)]),
            Nodes = [.. nodes.Select(n => new InstanceTopologyNode { Position = places.GetValueOrDefault(n.Row.NodeId), Status = n.Shown })],
            Edges = [.. drawing.Edges.Where(e => there.Contains(e.Source) && there.Contains(e.Target)).Select(e => e with { Data = null })],
        });
    }

    private static InfrastructureVisibility ShownTo(Caller caller) => caller.Access.OrgKind == OrganizationKind.Client ? caller.Access.Infrastructure : InfrastructureVisibility.Full;

    private static async Task<List<(DeployedNode Row, TopologyNodeStatus Shown)>> OfAsync(OCoreDb db, Caller caller, Guid? of, CancellationToken stop)
    {
        var shown = ShownTo(caller);
        if (of is not { } topology || shown == InfrastructureVisibility.None)
            return [];
        var nodes = await db.NodesOfTopologyAsync(topology, stop);
        var names = shown == InfrastructureVisibility.Full ? await db.ServersOfAll().Where(s => nodes.Select(n => n.ServerId).Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Name, stop) : [];
        return [.. nodes.Select(n => (n, DeploymentViews.ToStatus(n, names))).Select(n => shown == InfrastructureVisibility.Full ? n : (n.n, n.Item2 with { Figures = new Dictionary<string, string>(), Drift = [], Message = null }))];
    }
}
