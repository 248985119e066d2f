using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Platform.Data;

namespace OCore.Features.Users;

/// <summary>A person's account. Accounts are of the installation; what they may do comes from memberships.</summary>
[GlobalEntity("A person may belong to several organizations.")]
internal sealed class User : IdentityUser<Guid>, IAffectsAccess, IAudited
{
    public required string Name { get; set; }
    /// <summary>Runs the installation: plans and everything under /api/admin.</summary>
    public bool IsOperator { get; set; }
    public bool MustChangePassword { get; set; }
    /// <summary>Of mails to them; not known where they never chose one.</summary>
    public string? Language { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>Cannot sign in, and every session and key of theirs is refused.</summary>
    public DateTimeOffset? DisabledAt { get; set; }
    /// <summary>The authenticator's seed, sealed. Active when <see cref="IdentityUser{TKey}.TwoFactorEnabled"/>.</summary>
    [Secret] public string? TotpSecret { get; set; }
    /// <summary>The newest time step whose code was accepted; it and older ones are refused, so a code works once.</summary>
    [NotAudited] public long TotpLastStep { get; set; }
    /// <summary>Hashes of the recovery codes that are left.</summary>
    [Secret] public List<string> RecoveryCodeHashes { get; set; } = [];

    // Identity's own columns, so that the audit log masks or leaves out what it has to.
    [Secret] public override string? PasswordHash { get; set; }
    [NotAudited] public override string? SecurityStamp { get; set; }
    [NotAudited] public override string? ConcurrencyStamp { get; set; } = RowId.New().ToString();
    [NotAudited] public override string? NormalizedEmail { get; set; }
    [NotAudited] public override string? UserName { get; set; }
    [NotAudited] public override string? NormalizedUserName { get; set; }
    [NotAudited] public override int AccessFailedCount { get; set; }

    string IAudited.AuditNoun => "user";
    string IAudited.AuditName => Email ?? Name;
}

internal sealed class UserMapping : IEntityTypeConfiguration<User>
{
    public void Configure(EntityTypeBuilder<User> entity)
    {
        entity.ToTable("Users");
        entity.Property(u => u.Name).HasMaxLength(100);
        entity.Property(u => u.Language).HasMaxLength(8);
        entity.Property(u => u.RecoveryCodeHashes).HasJson();
    }
}
