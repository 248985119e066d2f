using OCore.Client;

namespace OCore.Features.Topologies.Rules;

/// <summary>TP-P, second half: who decides which PostgreSQL is the primary.</summary>
internal static class PatroniRules
{
    public static void Check(TopologySnapshot topology, Report report)
    {
        if (!topology.Ha.PgFailoverEnabled || topology.Postgres.Count == 0)
            return;
        var members = topology.Postgres.SelectMany(p => topology.Targets(p, NodeType.Etcd)).Distinct().OrderBy(e => e.Id, StringComparer.Ordinal).ToList();
        // Members that no PostgreSQL names by itself still vote.
        members = [.. members.Concat(topology.Of(NodeType.Etcd)).Distinct().OrderBy(e => e.Id, StringComparer.Ordinal)];
        if (topology.UsesPatroni)
        {
            Majority(topology, report, members);
            Times(topology, report);
            Apart(topology, report, members);
        }
        else
            Monitor(topology, report);
        Sites(topology, report, members);
        foreach (var member in members)
            foreach (var other in topology.Neighbours.Where(n => n.Node.Type == NodeType.Etcd && n.Node.ServerId is { } server && server == member.ServerId && n.Node.Int("port", 2379) == member.Int("port", 2379)))
                if (topology.Postgres.Any(p => p.Has("scope")) && ScopesOf(topology.Postgres).Overlaps(ScopesOf(topology.Neighbours.Where(n => n.Topology == other.Topology && n.Node.Type == NodeType.Postgres).Select(n => n.Node))))
                    report.Error("TP-P15", [member, .. topology.Postgres], $"The topology {other.Topology} has a PostgreSQL cluster of the same name in the same etcd.", Fix.Of("Let oCore name it.", topology.Postgres.Where(p => p.Has("scope")).Select(p => Fix.Set(p, "scope", null))));
    }

    private static HashSet<string> ScopesOf(IEnumerable<DrawnNode> postgres) => [.. postgres.Where(p => p.Has("scope")).Select(p => $"{p.Text("namespace", "/service/").Trim('/')}/{p.Text("scope")}")];

    private static void Majority(TopologySnapshot topology, Report report, List<DrawnNode> members)
    {
        if (members.Count is 1 or 0 && topology.IsTest && members.Count == 1)
            report.Warn("TP-P02", members, "One etcd: enough for a test, and its loss stops writing.", Fix.Words("Draw three on three servers for production."));
        else if (members.Count < 3 || members.Count % 2 == 0)
            report.Error("TP-P02", [.. members, .. topology.Postgres], $"There {(members.Count == 1 ? "is 1 etcd member" : $"are {members.Count} etcd members")}; fail-over needs an odd number of at least three, on servers of their own.", More(topology, members));
        else if (members.Count > 7)
            report.Warn("TP-P02", members, $"{members.Count} etcd members are slower than seven and not safer.", Fix.Words("Take some out, down to seven or five."));
        foreach (var same in members.Where(m => m.ServerId is not null).GroupBy(m => m.ServerId).Where(g => g.Count() > 1))
            report.Error("TP-P02", same, $"{Sentence.Labels(same)} are on one server: they fail together.", Fix.Words("Put each on a server of its own."));
        if (members.Count >= 3 && topology.Postgres.Where(p => !topology.Targets(p, NodeType.Etcd).Any()).ToList() is { Count: > 0 } left)
            report.Error("TP-P02", left, $"{Sentence.Labels(left)} {(left.Count == 1 ? "does" : "do")} not reach etcd.", Fix.Of("Join them.", Fix.Edges(topology, left, members)), Report.NetworkHint);
    }

    private static TopologyFix More(TopologySnapshot topology, List<DrawnNode> members)
    {
        var wanted = Math.Max(3, members.Count + 1) - members.Count;
        var changes = new List<TopologyChange>();
        var ids = new List<string>();
        for (var i = 0; i < wanted; i++)
        {
            var id = Fix.NewId(topology, "etcd", [.. ids]);
            ids.Add(id);
            changes.Add(Fix.Node(id, NodeType.Etcd, ("label", id)));
            changes.AddRange(topology.Postgres.Select(p => Fix.Edge(p.Id, id)));
        }
        return Fix.Of($"Add {(wanted == 1 ? "a member" : $"{wanted} members")}.", changes);
    }

