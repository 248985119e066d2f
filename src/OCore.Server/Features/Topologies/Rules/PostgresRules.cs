namespace OCore.Features.Topologies.Rules;

/// <summary>TP-P, first half: the database, with fail-over or without.</summary>
internal static class PostgresRules
{
    /// <summary>Connections PostgreSQL keeps for itself, for replicas and for people in need.</summary>
    private const int Reserved = 10;

    /// <summary>What follows from asynchronous replication; a plan says the same.</summary>
    public const string WaitsForNobody = "a commit waits for nobody, and what was not yet copied is lost when the primary is.";

    public static void Check(TopologySnapshot topology, Report report)
    {
        var (postgres, failover) = (topology.Postgres, topology.Ha.PgFailoverEnabled);
        if (failover && postgres.Count > 0)
            Enough(topology, report, postgres);
        if (failover && postgres.Count > 1 && !topology.PromisesAll)
            Copied(topology, report, postgres);
        else if (!failover && postgres.Count == 2)
            report.Warn("TP-P04", postgres, "Two PostgreSQL nodes and no fail-over: when the primary is lost, a person has to promote the replica.", Fix.Words("Add a third PostgreSQL on a server of its own."));
        if (postgres.Count < 3 && topology.PromisesAll)
            report.Error("TP-P04", postgres, $"No lost data is promised with {postgres.Count} PostgreSQL {(postgres.Count == 1 ? "node" : "nodes")}: that takes three.",
                Fix.Of("Do not promise it.", postgres.Where(p => p.Flag("zeroDataLoss", false)).Select(p => Fix.Set(p, "zeroDataLoss", null))));
        if (topology.PromisesAll && postgres.Where(p => p.Flag("synchronous") == false).ToList() is { Count: > 0 } loose)
            report.Error("TP-P04", loose, $"No lost data is promised, and {Sentence.Labels(loose)} {(loose.Count == 1 ? "says" : "say")} that a commit waits for nobody else (synchronous).",
                Fix.Of("Replicate synchronously.", loose.Select(p => Fix.Set(p, "synchronous", null))));
        if (postgres.Count > 1)
            Alike(topology, report, postgres);
        if (failover && postgres.Count > 1)
            Followed(topology, report, postgres);
        OnePort(topology, report);
        Connections(topology, report, postgres);
        Pooling(topology, report);
        Backups(topology, report, postgres);
        if (postgres.Count == 1)
            report.Warn("TP-P14", postgres, $"{postgres[0].Label} is the only PostgreSQL: when its server is lost, so is the service until a backup is restored.", Fix.Words("Add replicas and switch fail-over on."));
    }

    // The first deployment decides it for good: whichever way was chosen, or is taken where nobody chose, what follows from it is said.
    private static void Copied(TopologySnapshot topology, Report report, IReadOnlyList<DrawnNode> postgres)
    {
        var two = postgres.Count == 2;
        if (topology.UsesPatroni && !topology.IsSynchronous)
            report.Warn("TP-P04", postgres, $"{(two ? "Two" : $"{postgres.Count}")} PostgreSQL nodes that replicate asynchronously: {WaitsForNobody}", Fix.Of(two
                ? "Let each commit wait for the other one; or add a third PostgreSQL on a server of its own." : "Let each commit wait for another one.", Fix.Set(topology.FirstPrimary!, "synchronous", two ? (object)true : null)));
        else if (two)
            report.Warn("TP-P04", postgres, "Two PostgreSQL nodes that replicate synchronously: every commit waits for the other one, and goes on alone when that is lost; what is acknowledged then is on one machine.", Fix.Words("Add a third PostgreSQL on a server of its own."));
    }

    private static void Enough(TopologySnapshot topology, Report report, IReadOnlyList<DrawnNode> postgres)
    {
        if (postgres.Count < 2)
        {
            var id = Fix.NewId(topology, "postgres");
            report.Error("TP-P01", postgres, "pgFailoverEnabled is on, but there is one PostgreSQL: there is nothing to fail over to.",
                Fix.Of("Add a replica.", [Fix.Node(id, NodeType.Postgres, ("label", "PostgreSQL 2"), ("role", "replica")), Fix.Edge(id, postgres[0].Id), .. Fix.Edges(topology, [], []),
                    .. topology.Targets(postgres[0]).Where(t => t.Type is NodeType.Etcd or NodeType.Backup).Select(t => Fix.Edge(id, t.Id)), .. topology.Sources(postgres[0]).Where(s => s.Type is NodeType.Odoo || s.IsPgEntry).Select(s => Fix.Edge(s.Id, id))]));
        }
        foreach (var same in postgres.Where(p => p.ServerId is not null).GroupBy(p => p.ServerId).Where(g => g.Count() > 1))
            report.Error("TP-P01", same, $"{Sentence.Labels(same)} are on one server: they fail together.", Fix.Words("Put each on a server of its own."));
    }

