using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Features.Instances;
using OCore.Platform.Data;

namespace OCore.Features.Domains;

/// <summary>
/// A name of its owner's own under which an instance answers, beside the one it was made with. Which of them people are sent to is the
/// instance's <see cref="Instance.PrimaryHost"/>.
/// </summary>
internal sealed class InstanceDomain : NameClaim, IAgencyShared, IAudited
{
    /// <summary>How many an instance may have.</summary>
    public const int Most = 50;

    public Guid RootId { get; set; }
    public Guid InstanceId { get; init; }

    /// <summary>Clients see it, who know their agency and nobody behind it.</summary>
    public const string Record = "domain-verify";
    public override string Word => Record;
    public override string InUse => "Your TXT record is there, but the name is in use for an instance. Delete the domain there first.";

    string IAudited.AuditNoun => "domain";
    string IAudited.AuditName => CustomDisplay ?? Id.ToString();
}

internal sealed class InstanceDomainMapping : IEntityTypeConfiguration<InstanceDomain>
{
    public void Configure(EntityTypeBuilder<InstanceDomain> entity)
    {
        entity.ToTable("InstanceDomains");
        entity.Property(d => d.CustomHost).HasMaxLength(253);
        entity.Property(d => d.CustomDisplay).HasMaxLength(255);
        entity.Property(d => d.Token).HasMaxLength(100);
        entity.Property(d => d.Warnings).HasJson();
        entity.Property(d => d.Sight).HasJson();
        entity.HasIndex(d => new { d.OrgId, d.CustomHost }).IsUnique();
        // Claims may stand beside each other; only one of them can be proven.
        entity.HasIndex(d => d.CustomHost).IsUnique().HasFilter("\"Proof\" IN ('Verified', 'Grace')");
        entity.HasIndex(d => d.InstanceId);
        entity.HasIndex(d => d.NextLookAt);
        entity.HasOne<Instance>().WithMany().HasForeignKey(d => new { d.RootId, d.InstanceId }).HasPrincipalKey(i => new { i.RootId, i.Id }).OnDelete(DeleteBehavior.Cascade);
        entity.Ignore(d => d.IsProven).Ignore(d => d.VerifyName).Ignore(d => d.LeadsHere).Ignore(d => d.InUse).Ignore(d => d.Word);
    }
}
