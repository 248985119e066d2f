using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Features.Servers;

/// <summary>What has to look beyond one organization: a server carries the instances of several, and clients see what their agency lets them.</summary>
internal static class ServerQueries
{
    /// <summary>For the reconciler and the connection, which belong to no organization.</summary>
    public static Task<Server?> ServerByIdAsync(this OCoreDb db, Guid id, CancellationToken stop) =>
        db.Servers.AcrossTenants().SingleOrDefaultAsync(s => s.Id == id, stop);

    public static IQueryable<Server> ServersOfAll(this OCoreDb db) => db.Servers.AcrossTenants().AsNoTracking();

    /// <summary>The servers of an agency on which this client may have instances by itself.</summary>
    public static IQueryable<Server> ServersGrantedTo(this OCoreDb db, Guid client, Guid agency) => db.Servers.AcrossTenants().AsNoTracking()
        .Where(s => s.RootId == agency && db.ServerGrants.AcrossTenants().Any(g => g.OrgId == agency && g.ServerId == s.Id && g.ClientId == client));

    /// <summary>
    /// What servers have promised by limits, whoever it belongs to: to instances, and to the nodes of topologies. The instance of a topology is one of its
    /// nodes, and counts as that. What has no limit is promised nothing, and takes what others leave.
    /// </summary>
    /// <param name="but">A topology that is about to ask for everything anew.</param>
    public static async Task<IReadOnlyDictionary<Guid, ServerPromise>> PromisedAsync(this OCoreDb db, IReadOnlyCollection<Guid> servers, Guid? but, CancellationToken stop)
    {
        var promised = (await db.Instances.AcrossTenants().Where(i => servers.Contains(i.ServerId) && i.TopologyId == null).GroupBy(i => i.ServerId)
            .Select(g => new { g.Key, Memory = g.Sum(i => (long)i.MemoryMb), Cpus = g.Sum(i => i.Cpus ?? 0) }).ToListAsync(stop)).ToDictionary(g => g.Key, g => new ServerPromise(g.Memory << 20, g.Cpus));
        var agencies = await db.Servers.AcrossTenants().Where(s => servers.Contains(s.Id)).Select(s => s.RootId).Distinct().ToListAsync(stop);
        foreach (var topology in await db.TopologyDeployments.AcrossTenants().AsNoTracking().Where(d => agencies.Contains(d.RootId) && d.TopologyId != but).Select(d => new { d.Layout, d.Before }).ToListAsync(stop))
            // While it changes a node may be on two servers; on one it has what it has or what it will have, whichever is more.
            foreach (var node in topology.Layout.Nodes.Concat(topology.Before?.Nodes ?? []).Where(n => n.ServerId is { } on && servers.Contains(on)).GroupBy(n => (n.Id, Server: n.ServerId!.Value)))
            {
                var so = promised.GetValueOrDefault(node.Key.Server, ServerPromise.Nothing);
                promised[node.Key.Server] = new ServerPromise(so.MemoryBytes + ((long)node.Max(n => n.MemoryMb) << 20), so.Cpus + node.Max(n => n.Cpus ?? 0));
            }
        return promised;
    }

    public static async Task<ServerPromise> PromisedAsync(this OCoreDb db, Guid server, CancellationToken stop) =>
        (await db.PromisedAsync([server], null, stop)).GetValueOrDefault(server, ServerPromise.Nothing);

    /// <summary>The edge's port for a topology's load balancer, where no instance is reached by it.</summary>
    public static Task<bool> TakeEdgeAsync(this OCoreDb db, Guid server, Guid topology, CancellationToken stop) =>
        db.InTransactionAsync(async () => await db.Servers.AcrossTenants().Where(s => s.Id == server && (s.EdgeTakenBy == null || s.EdgeTakenBy == topology) && !db.Instances.AcrossTenants().Any(i => i.ServerId == server && i.TopologyId == null))
            .ExecuteUpdateAsync(u => u.SetProperty(s => s.EdgeTakenBy, topology), stop) == 1, stop);

    public static Task<bool> GiveEdgeBackAsync(this OCoreDb db, Guid server, Guid topology, CancellationToken stop) =>
        db.InTransactionAsync(async () => await db.Servers.AcrossTenants().Where(s => s.Id == server && s.EdgeTakenBy == topology)
            .ExecuteUpdateAsync(u => u.SetProperty(s => s.EdgeTakenBy, (Guid?)null), stop) == 1, stop);

    /// <summary>Instances that come by the server's edge; those of topologies have a load balancer of their own.</summary>
    public static Task<Dictionary<Guid, int>> EdgeInstanceCountsAsync(this OCoreDb db, IReadOnlyCollection<Guid> servers, CancellationToken stop) =>
        db.Instances.AcrossTenants().Where(i => servers.Contains(i.ServerId) && i.TopologyId == null).GroupBy(i => i.ServerId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, stop);

