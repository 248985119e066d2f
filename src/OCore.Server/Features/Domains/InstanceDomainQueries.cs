using Microsoft.EntityFrameworkCore;
using OCore.Features.Instances;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Dns;
using OCore.Platform.Tls;

namespace OCore.Features.Domains;

/// <summary>What other features ask of instances' names.</summary>
internal static class InstanceDomainQueries
{
    /// <summary>A proven name of an instance, with its certificate where there is one.</summary>
    internal sealed record Routed(Guid InstanceId, string Host, Guid? CertificateId, string? SerialNumber);

    /// <summary>The proven names of a server's instances, whoever they belong to. They go before the names that instances were made with, which nobody proves.</summary>
    public static Task<List<Routed>> RoutedAsync(OCoreDb db, Guid serverId, CancellationToken stop) =>
        (from domain in db.InstanceDomains.AcrossTenants()
         join instance in db.Instances.AcrossTenants() on domain.InstanceId equals instance.Id
         where instance.ServerId == serverId && (domain.Proof == DomainProof.Verified || domain.Proof == DomainProof.Grace)
         from certificate in db.Certificates.Where(c => c.Host == domain.CustomHost && c.Wanted && c.Chain != null).DefaultIfEmpty()
         orderby domain.Id
         select new Routed(domain.InstanceId, domain.CustomHost!, certificate == null ? null : certificate.Id, certificate == null ? null : certificate.SerialNumber)).AsNoTracking().ToListAsync(stop);

    /// <summary>The same of one instance, for who leads to it without an edge.</summary>
    public static Task<List<Routed>> RoutedOfAsync(OCoreDb db, Guid instanceId, CancellationToken stop) =>
        (from domain in db.InstanceDomains.AcrossTenants()
         where domain.InstanceId == instanceId && (domain.Proof == DomainProof.Verified || domain.Proof == DomainProof.Grace)
         from certificate in db.Certificates.Where(c => c.Host == domain.CustomHost && c.Wanted && c.Chain != null).DefaultIfEmpty()
         orderby domain.Id
         select new Routed(domain.InstanceId, domain.CustomHost!, certificate == null ? null : certificate.Id, certificate == null ? null : certificate.SerialNumber)).AsNoTracking().ToListAsync(stop);

    /// <summary>Where an instance's names should lead: its generated name, which is in DNS, and else the server's address.</summary>
    public static IReadOnlyList<string> TargetsOf(Instance instance, NamePlace place, Settings settings)
    {
        if (place.IsBalanced)
            return [.. place.Entries.Select(e => e.SharedAddress ?? (e.Server.IsLocal ? settings.PublicUrl.Host : e.Server.Host)).Distinct()];
        var server = place.Server;
        var host = server.IsLocal ? settings.PublicUrl.Host : server.Host;
        var isName = !System.Net.IPAddress.TryParse(instance.Domain, out _) && instance.Domain.Contains('.', StringComparison.Ordinal) && !DomainName.IsWithin(instance.Domain, "localhost");
        return isName && server.BaseDomain is not null ? [instance.Domain, host] : [host];
    }

    /// <summary>Wants a certificate for a name that is proven and leads here, so that nothing is ordered that cannot succeed; and none any more for one that is not proven.</summary>
    public static async Task WantCertificateAsync(OCoreDb db, InstanceDomain domain, NamePlace? place, Settings settings, DateTimeOffset now, CancellationToken stop, bool deleted = false)
    {
        if (settings.AcmeDirectory is null)
            return;
        if (!deleted && domain is { IsProven: true, Routing: Client.RoutingStatus.Ok } && place is { EndsTls: true })
            await Certificates.WantAsync(db, domain.CustomHost!, true, now, stop);
        else if ((deleted || !domain.IsProven) && !await db.IsProvenByAnotherAsync(domain, domain.CustomHost!, stop))
            await Certificates.WantAsync(db, domain.CustomHost!, false, now, stop);
    }

    /// <summary>Gives a name up in the caller's unit of work; for a while nobody else gets it but by a record of their own.</summary>
    public static async Task ReleaseAsync(OCoreDb db, InstanceDomain domain, Settings settings, DateTimeOffset now, CancellationToken stop)
    {
        await WantCertificateAsync(db, domain, null, settings, now, stop, deleted: true);
        if (domain.IsProven)
            db.Add(DomainTombstone.Of(domain, domain.RootId, now));
        db.Remove(domain);
    }

    /// <summary>Its instance is removed.</summary>
    public static async Task ReleaseAllAsync(OCoreDb db, Instance instance, Settings settings, DateTimeOffset now, CancellationToken stop)
    {
        foreach (var domain in await db.InstanceDomains.Where(d => d.InstanceId == instance.Id).ToListAsync(stop))
            await ReleaseAsync(db, domain, settings, now, stop);
    }
}
