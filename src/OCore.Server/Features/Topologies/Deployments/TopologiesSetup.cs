namespace OCore.Features.Topologies.Deployments;

internal static class TopologiesSetup
{
    public static IServiceCollection AddTopologies(this IServiceCollection services)
    {
        services.AddSingleton<BalancerHost>();
        services.AddSingleton<NodeFirewall>();
        services.AddSingleton<BackupNodes>();
        services.AddSingleton<TopologyHost>();
        services.AddSingleton<DriftHost>();
        services.AddSingleton<TopologyWatch>();
        services.AddSingleton<BucketKeys>();
        services.AddSingleton<PlanMaker>();
        services.AddSingleton<Deploying>();
        services.AddSingleton<LiveProbe>();
        services.AddSingleton<BucketProbe>();
        services.AddSingleton<BucketMark>();
        services.AddSingleton<LiveLook>();
        return services;
    }
}
