using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

public enum OrganizationKind { Personal, Organization, Client }

public sealed record OrganizationView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Slug { get; init; }
    public required OrganizationKind Kind { get; init; }
    public required bool AgencyEnabled { get; init; }
    /// <summary>Of a client: the agency that manages it.</summary>
    public Ref? Agency { get; init; }
    public string? LogoUrl { get; init; }
    public required bool Suspended { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

public sealed record CreateOrganization
{
    [Required, MinLength(1), MaxLength(100)] public required string Name { get; init; }
    [Required, MinLength(2), MaxLength(40), RegularExpression(Patterns.Slug)] public required string Slug { get; init; }
}

public sealed record UpdateOrganization : Partial
{
    protected override IReadOnlyList<string> Needed => [nameof(Name)];

    [MinLength(1), MaxLength(100)] public string? Name { get; set => field = Given(value); }
    [MaxLength(2000)] public string? LogoUrl { get; set => field = Given(value); }
}

public sealed record MemberView
{
    public required Guid Id { get; init; }
    public required Guid UserId { get; init; }
    public required string Name { get; init; }
    public required string Email { get; init; }
    public required Ref Role { get; init; }
    public required bool TotpEnabled { get; init; }
    public DateTimeOffset? LastSeenAt { get; init; }
    public required DateTimeOffset JoinedAt { get; init; }
}

public sealed record UpdateMember
{
    /// <summary>Id or slug of a role of this organization.</summary>
    [Required, MaxLength(64)] public required string Role { get; init; }
}

public sealed record InvitationView
{
    public required Guid Id { get; init; }
    public required string Email { get; init; }
    public required Ref Role { get; init; }
    public required string InvitedBy { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
    /// <summary>Whether the mail went out; the reason where it did not.</summary>
    public required bool MailSent { get; init; }
    public string? MailError { get; init; }
}

public sealed record InviteMember
{
    [Required, EmailAddress, MaxLength(254)] public required string Email { get; init; }
    [Required, MaxLength(64)] public required string Role { get; init; }
    /// <summary>Of the mail: <c>en</c> or <c>fr</c>. That of who invites where not given; whoever has an account gets it in their own.</summary>
    [AllowedValues(null, "en", "fr")] public string? Language { get; init; }
}

public sealed record InvitationToken
{
    [Required, MaxLength(200)] public required string Token { get; init; }
}

/// <summary>What the holder of an invitation's link may know before accepting.</summary>
public sealed record InvitationPreview
{
    public required string Organization { get; init; }
    public required string Email { get; init; }
    public required string Role { get; init; }
    /// <summary>An account with this address exists: sign in to accept. Otherwise accepting makes one.</summary>
    public required bool AccountExists { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
}

public sealed record AcceptInvitation
{
    [Required, MaxLength(200)] public required string Token { get; init; }
    /// <summary>Of the new account, where none exists yet.</summary>
    [MaxLength(100)] public string? Name { get; init; }
    [MinLength(8), MaxLength(256)] public string? Password { get; init; }
}

public sealed record RoleView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Slug { get; init; }
    public string? Description { get; init; }
    /// <summary>Owner, Admin, Developer and Viewer come with oCore and cannot be changed.</summary>
    public required bool IsSystem { get; init; }
    public required IReadOnlyList<string> Permissions { get; init; }
    public required int Members { get; init; }
}

public sealed record CreateRole
{
    [Required, MinLength(1), MaxLength(60)] public required string Name { get; init; }
    [Required, MinLength(2), MaxLength(40), RegularExpression(Patterns.Slug)] public required string Slug { get; init; }
    [MaxLength(300)] public string? Description { get; init; }
    [Required, MaxLength(64)] public required IReadOnlyList<string> Permissions { get; init; }
}

public sealed record UpdateRole : Partial
{
    protected override IReadOnlyList<string> Needed => [nameof(Name)];

    [MinLength(1), MaxLength(60)] public string? Name { get; set => field = Given(value); }
    [MaxLength(300)] public string? Description { get; set => field = Given(value); }
    [MaxLength(64)] public IReadOnlyList<string>? Permissions { get; set => field = Given(value); }
}

public sealed record PermissionView
{
    /// <summary>For example <c>manage:agency</c>; manage includes view.</summary>
    public required string Name { get; init; }
    public required string Description { get; init; }
}

public sealed record ApiKeyView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    /// <summary>The first characters, to tell keys apart.</summary>
    public required string Prefix { get; init; }
    /// <summary>Empty: everything its maker may do.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }
    public required string CreatedBy { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
    public DateTimeOffset? LastUsedAt { get; init; }
}

public sealed record CreateApiKey
{
    [Required, MinLength(1), MaxLength(100)] public required string Name { get; init; }
    /// <summary>Permissions this key is limited to; all of its maker's where empty.</summary>
    [MaxLength(64)] public IReadOnlyList<string>? Scopes { get; init; }
    /// <summary>Days until it ends: 1 to 366, 90 where not given.</summary>
    [Range(1, 366)] public int? ExpiresInDays { get; init; }
}

public sealed record CreatedApiKey
{
    public required ApiKeyView ApiKey { get; init; }
    /// <summary>The secret, shown this once.</summary>
    public required string Key { get; init; }
}

public sealed record AuditEntryView
{
    public required Guid Id { get; init; }
    public required DateTimeOffset At { get; init; }
    /// <summary>Noun and verb, for example <c>client.created</c>.</summary>
    public required string Action { get; init; }
    public required string Actor { get; init; }
    public Guid? ActorId { get; init; }
    /// <summary>The organization for which an agency's person acted.</summary>
    public string? OnBehalfOf { get; init; }
    public string? ObjectType { get; init; }
    public string? ObjectId { get; init; }
    public string? ObjectName { get; init; }
    public Guid? OperationId { get; init; }
    public string? Ip { get; init; }
    public string? UserAgent { get; init; }
    /// <summary>Fields that changed, old and new; secrets are masked.</summary>
    public IReadOnlyDictionary<string, AuditChange>? Changes { get; init; }
}

public sealed record AuditChange
{
    public string? Before { get; init; }
    public string? After { get; init; }
}
