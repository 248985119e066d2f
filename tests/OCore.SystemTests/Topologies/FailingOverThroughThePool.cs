using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>Odoo behind nginx, and between it and the PostgreSQL that leads a PgBouncer and what finds the one that leads, all on the load balancer's server.</summary>
public sealed class PooledScene(TopologyLab lab) : FailoverScene(lab)
{
    private protected override Sketch Sketch => DeployScene.Failover(LoadBalancerType.Nginx).Pooled().On("entry", "edge").On("pooler", "edge");
}

/// <summary>Whoever comes through a pool follows the PostgreSQL that leads as well, and loses no row that was acknowledged.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class FailingOverThroughThePool(TopologyLab lab, PooledScene scene, ITestOutputHelper output) : FailoverDrills(lab, scene, output), IClassFixture<PooledScene>
{
    [LabTheory, MemberData(nameof(Times))]
    public async Task Another_PostgreSQL_is_found_by_the_pool(int time)
    {
        Say($"time {time}");
        await DrillAsync("pooled: the primary's process is killed", async () => await KillProcessAsync(await PrimaryAsync()), 0);
        await DrillAsync("pooled: the primary's container is killed", async () => await KillAsync(await PrimaryAsync()), 40);
        await DrillAsync("pooled: another one is made to lead", SwitchOverAsync, 0);
        await AwayFromTheEdgeAsync();
        await DrillAsync("pooled: the power of the primary's server is cut", async () => await HarmAsync(await PrimaryAsync(), "stop", "start"), 0);
        await AwayFromTheEdgeAsync();
        await DrillAsync("pooled: the primary's server is cut off, and healed", async () => await HarmAsync(await PrimaryAsync(), "cut", "heal"), 0);
    }

    [LabTheory, MemberData(nameof(Times))]
    public async Task What_is_killed_behind_nginx_is_not_missed(int time)
    {
        Say($"time {time}");
        await DrillAsync("nginx: an Odoo node is killed", () => KillAsync("odoo-1"), 15);
        await DrillAsync("nginx: it is killed for 5 s", async () => { await (await BackAfterAsync(await KillAsync("lb"), 5))(); }, 0);
        await DrillAsync("nginx: PgBouncer is killed for 5 s", async () => { await (await BackAfterAsync(await KillAsync("pooler"), 5))(); }, 0);
        await DrillAsync("nginx: what finds the primary is killed for 5 s", async () => { await (await BackAfterAsync(await KillAsync("entry"), 5))(); }, 0);
    }
}
