using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

internal sealed record ChangeInput(Guid TopologyId, string PlanHash, string DrawingDigest);

/// <summary>
/// Comes from what runs to what a plan has, one Odoo node after another: each is taken out of the load balancers, made anew, waited
/// for and taken in again. One that is not drawn any more is removed when it has answered what it had begun. Members of etcd, PostgreSQL and Redis
/// come to the others before that, and what led to those that go is told before they go. Undoing it is the same the other way round.
/// </summary>
internal sealed class ChangeTopologyKind : OperationKind<ChangeInput>
{
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(60);
    // What one that is made anew has, too.
    private static readonly TimeSpan Ending = TimeSpan.FromSeconds(20);

    public override string Name => "topology.change";
    public override int Version => 4;
    // Members of clusters were not changed before: there is nothing to do for them.
    public override int Since => 3;
    public override bool BeginsWithRequest => true;

    protected override void Define(StepList<ChangeInput> steps) => steps
        .Step("get the images", ImagesAsync, StayAsync)
        .Step("open the ports to those who come", OpenAsync, CloseAsync)
        .Step("change the members of etcd", (i, c) => EtcdAsync(i, c, back: false), (i, c) => EtcdAsync(i, c, back: true))
        .Step("change PostgreSQL, node by node", (i, c) => PostgresAsync(i, c, back: false), (i, c) => PostgresAsync(i, c, back: true))
        .Step("change Redis", (i, c) => RedisAsync(i, c, back: false), (i, c) => RedisAsync(i, c, back: true))
        .Step("change Odoo, node by node", (i, c) => RollAsync(i, c, back: false), (i, c) => RollAsync(i, c, back: true))
        .Step("change the load balancers", (i, c) => BalanceAsync(i, c, back: false), (i, c) => BalanceAsync(i, c, back: true))
        .Step("change the monitors", (i, c) => WatchAsync(i, c, back: false), (i, c) => WatchAsync(i, c, back: true))
        .Pivot("remove what is not drawn any more", RemoveAsync)
        .Step("finish", FinishAsync);

    // And what can be refused, before anything is changed.
    private static async Task ImagesAsync(ChangeInput input, StepContext context)
    {
        await using (var db = context.OpenDb())
        {
            var host = context.Get<TopologyHost>();
            var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
            await TopologySteps.RefuseSuspendedAsync(db, work.Deployment.InstanceId, context.Stop);
            foreach (var node in work.Layout.Nodes.Where(n => SharedAddress.Of(n) is not null))
                await SharedAddress.CheckAsync(await host.ConnectAsync(work, node, context.Stop), node, work.ServerOf(node).Name, unused: work.Deployment.Before?.Nodes.Any(b => SharedAddress.Of(b) == SharedAddress.Of(node)) == false, context.Stop);
        }
        await TopologySteps.ImagesAsync(input.TopologyId, context);
    }

