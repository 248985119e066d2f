using OCore.Client;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Docker;

namespace OCore.Tests.Topologies;

/// <summary>Which members of clusters may be replaced under a topology that runs, and what that does to the others.</summary>
public sealed class PlanningMembers
{
    private static Layout Next(Sketch before, Sketch after) => after.Layout().After(before.Layout());

    [Fact]
    public void One_after_another_comes_goes_or_moves_and_the_rest_stays()
    {
        static IReadOnlyDictionary<string, string> Refused(Sketch before, Sketch after, params string[] leading) => Planner.NotChanged(Planner.Actions(before.Layout(), Next(before, after), before.Names()), before.Layout(), Next(before, after), leading.ToHashSet());
        var (failover, watched, pair) = (DeployScene.Failover(), DeployScene.Watched(), DeployScene.Pair());
        Assert.Empty(Refused(failover, failover.On("postgres-3", "db").On("etcd-3", "db").On("redis", "files"), "postgres"));
        Assert.Empty(Refused(failover, failover.On("postgres", "db"), "postgres-2"));
        Assert.Contains("Let another PostgreSQL lead first", Assert.Single(Refused(failover, failover.On("postgres-2", "db"), "postgres-2")).Value, StringComparison.Ordinal);
        Assert.Equal(["postgres", "postgres-2", "postgres-3"], Refused(failover, failover.Set("postgres", "ttl", 40)).Keys);
        Assert.Equal(["etcd-1"], Refused(failover, failover.Set("etcd-1", "memoryMb", 512)).Keys);
        Assert.Empty(Refused(watched, watched.On("redis", "files").On("sentinel-1", "files")));
        Assert.Equal(["redis", "redis-2"], Refused(watched, watched.On("redis", "files").On("redis-2", "db")).Keys);
        Assert.Equal(["sentinel-1", "sentinel-2"], Refused(watched, watched.On("sentinel-1", "files").On("sentinel-2", "db")).Keys);
        Assert.Contains("restore a backup", Assert.Single(Refused(pair, pair.On("postgres", "files"))).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_stays_is_not_made_anew_and_what_was_done_is_what_is_planned_next()
    {
        var (failover, watched) = (DeployScene.Failover(), DeployScene.Watched());
        var secrets = new TopologySecrets("a", "b", "c", "d", "e");
        string SpecOf(Layout layout, string id) => SpecHash.Of(NodeSpecs.Of(DeployScene.Id, layout, layout.Find(id)!, secrets));
        foreach (var (before, after, stays, moved) in new[] { (failover, failover.On("etcd-3", "db"), "etcd-1", "etcd-3"), (watched, watched.On("redis", "files"), "redis-2", "redis"), (watched, watched.On("redis", "files"), "sentinel-2", "redis") })
        {
            var (old, now) = (before.Layout(), Next(before, after));
            Assert.Equal(SpecOf(old, stays), SpecOf(now, stays));
            Assert.NotEqual(SpecOf(old, moved), SpecOf(now, moved));
            var again = after.Layout().After(now);
            Assert.All(Planner.Actions(now, again, after.Names()), a => Assert.Equal(PlanActionKind.Keep, a.Action));
            Assert.All(again.Nodes.Where(n => n.Type is NodeType.Etcd or NodeType.Redis), n => Assert.Equal(SpecOf(now, n.Id), SpecOf(again, n.Id)));
        }
        Assert.Contains("existing", string.Join(' ', NodeSpecs.Of(DeployScene.Id, Next(failover, failover.On("etcd-3", "db")), Next(failover, failover.On("etcd-3", "db")).Find("etcd-3")!, secrets).Command!), StringComparison.Ordinal);
    }
}
