using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Operations;
using OCore.Features.Plans;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Servers;

internal static class ServerEndpoints
{
    // For a person who connects servers, and not for one who looks for what listens where.
    internal static readonly RateLimit Probes = new("host keys", 20, TimeSpan.FromMinutes(10));

    public static void Map(IEndpointRouteBuilder api)
    {
        var servers = api.MapGroup("/servers").WithTags("Servers").Require("view:servers");
        servers.MapGet("/", List).WithName("listServers");
        servers.MapPost("/", Add).WithName("addServer").Require("manage:servers").StartsOperation();
        servers.MapPost("/host-key", ProbeHostKey).WithName("probeHostKey").Require("manage:servers");
        servers.MapGet("/{id:guid}", Get).WithName("getServer").EditTag<UpdateServer>();
        servers.MapPut("/{id:guid}", Update).WithName("updateServer").Require("manage:servers");
        servers.MapDelete("/{id:guid}", Remove).WithName("removeServer").Require("manage:servers").StartsOperation();
        servers.MapPost("/{id:guid}/validate", Validate).WithName("validateServer").Require("manage:servers").StartsOperation();
        servers.MapPost("/{id:guid}/drain", Drain).WithName("drainServer").Require("manage:servers");
        servers.MapPost("/{id:guid}/undrain", Undrain).WithName("undrainServer").Require("manage:servers");
        servers.MapPost("/{id:guid}/host-key", PinHostKey).WithName("pinHostKey").Require("manage:servers");
    }

    /// <summary>The servers on which the organization can have instances, oldest first.</summary>
    internal static async Task<Ok<Page<ServerView>>> List(OCoreDb db, Caller caller, [AsParameters] PageQuery page, CancellationToken stop)
    {
        var query = ServerViews.VisibleTo(db, caller);
        if (page.After is { } after)
            query = query.Where(s => s.Id > after);
        if (page.Search is { } text)
            query = query.Where(s => EF.Functions.Like(s.Name.ToLower(), Paging.Like(text.ToLowerInvariant()), "\\"));
        var rows = await query.OrderBy(s => s.Id).Take(page.Size + 1).ToListAsync(stop);
        var views = (await ServerViews.OfAsync(db, caller, rows, stop)).ToDictionary(v => v.Id);
        return TypedResults.Ok(rows.ToPage(page, s => s.Id, s => views[s.Id]));
    }

    /// <summary>One server. How much of it the people of a client see is up to their agency (infrastructureVisibility).</summary>
    internal static async Task<Results<Ok<ServerView>, Problem>> Get(Guid id, OCoreDb db, Caller caller, CancellationToken stop) =>
        await ServerViews.VisibleTo(db, caller).SingleOrDefaultAsync(s => s.Id == id, stop) is { } server
            ? TypedResults.Ok(await ServerViews.OneAsync(db, caller, server, stop)) : Problem.NotFound;

