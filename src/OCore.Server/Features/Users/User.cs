using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Platform.Data;

namespace OCore.Features.Users;

/// <summary>A person's account. Accounts are of the installation; what they may do comes from memberships.</summary>
[GlobalEntity("A person may belong to several organisations.")]
internal sealed class User : IdentityUser<Guid>, IAffectsAccess, IAudited
{
    public required string Name { get; set; }
    /// <summary>Runs the installation: plans and everything under /api/admin.</summary>
    public bool IsOperator { get; set; }
    public bool MustChangePassword { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>The authenticator's seed, sealed. Active when <see cref="IdentityUser{TKey}.TwoFactorEnabled"/>.</summary>
    [Secret] public string? TotpSecret { get; set; }
    /// <summary>The newest time step whose code was accepted; it and older ones are refused, so a code works once.</summary>
    [NotAudited] public long TotpLastStep { get; set; }
    /// <summary>Hashes of the recovery codes that are left.</summary>
    [Secret] public List<string> RecoveryCodeHashes { get; set; } = [];

    string IAudited.AuditNoun => "user";
    string IAudited.AuditName => Email ?? Name;
}

/// <summary>One sign-in of a person on one device. Tokens are references: revoking a row ends them.</summary>
[GlobalEntity("Belongs to an account, which may act in several organisations.")]
internal sealed class Session : IAffectsAccess
{
    public Guid Id { get; init; } = Guid.CreateVersion7();
    public Guid UserId { get; init; }
    /// <summary>SHA-256 of the access token (or of the cookie's token).</summary>
    public required byte[] AccessHash { get; set; }
    public DateTimeOffset AccessExpiresAt { get; set; }
    public byte[]? RefreshHash { get; set; }
    public DateTimeOffset ExpiresAt { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset LastSeenAt { get; set; }
    public string? Ip { get; init; }
    public string? UserAgent { get; init; }
}

internal sealed class UserMapping : IEntityTypeConfiguration<User>, IEntityTypeConfiguration<Session>
{
    public void Configure(EntityTypeBuilder<User> entity)
    {
        entity.ToTable("Users");
        entity.Property(u => u.Name).HasMaxLength(100);
        entity.Property(u => u.RecoveryCodeHashes).HasJson();
    }

    public void Configure(EntityTypeBuilder<Session> entity)
    {
        entity.ToTable("Sessions");
        entity.HasIndex(s => s.AccessHash).IsUnique();
        entity.HasIndex(s => s.RefreshHash).IsUnique();
        entity.HasOne<User>().WithMany().HasForeignKey(s => s.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
