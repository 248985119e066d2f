using OCore.Client;

namespace OCore.Features.Topologies.Rules;

/// <summary>TP-F: attachments and assets.</summary>
internal static class FilestoreRules
{
    public static void Check(TopologySnapshot topology, Report report)
    {
        var (ha, odoo, stores, buckets) = (topology.Ha, topology.Odoo, topology.Of(NodeType.Filestore), topology.Of(NodeType.S3));
        if (odoo.Count > 1 && ha.FilestoreType == FilestoreType.Local)
            report.Error("TP-F01", odoo, $"{odoo.Count} Odoo nodes with a local filestore each: an attachment saved by one is missing on the others.", Share(topology));
        if (ha.FilestoreType == FilestoreType.SharedNfs)
            Nfs(topology, report, stores);
        if (ha.FilestoreType == FilestoreType.S3)
            S3(topology, report, [.. buckets.Where(b => !topology.Sources(b).Any() || topology.Sources(b).Any(s => s.Type == NodeType.Odoo))]);
        foreach (var backup in topology.Of(NodeType.Backup))
            foreach (var bucket in topology.Targets(backup, NodeType.S3).Where(b => topology.Odoo.Any(o => topology.Targets(o, NodeType.S3).Any(f => f == b || SamePlace(f, b)))))
                report.Warn("TP-F05", [backup, bucket], $"{backup.Label} keeps backups where the files are: who loses the bucket loses both.", Fix.Words("Keep backups in a bucket of another provider."));
        if (topology.Deployed is { HasData: true } before && before.Ha.FilestoreType != ha.FilestoreType)
            report.Error("TP-F06", stores.Concat(buckets.Except(topology.BackupBuckets)), $"The filestore changes from {WireWord.Of(before.Ha.FilestoreType)} to {WireWord.Of(ha.FilestoreType)}, and the files of a topology that runs are not moved: {Elsewhere}",
                Fix.Of($"Stay with {WireWord.Of(before.Ha.FilestoreType)}.", Fix.Ha("filestoreType", WireWord.Of(before.Ha.FilestoreType))));
    }

    /// <summary>What is left to who wants another filestore all the same.</summary>
    public const string Elsewhere = "deploy a new topology with the other filestore, and import and restore a downloaded backup there.";

    private static TopologyFix Share(TopologySnapshot topology)
    {
        if (topology.Of(NodeType.S3).Except(topology.BackupBuckets).ToList() is [var bucket, ..])
            return Fix.Of("Keep files in the bucket that is drawn.", [Fix.Ha("filestoreType", "s3"), .. Fix.Edges(topology, topology.Odoo, [bucket])]);
        if (topology.Of(NodeType.Filestore) is [var store, ..])
            return Fix.Of("Keep files on the NFS server that is drawn.", [Fix.Ha("filestoreType", "shared_nfs"), .. Fix.Edges(topology, topology.Odoo, [store])]);
        var id = Fix.NewId(topology, "filestore");
        return Fix.Of("Add an NFS server for all of them.", [Fix.Ha("filestoreType", "shared_nfs"), Fix.Node(id, NodeType.Filestore, ("label", "Filestore (NFS)")), .. topology.Odoo.Select(o => Fix.Edge(o.Id, id))]);
    }

