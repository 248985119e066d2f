using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Topologies.Rules;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// Keeps what is known of nodes true: every deployment is looked at in turn, each node by the question that is asked when a person
/// asks, and compared with what was deployed. What differs is put right where that is permitted and loses nothing; nothing that keeps data is
/// ever put right without a person.
/// </summary>
internal sealed class TopologyWatch(OCoreDbFactory databases, TopologyHost host, DriftHost drifts, IServiceScopeFactory scopes, TimeProvider time, ILogger<TopologyWatch> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    // One whose servers hang does not hold up the others.
    private const int AtOnce = 4;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
            {
                log.LogError(e, "Looking at topologies failed");
            }
            await Task.Delay(Every, time, stoppingToken);
        }
    }

    /// <summary>One look at all that run.</summary>
    public async Task LookAsync(CancellationToken stop)
    {
        List<(Guid Topology, Guid RootId)> all;
        await using (var db = databases.System())
            all = [.. (await db.DeploymentsOfAllAsync(stop)).Where(d => d.Status == "active").Select(d => (d.TopologyId, d.RootId))];
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (one, ended) =>
        {
            try
            {
                await LookAsync(one.Topology, one.RootId, ended);
            }
            catch (Exception e) when (!ended.IsCancellationRequested)
            {
                log.LogError(e, "Looking at topology {Topology} failed", one.Topology);
            }
        });
    }

    private async Task LookAsync(Guid topologyId, Guid root, CancellationToken stop)
    {
        await using var db = databases.For(new Tenant(root, root, false), AuditActor.System);
        if (await host.FindAsync(db, topologyId, stop) is not { Deployment.Status: "active" } work)
            return;
        var measured = await Task.WhenAll(work.Layout.Nodes.Select(async n => (n.Id, Seen: await host.MeasureAsync(work, n, stop))));
        // What an operation works on is the operation's to tell.
        var key = DeploymentViews.LockOf(topologyId);
        if (await db.ResourceLocks.AnyAsync(l => l.Key == key, stop))
            return;
        await GuardAsync(work, stop);
        foreach (var balancer in work.Layout.Nodes.Where(n => n.Is("tls", "true") && work.HasServerOf(n)))
        {
            // Each takes its time: what was read before may be the layout of before by now.
            if (await db.ResourceLocks.AnyAsync(l => l.Key == key, stop))
                return;
            await SecureAsync(work, balancer, stop);
        }
        var compared = await CompareAsync(db, work, stop);
        var rows = await db.DeployedNodes.Where(n => n.TopologyId == topologyId).ToDictionaryAsync(n => n.NodeId, stop);
        var twice = rows.Values.Where(r => r.Drift.Count > 0 && compared.GetValueOrDefault(r.NodeId) is { Count: > 0 } again && again.SequenceEqual(r.Drift)).Select(r => r.NodeId).ToList();
        foreach (var (id, seen) in measured)
            if (rows.TryGetValue(id, out var row))
                Apply(row, seen, compared.GetValueOrDefault(id));
        await db.SaveChangesAsync(stop);
        await RepairAsync(db, work, rows, twice, stop);
        if (work.Deployment.InstanceId is { } instance)
        {
            var web = work.Layout.Nodes.Where(n => n.IsWeb).Select(n => measured.First(m => m.Id == n.Id).Seen.State).ToList();
            var health = web.Contains(TopologyNodeState.Running) ? "healthy" : web.All(s => s == TopologyNodeState.Unknown) ? "unknown" : "unhealthy";
            var now = time.GetUtcNow();
            await db.Instances.Where(i => i.Id == instance).ExecuteUpdateAsync(s => s.SetProperty(i => i.Health, health).SetProperty(i => i.HealthAt, now), stop);
        }
    }

    /// <summary>An operation on the topology, or on its instance, such as one that takes Odoo offline for its modules.</summary>
    public static async Task<bool> IsWorkedOnAsync(OCoreDb db, TopologyWork work, CancellationToken stop)
    {
        var keys = new[] { DeploymentViews.LockOf(work.TopologyId), $"instance:{work.Deployment.InstanceId}" };
        return await db.ResourceLocks.AnyAsync(l => keys.Contains(l.Key), stop);
    }

    private async Task<Dictionary<string, IReadOnlyList<NodeDrift>?>> CompareAsync(OCoreDb db, TopologyWork work, CancellationToken stop)
    {
        if (await IsWorkedOnAsync(db, work, stop))
            return [];
        var instance = await DriftHost.InstanceAsync(db, work, stop);
        var found = await Task.WhenAll(work.Layout.Nodes.Select(async n => (n.Id, Drift: await drifts.LookAsync(work, instance, n, stop))));
        // Begun meanwhile: nobody can say whose doing it is.
        return await IsWorkedOnAsync(db, work, stop) ? [] : found.ToDictionary(f => f.Id, f => f.Drift);
    }

    /// <summary>What was seen twice, loses nothing, and the agency has permitted. What works and is the only way is not taken away from people for it: that is a person's to decide.</summary>
    private async Task RepairAsync(OCoreDb db, TopologyWork work, IReadOnlyDictionary<string, DeployedNode> rows, IReadOnlyList<string> differing, CancellationToken stop)
    {
        if (differing.Count == 0 || await db.Topologies.AsNoTracking().SingleOrDefaultAsync(t => t.Id == work.TopologyId && t.RepairDrift, stop) is not { } topology)
            return;
        var others = work.Layout.Nodes.Count(n => n.IsWeb && rows.GetValueOrDefault(n.Id)?.State == TopologyNodeState.Running);
        bool Interrupts(LayoutNode n) => n.Type != NodeType.Monitor && rows[n.Id].State == TopologyNodeState.Running && (n.IsWeb ? others < 2 : !n.IsBalancer || rows[n.Id].Drift.Any(d => d.Kind != NodeDriftKind.File));
        var nodes = work.Layout.Nodes.Where(n => differing.Contains(n.Id) && rows[n.Id].Drift.All(d => d.Safe) && !Interrupts(n)).Select(n => n.Id).ToList();
        if (nodes.Count == 0)
            return;
        await using var scope = scopes.CreateAsyncScope();
        try
        {
            var begun = await db.InTransactionAsync(async () =>
            {
                var (operation, _) = await RepairEndpoint.BeginAsync(db, scope.ServiceProvider.GetRequiredService<OperationQueue>(), topology, work, nodes, stop);
                await db.SaveChangesAsync(stop);
                return operation is not null;
            }, stop);
            if (begun)
                log.LogInformation("Topology {Topology}: {Nodes} differ and are put right", work.TopologyId, string.Join(", ", nodes));
        }
        catch (Platform.Http.ProblemException)
        {
            // Somebody was quicker; it is looked at again.
        }
    }

    // A certificate that came, was renewed, or is nobody's any more.
    private async Task SecureAsync(TopologyWork work, LayoutNode balancer, CancellationToken stop)
    {
        try
        {
            await host.SecureAsync(work, balancer, stop);
        }
        catch (Exception away) when (away is TryLaterException or StepRefusedException or ServerException)
        {
            log.LogWarning("{Balancer} of topology {Topology} did not get its certificates: {Why}", balancer.Id, work.TopologyId, away.Message);
        }
    }

    // Whoever flushed the firewall of a server opened ports that nobody else closes.
    private async Task GuardAsync(TopologyWork work, CancellationToken stop)
    {
        try
        {
            await host.Firewall.EnsureAsync(work, null, stop);
        }
        catch (Exception away) when (away is TryLaterException or StepRefusedException or ServerException)
        {
            log.LogWarning("The ports of topology {Topology} could not be guarded: {Why}", work.TopologyId, away.Message);
        }
    }

    /// <param name="drift">Null where nobody can tell now: then what was seen before stays.</param>
    public void Apply(DeployedNode row, NodeMeasure seen, IReadOnlyList<NodeDrift>? drift)
    {
        if (drift is not null && !drift.SequenceEqual(row.Drift))
        {
            log.LogInformation("Topology {Topology}: {Node} {Drift}", row.TopologyId, row.NodeId, drift.Count == 0 ? "is as it was deployed" : "differs. " + string.Join(" ", drift.Select(d => d.Message)));
            row.Drift = drift;
        }
        if (row.State != seen.State)
            log.LogInformation("Topology {Topology}: {Node} is {State}. {Message}", row.TopologyId, row.NodeId, seen.State, seen.Message);
        (row.State, row.Message, row.MeasuredAt) = (seen.State, seen.Message, time.GetUtcNow());
        // What it was is still worth knowing while it does not answer.
        if (seen.State is TopologyNodeState.Running or TopologyNodeState.Degraded)
            (row.Role, row.Figures) = (seen.Role, seen.Figures ?? []);
    }
}
