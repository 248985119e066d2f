using System.Globalization;
using System.Text.Json;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>How a PostgreSQL does: what it says of itself, and what Patroni says of it where one leads and others follow.</summary>
internal static class PostgresNodes
{
    /// <summary>The figure of a primary that runs, and lets nobody write.</summary>
    public const string Writes = "writes", Wait = "wait";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    // Both together: after a quiet hour the first row to come is an hour behind for a moment, and much that comes at once is not long behind.
    private const long LateSeconds = 60, LateBytes = 16 << 20;

    internal const string Script = """
        SELECT json_build_object('recovery', pg_is_in_recovery(), 'connections', (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), 'max', current_setting('max_connections')::int,
          'replicas', (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'), 'synchronous', (SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')),
          'receiving', (SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'),
          'lag', CASE WHEN pg_is_in_recovery() THEN coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0) ELSE (SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), 0) FROM pg_stat_replication) END,
          'late', CASE WHEN NOT pg_is_in_recovery() THEN (SELECT coalesce(floor(extract(epoch FROM max(replay_lag))), 0) FROM pg_stat_replication)
            WHEN pg_last_wal_receive_lsn() <> pg_last_wal_replay_lsn() THEN coalesce(floor(extract(epoch FROM now() - pg_last_xact_replay_timestamp())), 0) ELSE 0 END,
          'followers', CASE WHEN pg_is_in_recovery() THEN '[]'::json ELSE (SELECT coalesce(json_agg(json_build_object('name', application_name, 'bytes', coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn), 0),
            'late', coalesce(floor(extract(epoch FROM replay_lag)), 0)) ORDER BY application_name), '[]'::json) FROM pg_stat_replication) END,
          'bytes', (SELECT sum(pg_database_size(oid)) FROM pg_database));
        """;

    // Whoever is in the container may ask how it does; to change something takes its password.
    private const string PatroniScript = """
        import urllib.request
        print(urllib.request.urlopen("http://127.0.0.1:8008/patroni", timeout=6).read().decode())
        """;

    public static async Task<NodeMeasure> AskAsync(IServerConnection connection, DockerName name, Layout layout, LayoutNode node, CancellationToken stop)
    {
        // While the cluster is being made, a temporary server answers on the socket.
        if (!(await connection.Docker.ExecAsync(name, ["pg_isready", "-q", "-h", "127.0.0.1", "-t", "2"], null, stop, new ExecOptions { Timeout = Patience })).Ok)
            return new NodeMeasure(TopologyNodeState.Failed, "It does not take connections.");
        var said = await PostgresContainer.SqlAsync(connection, "postgres", Script, new Dictionary<string, string>(), stop, Patience, name);
        if (!layout.Failover)
            return Read(layout, node, said, null);
        var patroni = await connection.Docker.ExecAsync(name, ["python3", "-c", PatroniScript], null, stop, new ExecOptions { Timeout = Patience });
        return Read(layout, node, said, patroni.Ok ? patroni.Out : null);
    }

    /// <param name="patroni">Null where it does not answer, and where there is none.</param>
    public static NodeMeasure Read(Layout layout, LayoutNode node, string said, string? patroni)
    {
        using var seen = JsonDocument.Parse(said);
        var root = seen.RootElement;
        string Of(string member) => root.GetProperty(member).ToString();
        var replica = root.GetProperty("recovery").GetBoolean();
        var figures = new Dictionary<string, string> { ["connections"] = Of("connections"), ["maxConnections"] = Of("max"), ["bytes"] = Of("bytes"), ["lagBytes"] = Of("lag"), ["lagSeconds"] = Of("late") };
        if (layout.Failover && !replica)
            (figures["replicas"], figures["synchronousReplicas"]) = (Of("replicas"), Of("synchronous"));
        var waits = !replica && node.Is("zeroDataLoss", "true") && Of("synchronous") == "0";
        if (waits)
            figures[Writes] = Wait;
        var cluster = layout.Failover ? OfPatroni(layout, replica, patroni, figures) : null;
        var why = waits ? "No replica is in sync, and nothing may be lost: whoever saves something waits until one is back."
            : replica && Of("receiving") == "0" ? "It follows nobody."
            : cluster ?? (replica ? IsLate(root, "lag") ? $"It is {Behind(root, "lag")} behind." : null : Late(layout, root));
        return new NodeMeasure(why is null ? TopologyNodeState.Running : TopologyNodeState.Degraded, why, replica ? "replica" : "primary", figures);
    }

