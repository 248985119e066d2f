using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Domains;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Data;
using OCore.Platform.Mail;
using OCore.Platform.Operations;

namespace OCore.Features.Agency;

/// <summary>The first page of an agency, in a number of queries that does not grow with it.</summary>
internal static class AgencyOverview
{
    private const int MaxOfEach = 50, MaxOfNodes = 3;
    private const double DiskWarning = 0.8, DiskError = 0.95;

    public static async Task<AgencyView> OfAsync(OCoreDb db, Guid agencyId, DateTimeOffset now, CancellationToken stop)
    {
        var agency = await db.Organizations.AsNoTracking().SingleAsync(o => o.Id == agencyId, stop);
        var clients = await db.Organizations.Where(o => o.RootId == agencyId && o.Kind == OrganizationKind.Client)
            .GroupBy(o => o.SuspendedAt != null).Select(g => new { Suspended = g.Key, Count = g.Count() }).ToListAsync(stop);
        var instances = await db.Instances.GroupBy(i => i.Status).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(stop);
        var servers = await db.Servers.AsNoTracking().Select(s => new { s.Id, s.Name, s.Status, s.StatusMessage, s.Facts, s.Use }).ToListAsync(stop);
        return new AgencyView
        {
            OrganizationId = agency.Id, Name = agency.Name, Enabled = agency.AgencyEnabled, EnabledAt = agency.AgencyEnabledAt,
            Totals = new AgencyTotals
            {
                Clients = clients.Sum(c => c.Count), SuspendedClients = clients.Where(c => c.Suspended).Sum(c => c.Count),
                Instances = instances.Sum(i => i.Count), InstancesRunning = instances.Where(i => i.Key == InstanceStatus.Running).Sum(i => i.Count),
                Servers = servers.Count, ServersActive = servers.Count(s => s.Status == ServerStatus.Active),
                Templates = await db.Templates.CountAsync(stop),
                OperationsRunning = await db.Operations.CountAsync(o => OperationEngine.Active.Contains(o.State), stop),
            },
            Attention =
            [
                .. servers.Select(s => OfServer(s.Id, s.Name, s.Status, s.StatusMessage)).OfType<AttentionItem>().Take(MaxOfEach),
                .. servers.Select(s => OfDisk(s.Id, s.Name, s.Facts, s.Use)).OfType<AttentionItem>().Take(MaxOfEach),
                .. await OfInstancesAsync(db, stop),
                .. await OfTopologiesAsync(db, stop),
                .. await OfOperationsAsync(db, stop),
                .. await OfMailAsync(db, agencyId, stop),
                .. await OfBackupsAsync(db, now, stop),
                .. await OfNamesAsync(db, now, stop),
            ],
        };
    }

    private static AttentionItem? OfServer(Guid id, string name, ServerStatus status, string? message) => status switch
    {
        ServerStatus.Unreachable => Item("server_unreachable", "error", message ?? $"{name} does not answer.", "Check the machine and its network, then validate the server."),
        ServerStatus.HostKeyChanged => Item("server_host_key_changed", "error", message ?? $"{name} shows another host key than the pinned one.",
            "Compare the key on the server's console before you pin it: somebody may be in between."),
        ServerStatus.Failed => Item("server_failed", "error", message ?? $"{name} could not be prepared.", "Read the operation's log, mend the cause and validate the server."),
        _ => null,
    } is { } item ? item with { ObjectId = id, ObjectName = name, ObjectType = "server" } : null;

    private static AttentionItem? OfDisk(Guid id, string name, ServerFacts? facts, ServerUse? use)
    {
        if (facts is not { DiskBytes: > 0 } || use is null || (double)use.DiskUsedBytes / facts.DiskBytes is not (> DiskWarning and var full))
            return null;
        return Item("disk_low", full > DiskError ? "error" : "warning", $"The disk of {name} is {full:P0} full.", "Remove what is not needed, or add space: a full disk stops every instance on it.")
            with { ObjectId = id, ObjectName = name, ObjectType = "server" };
    }

    private static async Task<IEnumerable<AttentionItem>> OfInstancesAsync(OCoreDb db, CancellationToken stop)
    {
        var rows = await db.Instances.AsNoTracking().Where(i => i.Organization.SuspendedAt == null && i.Organization.DeletingAt == null
                && (i.Status == InstanceStatus.Failed || i.Health == ClientHealth.Unhealthy && i.Status == InstanceStatus.Running))
            .OrderByDescending(i => i.Status == InstanceStatus.Failed).ThenBy(i => i.Id).Take(MaxOfEach)
            .Select(i => new { i.Id, i.Name, i.Status, i.StatusMessage, Client = i.Organization.Kind == OrganizationKind.Client ? i.Organization.Name : null }).ToListAsync(stop);
        return rows.Select(i => (i.Status == InstanceStatus.Failed
            ? Item("instance_failed", "error", i.StatusMessage ?? $"{i.Name} has failed.", "Read its logs, then restart it.")
            : Item("instance_unhealthy", "error", i.StatusMessage ?? $"{i.Name} runs but does not answer.", "Read its logs; restart it if it does not recover."))
            with { ObjectId = i.Id, ObjectName = i.Name, ObjectType = "instance", Client = i.Client });
    }

