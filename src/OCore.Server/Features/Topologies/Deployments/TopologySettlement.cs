using Microsoft.EntityFrameworkCore;
using OCore.Platform.Operations;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// A deployment is active again: its nodes are looked at, what differs is shown and can be repaired, and it can be destroyed. Of a change
/// the person has said which of its two ends is there.
/// </summary>
internal sealed class TopologySettlement(TimeProvider time) : Settlement
{
    public override async Task SettleAsync(Resolution resolution, CancellationToken stop)
    {
        var (db, ids) = (resolution.Db, resolution.Of("topology"));
        foreach (var deployment in await db.TopologyDeployments.Where(d => ids.Contains(d.TopologyId) && d.Status != "active").ToListAsync(stop))
        {
            if (deployment.Before is { } before && !resolution.Succeeded)
                deployment.Layout = before;
            else if (resolution.Succeeded && deployment.Status != "destroying")
                (deployment.Generation, deployment.DeployedAt) = (deployment.Generation + 1, time.GetUtcNow());
            (deployment.Status, deployment.Before) = ("active", null);
            var nodes = deployment.Layout.Nodes.Select(n => n.Id).ToList();
            db.RemoveRange(await db.DeployedNodes.Where(n => n.TopologyId == deployment.TopologyId && !nodes.Contains(n.NodeId)).ToListAsync(stop));
        }
    }
}
