namespace OCore.Features.PortalDomains;

internal static class PortalDomainsSetup
{
    public static void AddPortalDomains(this IServiceCollection services)
    {
        services.AddSingleton<PortalDirectory>();
        services.AddSingleton<DomainInspector>();
        services.AddSingleton<PortalDomainLooks>();
    }
}
