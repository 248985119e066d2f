using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Platform.Data;

namespace OCore.Platform.Security;

/// <summary>The attempts of one caller at one thing, where several processes count together.</summary>
[GlobalEntity("Who is not signed in yet belongs to nobody.")]
internal sealed class RateCount
{
    public required string Limit { get; init; }
    /// <summary>Who or what is counted, as SHA-256.</summary>
    public required byte[] Key { get; init; }
    /// <summary>When, in milliseconds since 1970.</summary>
    public required long[] Times { get; init; }
    /// <summary>Nothing here counts any more after it.</summary>
    public DateTimeOffset Until { get; init; }
}

internal sealed class RateCountMapping : IEntityTypeConfiguration<RateCount>
{
    public void Configure(EntityTypeBuilder<RateCount> entity)
    {
        entity.ToTable("RateCounts");
        entity.HasKey(c => new { c.Limit, c.Key });
        entity.Property(c => c.Limit).HasMaxLength(40);
        entity.HasIndex(c => c.Until);
    }
}
