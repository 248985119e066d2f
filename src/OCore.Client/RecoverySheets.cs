using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>
/// What it takes, besides the places themselves, to have the backups again without this installation: the keys that they are sealed with,
/// and where they are. Whoever has it and a place can read every backup there; keep it as you would keep the master key.
/// </summary>
public sealed record RecoverySheet
{
    public int Format { get; set; } = 1;
    /// <summary>The installation that made it.</summary>
    [MaxLength(300)] public string? Installation { get; init; }
    [MaxLength(200)] public string? Organization { get; init; }
    public DateTimeOffset? MadeAt { get; init; }
    [Required, MinLength(1), MaxLength(5000)] public required IReadOnlyList<RecoveryKey> Keys { get; init; }
    /// <summary>The buckets, without their secrets: those are with whoever gave them.</summary>
    [MaxLength(1000)] public IReadOnlyList<RecoveryPlace> Places { get; set; } = [];
}

public sealed record RecoveryKey
{
    /// <summary>As the manifests of backups name it.</summary>
    [Required, MaxLength(32)] public required string Id { get; init; }
    /// <summary>Whose backups it opens.</summary>
    [MaxLength(200)] public string? Organization { get; init; }
    /// <summary>32 bytes as base64.</summary>
    [Required, MaxLength(64)] public required string Key { get; init; }
}

public sealed record RecoveryPlace
{
    [Required, MaxLength(100)] public required string Name { get; init; }
    [MaxLength(300)] public string? Endpoint { get; init; }
    [MaxLength(60)] public string? Region { get; init; }
    [MaxLength(63)] public string? Bucket { get; init; }
    [MaxLength(200)] public string? Prefix { get; init; }
    [MaxLength(200)] public string? AccessKey { get; init; }
}

/// <summary>Whether the last recovery sheet still opens everything.</summary>
public sealed record RecoveryState
{
    /// <summary>Keys that backups are sealed with: one for each organization that has been backed up.</summary>
    public required int Keys { get; init; }
    /// <summary>Those that are on no sheet yet: what is sealed with them is lost with this installation.</summary>
    public required int Missing { get; init; }
    public DateTimeOffset? LastSheetAt { get; init; }
}

public sealed record RecoverBackups
{
    [Required] public required RecoverySheet Sheet { get; init; }
    /// <summary>Where to look: id or name of a target, or <c>local</c>.</summary>
    [Required, MinLength(1), MaxLength(100)] public required string Target { get; init; }
}

public sealed record RecoveredBackups
{
    /// <summary>Backups that lie there.</summary>
    public required int Found { get; init; }
    /// <summary>Those that are in the list now and were not before.</summary>
    public required int Recovered { get; init; }
    /// <summary>Those that were in the list already.</summary>
    public required int Known { get; init; }
    /// <summary>Those that no key of the sheet opens.</summary>
    public required int Closed { get; init; }
}

public sealed record KeepBackup
{
    /// <summary>Another place than the one where it is: id or name of a target, or <c>local</c>.</summary>
    [Required, MinLength(1), MaxLength(100)] public required string Target { get; init; }
    [MaxLength(200)] public string? Note { get; init; }
}
