using OCore.Features.Domains;
using OCore.Platform.Http;
using OCore.Platform.Tls;

namespace OCore.Features.PortalDomains;

internal static class PortalDomainsSetup
{
    public static void AddPortalDomains(this IServiceCollection services)
    {
        services.AddSingleton<PortalDirectory>();
        services.AddSingleton<PortalSource, PortalDomainSource>();
        services.AddSingleton<HostOwners, ClaimedHosts>();
        services.AddSingleton<DomainInspector>();
        services.AddSingleton<PortalDomainLooks>();
        services.AddSingleton<InstanceDomainLooks>();
    }
}
