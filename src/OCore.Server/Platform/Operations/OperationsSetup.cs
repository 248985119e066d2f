namespace OCore.Platform.Operations;

internal static class OperationsSetup
{
    /// <summary>The engine, and every kind of operation and every settlement in this assembly.</summary>
    public static IServiceCollection AddOperations(this IServiceCollection services)
    {
        foreach (var kind in typeof(OperationKind).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(OperationKind)) && !t.IsAbstract))
            services.AddSingleton(typeof(OperationKind), kind);
        foreach (var settlement in typeof(Settlement).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Settlement))))
            services.AddSingleton(typeof(Settlement), settlement);
        services.AddSingleton<OperationKinds>();
        services.AddSingleton<StepProbe>();
        services.AddSingleton<OperationReach>();
        services.AddSingleton<OperationRunner>();
        services.AddScoped<OperationQueue>();
        return services;
    }
}
