using OCore.Client;
using OCore.Features.Topologies.Deployments;

namespace OCore.Tests.Topologies;

/// <summary>What Redis and its sentinels say of themselves, as it is read: the role that a node has, whatever was drawn.</summary>
public sealed class AskingRedis
{
    private static readonly Layout Watched = DeployScene.Watched().Layout();
    private const string Common = "# Clients\r\nconnected_clients:4\r\nused_memory:1048576\r\naof_enabled:1\r\naof_last_write_status:ok\r\ndb0:keys=12,expires=12,avg_ttl=1\r\n";

    private static NodeMeasure Info(string said, Layout? layout = null) => RedisNodes.ReadInfo(layout ?? Watched, Common + said);

    [Fact]
    public void The_one_that_leads_says_who_follows_and_how_far_behind()
    {
        var seen = Info("role:master\r\nconnected_slaves:1\r\nslave0:ip=10.0.0.10,port=6379,state=online,offset=900,lag=1\r\nmaster_repl_offset:1000\r\n");
        Assert.Equal((TopologyNodeState.Running, "primary"), (seen.State, seen.Role));
        Assert.Equal(("1", "100", "1", "12"), (seen.Figures!["replicas"], seen.Figures["lagBytes"], seen.Figures["lagSeconds"], seen.Figures["keys"]));
        // Alone it has nobody to speak of.
        Assert.DoesNotContain("replicas", Info("role:master\r\nconnected_slaves:0\r\nmaster_repl_offset:0\r\n", DeployScene.Pair().Layout()).Figures!.Keys);
        Assert.Equal(TopologyNodeState.Failed, RedisNodes.ReadInfo(Watched, "NOAUTH Authentication required.").State);
    }

    [Theory]
    [InlineData("maxmemory:0\r\n", null)]
    [InlineData("", null)]
    [InlineData("maxmemory:1200000\r\n", null)]
    [InlineData("maxmemory:1100000\r\n", "95 %")]
    [InlineData("maxmemory:1000\r\n", "100 %")]
    public void One_that_is_nearly_full_says_so(string limit, string? why)
    {
        var seen = Info($"role:master\r\nconnected_slaves:0\r\nmaster_repl_offset:0\r\n{limit}", DeployScene.Pair().Layout());
        Assert.Equal(why is null ? TopologyNodeState.Running : TopologyNodeState.Degraded, seen.State);
        Assert.StartsWith(why ?? "", seen.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_replica_says_whom_it_follows_and_whether_it_does()
    {
        const string Replica = "role:slave\r\nmaster_host:10.0.0.13\r\nmaster_port:6379\r\nmaster_last_io_seconds_ago:0\r\nslave_read_repl_offset:1000\r\nslave_repl_offset:990\r\n";
        var seen = Info(Replica + "master_link_status:up\r\nmaster_sync_in_progress:0\r\n");
        Assert.Equal((TopologyNodeState.Running, "replica", "redis", "10"), (seen.State, seen.Role, seen.Figures!["follows"], seen.Figures["lagBytes"]));
        Assert.Contains("does not reach redis", Info(Replica + "master_link_status:down\r\nmaster_sync_in_progress:0\r\n").Message, StringComparison.Ordinal);
        Assert.Contains("fetches everything", Info(Replica + "master_link_status:down\r\nmaster_sync_in_progress:1\r\n").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OK 3 usable Sentinels. Quorum and failover authorization can be reached", "master", "1", "2", null)]
    [InlineData("OK 2 usable Sentinels. Quorum and failover authorization can be reached", "master", "1", "2", null)]
    [InlineData("NOQUORUM 1 usable Sentinels.", "master", "1", "2", "Too few sentinels")]
    [InlineData("OK 3 usable Sentinels.", "s_down,master", "1", "2", "redis-2 does not answer it")]
    [InlineData("OK 3 usable Sentinels.", "master", "1", "1", "2 of 3 sentinels")]
    [InlineData("OK 3 usable Sentinels.", "master", "0", "2", "0 of 1 replicas")]
    public void A_sentinel_says_who_leads_and_how_many_it_knows(string judgement, string flags, string replicas, string others, string? why)
    {
        var seen = RedisNodes.ReadSentinel(Watched, $"{judgement}\nname\nsessions\nip\n10.0.0.10\nport\n6379\nrunid\n\nflags\n{flags}\nnum-slaves\n{replicas}\nnum-other-sentinels\n{others}\nquorum\n2\n");
        Assert.Equal(("sentinel", "redis-2"), (seen.Role, seen.Figures!["primary"]));
        Assert.Equal(why is null ? TopologyNodeState.Running : TopologyNodeState.Degraded, seen.State);
        Assert.Contains(why ?? "", seen.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_sentinel_that_takes_no_password_has_failed() =>
        Assert.Equal(TopologyNodeState.Failed, RedisNodes.ReadSentinel(Watched, "NOAUTH Authentication required.\nNOAUTH Authentication required.\n").State);
}
