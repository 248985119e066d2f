using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Plans;
using OCore.Features.Servers;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Topologies;

internal static class TopologyEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var topologies = api.MapGroup("/topologies").WithTags("Topologies").InAgency().Require("view:topologies").Feature(PlanFeatures.Topologies);
        topologies.MapGet("/", List).WithName("listTopologies");
        topologies.MapPost("/", Create).WithName("createTopology").Require("manage:topologies");
        topologies.MapGet("/blueprints", ListBlueprints).WithName("listTopologyBlueprints");
        topologies.MapGet("/{id:guid}", Get).WithName("getTopology").EditTag<UpdateTopology>();
        topologies.MapPut("/{id:guid}", Update).WithName("updateTopology").Require("manage:topologies");
        topologies.MapDelete("/{id:guid}", Delete).WithName("deleteTopology").Require("manage:topologies");
        topologies.MapPost("/{id:guid}/duplicate", Duplicate).WithName("duplicateTopology").Require("manage:topologies");
        topologies.MapGet("/{id:guid}/ha-config", GetHaConfig).WithName("getTopologyHaConfig").EditTag<UpdateHaConfig>("haConfig");
        topologies.MapPut("/{id:guid}/ha-config", UpdateHaConfig).WithName("updateTopologyHaConfig").Require("manage:topologies");
        topologies.MapPost("/{id:guid}/validate", Validate).WithName("validateTopology");
        DeploymentEndpoints.Map(topologies);
        InstanceNodes.Map(api);
    }

    /// <summary>The organization's topologies, without their drawings, oldest first.</summary>
    internal static async Task<Ok<Page<TopologySummary>>> List(OCoreDb db, Caller caller, [AsParameters] PageQuery page, CancellationToken stop)
    {
        var query = db.Topologies.AsNoTracking();
        if (page.After is { } after)
            query = query.Where(t => t.Id > after);
        if (page.Search is { } text)
            query = query.Where(t => EF.Functions.Like(t.Name.ToLower(), Paging.Like(text.ToLowerInvariant()), "\\"));
        var rows = await query.OrderBy(t => t.Id).Take(page.Size + 1).ToListAsync(stop);
        var servers = await TopologyViews.ServerNamesAsync(db, caller, rows, stop);
        var running = await TopologyViews.RunningAsync(db, rows, stop);
        return TypedResults.Ok(rows.ToPage(page, t => t.Id, t => t.ToSummary(servers, running)));
    }

    /// <summary>Drawings to start from.</summary>
    internal static Ok<Page<TopologyBlueprint>> ListBlueprints() => TypedResults.Ok(Paging.Whole(Blueprints.All));

    /// <summary>Draw a topology: empty, from a blueprint, or with nodes and edges.</summary>
    internal static async Task<Results<Created<TopologyView>, Problem>> Create(CreateTopology request, OCoreDb db, Caller caller, TimeProvider time, CancellationToken stop)
    {
        if (request is { Blueprint: not null, TopologyData: not null })
            return TopologyProblems.BlueprintOrDrawing;
        var blueprint = request.Blueprint is { } key ? Blueprints.Find(key) : null;
        if (request.Blueprint is not null && blueprint is null)
            return TopologyProblems.UnknownBlueprint(string.Join(", ", Blueprints.All.Select(b => b.Key)));
        var drawing = request.TopologyData ?? blueprint?.TopologyData ?? new TopologyData { Nodes = [], Edges = [] };
        var ha = (blueprint?.HaConfig ?? new HaConfig()).With(request.HaConfig);
        if (DrawingShape.Check(drawing) is { } misshapen)
            return misshapen;
        if (await UnknownServerAsync(db, caller, drawing, ha, "haConfig.", [], stop) is { } unknown)
            return unknown;
        var now = time.GetUtcNow();
        var topology = new Topology { OrgId = caller.OrgId, RootId = caller.Access.RootId, Name = request.Name, Description = request.Description, CreatedAt = now };
        topology.Draw(drawing, ha, now);
        db.Add(topology);
        await db.SaveChangesAsync(stop);
        return TypedResults.Created($"/api/topologies/{topology.Id}", topology.ToView(await TopologyViews.ServerNamesAsync(db, caller, [topology], stop)));
    }

    /// <summary>One topology with its drawing.</summary>
    internal static async Task<Results<Ok<TopologyView>, Problem>> Get(Guid id, OCoreDb db, Caller caller, CancellationToken stop) =>
        await db.Topologies.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop) is { } topology
            ? TypedResults.Ok(await WholeAsync(db, caller, topology, stop)) : Problem.NotFound;

    private static async Task<TopologyView> WholeAsync(OCoreDb db, Caller caller, Topology topology, CancellationToken stop)
    {
        var servers = await TopologyViews.ServerNamesAsync(db, caller, [topology], stop);
        return topology.ToView(servers, await DeploymentViews.OfAsync(db, topology, servers, stop));
    }

    /// <summary>Change the name, the drawing, or apply changes as fixes and proposals give them. What is not given stays.</summary>
    internal static async Task<Results<Ok<TopologyView>, Problem>> Update(Guid id, UpdateTopology request, OCoreDb db, Caller caller, TimeProvider time, CancellationToken stop)
    {
        if (await db.Topologies.SingleOrDefaultAsync(t => t.Id == id, stop) is not { } topology)
            return Problem.NotFound;
        if (request.Version is { } version && version != topology.Version)
            return TopologyProblems.ChangedMeanwhile;
        var (drawing, ha) = (request.TopologyData ?? topology.Drawing, topology.Ha);
        if (request.Changes is { Count: > 0 } changes)
        {
            if (DrawingShape.Check(drawing) is { } before)
                return before;
            (drawing, ha, var misfit) = TopologyChanges.Apply(drawing, ha, changes);
            if (misfit is not null)
                return misfit;
        }
        if (DrawingShape.Check(drawing) is { } misshapen)
            return misshapen;
        // A server that was named before and is gone since does not keep the rest from being saved; TP-S05 says so.
        if (await UnknownServerAsync(db, caller, drawing, ha, "haConfig.", topology.ServerIds, stop) is { } unknown)
            return unknown;
        topology.Name = request.Name ?? topology.Name;
        topology.Description = request.Description ?? topology.Description;
        topology.RepairDrift = request.RepairDrift ?? topology.RepairDrift;
        if (request.TopologyData is not null || request.Changes is { Count: > 0 })
            topology.Draw(drawing, ha, time.GetUtcNow());
        else
            topology.Touch(time.GetUtcNow());
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(topology.ToView(await TopologyViews.ServerNamesAsync(db, caller, [topology], stop)));
    }

    /// <summary>Delete a topology that does not run. Servers stay as they are.</summary>
    internal static async Task<Results<NoContent, Problem>> Delete(Guid id, OCoreDb db, CancellationToken stop)
    {
        if (await db.Topologies.SingleOrDefaultAsync(t => t.Id == id, stop) is not { } topology)
            return Problem.NotFound;
        if (await db.TopologyDeployments.AnyAsync(d => d.TopologyId == id, stop))
            return TopologyProblems.IsDeployed;
        db.Remove(topology);
        await db.SaveChangesAsync(stop);
        return TypedResults.NoContent();
    }

    /// <summary>Make a copy to change.</summary>
    internal static async Task<Results<Created<TopologyView>, Problem>> Duplicate(Guid id, OCoreDb db, Caller caller, TimeProvider time, CancellationToken stop)
    {
        if (await db.Topologies.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop) is not { } source)
            return Problem.NotFound;
        var now = time.GetUtcNow();
        var copy = new Topology { OrgId = source.OrgId, RootId = source.RootId, Name = (source.Name.Length > 93 ? source.Name[..93] : source.Name) + " (copy)", Description = source.Description, CreatedAt = now };
        copy.Draw(source.Drawing, source.Ha, now);
        db.Add(copy);
        await db.SaveChangesAsync(stop);
        return TypedResults.Created($"/api/topologies/{copy.Id}", copy.ToView(await TopologyViews.ServerNamesAsync(db, caller, [copy], stop)));
    }

    /// <summary>How high availability is reached, what the drawing lacks for it, and where the two contradict each other.</summary>
    internal static async Task<Results<Ok<HaConfigView>, Problem>> GetHaConfig(Guid id, OCoreDb db, Caller caller, TimeProvider time, CancellationToken stop) =>
        await db.Topologies.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop) is { } topology
            ? TypedResults.Ok(HaProposals.Of(await TopologySnapshots.TakeAsync(db, caller, topology, topology.Drawing, topology.Ha, time.GetUtcNow(), stop))) : Problem.NotFound;

    /// <summary>Set how high availability is reached. What is not given stays.</summary>
    internal static async Task<Results<Ok<HaConfigView>, Problem>> UpdateHaConfig(Guid id, UpdateHaConfig request, OCoreDb db, Caller caller, TimeProvider time, CancellationToken stop)
    {
        if (await db.Topologies.SingleOrDefaultAsync(t => t.Id == id, stop) is not { } topology)
            return Problem.NotFound;
        var ha = topology.Ha.With(request);
        if (await UnknownServerAsync(db, caller, topology.Drawing, ha, "", topology.ServerIds, stop) is { } unknown)
            return unknown;
        topology.Draw(topology.Drawing, ha, time.GetUtcNow());
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(HaProposals.Of(await TopologySnapshots.TakeAsync(db, caller, topology, topology.Drawing, ha, time.GetUtcNow(), stop)));
    }

    /// <summary>Ask all rules, of the topology as it is saved or of a drawing in progress. With <c>probe</c>, also look at the servers themselves. Nothing is changed.</summary>
    internal static async Task<Results<Ok<TopologyValidation>, Problem>> Validate(Guid id, [FromBody] ValidateTopology? request, OCoreDb db, Caller caller, [FromServices] LiveLook live, TimeProvider time, CancellationToken stop)
    {
        if (await db.Topologies.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop) is not { } topology)
            return Problem.NotFound;
        var drawing = request?.TopologyData ?? topology.Drawing;
        if (DrawingShape.Check(drawing) is { } misshapen)
            return misshapen;
        var snapshot = await TopologySnapshots.TakeAsync(db, caller, topology, drawing, topology.Ha.With(request?.HaConfig), time.GetUtcNow(), stop);
        if (request?.Probe == true)
        {
            var (facts, refused) = await live.AtAsync(db, caller, topology, snapshot, stop);
            if (refused is not null)
                return refused;
            snapshot = snapshot.With(facts!);
        }
        var findings = TopologyRules.Check(snapshot);
        var (errors, warnings) = (findings.Count(f => f.Severity == FindingSeverity.Error), findings.Count(f => f.Severity == FindingSeverity.Warning));
        return TypedResults.Ok(new TopologyValidation
        {
            Valid = errors == 0, Errors = errors, Warnings = warnings, Findings = findings, Snapshot = TopologySnapshots.HashOf(snapshot), CheckedAt = time.GetUtcNow(), Probe = LiveLook.ToView(snapshot),
        });
    }

    /// <summary>A server in a drawing or a setting is a reference like any other: one that the caller may not see is none.</summary>
    private static async Task<Problem?> UnknownServerAsync(OCoreDb db, Caller caller, TopologyData drawing, HaConfig ha, string prefix, IReadOnlyCollection<Guid> before, CancellationToken stop)
    {
        var named = DrawingShape.ServersOf(drawing).Select((server, i) => (Field: $"topologyData.nodes[{i}].data.serverId", Server: server))
            .Prepend((Field: $"{prefix}redisServerId", Server: ha.RedisServerId)).Prepend((Field: $"{prefix}lbServerId", Server: ha.LbServerId)).Where(n => n.Server is { } id && !before.Contains(id)).ToList();
        var ids = named.Select(n => n.Server!.Value).Distinct().ToList();
        if (ids.Count == 0)
            return null;
        var known = (await ServerViews.VisibleTo(db, caller).Where(s => ids.Contains(s.Id)).Select(s => s.Id).ToListAsync(stop)).ToHashSet();
        return named.Find(n => !known.Contains(n.Server!.Value)) is { Field: { } field } ? TopologyProblems.ServerNotFound(field) : null;
    }
}
