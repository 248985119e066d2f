using OCore.Client;

namespace OCore.Features.Topologies.Rules;

/// <summary>TP-L: the way in.</summary>
internal static class BalancerRules
{
    public static void Check(TopologySnapshot topology, Report report)
    {
        Reaching(topology, report);
        Agreeing(topology, report);
        Standing(topology, report);
        foreach (var balancer in topology.Balancers)
        {
            if (!balancer.Flag("websocket", true) && topology.Targets(balancer, NodeType.Odoo).Where(o => o.Workers > 0).ToList() is { Count: > 0 } live)
                report.Error("TP-L03", [balancer, .. live], $"{balancer.Label} routes no live connections, but {Sentence.Labels(live)} {(live.Count == 1 ? "answers" : "answer")} them on a port of their own.",
                    Fix.Of("Route /websocket to port 8072.", Fix.Set(balancer, "websocket", null)), Report.ConfigHint);
            Tls(topology, report, balancer);
        }
    }

    private static void Reaching(TopologySnapshot topology, Report report)
    {
        var (web, balancers) = (topology.Web, topology.Balancers);
        if (web.Count > 1 && balancers.Count == 0)
        {
            var id = Fix.NewId(topology, "lb");
            report.Error("TP-L01", web, $"{web.Count} Odoo nodes have no load balancer before them.", Fix.Of("Add a load balancer before them.",
            [
                Fix.Node(id, NodeType.LoadBalancer, ("label", "Load balancer"), ("serverId", topology.Ha.LbServerId)), .. web.Select(o => Fix.Edge(id, o.Id)),
                .. topology.Ha.LbType == LoadBalancerType.None ? [Fix.Ha("lbType", "haproxy")] : Array.Empty<TopologyChange>(),
            ]));
        }
        if (web.Count > 1)
            foreach (var balancer in balancers)
                if (web.Where(o => !topology.Joined(balancer, o)).ToList() is { Count: > 0 } left)
                    report.Error("TP-L01", [balancer, .. left], $"{balancer.Label} does not reach {Sentence.Labels(left)}.", Fix.Of("Join them.", Fix.Edges(topology, [balancer], left)), Report.NetworkHint);
        if (web.Count == 1 && balancers.Count > 0)
            report.Info("TP-L07", [.. balancers, .. web], "A load balancer before a single Odoo brings TLS and room to grow, and no availability yet.", Fix.Words("Add a second Odoo when you need it."));
    }

    private static void Agreeing(TopologySnapshot topology, Report report)
    {
        var (ha, balancers) = (topology.Ha, topology.Balancers);
        if (ha.LbType == LoadBalancerType.None && balancers.Count > 0)
            report.Error("TP-L02", balancers, "A load balancer is drawn, but lbType says none.", Fix.Of("Take HAProxy.", Fix.Ha("lbType", "haproxy")), Report.ConfigHint);
        if (ha.LbType != LoadBalancerType.None && balancers.Count == 0)
        {
            var id = Fix.NewId(topology, "lb");
            report.Error("TP-L02", [], $"lbType says {ha.LbType.ToString().ToLowerInvariant()}, but no load balancer is drawn.",
                Fix.Of("Draw it.", [Fix.Node(id, NodeType.LoadBalancer, ("label", "Load balancer"), ("serverId", ha.LbServerId)), .. topology.Web.Select(o => Fix.Edge(id, o.Id))]), Report.ConfigHint);
        }
        if (ha.LbServerId is { } server && balancers.Count > 0 && balancers.All(b => b.ServerId != server))
            report.Error("TP-L02", balancers, "lbServerId names a server on which no load balancer is drawn.", balancers[0].ServerId is { } drawn
                ? Fix.Of("Take the server of the drawing.", Fix.Ha("lbServerId", drawn)) : Fix.Of("Put the load balancer there.", Fix.Set(balancers[0], "serverId", server)), Report.ConfigHint);
        foreach (var balancer in balancers)
            if (topology.ServerOf(balancer) is { Status: not ServerStatus.Active } fact)
                report.Error("TP-L02", [balancer], $"The load balancer's server {fact.Name} is {WireWord.Of(fact.Status)}.", Fix.Words("Make it active, or choose another server."), Report.ConfigHint);
    }