    private static void Alike(TopologySnapshot topology, Report report, IReadOnlyList<DrawnNode> postgres)
    {
        var primaries = postgres.Where(p => p.IsPrimary).ToList();
        if (primaries.Count != 1)
            report.Error("TP-P05", postgres, $"{primaries.Count} PostgreSQL nodes are marked as the first primary; it has to be one.",
                Fix.Of($"{(primaries.FirstOrDefault() ?? postgres[0]).Label} is the first primary.", postgres.Select(p => Fix.Set(p, "role", p == (primaries.FirstOrDefault() ?? postgres[0]) ? "primary" : "replica"))));
        else if (postgres.Where(p => !p.IsPrimary && !Follows(topology, p, primaries[0])).ToList() is { Count: > 0 } lost)
            report.Error("TP-P05", lost, $"{Sentence.Labels(lost)} {(lost.Count == 1 ? "follows" : "follow")} no upstream that leads to {primaries[0].Label}.",
                Fix.Of($"Let them follow {primaries[0].Label}.", lost.SelectMany(p => topology.From(p).Where(e => topology.ById[e.Target].Type == NodeType.Postgres).Select(Fix.RemoveEdge).Append(Fix.Edge(p.Id, primaries[0].Id)))), Report.NetworkHint);
        foreach (var (member, word) in new[] { ("version", "major version"), ("locale", "locale"), ("checksums", "use of checksums") })
            if (postgres.Select(p => Value(p, member)).Distinct().Count() > 1)
            {
                var first = primaries.FirstOrDefault() ?? postgres[0];
                report.Error("TP-P05", postgres, $"The {word} of the PostgreSQL nodes differs: a replica could not follow.", Fix.Of($"Make them like {first.Label}.", postgres.Where(p => Value(p, member) != Value(first, member)).Select(p => Fix.Set(p, member, Value(first, member)))));
            }
        if (postgres.Select(p => topology.ServerOf(p)?.Architecture).Where(a => a is not null).Distinct().Count() > 1)
            report.Error("TP-P05", postgres, "The servers of the PostgreSQL nodes have different architectures: a replica could not follow.", Fix.Words("Choose servers of one architecture."), Report.ServersHint);
    }

    private static object? Value(DrawnNode node, string member) => member switch
    {
        "version" => node.Int("version", 17),
        "checksums" => node.Flag("checksums", true),
        _ => node.Text(member),
    };

    // One upstream each, and no circle on the way to the primary.
    private static bool Follows(TopologySnapshot topology, DrawnNode replica, DrawnNode primary)
    {
        var seen = new HashSet<string>();
        for (var at = replica; seen.Add(at.Id);)
        {
            if (topology.Targets(at, NodeType.Postgres).ToList() is not [var upstream])
                return false;
            if (upstream == primary)
                return true;
            at = upstream;
        }
        return false;
    }

    private static void Followed(TopologySnapshot topology, Report report, IReadOnlyList<DrawnNode> postgres)
    {
        foreach (var odoo in topology.Odoo.Where(o => topology.ReachesPostgres(o).Count > 0))
        {
            var ways = topology.Targets(odoo).SelectMany(t => t.Type == NodeType.Pgbouncer ? topology.Targets(t) : [t]).ToList();
            var byEntry = ways.Any(w => w.IsPgEntry && postgres.All(p => topology.Joined(w, p)));
            var direct = postgres.All(p => topology.Joined(odoo, p));
            if (byEntry || direct && odoo.Text("targetSessionAttrs", "read-write") == "read-write")
                continue;
            report.Error("TP-P06", [odoo], direct ? $"{odoo.Label} connects to any PostgreSQL node, not to the one that takes writes." : $"{odoo.Label} does not follow the primary: after a fail-over it would stay with a node that is none any more.",
                direct ? Fix.Of("Connect to the node that takes writes.", Fix.Set(odoo, "targetSessionAttrs", null)) : Fix.Of("Let it know all PostgreSQL nodes.", Fix.Edges(topology, [odoo], postgres)), Report.NetworkHint);
        }
    }

    /// <summary>By what Odoo comes to the database, as a deployment has it: poolers, or entries that follow the primary, or the nodes themselves.</summary>
    public static IReadOnlyList<DrawnNode> Doors(TopologySnapshot topology) =>
        topology.Of(NodeType.Pgbouncer) is { Count: > 0 } poolers ? poolers : topology.Of(NodeType.LoadBalancer).Where(n => n.IsPgEntry).ToList() is { Count: > 0 } entries ? entries : topology.Postgres;

