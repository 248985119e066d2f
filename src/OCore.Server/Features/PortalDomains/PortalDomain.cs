using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Platform.Data;

namespace OCore.Features.PortalDomains;

/// <summary>How a claim to a custom domain stands. Proof is a lease: it is looked for again and again.</summary>
internal enum DomainProof
{
    /// <summary>Not proven yet.</summary>
    Pending,
    Verified,
    /// <summary>Proven, but the record is gone; still served, for a while.</summary>
    Grace,
    /// <summary>The proof is lost; not served, and anybody may prove the name.</summary>
    Lapsed,
    /// <summary>Given up: not looked at any more by itself.</summary>
    Failed,
}

/// <summary>
/// A name for a portal of an agency, or of one of its clients. What was asked for (<see cref="Enabled"/>) and what was measured
/// (<see cref="Proof"/>, <see cref="Routing"/>) are apart; served is what is both.
/// </summary>
internal sealed class PortalDomain : IOrgOwned, IAudited
{
    public static readonly TimeSpan Grace = TimeSpan.FromDays(7), Release = TimeSpan.FromDays(7), Contest = TimeSpan.FromHours(72), GiveUp = TimeSpan.FromDays(14);

    public Guid Id { get; init; } = RowId.New();
    /// <summary>The agency.</summary>
    public Guid OrgId { get; set; }
    /// <summary>The client whose portal it is; null for the agency's own.</summary>
    public Guid? ClientId { get; set; }
    /// <summary>As people write it.</summary>
    public string? Subdomain { get; init; }
    /// <summary>The whole name of the subdomain in DNS.</summary>
    public string? SubdomainHost { get; init; }
    /// <summary>The custom domain in DNS: lower case, punycode.</summary>
    public string? CustomHost { get; init; }
    public string? CustomDisplay { get; init; }
    /// <summary>Subdomains of the agency's portals live under the custom domain.</summary>
    public bool IsBase { get; init; }
    /// <summary>What the TXT record has to say: random, and of this claim alone.</summary>
    [NotAudited] public required string Token { get; init; }
    public bool Enabled { get; set; } = true;
    /// <summary>Its client was deleted: it stays until the agency removes it.</summary>
    public DateTimeOffset? OrphanedAt { get; set; }
    public required List<string> Warnings { get; init; }

    public DomainProof Proof { get; set; }
    public DateTimeOffset? VerifiedAt { get; set; }
    /// <summary>When the record was last seen, to know how old our knowledge is.</summary>
    [NotAudited] public DateTimeOffset? ProofSeenAt { get; set; }
    public DateTimeOffset? GraceUntil { get; set; }
    [NotAudited] public DateTimeOffset? LapsedAt { get; set; }
    /// <summary>Since when this newer proof waits for an older claim of another organization to end, which was told.</summary>
    [NotAudited] public DateTimeOffset? ContestedAt { get; set; }
    [NotAudited] public RoutingStatus Routing { get; set; }
    [NotAudited] public RoutingStatus SubdomainRouting { get; set; }
    [NotAudited] public DomainSight Sight { get; set; } = DomainSight.Nothing;

    [NotAudited] public int Looks { get; set; }
    [NotAudited] public DateTimeOffset? LookedAt { get; set; }
    [NotAudited] public DateTimeOffset? NextLookAt { get; set; }
    /// <summary>Somebody is looking, and may believe so until then.</summary>
    [NotAudited] public DateTimeOffset? LookingUntil { get; set; }
    /// <summary>Of what other processes keep in memory.</summary>
    [NotAudited] public DateTimeOffset ChangedAt { get; set; }
    public DateTimeOffset CreatedAt { get; init; }

    public bool IsProven => Proof is DomainProof.Verified or DomainProof.Grace;
    public bool IsActive => Enabled && IsProven && OrphanedAt is null;
    /// <summary>The name in DNS that people are sent to.</summary>
    public string? Host => CustomHost ?? SubdomainHost;
    public string? VerifyName => CustomHost is null ? null : "_ocore-verify." + CustomHost;

    string IAudited.AuditNoun => "portal_domain";
    string IAudited.AuditName => CustomDisplay ?? SubdomainHost ?? Subdomain ?? Id.ToString();
}

/// <summary>What was seen at the last look, in words and values for people.</summary>
/// <param name="Ownership">A sentence.</param>
/// <param name="Texts">TXT records at the two places.</param>
/// <param name="Routing">A sentence.</param>
/// <param name="Addresses">Addresses, and the aliases that led to them.</param>
/// <param name="Expected">Any of these would do.</param>
internal sealed record DomainSight(string Ownership, IReadOnlyList<string> Texts, string Routing, IReadOnlyList<string> Addresses, IReadOnlyList<string> Expected)
{
    public static readonly DomainSight Nothing = new("DNS has not been asked yet.", [], "DNS has not been asked yet.", [], []);
}

/// <summary>
/// The name was somebody's until lately. For a while nobody else gets it by proof of a name above it, only by its own record.
/// </summary>
internal sealed class PortalDomainTombstone : IOrgOwned
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public required string Host { get; init; }
    public DateTimeOffset Until { get; init; }
}

internal sealed class PortalDomainMapping : IEntityTypeConfiguration<PortalDomain>, IEntityTypeConfiguration<PortalDomainTombstone>
{
    public void Configure(EntityTypeBuilder<PortalDomain> entity)
    {
        entity.ToTable("PortalDomains");
        entity.Property(d => d.Subdomain).HasMaxLength(63);
        entity.Property(d => d.SubdomainHost).HasMaxLength(253);
        entity.Property(d => d.CustomHost).HasMaxLength(253);
        entity.Property(d => d.CustomDisplay).HasMaxLength(255);
        entity.Property(d => d.Token).HasMaxLength(100);
        entity.Property(d => d.Warnings).HasJson();
        entity.Property(d => d.Sight).HasJson();
        entity.HasIndex(d => d.SubdomainHost).IsUnique();
        entity.HasIndex(d => new { d.OrgId, d.CustomHost }).IsUnique();
        // Claims may stand beside each other; only one of them can be proven.
        entity.HasIndex(d => d.CustomHost).IsUnique().HasFilter("\"Proof\" IN ('Verified', 'Grace')");
        entity.HasIndex(d => d.NextLookAt);
        entity.HasIndex(d => d.ChangedAt);
        entity.HasOne<Organization>().WithMany().HasForeignKey(d => new { d.OrgId, d.ClientId }).HasPrincipalKey(o => new { o.RootId, o.Id }).OnDelete(DeleteBehavior.Restrict);
        entity.Ignore(d => d.IsProven).Ignore(d => d.IsActive).Ignore(d => d.Host).Ignore(d => d.VerifyName);
    }

    public void Configure(EntityTypeBuilder<PortalDomainTombstone> entity)
    {
        entity.ToTable("PortalDomainTombstones");
        entity.Property(t => t.Host).HasMaxLength(253);
        entity.HasIndex(t => t.Host);
    }
}
