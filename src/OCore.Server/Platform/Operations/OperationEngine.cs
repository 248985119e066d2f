using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Remote;

namespace OCore.Platform.Operations;

/// <summary>
/// Claims operations and runs them. Any process may run any operation: what it did so far is in the database, so taking over after a
/// crash is the same path as starting.
/// </summary>
internal sealed class OperationEngine(OCoreDbFactory databases, OperationRunner runner, OperationKinds kinds, OperationReach reach, Incarnation life, Settings settings, TimeProvider time, ILogger<OperationEngine> log) : BackgroundService
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(2);
    internal static readonly OperationState[] Active = [OperationState.Pending, OperationState.Running, OperationState.Unwinding];

    private readonly Dictionary<Guid, Task> _running = [];

    /// <summary>Before anything is served: no lease of this process may be forgotten with those of the one before.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.UsesSqlite)
            await ForgetLeasesOfTheProcessBeforeAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = OperationSignals.NextWork;
            try
            {
                await StartWhatIsDueAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                // What runs is still waited for below: the host must not close the database under it.
                break;
            }
            catch (Exception e)
            {
                log.LogError(e, "Looking for operations failed");
            }
            await Task.WhenAny(next, Task.Delay(Tick, time, stoppingToken));
        }
        await Task.WhenAll(_running.Values);
    }

    // SQLite has one process: whatever lease is left is of one that is gone, and need not be waited for.
    private async Task ForgetLeasesOfTheProcessBeforeAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        await db.Operations.AcrossTenants().Where(o => Active.Contains(o.State)).ExecuteUpdateAsync(s => s.SetProperty(o => o.LeaseUntil, DateTimeOffset.UnixEpoch), stop);
    }

    private async Task StartWhatIsDueAsync(CancellationToken stop)
    {
        foreach (var done in _running.Where(r => r.Value.IsCompleted).Select(r => r.Key).ToList())
            _running.Remove(done);
        await using var db = databases.System();
        var now = time.GetUtcNow();
        var open = await db.Operations.AcrossTenants().AsNoTracking().Where(o => Active.Contains(o.State))
            .OrderBy(o => o.Id).Select(o => new { o.Id, o.RootId, o.OrgId, o.ServerId, o.Kind, o.LeaseUntil, o.RetryAt, o.State, o.CancelRequested, o.Fence, o.Owner, o.PastLives }).ToListAsync(stop);
        var held = open.Where(o => o.LeaseUntil > now).ToList();
        var byOrg = held.Where(o => !IsBackground(o.Kind)).CountBy(o => o.OrgId).ToDictionary();
        var byServer = held.Where(o => o.ServerId is not null && !IsBackground(o.Kind)).CountBy(o => o.ServerId!.Value).ToDictionary();
        var background = held.Where(o => IsBackground(o.Kind)).Select(o => o.ServerId).ToHashSet();
        // Fair between organizations: the one with the least running goes first, then the oldest.
        var due = open.Where(o => o.LeaseUntil <= now && (o.RetryAt is null || o.RetryAt <= now || o.CancelRequested && o.State != OperationState.Unwinding) && !_running.ContainsKey(o.Id)).ToList();
        // One process alone takes them all the same, and says what is wrong with them: there is nobody to leave them to.
        if (!settings.UsesSqlite && due.Exists(o => o.ServerId is not null) && reach.Elsewhere is { } elsewhere && await elsewhere(db, stop) is { Count: > 0 } others)
            due.RemoveAll(o => o.ServerId is { } place && others.Contains(place));
        while (due.Count > 0)
        {
            var candidate = due.OrderBy(o => IsBackground(o.Kind)).ThenBy(o => byOrg.GetValueOrDefault(o.OrgId)).ThenBy(o => o.Id).First();
            due.Remove(candidate);
            var waitedFor = !IsBackground(candidate.Kind);
            if (!waitedFor && background.Contains(candidate.ServerId))
                continue;
            if (waitedFor && byOrg.GetValueOrDefault(candidate.OrgId) >= settings.OperationsPerOrganization)
                continue;
            if (waitedFor && candidate.ServerId is { } server && byServer.GetValueOrDefault(server) >= settings.OperationsPerServer)
                continue;
            var (fence, present) = (candidate.Fence + 1, life.Id);
            if (!await ClaimAsync(db, candidate.Id, candidate.Fence, present, Past(candidate.PastLives, candidate.Owner, present), stop))
                continue;
            if (!waitedFor)
                background.Add(candidate.ServerId);
            else
            {
                byOrg[candidate.OrgId] = byOrg.GetValueOrDefault(candidate.OrgId) + 1;
                if (candidate.ServerId is { } taken)
                    byServer[taken] = byServer.GetValueOrDefault(taken) + 1;
            }
            _running[candidate.Id] = Task.Run(async () =>
            {
                await runner.RunAsync(candidate.Id, fence, present, stop);
                OperationSignals.WorkQueued();
            }, CancellationToken.None);
        }
    }

    private bool IsBackground(string kind) => kinds.Find(kind) is { IsBackground: true };

    private async Task<bool> ClaimAsync(OCoreDb db, Guid id, long fence, string present, string past, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var owner = $"{Environment.MachineName}:{Environment.ProcessId}:{present}";
        return await db.Operations.AcrossTenants().Where(o => o.Id == id && o.LeaseUntil <= now && o.Fence == fence && Active.Contains(o.State))
            .ExecuteUpdateAsync(s => s.SetProperty(o => o.Owner, owner).SetProperty(o => o.PastLives, past).SetProperty(o => o.LeaseUntil, now + Lease).SetProperty(o => o.Fence, fence + 1), stop) > 0;
    }

    private static string Past(string lives, string? owner, string present)
    {
        var last = owner?[(owner.LastIndexOf(':') + 1)..];
        return last is not { Length: 32 } || last == present || lives.Split(',').Contains(last) ? lives : lives.Length == 0 ? last : $"{lives},{last}";
    }
}
