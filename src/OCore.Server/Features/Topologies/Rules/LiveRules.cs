using System.Globalization;

namespace OCore.Features.Topologies.Rules;

/// <summary>TP-N, and TP-F04 of buckets: what was measured, where somebody asked for that. As pure as the others: the measuring is done before.</summary>
internal static class LiveRules
{
    /// <summary>Milliseconds; beyond these a transaction or a heartbeat waits for the way.</summary>
    private const double Far = 10, Noticeable = 2, SlowDisk = 10;
    private static readonly Version OldestDocker = new(20, 10);

    public static void Check(TopologySnapshot topology, Report report)
    {
        if (topology.Live is not { } live)
            return;
        Reached(topology, live, report);
        foreach (var node in live.Open.Where(o => topology.ById.ContainsKey(o.NodeId)).GroupBy(o => (o.NodeId, o.Port)).OrderBy(g => g.Key))
            report.Warn("TP-N03", [topology.ById[node.Key.NodeId]], $"Port {node.Key.Port} of {topology.ById[node.Key.NodeId].Label} is open to {Sentence.And(node.Select(n => n.Who))}, which has no business there.",
                Fix.Words("See that oCore may set the rules of the servers' firewall; otherwise close the port yourself."), Report.NetworkHint);
        foreach (var (id, seen) in live.Servers.OrderBy(s => s.Key))
            if (topology.Servers.GetValueOrDefault(id) is { } server)
                Server(report, server, seen, [.. topology.ById.Values.Where(n => n.ServerId == id).OrderBy(n => n.Id, StringComparer.Ordinal)]);
        Alike(topology, live, report);
        Clocks(topology, live, report);
        foreach (var (id, why) in live.Buckets.OrderBy(b => b.Key, StringComparer.Ordinal))
            if (topology.ById.GetValueOrDefault(id) is { } bucket)
                report.Error("TP-F04", [bucket], $"{bucket.Label} does not take what is written into it: {why.TrimEnd('.')}.", Fix.Words("Correct the bucket, or set its credential anew."));
        foreach (var (id, seen) in live.Nodes.OrderBy(n => n.Key, StringComparer.Ordinal))
            if (topology.ById.GetValueOrDefault(id) is { } node && !(seen.Answers && seen.IsWhole))
                Said(report, node, seen);
    }

    private static void Reached(TopologySnapshot topology, LiveFacts live, Report report)
    {
        foreach (var pair in Ways.Of(topology).GroupBy(w => (From: w.From.Id, To: w.To.Id)).OrderBy(g => g.Key))
        {
            var (from, to) = (topology.ById[pair.Key.From], topology.ById[pair.Key.To]);
            var edges = topology.Edges.Where(e => pair.Any(w => w.EdgeId == e.Id)).ToList();
            var tried = pair.Select(w => (Way: w, Seen: live.Ways.GetValueOrDefault(new LiveWay(w.From.ServerId!.Value, w.Address, w.Port)))).Where(t => t.Seen is not null).OrderBy(t => t.Way.Port).ToList();
            if (tried.Where(t => t.Seen!.Why is not null).ToList() is { Count: > 0 } lost)
                report.Error("TP-N01", [from, to], $"{from.Label} does not reach {to.Label}: from {topology.ServerOf(from)?.Name ?? "its server"}, {string.Join("; ", lost.Select(t => $"{t.Way.Address} port {t.Way.Port} {t.Seen!.Why}"))}.",
                    Fix.Words("Let the two servers reach each other on these ports: look at the firewalls between them, and at the address the node listens on."), Report.NetworkHint, edges);
            else if (tried.Max(t => t.Seen!.Milliseconds) is { } slowest && slowest > Noticeable && Hurries(from, to))
            {
                var message = $"From {from.Label} to {to.Label} it takes {slowest.ToString("0.0", CultureInfo.InvariantCulture)} ms.";
                if (slowest > Far)
                    report.Warn("TP-N02", [from, to], $"{message} Every statement and every vote waits for that.", Fix.Words("Put them on servers that are close to each other."), Report.NetworkHint, edges);
                else
                    report.Info("TP-N02", [from, to], $"{message} Below {Noticeable:0} ms nobody would notice it.", Fix.Words("Put them on servers that are close to each other."));
            }
        }
    }

    private static bool Hurries(DrawnNode from, DrawnNode to) =>
        from.Type != NodeType.Monitor && (from.Type == NodeType.Etcd && to.Type == NodeType.Etcd || to.Type == NodeType.Postgres || to.IsPgEntry || to.Type == NodeType.Pgbouncer);

