using OCore.Features.Domains;
using OCore.Platform.Http;

namespace OCore.Features.PortalDomains;

internal static class PortalDomainsSetup
{
    public static void AddPortalDomains(this IServiceCollection services)
    {
        services.AddSingleton<PortalDirectory>();
        services.AddSingleton<PortalSource, PortalDomainSource>();
        services.AddSingleton<DomainInspector>();
        services.AddSingleton<PortalDomainLooks>();
        services.AddSingleton<InstanceDomainLooks>();
    }
}
