using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Operations;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;

namespace OCore.Features.Topologies.Deployments;

internal sealed record SwitchOverInput(Guid TopologyId, string NodeId);

/// <summary>
/// Another PostgreSQL leads, because somebody wants it to. Patroni does it: it takes no writes for a second or two, and loses none. What was
/// handed over is handed back by the same operation for the other node: there is nothing to undo, and a cluster that refuses is not locked for it.
/// </summary>
internal sealed class SwitchOverKind : OperationKind<SwitchOverInput>
{
    // Seconds, in which a cluster that has just lost or changed somebody finds together.
    private const int Patience = 30;

    public override string Name => "topology.switch_over";

    protected override void Define(StepList<SwitchOverInput> steps) => steps
        .Step("ask the cluster", CheckAsync)
        .Step("hand over", HandOverAsync)
        .Step("wait until it leads", WaitAsync);

    private static async Task CheckAsync(SwitchOverInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var (members, node, _) = await OpenAsync(db, input, context);
        Check(members, node);
    }

    /// <summary>Refused where Patroni would refuse for good.</summary>
    private static void Check(IReadOnlyDictionary<string, PatroniMember> members, LayoutNode node)
    {
        if (!members.TryGetValue(node.Container, out var member))
            throw new StepRefusedException("not_a_member", $"{node.Label} is no member of the cluster.", "Wait until it follows the primary.");
        if (member.Leads)
            return;
        if (member.State is not ("streaming" or "running"))
            throw new StepRefusedException("not_following", $"{node.Label} is {member.State}: it does not follow the primary.", "Wait until it does, and try again.");
        if (members.Values.Any(m => m.Role.EndsWith("sync_standby", StringComparison.Ordinal)) && !member.Role.EndsWith("sync_standby", StringComparison.Ordinal))
            throw new StepRefusedException("not_synchronous", $"{node.Label} is not the one that has every row that was acknowledged.", "Choose the synchronous replica; after that, this one can follow.");
    }

    private static async Task HandOverAsync(SwitchOverInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        for (var left = Patience; ; left--)
        {
            var (members, node, work) = await OpenAsync(db, input, context);
            Check(members, node);
            if (members[node.Container].Leads)
                return;
            var refused = "Nobody leads the cluster.";
            if (members.FirstOrDefault(m => m.Value.Leads).Key is { } leader)
            {
                var answer = await PatroniCluster.SwitchOverAsync(await context.Get<TopologyHost>().ConnectAsync(work, node, context.Stop), node, leader, node.Container, context.Stop);
                context.Log(answer);
                if (answer.StartsWith("200 ", StringComparison.Ordinal))
                    return;
                refused = $"Patroni answers: {answer}";
            }
            if (left == 0)
                throw new TryLaterException(refused, "See who leads, and how the cluster's nodes do.");
            await Task.Delay(TimeSpan.FromSeconds(1), context.Stop);
        }
    }

    private static async Task WaitAsync(SwitchOverInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
        var node = NodeOf(work, input);
        for (var left = Patience; await host.MeasureAsync(work, node, context.Stop) is var seen && !PostgresNodes.TakesWrites(seen.State, seen.Role, seen.Figures); left--)
        {
            if (left == 0)
                throw new TryLaterException($"{node.Label} was asked to lead, and does not yet.", "See how the cluster's nodes do, and who leads.");
            await Task.Delay(TimeSpan.FromSeconds(1), context.Stop);
        }
        context.Log($"{node.Id}: {node.Label} leads");
    }

    private static LayoutNode NodeOf(TopologyWork work, SwitchOverInput input) =>
        work.Layout.Find(input.NodeId) ?? throw new StepRefusedException("node_gone", "The node was removed.");

    private static async Task<(IReadOnlyDictionary<string, PatroniMember> Members, LayoutNode Node, TopologyWork Work)> OpenAsync(OCoreDb db, SwitchOverInput input, StepContext context)
    {
        var host = context.Get<TopologyHost>();
        var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
        var node = NodeOf(work, input);
        return (await PatroniCluster.MembersAsync(await host.ConnectAsync(work, node, context.Stop), node, context.Stop), node, work);
    }
}

internal static class SwitchOverEndpoint
{
    /// <summary>Let this PostgreSQL lead. Nothing is written for a second or two, and nothing is lost. Refused where it does not have every row.</summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> SwitchOver(Guid id, string nodeId, OCoreDb db, [FromServices] TopologyHost host, OperationQueue queue, OperationKinds kinds, CancellationToken stop)
    {
        if (await db.Topologies.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop) is not { } topology)
            return Problem.NotFound;
        if (await host.FindAsync(db, id, stop) is not { } work)
            return TopologyProblems.NotDeployed;
        if (work.Layout.Find(nodeId) is not { } node)
            return Problem.NotFound;
        if (node.Type != NodeType.Postgres || !work.Layout.Failover)
            return TopologyProblems.CannotLead;
        return await db.InTransactionAsync<Results<Accepted<OperationView>, Problem>>(async () =>
        {
            var client = await db.ClientOfAsync(work.Deployment, stop);
            // For one that is going nothing begins. While one is suspended its PostgreSQL runs on, and so do the machines that have to be looked after.
            if (client is { } owner && await db.RefuseWorkAsync(owner, stop) is { } refused && refused.Code == AgencyProblems.Deleting.Code)
                return refused;
            var operation = await queue.EnqueueAsync<SwitchOverKind, SwitchOverInput>(db, new(id, nodeId), new($"Let {node.Label} lead {topology.Name}", topology.OrgId, InstanceId: work.Deployment.InstanceId, ServerId: node.ServerId,
                ClientId: client, TopologyId: id, Locks: DeploymentViews.LocksOf(work)), stop);
            db.Mark(topology, "switched_over", always: true);
            await db.SaveChangesAsync(stop);
            return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
        }, stop);
    }
}
