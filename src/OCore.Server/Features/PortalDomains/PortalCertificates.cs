using Microsoft.EntityFrameworkCore;
using OCore.Client;
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
            else if (!mayHave && !await db.PortalDomains.AcrossTenants().AnyAsync(d => d.Id != domain.Id && d.CustomHost == host && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace), stop))
                await Certificates.WantAsync(db, host, false, now, stop);
        }
    }

    public static async Task<Dictionary<Guid, DomainCertificate>> OfAsync(OCoreDb db, IReadOnlyList<PortalDomain> domains, Settings settings, TimeProvider time, CancellationToken stop)
    {
        var hosts = domains.Select(d => d.Host).OfType<string>().ToList();
        var rows = await db.Certificates.AsNoTracking().Where(c => hosts.Contains(c.Host)).ToDictionaryAsync(c => c.Host, stop);
        return domains.ToDictionary(d => d.Id, d => View(d, d.Host is null ? null : rows.GetValueOrDefault(d.Host), settings, time.GetUtcNow()));
    }

    private static DomainCertificate View(PortalDomain domain, Certificate? row, Settings settings, DateTimeOffset now)
    {
        if (row is null || !row.Wanted && row.Chain is null)
            return new DomainCertificate { Status = SslStatus.Pending, Message = Waiting(domain, settings) };
        var status = row.ValidUntil is { } until ? until > now ? SslStatus.Active : SslStatus.Expired : row.Error is null ? SslStatus.Pending : SslStatus.Error;
        return new DomainCertificate
        {
            Status = status, Error = row.Error, Issuer = row.Issuer, SerialNumber = row.SerialNumber, ValidFrom = row.ValidFrom, ValidUntil = row.ValidUntil,
            RenewAt = row.Wanted ? row.RenewAt : null, NextAttemptAt = row.Wanted ? row.NextAttemptAt : null,
            Message = (status, row) switch
            {
                (_, { Wanted: false }) => "The certificate is not served, for the name is not proven, or not active.",
                (SslStatus.Active, { Error: not null }) => $"Valid until {row.ValidUntil:d MMMM yyyy}, but its renewal failed {Times(row.Failures)}; it is tried again.",
                (SslStatus.Active, _) => $"Valid until {row.ValidUntil:d MMMM yyyy}; renewed by itself from {row.RenewAt:d MMMM} on.",
                (SslStatus.Expired, _) => $"It ran out on {row.ValidUntil:d MMMM yyyy}, and its renewal failed {Times(row.Failures)}.",
                (SslStatus.Error, _) => $"The certificate authority refused {Times(row.Failures)}; it is tried again.",
                _ => "The certificate is being ordered.",
            },
        };
    }

    private static string Times(int count) => count == 1 ? "once" : $"{count} times";

    private static string Waiting(PortalDomain domain, Settings settings) => domain switch
    {
        _ when !settings.ListensHttps => "oCore does not end TLS here (OCORE_LISTEN has no https address): the certificate is the business of the proxy before it.",
        _ when settings.AcmeDirectory is null => "There is no certificate authority to ask: OCORE_ACME_DIRECTORY is not set.",
        { Host: null } => DomainInspector.NoParent,
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
            certificate.WarnedAt = now;
            if (domain is null)
                continue;
            var mail = new MailContent(Brand.Product, $"The certificate of {domain.CustomDisplay ?? certificate.Host} runs out",
            [
                $"The certificate of {domain.CustomDisplay ?? certificate.Host} is valid until {certificate.ValidUntil:d MMMM yyyy HH:mm} UTC and could not be renewed. After that, browsers warn visitors away.",
                $"The certificate authority says: {certificate.Error}",
            ])
            { Action = ("Show the portal domains", new Uri(settings.PublicUrl, "/agency/portal-domains")) };
            foreach (var address in await PortalDomainMails.PeopleAsync(db, domain.OrgId, stop))
                outbox.Add(db, address, mail, about: domain.Id);
        }
        await db.SaveChangesAsync(stop);
    }
}
