using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>Compares the nodes of a deployment with what is on their servers, and puts one right. Each function looks before it acts.</summary>
internal sealed class DriftHost(TopologyHost host, BalancerHost balancers, InstanceHost instances)
{
    /// <summary>The instance of a deployment, read once for all of its nodes.</summary>
    public static Task<Instance?> InstanceAsync(OCoreDb db, TopologyWork work, CancellationToken stop) =>
        db.Instances.AsNoTracking().SingleOrDefaultAsync(i => i.Id == work.Deployment.InstanceId, stop);

    /// <summary>Making it anew loses nothing: what it needs is oCore's, or another node's.</summary>
    public static bool IsSafe(LayoutNode node) => !NodeSpecs.HasVolume(node);

    /// <returns>Null where its server does not answer: that is no difference.</returns>
    public async Task<IReadOnlyList<NodeDrift>?> LookAsync(TopologyWork work, Instance? instance, LayoutNode node, CancellationToken stop)
    {
        if (node.ServerId is not { } id || !work.Servers.ContainsKey(id) || await WantedAsync(work, instance, node, stop) is not { } wanted)
            return [];
        try
        {
            var connection = await host.ConnectAsync(work, node, stop);
            return [.. await NodeDrifts.LookAsync(connection, wanted, IsSafe(node), stop), .. await HolderAsync(connection, work, node, stop)];
        }
        catch (Exception away) when (away is TryLaterException or StepRefusedException or ServerException or TimeoutException && !stop.IsCancellationRequested)
        {
            return null;
        }
    }

    // Whatever it is that differs, the holder is made anew for it, and the load balancer is not.
    private static async Task<IReadOnlyList<NodeDrift>> HolderAsync(IServerConnection connection, TopologyWork work, LayoutNode node, CancellationToken stop) => SharedAddress.Of(node) is null ? []
        : [.. (await NodeDrifts.LookAsync(connection, new WantedContainer(SharedAddress.Spec(work.TopologyId, node), []), safe: true, stop))
            .Select(d => d with { Kind = d.Kind == NodeDriftKind.Foreign ? d.Kind : NodeDriftKind.Stopped, Message = $"What holds its shared address: {d.Message}" })];

    private async Task<WantedContainer?> WantedAsync(TopologyWork work, Instance? instance, LayoutNode node, CancellationToken stop)
    {
        if (node.Type != NodeType.Odoo)
            return new WantedContainer(NodeSpecs.Of(work.TopologyId, work.Layout, node, work.Secrets), node.IsBalancer ? await balancers.FilesAsync(work.Deployment.InstanceId, work.Layout, node, stop) : []);
        if (instance is null || instances.ClusterOf(instance) is not { } cluster || cluster.Nodes.FirstOrDefault(n => n.NodeId == node.Id) is not { } at)
            return null;
        return new WantedContainer(OdooContainer.Spec(instances.PlanOf(instance, cluster, at)), [])
        {
            MayStand = !instance.WantRunning || instance.Status == InstanceStatus.Suspended, Waits = instance.AppliedSettings is { } applied && applied != OdooContainer.Fingerprint(instances.PlanOf(instance)),
        };
    }

    private async Task<bool> IsEmptiedAsync(TopologyWork work, LayoutNode node, CancellationToken stop) =>
        NodeSpecs.HasVolume(node) && !await (await host.ConnectAsync(work, node, stop)).Docker.HasVolumeAsync(DockerName.Parse(node.Container), stop);

