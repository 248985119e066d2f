using OCore.Platform;
using OCore.Platform.Remote;

namespace OCore.Features.Servers;

internal static class ServersSetup
{
    public static IServiceCollection AddServers(this IServiceCollection services)
    {
        services.AddSingleton(p => new ServerConnections(p.GetRequiredService<TimeProvider>(), p.GetRequiredService<Settings>().DataDirectory));
        services.AddSingleton<ServerAccess>();
        services.AddSingleton<Edge>();
        services.AddSingleton<ServerWatch>();
        services.AddSingleton<ServerPreparation>();
        services.AddSingleton<ServerTurns>();
        return services;
    }
}
