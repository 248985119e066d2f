using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Features.Branding;

/// <summary>
/// What an organization sets of the look of its portal and mails: an agency for all its clients, or for one of them, whose row it is
/// then. Null is "not set here": the agency's applies, and without one oCore's.
/// </summary>
internal sealed class Branding : IAgencyShared, IAudited, IAffectsAccess
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public string? ProductName { get; set; }
    /// <summary>Addresses of images are as they were given; <see cref="Images"/> says what is served for them.</summary>
    public string? LogoUrl { get; set; }
    public string? LogoDarkUrl { get; set; }
    public string? FaviconUrl { get; set; }
    public string? LoginBgUrl { get; set; }
    public string? LoginBgDarkUrl { get; set; }
    public string? PrimaryColor { get; set; }
    public string? AccentColor { get; set; }
    public string? PrimaryColorDark { get; set; }
    public string? AccentColorDark { get; set; }
    public string? FontFamily { get; set; }
    public string? CustomCss { get; set; }
    public string? FromEmail { get; set; }
    public string? FooterText { get; set; }
    public string? SupportUrl { get; set; }
    /// <summary>The images as they were made, by field.</summary>
    [NotAudited] public Dictionary<string, BrandImage> Images { get; set; } = [];
    /// <summary>What is allowed of the custom CSS, confined to the portal.</summary>
    [NotAudited] public string? CustomCssApplied { get; set; }
    [NotAudited] public int? CustomCssVersion { get; set; }
    /// <summary>What the DNS of the sender's domain said last.</summary>
    [NotAudited] public SenderView? Sender { get; set; }
    /// <summary>When that is looked at next.</summary>
    [NotAudited] public DateTimeOffset? SenderLookAt { get; set; }
    [NotAudited] public DateTimeOffset UpdatedAt { get; set; }

    string IAudited.AuditNoun => "branding";
    string IAudited.AuditName => ProductName ?? "Branding";
}

/// <summary>An image or a font of a brand, as it is served: decoded, bounded and encoded anew.</summary>
internal sealed class BrandAsset : IAgencyShared
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    /// <summary>SHA-256 of the content, and its name on every host.</summary>
    public required string Hash { get; init; }
    public required string Extension { get; init; }
    public required string MediaType { get; init; }
    public required byte[] Content { get; init; }
    public int? Width { get; init; }
    public int? Height { get; init; }
    /// <summary>Of a font, the name it was uploaded under.</summary>
    public string? FontFamily { get; init; }
    public DateTimeOffset CreatedAt { get; init; }

    public string Url => $"{Prefix}{Hash}{Extension}";
    public BrandImage ToImage() => new() { Url = Url, MediaType = MediaType, Width = Width, Height = Height, Bytes = Content.Length };

    public const string Prefix = "/brand/";
}

/// <summary>The custom CSS of an organization as it was at some time, to go back to.</summary>
internal sealed class BrandCssVersion : IAgencyShared
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public required int Version { get; init; }
    public required string Css { get; init; }
    public required string By { get; init; }
    public DateTimeOffset At { get; init; }
}

internal sealed class BrandingMapping : IEntityTypeConfiguration<Branding>, IEntityTypeConfiguration<BrandAsset>, IEntityTypeConfiguration<BrandCssVersion>
{
    public void Configure(EntityTypeBuilder<Branding> entity)
    {
        entity.ToTable("Brandings");
        entity.HasIndex(b => b.OrgId).IsUnique();
        entity.Property(b => b.Images).HasJson();
        entity.Property(b => b.Sender).HasJson();
        entity.HasIndex(b => b.SenderLookAt);
    }

    public void Configure(EntityTypeBuilder<BrandAsset> entity)
    {
        entity.ToTable("BrandAssets");
        entity.Property(a => a.Hash).HasMaxLength(64);
        entity.Property(a => a.Extension).HasMaxLength(8);
        entity.HasIndex(a => new { a.OrgId, a.Hash }).IsUnique();
        entity.HasIndex(a => a.Hash);
        entity.Ignore(a => a.Url);
    }

    public void Configure(EntityTypeBuilder<BrandCssVersion> entity)
    {
        entity.ToTable("BrandCssVersions");
        entity.HasIndex(v => new { v.OrgId, v.Version }).IsUnique();
    }
}
