using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OCore.Features.Branding;

internal static class BrandingSetup
{
    public static void AddBranding(this IServiceCollection services)
    {
        services.TryAddSingleton<OCore.Platform.Dns.DnsLookup>();
        services.AddSingleton<BrandChange>();
        services.AddSingleton<BrandBook>();
        services.AddSingleton<SenderCheck>();
        services.AddSingleton<BrandMails>();
    }
}
