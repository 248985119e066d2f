using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>Sign in with a password, and with a second factor where the account has one.</summary>
public sealed record LoginRequest
{
    [Required, EmailAddress, MaxLength(254)] public required string Email { get; init; }
    [Required, MaxLength(256)] public required string Password { get; init; }
    /// <summary>Six digits of the authenticator; answer 401 <c>totp_required</c> asks for it.</summary>
    [MaxLength(16)] public string? Totp { get; init; }
    /// <summary>One of the recovery codes, in place of <c>totp</c>.</summary>
    [MaxLength(32)] public string? RecoveryCode { get; init; }
}

/// <summary>Open an account, where the installation allows it (<c>OCORE_SIGNUP=open</c>).</summary>
public sealed record SignupRequest
{
    [Required, EmailAddress, MaxLength(254)] public required string Email { get; init; }
    [Required, MaxLength(100)] public required string Name { get; init; }
    /// <summary>At least 8 characters, 15 or more recommended; no rules of composition.</summary>
    [Required, MinLength(8), MaxLength(256)] public required string Password { get; init; }
}

public sealed record RefreshRequest
{
    [Required, MaxLength(200)] public required string RefreshToken { get; init; }
}

public sealed record SessionTokens
{
    /// <summary>For <c>Authorization: Bearer</c>.</summary>
    public required string AccessToken { get; init; }
    public required string RefreshToken { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
}

public sealed record ResetPasswordRequest
{
    [Required, EmailAddress, MaxLength(254)] public required string Email { get; init; }
}

public sealed record ConfirmResetRequest
{
    [Required, MaxLength(200)] public required string Token { get; init; }
    [Required, MinLength(8), MaxLength(256)] public required string Password { get; init; }
}

/// <summary>The account that asks, with the organizations it may act in.</summary>
public sealed record MeView
{
    public required Guid Id { get; init; }
    public required string Email { get; init; }
    public required string Name { get; init; }
    /// <summary>Of mails to this account, such as <c>fr</c>; null where none was chosen.</summary>
    public string? Language { get; init; }
    /// <summary>Runs this installation: may use <c>/api/admin</c>.</summary>
    public required bool IsOperator { get; init; }
    public required bool TotpEnabled { get; init; }
    public required int RecoveryCodesLeft { get; init; }
    /// <summary>The password was made by oCore and has to be changed.</summary>
    public required bool MustChangePassword { get; init; }
    public required IReadOnlyList<MembershipView> Organizations { get; init; }
    /// <summary>The organization of this request.</summary>
    public required CurrentOrganization Current { get; init; }
}

public sealed record MembershipView
{
    public required Guid Id { get; init; }
    public required string Slug { get; init; }
    public required string Name { get; init; }
    /// <summary><c>personal</c>, <c>organization</c> or <c>client</c>.</summary>
    public required OrganizationKind Kind { get; init; }
    public required bool AgencyEnabled { get; init; }
    /// <summary>The role's name; null where the right comes from the agency.</summary>
    public string? Role { get; init; }
    /// <summary>Acts there for the agency.</summary>
    public required bool Delegated { get; init; }
    public required bool Suspended { get; init; }
}

public sealed record CurrentOrganization
{
    public required Guid Id { get; init; }
    public required string Slug { get; init; }
    public required string Name { get; init; }
    public required OrganizationKind Kind { get; init; }
    public required bool AgencyEnabled { get; init; }
    /// <summary>Whether the subscription includes agency mode.</summary>
    public required bool AgencyAvailable { get; init; }
    public required bool Delegated { get; init; }
    /// <summary>What the caller may do here, for example <c>manage:agency</c>.</summary>
    public required IReadOnlyList<string> Permissions { get; init; }
    /// <summary>The switches that bind the caller: the people of a client, and who looks as one.</summary>
    public PortalConfigValues? Portal { get; init; }
    /// <summary>Looks at the portal as the client's people do.</summary>
    public bool? ViewingAsClient { get; init; }
    /// <summary>Such a look that changes nothing.</summary>
    public bool? ReadOnly { get; init; }
}

public sealed record UpdateMe : Partial
{
    protected override IReadOnlyList<string> Needed => [nameof(Name)];

    [MinLength(1), MaxLength(100)] public string? Name { get; set => field = Given(value); }
    /// <summary>Of mails to this account: <c>en</c> or <c>fr</c>. Null: as whoever sends them thinks best.</summary>
    [AllowedValues(null, "en", "fr")] public string? Language { get; set => field = Given(value); }
}

public sealed record ChangePassword
{
    [Required, MaxLength(256)] public required string CurrentPassword { get; init; }
    [Required, MinLength(8), MaxLength(256)] public required string NewPassword { get; init; }
}

/// <summary>What to give to an authenticator app. Not active before it is confirmed with a code.</summary>
public sealed record TotpSetup
{
    public required string Secret { get; init; }
    /// <summary>An <c>otpauth://</c> address, to show as a QR code.</summary>
    public required string Uri { get; init; }
}

public sealed record TotpCode
{
    [Required, MaxLength(16)] public required string Code { get; init; }
}

/// <summary>Proof by the account's password, for a change of its factors.</summary>
public sealed record PasswordProof
{
    [Required, MaxLength(256)] public required string Password { get; init; }
}

public sealed record RecoveryCodes
{
    /// <summary>Shown once; each works once.</summary>
    public required IReadOnlyList<string> Codes { get; init; }
}

public sealed record SessionView
{
    public required Guid Id { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset LastSeenAt { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
    public string? Ip { get; init; }
    public string? UserAgent { get; init; }
    /// <summary>The session of this request.</summary>
    public required bool Current { get; init; }
}

public sealed record PasskeyView
{
    /// <summary>The credential's id, base64url.</summary>
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>What the browser's <c>navigator.credentials</c> gave, as JSON text.</summary>
public sealed record PasskeyCredential
{
    [Required, MaxLength(20000)] public required string Credential { get; init; }
    [MaxLength(100)] public string? Name { get; init; }
}

/// <summary>Options for <c>navigator.credentials</c>, as JSON text.</summary>
public sealed record PasskeyOptions
{
    public required string Options { get; init; }
}
