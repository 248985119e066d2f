using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Docker;

namespace OCore.Features.Monitoring;

/// <summary>Keeps what the reconciler of the servers saw. Counters become rates here, between two looks of this process.</summary>
internal sealed class MetricRecorder
{
    private readonly ConcurrentDictionary<Guid, Before> _before = new();

    public async Task RecordAsync(OCoreDb db, Server server, ServerObservation seen, CancellationToken stop)
    {
        if (!seen.Reachable)
        {
            _before.TryRemove(server.Id, out _);
            return;
        }
        var before = _before.GetOrAdd(server.Id, _ => new Before());
        if (seen.DatabaseConnections is { } connections)
            before.Connections = connections;
        // They are counted more seldom than the rest is measured, and not in the same moment.
        if (seen.Restarts is { } restarts)
            before.RestartsNow = restarts;
        before.Started = seen.Started ?? before.Started;
        if (seen.Stats is null || seen.Figures is not { } figures)
            return;
        var at = seen.At.ToUnixTimeSeconds();
        if (at <= before.At)
            return;
        var seconds = before.At == 0 ? 0 : at - before.At;
        db.Add(OfServer(server, figures, before.Figures, at, seconds));
        var stats = seen.Stats.ToDictionary(s => s.Name);
        var instances = await db.Instances.AcrossTenants().AsNoTracking().Where(i => i.ServerId == server.Id).ToListAsync(stop);
        var (deadlines, topologies) = (await DeadlinesAsync(db, server.Id, stop), await NodesUpAsync(db, [.. instances.Select(i => i.TopologyId).OfType<Guid>()], stop));
        foreach (var instance in instances)
            if (OfInstance(instance, seen, stats, before, deadlines, at, seconds, topologies) is { } sample)
                db.Add(sample);
        (before.At, before.Figures, before.Stats) = (at, figures, stats);
        (before.Restarts, before.RestartsNow) = (before.RestartsNow ?? before.Restarts, null);
        await db.SaveChangesAsync(stop);
    }

    private static MetricSample OfServer(Server server, ServerFigures now, ServerFigures? before, long at, long seconds) => new()
    {
        SubjectId = server.Id, OrgId = server.OrgId, RootId = server.RootId, Resolution = Resolutions.Raw, At = at, Health = 100,
        Load = now.Load, Memory = now.MemoryUsed, MemoryPercent = Share(now.MemoryUsed, server.Facts?.MemoryBytes), Disk = now.DiskUsed, DiskPercent = Share(now.DiskUsed, server.Facts?.DiskBytes),
        Cpu = before is null || now.CpuTotal <= before.CpuTotal ? null : Math.Round(100.0 * (1 - (now.CpuIdle - before.CpuIdle) / (double)(now.CpuTotal - before.CpuTotal)), 1),
        NetworkIn = Rate(now.NetworkIn, before?.NetworkIn, seconds), NetworkOut = Rate(now.NetworkOut, before?.NetworkOut, seconds), Uptime = now.Uptime > 0 ? now.Uptime : null,
    };

    /// <summary>
    /// How many of a hundred nodes were well when they were asked last: whoever is to hear of a lost node sets an alert on that. One that an operation
    /// works on is neither well nor lost: the operation tells of it.
    /// </summary>
    internal static async Task<Dictionary<Guid, (double Up, int Drift)>> NodesUpAsync(OCoreDb db, IReadOnlyList<Guid> topologies, CancellationToken stop) => topologies.Count == 0 ? [] :
        (await db.DeployedNodes.AcrossTenants().AsNoTracking().Where(n => topologies.Contains(n.TopologyId) && n.MeasuredAt != null && n.State != TopologyNodeState.Waiting && n.State != TopologyNodeState.Working).Select(n => new { n.TopologyId, n.State, n.Drift }).ToListAsync(stop))
            .GroupBy(n => n.TopologyId).ToDictionary(g => g.Key, g => (Math.Round(100.0 * g.Count(n => n.State == TopologyNodeState.Running) / g.Count(), 1), g.Count(n => n.Drift.Count > 0)));

    /// <summary>When the first certificate of each instance ends, and when its last verified backup was taken.</summary>
    private sealed record Deadlines(IReadOnlyDictionary<Guid, DateTimeOffset> Certificates, IReadOnlyDictionary<Guid, DateTimeOffset> Backups);