    private static void Monitor(TopologySnapshot topology, Report report)
    {
        var monitors = topology.Of(NodeType.Monitor).Where(m => m.IsPgMonitor).ToList();
        if (monitors.Count != 1)
            report.Error("TP-P03", [.. monitors, .. topology.Postgres], $"pg_auto_failover has {monitors.Count} monitors; it needs exactly one.", monitors.Count == 0
                ? Fix.Of("Add it.", [Fix.Node(Fix.NewId(topology, "pg-monitor"), NodeType.Monitor, ("label", "PostgreSQL monitor"), ("role", "pg_auto_failover")), .. topology.Postgres.Select(p => Fix.Edge(p.Id, Fix.NewId(topology, "pg-monitor")))])
                : Fix.Of($"Keep {monitors[0].Label}.", monitors.Skip(1).Select(m => Fix.RemoveNode(m.Id))));
        foreach (var monitor in monitors)
        {
            if (monitor.ServerId is { } server && topology.Postgres.Where(p => p.ServerId == server).ToList() is { Count: > 0 } beside)
                report.Error("TP-P03", [monitor, .. beside], $"{monitor.Label} is on the same server as {Sentence.Labels(beside)}: it could not tell that server's loss.", Fix.Words("Put it on a server without PostgreSQL."));
            if (topology.Postgres.Where(p => !topology.Joined(p, monitor)).ToList() is { Count: > 0 } left)
                report.Error("TP-P03", [monitor, .. left], $"{Sentence.Labels(left)} {(left.Count == 1 ? "does" : "do")} not reach {monitor.Label}.", Fix.Of("Join them.", Fix.Edges(topology, left, [monitor])), Report.NetworkHint);
        }
    }

    private static void Times(TopologySnapshot topology, Report report)
    {
        var said = topology.FirstPrimary!;
        var (ttl, loop, retry) = (said.Int("ttl", 30), said.Int("loopWait", 10), said.Int("retryTimeout", 10));
        var sound = Fix.Of("Take 20, 3 and 4 seconds.", Fix.Set(said, "ttl", 20), Fix.Set(said, "loopWait", 3), Fix.Set(said, "retryTimeout", 4));
        if (ttl < 20 || loop < 1 || retry < 3)
            report.Error("TP-P09", [said], $"ttl {ttl}, loopWait {loop} and retryTimeout {retry} are below what Patroni takes (20, 1 and 3).", sound);
        else if (loop + (2 * retry) > ttl)
            report.Error("TP-P09", [said], $"loopWait {loop} and twice retryTimeout {retry} are longer than ttl {ttl}: a healthy primary would step down.", sound);
        else
            Left(report, said, loop);
    }

    /// <summary>Of the times that decide how long nothing is written, those that nobody has chosen. Who chose a long one knows why.</summary>
    private static void Left(Report report, DrawnNode said, int loop)
    {
        var (costs, changes) = (new List<string>(), new List<TopologyChange>());
        if (!said.Has("ttl"))
        {
            costs.Add($"ttl is left at 30 s, so it takes up to about {30 + loop} s until another one leads when a node is lost");
            changes.AddRange([Fix.Set(said, "ttl", 20), Fix.Set(said, "loopWait", 3), Fix.Set(said, "retryTimeout", 4)]);
        }
        if (!said.Has("primaryStartTimeout"))
        {
            costs.Add($"primaryStartTimeout is left at 300 s, so it takes up to {300 + (2 * loop)} s when the primary crashes again and again");
            changes.Add(Fix.Set(said, "primaryStartTimeout", 30));
        }
        if (costs.Count > 0)
            report.Warn("TP-P10", [said], $"{string.Join("; ", costs)}.", Fix.Of("Shorten that: about 30 s at most.", changes));
    }

    private static void Apart(TopologySnapshot topology, Report report, List<DrawnNode> members)
    {
        foreach (var member in members.Where(m => m.ServerId is not null && !m.Flag("ownDisk", false)))
            if (topology.ById.Values.Where(n => n.Type is NodeType.Postgres or NodeType.Odoo && n.ServerId == member.ServerId).ToList() is { Count: > 0 } beside)
                report.Warn("TP-P07", [member, .. beside], $"{member.Label} shares its disk with {Sentence.Labels(beside)}: a slow disk makes etcd miss its beats.", Fix.Words("Give it a server or a disk of its own (ownDisk)."));
        string? PgMajority() => Majority(topology.Postgres);
        if (Majority(members) is { } zone && ZonesOf(members.Concat(topology.Postgres)).Count() > 1)
            report.Warn("TP-P07", members.Where(m => m.Text("zone") == zone), PgMajority() is { } pg && pg != zone
                ? $"Most of etcd is in {zone} and most of PostgreSQL in {pg}: the loss of either stops writing." : $"Most of etcd is in {zone}: its loss stops writing.", Fix.Words("Spread the members over three zones."));
    }

    private static string? Majority(IReadOnlyCollection<DrawnNode> nodes) => nodes.Where(n => n.Has("zone")).GroupBy(n => n.Text("zone")).FirstOrDefault(g => g.Count() * 2 > nodes.Count)?.Key;

    private static IEnumerable<string> ZonesOf(IEnumerable<DrawnNode> nodes) => nodes.Select(n => n.Text("zone")).OfType<string>().Distinct().Order(StringComparer.Ordinal);

    private static void Sites(TopologySnapshot topology, Report report, List<DrawnNode> members)
    {
        var deciding = topology.Postgres.Concat(members).ToList();
        if (deciding.All(n => n.Has("zone")) && ZonesOf(topology.Postgres).Count() == 2 && ZonesOf(deciding).ToList() is [var one, var two])
            report.Error("TP-P08", deciding, $"PostgreSQL and its votes are in two sites, {one} and {two}: whichever is cut off, one of them could not tell.", Fix.Words("Put an etcd member into a third site, or keep fail-over within one."));
    }
}
