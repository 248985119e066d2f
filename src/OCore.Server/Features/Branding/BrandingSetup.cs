using Microsoft.Extensions.DependencyInjection.Extensions;
using OCore.Platform.Http;

namespace OCore.Features.Branding;

internal static class BrandingSetup
{
    public static void AddBranding(this IServiceCollection services)
    {
        services.AddSingleton<HostLookup>((host, stop) => System.Net.Dns.GetHostAddressesAsync(host, stop));
        services.TryAddSingleton<OCore.Platform.Dns.DnsLookup>();
        services.AddSingleton<GuardedFetcher>();
        services.AddSingleton<BrandChange>();
        services.AddSingleton<BrandBook>();
        services.AddSingleton<SenderCheck>();
        services.AddSingleton<BrandMails>();
    }
}
