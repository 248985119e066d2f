using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Instances;
using OCore.Features.Operations;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <param name="NodeIds">In no order; they are taken in that of the layout.</param>
internal sealed record RepairInput(Guid TopologyId, IReadOnlyList<string> NodeIds);

/// <summary>
/// Puts right what somebody else changed, one node after another: an Odoo is taken out of the load balancers first, what keeps data is
/// made anew around its volume. What it came from is nobody's wish, so there is nothing to undo: until it begins it can be cancelled.
/// </summary>
internal sealed class RepairTopologyKind : OperationKind<RepairInput>
{
    public override string Name => "topology.repair";

    protected override void Define(StepList<RepairInput> steps) => steps
        .Step("look what differs", CheckAsync)
        .Step("get the images", (i, c) => TopologySteps.ImagesAsync(i.TopologyId, c))
        .Pivot("put it right", RepairAsync)
        .Step("look again", LookAgainAsync);

    private static IEnumerable<LayoutNode> NodesOf(TopologyWork work, RepairInput input) => work.Layout.Nodes.Where(n => input.NodeIds.Contains(n.Id));

    private static async Task CheckAsync(RepairInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var (host, drifts) = (context.Get<TopologyHost>(), context.Get<DriftHost>());
        var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
        var instance = await DriftHost.InstanceAsync(db, work, context.Stop);
        foreach (var node in NodesOf(work, input))
            await drifts.CheckAsync(work, instance, node, context.Stop);
    }

    private static async Task RepairAsync(RepairInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var (host, drifts) = (context.Get<TopologyHost>(), context.Get<DriftHost>());
        var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
        var instance = await DriftHost.InstanceAsync(db, work, context.Stop);
        foreach (var node in NodesOf(work, input))
        {
            if (node.Type == NodeType.Odoo && await db.IsSuspendedAsync(instance?.OrgId ?? default, context.Stop))
            {
                context.Log($"{node.Id}: {node.Label} is left as it is: its client is suspended");
                if (node.IsWeb && context.Attempt > 1)
                    await ChangeTopologyKind.TellAsync(context, host, work, work.Layout, null);
                continue;
            }
            // Looked at again: what was found before may be gone, or may have been put right before oCore was interrupted.
            if (!await drifts.CheckAsync(work, instance, node, context.Stop))
            {
                if (node.IsWeb && context.Attempt > 1)
                    await TakeInAgainAsync(context, host, work, node);
                continue;
            }
            await TopologySteps.MarkAsync(context, input.TopologyId, node.Id, TopologyNodeState.Working, "It is put right.");
            if (node.IsWeb && await (await host.ConnectAsync(work, node, context.Stop)).Docker.FindAsync(DockerName.Parse(node.Container), context.Stop) is { IsRunning: true })
                await ChangeTopologyKind.DrainAsync(context, host, work, work.Layout, node.Id);
            await drifts.PutRightAsync(db, context, work, instance, node);
            if (node.Type == NodeType.Odoo)
                await InstanceHost.WaitUntilUpAsync(await host.ConnectAsync(work, node, context.Stop), DockerName.Parse(node.Container), context.Log, context.Stop);
            else
                // A PostgreSQL whose volume is gone copies all of it again.
                await host.WaitAsync(work, node, TimeSpan.FromMinutes(node.Type == NodeType.Postgres ? 15 : 2), context.Stop);
            if (node.IsWeb)
                await ChangeTopologyKind.TellAsync(context, host, work, work.Layout, null);
            await TopologySteps.MarkAsync(context, input.TopologyId, node.Id, TopologyNodeState.Running, null);
            context.Log($"{node.Id}: {node.Label} is as it was deployed");
        }
    }

    // An attempt before this one may have had it drained, and neither waited for it nor taken it in again.
    private static async Task TakeInAgainAsync(StepContext context, TopologyHost host, TopologyWork work, LayoutNode node)
    {
        await InstanceHost.WaitUntilUpAsync(await host.ConnectAsync(work, node, context.Stop), DockerName.Parse(node.Container), context.Log, context.Stop);
        await ChangeTopologyKind.TellAsync(context, host, work, work.Layout, null);
    }

