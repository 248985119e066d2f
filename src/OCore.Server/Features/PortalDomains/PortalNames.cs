using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Domains;
using OCore.Features.Organizations;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Dns;
using OCore.Platform.Http;

namespace OCore.Features.PortalDomains;

/// <summary>Which names a portal may have.</summary>
internal static partial class PortalNames
{
    /// <summary>A new claim, checked as far as it can be without asking DNS.</summary>
    public static async Task<(PortalDomain?, Problem?)> ClaimAsync(CreatePortalDomain request, Guid agencyId, Guid? clientId, OCoreDb db, Settings settings, DateTimeOffset now, CancellationToken stop)
    {
        if (request.Subdomain is null && request.CustomDomain is null)
            return (null, PortalDomainProblems.Nameless);
        if (request.IsBase == true && (request.CustomDomain is null || request.Subdomain is not null || clientId is not null))
            return (null, PortalDomainProblems.BaseNeedsDomain);
        DomainName? custom = null;
        if (request.CustomDomain is not null)
        {
            if ((custom = DomainName.Parse(request.CustomDomain, out var refusal)) is null)
                return (null, Problem.Field("customDomain", refusal!, "domain_invalid"));
            if (OwnNameRefusal(custom, settings, PortalDomainProblems.DomainReserved, PortalDomainProblems.DomainLookAlike) is { } own)
                return (null, own);
        }
        (string Ascii, string Display)? label = null;
        if (request.Subdomain is not null)
        {
            if ((label = DomainName.Label(request.Subdomain.Trim(), out var refusal)) is null)
                return (null, Problem.Field("subdomain", refusal!, "subdomain_invalid"));
            if (Slugs.Reserved.Contains(label.Value.Ascii) || Infrastructure().IsMatch(label.Value.Ascii))
                return (null, PortalDomainProblems.SubdomainReserved);
        }
        var parent = label is null ? null : await ParentAsync(db, settings, stop);
        var domain = new PortalDomain
        {
            OrgId = agencyId, ClientId = clientId, IsBase = request.IsBase == true, CreatedAt = now, ChangedAt = now,
            Subdomain = label?.Display, SubdomainHost = label is null || parent is null ? null : $"{label.Value.Ascii}.{parent}",
            CustomHost = custom?.Ascii, CustomDisplay = custom?.Display, Warnings = [.. custom?.Warnings ?? []],
            Token = NewToken(PortalDomain.Record, agencyId),
        };
        if (custom is null)
            (domain.Proof, domain.VerifiedAt) = (DomainProof.Verified, now);
        return domain.SubdomainHost is { Length: > 253 }
            ? (null, Problem.Field("subdomain", "With the domain it lives under, the name would be longer than DNS allows.", "subdomain_invalid")) : (domain, null);
    }

    /// <summary>The agency's own domain for portals where it has one that is proven, or else the installation's.</summary>
    private static async Task<string?> ParentAsync(OCoreDb db, Settings settings, CancellationToken stop) =>
        await db.PortalDomains.Where(d => d.IsBase && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace)).Select(d => d.CustomHost).FirstOrDefaultAsync(stop)
        ?? settings.PortalBaseDomain;

    /// <summary>Why nobody may have this name: it is the platform's own, or looks like it.</summary>
    public static Problem? OwnNameRefusal(DomainName name, Settings settings, Problem reserved, Problem lookAlike)
    {
        var own = settings.AllowedHosts.Append(settings.PublicUrl.Host).Append(settings.PortalBaseDomain).OfType<string>().Where(h => h.Contains('.', StringComparison.Ordinal)).Distinct().ToList();
        if (own.Any(host => DomainName.IsWithin(name.Ascii, host)))
            return reserved;
        var skeleton = Scripts.Skeleton(name.Display);
        return own.Any(host => Scripts.Skeleton(host) is var ours && (skeleton == ours || skeleton.EndsWith("." + ours, StringComparison.Ordinal))) ? lookAlike : null;
    }

    /// <summary>
    /// Gives a name up in the caller's unit of work, with its certificates where nobody else has proven the name. For a while nobody else
    /// gets it but by a record of their own.
    /// </summary>
    public static async Task ReleaseAsync(OCoreDb db, PortalDomain domain, Settings settings, TimeProvider time, CancellationToken stop)
    {
        await PortalCertificates.WantAsync(db, domain, settings, time, stop, deleted: true);
        if (domain is { IsProven: true, CustomHost: not null })
            db.Add(DomainTombstone.Of(domain, domain.OrgId, time.GetUtcNow()));
        if (domain.SubdomainHost is { } host)
            db.Add(new DomainTombstone { OrgId = domain.OrgId, RootId = domain.OrgId, Host = host, Until = time.GetUtcNow() + DomainTombstone.Rest });
        db.Remove(domain);
    }

    // It names the organization, so that an owner of several can tell whose record it is.
    public static string NewToken(string word, Guid agencyId) => $"{word}={agencyId.ToString("N")[^8..]}.{RandomNumberGenerator.GetHexString(40, lowercase: true)}";

    [GeneratedRegex(@"^(ns|mx|smtp|imap|pop|dns)\d*$")]
    private static partial Regex Infrastructure();
}
