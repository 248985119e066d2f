using OCore.Client;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// From one set of PostgreSQL nodes under Patroni to another, while they work. Who comes copies everything from the one that leads; who
/// has to be made anew is so one after another, and the one that leads at last, after another has taken its place.
/// </summary>
internal static class PostgresMembers
{
    // Seconds, in which a cluster that has just lost or changed somebody finds together.
    private const int Patience = 30;
    private static readonly TimeSpan Copying = TimeSpan.FromMinutes(15);

    /// <param name="work">Towards which layout it goes.</param>
    /// <param name="back">Then what is not in it goes at once, whoever leads; on the way there that comes after the point of no return.</param>
    public static async Task ComeToAsync(StepContext context, TopologyHost host, TopologyWork work, Layout from, bool back)
    {
        var wanted = work.Layout.Of(NodeType.Postgres).Where(work.HasServerOf).ToList();
        var gone = from.Of(NodeType.Postgres).Where(n => work.HasServerOf(n) && work.Layout.Find(n.Id)?.IsAt(n) != true).ToList();
        var coming = wanted.Where(n => from.Find(n.Id)?.IsAt(n) != true).ToList();
        var staying = wanted.Except(coming).ToList();
        string HashIn(Layout layout, LayoutNode node) => SpecHash.Of(NodeSpecs.Of(work.TopologyId, layout, node, work.Secrets));
        var differing = staying.Where(n => HashIn(from, from.Find(n.Id)!) != HashIn(work.Layout, n)).ToList();
        if (!work.Layout.Failover || gone.Count + coming.Count + differing.Count == 0)
            return;
        if (!back)
            foreach (var node in gone)
                if (await LeadsAsync(host, work, node, context.Stop))
                    throw new StepRefusedException("leads", $"{node.Label} leads the cluster: it is not taken away.", "Let another PostgreSQL lead first (switch over), plan again and deploy.");
        // Of one name there is one member: who moves leaves before it comes.
        foreach (var node in gone.Where(n => coming.Exists(c => c.Id == n.Id)))
            await LeaveAsync(context, host, work, node, staying);
        foreach (var node in coming)
        {
            await TopologySteps.MarkAsync(context, work.TopologyId, node.Id, TopologyNodeState.Working, "It copies the database from the one that leads.");
            await host.EnsureAsync(work, node, context.Stop);
        }
        foreach (var node in coming)
        {
            var seen = await host.WaitAsync(work, node, Copying, context.Stop);
            await TopologySteps.MarkAsync(context, work.TopologyId, node.Id, seen.State, seen.Message);
            context.Log($"{node.Id}: {node.Label} has the database and follows");
        }
        await RollAsync(context, host, work, [.. staying, .. coming], differing);
        if (wanted.FirstOrDefault() is { } said && from.Of(NodeType.Postgres).Any(n => n.Text("synchronous") != said.Text("synchronous")))
            await PatroniCluster.SetSynchronousAsync(await host.ConnectAsync(work, said, context.Stop), said, said.Is("synchronous", "true"), context.Stop);
        if (back)
            foreach (var node in gone.Where(n => coming.All(c => c.Id != n.Id)))
                await LeaveAsync(context, host, work, node, wanted);
    }

    /// <summary>Its container and its copy are removed. Where it leads by now, another one does before.</summary>
    public static async Task LeaveAsync(StepContext context, TopologyHost host, TopologyWork work, LayoutNode node, IReadOnlyList<LayoutNode> others)
    {
        if (await LeadsAsync(host, work, node, context.Stop))
            await HandOverAsync(context, host, work, node, others);
        await host.RemoveAsync(work, node, context.Stop);
        context.Log($"{node.Id}: {node.Label} is removed");
    }

