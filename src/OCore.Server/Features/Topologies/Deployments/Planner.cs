using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OCore.Client;
using OCore.Features.Topologies.Rules;

namespace OCore.Features.Topologies.Deployments;

/// <summary>The Odoo that is wanted, as far as it decides what is done.</summary>
internal sealed record WantedInstance(string Name, Guid OrgId, string Domain, string Url, string OdooVersion, string Image, IReadOnlyList<string> Modules, Guid? TemplateId);

/// <summary>Everything that decides what a deployment does. Its hash is the plan's.</summary>
internal sealed record PlanContent
{
    public required TopologyPlanKind Kind { get; init; }
    public required int Generation { get; init; }
    public required string Snapshot { get; init; }
    public required WantedInstance Instance { get; init; }
    public required Layout Layout { get; init; }
    public required IReadOnlyList<PlanAction> Actions { get; init; }

    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this, Layout.Json))));
}

/// <summary>What has to be done to come from what runs to what is drawn. Pure: the same input gives the same bytes.</summary>
internal static class Planner
{
    /// <summary>How an Odoo node changes: taken out of the balancer, made anew, taken in again, one after another.</summary>
    private const string Rolling = "None: the other nodes answer meanwhile.";
    private const string RollingKept = "None: the other nodes answer meanwhile. Who is kept on this one may have to sign in again.";
    private const string SignedOut = "Everybody has to sign in again once: sessions do not come along.";

    public static IReadOnlyList<PlanAction> Actions(Layout? before, Layout? wanted, IReadOnlyDictionary<Guid, Ref> servers)
    {
        var actions = new List<PlanAction>();
        var old = before?.Nodes.ToDictionary(n => n.Id) ?? [];
        foreach (var node in wanted?.Nodes ?? [])
            actions.Add(old.GetValueOrDefault(node.Id) is { } was && was.Type == node.Type ? Differing(was, node, before!, wanted!, servers) : Created(wanted!, node, servers));
        // What uses others goes before what is used.
        foreach (var gone in (before?.Nodes ?? []).Where(n => wanted?.Find(n.Id)?.Type != n.Type).Reverse())
            actions.Add(Destroyed(before!, gone, wanted is null, servers));
        return actions;
    }