    private static async Task LookAgainAsync(RepairInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var (host, drifts, watch) = (context.Get<TopologyHost>(), context.Get<DriftHost>(), context.Get<TopologyWatch>());
        var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
        var instance = await DriftHost.InstanceAsync(db, work, context.Stop);
        var rows = await db.DeployedNodes.Where(n => n.TopologyId == input.TopologyId).ToDictionaryAsync(n => n.NodeId, context.Stop);
        foreach (var node in NodesOf(work, input))
            watch.Apply(rows[node.Id], await host.MeasureAsync(work, node, context.Stop), await drifts.LookAsync(work, instance, node, context.Stop));
        await db.SaveChangesAsync(context.Stop);
    }
}

internal static class RepairEndpoint
{
    /// <summary>Put right what differs from what was deployed. What a node keeps stays: where its volume is gone, nothing is made in its place but a member to which the others give it again.</summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Repair(Guid id, [FromBody] RepairTopology? request, OCoreDb db, [FromServices] TopologyHost host, OperationQueue queue, OperationKinds kinds, CancellationToken stop)
    {
        if (await db.Topologies.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop) is not { } topology)
            return Problem.NotFound;
        if (TopologyProblems.NoNodeIds("nodeIds", request?.NodeIds) is { } noIds)
            return noIds;
        if (await host.FindAsync(db, id, stop) is not { } work)
            return TopologyProblems.NotDeployed;
        var differing = (await db.DeployedNodes.AsNoTracking().Where(n => n.TopologyId == id).ToListAsync(stop)).Where(n => n.Drift.Count > 0).Select(n => n.NodeId);
        if (request?.NodeIds is { } named && named.FirstOrDefault(n => work.Layout.Find(n) is null) is { } unknown)
            return Problem.Field("nodeIds", $"Nothing runs that is called {unknown}.", "node_not_found") with { Status = 404 };
        var nodes = (request?.NodeIds ?? [.. differing]).Distinct().Order(StringComparer.Ordinal).ToList();
        if (nodes.Count == 0)
            return TopologyProblems.NothingToRepair;
        return await db.InTransactionAsync<Results<Accepted<OperationView>, Problem>>(async () =>
        {
            var (operation, refused) = await BeginAsync(db, queue, topology, work, nodes, stop);
            if (refused is not null)
                return refused;
            db.Mark(topology, "repaired", always: true);
            await db.SaveChangesAsync(stop);
            return await OperationViews.AcceptedAsync(db, operation!, kinds, stop);
        }, stop);
    }

    /// <summary>Call it in the transaction that saves it: for a client that is suspended or going nothing is repaired.</summary>
    public static async Task<(Operation?, Problem?)> BeginAsync(OCoreDb db, OperationQueue queue, Topology topology, TopologyWork work, IReadOnlyList<string> nodes, CancellationToken stop)
    {
        if (await db.Instances.Where(i => i.Id == work.Deployment.InstanceId).Select(i => (Guid?)i.OrgId).SingleOrDefaultAsync(stop) is { } owner && await db.RefuseWorkAsync(owner, stop) is { } refused)
            return (null, refused);
        var name = nodes is [var only] && work.Layout.Find(only) is { } node ? $"{node.Label} of {topology.Name}" : topology.Name;
        return (await queue.EnqueueAsync<RepairTopologyKind, RepairInput>(db, new(topology.Id, nodes), new($"Repair {name}", topology.OrgId, InstanceId: work.Deployment.InstanceId, ServerId: work.Layout.Home.ServerId,
            ClientId: await db.ClientOfAsync(work.Deployment, stop), TopologyId: topology.Id, Locks: DeploymentViews.LocksOf(work)), stop), null);
    }
}
