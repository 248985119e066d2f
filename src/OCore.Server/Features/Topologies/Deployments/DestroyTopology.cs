using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Domains;
using OCore.Platform;
using OCore.Platform.Operations;

namespace OCore.Features.Topologies.Deployments;

/// <summary>Takes everything down, people's way first, then forgets it. Waits for servers that are away.</summary>
internal sealed class DestroyTopologyKind : OperationKind<TopologyInput>
{
    public override string Name => "topology.destroy";
    public override bool IsPatient => true;

    protected override void Define(StepList<TopologyInput> steps) => steps
        .Pivot("take its address away", CloseAsync)
        .Step("remove its nodes", RemoveAsync)
        .Step("forget it", ForgetAsync);

    private static async Task CloseAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        if (await host.FindAsync(db, input.TopologyId, context.Stop) is not { } work)
            return;
        // Not with the request: that can be cancelled until this begins.
        work.Deployment.Status = "destroying";
        if (await db.Instances.SingleOrDefaultAsync(i => i.Id == work.Deployment.InstanceId, context.Stop) is { } instance)
            (instance.Status, instance.WantRunning) = (InstanceStatus.Removing, false);
        await db.SaveChangesAsync(context.Stop);
        foreach (var node in work.Layout.Nodes.Where(n => n.IsBalancer))
            await host.RemoveAsync(work, node, context.Stop);
    }

    private static async Task RemoveAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        if (await host.FindAsync(db, input.TopologyId, context.Stop) is { } work)
            await host.RemoveNodesAsync(db, work, context.Log, context.Stop);
    }

    private static async Task ForgetAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await context.Get<TopologyHost>().FindAsync(db, input.TopologyId, context.Stop) is not { Deployment: { } deployment } work)
            return;
        if (BackupNodes.Of(work.Layout) is { } backup)
            await BackupNodes.RemoveAsync(db, work, backup, context.Stop);
        if (await db.Instances.SingleOrDefaultAsync(i => i.Id == deployment.InstanceId, context.Stop) is { } instance)
        {
            await InstanceDomainQueries.ReleaseAllAsync(db, instance, context.Get<Settings>(), context.Get<TimeProvider>().GetUtcNow(), context.Stop);
            db.Remove(instance);
        }
        await TopologyHost.ForgetAsync(db, input.TopologyId, context.Stop);
    }
}