    // It may be given many hosts, and one number for their port.
    private static void OnePort(TopologySnapshot topology, Report report)
    {
        var doors = Doors(topology);
        if (doors.Select(d => d.Ports().First()).Distinct().Count() < 2)
            return;
        var (first, others) = (doors.FirstOrDefault(d => d == topology.FirstPrimary) ?? doors[0], doors.Select(d => d.Ports().First()).Distinct().Order());
        report.Error("TP-P06", doors, $"{Sentence.Labels(doors)} listen on different ports ({Sentence.And(others.Select(p => $"{p}"))}): Odoo comes to all of them by one, and would not follow to the others.",
            Fix.Of($"Let them use port {first.Ports().First()}.", doors.Where(d => d.Ports().First() != first.Ports().First()).Select(d => Fix.Set(d, "port", first.Ports().First()))), Report.NetworkHint);
    }

    private static void Connections(TopologySnapshot topology, Report report, IReadOnlyList<DrawnNode> postgres)
    {
        if (postgres.Count == 0 || topology.Of(NodeType.Pgbouncer).Any(b => topology.Targets(b).Any()))
            return;
        var processes = topology.Odoo.Sum(Processes);
        var wanted = topology.Odoo.Sum(o => Processes(o) * o.DbMaxConn);
        var allowed = postgres.Min(p => p.Int("maxConnections", 200)) - Reserved;
        if (wanted <= allowed || processes == 0)
            return;
        var each = allowed / processes;
        report.Error("TP-P11", [.. topology.Odoo, .. postgres], $"Odoo may open {wanted} connections, and PostgreSQL has {Math.Max(allowed, 0)} for it.", each >= 2
            ? Fix.Of($"Let each process open {each} (db_maxconn).", topology.Odoo.Where(o => o.DbMaxConn > each).Select(o => Fix.Set(o, "dbMaxConn", each)))
            : Fix.Of($"Allow {wanted + Reserved} connections (max_connections).", postgres.Where(p => p.Int("maxConnections", 200) < wanted + Reserved).Select(p => Fix.Set(p, "maxConnections", wanted + Reserved))));
    }

    /// <summary>Processes of an Odoo node that open connections: workers, scheduled actions, and the one for live connections.</summary>
    private static int Processes(DrawnNode odoo) => odoo.Workers == 0 ? 1 : (odoo.IsWeb ? odoo.Workers + 1 : 0) + odoo.CronThreads;

    private static void Pooling(TopologySnapshot topology, Report report)
    {
        foreach (var pooler in topology.Of(NodeType.Pgbouncer).Where(p => p.Text("poolMode", "session") != "session"))
        {
            var sessions = pooler.List("sessionDatabases");
            if (!sessions.Contains("postgres"))
                report.Error("TP-P12", [pooler], $"{pooler.Label} pools by {pooler.Text("poolMode")}, and postgres needs whole sessions: live messages would stop.",
                    Fix.Of("Keep sessions for it.", Fix.Set(pooler, "sessionDatabases", sessions.Append("postgres").Distinct().Order(StringComparer.Ordinal).ToList())));
            // Odoo's own database is named by the first deployment. Who knows that name says it; for everybody else sessions are kept for all.
            if (topology.Odoo.Any(o => o.Text("queueJob", "none") != "none") && sessions.All(d => d == "postgres"))
                report.Error("TP-P12", [pooler], $"{pooler.Label} pools by {pooler.Text("poolMode")}, and queued jobs need whole sessions in Odoo's own database: they would stop.",
                    Fix.Of("Pool by session.", Fix.Set(pooler, "poolMode", null)));
        }
    }

    private static void Backups(TopologySnapshot topology, Report report, IReadOnlyList<DrawnNode> postgres)
    {
        if (postgres.Count == 0)
            return;
        var backups = postgres.SelectMany(p => topology.Targets(p, NodeType.Backup)).Distinct().OrderBy(b => b.Id, StringComparer.Ordinal).ToList();
        if (backups.Count == 0)
        {
            report.Warn("TP-P13", postgres, "PostgreSQL is in no backup.", Fix.BackUp(topology, postgres));
            return;
        }
        foreach (var backup in backups.Where(b => b.ServerId is not null && postgres.Any(p => p.ServerId == b.ServerId)))
            report.Warn("TP-P13", [backup], $"{backup.Label} is on a server of PostgreSQL: both are lost together.", Fix.Words("Put it on another server."));
        if (topology.Ha.PgFailoverEnabled)
            report.Info("TP-P13", backups, "A mistake is replicated at once: what was done since the last backup cannot be brought back.", Fix.Words("Back up more often than once a day by the instance's schedule, and before risky work."));
    }
}