    private static void Server(Report report, ServerFact server, LiveServer seen, IReadOnlyList<DrawnNode> nodes)
    {
        if (seen.Why is { } why)
        {
            report.Error("TP-N06", nodes, $"{server.Name} does not answer: {why.TrimEnd('.')}.", Fix.Words("Make it answer, or choose another server."), Report.ServersHint);
            return;
        }
        if (seen.DockerVersion is { } docker && Version.TryParse(docker.Split('-', '+', '~')[0], out var version) && version < OldestDocker)
            report.Error("TP-N04", nodes, $"Docker {docker} of {server.Name} is too old.", Fix.Words($"Install Docker {OldestDocker} or later."), Report.ServersHint);
        if (seen.MountsNfs == false && nodes.Where(n => n.Type == NodeType.Odoo).ToList() is { Count: > 0 } mounting)
            report.Error("TP-N04", mounting, $"The kernel of {server.Name} cannot mount NFS: it has no module nfs.", Fix.Words("Install a kernel with its modules (Debian: linux-image-amd64 or linux-image-cloud-amd64), choose another server, or keep files in S3."), Report.ServersHint);
        if (seen.Guards == false && nodes.Where(n => n.Type is not (NodeType.S3 or NodeType.Backup)).ToList() is { Count: > 0 } inside)
            report.Error("TP-N04", inside, $"{server.Name} has no iptables with the table raw, by which the ports of its nodes are closed to others.", Fix.Words("Install iptables, and a kernel with its modules; or choose another server."), Report.ServersHint);
        foreach (var (image, architecture) in seen.Images.OrderBy(i => i.Key, StringComparer.Ordinal))
            if (architecture is null)
                report.Info("TP-N04", nodes, $"The image {image} is not on {server.Name} yet, nor on oCore's own engine: a deployment has to pull it.", Fix.Words("See that a registry is within reach."));
            else if (seen.Architecture is { } own && architecture != own)
                report.Error("TP-N04", nodes, $"The image {image} is for {architecture}, and {server.Name} is {own}.", Fix.Words("Use an image for this architecture, or another server."), Report.ServersHint);
        if (seen.SyncMs is { } sync && sync > SlowDisk && nodes.Where(n => n.Type == NodeType.Etcd).ToList() is { Count: > 0 } voting)
            report.Warn("TP-N09", voting, $"A small write is on the disk of {server.Name} after {sync.ToString("0.0", CultureInfo.InvariantCulture)} ms in 99 of 100 cases: etcd wants {SlowDisk:0} ms, or it loses its leader when the disk is busy.",
                Fix.Words("Use a server with a faster disk, or give etcd one of its own."), Report.ServersHint);
        foreach (var node in nodes)
            if (node.Text("virtualIp") is { } shared && seen.NotShared.GetValueOrDefault(shared) is { } unshared)
                report.Error("TP-N10", [node], $"The shared address {shared} of {node.Label} {unshared} ({server.Name}).", Fix.Words("Take a free address of the network that the load balancers' servers are in."), Report.NetworkHint);
        foreach (var node in nodes)
            foreach (var port in node.Ports().Distinct().Order())
                if (seen.Taken.FirstOrDefault(t => t.Port == port && Meets(t.Address, node, server)) is { } taken)
                    report.Error("TP-N05", [node], $"Port {port} of {server.Name}, which {node.Label} needs, is in use{(taken.Program is { } program ? $" by {program}" : "")}.", Fix.Words("Stop that program, or give the node another port."), Report.NetworkHint);
    }

    // One that listens everywhere is in the way of every address, and the way in listens everywhere itself.
    private static bool Meets(string address, DrawnNode node, ServerFact server) =>
        address is "0.0.0.0" or "::" or "*" || node.IsHttp && node.Bind is null || address == (node.Bind?.ToString() ?? server.Host);

    // A name is kept by each engine for what was under it when it was got there.
    private static void Alike(TopologySnapshot topology, LiveFacts live, Report report)
    {
        var nodes = topology.Odoo.Where(o => o.ServerId is { } id && live.Servers.GetValueOrDefault(id)?.OdooContent is not null).ToList();
        // Under one name an image has other layers for each kind of processor.
        if (nodes.Select(o => live.Servers[o.ServerId!.Value]).GroupBy(s => s.Architecture).Any(g => g.Select(s => s.OdooContent).Distinct().Count() > 1))
            report.Error("TP-S08", nodes, $"The Odoo nodes are one instance, but what is under the name of their image differs between {Sentence.And(nodes.Select(o => topology.ServerOf(o)?.Name ?? o.Label))}.",
                Fix.Words("Name the image by its digest, or give another build another tag; or remove the older one from its server when nothing runs it."));
    }

    private static void Clocks(TopologySnapshot topology, LiveFacts live, Report report)
    {
        var measured = live.Servers.Where(s => s.Value.ClockSkewMs is not null && topology.Servers.ContainsKey(s.Key)).OrderBy(s => s.Value.ClockSkewMs).ThenBy(s => s.Key).ToList();
        if (measured.Count == 0)
            return;
        var (low, high) = (measured[0], measured[^1]);
        // One server alone is compared with oCore, which makes and checks tokens of its own.
        var apart = measured.Count == 1 ? Math.Abs(high.Value.ClockSkewMs!.Value) : high.Value.ClockSkewMs!.Value - low.Value.ClockSkewMs!.Value;
        if (apart <= 1000)
            return;
        var nodes = topology.ById.Values.Where(n => n.ServerId == low.Key || n.ServerId == high.Key).ToList();
        var message = $"The clock{(measured.Count == 1 ? $" of {topology.Servers[high.Key].Name} and oCore's" : $"s of {Sentence.And([topology.Servers[low.Key].Name, topology.Servers[high.Key].Name])}")} differ by {(apart / 1000.0).ToString("0.0", CultureInfo.InvariantCulture)} s: sign-in codes, sessions and etcd depend on them.";
        if (apart > 5000)
            report.Error("TP-N07", nodes, message, Fix.Words("Set the clocks by NTP on all servers."), Report.ServersHint);
        else
            report.Warn("TP-N07", nodes, message, Fix.Words("Set the clocks by NTP on all servers."), Report.ServersHint);
    }

    private static void Said(Report report, DrawnNode node, LiveNode seen)
    {
        var message = $"{node.Label} {(seen.Answers ? "runs, and cannot do all of its work" : "does not answer")}{(seen.Message is { } why ? $": {why}" : ".")}";
        if (seen.Answers)
            report.Warn("TP-N08", [node], message, Fix.Words("Ask it for its state, and look at its log."), Report.ConfigHint);
        else
            report.Error("TP-N08", [node], message, Fix.Words("Ask it for its state, and look at its log."), Report.ConfigHint);
    }
}
