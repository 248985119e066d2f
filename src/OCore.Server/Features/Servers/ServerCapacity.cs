using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Features.Servers;

/// <summary>Whether something more fits on a server, by what is promised already and not by what happens to be in use.</summary>
internal static class ServerCapacity
{
    /// <summary>For the system, Docker, the shared PostgreSQL and the edge.</summary>
    public const long SystemMemory = 512L << 20;

    /// <returns>Null where it fits; otherwise <c>server_capacity</c> with what is needed and what is free.</returns>
    public static async Task<Problem?> CheckAsync(OCoreDb db, Server server, long neededMemoryBytes, long neededDiskBytes, CancellationToken stop)
    {
        if (server.Facts is not { } facts)
            return ServerProblems.NotReady(server);
        var memoryFree = facts.MemoryBytes - SystemMemory - await db.MemoryReservedAsync(server.Id, stop);
        if (neededMemoryBytes > 0 && neededMemoryBytes > memoryFree)
            return Refused(server, "memory", neededMemoryBytes, memoryFree);
        var diskFree = facts.DiskBytes - (server.Use?.DiskUsedBytes ?? 0);
        var diskNeeded = neededDiskBytes + neededDiskBytes / 10;
        return diskNeeded > diskFree ? Refused(server, "disk", diskNeeded, diskFree) : null;
    }

    private static Problem Refused(Server server, string what, long needed, long free) => new(409, "server_capacity",
        $"{server.Name} has not enough {what}: {Size(needed)} are needed, {Size(Math.Max(0, free))} are free.",
        "Choose another server, give the instance less, or remove what is not needed any more.")
    {
        More = new Dictionary<string, object?> { ["resource"] = what, ["neededBytes"] = needed, ["freeBytes"] = Math.Max(0, free) },
    };

    internal static string Size(long bytes) => bytes < 10L << 30 ? $"{bytes >> 20} MB" : $"{bytes >> 30} GB";
}
