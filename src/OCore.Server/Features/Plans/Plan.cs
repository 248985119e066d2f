using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Features.Plans;

/// <summary>What an organization may use. Clients use their agency's.</summary>
[GlobalEntity("Set by the operator for all organizations.")]
internal sealed class Plan : IAudited, IAffectsAccess
{
    public Guid Id { get; init; } = RowId.New();
    public required string Name { get; set; }
    public required string Slug { get; init; }
    public required List<string> Features { get; set; }
    public required PlanLimits Limits { get; set; }
    public bool IsDefault { get; set; }

    string IAudited.AuditNoun => "plan";
    string IAudited.AuditName => Name;
}

internal sealed class PlanMapping : IEntityTypeConfiguration<Plan>
{
    public void Configure(EntityTypeBuilder<Plan> entity)
    {
        entity.ToTable("Plans");
        entity.HasIndex(p => p.Slug).IsUnique();
        entity.HasIndex(p => p.IsDefault).IsUnique().HasFilter("\"IsDefault\"");
        entity.Property(p => p.Features).HasJson();
        entity.Property(p => p.Limits).HasJson();
    }
}