    private static void Standing(TopologySnapshot topology, Report report)
    {
        var (web, balancers) = (topology.Web, topology.Balancers);
        if (web.Count > 1 && balancers.Count == 1)
        {
            var (first, id) = (balancers[0], Fix.NewId(topology, "lb"));
            report.Warn("TP-L04", balancers, $"{first.Label} is the only load balancer: when it fails, nobody gets in.", Fix.Of("Add a second one; both need a shared address (virtualIp), or two records in DNS (dns).",
                [Fix.Node(id, NodeType.LoadBalancer, ("label", "Load balancer 2")), .. topology.Targets(first, NodeType.Odoo).Select(o => Fix.Edge(id, o.Id))]));
        }
        else if (balancers.Count > 1 && balancers.Where(b => !b.Flag("dns", false) && balancers.All(o => o == b || !b.Has("virtualIp") || o.Text("virtualIp") != b.Text("virtualIp"))).ToList() is { Count: > 0 } apart)
            report.Warn("TP-L04", apart, $"{Sentence.Labels(apart)}: nothing leads people from one load balancer to the other.", Fix.Of("Say that DNS names all of them; or give all of them the same free address as virtualIp.", apart.Select(b => Fix.Set(b, "dns", true))));
        foreach (var balancer in balancers)
            if (balancer.Text("virtualIp") is { } shared && Holder(topology, shared) is { } holder)
                report.Error("TP-L04", [balancer], $"The shared address {shared} of {balancer.Label} is {holder}.", Fix.Of("Take it away, and choose a free one.", Fix.Set(balancer, "virtualIp", null)), Report.ConfigHint);
        foreach (var balancer in balancers.Where(b => b.ServerId is not null))
        {
            if (web.Count == 1 && topology.Joined(balancer, web[0]) && web[0].ServerId == balancer.ServerId)
                report.Warn("TP-L05", [balancer, web[0]], $"{balancer.Label} is on the same server as its only Odoo.", Fix.Words("Put them on two servers, or leave the load balancer out."));
            if (topology.Postgres.Where(p => p.IsPrimary && p.ServerId == balancer.ServerId).ToList() is { Count: > 0 } primaries)
                report.Warn("TP-L05", [balancer, .. primaries], $"{balancer.Label} is on the same server as the primary PostgreSQL: the way in and the data fail together.", Fix.Words("Put the load balancer on another server."));
        }
    }

    private static string? Holder(TopologySnapshot topology, string address) =>
        topology.Servers.Values.Where(s => s.Host == address).OrderBy(s => s.Name, StringComparer.Ordinal).FirstOrDefault() is { } server ? $"the server {server.Name}'s own"
        : topology.Neighbours.FirstOrDefault(n => n.Node.IsHttp && n.Node.Text("virtualIp") == address) is { } other ? $"that of the topology {other.Topology}" : null;

    private static void Tls(TopologySnapshot topology, Report report, DrawnNode balancer)
    {
        var server = topology.ServerOf(balancer);
        // A certificate is asked for when the name is proven to be the instance's, and not before.
        if (balancer.Flag("tls", false) && balancer.List("hosts").Where(h => !topology.ProvenHosts.Contains(h.ToLowerInvariant())).ToList() is { Count: > 0 } unproven)
            report.Warn("TP-L06", [balancer], $"{Sentence.And(unproven)} {(unproven.Count == 1 ? "is" : "are")} not proven to be {(topology.Deployed is null ? "yours" : "the instance's")}: until then people come there by HTTP.",
                Fix.Words($"Add {(unproven.Count == 1 ? "it" : "them")} as domain{(unproven.Count == 1 ? "" : "s")} of the instance{(topology.Deployed is null ? " when it is deployed" : "")}, with the record that proves {(unproven.Count == 1 ? "it" : "them")}."), Report.ConfigHint);
        if (server is { Instances: > 0 } && balancer.Ports().Where(server.IsOfEdge).Distinct().Order().ToList() is { Count: > 0 } taken)
            report.Error("TP-L06", [balancer], $"Port {string.Join(" and ", taken)} of {server.Name} is taken by the edge of the {server.Instances} {(server.Instances == 1 ? "instance" : "instances")} there.", Fix.Words("Choose a server without instances, or other ports (httpPort, httpsPort)."), Report.ConfigHint);
        foreach (var other in topology.Neighbours.Where(n => n.Node.IsHttp && n.Node.ServerId == balancer.ServerId && balancer.ServerId is not null))
            if (balancer.Ports().Intersect(other.Node.Ports()).Order().ToList() is { Count: > 0 } shared)
                report.Error("TP-L06", [balancer], $"Port {string.Join(" and ", shared)} of {server?.Name} is taken by a load balancer of the topology {other.Topology}.", Fix.Words("Choose another server, or other ports."), Report.ConfigHint);
            // It comes back whole when that one goes.
            else if (server is not null && balancer.Ports().Any(server.IsOfEdge) && other.Node.Ports().Any(server.IsOfEdge))
                report.Error("TP-L06", [balancer], $"The edge of {server.Name} makes way for the load balancer of one topology, and that is {other.Topology}'s.", Fix.Words("Choose another server, or other ports."), Report.ConfigHint);
    }
}
