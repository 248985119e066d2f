using System.Globalization;
using OCore.Client;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// From one set of Redis nodes and sentinels to another. Who comes is told who leads by those who are there; who goes is forgotten by the
/// sentinels, one after another. A Redis that is alone is made beside the one before it, and sessions do not come along.
/// </summary>
internal static class RedisMembers
{
    private const int Patience = 60;

    /// <param name="work">Towards which layout it goes.</param>
    public static async Task ComeToAsync(StepContext context, TopologyHost host, TopologyWork work, Layout from, bool back)
    {
        var wanted = work.Layout.Of(NodeType.Redis).Where(work.HasServerOf).ToList();
        var gone = from.Of(NodeType.Redis).Where(n => work.HasServerOf(n) && work.Layout.Find(n.Id)?.IsAt(n) != true).ToList();
        var lost = from.Of(NodeType.Redis).Any(n => !work.HasServerOf(n) && work.Layout.Find(n.Id)?.IsAt(n) != true);
        var coming = wanted.Where(n => from.Find(n.Id)?.IsAt(n) != true).ToList();
        if (gone.Count + coming.Count == 0 && !lost)
            return;
        if (!wanted.Exists(n => n.IsWatched))
        {
            foreach (var node in coming)
                await StartAsync(context, host, work, node);
            // On the way there Odoo still has its sessions in it.
            if (back)
                foreach (var node in gone)
                    await host.RemoveAsync(work, node, context.Stop);
            return;
        }
        var staying = wanted.Except(coming).ToList();
        var leader = await LeaderAsync(host, work, staying, gone, context.Stop);
        foreach (var node in coming.OrderBy(n => n.IsSentinel))
        {
            await host.EnsureAsync(work, node, context.Stop);
            await FollowAsync(host, work, node, leader, context.Stop);
            if (!node.IsSentinel)
                await StartAsync(context, host, work, node);
        }
        if (gone.Find(n => n.Address == leader.Address && n.Port == leader.Port) is { } leading)
            leader = await HandOverAsync(context, host, work, staying, gone, leading);
        foreach (var node in gone)
        {
            await host.RemoveAsync(work, node, context.Stop);
            context.Log($"{node.Id}: {node.Label} is removed");
        }
        // Not all have heard of another one that leads; one that still looks at who is gone would find nobody again.
        foreach (var node in wanted.Where(n => n.Address != leader.Address || n.Port != leader.Port))
            await FollowAsync(host, work, node, leader, context.Stop);
        // A sentinel forgets nobody by itself.
        foreach (var sentinel in wanted.Where(n => n.IsSentinel))
            await ForgetAsync(context, host, work, sentinel);
        foreach (var node in coming)
            await TopologySteps.MarkAsync(context, work.TopologyId, node.Id, TopologyNodeState.Running, null);
    }

    /// <summary>One whose volume is gone: it comes empty, and is told whom to follow.</summary>
    public static async Task RejoinAsync(TopologyHost host, TopologyWork work, LayoutNode node, CancellationToken stop)
    {
        var others = work.Layout.Of(NodeType.Redis).Where(n => n.Id != node.Id && work.HasServerOf(n)).ToList();
        var leader = await LeaderAsync(host, work, others, [], stop);
        await host.EnsureAsync(work, node, stop);
        await FollowAsync(host, work, node, leader, stop);
    }

    private static async Task StartAsync(StepContext context, TopologyHost host, TopologyWork work, LayoutNode node)
    {
        await TopologySteps.MarkAsync(context, work.TopologyId, node.Id, TopologyNodeState.Working, "It has started.");
        await host.EnsureAsync(work, node, context.Stop);
        var seen = await host.WaitAsync(work, node, TimeSpan.FromMinutes(3), context.Stop);
        await TopologySteps.MarkAsync(context, work.TopologyId, node.Id, seen.State, seen.Message);
        context.Log($"{node.Id}: {node.Label} runs");
    }

