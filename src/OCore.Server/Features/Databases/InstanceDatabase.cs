using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Platform.Data;

namespace OCore.Features.Databases;

/// <summary>
/// A database that lies beside the one that an instance serves: owned by the instance's role, with a filestore folder in the
/// instance's own. The served one is the instance's <see cref="Instance.Database"/>, and has no row here.
/// </summary>
internal sealed class InstanceDatabase : IAgencyShared, IAudited
{
    /// <summary>How many an instance may have beside the one it serves.</summary>
    public const int Most = 20;

    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public Guid InstanceId { get; init; }
    /// <summary>The instance's: names are one database's on a server.</summary>
    public Guid ServerId { get; init; }
    public required string Name { get; set; }
    /// <summary>While it is renamed, the name that it will have, or had: nobody else gets it.</summary>
    [NotAudited] public string? ReservedName { get; set; }
    [NotAudited] public DatabaseStatus Status { get; set; }
    /// <summary>As measured last.</summary>
    [NotAudited] public long? Bytes { get; set; }
    public DateTimeOffset CreatedAt { get; set; }

    string IAudited.AuditNoun => "database";
    string IAudited.AuditName => Name;
}

internal sealed class InstanceDatabaseMapping : IEntityTypeConfiguration<InstanceDatabase>
{
    public void Configure(EntityTypeBuilder<InstanceDatabase> entity)
    {
        entity.ToTable("InstanceDatabases");
        entity.Property(d => d.Name).HasMaxLength(63);
        entity.Property(d => d.ReservedName).HasMaxLength(63);
        entity.HasIndex(d => new { d.ServerId, d.Name }).IsUnique();
        entity.HasIndex(d => d.InstanceId);
        entity.HasOne<Instance>().WithMany().HasForeignKey(d => new { d.RootId, d.InstanceId }).HasPrincipalKey(i => new { i.RootId, i.Id }).OnDelete(DeleteBehavior.Cascade);
    }
}
