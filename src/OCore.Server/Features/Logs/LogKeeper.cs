using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Logs;

/// <summary>
/// Keeps what the logs of instances say, before the engines forget it: every few minutes, and before a container is replaced. A log
/// that several instances share is read once for all of them.
/// </summary>
internal sealed class LogKeeper(OCoreDbFactory databases, InstanceHost host, ServerTurns turns, LogArchive archive, TimeProvider time, ILogger<LogKeeper> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(5), AtMost = TimeSpan.FromMinutes(2);
    private static readonly Guid Turn = new("6f636f72-6577-7000-8000-006c6f67732e");
    private const int AtOnce = 20_000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Every, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                if (!stoppingToken.IsCancellationRequested && await turns.TakeAsync(Turn, stoppingToken))
                    await RunAsync(stoppingToken);
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
            {
                log.LogError(e, "Keeping the logs of instances failed");
            }
        }
    }

    internal async Task RunAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var instances = await db.Instances.AcrossTenants().AsNoTracking().ToListAsync(stop);
        archive.Sweep(instances.Select(i => i.Id).ToHashSet());
        foreach (var server in await db.ServersOfAll().AsNoTracking().Where(s => s.Status == ServerStatus.Active).ToListAsync(stop))
        {
            var here = instances.Where(i => i.ServerId == server.Id && i.Status is not (InstanceStatus.Creating or InstanceStatus.Removing)).ToList();
            foreach (var instance in here)
                await TryAsync(instance.Name, async ended => await KeepAsync(await host.OpenAsync(db, instance, ended), ended), stop);
            if (here.Find(i => i.TopologyId is null) is { } any)
                foreach (var source in (LogSource[])[LogSource.Postgres, LogSource.Access])
                    await TryAsync($"{server.Name} ({source})", async ended => await KeepSharedAsync(await host.OpenAsync(db, any, ended), source, here.Where(i => i.TopologyId is null).ToList(), ended), stop);
        }
    }

    /// <summary>Odoo's own log, from where it was kept last.</summary>
    internal async Task KeepAsync(InstanceOnServer on, CancellationToken stop)
    {
        var lines = new List<LogEntry>();
        await foreach (var entry in LogSources.ReadAsync(on, LogSource.Odoo, new LogWindow { Since = archive.LastOf(on.Instance.Id, LogSource.Odoo) }, stop))
        {
            lines.Add(entry);
            if (lines.Count < AtOnce)
                continue;
            await archive.AddAsync(on.Instance.Id, LogSource.Odoo, lines, lines[^1].At, stop);
            lines.Clear();
        }
        if (lines.Count > 0)
            await archive.AddAsync(on.Instance.Id, LogSource.Odoo, lines, lines[^1].At, stop);
    }

    private async Task KeepSharedAsync(InstanceOnServer on, LogSource source, IReadOnlyList<Instance> instances, CancellationToken stop)
    {
        var owners = instances.ToDictionary(i => LogSources.OwnerOf(i, source), i => i.Id);
        var kept = instances.Select(i => archive.LastOf(i.Id, source)).ToList();
        var since = kept.Contains(null) ? null : kept.Min();
        var (shared, lines, last, count) = (SharedLines.Of(source), new Dictionary<Guid, List<LogEntry>>(), default(LogStamp), 0);
        await foreach (var (at, text) in on.Connection.Docker.LogAsync(LogSources.SharedContainer(source), new LogWindow { Since = since }, stop))
        {
            last = at;
            if (shared.Read(text) is not ({ } owner, var shown) || !owners.TryGetValue(owner, out var instance))
                continue;
            if (!lines.TryGetValue(instance, out var mine))
                lines[instance] = mine = [];
            mine.Add(new LogEntry(at, shown, null));
            if (++count % AtOnce == 0)
                await AddAsync();
        }
        if (last != default)
            await AddAsync();

        async Task AddAsync()
        {
            foreach (var instance in instances)
                await archive.AddAsync(instance.Id, source, lines.GetValueOrDefault(instance.Id) ?? [], last, stop);
            lines.Clear();
        }
    }

    // A log is worth no restart that fails for it.
    internal Task KeepBeforeReplacingAsync(InstanceOnServer on, CancellationToken stop) => TryAsync(on.Instance.Name, ended => KeepAsync(on, ended), stop);

    private async Task TryAsync(string what, Func<CancellationToken, Task> work, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(AtMost, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        try
        {
            await work(ended.Token);
        }
        catch (Exception e) when (e is ServerException or TryLaterException or StepRefusedException or IOException || e is OperationCanceledException && !stop.IsCancellationRequested)
        {
            log.LogDebug(e, "The log of {What} was not kept this time", what);
        }
    }
}
