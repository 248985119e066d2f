using OCore.Client;

namespace OCore.Features.Topologies.Rules;

/// <summary>TP-A, first half: on which servers.</summary>
internal static class PlacementRules
{
    public static void Check(TopologySnapshot topology, Report report)
    {
        foreach (var group in topology.ById.Values.Where(n => topology.ServerOf(n) is not null).GroupBy(n => n.ServerId!.Value).OrderBy(g => g.Key))
        {
            var (server, nodes) = (topology.Servers[group.Key], group.OrderBy(n => n.Id, StringComparer.Ordinal).ToList());
            var wrong = server.Status switch
            {
                ServerStatus.Active => server.Locked ? "is being worked on by another operation" : null,
                ServerStatus.Draining => "is in maintenance and takes nothing new",
                ServerStatus.HostKeyChanged => "shows another host key than the one it was known by",
                _ => $"is {WireWord.Of(server.Status)}",
            };
            if (wrong is not null)
                report.Error("TP-A01", nodes, $"The server {server.Name} {wrong}.", Fix.Words(server.Locked && server.Status == ServerStatus.Active ? "Wait for the operation." : "Make it active, or choose another server."), Report.ServersHint);
        }
        Apart(topology, report);
        Exclusive(topology, report);
        Clocks(topology, report);
    }

    private static void Apart(TopologySnapshot topology, Report report)
    {
        var failover = topology.Ha.PgFailoverEnabled;
        foreach (var (word, nodes) in new (string, IEnumerable<DrawnNode>)[]
                 {
                     ("load balancers", topology.Balancers), ("Odoo nodes", topology.Web), ("Redis nodes", topology.RedisData), ("sentinels", topology.Sentinels),
                     // With fail-over these are errors of their own.
                     ("PostgreSQL nodes", failover ? [] : topology.Postgres), ("etcd members", failover ? [] : topology.Of(NodeType.Etcd)),
                 })
            foreach (var same in nodes.Where(n => n.ServerId is not null).GroupBy(n => n.ServerId).Where(g => g.Count() > 1))
                report.Warn("TP-A02", same, $"{Sentence.Labels(same)} are {word} on one server: they fail together.", Fix.Words("Put each on a server of its own."));
        var placed = topology.ById.Values.Where(n => n.ServerId is not null).ToList();
        if (placed.Select(n => n.ServerId).Distinct().Count() > 1 && placed.All(n => n.Has("zone")) && placed.Select(n => n.Text("zone")).Distinct().Count() == 1)
            report.Warn("TP-A02", placed, $"All servers are in {placed[0].Text("zone")}: its loss is the loss of everything.", Fix.Words("Spread them over several zones, or accept it."));
    }

    // What a server can be once: the way in, the NFS server, the member of an etcd.
    private static void Exclusive(TopologySnapshot topology, Report report)
    {
        foreach (var node in topology.ById.Values.Where(n => n.ServerId is not null && (n.IsHttp || n.Type is NodeType.Filestore or NodeType.Etcd)).OrderBy(n => n.Id, StringComparer.Ordinal))
            foreach (var other in topology.Neighbours.Where(n => n.Node.ServerId == node.ServerId && n.Node.Type == node.Type && n.Node.IsHttp == node.IsHttp))
                report.Error("TP-A03", [node], $"{topology.ServerOf(node)?.Name ?? "The server"} is already the {Word(node)} of the topology {other.Topology}.", Fix.Words("Choose another server."), Report.ServersHint);
    }

    private static string Word(DrawnNode node) => node.Type switch { NodeType.LoadBalancer => "load balancer", NodeType.Filestore => "NFS server", _ => "etcd member" };

    // Nothing but a look at the servers measures clocks. That servers differ from each other, and a single one from oCore, is TP-N07; here, that all of
    // them agree and oCore does not.
    private static void Clocks(TopologySnapshot topology, Report report)
    {
        if (topology.Live is not { } live)
            return;
        var skews = live.Servers.Where(s => topology.Servers.ContainsKey(s.Key)).Select(s => s.Value.ClockSkewMs).OfType<long>().Order().ToList();
        if (skews.Count < 2 || skews[^1] - skews[0] > 1000)
            return;
        var off = skews.MinBy(s => Math.Abs(s));
        if (Math.Abs(off) <= 1000)
            return;
        var nodes = topology.ById.Values.Where(n => n.ServerId is { } id && live.Servers.GetValueOrDefault(id)?.ClockSkewMs is not null).ToList();
        var message = $"The clocks of all servers are {Math.Abs(off) / 1000.0:0.0} s {(off > 0 ? "ahead of" : "behind")} oCore's: a link by which it signs people in holds for a minute, and a server's clock says when that is over.";
        var fix = Fix.Words("Set the clocks by NTP, oCore's own first.");
        if (Math.Abs(off) > 5000)
            report.Error("TP-A06", nodes, message, fix, Report.ServersHint);
        else
            report.Warn("TP-A06", nodes, message, fix, Report.ServersHint);
    }
}
