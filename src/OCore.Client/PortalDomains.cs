using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>Whether the name is proven to be the agency's.</summary>
public enum DnsStatus { Pending, Verified, Failed }

/// <summary>Whether the name leads to this installation: <c>elsewhere</c> is known, <c>unknown</c> is that DNS could not be asked.</summary>
public enum RoutingStatus { Pending, Ok, Elsewhere, Unknown }

/// <summary>The certificate of the name.</summary>
public enum SslStatus { Pending, Active, Expired, Error }

/// <summary>A name for a portal: a subdomain, a domain of the client's own, or both.</summary>
public sealed record CreatePortalDomain
{
    /// <summary>One label under the agency's own portal domain, or else under the installation's.</summary>
    [MinLength(1), MaxLength(63)] public string? Subdomain { get; init; }
    /// <summary>A whole name such as <c>erp.acme.com</c>; international names as they are written, or in punycode.</summary>
    [MinLength(1), MaxLength(255)] public string? CustomDomain { get; init; }
    /// <summary>Id or slug of the client whose portal it is; the agency's own where not given.</summary>
    [MaxLength(100)] public string? ClientId { get; init; }
    /// <summary>The custom domain is the agency's own, under which the subdomains of its portals live from now on.</summary>
    public bool? IsBase { get; init; }
}

/// <summary>A portal's name, how far it is, and what is to be set in DNS.</summary>
public sealed record PortalDomainView
{
    public required Guid Id { get; init; }
    public string? Subdomain { get; init; }
    /// <summary>As people write it.</summary>
    public string? CustomDomain { get; init; }
    /// <summary>The name in DNS (punycode) that people are sent to: the custom domain, or else that of the subdomain.</summary>
    public string? Host { get; init; }
    /// <summary>The name in DNS of the subdomain; absent where the installation has no domain for portals.</summary>
    public string? SubdomainHost { get; init; }
    public string? Url { get; init; }
    public Ref? Client { get; init; }
    public required bool IsBase { get; init; }
    /// <summary>The text of the TXT record that proves ownership.</summary>
    public required string DnsVerificationToken { get; init; }
    public required bool DnsVerified { get; init; }
    public required DnsStatus DnsStatus { get; init; }
    public required SslStatus SslStatus { get; init; }
    /// <summary>The portal is served under this name: it is proven, and nobody deactivated it.</summary>
    public required bool IsActive { get; init; }
    /// <summary>What was asked for; it is active as soon as it is proven.</summary>
    public required bool Enabled { get; init; }
    public required DomainOwnership Ownership { get; init; }
    public required DomainRouting Routing { get; init; }
    public required DomainCertificate Certificate { get; init; }
    /// <summary>What to set where the domain's DNS is kept.</summary>
    public required IReadOnlyList<DomainRecord> Records { get; init; }
    public DateTimeOffset? LastCheckedAt { get; init; }
    /// <summary>When DNS is asked again without anybody asking for it.</summary>
    public DateTimeOffset? NextCheckAt { get; init; }
    /// <summary>What is odd about the name.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Whose the name is.</summary>
public sealed record DomainOwnership
{
    /// <summary><c>pending</c>, <c>verified</c>, <c>grace</c> (proven, but the record is gone), <c>lapsed</c> or <c>failed</c>.</summary>
    public required string State { get; init; }
    public required string Message { get; init; }
    public string? Hint { get; init; }
    public DateTimeOffset? VerifiedAt { get; init; }
    /// <summary>In grace: until when the portal is still served.</summary>
    public DateTimeOffset? GraceUntil { get; init; }
}

/// <summary>Where the name leads.</summary>
public sealed record DomainRouting
{
    public required RoutingStatus Status { get; init; }
    public required string Message { get; init; }
    /// <summary>The addresses and aliases at the last look.</summary>
    public required IReadOnlyList<string> Seen { get; init; }
    /// <summary>Any of these would do.</summary>
    public required IReadOnlyList<string> Expected { get; init; }
}

public sealed record DomainCertificate
{
    public required SslStatus Status { get; init; }
    public required string Message { get; init; }
    /// <summary>What the certificate authority said when it refused, in its own words.</summary>
    public string? Error { get; init; }
    public string? Issuer { get; init; }
    public string? SerialNumber { get; init; }
    public DateTimeOffset? ValidFrom { get; init; }
    public DateTimeOffset? ValidUntil { get; init; }
    public DateTimeOffset? RenewAt { get; init; }
    /// <summary>When it is tried (again).</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }
}

/// <summary>One record to set in DNS.</summary>
public sealed record DomainRecord
{
    public required string Type { get; init; }
    public required string Name { get; init; }
    public required string Value { get; init; }
    /// <summary><c>ownership</c> or <c>routing</c>.</summary>
    public required string Purpose { get; init; }
    /// <summary>It does instead of the record before it.</summary>
    public required bool IsAlternative { get; init; }
    /// <summary>It was there at the last look.</summary>
    public required bool Found { get; init; }
    /// <summary>What was there at the last look.</summary>
    public required IReadOnlyList<string> Seen { get; init; }
}
