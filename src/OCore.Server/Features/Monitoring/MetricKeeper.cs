using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Platform;
using OCore.Platform.Data;

namespace OCore.Features.Monitoring;

/// <summary>Sums measurements up, forgets what is too old, notes servers that are away, and has the alerts looked at. One process at a time.</summary>
internal sealed class MetricKeeper(OCoreDbFactory databases, ServerTurns turns, AlertWatch alerts, TimeProvider time, ILogger<MetricKeeper> log) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5), Every = TimeSpan.FromSeconds(15), SweepEvery = TimeSpan.FromHours(1);
    private static readonly Guid Turn = new("6f636f72-6577-7000-8000-6d6574726963");
    // Rows of a moment are written a little later.
    private const int Late = 45, AtOnce = 24 * 3600;
    private DateTimeOffset _nextAt, _sweepAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // By the clock and not by the number of looks: it may have been set.
                if (time.GetUtcNow() is var now && now >= _nextAt && await turns.TakeAsync(Turn, stoppingToken))
                {
                    _nextAt = now + Every;
                    await NoteAbsentAsync(now, stoppingToken);
                    await alerts.LookAsync(stoppingToken);
                    foreach (var (seconds, from, keep) in Resolutions.All.Where(r => r.From > 0))
                        await SumUpAsync(seconds, from, keep, now, stoppingToken);
                    await SweepAsync(now, stoppingToken);
                }
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
            {
                log.LogError(e, "Looking after measurements failed");
            }
            await Task.Delay(Tick, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Nobody measures a server that does not answer, but that it did not is a measurement too.
    private async Task NoteAbsentAsync(DateTimeOffset now, CancellationToken stop)
    {
        await using var db = databases.System();
        var at = now.ToUnixTimeSeconds();
        var absent = await db.ServersOfAll().Where(s => s.Status == ServerStatus.Unreachable).Select(s => new { s.Id, s.OrgId, s.RootId }).ToListAsync(stop);
        if (absent.Count == 0)
            return;
        foreach (var server in absent)
            db.Add(new MetricSample { SubjectId = server.Id, OrgId = server.OrgId, RootId = server.RootId, Resolution = Resolutions.Raw, At = at, Health = 0 });
        // An instance of a topology is measured where its first Odoo is. Its other nodes are told of although that server is away, and that it is.
        var ids = absent.Select(s => s.Id).ToList();
        var carried = await db.Instances.AcrossTenants().AsNoTracking().Where(i => ids.Contains(i.ServerId) && i.TopologyId != null && i.WantRunning).Select(i => new { i.Id, i.OrgId, i.RootId, Topology = i.TopologyId!.Value }).ToListAsync(stop);
        var topologies = await MetricRecorder.NodesUpAsync(db, [.. carried.Select(i => i.Topology)], stop);
        foreach (var instance in carried)
            if (topologies.TryGetValue(instance.Topology, out var nodes))
                db.Add(new MetricSample { SubjectId = instance.Id, OrgId = instance.OrgId, RootId = instance.RootId, Resolution = Resolutions.Raw, At = at, Health = nodes.Up, Drift = nodes.Drift });
        await db.SaveChangesAsync(stop);
    }

    private async Task SumUpAsync(int seconds, int from, TimeSpan keep, DateTimeOffset now, CancellationToken stop)
    {
        await using var db = databases.System();
        var cursors = await db.Set<MetricCursor>().ToDictionaryAsync(c => c.Resolution, stop);
        var known = from == Resolutions.Raw ? now.ToUnixTimeSeconds() - Late : cursors.GetValueOrDefault(from)?.Until ?? 0;
        var end = known / seconds * seconds;
        if (!cursors.TryGetValue(seconds, out var cursor))
            db.Add(cursor = new MetricCursor { Resolution = seconds, Until = (now - keep).ToUnixTimeSeconds() / seconds * seconds });
        var begin = cursor.Until;
        if (end <= begin)
            return;
        // Rows that are left out here would never come again, so nothing before the first of them is skipped for long.
        if (await db.Set<MetricSample>().AcrossTenants().Where(s => s.Resolution == from && s.At >= begin && s.At < end).MinAsync(s => (long?)s.At, stop) is { } first)
        {
            begin = Math.Max(begin, first / seconds * seconds);
            end = Math.Min(end, begin + AtOnce);
            var sums = await db.Set<MetricSample>().AcrossTenants().Where(s => s.Resolution == from && s.At >= begin && s.At < end)
                .GroupBy(s => new { s.SubjectId, s.OrgId, s.RootId, At = s.At / seconds * seconds })
                .Select(g => new MetricSample
                {
                    SubjectId = g.Key.SubjectId, OrgId = g.Key.OrgId, RootId = g.Key.RootId, Resolution = seconds, At = g.Key.At,
                    Cpu = g.Average(s => s.Cpu), Memory = g.Average(s => s.Memory), MemoryPercent = g.Average(s => s.MemoryPercent), Disk = g.Average(s => s.Disk), DiskPercent = g.Average(s => s.DiskPercent),
                    Load = g.Average(s => s.Load), NetworkIn = g.Average(s => s.NetworkIn), NetworkOut = g.Average(s => s.NetworkOut), Health = g.Average(s => s.Health), Latency = g.Average(s => s.Latency),
                    Restarts = g.Average(s => s.Restarts) * g.Count(s => s.Restarts != null), Connections = g.Average(s => s.Connections), Database = g.Average(s => s.Database), Filestore = g.Average(s => s.Filestore),
                    Uptime = g.Max(s => s.Uptime), CertificateDays = g.Min(s => s.CertificateDays), BackupAge = g.Max(s => s.BackupAge), Drift = g.Max(s => s.Drift),
                }).ToListAsync(stop);
            db.AddRange(sums);
        }
        cursor.Until = end;
        await db.SaveChangesAsync(stop);
    }

    private async Task SweepAsync(DateTimeOffset now, CancellationToken stop)
    {
        if (now < _sweepAt)
            return;
        _sweepAt = now + SweepEvery;
        await using var db = databases.System();
        foreach (var (seconds, _, keep) in Resolutions.All)
        {
            var oldest = (now - keep).ToUnixTimeSeconds();
            await db.Set<MetricSample>().AcrossTenants().Where(s => s.Resolution == seconds && s.At < oldest).ExecuteDeleteAsync(stop);
        }
        var old = now - Alert.KeepFor;
        await db.Set<Alert>().AcrossTenants().Where(a => a.ClearedAt < old).ExecuteDeleteAsync(stop);
        // What was measured of something goes with it.
        await db.Set<MetricSample>().AcrossTenants().Where(s => !db.Instances.AcrossTenants().Any(i => i.Id == s.SubjectId) && !db.Servers.AcrossTenants().Any(v => v.Id == s.SubjectId)).ExecuteDeleteAsync(stop);
    }
}
