using System.Globalization;
using System.Text.Json;
using OCore.Client;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// From one set of etcd members to another, one after the other: who goes is taken out of the cluster by one that lives, before who comes is put
/// in, and nothing is done that would leave fewer than a majority.
/// </summary>
internal static class EtcdMembers
{
    public static string Peer(LayoutNode node) => $"http://{node.Endpoint(node.SecondPort)}";
    public static string NamedPeer(LayoutNode node) => $"{node.Container}={Peer(node)}";

    private sealed record Member(ulong Id, string Name, string Peer)
    {
        public string Hex => Id.ToString("x", CultureInfo.InvariantCulture);
    }

    /// <param name="work">Towards which layout it goes.</param>
    /// <returns>The layout with who came again to a place that it had left; it has to be kept.</returns>
    public static async Task ComeToAsync(OCoreDb db, StepContext context, TopologyHost host, TopologyWork work, Layout from)
    {
        var wanted = work.Layout.Of(NodeType.Etcd).Where(work.HasServerOf).ToList();
        if (work.Layout.Of(NodeType.Etcd).All(n => from.Find(n.Id)?.IsAt(n) == true) && from.Of(NodeType.Etcd).All(n => work.Layout.Find(n.Id)?.IsAt(n) == true))
            return;
        var staying = wanted.Where(n => from.Find(n.Id)?.IsAt(n) == true).ToList();
        var members = await ListAsync(host, work, staying, context.Stop);
        foreach (var member in members.Where(m => wanted.TrueForAll(n => Peer(n) != m.Peer)).ToList())
        {
            await RemoveMemberAsync(context, host, work, staying, members, member);
            foreach (var node in from.Of(NodeType.Etcd).Where(n => Peer(n) == member.Peer))
            {
                await host.RemoveAsync(work, node, context.Stop);
                context.Log($"{node.Id}: {node.Label} is no member any more");
            }
            members = await ListAsync(host, work, staying, context.Stop);
        }
        foreach (var node in wanted.Except(staying))
            await JoinAsync(db, context, host, work, staying, node);
    }

    /// <summary>A member whose volume is gone: the cluster forgets who it was, and it comes anew.</summary>
    public static async Task RejoinAsync(OCoreDb db, StepContext context, TopologyHost host, TopologyWork work, LayoutNode node)
    {
        var others = work.Layout.Of(NodeType.Etcd).Where(n => n.Id != node.Id && work.HasServerOf(n)).ToList();
        var members = await ListAsync(host, work, others, context.Stop);
        if (members.Find(m => m.Peer == Peer(node)) is { Name.Length: > 0 } member && !await (await host.ConnectAsync(work, node, context.Stop)).Docker.HasVolumeAsync(DockerName.Parse(node.Container), context.Stop))
            await RemoveMemberAsync(context, host, work, others, members, member);
        await JoinAsync(db, context, host, work, others, node);
    }

    private static async Task JoinAsync(OCoreDb db, StepContext context, TopologyHost host, TopologyWork work, IReadOnlyList<LayoutNode> others, LayoutNode node)
    {
        var members = await ListAsync(host, work, others, context.Stop);
        await TopologySteps.MarkAsync(context, work.TopologyId, node.Id, TopologyNodeState.Working, "It comes to the other members.");
        if (members.TrueForAll(m => m.Peer != Peer(node)))
        {
            // What is there is of a member that the cluster has forgotten: an attempt before this one, or what it was before it left.
            await host.RemoveAsync(work, node, context.Stop);
            await AskAsync(host, work, others, context.Stop, "member", "add", node.Container, $"--peer-urls={Peer(node)}");
            members = await ListAsync(host, work, others, context.Stop);
        }
        if (members.Find(m => m.Peer == Peer(node)) is { Name: "" })
            (work, node) = await BeginningAsync(db, context, work, node, members);
        await host.EnsureAsync(work, node, context.Stop);
        var seen = await host.WaitAsync(work, node, TimeSpan.FromMinutes(3), context.Stop);
        await TopologySteps.MarkAsync(context, work.TopologyId, node.Id, seen.State, seen.Message);
        context.Log($"{node.Id}: {node.Label} is a member");
    }

