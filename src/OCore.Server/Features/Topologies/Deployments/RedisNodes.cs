using System.Globalization;
using OCore.Client;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// Redis that keeps the sessions. Where sentinels watch it, who leads is not what was drawn but what they agreed on last: each Redis and
/// each sentinel writes that into a file of its own, on its volume. When a container starts, who leads is taken from there and
/// everything else from oCore's file, so that a node made anew does not fight the others, and another limit or password arrives.
/// </summary>
internal static class RedisNodes
{
    /// <summary>What the sentinels call the Redis they watch; Odoo asks for it by this name.</summary>
    public const string Watched = "sessions";
    public const int Inner = 6379, InnerSentinel = 26379;
    private const int Uid = 999;
    private static readonly RemotePath Config = RemotePath.Parse("/usr/local/etc/redis/ocore.conf"), FirstFile = RemotePath.Parse("/usr/local/etc/redis/first.conf");

    private const string Start = """
        set -eu
        umask 077
        if [ -s /data/redis.conf ]; then
          grep -E '^(replicaof|sentinel (myid|monitor|config-epoch|leader-epoch|current-epoch|known-replica|known-sentinel)) ' /data/redis.conf >/data/redis.conf.new || [ $? = 1 ]
        else
          cat /usr/local/etc/redis/first.conf >/data/redis.conf.new
        fi
        cat /usr/local/etc/redis/ocore.conf >>/data/redis.conf.new
        mv /data/redis.conf.new /data/redis.conf
        exec docker-entrypoint.sh redis-server /data/redis.conf "$@"
        """;

    public static int InnerPort(LayoutNode node) => node.IsSentinel ? InnerSentinel : Inner;

    public static ContainerSpec Spec(ContainerSpec basis, Layout layout, LayoutNode node, TopologySecrets secrets)
    {
        var kept = basis with { Mounts = [ContainerMount.Volume(DockerName.Parse(node.Container), RemotePath.Parse("/data"))], StopTimeout = TimeSpan.FromSeconds(20) };
        if (!node.IsWatched)
            return kept with { Command = ["redis-server", Config.Value], Files = [File(Config, Data(node, secrets))] };
        return node.IsSentinel
            ? kept with { Command = ["sh", "-c", Start, "ocore", "--sentinel"], Files = [File(FirstFile, layout.BeginningOf(node) + "\n"), File(Config, Sentinel(node, secrets))] }
            : kept with { Command = ["sh", "-c", Start, "ocore"], Files = [File(FirstFile, layout.BeginningOf(node) + "\n"), File(Config, Data(node, secrets) + Replicated(node, secrets))] };
    }

    /// <summary>What one of several is told before anybody has agreed on anything.</summary>
    public static string First(Layout layout, LayoutNode node) => layout.Find(node.Text("primary")) is { } primary && primary.Id != node.Id ? Under(node, primary) : "# The first to lead.";

    /// <summary>The same for one that comes to others: under one that is there, until it is told who leads.</summary>
    public static string Joining(Layout layout, Layout before, LayoutNode node) =>
        layout.Of(Rules.NodeType.Redis).Where(n => !n.IsSentinel && n.Id != node.Id).OrderBy(n => before.Find(n.Id)?.IsAt(n) != true).ThenBy(n => n.Is("role", "replica")).ThenBy(n => n.Id, StringComparer.Ordinal).FirstOrDefault() is { } there ? Under(node, there) : First(layout, node);

    private static string Under(LayoutNode node, LayoutNode primary) => node.IsSentinel ? $"sentinel monitor {Watched} {primary.Address} {primary.Port} {node.Int("quorum")}" : $"replicaof {primary.Address} {primary.Port}";

    private static ContainerFile File(RemotePath path, string text) => ContainerFile.Text(path, text, UnixFileMode.UserRead, Uid, Uid);

    // Every write is on the disk within a second. Full, it refuses and forgets nobody's session.
    private static string Data(LayoutNode node, TopologySecrets secrets) => $"""
        bind 0.0.0.0
        protected-mode yes
        requirepass {secrets.Redis}
        dir /data
        appendonly yes
        appendfsync everysec
        maxmemory {Math.Max(32, node.MemoryMb * 3 / 4)}mb
        maxmemory-policy noeviction
        rename-command FLUSHALL ""
        rename-command FLUSHDB ""

        """;

    // Others come to it by its server's address, not by the one it has in its container.
    private static string Replicated(LayoutNode node, TopologySecrets secrets) => $"""
        masterauth {secrets.Redis}
        replica-announce-ip {node.Address}
        replica-announce-port {node.Port}
        repl-backlog-size 8mb

        """;

    // Who may speak to a sentinel may change who leads, so it asks for a password too.
    private static string Sentinel(LayoutNode node, TopologySecrets secrets) => $"""
        port {InnerSentinel}
        bind 0.0.0.0
        protected-mode yes
        requirepass {secrets.Sentinel}
        dir /data
        sentinel sentinel-pass {secrets.Sentinel}
        sentinel resolve-hostnames no
        sentinel announce-hostnames no
        sentinel announce-ip {node.Address}
        sentinel announce-port {node.Port}
        sentinel auth-pass {Watched} {secrets.Redis}
        sentinel down-after-milliseconds {Watched} 5000
        sentinel failover-timeout {Watched} 30000
        sentinel parallel-syncs {Watched} 1

        """;

    private const string SentinelScript = "redis-cli -p 26379 SENTINEL CKQUORUM sessions; redis-cli -p 26379 SENTINEL MASTER sessions";