    /// <summary>What cannot be changed under a running topology, by node.</summary>
    public static IReadOnlyDictionary<string, string> NotChanged(IEnumerable<PlanAction> actions, Layout before, Layout? wanted)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (wanted is null)
            return found;
        foreach (var action in actions.Where(a => a.Action != PlanActionKind.Keep))
        {
            var node = wanted.Find(action.NodeId) ?? before.Find(action.NodeId)!;
            if (node.Type == NodeType.Backup || node.IsForBackups)
                found[node.Id] = $"{node.Label} is set up by the first deployment. The backups of an instance that runs are changed at the instance: its schedule, and its target.";
            else if (node.Type == NodeType.Filestore && action.Action == PlanActionKind.Change && action.Changes.All(c => c.Setting == NfsServer.Clients))
                continue;
            else if (node.Type is not (NodeType.Odoo or NodeType.LoadBalancer or NodeType.Monitor) || node.IsPgEntry)
                found[node.Id] = $"{node.Label} keeps people's data, knows who leads, or every connection goes through it. It is not changed under a running topology; Odoo nodes, load balancers and monitors are.";
        }
        if (before.LbType != wanted.LbType)
            foreach (var balancer in wanted.Nodes.Where(n => n.IsBalancer))
                found[balancer.Id] = "The kind of load balancer is not changed under a running topology: draw a second one, or destroy and deploy again.";
        if (before.FilestoreType != wanted.FilestoreType)
            foreach (var store in before.Nodes.Concat(wanted.Nodes).Where(n => n.Type == NodeType.Filestore || n.Type == NodeType.S3 && !n.IsForBackups).DefaultIfEmpty(before.Home))
                found[store.Id] = $"The files of a topology that runs are not moved. Stay with {FilestoreRules.Word(before.FilestoreType)}; or {FilestoreRules.Elsewhere}";
        if (before.Home.Id != wanted.Home.Id || before.Home.ServerId != wanted.Home.ServerId)
            found[before.Home.Id] = $"{before.Home.Label} is the node that the instance's tools work on. It stays where it is; others may come and go.";
        return found;
    }

    private static PlanAction Created(Layout wanted, LayoutNode node, IReadOnlyDictionary<Guid, Ref> servers) => Of(node, PlanActionKind.Create, node.Type == NodeType.S3
        ? $"{node.Label} is used: nothing is made in it but {(node.IsForBackups ? "backups" : "files")}." : node.Type == NodeType.Backup ? $"{node.Label}: the instance is backed up once a day, by a schedule and a target that can be changed afterwards."
        : node.Type == NodeType.Monitor ? $"{node.Label} is made{On(node, servers)}, and watches from there {Sentence.And(node.List("nodes").Select(id => wanted.Find(id)?.Label ?? id))}." : $"{node.Label} is made{On(node, servers)}{(node.Address is null or "0.0.0.0" ? $" and listens on port {node.Port}" : $" and listens on {node.Endpoint(node.Port)}")}.",
        servers, [.. wanted.FactsOf(node).Select(f => new PlanChange { Setting = f.Key, After = f.Value })])
        // Decided here for good, so it is said before. Of the whole cluster, so it is said once.
        with { DataRisk = node.Is("synchronous", "false") && node.Is("role", "primary") ? $"It replicates asynchronously: {PostgresRules.WaitsForNobody}" : null };

    private static PlanAction Destroyed(Layout before, LayoutNode node, bool all, IReadOnlyDictionary<Guid, Ref> servers)
    {
        var risk = node.Type switch
        {
            NodeType.Postgres => "Its database is removed with it.", NodeType.Redis when node.IsSentinel || node.Is("role", "replica") => null, NodeType.Redis => "Everybody has to sign in again.", NodeType.Filestore => "Its files are removed with it.",
            NodeType.Odoo when all => "Files that are in no bucket are removed with it.", _ => null,
        };
        var downtime = all ? "Odoo is gone." : node.Type is NodeType.LoadBalancer ? "Whoever comes by it." : node.Type == NodeType.Odoo ? Rolling : null;
        return Of(node, PlanActionKind.Destroy, node.Type == NodeType.Backup ? $"{node.Label}: no more backups are taken; those that were stay." : node.Type == NodeType.S3 ? $"{node.Label} is not used any more; what is in it stays." : $"{node.Label} is taken down{On(node, servers)}.", servers,
            [.. before.FactsOf(node).Select(f => new PlanChange { Setting = f.Key, Before = f.Value })]) with { Downtime = downtime, DataRisk = risk };
    }

    private static PlanAction Differing(LayoutNode was, LayoutNode node, Layout before, Layout wanted, IReadOnlyDictionary<Guid, Ref> servers)
    {
        var (old, now) = (before.FactsOf(was), wanted.FactsOf(node));
        var changes = old.Keys.Union(now.Keys).Order(StringComparer.Ordinal).Where(k => old.GetValueOrDefault(k) != now.GetValueOrDefault(k))
            .Select(k => new PlanChange { Setting = k, Before = old.GetValueOrDefault(k), After = now.GetValueOrDefault(k) }).ToList();
        var moved = was.ServerId != node.ServerId;
        if (changes.Count == 0 && !moved)
            return Of(node, PlanActionKind.Keep, $"{node.Label} stays as it is.", servers, []);
        var alone = node.IsWeb && wanted.Of(NodeType.Odoo).Count(n => n.IsWeb && before.Find(n.Id) is not null) < 2;
        var downtime = node.Type switch { NodeType.Odoo when alone => "About half a minute: it is the only Odoo.", NodeType.Odoo => wanted.Redis ? Rolling : RollingKept, NodeType.LoadBalancer when moved => "Whoever comes by its old address.", NodeType.Filestore => "None: whoever opens a file waits, for half a minute at most.", _ => null };
        if (node.IsWeb && changes.Any(c => c.Setting == "sessions"))
            downtime = alone ? $"{downtime} {SignedOut}" : SignedOut;
        return Of(node, moved ? PlanActionKind.Replace : PlanActionKind.Change, moved ? $"{node.Label} moves{(servers.GetValueOrDefault(was.ServerId ?? default) is { } from ? $" from {from.Name}" : "")}{To(node, servers)}." : $"{node.Label} is changed.", servers, changes)
            with { Downtime = downtime, DataRisk = moved && node.Type is NodeType.Postgres or NodeType.Redis or NodeType.Filestore ? "What it keeps does not move along." : null };
    }

    private static PlanAction Of(LayoutNode node, PlanActionKind kind, string message, IReadOnlyDictionary<Guid, Ref> servers, IReadOnlyList<PlanChange> changes) => new()
    {
        NodeId = node.Id, Label = node.Label, Type = NodeMembers.Word(node.Type), Server = node.ServerId is { } id ? servers.GetValueOrDefault(id) : null, Action = kind, Message = message, Changes = changes,
    };

    private static string On(LayoutNode node, IReadOnlyDictionary<Guid, Ref> servers) => node.ServerId is { } id && servers.GetValueOrDefault(id) is { } server ? $" on {server.Name}" : "";
    private static string To(LayoutNode node, IReadOnlyDictionary<Guid, Ref> servers) => node.ServerId is { } id && servers.GetValueOrDefault(id) is { } server ? $" to {server.Name}" : "";
}
