using System.Globalization;
using System.Text;
using OCore.Client;
using OCore.Features.Topologies.Balancers;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// HAProxy that leads nobody anywhere: from its own server it asks the nodes it is joined to, every five seconds, whether oCore is there
/// or not. What it found, and since when, it keeps until it is asked; what changes is a line of its log.
/// </summary>
internal static class MonitorNode
{
    private const string Pool = "watched_";

    /// <summary>What listens on a server. Buckets and backups are asked by who uses them, and a monitor has no port.</summary>
    public static bool Watches(NodeType type) => type is not (NodeType.S3 or NodeType.Backup or NodeType.Monitor);

    public static string SettingOf(string watched) => $"watches {watched}";

    /// <summary>Where a node is asked and, of what speaks HTTP, for what page, by which name and for which answers. It is a setting of the monitor's, so that a plan says what is changed with the node.</summary>
    public static string CheckOf(LayoutNode watched) => watched.Type == NodeType.Odoo ? $"{watched.Endpoint(watched.Port)} {BalancerPlan.HealthPath} odoo 200"
        // With TLS who comes to a name that has a certificate is sent on, by HAProxy and nginx with 308 and by Traefik with 301.
        : watched.IsBalancer ? $"{watched.Endpoint(watched.Port)} /web/health {(watched.List("hosts") is [var host, ..] ? host : "odoo")} {(watched.Is("tls", "true") ? "200,301,308" : "200")}"
        : watched.Endpoint(watched.Port);

    public static ContainerSpec Spec(ContainerSpec basis, Layout layout, LayoutNode node) => basis with
    {
        Files = [ContainerFile.Text(NodeSpecs.Haproxy.Combine("haproxy.cfg"), Config(layout, node))],
        DropCapabilities = ["ALL"], StopTimeout = TimeSpan.FromSeconds(5),
    };

    // Nothing listens but what oCore asks, on the container's own loopback.
    private const string Head = """
        global
            log stdout format raw local0 notice
            maxconn 1000
            stats socket ipv4@127.0.0.1:8404 level user

        defaults
            mode tcp
            log global
            timeout connect 5s
            timeout server 5s
            timeout check 5s
            default-server inter 5s fall 3 rise 2

        """;

    internal static string Config(Layout layout, LayoutNode node)
    {
        var text = new StringBuilder(Head);
        // What is asked the same is in one pool; first those that are only connected to.
        var pools = node.List("nodes").Select(layout.Find).OfType<LayoutNode>().Select(n => (Node: n, Check: node.Text(SettingOf(n.Id)).Split(' ', 2)))
            .GroupBy(w => w.Check.Length > 1 ? w.Check[1] : "").OrderBy(g => g.Key, StringComparer.Ordinal).ToList();
        for (var i = 0; i < pools.Count; i++)
        {
            text.Append($"\nbackend {Pool}{i + 1}\n");
            if (pools[i].Key.Split(' ') is [var page, var host, var answers])
                text.Append($"    option httpchk\n    http-check send meth GET uri {page} ver HTTP/1.1 hdr Host {host}\n    http-check expect status {answers}\n");
            foreach (var (watched, check) in pools[i])
                text.Append($"    server {watched.Container} {check[0]} check\n");
        }
        return text.ToString();
    }

    public static async Task<NodeMeasure> AskAsync(IServerConnection connection, DockerName name, Layout layout, LayoutNode node, CancellationToken stop) =>
        Read(layout, node, await NodeProbes.ExecAsync(connection, name, ["bash", "-c", NodeProbes.StatScript], null, stop));

    /// <summary>Whom it misses, and for how long. Pure.</summary>
    public static NodeMeasure Read(Layout layout, LayoutNode node, string answer)
    {
        var rows = answer.Split('\n').Where(l => l.Length > 0).Select(l => l.TrimStart('#', ' ').Split(',')).ToList();
        int Column(string name) => rows.Count > 0 && Array.IndexOf(rows[0], name) is >= 0 and var at ? at : throw new FormatException($"It does not tell {name}.");
        var (status, since, check, code) = (Column("status"), Column("lastchg"), Column("check_status"), Column("check_code"));
        var seen = rows.Skip(1).Where(r => r.Length > code && r[0].StartsWith(Pool, StringComparison.Ordinal)).DistinctBy(r => r[1]).ToDictionary(r => r[1]);
        var watched = node.List("nodes").Select(layout.Find).OfType<LayoutNode>().ToList();
        var (missed, untried) = (new List<string>(), 0);
        foreach (var one in watched)
            if (!seen.TryGetValue(one.Container, out var row))
                missed.Add($"{one.Label} is not watched");
            else if (!row[status].StartsWith("UP", StringComparison.Ordinal))
                missed.Add($"{one.Label} {(row[check].Contains("L7STS", StringComparison.Ordinal) ? $"answers {row[code]}" : "does not answer")} ({For(row[since])})");
            // Until it has asked it takes everybody to be well.
            else if (row[check].Contains("INI", StringComparison.Ordinal))
                untried++;
        var figures = new Dictionary<string, string> { ["nodesUp"] = Number(watched.Count - missed.Count - untried), ["nodes"] = Number(watched.Count) };
        return untried > 0 ? new NodeMeasure(TopologyNodeState.Working, "It has started, and has not asked everybody yet.", "metrics", figures)
            : missed.Count > 0 ? new NodeMeasure(TopologyNodeState.Degraded, $"From its server, {Sentence.And(missed)}.", "metrics", figures) : new NodeMeasure(TopologyNodeState.Running, null, "metrics", figures);
    }

    private static string For(string seconds) => !long.TryParse(seconds, CultureInfo.InvariantCulture, out var s) ? "nobody knows since when"
        : s < 120 ? $"for {s} s" : s < 7200 ? $"for {s / 60} min" : s < 172_800 ? $"for {s / 3600} h" : $"for {s / 86_400} days";

    private static string Number(int n) => n.ToString(CultureInfo.InvariantCulture);
}
