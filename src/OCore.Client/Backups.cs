using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>
/// How far a backup is known to be good, each measured: <c>taken</c> (written), <c>stored</c> (read back whole from its target),
/// <c>intact</c> (opened and every part checked), <c>verified</c> (restored, and Odoo answered on it). <c>damaged</c> was found not to be what was stored.
/// </summary>
public enum BackupState { Pending, Taken, Stored, Intact, Verified, Damaged, Failed }

public sealed record BackupView
{
    public required Guid Id { get; init; }
    public required Ref Organization { get; init; }
    /// <summary>The instance it is of, which may be gone.</summary>
    public Guid? InstanceId { get; init; }
    public required string InstanceName { get; init; }
    /// <summary>The further database of the instance that it is of; null where it is of the one that was served.</summary>
    public string? Database { get; init; }
    public required BackupState State { get; init; }
    /// <summary>Why it was taken: <c>manual</c>, <c>schedule</c>, <c>safety</c>, <c>import</c>, <c>deletion</c>, <c>recovered</c>.</summary>
    public required string Reason { get; init; }
    public string? Note { get; init; }
    /// <summary>What is wrong with it, where something is.</summary>
    public string? Fault { get; init; }
    /// <summary>A word for what is wrong: <c>missing_part</c>, <c>wrong_size</c>, <c>wrong_checksum</c> …</summary>
    public string? FaultCode { get; init; }
    /// <summary>Where it is; null is oCore's own directory.</summary>
    public Ref? Target { get; init; }
    public required string OdooVersion { get; init; }
    public required string OdooEdition { get; init; }
    public string? PostgresVersion { get; init; }
    /// <summary>As stored, encrypted.</summary>
    public required long Bytes { get; init; }
    public long? DatabaseBytes { get; init; }
    public long? FilestoreBytes { get; init; }
    public int? Files { get; init; }
    public int? Modules { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? TakenAt { get; init; }
    public DateTimeOffset? CheckedAt { get; init; }
    public DateTimeOffset? VerifiedAt { get; init; }
    /// <summary>How long restoring it and starting Odoo on it took.</summary>
    public double? VerifySeconds { get; init; }
    public DateTimeOffset? KeepUntil { get; init; }
    /// <summary>How long taking it took.</summary>
    public double? TakeSeconds { get; init; }
    /// <summary>The backup that this is byte by byte, kept at another place.</summary>
    public Guid? CopyOf { get; init; }
    /// <summary>What is strange about it beside those before it: <c>empty</c>, <c>no_files</c>, <c>size_changed</c>, <c>slow</c>.</summary>
    public IReadOnlyList<string> Oddities { get; set; } = [];
    /// <summary>The operation that works on it, if one does.</summary>
    public Guid? OperationId { get; init; }
}

public sealed record TakeBackup
{
    /// <summary>Id or name of a target; the default where it is absent.</summary>
    [MaxLength(100)] public string? Target { get; init; }
    [MaxLength(200)] public string? Note { get; init; }
    /// <summary>A further database of the instance, by name; the one that is served where it is absent.</summary>
    [MaxLength(100)] public string? Database { get; init; }
    /// <summary>Also restore it into a scratch database and start Odoo on it.</summary>
    public bool Verify { get; init; }
}

public sealed record RestoreBackup
{
    /// <summary>The slug of the instance that is to be as it was then.</summary>
    [Required, MaxLength(64)] public required string Confirm { get; init; }
}

/// <summary>What a restore would do, and what speaks against it.</summary>
public sealed record RestorePlan
{
    public required bool Possible { get; init; }
    public required IReadOnlyList<string> Findings { get; init; }
    public required IReadOnlyList<string> Steps { get; init; }
}

public sealed record CopyBackup
{
    [Required, MinLength(1), MaxLength(100)] public required string Name { get; init; }
    [MinLength(2), MaxLength(40), RegularExpression(Patterns.Slug)] public string? Slug { get; init; }
    [MaxLength(253), RegularExpression(Patterns.Domain)] public string? Domain { get; init; }
    /// <summary>Another server than the instance's; id or name.</summary>
    [MaxLength(100)] public string? ServerId { get; init; }
    /// <summary>A staging copy: no mail leaves it and no scheduled action runs. False only for a copy that takes the original's place.</summary>
    public bool Neutralize { get; set; } = true;
}

public sealed record BackupTargetView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    /// <summary><c>local</c> or <c>s3</c>.</summary>
    public required string Kind { get; init; }
    public string? Endpoint { get; init; }
    public string? Region { get; init; }
    public string? Bucket { get; init; }
    public string? Prefix { get; init; }
    public string? AccessKey { get; init; }
    public required bool IsDefault { get; init; }
    /// <summary>oCore deletes nothing there.</summary>
    public required bool AppendOnly { get; init; }
    public required int Backups { get; init; }
    public required long Bytes { get; init; }
    public DateTimeOffset? TestedAt { get; init; }
    /// <summary>What the last test found; null where all was well or it was never tested.</summary>
    public string? TestError { get; init; }
}

public sealed record SaveBackupTarget
{
    [Required, MinLength(1), MaxLength(100)] public required string Name { get; init; }
    /// <summary>The address of the S3-compatible store, for example <c>https://s3.eu-central-1.amazonaws.com</c>.</summary>
    [Required, MaxLength(300), RegularExpression("^https?://[A-Za-z0-9.\\-\\[\\]:]+/?$")] public required string Endpoint { get; init; }
    [MaxLength(60)] public string? Region { get; init; }
    [Required, MinLength(3), MaxLength(63), RegularExpression("^[a-z0-9][a-z0-9.\\-]{1,61}[a-z0-9]$")] public required string Bucket { get; init; }
    [MaxLength(200), RegularExpression("^/?([A-Za-z0-9_][A-Za-z0-9._\\-]*(/[A-Za-z0-9_][A-Za-z0-9._\\-]*)*/?)?$")] public string? Prefix { get; init; }
    [Required, MinLength(1), MaxLength(200)] public required string AccessKey { get; init; }
    /// <summary>Kept encrypted and never read back; absent in a change, it stays.</summary>
    [MaxLength(200)] public string? SecretKey { get; init; }
    public bool IsDefault { get; init; }
    /// <summary>oCore deletes nothing there, so that its key need not be allowed to: what is kept no longer goes out of the list, and from the store by the store's own rules.</summary>
    public bool AppendOnly { get; init; }
}

public sealed record BackupTargetTest
{
    public required bool Ok { get; init; }
    /// <summary>What was done, and how it went.</summary>
    public required string Message { get; init; }
    public required int Milliseconds { get; init; }
}
