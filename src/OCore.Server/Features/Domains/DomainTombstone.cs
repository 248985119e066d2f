using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Platform.Data;

namespace OCore.Features.Domains;

/// <summary>
/// The name was somebody's until lately. For a while nobody else gets it by proof of a name above it, only by its own record.
/// </summary>
internal sealed class DomainTombstone : IAgencyShared
{
    public static readonly TimeSpan Rest = TimeSpan.FromDays(7);

    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public required string Host { get; init; }
    public DateTimeOffset Until { get; init; }
}

internal sealed class DomainTombstoneMapping : IEntityTypeConfiguration<DomainTombstone>
{
    public void Configure(EntityTypeBuilder<DomainTombstone> entity)
    {
        entity.ToTable("DomainTombstones");
        entity.Property(t => t.Host).HasMaxLength(253);
        entity.HasIndex(t => t.Host);
    }
}
