using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Features.Users;
using OCore.Platform.Data;

namespace OCore.Features.ApiKeys;

/// <summary>A key bound to one organization. Its right is that of its maker at the time of use, cut down to its scopes.</summary>
internal sealed class ApiKey : IOrgOwned, IAudited, IAffectsAccess
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid UserId { get; init; }
    public required string Name { get; init; }
    public required string Prefix { get; init; }
    [Secret] public required byte[] Hash { get; init; }
    public required List<string> Scopes { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }
    [NotAudited] public DateTimeOffset? LastUsedAt { get; set; }

    public User User { get; init; } = null!;

    string IAudited.AuditNoun => "api_key";
    string IAudited.AuditName => Name;
}

internal sealed class ApiKeyMapping : IEntityTypeConfiguration<ApiKey>
{
    public void Configure(EntityTypeBuilder<ApiKey> entity)
    {
        entity.ToTable("ApiKeys");
        entity.HasIndex(k => k.Hash).IsUnique();
        entity.Property(k => k.Scopes).HasJson();
        entity.HasOne(k => k.User).WithMany().HasForeignKey(k => k.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
