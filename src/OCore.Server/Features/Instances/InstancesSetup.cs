using OCore.Features.Agency;
using OCore.Features.Logs;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Features.Terminals;

namespace OCore.Features.Instances;

internal static class InstancesSetup
{
    public static IServiceCollection AddInstances(this IServiceCollection services)
    {
        services.AddSingleton<OdooCatalog>();
        services.AddSingleton<ModuleCatalog>();
        services.AddSingleton<GitSources>();
        services.AddSingleton<EnterpriseArchives>();
        services.AddSingleton<OdooSources>();
        services.AddSingleton<ServerSources>();
        services.AddSingleton<TemplateDatabases>();
        services.AddSingleton<UnusedTemplates>();
        services.AddSingleton<InstanceHost>();
        services.AddSingleton<Provisioning>();
        services.AddSingleton<LogSeats>();
        services.AddSingleton<LogReaders>();
        services.AddSingleton<LogArchive>();
        services.AddSingleton<LogHistory>();
        services.AddSingleton<LogKeeper>();
        services.AddSingleton<OpenTerminals>();
        services.AddSingleton<TerminalHost>();
        services.AddSingleton<IClientResources, ClientInstances>();
        return services;
    }

    /// <summary>Instances join the reconciler of the servers: what should be routed, and what was seen.</summary>
    public static void JoinServerWatch(IServiceProvider services)
    {
        var watch = services.GetRequiredService<ServerWatch>();
        watch.Routes = (db, server, stop) => InstanceHost.RoutesAsync(db, server.Id, stop);
        watch.ShouldRun = InstanceObserver.ShouldRunAsync;
        watch.Observers.Add(InstanceObserver.ApplyAsync);
        services.GetRequiredService<InstanceHost>().BeforeReplacing = services.GetRequiredService<LogKeeper>().KeepBeforeReplacingAsync;
    }
}
