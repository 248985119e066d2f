using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>What a portal looks like and how its mails go out.</summary>
public record BrandingValues
{
    /// <summary>The name people know the portal by; the agency's own name where none is set.</summary>
    public string? ProductName { get; init; }
    public string? LogoUrl { get; init; }
    /// <summary>For dark backgrounds; the light one where none is set.</summary>
    public string? LogoDarkUrl { get; init; }
    public string? FaviconUrl { get; init; }
    /// <summary>Background of the login page.</summary>
    public string? LoginBgUrl { get; init; }
    public string? LoginBgDarkUrl { get; init; }
    public string? PrimaryColor { get; init; }
    public string? AccentColor { get; init; }
    public string? PrimaryColorDark { get; init; }
    public string? AccentColorDark { get; init; }
    /// <summary>One of <c>GET /api/agency/branding/fonts</c>.</summary>
    public string? FontFamily { get; init; }
    /// <summary>As it was written; what of it applies is in <c>customCssApplied</c>.</summary>
    public string? CustomCss { get; init; }
    /// <summary>Sender of mails to clients, once its domain allows it.</summary>
    public string? FromEmail { get; init; }
    /// <summary>Plain text.</summary>
    public string? FooterText { get; init; }
    /// <summary>Where people find help: <c>https://…</c> or <c>mailto:…</c>.</summary>
    public string? SupportUrl { get; init; }
}

/// <summary>Branding as it applies, with what is set here and what is inherited.</summary>
public sealed record BrandingView : BrandingValues
{
    /// <summary>The fields that are set here; the others are inherited.</summary>
    public required IReadOnlyList<string> Overridden { get; init; }
    /// <summary>What applies where nothing is set here: of a client the agency's, of an agency oCore's.</summary>
    public required BrandingValues Inherited { get; init; }
    /// <summary>The images as they are served, by field.</summary>
    public required IReadOnlyDictionary<string, BrandImage> Images { get; init; }
    /// <summary>What is set and works, but not well: each with what would.</summary>
    public required IReadOnlyList<BrandingWarning> Warnings { get; init; }
    /// <summary>The custom CSS as it is served: what of it is allowed, confined to the portal.</summary>
    public string? CustomCssApplied { get; init; }
    /// <summary>The version of the custom CSS that applies, of <c>GET …/branding/css-versions</c>.</summary>
    public int? CustomCssVersion { get; init; }
    /// <summary>The stylesheet made from colours and font, for a preview.</summary>
    public required string ThemeCss { get; init; }
    /// <summary>How a mail to a client looks: an invitation, as it would go out now.</summary>
    public required BrandMailSample Mail { get; init; }
    /// <summary>Whether mails go out from <c>fromEmail</c>, and what is missing until they do.</summary>
    public SenderView? Sender { get; init; }
    public DateTimeOffset? UpdatedAt { get; init; }
}

/// <summary>A mail as it would go out.</summary>
public sealed record BrandMailSample
{
    public required string Name { get; init; }
    public required string From { get; init; }
    public string? ReplyTo { get; init; }
    public required string Subject { get; init; }
    public required string Html { get; init; }
}

public sealed record BrandImage
{
    /// <summary>Its address on every host of this installation; the content never changes.</summary>
    public required string Url { get; init; }
    public required string MediaType { get; init; }
    public int? Width { get; init; }
    public int? Height { get; init; }
    public required int Bytes { get; init; }
}

public sealed record BrandingWarning
{
    public required string Field { get; init; }
    /// <summary>For example <c>low_contrast</c>, <c>css_left_out</c>.</summary>
    public required string Code { get; init; }
    public required string Message { get; init; }
    /// <summary>A value that would do.</summary>
    public string? Suggestion { get; init; }
    /// <summary>In the custom CSS, counted from one.</summary>
    public int? Line { get; init; }
    public int? Column { get; init; }
}

