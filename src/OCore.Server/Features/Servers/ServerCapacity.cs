using System.Globalization;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Features.Servers;

/// <summary>Memory and cores that others are told they have.</summary>
internal sealed record ServerPromise(long MemoryBytes, double Cpus)
{
    public static readonly ServerPromise Nothing = new(0, 0);
}

/// <summary>Whether something more fits on a server, by what is promised already and not by what happens to be in use.</summary>
internal static class ServerCapacity
{
    /// <summary>For the system, Docker, the shared PostgreSQL and the edge.</summary>
    public const long SystemMemory = 512L << 20;

    /// <summary>So much may be promised of each core: Odoo waits for its database more than it computes.</summary>
    public const double PromisedOfCore = 1.5;

    /// <param name="neededCpus">Its limit; 0 where it has none and takes what others leave.</param>
    /// <returns>Null where it fits; otherwise <c>server_capacity</c> with what is needed and what is free.</returns>
    public static async Task<Problem?> CheckAsync(OCoreDb db, Server server, long neededMemoryBytes, double neededCpus, long neededDiskBytes, CancellationToken stop)
    {
        if (server.Facts is not { } facts)
            return ServerProblems.NotReady(server);
        var promised = await db.PromisedAsync(server.Id, stop);
        var memoryFree = facts.MemoryBytes - SystemMemory - promised.MemoryBytes;
        if (neededMemoryBytes > 0 && neededMemoryBytes > memoryFree)
            return Refused(server, "memory", neededMemoryBytes, memoryFree);
        if (neededCpus > 0 && facts.Cpus * PromisedOfCore - promised.Cpus is var cpusFree && neededCpus > cpusFree + Rounding)
            return Refused(server, neededCpus, cpusFree);
        var diskFree = facts.DiskBytes - (server.Use?.DiskUsedBytes ?? 0);
        var diskNeeded = neededDiskBytes + neededDiskBytes / 10;
        return diskNeeded > diskFree ? Refused(server, "disk", diskNeeded, diskFree) : null;
    }

    private const string Hint = "Verify the target server has sufficient capacity: choose another server, give the instance less, or remove what is not needed any more.";

    // Tenths of a core do not add up exactly.
    public const double Rounding = 1e-6;

    private static Problem Refused(Server server, string what, long needed, long free) => new(409, "server_capacity",
        $"{server.Name} has not enough {what}: {Sizes.Of(needed)} are needed, {Sizes.Of(Math.Max(0, free))} are free.", Hint)
    {
        More = new Dictionary<string, object?> { ["resource"] = what, ["neededBytes"] = needed, ["freeBytes"] = Math.Max(0, free) },
    };

    private static Problem Refused(Server server, double needed, double free) => new(409, "server_capacity",
        $"{server.Name} has not enough CPU: {Cores(needed)} are needed, {Cores(free)} of {Cores(server.Facts!.Cpus * PromisedOfCore)} that its {server.Facts.Cpus} cores can promise are free.", Hint)
    {
        More = new Dictionary<string, object?> { ["resource"] = "cpu", ["neededCpus"] = needed, ["freeCpus"] = Math.Round(Math.Max(0, free), 3) },
    };

    private static string Cores(double count) => $"{Math.Max(0, count).ToString("0.##", CultureInfo.InvariantCulture)} CPUs";
}