    private static void Nfs(TopologySnapshot topology, Report report, IReadOnlyList<DrawnNode> stores)
    {
        var odoo = topology.Odoo;
        if (stores.Count == 0)
        {
            var id = Fix.NewId(topology, "filestore");
            report.Error("TP-F02", odoo, "filestoreType says shared_nfs, but no filestore is drawn.", Fix.Of("Draw it.", [Fix.Node(id, NodeType.Filestore, ("label", "Filestore (NFS)")), .. odoo.Select(o => Fix.Edge(o.Id, id))]));
            return;
        }
        if (stores.Count > 1)
            report.Error("TP-F02", stores, $"{stores.Count} filestores are drawn; all Odoo nodes have to share one.", Fix.Of($"Keep {stores[0].Label}.", stores.Skip(1).Select(s => Fix.RemoveNode(s.Id))));
        var store = stores[0];
        if (odoo.Where(o => !topology.Joined(o, store)).ToList() is { Count: > 0 } left)
            report.Error("TP-F02", [store, .. left], $"{Sentence.Labels(left)} {(left.Count == 1 ? "does" : "do")} not reach {store.Label}.", Fix.Of("Join them.", Fix.Edges(topology, left, [store])), Report.NetworkHint);
        if (store.Text("export", "/srv/filestore").TrimEnd('/') is "" or "/")
            report.Error("TP-F02", [store], $"{store.Label} exports the whole of its server's file system.", Fix.Of("Export a folder.", Fix.Set(store, "export", null)));
        var addresses = odoo.Select(o => CapacityRules.AddressOf(topology, o)?.ToString()).ToList();
        if (store.List("clients") is { Count: > 0 } clients && addresses.All(a => a is not null) && !clients.ToHashSet().SetEquals(addresses!))
            report.Error("TP-F02", [store, .. odoo], $"{store.Label} lets other addresses in than those of the Odoo nodes.", Fix.Of("Let exactly the Odoo nodes in.", Fix.Set(store, "clients", addresses.Distinct().Order(StringComparer.Ordinal).ToList())), Report.NetworkHint);
        foreach (var member in new[] { "uid", "gid" })
            if (odoo.Append(store).Select(n => n.Int(member)).Where(n => n is not null).Distinct().Count() > 1)
                report.Error("TP-F02", [store, .. odoo], $"The {member} of Odoo and of {store.Label} differ: files of one node cannot be read by another.", Fix.Of("Use the image's own everywhere.", odoo.Append(store).Where(n => n.Has(member)).Select(n => Fix.Set(n, member, null))));
        report.Warn("TP-F03", [store], $"{store.Label} is the only NFS server: when it hangs, every Odoo waits for it.", Fix.Words("Use S3 if that is too much of a risk."));
        if (store.ServerId is { } server && topology.ById.Values.Where(n => n.Type is NodeType.Odoo or NodeType.Postgres && n.ServerId == server).ToList() is { Count: > 0 } beside)
            report.Warn("TP-F03", [store, .. beside], $"{store.Label} is on the same server as {Sentence.Labels(beside)}.", Fix.Words("Put it on a server of its own."));
        if (!store.Flag("snapshots", false))
            report.Warn("TP-F05", [store], $"{store.Label} keeps no snapshots: a deleted file is gone.", Fix.Of("Keep snapshots.", Fix.Set(store, "snapshots", true)));
        if (!topology.Targets(store, NodeType.Backup).Any())
            report.Warn("TP-F05", [store], $"{store.Label} is in no backup.", Fix.BackUp(topology, [store]));
    }

    private static void S3(TopologySnapshot topology, Report report, IReadOnlyList<DrawnNode> buckets)
    {
        var odoo = topology.Odoo;
        if (buckets.Count == 0)
        {
            var id = Fix.NewId(topology, "s3");
            report.Error("TP-F04", odoo, "filestoreType says s3, but no bucket is drawn.", Fix.Of("Draw it.", [Fix.Node(id, NodeType.S3, ("label", "S3 bucket")), .. odoo.Select(o => Fix.Edge(o.Id, id))]));
            return;
        }
        if (odoo.Where(o => !buckets.Any(b => topology.Joined(o, b))).ToList() is { Count: > 0 } left)
            report.Error("TP-F04", [.. buckets, .. left], $"{Sentence.Labels(left)} {(left.Count == 1 ? "does" : "do")} not reach the bucket.", Fix.Of("Join them.", Fix.Edges(topology, left, buckets.Take(1))), Report.NetworkHint);
        foreach (var node in odoo.Where(o => SessionRules.Major(o) is { } major && !SessionRules.AddonVersions.Contains(major)))
            report.Error("TP-F04", [node], $"There is no S3 filestore for Odoo {node.Text("odooVersion")}.", Fix.Of("Keep files on an NFS server.", Fix.Ha("filestoreType", "shared_nfs")));
        foreach (var bucket in buckets)
        {
            foreach (var other in topology.Neighbours.Where(n => n.Node.Type == NodeType.S3 && SamePlace(n.Node, bucket)))
                report.Error("TP-F04", [bucket], $"The topology {other.Topology} writes to the same place of the bucket {bucket.Text("bucket")}.", Fix.Words("Give each instance and environment a prefix of its own."));
            if (!bucket.Flag("versioning", false))
                report.Warn("TP-F05", [bucket], $"{bucket.Label} keeps no versions: a deleted file is gone.", Fix.Of("It keeps versions.", Fix.Set(bucket, "versioning", true)));
        }
    }

    private static bool SamePlace(DrawnNode a, DrawnNode b) =>
        a.Text("bucket") is { } bucket && bucket == b.Text("bucket") && a.Text("endpoint")?.TrimEnd('/') == b.Text("endpoint")?.TrimEnd('/') && a.Text("prefix", "").Trim('/') == b.Text("prefix", "").Trim('/');
}
