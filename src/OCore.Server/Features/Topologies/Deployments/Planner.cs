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
    private const string Waiting = "None: whoever opens a file waits, for half a minute at most.";
    private const string SignedOut = "Everybody has to sign in again once: sessions do not come along.";

    private const string Asynchronous = $"It replicates asynchronously: {PostgresRules.WaitsForNobody}";
    private const string Copies = "It copies everything from the one that leads, and follows it then.";
    private const string HandsOver = "Where it leads: nothing is written for a second or two, while another one takes its place.";

    /// <summary>People notice it: the sentence is there also where they do not, to say why.</summary>
    public static bool Interrupts(PlanAction action) => action.Downtime is not (null or Rolling or RollingKept or Waiting);

    public static IReadOnlyList<PlanAction> Actions(Layout? before, Layout? wanted, IReadOnlyDictionary<Guid, Ref> servers)
    {
        var actions = new List<PlanAction>();
        var old = before?.Nodes.ToDictionary(n => n.Id) ?? [];
        foreach (var node in wanted?.Nodes ?? [])
            actions.Add(old.GetValueOrDefault(node.Id) is { } was && was.Type == node.Type ? Differing(was, node, before!, wanted!, servers) : Created(before, wanted!, node, servers));
        // What uses others goes before what is used.
        foreach (var gone in (before?.Nodes ?? []).Where(n => wanted?.Find(n.Id)?.Type != n.Type).Reverse())
            actions.Add(Destroyed(before!, wanted, gone, servers));
        return actions;
    }

    /// <summary>What of a PostgreSQL node may be otherwise than it was: where etcd is, and what is only drawn. All else holds for the whole cluster, and is decided when that is made.</summary>
    private static readonly HashSet<string> OfPostgres = ["etcd", "role", "synchronous"], OfRedis = ["role", "primary"], OfPlace = ["address", "memory (MB)", "cpus"];

    /// <summary>What cannot be changed under a running topology, by node.</summary>
    /// <param name="leading">The PostgreSQL that leads, as it was seen last.</param>
    public static IReadOnlyDictionary<string, string> NotChanged(IEnumerable<PlanAction> actions, Layout before, Layout? wanted, IReadOnlySet<string>? leading = null)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (wanted is null)
            return found;
        foreach (var action in actions.Where(a => a.Action != PlanActionKind.Keep))
        {
            var node = wanted.Find(action.NodeId) ?? before.Find(action.NodeId)!;
            if (WhyNot(action, node, before, wanted, leading ?? new HashSet<string>()) is { } why)
                found[node.Id] = why;
        }
        if (before.LbType != wanted.LbType)
            foreach (var balancer in wanted.Nodes.Where(n => n.IsBalancer))
                found[balancer.Id] = "The kind of load balancer is not changed under a running topology: draw a second one, or destroy and deploy again.";
        if (before.FilestoreType != wanted.FilestoreType)
            foreach (var store in before.Nodes.Concat(wanted.Nodes).Where(n => n.Type == NodeType.Filestore || n.Type == NodeType.S3 && !n.IsForBackups).DefaultIfEmpty(before.Home))
                found[store.Id] = $"The files of a topology that runs are not moved. Stay with {WireWord.Of(before.FilestoreType)}; or {FilestoreRules.Elsewhere}";
        if (before.Home.Id != wanted.Home.Id || before.Home.ServerId != wanted.Home.ServerId)
            found[before.Home.Id] = $"{before.Home.Label} is the node that the instance's tools work on. It stays where it is; others may come and go.";
        return found;
    }

    private static string? WhyNot(PlanAction action, LayoutNode node, Layout before, Layout wanted, IReadOnlySet<string> leading)
    {
        bool Only(params IEnumerable<string>[] settings) => action.Action is PlanActionKind.Create or PlanActionKind.Destroy || action.Changes.All(c => settings.Any(s => s.Contains(c.Setting)));
        bool Stays(LayoutNode n) => before.Find(n.Id)?.IsAt(n) == true;
        var moves = action.Action == PlanActionKind.Replace;
        var held = action.Changes.Select(c => c.Setting).Except(OfPostgres).Except(moves ? OfPlace : []).ToList();
        switch (node.Type)
        {
            case NodeType.Odoo or NodeType.Monitor:
            case NodeType.LoadBalancer when node.IsBalancer:
            case NodeType.Filestore when action.Action == PlanActionKind.Change && Only([NfsServer.Clients]):
            case NodeType.LoadBalancer when before.Failover && action.Action == PlanActionKind.Change && Only(["nodes", "members"]):
                return null;
            case NodeType.Backup:
            case NodeType.S3 when node.IsForBackups:
                return $"{node.Label} is set up by the first deployment. The backups of an instance that runs are changed at the instance: its schedule, and its target.";
            case NodeType.Etcd when before.Failover && wanted.Failover:
                return Only(OfPlace) && (moves || action.Action != PlanActionKind.Change) ? null : $"{node.Label} is a member of etcd: it can be moved to another server, or another one can take its place, and it is not changed where it is.";
            case NodeType.Postgres when before.Failover && wanted.Failover:
                return action.Action is PlanActionKind.Destroy or PlanActionKind.Replace && leading.Contains(node.Id) ? $"{node.Label} leads the cluster. Let another PostgreSQL lead first (switch over), and plan again."
                    : !wanted.Of(NodeType.Postgres).Any(Stays) ? $"{node.Label} would come to a cluster of which nobody stays. Change one PostgreSQL, deploy, then the next."
                    : held.Count == 0 || action.Action is PlanActionKind.Create or PlanActionKind.Destroy ? null
                    : $"{node.Label}: {Sentence.And(held)} {(held.Count == 1 ? "is" : "are")} as the first deployment had it, and not changed under a running topology. PostgreSQL nodes can come, go and move; where another one is drawn as the primary, say there what was said of the one before.";
            case NodeType.Redis when before.Sentinels.Any() && wanted.Sentinels.Any():
                return !wanted.Of(NodeType.Redis).Any(n => !n.IsSentinel && Stays(n)) ? $"{node.Label} would come to Redis nodes of which none stays, and the sessions would be lost. Change one, deploy, then the next."
                    : wanted.Sentinels.Count(Stays) <= before.Sentinels.Count() / 2 ? "Too few sentinels would stay to agree on who leads. Change one, deploy, then the next."
                    : Only(OfRedis, moves ? OfPlace : []) ? null
                    : $"{node.Label} can be moved to another server, or another one can take its place. It is not changed where it is, and the number of sentinels stays.";
            case NodeType.Redis when !node.IsWatched && before.Of(NodeType.Redis).Count() <= 1 && wanted.Of(NodeType.Redis).Count() <= 1 && action.Action != PlanActionKind.Change:
                return null;
            default:
                return $"{node.Label} keeps people's data, knows who leads, or every connection goes through it. It is not changed under a running topology; Odoo nodes, load balancers and monitors are.{(node.Type is NodeType.Postgres or NodeType.Filestore ? " Deploy another topology and restore a backup there." : "")}";
        }
    }

    private static PlanAction Created(Layout? before, Layout wanted, LayoutNode node, IReadOnlyDictionary<Guid, Ref> servers) => Of(node, PlanActionKind.Create, node.Type == NodeType.S3
        ? $"{node.Label} is used: nothing is made in it but {(node.IsForBackups ? "backups" : "files")}." : node.Type == NodeType.Backup ? $"{node.Label}: the instance is backed up once a day, by a schedule and a target that can be changed afterwards."
        : node.Type == NodeType.Monitor ? $"{node.Label} is made{On(node, servers)}, and watches from there {Sentence.And(node.List("nodes").Select(id => wanted.Find(id)?.Label ?? id))}." : $"{node.Label} is made{On(node, servers)}{(node.Address is null or "0.0.0.0" ? $" and listens on port {node.Port}" : $" and listens on {node.Endpoint(node.Port)}")}.{(before is { Failover: true } && node.Type == NodeType.Postgres ? " " + Copies : "")}",
        servers, [.. wanted.FactsOf(node).Select(f => new PlanChange { Setting = f.Key, After = f.Value })])
        // Decided here for good, so it is said before. Of the whole cluster, so it is said once.
        with { DataRisk = before is null && node.Is("synchronous", "false") && node.Is("role", "primary") ? Asynchronous : null };

    private static PlanAction Destroyed(Layout before, Layout? wanted, LayoutNode node, IReadOnlyDictionary<Guid, Ref> servers)
    {
        var all = wanted is null;
        var risk = node.Type switch
        {
            NodeType.Postgres when !all && before.Failover => null, NodeType.Postgres => "Its database is removed with it.", NodeType.Redis when node.IsSentinel || node.Is("role", "replica") || node.IsWatched && wanted?.Sentinels.Any() == true => null, NodeType.Redis => "Everybody has to sign in again.", NodeType.Filestore => "Its files are removed with it.",
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
        // What is only drawn otherwise is nothing that runs.
        var drawn = !moved && (node.Type is NodeType.Postgres or NodeType.Redis) && changes.TrueForAll(c => c.Setting is "role" or "primary");
        if (drawn && (before.Failover && node.Type == NodeType.Postgres || node.IsWatched))
            return Of(node, PlanActionKind.Change, $"{node.Label} is drawn otherwise. Who leads is agreed on by the nodes themselves: nothing is done to it.", servers, changes);
        var member = before.Failover && (node.Type is NodeType.Postgres or NodeType.Etcd) || node.IsWatched && was.IsWatched;
        var downtime = node.Type switch { NodeType.Postgres when before.Failover && !moved => HandsOver, NodeType.LoadBalancer when node.IsPgEntry => "A second: who asks the database in that moment gets an error.", NodeType.Odoo when alone => "About half a minute: it is the only Odoo.", NodeType.Odoo => wanted.Redis ? Rolling : RollingKept, NodeType.LoadBalancer when moved => "Whoever comes by its old address.", NodeType.Filestore => Waiting, _ => null };
        if (node.IsWeb && changes.Any(c => c.Setting == "sessions" || c.Setting == "redis" && !wanted.Sentinels.Any()))
            downtime = alone ? $"{downtime} {SignedOut}" : SignedOut;
        return Of(node, moved ? PlanActionKind.Replace : PlanActionKind.Change, moved ? $"{node.Label} moves{(servers.GetValueOrDefault(was.ServerId ?? default) is { } from ? $" from {from.Name}" : "")}{To(node, servers)}.{(node.Type == NodeType.Postgres && before.Failover ? " " + Copies : "")}" : $"{node.Label} is changed.", servers, changes)
            with { Downtime = downtime, DataRisk = moved && !member && (node.Type is NodeType.Postgres or NodeType.Redis or NodeType.Filestore) ? node.Type == NodeType.Redis ? $"What it keeps does not move along. {SignedOut}" : "What it keeps does not move along."
                : node.Is("role", "primary") && changes.Any(c => c is { Setting: "synchronous", After: "false" }) ? Asynchronous : null };
    }

    private static PlanAction Of(LayoutNode node, PlanActionKind kind, string message, IReadOnlyDictionary<Guid, Ref> servers, IReadOnlyList<PlanChange> changes) => new()
    {
        NodeId = node.Id, Label = node.Label, Type = NodeMembers.Word(node.Type), Server = node.ServerId is { } id ? servers.GetValueOrDefault(id) : null, Action = kind, Message = message, Changes = changes,
    };

    private static string On(LayoutNode node, IReadOnlyDictionary<Guid, Ref> servers) => node.ServerId is { } id && servers.GetValueOrDefault(id) is { } server ? $" on {server.Name}" : "";
    private static string To(LayoutNode node, IReadOnlyDictionary<Guid, Ref> servers) => node.ServerId is { } id && servers.GetValueOrDefault(id) is { } server ? $" to {server.Name}" : "";
}
