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
        var removed = members.Where(m => now.All(n => n.Id != m.Id)).ToList();
        var added = now.Where(n => members.All(m => m.Id != n.Id)).ToList();
        if (members.Count > 0 && now.Count > 0 && removed.Count + added.Count > 1)
            report.Error("TP-A05", [.. removed, .. added], $"{removed.Count + added.Count} etcd members change at once; {(members.Count - removed.Count <= members.Count / 2 ? "the majority would be lost" : "it has to be one at a time, and removed before added")}.", Fix.Words("Change one member, deploy, then the next."));
    }

    private static void Destroying(TopologySnapshot topology, Report report, DeployedTopology before)
    {
        var gone = before.Nodes.Where(n => topology.ById.GetValueOrDefault(n.Id) is not { } still || still.Type != n.Type || still.ServerId != n.ServerId).OrderBy(n => n.Id, StringComparer.Ordinal).ToList();
        var replicas = before.Nodes.Where(n => n.Type == NodeType.Postgres && !n.IsPrimary).ToList();
        var members = before.Nodes.Where(n => n.Type == NodeType.Etcd).ToList();
        var fresh = before.BackupAt is { } at && topology.Now - at <= FreshBackup;
        foreach (var node in gone)
        {
            var what = node.Type switch
            {
                NodeType.Postgres when node.IsPrimary => "is the primary PostgreSQL",
                NodeType.Postgres when replicas.All(gone.Contains) => "is the last replica",
                NodeType.Filestore when before.HasData => "holds files",
                NodeType.Etcd when members.Except(gone).Count() <= members.Count / 2 => "is needed for etcd's majority",
                _ => null,
            };
            if (what is null)
                continue;
            if (!before.MayBeDestroyed.Contains(node.Id))
                report.Error("TP-A04", [node], $"{node.Label} {what}, and the change would destroy it.", Fix.Words("Leave it in, or agree to its loss by name when planning."));
            else if (!fresh)
                report.Error("TP-A04", [node], $"{node.Label} {what}, and there is no backup of the last 24 hours.", Fix.Words("Take a backup first."));
        }
    }
}