    private static async Task StayAsync(ChangeInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.TopologyDeployments.SingleOrDefaultAsync(d => d.TopologyId == input.TopologyId, context.Stop) is not { } deployment)
            return;
        if (deployment.Before is { } before)
        {
            var ids = before.Nodes.Select(n => n.Id).ToList();
            await db.DeployedNodes.Where(n => n.TopologyId == input.TopologyId && !ids.Contains(n.NodeId)).ExecuteDeleteAsync(context.Stop);
            // What was to move is where it was.
            foreach (var row in await db.DeployedNodes.Where(n => n.TopologyId == input.TopologyId).ToListAsync(context.Stop))
                if (before.Find(row.NodeId) is { } node)
                    (row.Label, row.ServerId, row.Container) = (node.Label, node.ServerId, node.Container);
            (deployment.Layout, deployment.Before) = (before, null);
        }
        deployment.Status = "active";
        await db.SaveChangesAsync(context.Stop);
    }

    // For both, until one of them is gone: what is taken back was not open to more than is.
    private static async Task OpenAsync(ChangeInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
        await host.Firewall.EnsureAsync(work, work.Deployment.Before, context.Stop);
        await AdmitAsync(host, work, work.Deployment.Before, context.Stop);
    }

    // The NFS server is made anew around its files for it: mounts are hard, and whoever opens a file waits.
    private static async Task AdmitAsync(TopologyHost host, TopologyWork work, Layout? also, CancellationToken stop)
    {
        foreach (var node in work.Layout.Of(NodeType.Filestore))
        {
            await host.EnsureAsync(work, NfsServer.Admitting(node, also?.Find(node.Id)), stop);
            await host.WaitAsync(work, node, TimeSpan.FromMinutes(1), stop);
        }
    }

    private static async Task CloseAsync(ChangeInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        if (await host.FindAsync(db, input.TopologyId, context.Stop) is not { Deployment.Before: { } before } work)
            return;
        await host.Firewall.RemoveAsync(work, work.Layout.Servers.Except(before.Servers), context.Stop);
        await host.Firewall.EnsureAsync(Towards(work, back: true), null, context.Stop);
        await AdmitAsync(host, Towards(work, back: true), null, context.Stop);
    }

    private static async Task EtcdAsync(ChangeInput input, StepContext context, bool back)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
        if (work.Deployment.Before is not { } before)
            return;
        await host.Firewall.EnsureAsync(work, before, context.Stop);
        await EtcdMembers.ComeToAsync(db, context, host, Towards(work, back), back ? work.Layout : before);
    }

    private static async Task PostgresAsync(ChangeInput input, StepContext context, bool back)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
        if (work.Deployment.Before is not { } before)
            return;
        var (towards, from) = (Towards(work, back), back ? work.Layout : before);
        // On the way back nobody is led to those who go, before they go.
        if (back)
            await LeadAsync(host, towards, from, context);
        await PostgresMembers.ComeToAsync(context, host, towards, from, back);
        if (!back)
            await LeadAsync(host, towards, from, context);
    }

    // What follows the primary for others: made anew only where it has to know others, for its connections end with it.
    private static async Task LeadAsync(TopologyHost host, TopologyWork work, Layout from, StepContext context)
    {
        foreach (var node in work.Layout.Nodes.Where(n => n.IsPgEntry && work.HasServerOf(n)))
            if (from.Find(node.Id) is { } was && SpecHash.Of(NodeSpecs.Of(work.TopologyId, from, was, work.Secrets)) != SpecHash.Of(NodeSpecs.Of(work.TopologyId, work.Layout, node, work.Secrets)))
            {
                await host.EnsureAsync(work, node, context.Stop);
                await host.WaitAsync(work, node, TimeSpan.FromMinutes(1), context.Stop);
                context.Log($"{node.Id}: {node.Label} leads to those who are drawn");
            }
    }

    private static async Task RedisAsync(ChangeInput input, StepContext context, bool back)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
        if (work.Deployment.Before is { } before)
            await RedisMembers.ComeToAsync(context, host, Towards(work, back), back ? work.Layout : before, back);
    }

    private static TopologyWork Towards(TopologyWork work, bool back) => back && work.Deployment.Before is { } before ? work with { Layout = before } : work;

    private static async Task RollAsync(ChangeInput input, StepContext context, bool back)
    {
        await using var db = context.OpenDb();
        var (host, instances) = (context.Get<TopologyHost>(), context.Get<InstanceHost>());
        var opened = await host.OpenAsync(db, input.TopologyId, context.Stop);
        // Whoever watches may have begun to look before this began, and closed again what was opened.
        await host.Firewall.EnsureAsync(opened, opened.Deployment.Before, context.Stop);
        if (opened.Deployment.Before is { } other)
            await PostgresMembers.LeadForBothAsync(context, host, opened, other);
        var work = Towards(opened, back);
        var on = await TopologySteps.InstanceAsync(db, input.TopologyId, context);
        var cluster = await context.Get<BucketKeys>().AppliedAsync(db, opened.Deployment, on.Plan.Cluster!, TopologyHost.ClusterOf(work, on.Instance.Id, on.Plan.Cluster!.Bucket), back, context.Stop);
        on.Instance.ClusterSealed = instances.Seal(cluster, on.Instance.Id);
        (on.Instance.Workers, on.Instance.MemoryMb, on.Instance.Cpus, on.Instance.Image) = (cluster.Nodes[0].Workers, cluster.Nodes[0].MemoryMb, cluster.Nodes[0].Cpus, work.Layout.Home.Image);
        await db.SaveChangesAsync(context.Stop);
        await TopologySteps.FoldersAsync(host, work, on, context.Stop);
        // The balancers that run now are told; those that are to come are told later, and on the way back they are gone by now.
        var others = work.Deployment.Before ?? work.Layout;
        // What does not answer comes first: whoever answers is not taken away from people for it.
        var answering = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in others.Nodes.Where(n => n.IsWeb))
            if (await IsUpAsync(host, work, node, context.Stop))
                answering.Add(node.Id);
        // On the way back one may have been on a machine that was given up.
        foreach (var node in cluster.Nodes.Where(n => work.Servers.ContainsKey(n.ServerId)).OrderBy(n => answering.Contains(n.NodeId)))
        {
            var connection = await instances.ConnectAsync(db, node.ServerId, context.Stop);
            var (name, spec) = (DockerName.Parse(node.Container), OdooContainer.Spec(instances.PlanOf(on.Instance, cluster, node)));
            if (!back)
                await TopologySteps.RefuseSuspendedAsync(db, on.Instance.Id, context.Stop);
            else if (await db.IsSuspendedAsync(on.Instance.OrgId, context.Stop))
            {
                // As it was, and not started: the client was suspended meanwhile.
                await connection.Docker.PrepareContainerAsync(spec, context.Stop);
                continue;
            }
            var there = await connection.Docker.FindAsync(name, context.Stop);
            if (there is not { IsRunning: true } || there.SpecHash != SpecHash.Of(spec))
            {
                await TopologySteps.MarkAsync(context, input.TopologyId, node.NodeId, TopologyNodeState.Working, there is null ? "It is being made." : "It is being changed.");
                if (!back && answering.Contains(node.NodeId))
                    await OthersAnswerAsync(context, host, work, others, node.NodeId);
                if (there is { IsRunning: true })
                    await DrainAsync(context, host, work, others, node.NodeId);
                await connection.Docker.EnsureContainerAsync(spec, context.Stop);
            }
            // An attempt that was interrupted may have come so far, or have had it drained, and neither waited for it nor taken it in again.
            else if (context.Attempt == 1)
                continue;
            await InstanceHost.WaitUntilUpAsync(connection, name, context.Log, context.Stop);
            // Where it was is a machine that was given up: it is led to where it is now, before the next one is taken out.
            if (!back && others.Find(node.NodeId) is { } was && !work.HasServerOf(was))
                others = others with { Nodes = [.. others.Nodes.Select(n => n.Id == was.Id ? work.Layout.Find(n.Id)! : n)] };
            await TellAsync(context, host, work, others, null);
            await TopologySteps.MarkAsync(context, input.TopologyId, node.NodeId, TopologyNodeState.Running, null);
            context.Log($"{node.NodeId}: Odoo answers as planned");
        }
        instances.Applied(on.Instance, instances.PlanOf(on.Instance));
        await db.SaveChangesAsync(context.Stop);
        if (!back)
            return;
        // Whoever was drained for it gets people again, also where nothing was started because the client is suspended.
        await TellAsync(context, host, work, others, null);
        // The balancers take away on their way back what came, and were not changed yet where this was cancelled.
        await RemoveMissingAsync(db, host, work, opened.Layout, context, back: true);
    }

    private static async Task<bool> IsUpAsync(TopologyHost host, TopologyWork work, LayoutNode node, CancellationToken stop) =>
        work.HasServerOf(node) && (await host.MeasureAsync(work, node, stop)).State == TopologyNodeState.Running;

    /// <summary>Of several Odoo one is made anew when another answers, and not before: that they are drawn serves nobody.</summary>
    private static async Task OthersAnswerAsync(StepContext context, TopologyHost host, TopologyWork work, Layout running, string nodeId)
    {
        // One that goes with this change is not waited for: the plan has said so.
        var others = running.Nodes.Where(n => n.IsWeb && n.Id != nodeId && work.Layout.Find(n.Id) is { IsWeb: true }).ToList();
        foreach (var other in others)
            if (await IsUpAsync(host, work, other, context.Stop))
                return;
        if (others.Count > 0)
            throw new TryLaterException($"{nodeId} is the only Odoo that answers: {Rules.Sentence.And(others.Select(o => o.Label))} {(others.Count == 1 ? "does" : "do")} not.", "It is changed when another one answers. See what is wrong with that, or cancel the change.");
    }

    // Nobody new comes to it; whoever is on it is waited for, but not for ever.
    internal static async Task DrainAsync(StepContext context, TopologyHost host, TopologyWork work, Layout running, string nodeId)
    {
        if (running.Of(NodeType.Odoo).Count(n => n.IsWeb) < 2 || running.Find(nodeId) is not { } node)
            return;
        await TellAsync(context, host, work, running, nodeId);
        context.Log($"{nodeId}: gets nobody new");
        await QuietAsync(context, host, work, running.Nodes, node, context.Get<TimeProvider>().GetTimestamp());
    }

    /// <param name="since">When it got nobody new.</param>
    private static async Task QuietAsync(StepContext context, TopologyHost host, TopologyWork work, IReadOnlyCollection<LayoutNode> running, LayoutNode node, long since)
    {
        var time = context.Get<TimeProvider>();
        for (var quiet = 0; ; await Task.Delay(TimeSpan.FromMilliseconds(500), context.Stop))
        {
            // Twice: a worker that is just giving way may have taken one more after the first look.
            quiet = await OpenRequestsAsync(context, host, work, running, node) == 0 ? quiet + 1 : 0;
            if (quiet == 2)
                return;
            if (time.GetElapsedTime(since) < Drain)
                continue;
            context.Log($"{node.Id}: still answers after {Drain.TotalSeconds:0} s, and is not waited for any longer");
            return;
        }
    }

    internal static async Task TellAsync(StepContext context, TopologyHost host, TopologyWork work, Layout running, string? draining)
    {
        foreach (var balancer in running.Nodes.Where(n => n.IsBalancer && work.HasServerOf(n)))
        {
            var connection = await host.ConnectAsync(work, balancer, context.Stop);
            if (await connection.Docker.FindAsync(DockerName.Parse(balancer.Container), context.Stop) is { IsRunning: true })
                await context.Get<BalancerHost>().EnsureAsync(connection, work.TopologyId, work.Deployment.InstanceId, running, balancer, new HashSet<string>(draining is null ? [] : [draining]), context.Stop);
        }
    }

    private static async Task<int> OpenRequestsAsync(StepContext context, TopologyHost host, TopologyWork work, IReadOnlyCollection<LayoutNode> running, LayoutNode node)
    {
        var open = 0;
        foreach (var balancer in running.Where(n => n.IsBalancer && work.HasServerOf(n)))
            open += await BalancerHost.OpenRequestsAsync(await host.ConnectAsync(work, balancer, context.Stop), balancer, node, context.Stop);
        return open;
    }

    private static async Task BalanceAsync(ChangeInput input, StepContext context, bool back)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        var work = Towards(await host.OpenAsync(db, input.TopologyId, context.Stop), back);
        foreach (var node in work.Layout.Nodes.Where(n => n.IsBalancer && work.HasServerOf(n)))
        {
            await host.TakeEdgeAsync(db, work, node, context.Stop);
            await host.EnsureAsync(work, node, context.Stop);
            await host.GiveUnusedEdgeBackAsync(db, work, node, context.Stop);
        }
        if (back)
            await RemoveMissingAsync(db, host, work, work.Deployment.Layout, context, back: true);
        else
            await TopologySteps.WaitForBalancersAsync(host, work, context);
    }

    // Before anything is removed: what is not there any more is not missed. What is new is removed with the load balancers when this is undone.
    private static async Task WatchAsync(ChangeInput input, StepContext context, bool back)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        var work = Towards(await host.OpenAsync(db, input.TopologyId, context.Stop), back);
        foreach (var node in work.Layout.Of(NodeType.Monitor).Where(work.HasServerOf))
        {
            await host.EnsureAsync(work, node, context.Stop);
            if (back)
                continue;
            var seen = await host.WaitAsync(work, node, TimeSpan.FromMinutes(1), context.Stop);
            await TopologySteps.MarkAsync(context, input.TopologyId, node.Id, seen.State, seen.Message);
            context.Log($"{node.Id}: {node.Label} watches as planned");
        }
    }

    private static async Task RemoveAsync(ChangeInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
        if (work.Deployment.Before is not { } before)
            return;
        await RemoveMissingAsync(db, host, work, before, context);
        await AdmitAsync(host, work, null, context.Stop);
        await host.Firewall.RemoveAsync(work, before.Servers.Except(work.Layout.Servers), context.Stop);
        await host.Firewall.EnsureAsync(work, null, context.Stop);
    }

    /// <summary>Those of <paramref name="from"/> that are not where the work goes, or are somewhere else. The load balancers that stay do not lead to them any more.</summary>
    /// <param name="back">Then members of etcd, PostgreSQL and Redis are left to the steps that made them: they leave otherwise than by being removed.</param>
    private static async Task RemoveMissingAsync(OCoreDb db, TopologyHost host, TopologyWork work, Layout from, StepContext context, bool back = false)
    {
        var since = context.Get<TimeProvider>().GetTimestamp();
        foreach (var gone in from.Nodes.Where(n => work.Layout.Find(n.Id) is not { } still || still.ServerId != n.ServerId).Reverse())
        {
            if (back && (gone.Type is NodeType.Etcd or NodeType.Postgres or NodeType.Redis))
                continue;
            if (gone.Type == NodeType.Postgres)
            {
                await PostgresMembers.LeaveAsync(context, host, work, gone, [.. work.Layout.Of(NodeType.Postgres)]);
                continue;
            }
            if (gone.Type == NodeType.Odoo && work.HasServerOf(gone))
                await EndAsync(host, work, from, gone, since, context);
            await host.RemoveAsync(work, gone, context.Stop);
            if (gone.IsBalancer)
                await host.GiveEdgeBackAsync(db, work, gone, context.Stop);
            if (gone.Type == NodeType.Odoo && work.HasServerOf(gone) && work.Layout.Of(NodeType.Odoo).All(n => n.ServerId != gone.ServerId) && work.Deployment.InstanceId is { } instance)
            {
                var connection = await host.ConnectAsync(work, gone, context.Stop);
                // An oCore that was killed may have left it at work.
                await connection.Docker.RemoveContainerAsync(DockerName.Parse("ocore-files-" + Layout.KeyOf(work.TopologyId, gone.Id)), context.Stop);
                await ServerFiles.RemoveFolderAsync(connection, OdooContainer.FolderOf(instance), context.Stop);
                await host.ForgetNfsAsync(db, work, gone.ServerId!.Value, context.Stop);
            }
            context.Log($"{gone.Id}: {gone.Label} is removed");
        }
    }

    // Removing a container kills what is in it: first whoever is on this Odoo gets an answer, and Odoo ends by itself.
    private static async Task EndAsync(TopologyHost host, TopologyWork work, Layout from, LayoutNode gone, long since, StepContext context)
    {
        var (connection, name) = (await host.ConnectAsync(work, gone, context.Stop), DockerName.Parse(gone.Container));
        if (await connection.Docker.FindAsync(name, context.Stop) is not { IsRunning: true })
            return;
        context.Log($"{gone.Id}: gets nobody new");
        await QuietAsync(context, host, work, [.. from.Nodes.Concat(work.Layout.Nodes).DistinctBy(n => (n.ServerId, n.Container))], gone, since);
        await connection.Docker.StopAsync(name, Ending, context.Stop);
    }

    private static async Task FinishAsync(ChangeInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var deployment = await db.TopologyDeployments.SingleAsync(d => d.TopologyId == input.TopologyId, context.Stop);
        var ids = deployment.Layout.Nodes.Select(n => n.Id).ToList();
        await db.DeployedNodes.Where(n => n.TopologyId == input.TopologyId && !ids.Contains(n.NodeId)).ExecuteDeleteAsync(context.Stop);
        if (deployment.PlanHash != input.PlanHash)
            (deployment.Generation, deployment.PlanHash) = (deployment.Generation + 1, input.PlanHash);
        (deployment.Status, deployment.Before, deployment.DrawingDigest, deployment.DeployedAt) = ("active", null, input.DrawingDigest, context.Get<TimeProvider>().GetUtcNow());
        // Nothing leads back to the keys it had.
        if (await db.Instances.SingleOrDefaultAsync(i => i.Id == deployment.InstanceId, context.Stop) is { } instance && context.Get<InstanceHost>() is var instances && instances.ClusterOf(instance) is { FormerBucket: not null } cluster)
            instance.ClusterSealed = instances.Seal(cluster with { FormerBucket = null }, instance.Id);
        await db.SaveChangesAsync(context.Stop);
    }
}
