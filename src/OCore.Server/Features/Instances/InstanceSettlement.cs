using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Operations;

namespace OCore.Features.Instances;

/// <summary>An instance is what the next look at its server finds. Until then, and where there is nothing to find, it has failed: it can be restarted, and deleted.</summary>
internal sealed class InstanceSettlement : Settlement
{
    public override async Task SettleAsync(Resolution resolution, CancellationToken stop)
    {
        var ids = resolution.Of("instance");
        foreach (var instance in await resolution.Db.Instances.Where(i => ids.Contains(i.Id)).ToListAsync(stop))
        {
            instance.ReservedDatabase = null;
            if (instance.Status is InstanceStatus.Creating or InstanceStatus.Restarting or InstanceStatus.Removing)
                (instance.Status, instance.StatusMessage) = (InstanceStatus.Failed, $"{Resolution.Sentence} Restart the instance, or delete it.");
        }
    }
}
