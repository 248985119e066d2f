using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Platform.Data;

namespace OCore.Features.Domains;

/// <summary>
/// The name was somebody's until lately. For a while nobody else gets it by proof of a name above it, only by its own record. It is looked
/// at each night whether it still leads here: then whoever gave it up is told, and it is remembered until it does not any more.
/// </summary>
internal sealed class DomainTombstone : IAgencyShared
{
    public static readonly TimeSpan Rest = TimeSpan.FromDays(7), Night = TimeSpan.FromHours(23);

    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public required string Host { get; init; }
    public DateTimeOffset Until { get; init; }
    /// <summary>Where it led when it was given up: names and addresses.</summary>
    public List<string> LedTo { get; init; } = [];
    /// <summary>When it is looked at next; null where it is a name of the platform's own, which leads here anyway.</summary>
    public DateTimeOffset? LookAt { get; set; }
    /// <summary>Since when it is known that it still leads here.</summary>
    public DateTimeOffset? DanglingAt { get; set; }
    public DateTimeOffset? ToldAt { get; set; }

    /// <summary>Of a claim that is given up.</summary>
    public static DomainTombstone Of(NameClaim claim, Guid rootId, DateTimeOffset now) => new()
    {
        OrgId = claim.OrgId, RootId = rootId, Host = claim.CustomHost!, Until = now + Rest, LedTo = [.. claim.Sight?.Expected ?? []], LookAt = now + Night,
    };
}

internal sealed class DomainTombstoneMapping : IEntityTypeConfiguration<DomainTombstone>
{
    public void Configure(EntityTypeBuilder<DomainTombstone> entity)
    {
        entity.ToTable("DomainTombstones");
        entity.Property(t => t.Host).HasMaxLength(253);
        entity.HasIndex(t => t.Host);
        entity.HasIndex(t => t.LookAt);
        entity.Property(t => t.LedTo).HasJson();
    }
}
