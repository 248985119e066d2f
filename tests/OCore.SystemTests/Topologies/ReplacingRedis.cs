using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;

namespace OCore.SystemTests.Topologies;

/// <summary>The machine with the Redis that leads never comes back: it and a sentinel are made on another one, and who was signed in stays so. A Redis that lives moves after that.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class ReplacingRedis(TopologyLab lab)
{
    private TopologyView _topology = null!;

    [LabFact]
    public async Task Who_is_signed_in_stays_so_when_Redis_comes_to_another_machine()
    {
        var scene = lab.Scene;
        _topology = await lab.DrawAsync(DeployScene.Watched().On("redis", "files"), "Replaces Redis", lab.Places(("edge", 1), ("app-1", 2), ("app-2", 3), ("files", 3), ("db", 1)));
        await lab.DeployAsync(_topology);
        var (instance, admin) = await lab.InstanceOfAsync(_topology);
        using var visitor = await lab.SignedInAsync(instance, admin);
        try
        {
            var lost = scene.Servers[2];
            await lab.Machines[2].DoAsync("cut");
            await scene.UntilAsync(async () =>
            {
                scene.App.Clock.Advance(TimeSpan.FromSeconds(2));
                return (await scene.Http.Get<ServerView>($"/api/servers/{lost.Id}")).Status == ServerStatus.Unreachable;
            }, $"{lost.Name} is unreachable", 90);
            await scene.EndOfAsync(await scene.Http.Delete<OperationView>($"/api/servers/{lost.Id}?forget=true"));
            await MovedAsync(3, "redis", "sentinel-3", "odoo-2");
            await FollowsAsync("redis", "redis-2");
            Assert.True(await visitor.IsInAsync());

            // The new one has the sessions: it leads when the other one is lost.
            await lab.Machines[1].ShellAsync("docker stop \"$(docker ps -q --filter label=ocore.node=redis-2)\" >/dev/null");
            await scene.UntilAsync(async () => (await lab.MeasureAsync(_topology, "redis")).Role == "primary", "the new one leads", 90);
            await scene.UntilAsync(() => InAsync(visitor), "who was signed in still is", 60);
            await lab.Machines[1].ShellAsync("docker start \"$(docker ps -aq --filter label=ocore.node=redis-2)\" >/dev/null");
            await FollowsAsync("redis-2", "redis");
        }
        finally
        {
            await lab.ReplaceLostAsync();
        }
        // It leads: the other one does before it goes.
        await MovedAsync(2, "redis");
        await FollowsAsync("redis", "redis-2");
        await scene.UntilAsync(() => InAsync(visitor), "who was signed in still is", 60);
        await lab.DestroyAsync(_topology);
        await lab.NothingIsLeftAsync();

        async Task MovedAsync(int machine, params string[] nodes)
        {
            await scene.Http.Put<UpdateTopology, TopologyView>($"/api/topologies/{_topology.Id}", new()
            {
                Changes = [.. nodes.Select(node => new TopologyChange { Op = TopologyChangeKind.SetNode, Id = node, Member = "serverId", Value = new RawJson($"\"{scene.Servers[machine].Id}\"") })],
            });
            await lab.DeployAsync(_topology, new PlanTopology());
            foreach (var node in _topology.TopologyData.Nodes)
                await scene.UntilAsync(async () => await lab.MeasureAsync(_topology, node.Id) is { State: TopologyNodeState.Running, Drift.Count: 0 }, $"{node.Id} runs as planned", 60);
        }
    }

    private static async Task<bool> InAsync(OdooVisitor visitor)
    {
        try
        {
            return await visitor.IsInAsync();
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    private Task FollowsAsync(string node, string leader) =>
        lab.Scene.UntilAsync(async () => await lab.MeasureAsync(_topology, node) is { State: TopologyNodeState.Running, Role: "replica" } seen && seen.Figures["follows"] == leader, $"{node} follows {leader}", 90);
}
