using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Platform.Data;

namespace OCore.Features.Users;

/// <summary>One sign-in of a person on one device. Tokens are references: deleting the row ends all of them.</summary>
[GlobalEntity("Belongs to an account, which may act in several organizations.")]
internal sealed class Session : IAffectsAccess
{
    public static readonly TimeSpan AccessFor = TimeSpan.FromHours(1), RefreshFor = TimeSpan.FromDays(30), Longest = TimeSpan.FromDays(90);
    public static readonly TimeSpan CookieIdle = TimeSpan.FromHours(8), CookieLongest = TimeSpan.FromHours(24);

    public Guid Id { get; init; } = RowId.New();
    public Guid UserId { get; init; }
    /// <summary>SHA-256 of the access token.</summary>
    public required byte[] AccessHash { get; set; }
    public DateTimeOffset AccessExpiresAt { get; set; }
    /// <summary>SHA-256 of the refresh token that is valid now.</summary>
    public byte[]? RefreshHash { get; set; }
    /// <summary>SHA-256 of what all refresh tokens of this session begin with: by it, one that was used before is known as stolen.</summary>
    public byte[]? RefreshFamily { get; set; }
    /// <summary>SHA-256 of the cookie's token, where a browser signed in.</summary>
    public byte[]? CookieHash { get; init; }
    /// <summary>Moves on while the cookie is used, up to <see cref="ExpiresAt"/>.</summary>
    public DateTimeOffset? CookieIdleUntil { get; set; }
    /// <summary>The end of everything: refresh token and cookie too.</summary>
    public DateTimeOffset ExpiresAt { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset LastSeenAt { get; set; }
    public string? Ip { get; init; }
    public string? UserAgent { get; init; }
}

/// <summary>A link to choose a new password; the token is in the mail alone.</summary>
[GlobalEntity("Belongs to an account.")]
internal sealed class PasswordReset
{
    public static readonly TimeSpan ValidFor = TimeSpan.FromHours(1);

    public Guid Id { get; init; } = RowId.New();
    public Guid UserId { get; init; }
    public required byte[] TokenHash { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }
}

internal enum PasskeyPurpose { SignIn, Register }

/// <summary>What a passkey has to sign: used once, within five minutes, for what it was made for.</summary>
[GlobalEntity("Comes before sign-in.")]
internal sealed class PasskeyChallenge
{
    public static readonly TimeSpan ValidFor = TimeSpan.FromMinutes(5);

    public Guid Id { get; init; } = RowId.New();
    public required byte[] ChallengeHash { get; init; }
    public required PasskeyPurpose Purpose { get; init; }
    /// <summary>Of a registration: whose.</summary>
    public Guid? UserId { get; init; }
    /// <summary>The framework's own note of what it asked.</summary>
    public required string State { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }
}

internal sealed class SessionMapping : IEntityTypeConfiguration<Session>, IEntityTypeConfiguration<PasswordReset>, IEntityTypeConfiguration<PasskeyChallenge>
{
    public void Configure(EntityTypeBuilder<Session> entity)
    {
        entity.ToTable("Sessions");
        entity.HasIndex(s => s.AccessHash).IsUnique();
        entity.HasIndex(s => s.RefreshHash).IsUnique();
        entity.HasIndex(s => s.RefreshFamily).IsUnique();
        entity.HasIndex(s => s.CookieHash).IsUnique();
        entity.HasIndex(s => s.ExpiresAt);
        entity.HasOne<User>().WithMany().HasForeignKey(s => s.UserId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<PasswordReset> entity)
    {
        entity.ToTable("PasswordResets");
        entity.HasIndex(r => r.TokenHash).IsUnique();
        entity.HasIndex(r => r.ExpiresAt);
        entity.HasOne<User>().WithMany().HasForeignKey(r => r.UserId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<PasskeyChallenge> entity)
    {
        entity.ToTable("PasskeyChallenges");
        entity.HasIndex(c => c.ChallengeHash).IsUnique();
        entity.HasIndex(c => c.ExpiresAt);
        entity.HasOne<User>().WithMany().HasForeignKey(c => c.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
