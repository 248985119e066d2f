using OCore.Platform;
using OCore.Platform.Http;

namespace OCore.Features.PortalDomains;

/// <summary>Tells the platform which portal a host is, from memory.</summary>
internal sealed class PortalDomainSource(PortalDirectory directory, Settings settings) : PortalSource
{
    public override async ValueTask<PortalPlace?> FindAsync(string host, CancellationToken stop) =>
        await directory.FindAsync(host, stop) is { } entry ? new PortalPlace(host, entry.AgencyId, entry.ClientId, entry.IsActive ? PortalState.Active : PortalState.Inactive) : null;

    public override async ValueTask<Uri?> AddressOfAsync(Guid agencyId, Guid? clientId, CancellationToken stop) =>
        await directory.HostOfAsync(agencyId, clientId, stop) is { } host ? PortalDomainViews.AddressOf(host, settings) : null;
}
