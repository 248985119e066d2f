using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Data;
using OCore.SystemTests.Backups;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>
/// Two Odoo, two Redis and three sentinels on three servers: the Redis that leads is killed, comes back, is made anew, and the other one is
/// killed. Who was signed in stays so. The instance is backed up into a bucket of its own meanwhile, as it is drawn.
/// </summary>
[Collection(TopologyLabCollection.Name)]
public sealed class LosingRedis(TopologyLab lab, ITestOutputHelper output)
{
    private const string Host = "sessions.shop.example";
    private static readonly TimeSpan Bearable = TimeSpan.FromSeconds(45);
    private TopologyView _topology = null!;

    [LabFact]
    public async Task Who_is_signed_in_stays_so_when_the_Redis_that_leads_is_lost()
    {
        var sketch = DeployScene.Watched().BackedUp(lab.Backups.Url.ToString().TrimEnd('/')).Set("backups", "bucket", BucketPeer.Bucket);
        _topology = await lab.DrawAsync(sketch, "Sessions", lab.Places(("edge", 1), ("app-1", 2), ("app-2", 3), ("db", 3)));
        await lab.Scene.Http.Put<SetTopologyCredential, TopologyCredentialView>($"/api/topologies/{_topology.Id}/credentials/offsite", new() { AccessKey = BucketPeer.Key, SecretKey = BucketPeer.Key });
        var clock = Stopwatch.StartNew();
        await lab.DeployAsync(_topology, new PlanTopology { Organization = lab.Scene.Client.Slug, Name = "Sessions", Domain = Host }, seconds: 560);
        output.WriteLine($"deployed after {clock.Elapsed.TotalSeconds:0} s");
        var instance = (await lab.Scene.Http.Get<Page<InstanceView>>($"/api/instances?organization={lab.Scene.Client.Slug}")).Data.Single(i => i.TopologyId == _topology.Id);
        var admin = await lab.Scene.Http.Post<AdminCredentials>($"/api/instances/{instance.Id}/admin-password/reveal");
        using var first = await ComeInAsync(admin);
        Assert.Equal(("primary", "1"), await RoleAsync("redis"));
        Assert.Equal(("replica", "redis"), await RoleAsync("redis-2"));
        Assert.Equal(("sentinel", "redis"), await RoleAsync("sentinel-3"));
        await NothingDiffersAsync();

        // Nobody who has not the password says who leads.
        Assert.Contains("NOAUTH", await lab.Machines[0].ShellAsync("docker exec \"$1\" redis-cli -p 26379 SENTINEL FAILOVER sessions 2>&1 || true", await ContainerAsync("sentinel-1")), StringComparison.Ordinal);

        using var third = await ComeInAsync(admin);
        await using (var writer = new TopologyWriter(third))
        {
            var before = await BeginAsync(writer);
            await KillAsync("redis");
            await StaysSignedInAsync(first, "the Redis that leads is killed");
            await UntilAsync("redis-2", "primary", "0");
            foreach (var sentinel in (string[])["sentinel-1", "sentinel-2", "sentinel-3"])
                await UntilAsync(sentinel, "sentinel", "redis-2", anyState: true);
            using var second = await ComeInAsync(admin);
            await lab.Scene.App.Services.GetRequiredService<TopologyWatch>().LookAsync(default);
            var deployment = (await lab.Scene.Http.Get<TopologyView>($"/api/topologies/{_topology.Id}")).Deployment!;
            Assert.Equal(TopologyHealth.Degraded, deployment.Health);
            Assert.Empty(deployment.Nodes.Single(n => n.NodeId == "redis-2").Drift);

            await StartAsync("redis");
            await UntilAsync("redis", "replica", "redis-2");
            await UntilAsync("redis-2", "primary", "1");
            await TellAsync("sentinels: the Redis that leads is killed", writer, before, first, clock.Elapsed);
            await NothingDiffersAsync();
            await StillInAsync(first, second);

            // A container made anew finds on its volume whom it follows, and does not take the place back.
            await lab.Machines[0].ShellAsync("docker rm -fv \"$1\" >/dev/null", await ContainerAsync("redis"));
            await lab.Scene.EndOfAsync(await lab.Scene.Http.Post<RepairTopology, OperationView>($"/api/topologies/{_topology.Id}/repair", new() { NodeIds = ["redis"] }));
            await UntilAsync("redis", "replica", "redis-2");
            Assert.Equal(("primary", "1"), await RoleAsync("redis-2"));

            before = await BeginAsync(writer);
            await KillAsync("redis-2");
            await StaysSignedInAsync(second, "the other one is killed");
            await UntilAsync("redis", "primary", "0");
            await StartAsync("redis-2");
            await UntilAsync("redis-2", "replica", "redis");
            await TellAsync("sentinels: the other Redis, which leads since, is killed", writer, before, first, clock.Elapsed);
            await StillInAsync(first, second, third);
        }

        await SecretsInClear.AreNowhereAsync(lab, _topology);
        await BackedUpAsync(instance);
        await lab.DestroyAsync(_topology);
        await lab.NothingIsLeftAsync();
        Assert.Empty((await lab.Scene.Http.Get<Page<BackupTargetView>>("/api/backup-targets")).Data);

        async Task StartAsync(string node)
        {
            clock.Restart();
            await MachineOf(node).ShellAsync("docker update --restart unless-stopped \"$1\" >/dev/null; docker start \"$1\"", await ContainerAsync(node));
        }
    }

