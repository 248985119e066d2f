using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Platform.Data;

namespace OCore.Features.Backups;

/// <summary>
/// One backup of an instance. It outlives the instance: what it takes to make one again is in it. The manifest here is the word that
/// what is stored is held against.
/// </summary>
internal sealed class Backup : IAgencyShared, IAudited
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    /// <summary>No key of the database: the instance may be gone.</summary>
    public Guid? InstanceId { get; set; }
    /// <summary>The server it is of, likewise; the one on which it is verified.</summary>
    public Guid? ServerId { get; init; }
    public required string InstanceName { get; init; }
    /// <summary>A database that lay beside the one that was served; null where it is of the served one.</summary>
    public string? Database { get; init; }
    /// <summary>Null is oCore's own directory.</summary>
    public Guid? TargetId { get; set; }
    public required string Reason { get; init; }
    public string? Note { get; init; }
    public required string OdooVersion { get; init; }
    public required string OdooEdition { get; init; }
    [NotAudited] public BackupState State { get; set; } = BackupState.Pending;
    [NotAudited] public string? FaultCode { get; set; }
    [NotAudited] public string? Fault { get; set; }
    [NotAudited] public BackupManifest? Manifest { get; set; }
    [NotAudited] public long Bytes { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    [NotAudited] public DateTimeOffset? TakenAt { get; set; }
    [NotAudited] public DateTimeOffset? CheckedAt { get; set; }
    [NotAudited] public DateTimeOffset? VerifiedAt { get; set; }
    [NotAudited] public double? VerifySeconds { get; set; }
    /// <summary>Removed then, whatever else speaks for it.</summary>
    public DateTimeOffset? KeepUntil { get; set; }

    /// <summary>Where its objects are within the target.</summary>
    public string Folder => $"{RootId:N}/{Id:N}/";
    public bool IsUsable => State is BackupState.Taken or BackupState.Stored or BackupState.Intact or BackupState.Verified;

    /// <summary>One that is to be taken.</summary>
    /// <param name="target">Null is oCore's own directory.</param>
    /// <param name="database">One that lies beside the served one.</param>
    public static Backup Of(Instance instance, Guid? target, string reason, string? note, DateTimeOffset now, string? database = null) => new()
    {
        OrgId = instance.OrgId, RootId = instance.RootId, InstanceId = instance.Id, ServerId = instance.ServerId, InstanceName = instance.Name, Database = database, TargetId = target,
        Reason = reason, Note = note, OdooVersion = instance.OdooVersion, OdooEdition = instance.OdooEdition, CreatedAt = now,
    };

    string IAudited.AuditNoun => "backup";
    string IAudited.AuditName => InstanceName;
}

internal sealed class BackupMapping : IEntityTypeConfiguration<Backup>
{
    public void Configure(EntityTypeBuilder<Backup> entity)
    {
        entity.ToTable("Backups");
        entity.HasIndex(b => b.InstanceId);
        entity.HasIndex(b => b.TargetId);
        entity.Property(b => b.Manifest).HasJson();
    }
}

/// <summary>A bucket that an organization keeps backups in; an agency's is its clients' too.</summary>
internal sealed class BackupTarget : IAgencyShared, IAudited
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public required string Name { get; set; }
    public required string Endpoint { get; set; }
    public string? Region { get; set; }
    public required string Bucket { get; set; }
    public required string Prefix { get; set; }
    public required string AccessKey { get; set; }
    [Secret] public required string SecretKeySealed { get; set; }
    public bool IsDefault { get; set; }
    [NotAudited] public DateTimeOffset? TestedAt { get; set; }
    [NotAudited] public string? TestError { get; set; }
    public DateTimeOffset CreatedAt { get; init; }

    string IAudited.AuditNoun => "backup_target";
    string IAudited.AuditName => Name;
}

internal sealed class BackupTargetMapping : IEntityTypeConfiguration<BackupTarget>
{
    public void Configure(EntityTypeBuilder<BackupTarget> entity)
    {
        entity.ToTable("BackupTargets");
        entity.HasIndex(t => new { t.OrgId, t.Name }).IsUnique();
    }
}
