namespace OCore.Features.Topologies.Rules;

/// <summary>TP-A, second half: what must not happen to something that runs.</summary>
internal static class ChangeRules
{
    private static readonly TimeSpan FreshBackup = TimeSpan.FromHours(24);

    public static void Check(TopologySnapshot topology, Report report)
    {
        if (topology.Deployed is not { } before)
            return;
        Destroying(topology, report, before);
        var members = before.Nodes.Where(n => n.Type == NodeType.Etcd).ToList();
        var now = topology.Of(NodeType.Etcd);
        var removed = members.Where(m => now.All(n => n.Id != m.Id || n.ServerId != m.ServerId)).ToList();
        var added = now.Where(n => members.All(m => m.Id != n.Id || m.ServerId != n.ServerId)).ToList();
        // One may take the place of another: that one goes before this one comes.
        if (members.Count > 0 && now.Count > 0 && (removed.Count > 1 || added.Count > 1 || removed.Count == 1 && members.Count < 3))
            report.Error("TP-A05", [.. removed.Concat(added).DistinctBy(n => n.Id)], $"{Math.Max(removed.Count, added.Count)} etcd member{(Math.Max(removed.Count, added.Count) == 1 ? " changes" : "s change at once")}; {(members.Count - removed.Count <= members.Count / 2 ? "the majority would be lost" : "it has to be one at a time")}.", Fix.Words("Let one member take another one's place, deploy, then the next."));
    }

    private static void Destroying(TopologySnapshot topology, Report report, DeployedTopology before)
    {
        var gone = before.Nodes.Where(n => topology.ById.GetValueOrDefault(n.Id) is not { } still || still.Type != n.Type || still.ServerId != n.ServerId).OrderBy(n => n.Id, StringComparer.Ordinal).ToList();
        bool Leads(DrawnNode n) => before.Leading.Count > 0 ? before.Leading.Contains(n.Id) : n.IsPrimary;
        var replicas = before.Nodes.Where(n => n.Type == NodeType.Postgres && !Leads(n)).ToList();
        var members = before.Nodes.Where(n => n.Type == NodeType.Etcd).ToList();
        var fresh = before.BackupAt is { } at && topology.Now - at <= FreshBackup;
        // Of a cluster the others have what was on a machine that was given up.
        foreach (var node in gone.Where(n => !before.Lost.Contains(n.Id) || !before.Ha.PgFailoverEnabled || n.Type is not (NodeType.Postgres or NodeType.Etcd)))
        {
            var what = node.Type switch
            {
                NodeType.Postgres when Leads(node) => "is the primary PostgreSQL",
                NodeType.Postgres when replicas.All(gone.Contains) => "is the last replica",
                NodeType.Filestore when before.HasData => "holds files",
                NodeType.Etcd when members.Except(gone).Count() <= members.Count / 2 => "is needed for etcd's majority",
                _ => null,
            };
            if (what is null)
                continue;
            if (!before.MayBeDestroyed.Contains(node.Id))
                report.Error("TP-A04", [node], $"{node.Label} {what}, and the change would destroy it.", Fix.Words(node.Type == NodeType.Postgres && before.Ha.PgFailoverEnabled && Leads(node)
                    ? "Let another one lead first (switch over); then it can be taken out, or moved." : "Leave it in, or agree to its loss by name when planning."));
            else if (!fresh)
                report.Error("TP-A04", [node], $"{node.Label} {what}, and there is no backup of the last 24 hours.", Fix.Words("Take a backup first."));
        }
    }
}
