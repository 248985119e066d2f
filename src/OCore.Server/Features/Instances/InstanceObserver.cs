using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Instances;

/// <summary>Writes measured state. What is wanted is not touched; what an operation works on is left to it.</summary>
internal static class InstanceObserver
{
    public static async Task ApplyAsync(OCoreDb db, Server server, ServerObservation seen, CancellationToken stop)
    {
        if (!seen.Reachable)
        {
            await ServerAwayAsync(db, server.Id, seen.At, stop);
            return;
        }
        var containers = seen.Containers.ToDictionary(c => c.Name);
        var stats = seen.Stats?.ToDictionary(s => s.Name);
        var busy = await BusyAsync(db, stop);
        // What an operation has changed since this look began was not seen by it.
        busy.UnionWith((await db.Operations.AcrossTenants().Where(o => o.ServerId == server.Id && o.InstanceId != null && o.FinishedAt >= seen.At).Select(o => o.InstanceId).ToListAsync(stop)).Select(id => $"instance:{id}"));
        foreach (var instance in await db.Instances.AcrossTenants().Where(i => i.ServerId == server.Id).ToListAsync(stop))
        {
            // While an operation works on it, the operation says what it is.
            if (instance.Status is InstanceStatus.Creating or InstanceStatus.Restarting or InstanceStatus.Removing || busy.Contains($"instance:{instance.Id}"))
                continue;
            var name = OdooContainer.NameOf(instance.Slug).Value;
            (instance.Status, instance.StatusMessage) = Judge(instance, containers.TryGetValue(name, out var container) ? container.IsRunning : null);
            var measured = seen.Health.TryGetValue(instance.Id, out var health) ? health == EdgeHealth.Up ? "healthy" : "unhealthy" : "unknown";
            // A look that saw nothing new is written once a minute, not with every tick. What is unknown is so since it was last known. The
            // edge does not know a topology's Odoo, whose nodes are asked one by one.
            if (instance.TopologyId is null && (instance.Health != measured || instance.HealthAt is null || measured != "unknown" && seen.At - instance.HealthAt > TimeSpan.FromMinutes(1)))
                (instance.Health, instance.HealthAt) = (measured, seen.At);
            Measure(instance, seen, stats?.GetValueOrDefault(name));
        }
        if (seen.DatabaseSizes is { } sizes)
            foreach (var further in await db.InstanceDatabases.AcrossTenants().Where(d => d.ServerId == server.Id).ToListAsync(stop))
                if (sizes.TryGetValue(further.Name, out var size))
                    further.Bytes = size;
        await db.SaveChangesAsync(stop);
    }

    // Sizes are measured more seldom than the rest, and of what stands still too.
    private static void Measure(Instance instance, ServerObservation seen, ContainerStats? stats)
    {
        var database = seen.DatabaseSizes?.TryGetValue(instance.Database, out var size) == true ? size : instance.Use?.DatabaseBytes;
        var files = seen.FolderSizes?.TryGetValue(instance.Id.ToString("N"), out var folder) == true ? folder : instance.Use?.FilestoreBytes;
        if (stats is not null || database != instance.Use?.DatabaseBytes || files != instance.Use?.FilestoreBytes)
            instance.Use = new InstanceUse
            {
                At = seen.At, MemoryBytes = stats?.MemoryBytes ?? instance.Use?.MemoryBytes ?? 0, CpuPercent = stats?.CpuPercent ?? instance.Use?.CpuPercent ?? 0,
                DatabaseBytes = database, FilestoreBytes = files,
            };
    }

    /// <summary>Nothing is known while a server does not answer, and unknown is not stopped.</summary>
    private static Task ServerAwayAsync(OCoreDb db, Guid serverId, DateTimeOffset now, CancellationToken stop) =>
        db.Instances.AcrossTenants().Where(i => i.ServerId == serverId && i.TopologyId == null && (i.Health != "unknown" || i.HealthAt == null)).ExecuteUpdateAsync(s => s.SetProperty(i => i.Health, "unknown").SetProperty(i => i.HealthAt, now), stop);

    public static async Task<IReadOnlyList<DockerName>> ShouldRunAsync(OCoreDb db, Server server, CancellationToken stop)
    {
        var rows = await db.Instances.AcrossTenants().AsNoTracking()
            .Where(i => i.ServerId == server.Id && i.WantRunning && (i.Status == InstanceStatus.Running || i.Status == InstanceStatus.Failed) && i.Organization.SuspendedAt == null && i.Organization.DeletingAt == null)
            .Select(i => new { i.Id, i.Slug }).ToListAsync(stop);
        var busy = await BusyAsync(db, stop);
        return [.. rows.Where(i => !busy.Contains($"instance:{i.Id}")).Select(i => OdooContainer.NameOf(i.Slug))];
    }

    private static async Task<HashSet<string>> BusyAsync(OCoreDb db, CancellationToken stop) =>
        (await db.ResourceLocks.Where(l => l.Key.StartsWith("instance:")).Select(l => l.Key).ToListAsync(stop)).ToHashSet();

    private static (InstanceStatus, string?) Judge(Instance instance, bool? running) => (instance.WantRunning, running) switch
    {
        _ when instance.Status == InstanceStatus.Suspended => (InstanceStatus.Suspended, instance.StatusMessage),
        (_, null) => (InstanceStatus.Failed, "Its container is gone from the server. Restart the instance to make it again."),
        (true, true) => (InstanceStatus.Running, null),
        (true, false) => (InstanceStatus.Failed, "Odoo stopped by itself and is being started again. Its log says why; if it stays so, restart the instance."),
        (false, true) => (InstanceStatus.Running, "It runs although it was stopped here: somebody started the container on the server."),
        (false, false) => (InstanceStatus.Stopped, null),
    };
}
