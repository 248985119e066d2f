using OCore.Client;
using OCore.Platform;
using OCore.Platform.Data;

namespace OCore.Features.PortalDomains;

/// <summary>The certificates of portal names.</summary>
internal static class PortalCertificates
{
    public static Task WantAsync(OCoreDb db, PortalDomain domain, Settings settings, TimeProvider time, CancellationToken stop) => Task.CompletedTask;

    public static Task<Dictionary<Guid, DomainCertificate>> OfAsync(OCoreDb db, IReadOnlyList<PortalDomain> domains, Settings settings, TimeProvider time, CancellationToken stop) =>
        Task.FromResult(domains.ToDictionary(d => d.Id, _ => new DomainCertificate { Status = SslStatus.Pending, Message = "There is no certificate yet." }));
}
