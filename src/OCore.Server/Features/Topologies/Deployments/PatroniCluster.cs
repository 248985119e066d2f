using System.Text.Json;
using System.Text.Json.Nodes;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>A PostgreSQL as Patroni sees it.</summary>
internal sealed record PatroniMember(string Role, string State)
{
    public bool Leads => Role is "leader" or "master" or "standby_leader";
    public bool Follows => !Leads && State is "streaming" or "running";
    /// <summary>It has every row that was acknowledged.</summary>
    public bool IsSynchronous => Role.EndsWith("sync_standby", StringComparison.Ordinal);
}

/// <summary>Patroni's own interface, from within the container of one of its nodes; who may ask it is in its file.</summary>
internal static class PatroniCluster
{
    private const string Script = """
        import base64, json, sys, urllib.error, urllib.request
        may = json.load(open("/etc/patroni/patroni.yml"))["restapi"]["authentication"]
        key = base64.b64encode((may["username"] + ":" + may["password"]).encode()).decode()
        body = sys.argv[3].encode() if len(sys.argv) > 3 else None
        ask = urllib.request.Request("http://127.0.0.1:8008/" + sys.argv[1], body, {"Content-Type": "application/json", "Authorization": "Basic " + key}, method=sys.argv[2])
        try:
            answer = urllib.request.urlopen(ask, timeout=60)
            print(answer.status, answer.read().decode())
        except urllib.error.HTTPError as refused:
            print(refused.code, refused.read().decode())
        """;

    /// <returns>The members by the names of their containers, which they have in Patroni too.</returns>
    public static async Task<IReadOnlyDictionary<string, PatroniMember>> MembersAsync(IServerConnection connection, LayoutNode asked, CancellationToken stop)
    {
        var answer = await AskAsync(connection, asked, stop, "cluster", "GET");
        if (!answer.StartsWith("200 ", StringComparison.Ordinal))
            throw new TryLaterException($"Patroni answers: {answer}", "It is asked again.");
        using var cluster = JsonDocument.Parse(answer[4..]);
        return cluster.RootElement.GetProperty("members").EnumerateArray().ToDictionary(m => m.GetProperty("name").GetString()!, m => new PatroniMember(m.GetProperty("role").GetString()!, m.GetProperty("state").GetString()!));
    }

    /// <returns>What Patroni says to it, its status first.</returns>
    public static Task<string> SwitchOverAsync(IServerConnection connection, LayoutNode asked, string leader, string candidate, CancellationToken stop) =>
        AskAsync(connection, asked, stop, "switchover", "POST", new JsonObject { ["leader"] = leader, ["candidate"] = candidate }.ToJsonString());

    /// <summary>What holds for the whole cluster is kept in etcd, and the files of the nodes say it to a new cluster only.</summary>
    public static async Task SetSynchronousAsync(IServerConnection connection, LayoutNode asked, bool synchronous, CancellationToken stop)
    {
        var answer = await AskAsync(connection, asked, stop, "config", "PATCH", new JsonObject { ["synchronous_mode"] = synchronous }.ToJsonString());
        if (!answer.StartsWith("200 ", StringComparison.Ordinal))
            throw new TryLaterException($"Patroni answers: {answer}", "It is asked again.");
    }

    private static async Task<string> AskAsync(IServerConnection connection, LayoutNode node, CancellationToken stop, params string[] words)
    {
        var result = await connection.Docker.ExecAsync(DockerName.Parse(node.Container), ["python3", "-c", Script, .. words], null, stop, new ExecOptions { User = "postgres", Timeout = TimeSpan.FromSeconds(70) });
        return result.ThrowIfFailed("Asking Patroni").Out.Trim();
    }
}
