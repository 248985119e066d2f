using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Domains;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Dns;
using OCore.Platform.Mail;
using OCore.Platform.Tls;

namespace OCore.Features.PortalDomains;

/// <summary>The certificates of portal names: which are wanted, how they stand, and whom to tell when one runs out.</summary>
internal static class PortalCertificates
{
    /// <summary>
    /// Wants certificates for the names of this claim that are proven and lead here, so that nothing is ordered that cannot succeed;
    /// and none any more for those that are not proven. A name that leads elsewhere keeps the one it has.
    /// </summary>
    public static async Task WantAsync(OCoreDb db, PortalDomain domain, Settings settings, TimeProvider time, CancellationToken stop, bool deleted = false)
    {
        if (!settings.ListensHttps || settings.AcmeDirectory is null)
            return;
        var now = time.GetUtcNow();
        foreach (var (host, routing) in new[] { (domain.CustomHost, domain.Routing), (domain.SubdomainHost, domain.SubdomainRouting) })
        {
            if (host is null || DomainName.IsWithin(host, "localhost"))
                continue;
            var mayHave = !deleted && domain.OrphanedAt is null && (host != domain.CustomHost || domain.IsProven);
            if (mayHave && routing == RoutingStatus.Ok && domain.Enabled)
                await Certificates.WantAsync(db, host, true, now, stop);
            // Another organization's claim to the same name may be the one that is proven.
            else if (!mayHave && !await db.IsProvenByAnotherAsync(domain, host, stop))
                await Certificates.WantAsync(db, host, false, now, stop);
        }
    }

    public static async Task<Dictionary<Guid, DomainCertificate>> OfAsync(OCoreDb db, IReadOnlyList<PortalDomain> domains, Settings settings, TimeProvider time, CancellationToken stop)
    {
        var hosts = domains.Select(d => d.Host).OfType<string>().ToList();
        var rows = await db.Certificates.AsNoTracking().Where(c => hosts.Contains(c.Host)).ToDictionaryAsync(c => c.Host, stop);
        return domains.ToDictionary(d => d.Id, d => Certificates.View(d.Host is null ? null : rows.GetValueOrDefault(d.Host), time.GetUtcNow(), () => Waiting(d, settings)));
    }

    private static string Waiting(PortalDomain domain, Settings settings) => domain switch
    {
        _ when !settings.ListensHttps => "oCore does not end TLS here (OCORE_LISTEN has no https address): the certificate is the business of the proxy before it.",
        _ when settings.AcmeDirectory is null => "There is no certificate authority to ask: OCORE_ACME_DIRECTORY is not set.",
        { Host: null } => PortalDomainLooks.NoParent,
        { IsProven: false } => "It is ordered when the name is proven.",
        { Enabled: false } => "It is ordered when the portal domain is active.",
        { Routing: not RoutingStatus.Ok } => "It is ordered when the name leads here: the certificate authority comes to look.",
        _ => "The certificate is being ordered.",
    };

    /// <summary>Tells the agency's people, once, of certificates that run out soon although they should have been renewed.</summary>
    public static async Task WarnAsync(OCoreDb db, Outbox outbox, Settings settings, TimeProvider time, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var failing = await db.Certificates.Where(c => c.Wanted && c.WarnedAt == null && c.Error != null && c.ValidFrom != null && c.ValidUntil != null).ToListAsync(stop);
        foreach (var certificate in failing.Where(c => now > c.ValidFrom + (c.ValidUntil - c.ValidFrom) * 0.8))
        {
            var domain = await db.PortalDomains.AcrossTenants().SingleOrDefaultAsync(d => d.SubdomainHost == certificate.Host || d.CustomHost == certificate.Host && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace), stop);
            var ofInstance = domain is not null ? null : await db.InstanceDomains.AcrossTenants().SingleOrDefaultAsync(d => d.CustomHost == certificate.Host && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace), stop);
            certificate.WarnedAt = now;
            if (((NameClaim?)domain ?? ofInstance) is not { } claim)
                continue;
            var mail = new MailContent(Brand.Product, $"The certificate of {claim.CustomDisplay ?? certificate.Host} runs out",
            [
                $"The certificate of {claim.CustomDisplay ?? certificate.Host} is valid until {certificate.ValidUntil:d MMMM yyyy HH:mm} UTC and could not be renewed. After that, browsers warn visitors away.",
                $"The certificate authority says: {certificate.Error}",
            ])
            { Action = ofInstance is null ? ("Show the portal domains", new Uri(settings.PublicUrl, "/agency/portal-domains")) : ("Show the domains", InstanceDomainMails.PageOf(ofInstance, settings)) };
            foreach (var address in ofInstance is null ? await PortalDomainMails.PeopleAsync(db, claim.OrgId, stop) : await InstanceDomainMails.PeopleAsync(db, ofInstance, stop))
                outbox.Add(db, address, mail, about: claim.Id);
        }
        await db.SaveChangesAsync(stop);
    }
}
