using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Features.Branding;
using OCore.Features.Plans;
using OCore.Features.Users;
using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Features.Organizations;

/// <summary>A tenant. Personal, shared by several people, or the client of an agency; agency mode is a mark any but a client can have.</summary>
[GlobalEntity("It is the tenant itself; its filter compares its own id.")]
internal sealed class Organization : ITenantRow, IAudited, IAffectsAccess
{
    public Guid Id { get; init; } = RowId.New();
    /// <summary>The agency's id for a client, its own otherwise. Never changes.</summary>
    public Guid RootId { get; init; }
    public required string Name { get; set; }
    public required string Slug { get; init; }
    public required OrganizationKind Kind { get; init; }
    public Guid PlanId { get; set; }
    public string? LogoUrl { get; set; }
    /// <summary>The logo as oCore serves it.</summary>
    [NotAudited] public string? LogoImage { get; set; }
    public DateTimeOffset? AgencyEnabledAt { get; set; }
    public DateTimeOffset? SuspendedAt { get; set; }
    public string? SuspendedReason { get; set; }
    /// <summary>Being deleted: nobody but its deletion acts in it any more.</summary>
    public DateTimeOffset? DeletingAt { get; set; }
    public DateTimeOffset CreatedAt { get; init; }

    public bool AgencyEnabled => AgencyEnabledAt is not null;

    /// <summary>What a browser is told to show: never an address of somebody else's where there is an image of ours.</summary>
    public string? Logo => LogoImage ?? LogoUrl;

    /// <summary>Changes what is given; an empty <paramref name="logoUrl"/> removes the logo.</summary>
    public Problem? Change(string? name, string? logoUrl)
    {
        if (name is not null && string.IsNullOrWhiteSpace(name))
            return Problem.Field("name", "It cannot be blank.");
        if (!string.IsNullOrEmpty(logoUrl) && !logoUrl.StartsWith(BrandAsset.Prefix, StringComparison.Ordinal) && !(Uri.TryCreate(logoUrl, UriKind.Absolute, out var url) && url.Scheme is "https" or "http" && url.UserInfo.Length == 0))
            return Problem.Field("logoUrl", "It has to be an address beginning with https:// or http://, or that of an uploaded image.");
        Name = name?.Trim() ?? Name;
        if (logoUrl is null || logoUrl == LogoImage)
            return null;
        (LogoUrl, LogoImage) = (logoUrl.Length == 0 ? null : logoUrl, null);
        return null;
    }

    string IAudited.AuditNoun => Kind == OrganizationKind.Client ? "client" : "organization";
    string IAudited.AuditName => Name;
}

internal sealed class Member : IOrgOwned, IAudited, IAffectsAccess
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid UserId { get; init; }
    public Guid RoleId { get; set; }
    public DateTimeOffset JoinedAt { get; init; }
    [NotAudited] public DateTimeOffset? LastSeenAt { get; set; }

    public User User { get; init; } = null!;
    public Role Role { get; init; } = null!;

    string IAudited.AuditNoun => "member";
    string IAudited.AuditName => User?.Email ?? UserId.ToString();
}

/// <summary>A named set of permissions within one organization.</summary>
internal sealed class Role : IOrgOwned, IAudited, IAffectsAccess
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public required string Name { get; set; }
    public required string Slug { get; init; }
    public string? Description { get; set; }
    public bool IsSystem { get; init; }
    public required List<string> Permissions { get; set; }

    string IAudited.AuditNoun => "role";
    string IAudited.AuditName => Name;
    // They come with every organization: four lines that say nothing.
    bool IAudited.IsAudited => !IsSystem;
}

/// <summary>Bound to an address, an organization and a role; works once, within 72 hours.</summary>
internal sealed class Invitation : IOrgOwned, IAudited
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    /// <summary>In lower case.</summary>
    public required string Email { get; init; }
    public Guid RoleId { get; init; }
    public Guid InvitedById { get; init; }
    public required string InvitedBy { get; init; }
    /// <summary>SHA-256 of the token, which only the mail carries.</summary>
    [Secret] public required byte[] TokenHash { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }

    public Role Role { get; init; } = null!;

    string IAudited.AuditNoun => "invitation";
    string IAudited.AuditName => Email;
}

internal sealed class OrganizationMapping : IEntityTypeConfiguration<Organization>, IEntityTypeConfiguration<Member>, IEntityTypeConfiguration<Role>, IEntityTypeConfiguration<Invitation>
{
    public void Configure(EntityTypeBuilder<Organization> entity)
    {
        entity.ToTable("Organizations");
        entity.Property(o => o.Name).HasMaxLength(100);
        entity.Property(o => o.Slug).HasMaxLength(40);
        entity.HasIndex(o => o.Slug).IsUnique();
        entity.HasAlternateKey(o => new { o.RootId, o.Id });
        entity.HasOne<Plan>().WithMany().HasForeignKey(o => o.PlanId).OnDelete(DeleteBehavior.Restrict);
        entity.Ignore(o => o.AgencyEnabled);
        entity.Ignore(o => o.Logo);
    }

    public void Configure(EntityTypeBuilder<Member> entity)
    {
        entity.ToTable("Members");
        entity.HasIndex(m => new { m.OrgId, m.UserId }).IsUnique();
        entity.HasIndex(m => m.UserId);
        entity.HasOne(m => m.User).WithMany().HasForeignKey(m => m.UserId).OnDelete(DeleteBehavior.Cascade);
        entity.HasOne(m => m.Role).WithMany().HasForeignKey(m => new { m.OrgId, m.RoleId }).HasPrincipalKey(r => new { r.OrgId, r.Id }).OnDelete(DeleteBehavior.Restrict);
    }

    public void Configure(EntityTypeBuilder<Role> entity)
    {
        entity.ToTable("Roles");
        entity.HasIndex(r => new { r.OrgId, r.Slug }).IsUnique();
        entity.Property(r => r.Permissions).HasJson();
    }

    public void Configure(EntityTypeBuilder<Invitation> entity)
    {
        entity.ToTable("Invitations");
        entity.HasIndex(i => i.TokenHash).IsUnique();
        entity.HasIndex(i => new { i.OrgId, i.Email }).IsUnique();
        entity.HasOne(i => i.Role).WithMany().HasForeignKey(i => new { i.OrgId, i.RoleId }).HasPrincipalKey(r => new { r.OrgId, r.Id }).OnDelete(DeleteBehavior.Cascade);
    }
}