    public static async Task<NodeMeasure> AskAsync(IServerConnection connection, DockerName name, TopologyWork work, LayoutNode node, CancellationToken stop)
    {
        Dictionary<string, string> Auth(string password) => new() { ["REDISCLI_AUTH"] = password };
        return node.IsSentinel ? ReadSentinel(work.Layout, await NodeProbes.ExecAsync(connection, name, ["sh", "-c", SentinelScript], Auth(work.Secrets.Sentinel), stop))
            : ReadInfo(work.Layout, await NodeProbes.ExecAsync(connection, name, ["redis-cli", "INFO"], Auth(work.Secrets.Redis), stop));
    }

    /// <summary>Its role is what it is, whatever was drawn. Pure.</summary>
    public static NodeMeasure ReadInfo(Layout layout, string answer)
    {
        var info = answer.Split('\n').Select(l => l.Trim().Split(':', 2)).Where(l => l.Length == 2).DistinctBy(l => l[0]).ToDictionary(l => l[0], l => l[1]);
        if (!info.TryGetValue("role", out var role))
            return new NodeMeasure(TopologyNodeState.Failed, answer.Contains("LOADING", StringComparison.Ordinal) ? "It reads what it has on its disk." : "It does not take its password.");
        var keys = info.GetValueOrDefault("db0")?.Split(',')[0].Split('=')[^1] ?? "0";
        var figures = new Dictionary<string, string> { ["keys"] = keys, ["connections"] = info["connected_clients"], ["memoryBytes"] = info["used_memory"], ["appendOnly"] = info["aof_enabled"] == "1" ? "on" : "off" };
        var leads = role == "master";
        if (leads && layout.Sentinels.Any())
            Followers(info, figures);
        else if (!leads)
        {
            figures["follows"] = NameOf(layout, info["master_host"], info["master_port"]);
            figures["lagBytes"] = Number(Math.Max(0, Long(info, "slave_read_repl_offset") - Long(info, "slave_repl_offset")));
            figures["lagSeconds"] = Number(Math.Max(0, Long(info, "master_last_io_seconds_ago")));
        }
        var (used, most) = (Long(info, "used_memory"), Long(info, "maxmemory"));
        var why = info.GetValueOrDefault("aof_last_write_status") == "err" ? "It cannot write to its disk."
            // Full, it refuses what is new rather than forget anybody.
            : most > 0 && used > most * 0.9 ? $"{Math.Min(100, 100 * used / most)} % of its memory are used: full, it takes no new session, and nobody signs in. Give it more memory."
            : leads || info["master_link_status"] == "up" ? null
            : info.GetValueOrDefault("master_sync_in_progress") == "1" ? $"It fetches everything from {figures["follows"]}." : $"It does not reach {figures["follows"]}, which it follows.";
        return new NodeMeasure(why is null ? TopologyNodeState.Running : TopologyNodeState.Degraded, why, leads ? "primary" : "replica", figures);
    }

    // slave0:ip=10.0.0.11,port=6379,state=online,offset=1024,lag=0
    private static void Followers(Dictionary<string, string> info, Dictionary<string, string> figures)
    {
        var followers = info.Where(i => i.Key.StartsWith("slave", StringComparison.Ordinal) && i.Key.Length > 5 && i.Key[5..].All(char.IsAsciiDigit))
            .Select(i => i.Value.Split(',').Select(p => p.Split('=', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1])).Where(f => f.GetValueOrDefault("state") == "online").ToList();
        figures["replicas"] = Number(followers.Count);
        if (followers.Count > 0)
            (figures["lagBytes"], figures["lagSeconds"]) = (Number(followers.Max(f => Math.Max(0, Long(info, "master_repl_offset") - Long(f, "offset")))), Number(followers.Max(f => Long(f, "lag"))));
    }

    /// <summary>Whom a sentinel thinks to lead, and how many others it knows. Pure.</summary>
    public static NodeMeasure ReadSentinel(Layout layout, string answer)
    {
        var lines = answer.Split('\n').Select(l => l.Trim()).ToList();
        // One line of judgement, then names and values by turns.
        var said = lines.Skip(1).Chunk(2).Where(c => c.Length == 2).DistinctBy(c => c[0]).ToDictionary(c => c[0], c => c[1]);
        if (!said.TryGetValue("ip", out var ip))
            return new NodeMeasure(TopologyNodeState.Failed, $"It watches nobody: {lines[0]}");
        var (others, replicas, primary) = (Long(said, "num-other-sentinels"), Long(said, "num-slaves"), NameOf(layout, ip, said["port"]));
        var figures = new Dictionary<string, string> { ["primary"] = primary, ["sentinels"] = Number(others + 1), ["replicas"] = Number(replicas) };
        var (wanted, followed) = (layout.Sentinels.Count(), layout.Of(Rules.NodeType.Redis).Count(n => !n.IsSentinel) - 1);
        var why = said["flags"].Contains("_down", StringComparison.Ordinal) ? $"{primary} does not answer it."
            : !lines[0].StartsWith("OK", StringComparison.Ordinal) ? "Too few sentinels answer to let another Redis lead."
            : others + 1 != wanted ? $"It knows {others + 1} of {wanted} sentinels."
            : replicas != followed ? $"It knows {replicas} of {followed} replicas." : null;
        return new NodeMeasure(why is null ? TopologyNodeState.Running : TopologyNodeState.Degraded, why, "sentinel", figures);
    }

    private static string NameOf(Layout layout, string host, string port) =>
        layout.Of(Rules.NodeType.Redis).FirstOrDefault(n => n.Address == host && Number(n.Port) == port)?.Id ?? $"{host}:{port}";

    private static long Long(Dictionary<string, string> from, string name) => long.TryParse(from.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string Number(long n) => n.ToString(CultureInfo.InvariantCulture);
}
