using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Domains;
using OCore.Platform;
using OCore.Platform.Data;

namespace OCore.Features.PortalDomains;

/// <summary>A claim as its agency sees it.</summary>
internal static class PortalDomainViews
{
    public static async Task<IReadOnlyList<PortalDomainView>> OfAsync(OCoreDb db, IReadOnlyList<PortalDomain> domains, Settings settings, TimeProvider time, CancellationToken stop)
    {
        var clientIds = domains.Select(d => d.ClientId).OfType<Guid>().Distinct().ToList();
        var clients = await db.Organizations.AsNoTracking().Where(o => clientIds.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => new Ref { Id = o.Id, Name = o.Name, Slug = o.Slug }, stop);
        var certificates = await PortalCertificates.OfAsync(db, domains, settings, time, stop);
        var target = domains.Count == 0 ? "" : await PortalTarget.OfAsync(db, domains.FirstOrDefault(d => !d.IsBase) ?? domains[0], settings, stop);
        return [.. domains.Select(d => View(d, d.ClientId is { } id ? clients.GetValueOrDefault(id) : null, certificates[d.Id], d.IsBase ? settings.PublicUrl.Host : target, settings))];
    }

    private static PortalDomainView View(PortalDomain d, Ref? client, DomainCertificate certificate, string target, Settings settings) => new()
    {
        Id = d.Id, Subdomain = d.Subdomain, CustomDomain = d.CustomDisplay, Host = d.Host, SubdomainHost = d.SubdomainHost,
        Url = d.Host is null ? null : AddressOf(d.Host, settings).ToString().TrimEnd('/'),
        Client = client, IsBase = d.IsBase, DnsVerificationToken = d.Token, DnsVerified = d.IsProven, DnsStatus = StatusOf(d.Proof), SslStatus = certificate.Status,
        IsActive = d.IsActive, Enabled = d.Enabled,
        Ownership = new DomainOwnership { State = d.Proof.ToString().ToLowerInvariant(), Message = OwnershipMessage(d), Hint = Hint(d), VerifiedAt = d.VerifiedAt, GraceUntil = d.GraceUntil },
        Routing = new DomainRouting
        {
            Status = d.Routing, Message = d.Host is null ? PortalDomainLooks.NoParent : d.Sight.Routing, Seen = d.Sight.Addresses,
            Expected = d.Sight.Expected.Count > 0 ? d.Sight.Expected : [.. settings.PortalAddresses.Select(a => a.ToString()), target],
        },
        Certificate = certificate, Records = [.. Records(d, target, settings)],
        LastCheckedAt = d.LookedAt, NextCheckAt = d.NextLookAt, Warnings = d.Warnings, CreatedAt = d.CreatedAt,
    };

    public static DnsStatus StatusOf(DomainProof proof) => proof switch
    {
        DomainProof.Verified or DomainProof.Grace => DnsStatus.Verified,
        DomainProof.Pending => DnsStatus.Pending,
        _ => DnsStatus.Failed,
    };

    /// <summary>As people open it: by HTTPS, but on this machine without a certificate.</summary>
    public static Uri AddressOf(string host, Settings settings)
    {
        var local = Platform.Dns.DomainName.IsWithin(host, "localhost") && !settings.ListensHttps;
        var plain = local || settings.PublicUrl.Scheme == "http" && !settings.ListensHttps;
        return new UriBuilder(plain ? "http" : "https", host, settings.PublicUrl.Scheme == (plain ? "http" : "https") ? settings.PublicUrl.Port : -1).Uri;
    }

    private static string OwnershipMessage(PortalDomain d) => d.Proof switch
    {
        _ when d.CustomHost is null => "The name is the platform's own: nothing has to be proven.",
        DomainProof.Verified when d.VerifiedAt is { } since => $"Proven since {since:d MMMM yyyy}. {d.Sight.Ownership}",
        DomainProof.Grace => $"The record is gone. The portal works until {d.GraceUntil:d MMMM yyyy}. {d.Sight.Ownership}",
        DomainProof.Lapsed => $"The proof is lost, and the portal is off. {d.Sight.Ownership}",
        DomainProof.Failed => $"Nobody looks any more by itself. {d.Sight.Ownership}",
        _ => d.Sight.Ownership,
    };

    private static string? Hint(PortalDomain d) => d.CustomHost is null || d.Proof == DomainProof.Verified ? d.CustomHost is null ? null : "Leave the TXT record in place: it is looked for every day."
        : d.ContestedAt is not null ? null
        : d.Proof == DomainProof.Failed ? "Set the TXT record, then verify the domain."
        : "Set the TXT record below where the domain's DNS is kept. oCore looks by itself; verify to have it look now.";

    private static IEnumerable<DomainRecord> Records(PortalDomain d, string target, Settings settings)
    {
        if (d.CustomHost is null)
            yield break;
        yield return new DomainRecord { Type = "TXT", Name = d.VerifyName!, Value = d.Token, Purpose = "ownership", IsAlternative = false, Found = d.Sight.Texts.Contains(d.Token), Seen = d.Sight.Texts };
        // An alias cannot stand at the top of a zone, beside the records that every zone has there.
        var apex = Platform.Dns.PublicSuffixes.RegisteredDomain(d.CustomHost) == d.CustomHost;
        var alias = !System.Net.IPAddress.TryParse(target, out _) && target != "localhost";
        var first = true;
        if (alias && !apex)
        {
            yield return Routing("CNAME", target);
            first = false;
        }
        var addresses = settings.PortalAddresses.Count > 0 ? settings.PortalAddresses.Select(a => a.ToString()) : d.Sight.Expected.Where(e => System.Net.IPAddress.TryParse(e, out _));
        foreach (var address in addresses.DefaultIfEmpty(!alias && target != "localhost" ? target : null).OfType<string>())
        {
            yield return Routing(address.Contains(':', StringComparison.Ordinal) ? "AAAA" : "A", address);
            first = false;
        }

        DomainRecord Routing(string type, string value) => new()
        {
            Type = type, Name = d.CustomHost!, Value = value, Purpose = "routing", IsAlternative = !first, Found = d.Sight.Addresses.Contains(value), Seen = d.Sight.Addresses,
        };
    }
}
