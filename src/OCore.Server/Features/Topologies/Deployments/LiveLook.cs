using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Topologies.Deployments;

/// <summary>The second pass of a validation: who may have it, when, and how it is told.</summary>
internal sealed class LiveLook(LiveProbe probe, BucketProbe buckets, TopologyHost host, PlanMaker maker)
{
    private const string Needed = "manage:topologies";

    public async Task<(LiveFacts? Facts, Problem? Refused)> AtAsync(OCoreDb db, Caller caller, Topology topology, TopologySnapshot snapshot, CancellationToken stop)
    {
        // It starts containers, if for a moment only, and its servers connect to what is drawn.
        if (!caller.May(Needed))
            return (null, GateProblems.Forbidden(Needed));
        var key = DeploymentViews.LockOf(topology.Id);
        if (await db.ResourceLocks.AnyAsync(l => l.Key == key, stop))
            return (null, TopologyProblems.ProbeBusy);
        var ids = snapshot.Servers.Keys.ToList();
        var servers = await ServerViews.VisibleTo(db, caller).Where(s => ids.Contains(s.Id)).ToListAsync(stop);
        var facts = await probe.LookAsync(topology.Id, snapshot, servers, await host.FindAsync(db, topology.Id, stop), maker.ImagesOf(snapshot), stop);
        return facts is null ? (null, TopologyProblems.ProbeRunning) : (facts with { Buckets = await buckets.RefusalsAsync(db, topology, snapshot, stop) }, null);
    }

    public static TopologyProbe? ToView(TopologySnapshot topology) => topology.Live is not { } live ? null : new TopologyProbe
    {
        Servers = [.. live.Servers.Where(s => topology.Servers.ContainsKey(s.Key)).Select(s => new ProbedServer
        {
            Server = new Ref { Id = s.Key, Name = topology.Servers[s.Key].Name }, Answers = s.Value.Answers, ClockSkewMilliseconds = s.Value.ClockSkewMs, DockerVersion = s.Value.DockerVersion,
            Architecture = s.Value.Architecture, MountsNfs = s.Value.MountsNfs, SyncMilliseconds = s.Value.SyncMs,
        }).OrderBy(s => s.Server.Name, StringComparer.Ordinal)],
        Ways = [.. Ways.Of(topology).Select(w => (Way: w, Seen: live.Ways.GetValueOrDefault(new LiveWay(w.From.ServerId!.Value, w.Address, w.Port)))).Where(w => w.Seen is not null).Select(w => new ProbedWay
        {
            From = w.Way.From.Id, To = w.Way.To.Id, Address = w.Way.Address, Port = w.Way.Port, Reached = w.Seen!.Why is null, Milliseconds = w.Seen.Milliseconds is { } ms ? Math.Round(ms, 2) : null,
        })],
    };
}
