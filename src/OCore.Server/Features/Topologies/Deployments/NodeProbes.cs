using System.Globalization;
using System.Text.Json;
using OCore.Client;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>What a look at a node saw.</summary>
internal sealed record NodeMeasure(TopologyNodeState State, string? Message, string? Role = null, Dictionary<string, string>? Figures = null);

/// <summary>Each kind of node, asked by constant programs in its own container: what it says of itself, not what its process list says.</summary>
internal static class NodeProbes
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    public static async Task<NodeMeasure> AskAsync(IServerConnection connection, TopologyWork work, LayoutNode node, CancellationToken stop)
    {
        var name = DockerName.Parse(node.Container);
        if (await connection.Docker.FindAsync(name, stop) is not { } container)
            return new NodeMeasure(TopologyNodeState.Missing, "Its container is gone from the server.");
        if (!container.IsRunning)
            return new NodeMeasure(TopologyNodeState.Failed, $"Its container does not run: {container.Status}.");
        try
        {
            return node.Type switch
            {
                NodeType.Odoo => await OdooAsync(connection, name, work.Layout.FilestoreType == FilestoreType.SharedNfs, stop),
                NodeType.Filestore => await NfsServer.AskAsync(connection, name, stop),
                NodeType.Postgres => await PostgresNodes.AskAsync(connection, name, work.Layout, node, stop),
                NodeType.Redis => await RedisNodes.AskAsync(connection, name, work, node, stop),
                NodeType.Pgbouncer => await Pooler.AskAsync(connection, name, work.Secrets, stop),
                NodeType.Etcd => await EtcdAsync(connection, name, stop),
                NodeType.Monitor => await MonitorNode.AskAsync(connection, name, work.Layout, node, stop),
                _ => await WithConnectionsAsync(connection, name, node, await BalancerAsync(connection, name, work.Layout, node, stop), stop),
            };
        }
        catch (Exception e) when (e is RemoteCommandException or DockerConflictException or RemoteTimeoutException or JsonException or FormatException)
        {
            return new NodeMeasure(TopologyNodeState.Failed, $"It runs and does not answer: {Platform.Remote.Redaction.Of(e.Message)}");
        }
    }

    private const string OdooScript = """
        import http.client, json, sys, time
        start = time.monotonic()
        c = http.client.HTTPConnection("127.0.0.1", 8069, timeout=8)
        c.request("GET", "/web/health?db_server_status=1", headers={"Host": "localhost"})
        a = c.getresponse(); a.read()
        print(a.status, int((time.monotonic() - start) * 1000))
        """;

    private static async Task<NodeMeasure> OdooAsync(IServerConnection connection, DockerName name, bool nfs, CancellationToken stop)
    {
        if (nfs && await NfsServer.WhyNotMountedAsync(connection, name, stop) is { } why)
            return new NodeMeasure(TopologyNodeState.Degraded, why);
        var answer = await ExecAsync(connection, name, ["python3", "-c", OdooScript], null, stop);
        var words = answer.Split(' ');
        var figures = new Dictionary<string, string> { ["milliseconds"] = words[1] };
        return words[0] == "200" ? new NodeMeasure(TopologyNodeState.Running, null, null, figures) : new NodeMeasure(TopologyNodeState.Degraded, $"Its health page answers {words[0]}: it has no database.", null, figures);
    }

    private static async Task<NodeMeasure> EtcdAsync(IServerConnection connection, DockerName name, CancellationToken stop)
    {
        using var seen = JsonDocument.Parse(await ExecAsync(connection, name, ["etcdctl", "--endpoints", "http://127.0.0.1:2379", "--command-timeout=8s", "endpoint", "status", "-w", "json"], null, stop));
        var status = seen.RootElement[0].GetProperty("Status");
        // What is 0 is left out: a leader, where there is none.
        ulong Number(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? value.GetUInt64() : 0;
        var (leader, self) = (Number(status, "leader"), Number(status.GetProperty("header"), "member_id"));
        var figures = new Dictionary<string, string> { ["bytes"] = $"{Number(status, "dbSize")}", ["term"] = $"{Number(status, "raftTerm")}" };
        return leader == 0 ? new NodeMeasure(TopologyNodeState.Degraded, "Its members have no leader: a majority is missing.", "member", figures) : new NodeMeasure(TopologyNodeState.Running, null, leader == self ? "leader" : "member", figures);
    }

    // Asked of the kernel, for which all programs are alike: nothing of them has to be opened for it, and none of their files changes.
    internal const string ConnectionsScript = """cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -cE "^ *[0-9]+: [0-9A-F]+:($1) [0-9A-F:]+ 01 " || true""";

    /// <summary>With how many connections people, or what they use, have to it at this moment.</summary>
    private static async Task<NodeMeasure> WithConnectionsAsync(IServerConnection connection, DockerName name, LayoutNode node, NodeMeasure seen, CancellationToken stop)
    {
        int[] ports = node.IsPgEntry ? [NodeSpecs.InnerPgPort] : [NodeSpecs.InnerHttpPort, NodeSpecs.InnerHttpsPort];
        var open = await ExecAsync(connection, name, ["sh", "-c", ConnectionsScript, "ocore", string.Join('|', ports.Select(p => p.ToString("X4", CultureInfo.InvariantCulture)))], null, stop);
        return seen with { Figures = new Dictionary<string, string>(seen.Figures ?? []) { ["connections"] = open.Trim() } };
    }

    // The runtime API, on the container's own loopback; bash is what the image has that speaks TCP.
    internal const string StatScript = "exec 3<>/dev/tcp/127.0.0.1/8404; printf 'show stat -1 4 -1\\n' >&3; cat <&3";
    private const string HeadScript = "exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET /web/health HTTP/1.1\\r\\nHost: %s\\r\\nConnection: close\\r\\n\\r\\n' \"$1\" >&3; head -n 1 <&3";

    private static async Task<NodeMeasure> BalancerAsync(IServerConnection connection, DockerName name, Layout layout, LayoutNode node, CancellationToken stop)
    {
        if (node.IsBalancer && node.Text("program") != "haproxy")
            return await HeadAsync(connection, name, layout, node, stop);
        var answer = await ExecAsync(connection, name, ["bash", "-c", StatScript], null, stop);
        var rows = answer.Split('\n').Where(l => l.Length > 0).Select(l => l.TrimStart('#', ' ').Split(',')).ToList();
        var (status, current) = (Array.IndexOf(rows[0], "status"), Array.IndexOf(rows[0], "scur"));
        var pool = rows.Skip(1).Where(r => r.Length > status && r[0] is "odoo" or "primary" && r[1] is not ("BACKEND" or "FRONTEND")).ToList();
        var up = pool.Count(r => r[status].StartsWith("UP", StringComparison.Ordinal) || r[status].StartsWith("DRAIN", StringComparison.Ordinal));
        // What nodes answer at this moment; live connections are in a pool of their own.
        var sessions = rows.Skip(1).Where(r => r.Length > status && r[0] is "odoo" or "live" or "primary").Sum(r => int.TryParse(r[current], CultureInfo.InvariantCulture, out var some) ? some : 0);
        var figures = new Dictionary<string, string> { ["nodesUp"] = Number(up), ["nodes"] = Number(pool.Count), ["sessions"] = Number(sessions) };
        // Of several PostgreSQL nodes one leads, and the entry is meant to see only that one.
        var needed = node.IsPgEntry ? 1 : pool.Count;
        return up == 0 ? new NodeMeasure(TopologyNodeState.Degraded, "None of the nodes behind it answers.", null, figures)
            : up < needed ? new NodeMeasure(TopologyNodeState.Degraded, $"{up} of {needed} nodes behind it answer.", null, figures) : new NodeMeasure(TopologyNodeState.Running, null, null, figures);
    }

    private static async Task<NodeMeasure> HeadAsync(IServerConnection connection, DockerName name, Layout layout, LayoutNode node, CancellationToken stop)
    {
        var host = node.List("hosts") is [var first, ..] ? first : "localhost";
        if (node.Is("program", "traefik"))
        {
            // Its image has busybox only.
            var ok = await connection.Docker.ExecAsync(name, ["wget", "-q", "-O", "/dev/null", "--header", $"Host: {host}", "http://127.0.0.1:8080/web/health"], null, stop, new ExecOptions { Timeout = Patience });
            return ok.Ok ? new NodeMeasure(TopologyNodeState.Running, null) : new NodeMeasure(TopologyNodeState.Degraded, "Through it, Odoo's health page does not answer.");
        }
        // Whom it has taken out it knows at once; a page may wait for a node that is not out yet.
        var seen = await BalancerChecks.AskAsync(connection, name, layout, node, stop);
        if (seen.State != TopologyNodeState.Running)
            return seen;
        var answer = (await ExecAsync(connection, name, ["bash", "-c", HeadScript, "ocore", host], null, stop)).Trim();
        return answer.Contains(" 200", StringComparison.Ordinal) ? seen : seen with { State = TopologyNodeState.Degraded, Message = $"Through it, Odoo's health page answers: {answer}" };
    }

    private const string BucketScript = """
        import json, sys
        sys.argv = ["odoo"]
        import importlib.util, types
        source = open("/opt/hosting/addons/hosting_files/__init__.py", encoding="utf-8").read().split("def _object(")[0].replace("from odoo.addons.base.models.ir_attachment import IrAttachment\n", "").replace("from odoo import http as odoo_http\n", "").replace("from odoo.tools import config\n", "")
        place = {}
        exec(source, place)
        import time
        start = time.monotonic()
        status, content = place["Bucket"](json.load(open("/opt/hosting/files.json", encoding="utf-8"))).call("GET", "ocore-probe")
        print(status, int((time.monotonic() - start) * 1000))
        """;

    /// <summary>Whether the bucket takes the keys that Odoo has: asked for an object that need not be there.</summary>
    public static async Task<NodeMeasure> BucketAsync(IServerConnection connection, DockerName odoo, CancellationToken stop)
    {
        try
        {
            var words = (await ExecAsync(connection, odoo, ["python3", "-c", BucketScript], null, stop)).Trim().Split(' ');
            var figures = new Dictionary<string, string> { ["milliseconds"] = words[1] };
            return words[0] is "200" or "404" ? new NodeMeasure(TopologyNodeState.Running, null, null, figures) : new NodeMeasure(TopologyNodeState.Failed, $"It answers {words[0]}: are its name and its keys right?", null, figures);
        }
        catch (RemoteCommandException e)
        {
            return new NodeMeasure(TopologyNodeState.Failed, $"It does not answer: {Platform.Remote.Redaction.Of(e.Message)}");
        }
    }

    private static string Number(int n) => n.ToString(CultureInfo.InvariantCulture);

    public static async Task<string> ExecAsync(IServerConnection connection, DockerName name, IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? env, CancellationToken stop)
    {
        var options = new ExecOptions { Timeout = Patience, Env = env ?? new Dictionary<string, string>() };
        return (await connection.Docker.ExecAsync(name, [.. command], null, stop, options)).ThrowIfFailed("Asking it").Out;
    }
}
