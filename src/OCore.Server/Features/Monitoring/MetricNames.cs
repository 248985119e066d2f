namespace OCore.Features.Monitoring;

internal sealed record MetricName(string Name, string Unit, Func<MetricSample, double?> Of);

/// <summary>The one table of what is measured, and how it is called everywhere.</summary>
internal static class MetricNames
{
    private static readonly MetricName Cpu = new("cpu", "percent", s => s.Cpu), Memory = new("memory", "bytes", s => s.Memory), MemoryPercent = new("memory_percent", "percent", s => s.MemoryPercent),
        In = new("network_in", "bytes_per_second", s => s.NetworkIn), Out = new("network_out", "bytes_per_second", s => s.NetworkOut), Health = new("health", "percent", s => s.Health),
        Uptime = new("uptime", "seconds", s => s.Uptime);

    public static readonly IReadOnlyList<MetricName> OfServer =
    [
        Cpu, Memory, MemoryPercent, new("disk", "bytes", s => s.Disk), new("disk_percent", "percent", s => s.DiskPercent), new("load", "load", s => s.Load), In, Out, Health, Uptime,
    ];

    public static readonly IReadOnlyList<MetricName> OfInstance =
    [
        Cpu, Memory, MemoryPercent, In, Out, Health, new("latency", "milliseconds", s => s.Latency), new("restarts", "count", s => s.Restarts),
        new("connections", "count", s => s.Connections), new("database", "bytes", s => s.Database), new("filestore", "bytes", s => s.Filestore),
        Uptime, new("certificate_days", "days", s => s.CertificateDays), new("backup_age", "hours", s => s.BackupAge),
        new("drift", "count", s => s.Drift),
    ];

    public static IReadOnlyList<MetricName> Of(string subject) => subject == "server" ? OfServer : OfInstance;
}