    // While an operation works on one, the operation tells; what stands still by somebody's wish is not lost; and of servers that are away the servers tell.
    private static async Task<IEnumerable<AttentionItem>> OfTopologiesAsync(OCoreDb db, CancellationToken stop)
    {
        var rows = await db.TopologyDeployments.AsNoTracking().Where(d => d.Status == "active" && db.DeployedNodes.Any(n => n.TopologyId == d.TopologyId && n.State != TopologyNodeState.Running)
                && !db.Instances.Any(i => i.Id == d.InstanceId && (!i.WantRunning || i.Status == InstanceStatus.Suspended)))
            .OrderBy(d => d.Id).Take(MaxOfEach).Select(d => new { d.TopologyId, d.Name, d.InstanceId }).ToListAsync(stop);
        var (ids, instances) = (rows.ConvertAll(r => r.TopologyId), rows.ConvertAll(r => r.InstanceId));
        var nodes = (await db.DeployedNodes.AsNoTracking().Where(n => ids.Contains(n.TopologyId)).OrderBy(n => n.NodeId).ToListAsync(stop)).ToLookup(n => n.TopologyId);
        var clients = await db.Instances.Where(i => instances.Contains(i.Id) && i.Organization.Kind == OrganizationKind.Client)
            .Select(i => new { i.Id, i.Organization.Name }).ToDictionaryAsync(i => i.Id, i => i.Name, stop);
        return rows.Select(r => OfTopology(r.Name, [.. nodes[r.TopologyId]]) is { } item ? item with { ObjectId = r.TopologyId, ObjectName = r.Name, ObjectType = "topology", Client = r.InstanceId is { } one ? clients.GetValueOrDefault(one) : null } : null).OfType<AttentionItem>();
    }

    private static AttentionItem? OfTopology(string name, IReadOnlyList<DeployedNode> nodes)
    {
        var ill = nodes.Where(n => n.State is not (TopologyNodeState.Running or TopologyNodeState.Waiting or TopologyNodeState.Working)).Select(n => n.Message is null ? n.Label : $"{n.Label}: {n.Message}").ToList();
        var health = DeploymentViews.HealthOf(nodes);
        if (ill.Count == 0 || health is not (TopologyHealth.Degraded or TopologyHealth.Down))
            return null;
        var told = string.Join(' ', ill.Take(MaxOfNodes)) + (ill.Count > MaxOfNodes ? $" And {ill.Count - MaxOfNodes} more." : "");
        return health == TopologyHealth.Down ? Item("topology_down", "error", $"{name} is down. {told}", "Open it and see how its nodes do; their servers' pages have their logs.")
            : Item("topology_degraded", "warning", $"{name} works, and something of it is lost. {told}", "Open it and see how its nodes do, before the next one is lost.");
    }

    private static async Task<IEnumerable<AttentionItem>> OfOperationsAsync(OCoreDb db, CancellationToken stop)
    {
        var rows = await db.Operations.AsNoTracking().Where(o => o.State == OperationState.Stuck).OrderByDescending(o => o.Id).Take(MaxOfEach)
            .Join(db.Organizations, o => o.OrgId, c => c.Id, (o, c) => new { o.Id, o.Title, o.ErrorMessage, o.ErrorHint, Client = c.Kind == OrganizationKind.Client ? c.Name : null }).ToListAsync(stop);
        return rows.Select(o => Item("operation_stuck", "error", $"{o.Title}: {o.ErrorMessage ?? "it cannot go on."}", o.ErrorHint ?? "Mend the cause and retry the operation.")
            with { ObjectId = o.Id, ObjectName = o.Title, ObjectType = "operation", Client = o.Client });
    }

    // Invitations are each organization's own; the agency learns of those whose mail did not arrive, by its root.
    private static async Task<IEnumerable<AttentionItem>> OfMailAsync(OCoreDb db, Guid agencyId, CancellationToken stop)
    {
        var rows = await db.Invitations.AcrossTenants().Where(i => db.Set<OutgoingMail>().Any(m => m.AboutId == i.Id && m.SentAt == null && m.Error != null))
            .Join(db.Organizations, i => i.OrgId, o => o.Id, (i, o) => new { i.Id, i.Email, o.RootId, Client = o.Kind == OrganizationKind.Client ? o.Name : null })
            .Where(r => r.RootId == agencyId).OrderBy(r => r.Id).Take(MaxOfEach).ToListAsync(stop);
        var ids = rows.ConvertAll(r => r.Id);
        var errors = await db.Set<OutgoingMail>().Where(m => m.AboutId != null && ids.Contains(m.AboutId.Value)).ToDictionaryAsync(m => m.AboutId!.Value, m => m.Error, stop);
        return rows.Select(r => Item("mail_failed", "warning", $"The invitation to {r.Email} did not go out: {errors.GetValueOrDefault(r.Id)}", "Check OCORE_SMTP_URL and the address, then invite again.")
            with { ObjectId = r.Id, ObjectName = r.Email, ObjectType = "invitation", Client = r.Client });
    }

