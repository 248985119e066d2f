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
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/instances/{id}/nodes", List).WithName("listInstanceNodes").WithTags("Instances").Require("view:instances");

    /// <summary>The nodes of an instance that runs on several servers, and how each was found when it was asked last. None for any other instance, and none where the agency shows no infrastructure.</summary>
    internal static async Task<Results<Ok<Page<TopologyNodeStatus>>, Problem>> List(string id, OCoreDb db, Caller caller, CancellationToken stop)
    {
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return Problem.NotFound;
        var shown = caller.Access.OrgKind == OrganizationKind.Client ? caller.Access.Infrastructure : InfrastructureVisibility.Full;
        if (instance.TopologyId is not { } topology || shown == InfrastructureVisibility.None)
            return TypedResults.Ok(Paging.Whole<TopologyNodeStatus>([]));
        var nodes = await db.NodesOfTopologyAsync(topology, stop);
        var names = shown == InfrastructureVisibility.Full ? await db.ServersOfAll().Where(s => nodes.Select(n => n.ServerId).Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Name, stop) : [];
        return TypedResults.Ok(Paging.Whole(nodes.Select(n => DeploymentViews.ToStatus(n, names)).Select(n => shown == InfrastructureVisibility.Full ? n : n with { Figures = new Dictionary<string, string>(), Message = null })));
    }
}