    /// <summary>Somebody writes, and what that costs is counted from here on.</summary>
    private async Task<int> BeginAsync(TopologyWriter writer)
    {
        await RowsAsync(writer);
        var before = writer.Acknowledged.Count;
        writer.Take(before);
        return before;
    }

    /// <summary>What it cost; PostgreSQL was left alone, so every row is there.</summary>
    private async Task TellAsync(string harm, TopologyWriter writer, int before, OdooVisitor visitor, TimeSpan healed)
    {
        await RowsAsync(writer);
        var (rows, unsure, gap) = writer.Take(before);
        var acknowledged = writer.Acknowledged;
        var there = (await visitor.ExecuteAsync("res.partner", "search_read", new object[] { new object[] { new object[] { "name", "=like", TopologyWriter.Prefix + "%" } } }, new { fields = new[] { "name" } }))
            .EnumerateArray().Select(r => int.Parse(r.GetProperty("name").GetString()![TopologyWriter.Prefix.Length..])).ToHashSet();
        var drill = new Drill(harm, gap, unsure, rows, acknowledged.Count(number => !there.Contains(number)), 0, healed);
        output.WriteLine(drill.ToString());
        await DrillTable.TellAsync(drill);
        Assert.Equal(0, drill.Lost);
    }

    private async Task RowsAsync(TopologyWriter writer)
    {
        var before = writer.Acknowledged.Count;
        await lab.Scene.UntilAsync(() => Task.FromResult(writer.Acknowledged.Count >= before + 3), "rows are written", 90);
    }

