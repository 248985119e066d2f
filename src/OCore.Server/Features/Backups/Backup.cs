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
    /// <summary>How long taking it took, without reading it back.</summary>
    [NotAudited] public double? TakeSeconds { get; set; }
    /// <summary>The key that it is sealed with; null until something of it is written.</summary>
    [NotAudited] public string? KeyId { get; set; }
    /// <summary>The backup that this is byte by byte, kept at another place; its keys are made from that one's id.</summary>
    public Guid? CopyOf { get; init; }
    /// <summary>Where its objects are within the target, where that is another's folder.</summary>
    public string? StoredIn { get; init; }
    /// <summary>What is strange about it beside those before it, in words that do not change; see BackupOddities.</summary>
    [NotAudited] public List<string> Oddities { get; set; } = [];
    [NotAudited] public DateTimeOffset? OddAt { get; set; }
    [NotAudited] public DateTimeOffset? OddToldAt { get; set; }
    /// <summary>Removed then, whatever else speaks for it.</summary>
    public DateTimeOffset? KeepUntil { get; set; }

    /// <summary>Where its objects are within the target.</summary>
    public string Folder => StoredIn ?? $"{RootId:N}/{Id:N}/";
    public Guid SealedAs => CopyOf ?? Id;
    public bool IsUsable => State is BackupState.Taken or BackupState.Stored or BackupState.Intact or BackupState.Verified;

    /// <summary>One that is to be taken.</summary>
    /// <param name="target">Null is oCore's own directory.</param>
    /// <param name="database">One that lies beside the served one.</param>
    public static Backup Of(Instance instance, Guid? target, string reason, string? note, DateTimeOffset now, string? database = null) => new()
    {
        OrgId = instance.OrgId, RootId = instance.RootId, InstanceId = instance.Id, ServerId = instance.ServerId, InstanceName = instance.Name, Database = database, TargetId = target,
        Reason = reason, Note = note, OdooVersion = instance.OdooVersion, OdooEdition = instance.OdooEdition, CreatedAt = now,
    };

    /// <summary>The same at another place, to be copied there.</summary>
    public Backup CopyTo(Guid? target, string? note, DateTimeOffset now) => new()
    {
        OrgId = OrgId, RootId = RootId, InstanceId = InstanceId, ServerId = ServerId, InstanceName = InstanceName, Database = Database, TargetId = target, Reason = Reason, Note = note,
        OdooVersion = OdooVersion, OdooEdition = OdooEdition, CreatedAt = now, KeyId = KeyId, CopyOf = SealedAs, StoredIn = Folder,
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
        entity.HasIndex(b => b.CopyOf);
        entity.Property(b => b.Manifest).HasJson();
        entity.Property(b => b.Oddities).HasJson();
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
    /// <summary>Nothing is deleted there: neither by oCore, nor by whoever gets hold of it, where the store's key may not.</summary>
    public bool AppendOnly { get; set; }
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