    /// <summary>It leads, and what people save is saved: also where something else is wrong with it.</summary>
    public static bool TakesWrites(TopologyNodeState state, string? role, IReadOnlyDictionary<string, string>? figures) =>
        role == "primary" && (state == TopologyNodeState.Running || state == TopologyNodeState.Degraded && figures?.GetValueOrDefault(Writes) != Wait);

    /// <returns>Why this one would not take another's place, or nobody would take its.</returns>
    private static string? OfPatroni(Layout layout, bool replica, string? said, Dictionary<string, string> figures)
    {
        if (said is null)
            return "Patroni does not answer in it: it takes nobody's place, and nobody takes its in order.";
        using var seen = JsonDocument.Parse(said);
        var root = seen.RootElement;
        if (root.TryGetProperty("timeline", out var timeline))
            figures["timeline"] = timeline.ToString();
        var paused = IsSet(root, "pause");
        if (paused)
            figures["paused"] = "yes";
        if (IsSet(root, "pending_restart"))
            figures["pendingRestart"] = "yes";
        var tags = root.TryGetProperty("tags", out var some) && some.ValueKind == JsonValueKind.Object ? some : default;
        var never = IsSet(tags, "nofailover") || tags.ValueKind == JsonValueKind.Object && tags.TryGetProperty("failover_priority", out var priority) && priority.ValueKind == JsonValueKind.Number && priority.GetInt32() <= 0;
        var (unsynced, synchronous) = (IsSet(tags, "nosync"), layout.Of(NodeType.Postgres).Any(n => n.Is("synchronous", "true")));
        var named = (string[])[.. never ? (string[])["nofailover"] : [], .. unsynced ? (string[])["nosync"] : []];
        if (named.Length > 0)
            figures["tags"] = string.Join(' ', named);
        return paused ? "Patroni is paused: when the primary is lost, nobody takes its place."
            : !replica ? null
            : never ? "It is tagged nofailover: it never takes the primary's place."
            : unsynced && synchronous ? "It is tagged nosync: it is never in sync, and so never takes the primary's place." : null;
    }

    private static bool IsSet(JsonElement of, string name) => of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    // Of the primary: who is so far behind that, without it, something is missing or nobody leads.
    private static string? Late(Layout layout, JsonElement root)
    {
        var late = root.GetProperty("followers").EnumerateArray().Where(f => IsLate(f, "bytes")).ToList();
        return late.Count == 0 ? null : $"{Sentence.And(late.Select(f => $"{NameOf(layout, f.GetProperty("name").GetString()!)} is {Behind(f, "bytes")}"))} behind it.";
    }

    private static bool IsLate(JsonElement of, string bytes) => Number(of, "late") > LateSeconds && Number(of, bytes) > LateBytes;
    private static string Behind(JsonElement of, string bytes) => string.Create(CultureInfo.InvariantCulture, $"{Number(of, "late"):0} s and {Number(of, bytes) / (1 << 20):0} MiB");
    private static double Number(JsonElement of, string name) => of.GetProperty(name).GetDouble();

    // By its container's name it is known to Patroni, and so to its primary.
    private static string NameOf(Layout layout, string container) => layout.Of(NodeType.Postgres).FirstOrDefault(n => n.Container == container)?.Label ?? container;
}
