using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OCore.Client;
using OCore.Features.Servers;

namespace OCore.Features.Topologies.Rules;

/// <summary>TP-K: ports, addresses and what servers can carry.</summary>
internal static class CapacityRules
{
    public static void Check(TopologySnapshot topology, Report report)
    {
        Ports(topology, report);
        Inside(topology, report);
        foreach (var server in topology.ById.Values.Where(n => topology.ServerOf(n) is not null).GroupBy(n => n.ServerId!.Value).OrderBy(g => g.Key))
            Carried(report, topology.Servers[server.Key], [.. server.OrderBy(n => n.Id, StringComparer.Ordinal)]);
        Workers(topology, report);
    }

    /// <summary>Where a node listens for others: as it says, or its server's own address where that is private.</summary>
    public static IPAddress? AddressOf(TopologySnapshot topology, DrawnNode node) =>
        node.Bind ?? (topology.ServerOf(node) is { } server && IPAddress.TryParse(server.Host, out var address) && IsPrivate(address) ? address : null);

    /// <summary>Private, loopback, link-local and carrier-grade addresses: none of them is reached from the Internet.</summary>
    public static bool IsPrivate(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address))
            return true;
        var b = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? b[0] == 10 || b[0] == 172 && b[1] is >= 16 and < 32 || b[0] == 192 && b[1] == 168 || b[0] == 100 && b[1] is >= 64 and < 128 || b[0] == 169 && b[1] == 254
            : (b[0] & 0xfe) == 0xfc || address.IsIPv6LinkLocal;
    }

    private static void Ports(TopologySnapshot topology, Report report)
    {
        var taken = topology.ById.Values.Where(n => n.ServerId is not null).OrderBy(n => n.Id, StringComparer.Ordinal).SelectMany(n => n.Ports().Select(p => (Node: n, Port: p))).ToList();
        foreach (var same in taken.GroupBy(t => (t.Node.ServerId, t.Port)).Where(g => g.Count() > 1))
        {
            var nodes = same.Select(t => t.Node).ToList();
            if (nodes.Select(n => n.Bind).Distinct().Count() == nodes.Count && nodes.All(n => n.Bind is { } a && !IPAddress.Any.Equals(a) && !IPAddress.IPv6Any.Equals(a)))
                continue;
            report.Error("TP-K01", nodes, $"{Sentence.Labels(nodes)} want port {same.Key.Port} of {topology.ServerOf(nodes[0])?.Name ?? "one server"}.", Free(topology, nodes[^1], same.Key.Port, [.. taken.Where(t => t.Node.ServerId == same.Key.ServerId).Select(t => t.Port)]));
        }
        foreach (var (node, port) in taken)
        {
            if (topology.ServerOf(node) is { } server && (port == server.SshPort || port == 22))
                report.Error("TP-K01", [node], $"{node.Label} wants port {port}, by which {server.Name} is reached.", Free(topology, node, port, [.. taken.Where(t => t.Node.ServerId == node.ServerId).Select(t => t.Port)]));
            foreach (var other in topology.Neighbours.Where(n => n.Node.ServerId == node.ServerId && !(n.Node.IsHttp && node.IsHttp) && n.Node.Ports().Contains(port)))
                report.Error("TP-K01", [node], $"Port {port} of {topology.ServerOf(node)?.Name} is taken by {other.Node.Label} of the topology {other.Topology}.", Free(topology, node, port, [.. taken.Where(t => t.Node.ServerId == node.ServerId).Select(t => t.Port)]));
        }
    }

    private static TopologyFix Free(TopologySnapshot topology, DrawnNode node, int port, HashSet<int> taken)
    {
        foreach (var other in topology.Neighbours.Where(n => n.Node.ServerId == node.ServerId))
            taken.UnionWith(other.Node.Ports());
        var member = node.Type switch
        {
            NodeType.LoadBalancer when node.IsHttp => port == node.Int("httpPort", 80) ? "httpPort" : "httpsPort",
            NodeType.Odoo when port != node.Int("port", 8069) => "websocketPort",
            NodeType.Postgres when port != node.Int("port", 5432) => "restPort",
            NodeType.Etcd when port != node.Int("port", 2379) => "peerPort",
            _ => "port",
        };
        var doors = PostgresRules.Doors(topology);
        if (member == "port" && doors.Count > 1 && doors.Contains(node))
            return FreeOfAll(topology, doors, port);
        var from = port < 1024 ? 8000 + port : port;
        return Enumerable.Range(from, 60000 - Math.Min(from, 59000)).FirstOrDefault(p => p != port && !taken.Contains(p) && p <= 65535) is > 0 and var free
            ? Fix.Of($"Let {node.Label} use port {free}.", Fix.Set(node, member, free)) : Fix.Words("Choose another port.");
    }

    // Odoo comes to all of them by one port, so it is changed at all of them.
    private static TopologyFix FreeOfAll(TopologySnapshot topology, IReadOnlyList<DrawnNode> doors, int port)
    {
        if (doors.GroupBy(d => d.ServerId).Any(g => g.Count() > 1))
            return Fix.Words("Put them on servers of their own: Odoo comes to all of them by one port.");
        var taken = topology.ById.Values.Except(doors).Concat(topology.Neighbours.Select(n => n.Node)).Where(n => doors.Any(d => d.ServerId == n.ServerId)).SelectMany(n => n.Ports())
            .Concat(doors.SelectMany(d => d.Ports().Skip(1))).Concat(doors.Select(d => topology.ServerOf(d)?.SshPort ?? 22)).Append(port).ToHashSet();
        return Enumerable.Range(Math.Max(port, 1024), 1000).FirstOrDefault(p => p <= 65535 && !taken.Contains(p)) is > 0 and var free
            ? Fix.Of($"Let {Sentence.Labels(doors)} use port {free}.", doors.Select(d => Fix.Set(d, "port", free))) : Fix.Words("Choose another port for all of them.");
    }

    private static void Inside(TopologySnapshot topology, Report report)
    {
        foreach (var node in topology.ById.Values.Where(n => !n.IsHttp && n.Ports().Any()).OrderBy(n => n.Id, StringComparer.Ordinal))
        {
            if (node.Bind is { } address)
            {
                if (!IsPrivate(address))
                    report.Error("TP-K02", [node], $"{node.Label} listens on {address}, which others can reach: Docker opens its ports past the host's firewall.", Fix.Of("Listen on the server's private address.", Fix.Set(node, "bind", null)), Report.NetworkHint);
                continue;
            }
            if (topology.ServerOf(node) is not { } server || !topology.Sources(node).Any(s => s.ServerId != node.ServerId))
                continue;
            if (IPAddress.TryParse(server.Host, out var host))
            {
                if (!IsPrivate(host))
                    report.Error("TP-K02", [node], $"{node.Label} is used from other servers, and the only address known of {server.Name} is the public {host}.", Fix.Words("Give the server's private address as bind."), Report.NetworkHint);
            }
            else
                report.Warn("TP-K02", [node], $"{node.Label} is used from other servers, and no private address of {server.Name} is known.", Fix.Words("Give the server's private address as bind."), Report.NetworkHint);
        }
    }

    private static void Carried(Report report, ServerFact server, IReadOnlyList<DrawnNode> nodes)
    {
        var memory = nodes.Sum(n => (long)n.MemoryMb) << 20;
        if (server.MemoryBytes is { } total && memory + server.MemoryReservedBytes > total * 0.85)
            report.Error("TP-K03", nodes, $"{server.Name} has {Gib(total)} of memory; {Gib(memory)} for this topology and {Gib(server.MemoryReservedBytes)} for others are more than 85 % of it.", Fix.Words("Choose a larger server, fewer workers, or move nodes."), Report.ServersHint);
        var cpus = nodes.Sum(n => n.Cpus);
        if (server.Cpus is { } cores && cpus + server.CpusReserved > (ServerCapacity.PromisedOfCore * cores) + ServerCapacity.Rounding)
            report.Error("TP-K03", nodes, $"{server.Name} has {cores} cores; {Cores(cpus)} are asked of it{(server.CpusReserved > 0 ? $", and {Cores(server.CpusReserved)} promised to others" : "")}.", Fix.Words("Choose a larger server, or move nodes."), Report.ServersHint);
        var keeping = nodes.Where(n => n.Type is NodeType.Postgres or NodeType.Filestore).ToList();
        if (server is { DiskBytes: { } disk, DiskUsedBytes: { } used } && keeping.Count > 0)
        {
            var (free, data) = (disk - used, keeping.Sum(n => (long)n.Int("datasetMb", 0)) << 20);
            if (free < 2 * data || free < disk * 0.2)
                report.Error("TP-K03", keeping, $"{server.Name} has {Gib(free)} of its {Gib(disk)} disk left; {(free < 2 * data ? $"twice the data ({Gib(data)})" : "a fifth")} has to be free.", Fix.Words("Choose a server with more room."), Report.ServersHint);
        }
    }

    private static string Cores(double count) => count.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Gib(long bytes) => (bytes / (double)(1L << 30)).ToString("0.#", CultureInfo.InvariantCulture) + " GiB";

    private static void Workers(TopologySnapshot topology, Report report)
    {
        foreach (var node in topology.Web)
        {
            if ((node.Number("cpus") ?? topology.ServerOf(node)?.Cpus) is { } cores && node.Workers > (2 * cores) + 1)
            {
                var most = (int)((2 * cores) + 1);
                report.Warn("TP-K04", [node], $"{node.Label} has {node.Workers} workers; {cores.ToString("0.##", CultureInfo.InvariantCulture)} cores carry {most}.", Fix.Of($"Use {most}.", Fix.Set(node, "workers", most)));
            }
            if (node.Int("memoryMb") is { } memory && memory < node.Workers * 325)
                report.Warn("TP-K04", [node], $"{node.Label} has {memory} MB for {node.Workers} workers, which take about {node.Workers * 325} MB.", Fix.Of("Give it enough.", Fix.Set(node, "memoryMb", 768 + (node.Workers * 325))));
        }
        var users = topology.Odoo.Max(o => o.Int("users")) ?? 0;
        var (sum, needed) = (topology.Web.Sum(o => o.Workers), (users + 5) / 6);
        if (users > 0 && topology.Web.Count > 0 && needed > sum && topology.Web.Any(o => o.Workers > 0))
            report.Warn("TP-K04", topology.Web, $"{users} people take about {needed} workers; there are {sum}.", Fix.Words("Add workers or Odoo nodes."));
        else if (users > 0 && topology.Web.Count > 1 && sum - topology.Web.Max(o => o.Workers) is var rest && needed > rest)
            report.Warn("TP-K05", topology.Web, $"Without its largest Odoo node {rest} workers are left; {users} people take about {needed}.", Fix.Words("Add workers or an Odoo node."));
    }
}