    /// <summary>The schedule takes one when its time has come, and nothing of it is on the servers.</summary>
    private async Task BackedUpAsync(InstanceView instance)
    {
        var (scene, backups) = (lab.Scene, new BackupScene(lab.Scene));
        var schedule = await scene.Http.Get<BackupScheduleView>($"/api/instances/{instance.Id}/backup-schedule");
        Assert.Equal((true, "Sessions: Backup"), (schedule.Enabled, schedule.Target?.Name));
        Assert.Equal(TopologyNodeState.Running, (await lab.MeasureAsync(_topology, "backups")).State);
        await using (var db = scene.App.Databases.System())
            await db.BackupSchedules.AcrossTenants().Where(s => s.InstanceId == instance.Id).ExecuteUpdateAsync(s => s.SetProperty(x => x.NextAt, scene.App.Clock.GetUtcNow()));
        var clock = Stopwatch.StartNew();
        await scene.App.Services.GetRequiredService<BackupSchedules>().RunAsync(default);
        await scene.UntilAsync(async () => (await backups.OfAsync(instance)) is [{ State: BackupState.Verified }], "the scheduled backup is verified", 420);
        output.WriteLine($"backed up and verified after {clock.Elapsed.TotalSeconds:0} s");
        Assert.NotEmpty(lab.Backups.Objects());
        var kept = await lab.MeasureAsync(_topology, "backup");
        Assert.Equal(TopologyNodeState.Running, kept.State);
        Assert.Contains("lastVerified", kept.Figures.Keys);
        await backups.DeleteAllAsync(instance);
    }

    private async Task<OdooVisitor> ComeInAsync(AdminCredentials admin)
    {
        var visitor = new OdooVisitor($"http://{lab.Machines[0].Host.Value}", Host);
        await visitor.SignInAsync(admin.Login, admin.Password);
        return visitor;
    }

    /// <summary>A page may wait, or fail; that nobody is signed in is never said.</summary>
    private async Task StaysSignedInAsync(OdooVisitor visitor, string what)
    {
        var (clock, failed) = (Stopwatch.StartNew(), 0);
        for (; ; failed++)
        {
            try
            {
                Assert.True(await visitor.UserAsync() > 0, $"{what}: the session is lost");
                break;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                Assert.True(clock.Elapsed < Bearable, $"{what}: {e.Message} after {clock.Elapsed}");
                await Task.Delay(200);
            }
        }
        output.WriteLine($"{what}: the first page came after {clock.Elapsed.TotalSeconds:0.0} s, {failed} failed before it");
        Assert.True(clock.Elapsed < Bearable, $"{what}: {clock.Elapsed}");
    }

    private static async Task StillInAsync(params OdooVisitor[] visitors)
    {
        foreach (var visitor in visitors)
            for (var i = 0; i < 4; i++)
                Assert.True(await visitor.UserAsync() > 0, "somebody has to sign in again");
    }

    private async Task NothingDiffersAsync()
    {
        foreach (var node in _topology.TopologyData.Nodes)
        {
            var seen = await lab.MeasureAsync(_topology, node.Id);
            Assert.True(seen.State == TopologyNodeState.Running && seen.Drift.Count == 0, $"{node.Id} is {seen.State}: {seen.Message} {string.Join(' ', seen.Drift.Select(d => d.Message))}");
        }
    }

    /// <summary>Its role, with how many follow it, whom it follows, or whom it takes to lead.</summary>
    private async Task<(string? Role, string? Whom)> RoleAsync(string node, bool anyState = false)
    {
        var seen = await lab.MeasureAsync(_topology, node);
        var whom = seen.Figures.GetValueOrDefault(seen.Role switch { "primary" => "replicas", "replica" => "follows", _ => "primary" });
        return seen.State == TopologyNodeState.Running || anyState ? (seen.Role, whom) : (null, seen.Message);
    }

    private Task UntilAsync(string node, string role, string whom, bool anyState = false) =>
        lab.Scene.UntilAsync(async () => await RoleAsync(node, anyState) == (role, whom), $"{node} is {role} ({whom})", 90);

    private LabServer MachineOf(string node) => lab.Machines[node is "redis" or "sentinel-1" ? 0 : 1];

    private async Task<string> ContainerAsync(string node) => (await MachineOf(node).ShellAsync("docker ps -a --filter label=\"$1\" --format '{{.Names}}'", $"ocore.node={node}")).Trim();

    private async Task KillAsync(string node) => await MachineOf(node).ShellAsync("docker update --restart no \"$1\" >/dev/null && docker kill \"$1\"", await ContainerAsync(node));
}