    /// <summary>Connect a server and prepare it: Docker, PostgreSQL and the edge.</summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Add(
        AddServer request, OCoreDb db, Caller caller, OperationQueue queue, OperationKinds kinds, SecretBox secrets, ThisMachine machine, TimeProvider time, CancellationToken stop)
    {
        if (caller.Access.OrgKind == OrganizationKind.Client)
            return ServerProblems.ClientsHaveNone;
        if (Check(request, caller) is { } wrong)
            return wrong;
        return await db.InTransactionAsync<Results<Accepted<OperationView>, Problem>>(async () =>
        {
            if (await Limits.CheckAsync(db, caller, Limits.Servers, stop) is { } full)
                return full;
            if (await db.Servers.AnyAsync(s => s.OrgId == caller.OrgId && s.Name == request.Name, stop))
                return ServerProblems.NameTaken;
            if (request.Host == "local" && await db.HasServerOnAsync(machine.Id, stop))
                return ServerProblems.LocalTaken;
            var server = New(request, secrets, machine, time);
            db.Add(server);
            var operation = await EnqueueValidationAsync(db, queue, caller.OrgId, server, $"Connect {server.Name}", stop);
            await db.SaveChangesAsync(stop);
            return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
        }, stop);
    }

    /// <summary>The host key that a server shows now, to compare before it is trusted. Nothing else is asked of it.</summary>
    internal static async Task<Results<Ok<HostKeyView>, Problem>> ProbeHostKey(HostKeyProbe request, Caller caller, RateLimits limits, TimeProvider time, CancellationToken stop)
    {
        // It asks any address from oCore's own network, which is only for who may have a server there.
        if (caller.Access.OrgKind == OrganizationKind.Client)
            return ServerProblems.ClientsHaveNone;
        if (!HostName.TryParse(request.Host, out var host))
            return Problem.Field("host", "A host name or an address.");
        if (await limits.TakeAsync(Probes, caller.UserId.ToString(), stop) is { } seconds)
            return ServerProblems.TooManyProbes(seconds);
        var (key, problem) = await ScanAsync(host, request.Port ?? 22, time, stop);
        return key is not null ? TypedResults.Ok(new HostKeyView { Type = key.Type, Fingerprint = key.Fingerprint }) : problem!;
    }

    /// <summary>Rename it, set its base domain, say which clients may use it and what stands in front of its edge. Only the fields given are changed; null clears one.</summary>
    internal static async Task<Results<Ok<ServerView>, Problem>> Update(Guid id, UpdateServer request, OCoreDb db, Caller caller, CancellationToken stop)
    {
        if (await db.Servers.SingleOrDefaultAsync(s => s.Id == id, stop) is not { } server)
            return Problem.NotFound;
        if (request.Name is { } name && name != server.Name)
        {
            if (await db.Servers.AnyAsync(s => s.OrgId == server.OrgId && s.Name == name, stop))
                return ServerProblems.NameTaken;
            server.Name = name;
        }
        if (request.Has(request.BaseDomain))
            server.BaseDomain = request.BaseDomain is { Length: > 0 } domain ? domain.ToLowerInvariant() : null;
        if (CheckProxies(request.EdgeProxies) is { } noNetwork)
            return noNetwork;
        server.EdgeProxies = Networks(request.Or(request.EdgeProxies, server.EdgeProxies));
        server.EdgeHttps = request.Or(request.EdgeHttps, server.EdgeHttps) ?? false;
        if (request.EdgeTlsPort == server.EdgePort)
            return ServerProblems.SamePort;
        server.EdgeTlsPort = request.Or(request.EdgeTlsPort, server.EdgeTlsPort);
        if (request.Has(request.Clients) && await GrantAsync(db, server, request.Clients ?? [], stop) is { } unknown)
            return unknown;
        await db.SaveChangesAsync(stop);
        ServerSignals.Changed();
        return TypedResults.Ok(await ServerViews.OneAsync(db, caller, server, stop));
    }

    /// <summary>Take everything of oCore's off the server and forget it. Refused while instances live there.</summary>
    /// <param name="forget">The machine is gone for good: forget it without reaching it. Deletions that wait for it end, and topologies go on without it.</param>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Remove(
        Guid id, OCoreDb db, OperationQueue queue, OperationKinds kinds, CancellationToken stop, [FromQuery] bool forget = false)
    {
        if (await db.Servers.AsNoTracking().SingleOrDefaultAsync(s => s.Id == id, stop) is not { } server)
            return Problem.NotFound;
        if (await db.UseOfAsync(server, forget, stop) is { } use)
            return ServerProblems.InUse(server, use.Why, use.Hint);
        if (!forget && server.Status == ServerStatus.HostKeyChanged)
            return ServerProblems.KeyChanged(server);
        var operation = await queue.EnqueueAsync<RemoveServer, RemoveServerInput>(db, new RemoveServerInput(id, forget),
            new OperationSubject($"Remove {server.Name}", server.OrgId, ServerId: id, Locks: LockOf(id)), stop);
        db.Mark(server, "removal_started", always: true);
        await db.SaveChangesAsync(stop);
        return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
    }

    /// <summary>Check the server again and mend what is missing on it.</summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Validate(Guid id, OCoreDb db, OperationQueue queue, OperationKinds kinds, CancellationToken stop)
    {
        if (await db.Servers.AsNoTracking().SingleOrDefaultAsync(s => s.Id == id, stop) is not { } server)
            return Problem.NotFound;
        var operation = await EnqueueValidationAsync(db, queue, server.OrgId, server, $"Validate {server.Name}", stop);
        db.Record("server.validated", server.OrgId, server);
        await db.SaveChangesAsync(stop);
        return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
    }

    /// <summary>Let no new instances onto the server; those that live there stay.</summary>
    internal static Task<Results<Ok<ServerView>, Problem>> Drain(Guid id, OCoreDb db, Caller caller, CancellationToken stop) => SetDrainingAsync(id, true, db, caller, stop);

    /// <summary>Let new instances onto the server again.</summary>
    internal static Task<Results<Ok<ServerView>, Problem>> Undrain(Guid id, OCoreDb db, Caller caller, CancellationToken stop) => SetDrainingAsync(id, false, db, caller, stop);

    /// <summary>Trust the host key that a person has compared on the server's console, instead of the pinned one.</summary>
    internal static async Task<Results<Ok<ServerView>, Problem>> PinHostKey(Guid id, PinHostKey request, OCoreDb db, Caller caller, ServerAccess access, TimeProvider time, CancellationToken stop)
    {
        if (await db.Servers.SingleOrDefaultAsync(s => s.Id == id, stop) is not { } server || server.IsLocal)
            return Problem.NotFound;
        if (!IsFingerprint(request.Fingerprint))
            return ServerProblems.NoFingerprint("fingerprint");
        if (server.OfferedHostKeyFingerprint != request.Fingerprint)
        {
            // Not the key that was offered then: perhaps the one that is shown now.
            var (shown, problem) = await ScanAsync(HostName.Parse(server.Host), server.Port, time, stop);
            if (shown is null)
                return problem!;
            if (shown.Fingerprint != request.Fingerprint)
                return ServerProblems.KeyMismatch with { Detail = $"{server.Host} shows {shown.Type} {shown.Fingerprint}, not {request.Fingerprint}." };
            (server.OfferedHostKeyType, server.OfferedHostKeyFingerprint, server.OfferedHostKey) = (shown.Type, shown.Fingerprint, shown.PublicKeyBase64);
        }
        (server.HostKeyType, server.HostKeyFingerprint, server.HostKey) = (server.OfferedHostKeyType, server.OfferedHostKeyFingerprint, server.OfferedHostKey);
        (server.OfferedHostKeyType, server.OfferedHostKeyFingerprint, server.OfferedHostKey) = (null, null, null);
        if (server.Status == ServerStatus.HostKeyChanged)
        {
            // One that was prepared before is looked at right away; any other waits for its validation.
            server.Status = server.Facts?.DockerVersion is null ? ServerStatus.Failed : ServerStatus.Unreachable;
            server.StatusMessage = server.Status == ServerStatus.Failed ? "The host key is pinned. Validate the server to go on." : "The host key is pinned; connecting.";
        }
        db.Mark(server, "host_key_pinned");
        await db.SaveChangesAsync(stop);
        access.Forget(id);
        ServerSignals.Changed();
        return TypedResults.Ok(await ServerViews.OneAsync(db, caller, server, stop));
    }

    private static Problem? CheckProxies(IReadOnlyList<string>? proxies) =>
        proxies?.FirstOrDefault(p => !IPNetwork.TryParse(p, out _) && !IPAddress.TryParse(p, out _)) is null ? null
            : Problem.Field("edgeProxies", "Addresses such as 10.0.0.5, or networks such as 10.0.0.0/24.");

    private static List<string> Networks(IReadOnlyList<string>? proxies) => [.. (proxies ?? []).Select(p => IPNetwork.TryParse(p, out var network) ? network
        : new IPNetwork(IPAddress.Parse(p), p.Contains(':') ? 128 : 32)).Select(n => n.ToString()).Distinct()];

    private static Problem? Check(AddServer request, Caller caller)
    {
        if (CheckProxies(request.EdgeProxies) is { } noNetwork)
            return noNetwork;
        if (request.EdgeTlsPort is not null && request.EdgeTlsPort == request.EdgePort)
            return ServerProblems.SamePort;
        if (request.Host == "local")
            return caller.Access is { IsOperator: true, ApiKeyId: null } ? null : ServerProblems.LocalNeedsOperator;
        if (!HostName.TryParse(request.Host, out _))
            return Problem.Field("host", "A host name or an address.");
        return request.HostKeyFingerprint is { } print && !IsFingerprint(print) ? ServerProblems.NoFingerprint("hostKeyFingerprint") : null;
    }

    private static bool IsFingerprint(string text) => text.StartsWith("SHA256:", StringComparison.Ordinal);

    private static Server New(AddServer request, SecretBox secrets, ThisMachine machine, TimeProvider time)
    {
        var id = RowId.New();
        var isLocal = request.Host == "local";
        var key = isLocal ? null : SshKeys.GenerateEd25519($"ocore-{id:N}");
        return new Server
        {
            Id = id, Name = request.Name, Host = request.Host, Port = isLocal ? 0 : request.Port ?? 22, User = isLocal ? Environment.UserName : request.User ?? "root", IsLocal = isLocal,
            MachineId = isLocal ? machine.Id : null, EdgeProxies = Networks(request.EdgeProxies), EdgeHttps = request.EdgeHttps ?? false,
            BaseDomain = request.BaseDomain is { Length: > 0 } domain ? domain.ToLowerInvariant() : isLocal ? "localhost" : null,
            EdgePort = request.EdgePort ?? (isLocal ? 8069 : 80), EdgeTlsPort = request.EdgeTlsPort ?? (isLocal || request.EdgePort is not (null or 80) || request.EdgeHttps == true ? null : 443), CreatedAt = time.GetUtcNow(),
            HostKeyFingerprint = isLocal ? null : request.HostKeyFingerprint,
            PublicKey = key?.PublicKeyLine, PrivateKeySealed = key is null ? null : secrets.Seal(key.PrivateKeyPem, ServerAccess.KeySecret, id),
            FirstCredentialSealed = isLocal || request is { PrivateKey: null, Password: null } ? null
                : secrets.Seal(JsonSerializer.Serialize(new FirstCredential(request.PrivateKey, request.Password)), ServerAccess.FirstSecret, id),
        };
    }

    private static Task<Operation> EnqueueValidationAsync(OCoreDb db, OperationQueue queue, Guid org, Server server, string title, CancellationToken stop) =>
        queue.EnqueueAsync<ValidateServer, ServerInput>(db, new ServerInput(server.Id), new OperationSubject(title, org, ServerId: server.Id, Locks: LockOf(server.Id)), stop);

    internal static string LockOf(Guid server) => $"server:{server}";

    private static async Task<Results<Ok<ServerView>, Problem>> SetDrainingAsync(Guid id, bool draining, OCoreDb db, Caller caller, CancellationToken stop)
    {
        if (await db.Servers.SingleOrDefaultAsync(s => s.Id == id, stop) is not { } server)
            return Problem.NotFound;
        if (server.Draining != draining)
        {
            server.Draining = draining;
            if (server.Status is ServerStatus.Active or ServerStatus.Draining)
                server.Status = draining ? ServerStatus.Draining : ServerStatus.Active;
            db.Mark(server, draining ? "drained" : "undrained");
            await db.SaveChangesAsync(stop);
        }
        return TypedResults.Ok(await ServerViews.OneAsync(db, caller, server, stop));
    }

    private static async Task<Problem?> GrantAsync(OCoreDb db, Server server, IReadOnlyList<string> wanted, CancellationToken stop)
    {
        var clients = await db.Organizations.Where(o => o.RootId == server.RootId && o.Kind == OrganizationKind.Client && o.DeletingAt == null).ToListAsync(stop);
        var chosen = new HashSet<Guid>();
        foreach (var word in wanted)
        {
            if (clients.Find(c => c.Slug == word || c.Id.ToString() == word) is not { } client)
                return Problem.Field("clients", $"There is no client {(word.Length > 60 ? word[..60] : word)} here.");
            chosen.Add(client.Id);
        }
        var grants = await db.ServerGrants.Include(g => g.Client).Where(g => g.ServerId == server.Id).ToListAsync(stop);
        db.RemoveRange(grants.Where(g => !chosen.Contains(g.ClientId)));
        foreach (var client in clients.Where(c => chosen.Contains(c.Id) && grants.TrueForAll(g => g.ClientId != c.Id)))
            db.Add(new ServerGrant { OrgId = server.RootId, ServerId = server.Id, ClientId = client.Id, Client = client });
        return null;
    }

    private static async Task<(HostKey?, Problem?)> ScanAsync(HostName host, int port, TimeProvider time, CancellationToken stop)
    {
        try
        {
            return (await HostKeyScanner.ScanAsync(host, port, time, stop), null);
        }
        catch (ServerException away)
        {
            return (null, ServerRefusals.AsProblem(away));
        }
    }
}