    // It has to name exactly those who are members now. Where the layout says something else, that is what is kept.
    private static async Task<(TopologyWork, LayoutNode)> BeginningAsync(OCoreDb db, StepContext context, TopologyWork work, LayoutNode node, List<Member> members)
    {
        var now = members.Select(m => $"{(m.Peer == Peer(node) ? node.Container : m.Name)}={m.Peer}").ToHashSet(StringComparer.Ordinal);
        if (node.Joined && now.SetEquals(work.Layout.BeginningOf(node).Split(',')))
            return (work, node);
        var joined = node with { Joined = true, Began = string.Join(',', now.Order(StringComparer.Ordinal)) };
        var layout = work.Layout with { Nodes = [.. work.Layout.Nodes.Select(n => n.Id == node.Id ? joined : n)] };
        if (work.Deployment.Before is { } before && before.Find(node.Id)?.IsAt(node) == true && work.Deployment.Layout.Find(node.Id)?.IsAt(node) != true)
            work.Deployment.Before = layout;
        else
            work.Deployment.Layout = layout;
        await db.SaveChangesAsync(context.Stop);
        return (work with { Layout = layout }, joined);
    }

    private static async Task RemoveMemberAsync(StepContext context, TopologyHost host, TopologyWork work, IReadOnlyList<LayoutNode> others, List<Member> members, Member member)
    {
        var answering = 0;
        foreach (var other in others.Where(o => o.Container != member.Name || Peer(o) != member.Peer))
            answering += await host.MeasureAsync(work, other, context.Stop) is { State: TopologyNodeState.Running } && members.Exists(m => m.Peer == Peer(other)) ? 1 : 0;
        if (answering < ((members.Count - 1) / 2) + 1)
            throw new TryLaterException($"Of etcd's members {answering} answer: a majority of those that would be left has to.", "Let those that stay answer first; or cancel the change.");
        await AskAsync(host, work, others, context.Stop, "member", "remove", member.Hex);
    }

    private static async Task<List<Member>> ListAsync(TopologyHost host, TopologyWork work, IReadOnlyList<LayoutNode> asked, CancellationToken stop)
    {
        using var seen = JsonDocument.Parse(await AskAsync(host, work, asked, stop, "member", "list", "-w", "json"));
        return [.. seen.RootElement.GetProperty("members").EnumerateArray().Select(m =>
            new Member(m.GetProperty("ID").GetUInt64(), m.TryGetProperty("name", out var name) ? name.GetString() ?? "" : "", m.GetProperty("peerURLs")[0].GetString()!))];
    }

    // By whichever of them answers. Who has just lost or got a member says for some seconds that it is not well.
    private static async Task<string> AskAsync(TopologyHost host, TopologyWork work, IReadOnlyList<LayoutNode> asked, CancellationToken stop, params string[] words)
    {
        var said = "none of them runs";
        for (var left = 15; left > 0; left--)
        {
            foreach (var node in asked)
            {
                var (docker, name) = ((await host.ConnectAsync(work, node, stop)).Docker, DockerName.Parse(node.Container));
                if (await docker.FindAsync(name, stop) is not { IsRunning: true })
                    continue;
                var answer = await docker.ExecAsync(name, ["etcdctl", "--endpoints", "http://127.0.0.1:2379", "--command-timeout=8s", .. words], null, stop, new ExecOptions { Timeout = TimeSpan.FromSeconds(12) });
                if (answer.Ok)
                    return answer.Out;
                said = Redaction.Of(answer.Error.Trim());
            }
            await Task.Delay(TimeSpan.FromSeconds(1), stop);
        }
        throw new TryLaterException($"No member of etcd does it: {said}", "See how the members do: a majority has to answer.");
    }
}