    // A strange one is news until there is one that is not.
    private static async Task<IEnumerable<AttentionItem>> OfBackupsAsync(OCoreDb db, DateTimeOffset now, CancellationToken stop)
    {
        var since = now.AddDays(-7);
        var rows = await db.Backups.AsNoTracking().Where(b => b.OddAt != null && b.OddAt > since && b.InstanceId != null
                && !db.Backups.Any(later => later.InstanceId == b.InstanceId && later.Database == b.Database && later.CopyOf == null && later.TakenAt > b.TakenAt && (later.State == BackupState.Intact || later.State == BackupState.Verified)))
            .OrderByDescending(b => b.Id).Take(MaxOfEach).Join(db.Organizations, b => b.OrgId, o => o.Id, (b, o) => new { b.InstanceId, b.InstanceName, b.Oddities, Client = o.Kind == OrganizationKind.Client ? o.Name : null }).ToListAsync(stop);
        return rows.Select(b => Item("backup_odd", "warning", $"The last backup of {b.InstanceName} is strange. {string.Join(' ', b.Oddities.Select(BackupOddities.Sentence))}", "See that what should be in it is there while the older ones are still kept.")
            with { ObjectId = b.InstanceId!.Value, ObjectName = b.InstanceName, ObjectType = "instance", Client = b.Client });
    }

    private static async Task<IEnumerable<AttentionItem>> OfNamesAsync(OCoreDb db, DateTimeOffset now, CancellationToken stop)
    {
        var since = now.AddDays(-1);
        var dangling = await db.DomainTombstones.AsNoTracking().Where(t => t.DanglingAt != null).OrderBy(t => t.Id).Take(MaxOfEach).Select(t => new { t.Id, t.Host }).ToListAsync(stop);
        var portals = await db.PortalDomains.AsNoTracking().Where(d => d.CustomHost != null && (d.Proof == DomainProof.Lapsed || d.Proof == DomainProof.Failed ? d.Routing == RoutingStatus.Ok
                : d.Enabled && d.VerifiedAt < since && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace) && (d.Routing == RoutingStatus.Elsewhere || d.Routing == RoutingStatus.Pending)))
            .OrderBy(d => d.Id).Take(MaxOfEach).Select(d => new { d.Id, Name = d.CustomDisplay ?? d.CustomHost!, d.Proof }).ToListAsync(stop);
        var instances = await db.InstanceDomains.AsNoTracking().Where(d => d.CustomHost != null && (d.Proof == DomainProof.Lapsed || d.Proof == DomainProof.Failed ? d.Routing == RoutingStatus.Ok
                : d.VerifiedAt < since && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace) && (d.Routing == RoutingStatus.Elsewhere || d.Routing == RoutingStatus.Pending)))
            .OrderBy(d => d.Id).Take(MaxOfEach).Select(d => new { d.InstanceId, Name = d.CustomDisplay ?? d.CustomHost!, d.Proof }).ToListAsync(stop);
        return dangling.Select(t => Item("domain_dangling", "warning", $"{t.Host} was given up and still leads here.", "Remove its DNS record: whoever proves the name next would speak under it.") with { ObjectId = t.Id, ObjectName = t.Host, ObjectType = "name" })
            .Concat(portals.Select(d => OfName(d.Name, d.Proof) with { ObjectId = d.Id, ObjectName = d.Name, ObjectType = "portal_domain" }))
            .Concat(instances.Select(d => OfName(d.Name, d.Proof) with { ObjectId = d.InstanceId, ObjectName = d.Name, ObjectType = "instance" }));
    }

    private static AttentionItem OfName(string name, DomainProof proof) => proof is DomainProof.Lapsed or DomainProof.Failed
        ? Item("domain_dangling", "warning", $"{name} is not proven any more and still leads here.", "Set its TXT record again, or remove its DNS records and the domain.")
        : Item("domain_elsewhere", "warning", $"{name} does not lead here any more.", "Nobody reaches what is served under it. Set its records again, or remove the domain.");

    private static AttentionItem Item(string code, string severity, string message, string hint) =>
        new() { Code = code, Severity = severity, Message = message, Hint = hint, ObjectId = Guid.Empty, ObjectName = "", ObjectType = "" };
}
