using System.Globalization;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// Several Odoo of one instance, started anew one after another with the settings as they are now: each is taken out of the load balancers,
/// waited for and taken in again. What does not answer comes first: whoever answers is not taken away from people for it.
/// </summary>
internal static class RollingRestart
{
    // What one that is changed has, too.
    private static readonly TimeSpan Ending = TimeSpan.FromSeconds(20);

    public static async Task<bool> AppliesAsync(Guid instance, StepContext context)
    {
        await using var db = context.OpenDb();
        return await db.TopologyDeployments.AsNoTracking().Where(d => d.InstanceId == instance).Select(d => d.Layout).SingleOrDefaultAsync(context.Stop) is { } layout && layout.Of(NodeType.Odoo).Count() > 1;
    }

    public static async Task RunAsync(OCoreDb db, InstanceOnServer on, StepContext context)
    {
        var (host, instances, cluster) = (context.Get<TopologyHost>(), context.Get<InstanceHost>(), on.Plan.Cluster!);
        var work = await host.OpenAsync(db, cluster.TopologyId, context.Stop);
        var asked = await db.Operations.Where(o => o.Id == context.OperationId).Select(o => o.CreatedAt).SingleAsync(context.Stop);
        await instances.SaveAsync(on, context.Stop);
        var answering = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in work.Layout.Of(NodeType.Odoo).Where(work.HasServerOf))
            if ((await host.MeasureAsync(work, node, context.Stop)).State == TopologyNodeState.Running)
                answering.Add(node.Id);
        // One whose machine was given up is drawn elsewhere first.
        foreach (var node in cluster.Nodes.Where(n => work.Servers.ContainsKey(n.ServerId)).OrderBy(n => answering.Contains(n.NodeId)))
        {
            var connection = await instances.ConnectAsync(db, node.ServerId, context.Stop);
            var (name, spec) = (DockerName.Parse(node.Container), OdooContainer.Spec(instances.PlanOf(on.Instance, cluster, node)));
            var there = await connection.Docker.FindAsync(name, context.Stop);
            // An attempt before this one may have come so far.
            if (there is not { IsRunning: true, StartedAt: { } since } || there.SpecHash != SpecHash.Of(spec) || since < await ThereAsync(connection, context.Get<TimeProvider>().GetUtcNow() - asked, context.Stop))
            {
                await TopologySteps.MarkAsync(context, work.TopologyId, node.NodeId, TopologyNodeState.Working, "It is being restarted.");
                if (there is { IsRunning: true })
                {
                    await ChangeTopologyKind.DrainAsync(context, host, work, work.Layout, node.NodeId);
                    await connection.Docker.StopAsync(name, Ending, context.Stop);
                }
                await connection.Docker.EnsureContainerAsync(spec, context.Stop);
            }
            await InstanceHost.WaitUntilUpAsync(connection, name, context.Log, context.Stop);
            await ChangeTopologyKind.TellAsync(context, host, work, work.Layout, null);
            await TopologySteps.MarkAsync(context, work.TopologyId, node.NodeId, TopologyNodeState.Running, null);
            context.Log($"{node.NodeId}: Odoo answers again");
        }
        instances.Started(on);
    }

    // By the server's own clock: by that it says since when a container runs.
    private static async Task<DateTimeOffset> ThereAsync(IServerConnection connection, TimeSpan ago, CancellationToken stop)
    {
        var answer = (await connection.RunAsync(RemoteCommand.Of("date", "+%s"), stop)).ThrowIfFailed("Asking for the time");
        return DateTimeOffset.FromUnixTimeSeconds(long.Parse(answer.Out.Trim(), CultureInfo.InvariantCulture)) - ago;
    }
}
