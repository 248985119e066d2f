using OCore.Features.Organizations;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Features.Instances;

/// <summary>What an instance is promised of its server, kept while its settings change: only what is asked for beyond it has to fit.</summary>
internal readonly record struct InstancePromise(int MemoryMb, double Cpus)
{
    public static InstancePromise Of(Instance instance) => new(instance.MemoryMb, instance.Cpus ?? 0);

    /// <summary>Why the changed instance does not fit. Call it in the transaction that saves it.</summary>
    public async Task<Problem?> CheckAsync(OCoreDb db, Instance changed, CancellationToken stop)
    {
        // All instances of a server are of one agency, which holds the room that is looked at until it is taken.
        await db.LockOrganizationAsync(changed.RootId, stop);
        var (memoryMb, cpus) = (changed.MemoryMb - MemoryMb, (changed.Cpus ?? 0) - Cpus);
        return (memoryMb > 0 || cpus > 0) && await db.ServerByIdAsync(changed.ServerId, stop) is { Facts: not null } server
            ? await ServerCapacity.CheckAsync(db, server, memoryMb * 1024L * 1024, cpus, 0, stop) : null;
    }
}