    private static async Task<Deadlines> DeadlinesAsync(OCoreDb db, Guid server, CancellationToken stop)
    {
        var here = db.Instances.AcrossTenants().Where(i => i.ServerId == server).Select(i => i.Id);
        var certificates = await db.InstanceDomains.AcrossTenants().Where(d => here.Contains(d.InstanceId)).Join(db.Certificates, d => d.CustomHost, c => c.Host, (d, c) => new { d.InstanceId, c.ValidUntil }).ToListAsync(stop);
        var backups = await db.Backups.AcrossTenants().Where(b => b.State == BackupState.Verified && b.Database == null && b.TakenAt != null && b.InstanceId != null && here.Contains(b.InstanceId.Value)).Select(b => new { b.InstanceId, b.TakenAt }).ToListAsync(stop);
        return new Deadlines(certificates.Where(c => c.ValidUntil != null).GroupBy(c => c.InstanceId).ToDictionary(g => g.Key, g => g.Min(c => c.ValidUntil!.Value)),
            backups.GroupBy(b => b.InstanceId!.Value).ToDictionary(g => g.Key, g => g.Max(b => b.TakenAt!.Value)));
    }

    private static MetricSample? OfInstance(Instance instance, ServerObservation seen, Dictionary<string, ContainerStats> stats, Before before, Deadlines deadlines, long at, long seconds, Dictionary<Guid, (double Up, int Drift)> topologies)
    {
        var name = OdooContainer.NameOf(instance.Slug).Value;
        var (now, then) = (stats.GetValueOrDefault(name), before.Stats?.GetValueOrDefault(name));
        double? health = instance.TopologyId is { } topology ? topologies.TryGetValue(topology, out var nodes) ? nodes.Up : null : seen.Health.GetValueOrDefault(instance.Id) switch { EdgeHealth.Up => 100, EdgeHealth.Down => 0, _ => null };
        // What stands still by somebody's wish is not measured.
        if (now is null && (health is null || !instance.WantRunning))
            return null;
        return new MetricSample
        {
            SubjectId = instance.Id, OrgId = instance.OrgId, RootId = instance.RootId, Resolution = Resolutions.Raw, At = at,
            Cpu = now?.CpuPercent, Memory = now?.MemoryBytes, MemoryPercent = Share(now?.MemoryBytes, now?.MemoryLimitBytes), Health = health,
            NetworkIn = Rate(now?.NetworkIn, then?.NetworkIn, seconds), NetworkOut = Rate(now?.NetworkOut, then?.NetworkOut, seconds),
            Latency = health == 100 && seen.Latencies.TryGetValue(instance.Id, out var latency) ? latency : null,
            Restarts = before.RestartsNow?.TryGetValue(name, out var restarts) != true ? null : before.Restarts?.TryGetValue(name, out var counted) != true ? 0 : restarts >= counted ? restarts - counted : restarts,
            Connections = before.Connections?.TryGetValue(instance.Database, out var open) == true ? open : null,
            Database = instance.Use?.DatabaseBytes, Filestore = instance.Use?.FilestoreBytes,
            Uptime = now is not null && before.Started?.TryGetValue(name, out var started) == true && seen.At > started ? Math.Round((seen.At - started).TotalSeconds) : null,
            CertificateDays = deadlines.Certificates.TryGetValue(instance.Id, out var ends) ? Math.Round((ends - seen.At).TotalDays, 2) : null,
            Drift = instance.TopologyId is { } drawn && topologies.TryGetValue(drawn, out var differing) ? differing.Drift : null,
            BackupAge = deadlines.Backups.TryGetValue(instance.Id, out var taken) ? Math.Round((seen.At - taken).TotalHours, 2) : null,
        };
    }

    private static double? Share(long? part, long? whole) => part is { } p && whole is > 0 and var w ? Math.Round(100.0 * p / w, 1) : null;

    // A counter that became smaller began anew.
    private static double? Rate(long? now, long? before, long seconds) => now is { } n && before is { } b && seconds > 0 && n >= b ? Math.Round((n - b) / (double)seconds) : null;

    private sealed class Before
    {
        public long At;
        public ServerFigures? Figures;
        public IReadOnlyDictionary<string, ContainerStats>? Stats;
        public IReadOnlyDictionary<string, long>? Restarts, RestartsNow, Connections;
        public IReadOnlyDictionary<string, DateTimeOffset>? Started;
    }
}
