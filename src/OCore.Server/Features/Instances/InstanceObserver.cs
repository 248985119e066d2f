using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Features.Instances;

/// <summary>What was seen of one instance at a look at its server.</summary>
/// <param name="ContainerRunning">Null where the container is not there.</param>
/// <param name="EdgeUp">As the edge's own check says; null where it has none.</param>
internal sealed record InstanceObservation(Guid InstanceId, bool? ContainerRunning, bool? EdgeUp, long? MemoryBytes, double? CpuPercent, long? DatabaseBytes);

/// <summary>Writes measured state. What is wanted is not touched; what an operation works on is left to it.</summary>
internal static class InstanceObserver
{
    public static async Task ApplyAsync(OCoreDb db, Guid serverId, IReadOnlyDictionary<Guid, InstanceObservation> seen, DateTimeOffset now, CancellationToken stop)
    {
        foreach (var instance in await db.Instances.AcrossTenants().Where(i => i.ServerId == serverId).ToListAsync(stop))
        {
            if (instance.Status is InstanceStatus.Creating or InstanceStatus.Restarting or InstanceStatus.Removing || !seen.TryGetValue(instance.Id, out var look))
                continue;
            (instance.Status, instance.StatusMessage) = Judge(instance, look);
            instance.Health = look.EdgeUp switch { true => "healthy", false => "unhealthy", null => "unknown" };
            instance.HealthAt = now;
            if (look.MemoryBytes is { } memory)
                instance.Use = new InstanceUse { At = now, MemoryBytes = memory, CpuPercent = look.CpuPercent ?? 0, DatabaseBytes = look.DatabaseBytes ?? instance.Use?.DatabaseBytes, FilestoreBytes = instance.Use?.FilestoreBytes };
        }
        await db.SaveChangesAsync(stop);
    }

    /// <summary>Nothing is known while a server does not answer, and unknown is not stopped.</summary>
    public static Task ServerAwayAsync(OCoreDb db, Guid serverId, DateTimeOffset now, CancellationToken stop) =>
        db.Instances.AcrossTenants().Where(i => i.ServerId == serverId).ExecuteUpdateAsync(s => s.SetProperty(i => i.Health, "unknown").SetProperty(i => i.HealthAt, now), stop);

    private static (InstanceStatus, string?) Judge(Instance instance, InstanceObservation look) => (instance.WantRunning, look.ContainerRunning) switch
    {
        _ when instance.Status == InstanceStatus.Suspended => (InstanceStatus.Suspended, instance.StatusMessage),
        (_, null) => (InstanceStatus.Failed, "Its container is gone from the server. Restart the instance to make it again."),
        (true, true) => (InstanceStatus.Running, null),
        (true, false) => (InstanceStatus.Failed, "Odoo stopped by itself. Its log says why; restart the instance."),
        (false, true) => (InstanceStatus.Running, "It runs although it was stopped here: somebody started the container on the server."),
        (false, false) => (InstanceStatus.Stopped, null),
    };
}
