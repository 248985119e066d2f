using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

public enum ServerStatus { Pending, Validating, Active, Unreachable, HostKeyChanged, Draining, Failed, Removing }

/// <summary>Connect a Linux server over SSH, or this machine itself with <c>local</c>.</summary>
public sealed record AddServer
{
    [Required, MinLength(1), MaxLength(100)] public required string Name { get; init; }
    /// <summary>A name or an address; <c>local</c> is the machine oCore runs on (operators only).</summary>
    [Required, MaxLength(255), RegularExpression(Patterns.HostName)] public required string Host { get; init; }
    [Range(1, 65535)] public int? Port { get; init; }
    [MaxLength(32), RegularExpression(Patterns.UnixUser)] public string? User { get; init; }
    /// <summary>An OpenSSH or PEM private key, used once to install oCore's own.</summary>
    [MaxLength(20000)] public string? PrivateKey { get; init; }
    /// <summary>Used once to install oCore's own key, then forgotten; also for sudo where it asks.</summary>
    [MaxLength(256)] public string? Password { get; init; }
    /// <summary>The host key expected, as <c>SHA256:…</c>. Without it the key that is seen first is pinned.</summary>
    [MaxLength(100)] public string? HostKeyFingerprint { get; init; }
    /// <summary>Instances get names under it; it has to point here (<c>*.apps.example.com</c>).</summary>
    [MaxLength(200), RegularExpression(Patterns.Domain)] public string? BaseDomain { get; init; }
    /// <summary>The port of the server's edge: 80 by default, 8069 on <c>local</c>.</summary>
    [Range(1, 65535)] public int? EdgePort { get; init; }
    /// <summary>The port at which the edge takes HTTPS for the domains of instances: 443 by default where edgePort is 80, otherwise none.</summary>
    [Range(1, 65535)] public int? EdgeTlsPort { get; init; }
    /// <summary>Networks or addresses of the proxies in front of the edge, whose X-Forwarded-For and X-Forwarded-Proto are believed.</summary>
    [MaxLength(50)] public IReadOnlyList<string>? EdgeProxies { get; init; }
    /// <summary>Visitors come to those proxies by https: addresses of instances begin with it.</summary>
    public bool? EdgeHttps { get; init; }
}

public sealed record UpdateServer : Partial
{
    protected override IReadOnlyList<string> Needed => [nameof(Name)];

    [MinLength(1), MaxLength(100)] public string? Name { get; set => field = Given(value); }
    [MaxLength(200), RegularExpression(Patterns.Domain)] public string? BaseDomain { get; set => field = Given(value); }
    /// <summary>The port at which the edge takes HTTPS for the domains of instances; null for none. A change replaces the edge's container, which takes a second or two.</summary>
    [Range(1, 65535)] public int? EdgeTlsPort { get; set => field = Given(value); }
    /// <summary>Clients that may see this server and have instances provisioned on it by themselves; ids or slugs.</summary>
    [MaxLength(1000)] public IReadOnlyList<string>? Clients { get; set => field = Given(value); }
    /// <summary>Networks or addresses of the proxies in front of the edge, whose X-Forwarded-For and X-Forwarded-Proto are believed.</summary>
    [MaxLength(50)] public IReadOnlyList<string>? EdgeProxies { get; set => field = Given(value); }
    /// <summary>Visitors come to those proxies by https: addresses of instances begin with it.</summary>
    public bool? EdgeHttps { get; set => field = Given(value); }
}

public sealed record HostKeyProbe
{
    [Required, MaxLength(255), RegularExpression(Patterns.HostName)] public required string Host { get; init; }
    [Range(1, 65535)] public int? Port { get; init; }
}

public sealed record HostKeyView
{
    /// <summary>For example <c>ssh-ed25519</c>.</summary>
    public required string Type { get; init; }
    /// <summary>As <c>ssh-keygen -l</c> shows it: <c>SHA256:…</c>.</summary>
    public required string Fingerprint { get; init; }
}

public sealed record PinHostKey
{
    /// <summary>The fingerprint that a person has compared on the server's console.</summary>
    [Required, MaxLength(100)] public required string Fingerprint { get; init; }
}

public sealed record ServerView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Host { get; init; }
    public required int Port { get; init; }
    public required string User { get; init; }
    public required bool IsLocal { get; init; }
    public required ServerStatus Status { get; init; }
    public string? StatusMessage { get; init; }
    public HostKeyView? HostKey { get; init; }
    /// <summary>The key the server showed instead of the pinned one.</summary>
    public HostKeyView? OfferedHostKey { get; init; }
    /// <summary>oCore's own public key for this server.</summary>
    public string? PublicKey { get; init; }
    public ServerFacts? Facts { get; init; }
    public ServerUse? Use { get; init; }
    public required int InstanceCount { get; init; }
    public string? BaseDomain { get; init; }
    public required int EdgePort { get; init; }
    /// <summary>Where the edge takes HTTPS; absent where it takes none.</summary>
    public int? EdgeTlsPort { get; init; }
    /// <summary>Proxies in front of the edge.</summary>
    public required IReadOnlyList<string> EdgeProxies { get; init; }
    public required bool EdgeHttps { get; init; }
    public required IReadOnlyList<Ref> Clients { get; init; }
    public DateTimeOffset? LastSeenAt { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>The newest operation on it.</summary>
    public Guid? OperationId { get; init; }
}

/// <summary>What the server said of itself when it was last identified.</summary>
public sealed record ServerFacts
{
    public required string Os { get; init; }
    public required string Kernel { get; init; }
    public required string Architecture { get; init; }
    public required int Cpus { get; init; }
    public required long MemoryBytes { get; init; }
    public required long DiskBytes { get; init; }
    public string? DockerVersion { get; init; }
}

/// <summary>Measured by the reconciler.</summary>
public sealed record ServerUse
{
    public required DateTimeOffset At { get; init; }
    /// <summary>Load average of one minute.</summary>
    public required double Load { get; init; }
    public required long MemoryUsedBytes { get; init; }
    /// <summary>Promised to instances and to nodes of topologies by their limits.</summary>
    public required long MemoryReservedBytes { get; init; }
    /// <summary>CPUs promised likewise; one and a half of each core can be.</summary>
    public double CpusReserved { get; init; }
    public required long DiskUsedBytes { get; init; }
    public required int ContainersRunning { get; init; }
}