/// <summary>Only the fields given are changed; null removes one, so that it is inherited again.</summary>
public sealed record UpdateBranding : Partial
{
    [MinLength(1), MaxLength(60)] public string? ProductName { get; set => field = Given(value); }
    /// <summary>An address beginning with https://, fetched once and served by oCore, or the <c>url</c> of an uploaded image.</summary>
    [MaxLength(2000)] public string? LogoUrl { get; set => field = Given(value); }
    [MaxLength(2000)] public string? LogoDarkUrl { get; set => field = Given(value); }
    [MaxLength(2000)] public string? FaviconUrl { get; set => field = Given(value); }
    [MaxLength(2000)] public string? LoginBgUrl { get; set => field = Given(value); }
    [MaxLength(2000)] public string? LoginBgDarkUrl { get; set => field = Given(value); }
    /// <summary>Hexadecimal, as <c>#2563eb</c>.</summary>
    [RegularExpression(Patterns.Color)] public string? PrimaryColor { get; set => field = Given(value); }
    [RegularExpression(Patterns.Color)] public string? AccentColor { get; set => field = Given(value); }
    [RegularExpression(Patterns.Color)] public string? PrimaryColorDark { get; set => field = Given(value); }
    [RegularExpression(Patterns.Color)] public string? AccentColorDark { get; set => field = Given(value); }
    [MaxLength(60)] public string? FontFamily { get; set => field = Given(value); }
    [MaxLength(50_000)] public string? CustomCss { get; set => field = Given(value); }
    [EmailAddress, MaxLength(254)] public string? FromEmail { get; set => field = Given(value); }
    [MaxLength(500)] public string? FooterText { get; set => field = Given(value); }
    [MaxLength(500)] public string? SupportUrl { get; set => field = Given(value); }
}

/// <summary>What to return to the inherited value.</summary>
public sealed record ResetBranding
{
    /// <summary>Names of fields, such as <c>logoUrl</c>; all of them where not given.</summary>
    [MaxLength(20)] public IReadOnlyList<string>? Fields { get; init; }
}

public sealed record FontView
{
    public required string Family { get; init; }
    /// <summary><c>included</c> with oCore, or <c>uploaded</c>.</summary>
    public required string Source { get; init; }
    /// <summary>What it falls back on: <c>sans-serif</c> or <c>serif</c>.</summary>
    public required string Fallback { get; init; }
    public required IReadOnlyList<string> Files { get; init; }
}

public sealed record CssVersionView
{
    public required int Version { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string By { get; init; }
    public required string Css { get; init; }
    public required bool Current { get; init; }
}

/// <summary>Whether mails may go out from an address, by what the DNS of its domain says.</summary>
public sealed record SenderView
{
    public required string FromEmail { get; init; }
    /// <summary>Mails go out from <c>fromEmail</c>; otherwise from the platform's address, with answers to <c>fromEmail</c>.</summary>
    public required bool Verified { get; init; }
    /// <summary>
    /// Whether the domain is proven to be the agency's: by a TXT record, or by a portal domain of the same name. <c>pending</c>, <c>pass</c>,
    /// <c>fail</c>, or <c>unknown</c> where the DNS could not be asked.
    /// </summary>
    public string Ownership { get; set; } = "pending";
    /// <summary>Whether the domain lets the platform's mail server send.</summary>
    public required string Spf { get; init; }
    public required string Dmarc { get; init; }
    /// <summary>In words, what was seen.</summary>
    public required string Explanation { get; init; }
    public required IReadOnlyList<DnsRecordView> Records { get; init; }
    public DateTimeOffset? CheckedAt { get; init; }
}

/// <summary>A record to set, and what was there at the last look.</summary>
public sealed record DnsRecordView
{
    public required string Name { get; init; }
    public required string Type { get; init; }
    public required string Value { get; init; }
    public IReadOnlyList<string>? Seen { get; init; }
    public required bool Ok { get; init; }
}
