using System.Net;
using OCore.Platform.Http;

namespace OCore.Features.Branding;

internal static class BrandingSetup
{
    public static void AddBranding(this IServiceCollection services)
    {
        services.AddSingleton<HostLookup>((host, stop) => Dns.GetHostAddressesAsync(host, stop));
        services.AddSingleton<GuardedFetcher>();
        services.AddSingleton<BrandChange>();
        services.AddSingleton<BrandBook>();
        services.AddSingleton<SenderCheck>();
    }
}
