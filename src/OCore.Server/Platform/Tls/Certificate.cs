using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Platform.Data;

namespace OCore.Platform.Tls;

/// <summary>
/// A host that should have a certificate, how far that is, and the certificate. It knows nothing of what the host is for: whoever
/// needs it says so with <see cref="Certificates.WantAsync"/>.
/// </summary>
[GlobalEntity("Of hosts; whose a host is, is the business of the feature that wants it.")]
internal sealed class Certificate
{
    public Guid Id { get; init; } = RowId.New();
    /// <summary>Lower case, punycode.</summary>
    public required string Host { get; init; }
    /// <summary>It is to be served, and renewed. What nobody wants any more is kept for a while, for it may be wanted again.</summary>
    public bool Wanted { get; set; }

    /// <summary>The certificate and those above it, PEM. Null until there is one.</summary>
    public string? Chain { get; set; }
    [Secret] public string? KeySealed { get; set; }
    public string? Issuer { get; set; }
    public string? SerialNumber { get; set; }
    public DateTimeOffset? ValidFrom { get; set; }
    public DateTimeOffset? ValidUntil { get; set; }
    public DateTimeOffset? RenewAt { get; set; }
    /// <summary>The people were told that it runs out.</summary>
    public DateTimeOffset? WarnedAt { get; set; }

    /// <summary>The order at the certificate authority that is on its way, and the key it is for: a process that dies leaves both to the next.</summary>
    public string? OrderUrl { get; set; }
    [Secret] public string? OrderKeySealed { get; set; }
    public int Failures { get; set; }
    /// <summary>The certificate authority's type of the last failure, or ours.</summary>
    public string? ErrorCode { get; set; }
    /// <summary>What went wrong last, in the certificate authority's own words.</summary>
    public string? Error { get; set; }
    public DateTimeOffset? NextAttemptAt { get; set; }
    /// <summary>Somebody is getting it, and may believe so until then.</summary>
    public DateTimeOffset? LeaseUntil { get; set; }
    public string? LeaseOwner { get; set; }
    /// <summary>Of what processes keep in memory.</summary>
    public DateTimeOffset ChangedAt { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Who we are to a certificate authority.</summary>
[GlobalEntity("One account for the whole installation, as certificate authorities recommend.")]
internal sealed class AcmeAccount
{
    public Guid Id { get; init; } = RowId.New();
    public required string Directory { get; init; }
    [Secret] public required string KeySealed { get; init; }
    /// <summary>What the certificate authority calls us; null until it knows us.</summary>
    public string? Url { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>What the certificate authority will ask for over HTTP, and any process has to answer.</summary>
[GlobalEntity("Asked for by the certificate authority, which is nobody's member.")]
internal sealed class AcmeChallenge
{
    public required string Token { get; init; }
    public required string Host { get; init; }
    public required string Answer { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>An order that was begun: certificate authorities count them, so we do before they have to.</summary>
[GlobalEntity("Counted over the whole installation, as the certificate authority does.")]
internal sealed class AcmeAttempt
{
    public Guid Id { get; init; } = RowId.New();
    public required string Host { get; init; }
    public required string Registered { get; init; }
    public DateTimeOffset At { get; init; }
    /// <summary>Null while it is on its way.</summary>
    public bool? Succeeded { get; set; }
}

internal sealed class CertificateMapping : IEntityTypeConfiguration<Certificate>, IEntityTypeConfiguration<AcmeAccount>, IEntityTypeConfiguration<AcmeChallenge>, IEntityTypeConfiguration<AcmeAttempt>
{
    public void Configure(EntityTypeBuilder<Certificate> entity)
    {
        entity.ToTable("Certificates");
        entity.Property(c => c.Host).HasMaxLength(253);
        entity.HasIndex(c => c.Host).IsUnique();
        entity.HasIndex(c => c.NextAttemptAt);
        entity.HasIndex(c => c.ChangedAt);
    }

    public void Configure(EntityTypeBuilder<AcmeAccount> entity)
    {
        entity.ToTable("AcmeAccounts");
        entity.HasIndex(a => a.Directory).IsUnique();
    }

    public void Configure(EntityTypeBuilder<AcmeChallenge> entity)
    {
        entity.ToTable("AcmeChallenges");
        entity.HasKey(c => c.Token);
        entity.Property(c => c.Token).HasMaxLength(200);
        entity.HasIndex(c => c.ExpiresAt);
    }

    public void Configure(EntityTypeBuilder<AcmeAttempt> entity)
    {
        entity.ToTable("AcmeAttempts");
        entity.HasIndex(a => a.At);
    }
}