    /// <summary>Who leads, by the word of the sentinels that stay.</summary>
    private static async Task<(string Address, int Port)> LeaderAsync(TopologyHost host, TopologyWork work, IReadOnlyList<LayoutNode> staying, IReadOnlyList<LayoutNode> gone, CancellationToken stop)
    {
        for (var left = Patience; left > 0; left--)
        {
            foreach (var sentinel in staying.Where(n => n.IsSentinel))
            {
                var said = (await RunAsync(host, work, sentinel, "redis-cli -p 26379 SENTINEL GET-MASTER-ADDR-BY-NAME sessions", stop)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                if (said.Length == 2 && int.TryParse(said[1], CultureInfo.InvariantCulture, out var port) && staying.Concat(gone).FirstOrDefault(n => !n.IsSentinel && n.Address == said[0] && n.Port == port) is { } node
                    && await host.MeasureAsync(work, node, stop) is { Role: "primary" })
                    return (said[0], port);
            }
            await Task.Delay(TimeSpan.FromSeconds(1), stop);
        }
        throw new TryLaterException("No Redis leads.", "See how Redis and its sentinels do: one has to lead, and a majority of the sentinels to answer.");
    }

    private static async Task FollowAsync(TopologyHost host, TopologyWork work, LayoutNode node, (string Address, int Port) leader, CancellationToken stop)
    {
        var script = node.IsSentinel
            ? """
              set -eu
              password=$(sed -n 's/^sentinel auth-pass sessions //p' /usr/local/etc/redis/ocore.conf)
              for i in 1 2 3 4 5 6 7 8 9 10; do [ "$(redis-cli -p 26379 PING)" = PONG ] && break; sleep 1; done
              if [ "$(redis-cli -p 26379 SENTINEL GET-MASTER-ADDR-BY-NAME sessions | tr -d '\r' | tr '\n' ' ')" != "$1 $2 " ]; then
                redis-cli -p 26379 SENTINEL REMOVE sessions
                redis-cli -p 26379 SENTINEL MONITOR sessions "$1" "$2" "$3"
                for option in "auth-pass $password" "down-after-milliseconds 5000" "failover-timeout 30000" "parallel-syncs 1"; do
                  redis-cli -p 26379 SENTINEL SET sessions $option
                done
              fi
              """
            : """
              set -eu
              for i in 1 2 3 4 5 6 7 8 9 10; do [ "$(redis-cli PING)" = PONG ] && break; sleep 1; done
              redis-cli REPLICAOF "$1" "$2"
              redis-cli CONFIG REWRITE
              """;
        await RunAsync(host, work, node, script, stop, leader.Address, leader.Port.ToString(CultureInfo.InvariantCulture), node.IsSentinel ? node.Text("quorum") : "");
    }

    private static async Task<(string Address, int Port)> HandOverAsync(StepContext context, TopologyHost host, TopologyWork work, IReadOnlyList<LayoutNode> staying, IReadOnlyList<LayoutNode> gone, LayoutNode leading)
    {
        for (var left = 3; left > 0; left--)
        {
            context.Log($"{leading.Id} hands over: {await RunAsync(host, work, staying.First(n => n.IsSentinel), "redis-cli -p 26379 SENTINEL FAILOVER sessions", context.Stop)}");
            for (var seconds = 20; seconds > 0; seconds--)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), context.Stop);
                var leader = await LeaderAsync(host, work, staying, gone, context.Stop);
                if (gone.All(n => n.Address != leader.Address || n.Port != leader.Port))
                    return leader;
            }
        }
        throw new TryLaterException($"{leading.Label} leads, and no other Redis takes its place.", "See how Redis and its sentinels do.");
    }

    private static async Task ForgetAsync(StepContext context, TopologyHost host, TopologyWork work, LayoutNode sentinel)
    {
        await RunAsync(host, work, sentinel, "redis-cli -p 26379 SENTINEL RESET sessions", context.Stop);
        // Where one is missed for good, as on the way back to what was, it misses that one.
        if (work.Layout.Of(NodeType.Redis).All(work.HasServerOf))
            await host.WaitAsync(work, sentinel, TimeSpan.FromMinutes(1), context.Stop);
    }

    private static async Task<string> RunAsync(TopologyHost host, TopologyWork work, LayoutNode node, string script, CancellationToken stop, params string[] words)
    {
        var options = new ExecOptions { Timeout = TimeSpan.FromSeconds(30), Env = new Dictionary<string, string> { ["REDISCLI_AUTH"] = node.IsSentinel ? work.Secrets.Sentinel : work.Secrets.Redis } };
        var answer = await (await host.ConnectAsync(work, node, stop)).Docker.ExecAsync(DockerName.Parse(node.Container), ["sh", "-c", script, "ocore", .. words], null, stop, options);
        return answer.ThrowIfFailed("Asking Redis").Out.Trim();
    }
}
