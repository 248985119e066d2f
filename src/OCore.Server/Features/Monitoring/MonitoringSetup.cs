using OCore.Features.Servers;

namespace OCore.Features.Monitoring;

internal static class MonitoringSetup
{
    public static void AddMonitoring(this IServiceCollection services)
    {
        services.AddSingleton<MetricRecorder>();
        services.AddSingleton<AlertWatch>();
    }

    /// <summary>After the instances, whose sizes are kept here too.</summary>
    public static void JoinServerWatch(IServiceProvider services) =>
        services.GetRequiredService<ServerWatch>().Observers.Add(services.GetRequiredService<MetricRecorder>().RecordAsync);
}