    /// <summary>
    /// Odoo is told of others one node after another, and knows until then only those of before: one leads that is in both. On the way back nothing
    /// else would end a wait for one that leads, for those who came go after Odoo was told.
    /// </summary>
    /// <param name="other">The layout that <paramref name="work"/> comes from.</param>
    public static async Task LeadForBothAsync(StepContext context, TopologyHost host, TopologyWork work, Layout other)
    {
        var all = work.Layout.Of(NodeType.Postgres).Where(work.HasServerOf).ToList();
        var both = all.Where(n => other.Find(n.Id)?.IsAt(n) == true).ToList();
        if (!work.Layout.Failover || both.Count == 0)
            return;
        foreach (var node in all.Except(both))
            if (await LeadsAsync(host, work, node, context.Stop))
                try
                {
                    await HandOverAsync(context, host, work, node, both);
                }
                catch (TryLaterException none)
                {
                    context.Log($"{node.Id} goes on leading, and not every Odoo knows it yet: {none.Message}");
                }
    }

    private static async Task<bool> LeadsAsync(TopologyHost host, TopologyWork work, LayoutNode node, CancellationToken stop) =>
        work.HasServerOf(node) && await host.MeasureAsync(work, node, stop) is { Role: "primary" };

    private static async Task RollAsync(StepContext context, TopologyHost host, TopologyWork work, IReadOnlyList<LayoutNode> all, IReadOnlyList<LayoutNode> differing)
    {
        var left = new List<LayoutNode>();
        foreach (var node in differing)
        {
            var connection = await host.ConnectAsync(work, node, context.Stop);
            var there = await connection.Docker.FindAsync(DockerName.Parse(node.Container), context.Stop);
            if (there is not { IsRunning: true } || there.SpecHash != SpecHash.Of(NodeSpecs.Of(work.TopologyId, work.Layout, node, work.Secrets)))
                left.Add(node);
        }
        while (left.Count > 0)
        {
            LayoutNode? next = null;
            foreach (var node in left)
                if (next is null && !await LeadsAsync(host, work, node, context.Stop))
                    next = node;
            if (next is null)
            {
                next = left[0];
                await HandOverAsync(context, host, work, next, [.. all.Where(n => n.Id != next.Id)]);
            }
            // Of those who have every row one stays while another is made anew.
            foreach (var other in all.Where(n => n.Id != next.Id))
                await host.WaitAsync(work, other, TimeSpan.FromMinutes(1), context.Stop);
            await TopologySteps.MarkAsync(context, work.TopologyId, next.Id, TopologyNodeState.Working, "It is being changed.");
            await host.EnsureAsync(work, next, context.Stop);
            var seen = await host.WaitAsync(work, next, TimeSpan.FromMinutes(3), context.Stop);
            await TopologySteps.MarkAsync(context, work.TopologyId, next.Id, seen.State, seen.Message);
            context.Log($"{next.Id}: {next.Label} is as planned");
            left.Remove(next);
        }
    }

    // To one that has every row. Patroni does it: nothing is written for a second or two, and nothing is lost.
    private static async Task HandOverAsync(StepContext context, TopologyHost host, TopologyWork work, LayoutNode leader, IReadOnlyList<LayoutNode> others)
    {
        var refused = "no other one follows";
        for (var left = Patience; left > 0; left--)
        {
            var connection = await host.ConnectAsync(work, leader, context.Stop);
            var members = await PatroniCluster.MembersAsync(connection, leader, context.Stop);
            if (members.GetValueOrDefault(leader.Container) is not { Leads: true })
                break;
            var able = others.Where(o => members.GetValueOrDefault(o.Container) is { Follows: true }).ToList();
            var needed = members.Values.Any(m => m.IsSynchronous);
            if (able.FirstOrDefault(o => !needed || members[o.Container].IsSynchronous) is { } candidate)
            {
                refused = await PatroniCluster.SwitchOverAsync(connection, leader, leader.Container, candidate.Container, context.Stop);
                context.Log($"{leader.Id} hands over to {candidate.Id}: {refused}");
            }
            await Task.Delay(TimeSpan.FromSeconds(1), context.Stop);
        }
        for (var left = Patience; left > 0; left--)
        {
            foreach (var other in others)
                if (await host.MeasureAsync(work, other, context.Stop) is { State: TopologyNodeState.Running, Role: "primary" })
                    return;
            await Task.Delay(TimeSpan.FromSeconds(1), context.Stop);
        }
        throw new TryLaterException($"{leader.Label} leads, and no other one takes its place: {refused}", "See how the cluster's nodes do; at least one has to follow.");
    }
}