    /// <summary>Whether others have all that it kept, and give it again: another PostgreSQL or Redis leads, the other members of etcd are a majority. A sentinel keeps nothing that the others do not know.</summary>
    private async Task<bool> HaveOthersAsync(TopologyWork work, LayoutNode node, CancellationToken stop)
    {
        if (node.Type == NodeType.Postgres && !work.Layout.Failover || node.Type == NodeType.Redis && !node.IsWatched || node.Type is not (NodeType.Postgres or NodeType.Etcd or NodeType.Redis))
            return false;
        // Whoever has just lost one that led agrees on another within seconds.
        for (var left = 10; ; left--)
        {
            var others = await Task.WhenAll(work.Layout.Of(node.Type).Where(n => n.Id != node.Id && !n.IsSentinel && work.HasServerOf(n)).Select(n => host.MeasureAsync(work, n, stop)));
            var answering = others.Where(o => o.State is TopologyNodeState.Running or TopologyNodeState.Degraded).ToList();
            if (node.Type == NodeType.Etcd ? answering.Count(o => o.State == TopologyNodeState.Running) >= PatroniConfig.Majority(work.Layout) : answering.Exists(o => o.Role == "primary"))
                return true;
            if (left == 0)
                return false;
            await Task.Delay(TimeSpan.FromSeconds(1), stop);
        }
    }

    /// <summary>What is kept stays: a node whose volume is gone is not made anew where nobody else has what it kept, for it would start empty and call that its data.</summary>
    /// <returns>Whether there was anything to do.</returns>
    /// <exception cref="StepRefusedException">A person has to decide.</exception>
    public async Task<bool> CheckAsync(TopologyWork work, Instance? instance, LayoutNode node, CancellationToken stop)
    {
        var drift = await LookAsync(work, instance, node, stop) ?? throw new TryLaterException($"The server of {node.Label} does not answer.", "It is looked at again.");
        if (drift.Any(d => d.Kind == NodeDriftKind.Foreign))
            throw new StepRefusedException("not_ours", $"{node.Label}: a container named {node.Container} is there that oCore did not make.", "Remove it, or give it another name, and repair again.");
        if (drift.Count > 0 && await IsEmptiedAsync(work, node, stop) && !await HaveOthersAsync(work, node, stop))
            throw new StepRefusedException("data_gone", $"{node.Label}: its volume {node.Container} is gone, and what it kept with it.", "A node without its data is not made to look like one that has it. Where other members have it as well, this one is put right when they answer; otherwise restore a backup, or destroy and deploy again.");
        return drift.Count > 0;
    }

    /// <summary>As it was deployed. A load balancer's files are put back without a restart; everything else is made anew around what it keeps.</summary>
    public async Task PutRightAsync(OCoreDb db, StepContext context, TopologyWork work, Instance? instance, LayoutNode node)
    {
        var stop = context.Stop;
        var drift = await LookAsync(work, instance, node, stop) ?? throw new TryLaterException($"The server of {node.Label} does not answer.", "It is looked at again.");
        var connection = await host.ConnectAsync(work, node, stop);
        var name = DockerName.Parse(node.Container);
        if (node.Type is NodeType.Etcd or NodeType.Redis && await IsEmptiedAsync(work, node, stop))
        {
            context.Log($"{node.Id}: what it kept is gone, and the others have it");
            await (node.Type == NodeType.Etcd ? EtcdMembers.RejoinAsync(db, context, host, work, node) : RedisMembers.RejoinAsync(host, work, node, stop));
            return;
        }
        // A load balancer that stands itself has no files to compare: then what stands is the holder of its address.
        if (node.IsBalancer && drift.Any(d => d.Kind == NodeDriftKind.File) && drift.All(d => d.Kind is NodeDriftKind.File or NodeDriftKind.Stopped))
            await BalancerHost.ForgetAsync(connection, name, node, stop);
        else if (drift.Any(d => d.Kind is not (NodeDriftKind.Missing or NodeDriftKind.Stopped)))
            await connection.Docker.RemoveContainerAsync(name, stop);
        if (node.Type == NodeType.Odoo)
        {
            var cluster = instances.ClusterOf(instance!)!;
            await instances.EnsureNodeAsync(db, instance!, cluster, cluster.Nodes.Single(n => n.NodeId == node.Id), stop);
            return;
        }
        if ((await HolderAsync(connection, work, node, stop)).Count > 0)
            await SharedAddress.RemoveAsync(connection, node, stop);
        if (node.IsBalancer)
            await host.TakeEdgeAsync(db, work, node, stop);
        await host.EnsureAsync(work, node, stop);
    }
}
