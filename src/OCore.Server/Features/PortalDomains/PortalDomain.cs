using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Features.Domains;
using OCore.Features.Organizations;
using OCore.Platform.Data;

namespace OCore.Features.PortalDomains;

/// <summary>
/// A name for a portal of an agency, or of one of its clients. What was asked for (<see cref="Enabled"/>) and what was measured
/// (<see cref="NameClaim.Proof"/>, <see cref="NameClaim.Routing"/>) are apart; served is what is both.
/// </summary>
internal sealed class PortalDomain : NameClaim, IOrgOwned, IAudited
{
    /// <summary>The client whose portal it is; null for the agency's own.</summary>
    public Guid? ClientId { get; set; }
    /// <summary>As people write it.</summary>
    public string? Subdomain { get; init; }
    /// <summary>The whole name of the subdomain in DNS.</summary>
    public string? SubdomainHost { get; init; }
    /// <summary>Subdomains of the agency's portals live under the custom domain.</summary>
    public bool IsBase { get; init; }
    public bool Enabled { get; set; } = true;
    /// <summary>Its client was deleted by an earlier oCore, which kept the name: it stays until the agency removes it.</summary>
    public DateTimeOffset? OrphanedAt { get; set; }
    [NotAudited] public RoutingStatus SubdomainRouting { get; set; }

    public bool IsActive => Enabled && IsProven && OrphanedAt is null;
    /// <summary>The name in DNS that people are sent to.</summary>
    public string? Host => CustomHost ?? SubdomainHost;
    public override bool LeadsHere => Routing == RoutingStatus.Ok && (SubdomainHost is null || SubdomainRouting == RoutingStatus.Ok);
    /// <summary>Only agencies see it.</summary>
    public const string Record = "ocore-verify";
    public override string Word => Record;
    public override string InUse => "Your TXT record is there, but the name is in use for a portal. Delete the portal domain first.";

    string IAudited.AuditNoun => "portal_domain";
    string IAudited.AuditName => CustomDisplay ?? SubdomainHost ?? Subdomain ?? Id.ToString();
}

internal sealed class PortalDomainMapping : IEntityTypeConfiguration<PortalDomain>
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
        entity.Ignore(d => d.IsProven).Ignore(d => d.IsActive).Ignore(d => d.Host).Ignore(d => d.VerifyName).Ignore(d => d.LeadsHere).Ignore(d => d.InUse).Ignore(d => d.Word);
    }
}