    /// <summary>What keeps a server from being removed, whosever it is.</summary>
    /// <param name="gone">
    /// Its machine is given up. What is being deleted waits for it in vain then, and ends without it; a topology that lost it goes on with
    /// what is left of it, but only where it is seen that nobody answers there.
    /// </param>
    /// <returns>The end of a sentence, and what to do; null where nothing does.</returns>
    public static async Task<(string Why, string Hint)?> UseOfAsync(this OCoreDb db, Server server, bool gone, CancellationToken stop)
    {
        var away = gone && server.Status is ServerStatus.Unreachable or ServerStatus.HostKeyChanged or ServerStatus.Removing;
        if (await db.Instances.AcrossTenants().AnyAsync(i => i.ServerId == server.Id && !(away && i.Status == InstanceStatus.Removing), stop))
            return ("instances live on it.", gone ? "Delete them first. Their deletion waits for the machine, and ends when it is forgotten." : "Move or delete what is on it first.");
        if (!away && await db.CarriesNodesAsync(server.Id, stop))
            return ("it carries nodes of a topology.", gone ? "It answers: destroy the topology, or move them, first." : "Destroy the topology, or move them, first. A machine that is gone for good can be forgotten.");
        return null;
    }

    /// <summary>Whether a topology, whosever it is, has nodes on it.</summary>
    public static Task<bool> CarriesNodesAsync(this OCoreDb db, Guid server, CancellationToken stop) => db.DeployedNodes.AcrossTenants().AnyAsync(n => n.ServerId == server, stop);

    /// <summary>The name of one that is on it; null where there is none.</summary>
    public static Task<string?> InstanceOnAsync(this OCoreDb db, Guid server, CancellationToken stop) =>
        db.Instances.AcrossTenants().Where(i => i.ServerId == server).Select(i => i.Name).FirstOrDefaultAsync(stop);

    public static Task<Dictionary<Guid, int>> InstanceCountsAsync(this OCoreDb db, IReadOnlyCollection<Guid> servers, CancellationToken stop) =>
        db.Instances.AcrossTenants().Where(i => servers.Contains(i.ServerId)).GroupBy(i => i.ServerId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, stop);

    /// <summary>One machine, one server: two rows for the machine oCore runs on would each rebuild what the other made.</summary>
    public static Task<bool> HasServerOnAsync(this OCoreDb db, string machine, CancellationToken stop) => db.Servers.AcrossTenants().AnyAsync(s => s.IsLocal && s.MachineId == machine, stop);

    /// <summary>Machines of other replicas that have been heard of since then. What is asked of one that is gone anybody may answer, with what is wrong.</summary>
    public static async Task<IReadOnlySet<Guid>> ServersElsewhereAsync(this OCoreDb db, string machine, DateTimeOffset since, CancellationToken stop) =>
        (await db.Servers.AcrossTenants().Where(s => s.IsLocal && s.MachineId != machine && (s.LastSeenAt ?? s.CreatedAt) > since).Select(s => s.Id).ToListAsync(stop)).ToHashSet();

    /// <summary>Another server of this installation, of whichever organization, that the mark on a machine names.</summary>
    public static Task<bool> IsServerAsync(this OCoreDb db, Guid id, CancellationToken stop) =>
        db.Servers.AcrossTenants().AnyAsync(s => s.Id == id && s.Status != ServerStatus.Pending, stop);

    /// <summary>Unless somebody else changed the status meanwhile, such as an operation that took the server over.</summary>
    public static Task<bool> ChangeStatusAsync(this OCoreDb db, Guid id, ServerStatus from, ServerStatus to, string? message, CancellationToken stop) =>
        db.InTransactionAsync(async () => await db.Servers.AcrossTenants().Where(s => s.Id == id && s.Status == from)
            .ExecuteUpdateAsync(u => u.SetProperty(s => s.Status, to).SetProperty(s => s.StatusMessage, message), stop) == 1, stop);

    /// <summary>A server that is being removed has none any more, and gets none again.</summary>
    public static Task<int> SaveFactsAsync(this OCoreDb db, Guid id, ServerFacts facts, CancellationToken stop) =>
        db.InTransactionAsync(() => db.Servers.AcrossTenants().Where(s => s.Id == id && s.Facts != null).ExecuteUpdateAsync(u => u.SetProperty(s => s.Facts, facts), stop), stop);

    public static Task<int> SaveUseAsync(this OCoreDb db, Guid id, ServerUse use, CancellationToken stop) =>
        db.InTransactionAsync(() => db.Servers.AcrossTenants().Where(s => s.Id == id)
            .ExecuteUpdateAsync(u => u.SetProperty(s => s.Use, use).SetProperty(s => s.LastSeenAt, use.At), stop), stop);
}
