using Microsoft.EntityFrameworkCore;
using OCore.Features.Instances;
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

    // Not with the request: that can be cancelled until this begins.
    private static async Task CloseAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        await context.Get<TopologyHost>().CloseAsync(db, input.TopologyId, context.Stop);
    }

    private static async Task RemoveAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        await context.Get<TopologyHost>().RemoveNodesAsync(db, input.TopologyId, context.Log, context.Stop);
    }

    private static async Task ForgetAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.TopologyDeployments.Where(d => d.TopologyId == input.TopologyId).Select(d => d.InstanceId).SingleOrDefaultAsync(context.Stop) is { } instance)
            await InstanceSteps.ForgetAsync(new(instance), context);
        // One whose instance is gone already is not forgotten with it.
        await TopologyHost.ForgetForGoodAsync(db, input.TopologyId, context.Stop);
    }
}
