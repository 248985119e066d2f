using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Operations;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Servers;

/// <summary>Servers as callers see them: those they own whole, those their agency lets them use by name and health.</summary>
internal static class ServerViews
{
    /// <summary>What the caller may see. A client has its agency's servers that it was granted.</summary>
    public static IQueryable<Server> VisibleTo(OCoreDb db, Caller caller) => caller.Access.OrgKind != OrganizationKind.Client ? db.Servers.AsNoTracking()
        : caller.Access.Infrastructure == InfrastructureVisibility.None ? db.Servers.AsNoTracking().Where(_ => false)
        : db.ServersGrantedTo(caller.OrgId, caller.Access.RootId);

    public static async Task<IReadOnlyList<ServerView>> OfAsync(OCoreDb db, Caller caller, IReadOnlyList<Server> servers, CancellationToken stop)
    {
        var ids = servers.Select(s => s.Id).ToList();
        if (caller.Access.OrgKind == OrganizationKind.Client)
        {
            var own = await db.Instances.Where(i => ids.Contains(i.ServerId)).GroupBy(i => i.ServerId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, stop);
            return [.. servers.Select(s => caller.Access.Infrastructure == InfrastructureVisibility.Full ? Whole(s, own.GetValueOrDefault(s.Id), [], null) with { PublicKey = null } : ForClient(s, own.GetValueOrDefault(s.Id)))];
        }
        var counts = await db.InstanceCountsAsync(ids, stop);
        var grants = (await db.ServerGrants.AsNoTracking().Where(g => ids.Contains(g.ServerId)).Include(g => g.Client).OrderBy(g => g.Client.Name).ToListAsync(stop)).ToLookup(g => g.ServerId, g => g.Client.ToRef());
        var operations = await db.Servers.Where(s => ids.Contains(s.Id)).Select(s => new
        {
            s.Id,
            Operation = db.Operations.Where(o => o.ServerId == s.Id && o.Kind.StartsWith("server.")).OrderByDescending(o => o.Id).Select(o => (Guid?)o.Id).FirstOrDefault(),
        }).ToDictionaryAsync(s => s.Id, s => s.Operation, stop);
        return [.. servers.Select(s => Whole(s, counts.GetValueOrDefault(s.Id), [.. grants[s.Id]], operations.GetValueOrDefault(s.Id)))];
    }

    public static async Task<ServerView> OneAsync(OCoreDb db, Caller caller, Server server, CancellationToken stop) => (await OfAsync(db, caller, [server], stop))[0];

    private static ServerView Whole(Server server, int instances, IReadOnlyList<Ref> clients, Guid? operation) => new()
    {
        Id = server.Id, Name = server.Name, Host = server.Host, Port = server.Port, User = server.User, IsLocal = server.IsLocal,
        Status = server.Status, StatusMessage = server.StatusMessage,
        HostKey = server.HostKey is null ? null : new HostKeyView { Type = server.HostKeyType!, Fingerprint = server.HostKeyFingerprint! },
        OfferedHostKey = server.OfferedHostKey is null ? null : new HostKeyView { Type = server.OfferedHostKeyType!, Fingerprint = server.OfferedHostKeyFingerprint! },
        PublicKey = server.PublicKey, Facts = server.Facts, Use = server.Use, InstanceCount = instances,
        BaseDomain = server.BaseDomain, EdgePort = server.EdgePort, EdgeTlsPort = server.EdgeTlsPort, EdgeProxies = server.EdgeProxies, EdgeHttps = server.EdgeHttps, Clients = clients,
        LastSeenAt = server.LastSeenAt, CreatedAt = server.CreatedAt, OperationId = operation,
    };

    // Name and health: where the agency's machines are and how they are reached is shown where the agency shows everything.
    private static ServerView ForClient(Server server, int instances) => new()
    {
        Id = server.Id, Name = server.Name, Host = "", Port = 0, User = "", IsLocal = false,
        Status = server.Status, InstanceCount = instances, BaseDomain = server.BaseDomain, EdgePort = 0, EdgeProxies = [], EdgeHttps = false, Clients = [],
        LastSeenAt = server.LastSeenAt, CreatedAt = server.CreatedAt,
    };
}
