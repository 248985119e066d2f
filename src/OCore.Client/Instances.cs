using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

public enum InstanceStatus { Creating, Running, Stopped, Restarting, Failed, Removing, Suspended }

public sealed record InstanceView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Slug { get; init; }
    public required Ref Organization { get; init; }
    public required Ref Server { get; init; }
    public Ref? Template { get; init; }
    public required InstanceStatus Status { get; init; }
    public string? StatusMessage { get; init; }
    /// <summary>Measured at the server's edge: <c>healthy</c>, <c>unhealthy</c> or <c>unknown</c>.</summary>
    public required string Health { get; init; }
    /// <summary>When that was last seen; since when it is not known, where it is <c>unknown</c>.</summary>
    public DateTimeOffset? HealthAt { get; init; }
    public required string OdooVersion { get; init; }
    public required string OdooEdition { get; init; }
    public required string Url { get; init; }
    public required string Domain { get; init; }
    /// <summary>The topology that carries it; null where it runs on one server.</summary>
    public Guid? TopologyId { get; init; }
    public required string Database { get; init; }
    public required int Workers { get; init; }
    public required int MemoryMb { get; init; }
    public double? Cpus { get; init; }
    public required IReadOnlyDictionary<string, string> EnvVars { get; init; }
    public required IReadOnlyDictionary<string, string> Config { get; init; }
    /// <summary>Settings were changed and take effect with a restart.</summary>
    public required bool RestartNeeded { get; init; }
    public required bool HasRegistrationCode { get; init; }
    /// <summary>The administrator's first password was not shown yet.</summary>
    public required bool AdminPasswordUnread { get; init; }
    public InstanceUse? Use { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    /// <summary>The operation that holds it, if one does.</summary>
    public Guid? OperationId { get; init; }
}

public sealed record InstanceUse
{
    public required DateTimeOffset At { get; init; }
    public required long MemoryBytes { get; init; }
    /// <summary>Of one core, in percent.</summary>
    public required double CpuPercent { get; init; }
    public long? DatabaseBytes { get; init; }
    public long? FilestoreBytes { get; init; }
}

/// <summary>Only the fields given are changed; the container takes them up with a restart.</summary>
public sealed record UpdateInstance : Partial
{
    protected override IReadOnlyList<string> Needed => [nameof(Name)];

    [MinLength(1), MaxLength(100)] public string? Name { get; set => field = Given(value); }
    [Range(0, 64)] public int? Workers { get; set => field = Given(value); }
    [Range(256, 1048576)] public int? MemoryMb { get; set => field = Given(value); }
    [Range(0.1, 256)] public double? Cpus { get; set => field = Given(value); }
    public IReadOnlyDictionary<string, string>? EnvVars { get; set => field = Given(value); }
    public IReadOnlyDictionary<string, string>? Config { get; set => field = Given(value); }
    [MaxLength(100)] public string? RegistrationCode { get; set => field = Given(value); }
}

/// <summary>What a change of settings does to odoo.conf and to the container.</summary>
public sealed record SettingsDiff
{
    public required IReadOnlyList<SettingChange> Changes { get; init; }
    public required bool RestartNeeded { get; init; }
}

public sealed record SettingChange
{
    public required string Key { get; init; }
    public string? Before { get; init; }
    public string? After { get; init; }
}

public sealed record InstanceConfigView
{
    /// <summary>odoo.conf as it will be written, secrets masked.</summary>
    public required string OdooConf { get; init; }
    /// <summary>What differs from what the container runs with.</summary>
    public required SettingsDiff Pending { get; init; }
}

public sealed record ChangeModules
{
    [MaxLength(100)] public IReadOnlyList<string>? Install { get; init; }
    [MaxLength(100)] public IReadOnlyList<string>? Update { get; init; }
}

public sealed record InstalledModule
{
    public required string Name { get; init; }
    public required string Title { get; init; }
    /// <summary>As Odoo says: <c>installed</c>, <c>uninstalled</c>, <c>to upgrade</c> …</summary>
    public required string State { get; init; }
    public string? Version { get; init; }
    public required bool Application { get; init; }
}

/// <summary>The administrator of the Odoo instance.</summary>
public sealed record AdminCredentials
{
    public required string Login { get; init; }
    /// <summary>Shown this once.</summary>
    public required string Password { get; init; }
    public required string Url { get; init; }
}

public sealed record OpenLink
{
    /// <summary>Signs the person in, once.</summary>
    public required string Url { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
}

public sealed record LogLines
{
    public required IReadOnlyList<string> Lines { get; init; }
    /// <summary>Where the first and the last of them stand: an address in the log that stays.</summary>
    public string? First { get; init; }
    public string? Last { get; init; }
    /// <summary>There are lines before the first; ask for them with <c>?before=</c>.</summary>
    public bool HasMore { get; init; }
}
