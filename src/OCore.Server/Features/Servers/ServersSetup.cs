using OCore.Platform;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Servers;

internal static class ServersSetup
{
    public static IServiceCollection AddServers(this IServiceCollection services)
    {
        services.AddSingleton<Incarnation>();
        services.AddSingleton(p => new ServerConnections(p.GetRequiredService<TimeProvider>(), p.GetRequiredService<Settings>().DataDirectory, p.GetRequiredService<Incarnation>()));
        services.AddSingleton(_ => new ThisMachine());
        services.AddSingleton<ServerAccess>();
        services.AddSingleton<EdgeLooks>();
        services.AddSingleton<Edge>();
        services.AddSingleton<ServerFiles>();
        services.AddSingleton<ServerWatch>();
        services.AddSingleton<ServerPreparation>();
        services.AddSingleton<ServerTurns>();
        return services;
    }
    /// <summary>Operations on a machine that only another replica reaches are left to it.</summary>
    public static void JoinOperations(IServiceProvider services)
    {
        var (machine, time) = (services.GetRequiredService<ThisMachine>(), services.GetRequiredService<TimeProvider>());
        services.GetRequiredService<OperationReach>().Elsewhere = (db, stop) => db.ServersElsewhereAsync(machine.Id, time.GetUtcNow() - ServerReconciler.Silence, stop);
    }
}
