using System.Collections.Concurrent;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Platform.Security;

/// <summary>Who asks, in which organization, and what they may do there. Immutable; rights are read anew at least every five seconds.</summary>
internal sealed record Access
{
    public required Guid UserId { get; init; }
    public required string UserName { get; init; }
    public required string Email { get; init; }
    public required bool IsOperator { get; init; }
    public Guid? SessionId { get; init; }
    public Guid? ApiKeyId { get; init; }
    public required Guid OrgId { get; init; }
    public required Guid RootId { get; init; }
    public required string OrgSlug { get; init; }
    public required string OrgName { get; init; }
    public required OrganizationKind OrgKind { get; init; }
    public required bool AgencyEnabled { get; init; }
    /// <summary>Acts in a client's organization by the agency's right.</summary>
    public required bool Delegated { get; init; }
    public required Guid HomeOrgId { get; init; }
    public required bool Suspended { get; init; }
    public string? SuspendedReason { get; init; }
    public required PermissionSet Permissions { get; init; }
    /// <summary>Of the plan of the organization, or of its agency.</summary>
    public required IReadOnlySet<string> Features { get; init; }
    public required PlanLimits Limits { get; init; }
    /// <summary>What binds a client's people, and who looks as one; null for everybody else.</summary>
    public PortalSwitches? Portal { get; init; }
    /// <summary>An agency's person who looks at a client's portal as its people do.</summary>
    public bool ViewsAsClient { get; init; }
    public bool ReadOnly { get; init; }
    /// <summary>A session of an account whose password oCore made and nobody has changed. Whoever read it where it was printed gets no further.</summary>
    public bool MustChangePassword { get; init; }
    /// <summary>How much of the servers this caller may learn of.</summary>
    public InfrastructureVisibility Infrastructure => Portal?.Infrastructure ?? InfrastructureVisibility.Full;
}

/// <summary>The caller of the current request; empty before sign-in.</summary>
internal sealed class Caller
{
    private Access? _access;

    public string? Ip { get; private set; }
    public string? UserAgent { get; private set; }
    /// <summary>Of a POST that starts work: the key under which a repetition finds the first operation.</summary>
    public (string Key, string RequestHash)? Idempotency { get; set; }

    public bool IsSignedIn => _access is not null;
    public Access Access => _access ?? throw new InvalidOperationException("This endpoint needs a caller; it is mapped as public.");
    public Guid OrgId => Access.OrgId;
    public Guid UserId => Access.UserId;
    public Tenant Tenant => _access is { } a ? new Tenant(a.OrgId, a.RootId, false) : default;

    public bool May(string permission) => Permissions.TryParse(permission, out var set) && Access.Permissions.Has(set);

    public void Enter(Access? access, HttpContext http)
    {
        _access = access;
        Ip = http.Connection.RemoteIpAddress?.ToString();
        UserAgent = http.Request.Headers.UserAgent.ToString() is { Length: > 0 } agent ? agent : null;
    }

    public AuditActor? AsActor() => _access is { } a
        ? new AuditActor(a.UserId, a.Email, a.HomeOrgId, a.Delegated, a.ApiKeyId, Ip, UserAgent, null)
        : new AuditActor(null, "anonymous", Guid.Empty, false, null, Ip, UserAgent, null);
}

/// <summary>
/// Rights by token and organization, emptied by every change of a row of rights in this process. Other replicas see a change within
/// five seconds, also on what is open, which is looked at again every second.
/// </summary>
internal static class CallerCache
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(4);
    private const int MaxEntries = 10_000;
    private static ConcurrentDictionary<(string Token, string? Slug), (Access Access, long At)> _entries = new();
    private static long _generation;

    public static long Generation => Volatile.Read(ref _generation);

    public static Access? Find(string tokenHash, string? slug, TimeProvider time) =>
        _entries.TryGetValue((tokenHash, slug), out var entry) && time.GetElapsedTime(entry.At) < Lifetime ? entry.Access : null;

    /// <summary>Keeps what was read, unless rights changed while it was being read.</summary>
    public static void Keep(string tokenHash, string? slug, Access access, long generation, TimeProvider time)
    {
        if (generation != Generation)
            return;
        if (_entries.Count >= MaxEntries)
            _entries = new();
        _entries[(tokenHash, slug)] = (access, time.GetTimestamp());
    }

    public static void Clear()
    {
        Interlocked.Increment(ref _generation);
        _entries = new();
    }
}
