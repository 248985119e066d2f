using OCore.Platform.Data;
using OCore.Platform.Tls;

namespace OCore.Features.Domains;

/// <summary>Hosts are whoever's claim to them is proven; the platform's own subdomains are whoever has the portal there.</summary>
internal sealed class ClaimedHosts : HostOwners
{
    public override Task<IReadOnlyDictionary<string, Guid>> OfAsync(OCoreDb db, IReadOnlyCollection<string> hosts, CancellationToken stop) => db.OwnersOfAsync(hosts, stop);
}
