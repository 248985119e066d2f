using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Topologies.Deployments;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>From a drawing to a signed-in user, with real Odoo on real servers; changed under load, and taken down again.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class DeployingTopologies(TopologyLab lab, ITestOutputHelper output)
{
    [LabFact]
    public Task By_haproxy() => PairAsync(LoadBalancerType.Haproxy);

    [LabFact]
    public Task By_nginx() => PairAsync(LoadBalancerType.Nginx);

    /// <summary>Two Odoo, Redis, a bucket, three PostgreSQL under Patroni and three etcd members, by each load balancer that runs here; the one time straight to PostgreSQL and with a monitor, the other through PgBouncer.</summary>
    [LabTheory, InlineData(LoadBalancerType.Haproxy, false), InlineData(LoadBalancerType.Nginx, true)]
    public async Task The_whole_of_it_from_a_drawing_to_a_signed_in_user(LoadBalancerType type, bool pooled)
    {
        var clock = Stopwatch.StartNew();
        var sketch = pooled ? DeployScene.Failover(type).Pooled() : DeployScene.Failover(type).Monitored();
        var topology = await lab.DrawAsync(sketch, $"Whole by {type}", lab.Places(("edge", 1), ("app-1", 2), ("app-2", 3), ("db", 4)));
        var domain = $"whole-{type.ToString().ToLowerInvariant()}.shop.example";
        await lab.DeployAsync(topology, new PlanTopology { Organization = lab.Scene.Client.Slug, Name = "Whole ERP", Domain = domain }, seconds: 560);
        output.WriteLine($"{clock.Elapsed.TotalSeconds:0} s  {topology.TopologyData.Nodes.Count} nodes deployed");
        await SignedInAsync(topology, domain, async (visitor, _) =>
        {
            var roles = new List<string?>();
            foreach (var node in topology.TopologyData.Nodes)
            {
                var seen = await lab.MeasureAsync(topology, node.Id);
                Assert.True(seen.State == TopologyNodeState.Running, $"{node.Id}: {seen.State} {seen.Message}");
                Assert.Empty(seen.Drift);
                if (node.Type is "postgres" or "etcd")
                    roles.Add(seen.Role);
            }
            Assert.Equal(["leader", "member", "member", "primary", "replica", "replica"], roles.Order(StringComparer.Ordinal));
            Assert.Equal(TopologyHealth.Healthy, (await lab.Scene.Http.Get<TopologyView>($"/api/topologies/{topology.Id}")).Deployment!.Health);
            for (var i = 0; i < 10; i++)
                Assert.Equal(2, await visitor.UserAsync());
            await FilesAsync(visitor);
            await visitor.LivesAsync();
            await ClosedPorts.LetInPeersAloneAsync(lab, topology, [2379, 2380, 5432, 8008, 6379, 8069, 8072, .. pooled ? (int[])[6432] : []],
            [
                ("etcd-1", "etcd-2", 2380), ("postgres", "etcd-3", 2379), ("postgres-2", "postgres-3", 5432), ("postgres-3", "postgres", 8008), ("odoo-1", "redis", 6379), ("lb", "odoo-2", 8069), ("lb", "odoo-1", 8072),
                pooled ? ("odoo-2", "pooler", 6432) : ("odoo-2", "postgres-3", 5432),
            ]);
            if (pooled)
                Assert.NotEqual("0", (await lab.MeasureAsync(topology, "pooler")).Figures["serverConnections"]);
            else
                await MissedAsync(topology);
            await SecretsInClear.AreNowhereAsync(lab, topology);
        });
        await lab.DestroyAsync(topology);
        await lab.NothingIsLeftAsync();
    }

    /// <summary>A monitor misses what stands still, and no more when it is back. One etcd of three may be lost without anybody else noticing.</summary>
    private async Task MissedAsync(TopologyView topology)
    {
        var nodes = $"{topology.TopologyData.Nodes.Count(n => n.Type is not ("monitor" or "s3"))}";
        var seen = await lab.MeasureAsync(topology, "watch");
        Assert.Equal(("metrics", nodes, nodes), (seen.Role, seen.Figures["nodesUp"], seen.Figures["nodes"]));
        await lab.Machines[2].ShellAsync("docker stop $(docker ps -q --filter label=ocore.node=etcd-3) >/dev/null");
        await lab.Scene.UntilAsync(async () => (seen = await lab.MeasureAsync(topology, "watch")).State == TopologyNodeState.Degraded, "the monitor misses an etcd", 60);
        Assert.Contains("etcd 3 does not answer (for ", seen.Message, StringComparison.Ordinal);
        await lab.Machines[2].ShellAsync("docker start $(docker ps -aq --filter label=ocore.node=etcd-3) >/dev/null");
        await lab.Scene.UntilAsync(async () => (seen = await lab.MeasureAsync(topology, "watch")).State == TopologyNodeState.Running, "the monitor misses nobody", 60);
        Assert.Equal(nodes, seen.Figures["nodesUp"]);
    }

    [OdooFact("17.0")]
    public Task With_Odoo_17() => OlderAsync("17.0");

    [OdooFact("18.0")]
    public Task With_Odoo_18() => OlderAsync("18.0");

    /// <summary>Sessions, files and links are by modules of oCore's own, which go by what Odoo has within: so by each of its versions.</summary>
    private async Task OlderAsync(string version)
    {
        var sketch = DeployScene.Pair();
        foreach (var odoo in (string[])["odoo-1", "odoo-2"])
            sketch = sketch.Set(odoo, "odooVersion", version);
        var topology = await lab.DrawAsync(sketch, $"Odoo {version}", lab.Places(("edge", 1), ("app-1", 1), ("app-2", 2), ("db", 2)));
        var domain = $"odoo-{version[..2]}.shop.example";
        await lab.DeployAsync(topology, new PlanTopology { Organization = lab.Scene.Client.Slug, Name = "Older ERP", Domain = domain }, seconds: 560);
        var instance = await SignedInAsync(topology, domain, async (visitor, view) =>
        {
            await StandsAsync(topology, visitor);
            await FilesAsync(visitor);
            await LinkAsync(view);
            await LossOfAnOdooAsync(topology, visitor);
        });
        Assert.Equal(version, instance.OdooVersion);
        await lab.DestroyAsync(topology);
        await lab.NothingIsLeftAsync();
    }

    private async Task PairAsync(LoadBalancerType type)
    {
        var clock = Stopwatch.StartNew();
        var topology = await lab.DrawAsync(DeployScene.Pair(type), $"Pair by {type}", lab.Places(("edge", 1), ("app-1", 1), ("app-2", 2), ("db", 2)));
        var domain = $"{type.ToString().ToLowerInvariant()}.shop.example";
        await lab.DeployAsync(topology, new PlanTopology { Organization = lab.Scene.Client.Slug, Name = "Shop ERP", Domain = domain });
        output.WriteLine($"{clock.Elapsed.TotalSeconds:0} s  deployed");
        var instance = await SignedInAsync(topology, domain, async (visitor, view) =>
        {
            await StandsAsync(topology, visitor);
            await RefusedConfigurations.ChangeNothingAsync(lab, topology, domain, output);
            await FilesAsync(visitor);
            await FullRedisAsync(topology, visitor);
            await WithoutRedis.NobodyIsSignedOutAsync(lab, topology, visitor);
            await LossOfAnOdooAsync(topology, visitor);
            await HangingOdooAsync(topology, visitor);
            await NobodyAnswersAsync(topology, view, visitor);
            await ToolsAsync(view);
            await RollingAsync(topology, domain, visitor);
        });
        Assert.Equal(topology.Id, instance.TopologyId);
        clock.Restart();
        await lab.DestroyAsync(topology);
        output.WriteLine($"{clock.Elapsed.TotalSeconds:0} s  destroyed");
        await lab.NothingIsLeftAsync();
        await lab.Scene.Http.Get<InstanceView>($"/api/instances/{instance.Id}").IsRefusedAsync(404, "not_found");
        await lab.Scene.Http.Send(HttpMethod.Delete, $"/api/topologies/{topology.Id}");
    }

    private async Task<InstanceView> SignedInAsync(TopologyView topology, string domain, Func<OdooVisitor, InstanceView, Task> then)
    {
        var deployment = (await lab.Scene.Http.Get<TopologyView>($"/api/topologies/{topology.Id}")).Deployment!;
        Assert.Equal("active", deployment.Status);
        var (instance, admin) = await lab.InstanceOfAsync(topology);
        Assert.Equal((InstanceStatus.Running, deployment.InstanceId, domain), (instance.Status, instance.Id, instance.Domain));
        using var visitor = await lab.SignedInAsync(instance, admin);
        await then(visitor, instance);
        return instance;
    }

    private async Task StandsAsync(TopologyView topology, OdooVisitor visitor)
    {
        foreach (var node in topology.TopologyData.Nodes)
        {
            var seen = await lab.MeasureAsync(topology, node.Id);
            Assert.True(seen.State == TopologyNodeState.Running, $"{node.Id}: {seen.State} {seen.Message}");
        }
        Assert.Equal("primary", (await lab.MeasureAsync(topology, "postgres")).Role);
        Assert.NotEqual("0", (await lab.MeasureAsync(topology, "redis")).Figures["keys"]);
        // The session is found wherever a request comes to.
        for (var i = 0; i < 10; i++)
            Assert.Equal(2, await visitor.UserAsync());
        foreach (var closed in (string[])["/web/database/manager", "/web/database/selector", "/WEB/database"])
            Assert.Equal(HttpStatusCode.NotFound, (await visitor.GetAsync(closed)).StatusCode);
        await visitor.LivesAsync();
        // What is inside listens on private addresses.
        foreach (var machine in lab.Machines)
        {
            var ports = await machine.ShellAsync("docker ps --filter label=ocore.topology --format '{{.Names}} {{.Ports}}'; docker ps --filter label=ocore.instance --format '{{.Names}} {{.Ports}}'");
            Assert.All(ports.Split('\n').Where(l => l.Contains("0.0.0.0:", StringComparison.Ordinal)), l => Assert.StartsWith("ocore-lb-", l, StringComparison.Ordinal));
        }
        await SecretsInClear.AreNowhereAsync(lab, topology);
        await GuardedAsync(topology);
    }

    /// <summary>It refuses what is new rather than forget anybody, and says so before people do.</summary>
    private async Task FullRedisAsync(TopologyView topology, OdooVisitor visitor)
    {
        const string Limit = "docker exec \"$(docker ps -q --filter label=ocore.node=redis)\" sh -c 'export REDISCLI_AUTH=\"$(sed -n \"s/^requirepass //p\" /usr/local/etc/redis/ocore.conf)\"; redis-cli CONFIG SET maxmemory \"$1\"' sh \"$1\"";
        await lab.Machines[0].ShellAsync(Limit, "600kb");
        var seen = await lab.MeasureAsync(topology, "redis");
        Assert.Equal(TopologyNodeState.Degraded, seen.State);
        Assert.Contains("% of its memory", seen.Message, StringComparison.Ordinal);
        await lab.Machines[0].ShellAsync(Limit, "128mb");
        Assert.Equal(TopologyNodeState.Running, (await lab.MeasureAsync(topology, "redis")).State);
        Assert.Equal(2, await visitor.UserAsync());
    }

    /// <summary>What is inside lets in who uses it: not a server that has no part in it, not this machine; also after the server has started anew, and when somebody took the rules away.</summary>
    private async Task GuardedAsync(TopologyView topology)
    {
        var database = lab.Machines[1];
        async Task<bool> OpenAsync(LabServer from) => (await from.ShellAsync("timeout 3 bash -c 'exec 3<>/dev/tcp/$0/5432' \"$1\" && echo open || true", database.Host.Value)).Contains("open", StringComparison.Ordinal);
        Assert.True(await OpenAsync(lab.Machines[0]), "the first Odoo's server comes to PostgreSQL");
        Assert.False(await OpenAsync(lab.Machines[2]), "a server without a part in it comes to PostgreSQL");
        // Nor do the containers of others, by the address that the server's nodes may come with, by the server's own or by the container's.
        async Task<bool> OpenToOthersAsync(LabServer from, string address) => (await from.ShellAsync(
            """docker run --rm --network ocore --entrypoint timeout "$(docker inspect -f '{{.Config.Image}}' ocore-postgres)" 3 bash -c 'exec 3<>/dev/tcp/$0/5432 && echo open' "$1" || true""", address)).Contains("open", StringComparison.Ordinal);
        Assert.True(await OpenToOthersAsync(lab.Machines[0], "ocore-postgres"), "the server's own PostgreSQL is there for all instances");
        Assert.False(await OpenToOthersAsync(lab.Machines[0], database.Host.Value), "another's container on the first Odoo's server comes to PostgreSQL");
        Assert.False(await OpenToOthersAsync(database, database.Host.Value), "another's container on its own server comes to PostgreSQL");
        var container = (await database.ShellAsync("docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' $(docker ps -q --filter label=ocore.node=postgres)")).Trim();
        Assert.False(await OpenToOthersAsync(database, container), "another's container comes to PostgreSQL past the rules");
        var seen = await lab.LookAsync(topology);
        Assert.DoesNotContain(seen.Findings, f => f.Code is "TP-N01" or "TP-N03" or "TP-N05" or "TP-N08");
        // Somebody opens it: that is not undone, and said.
        await database.ShellAsync("iptables -w -t raw -I PREROUTING -p tcp --dport 5432 -j ACCEPT");
        Assert.True(await OpenAsync(lab.Machines[2]));
        seen = await lab.LookAsync(topology);
        Assert.Contains(seen.Findings, f => f.Code == "TP-N03" && f.NodeIds.Contains("postgres"));
        // Somebody takes the rules away: they are put back.
        await database.ShellAsync("iptables -w -t raw -F PREROUTING");
        await lab.Scene.App.Services.GetRequiredService<TopologyWatch>().LookAsync(default);
        Assert.False(await OpenAsync(lab.Machines[2]), "the rules are put back");
        // Before Docker, by the server alone.
        await database.ShellAsync("systemctl restart ocore-firewall && systemctl is-enabled --quiet ocore-firewall && systemctl show -p Before ocore-firewall | grep -q docker.service");
    }

    /// <summary>Durable at commit: what one node saved is in the bucket, and is read by all.</summary>
    private async Task FilesAsync(OdooVisitor visitor)
    {
        var content = RandomNumberGenerator.GetBytes(100_000);
        var id = (await visitor.ExecuteAsync("ir.attachment", "create", new object[] { new { name = "proof.bin", datas = Convert.ToBase64String(content) } })).GetInt32();
        Assert.Contains(lab.Bucket.Objects.Values, o => o.AsSpan().SequenceEqual(content));
        for (var i = 0; i < 6; i++)
        {
            using var answer = await visitor.GetAsync($"/web/content/{id}?download=true");
            Assert.True((await answer.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(content), $"read {i}: {answer.StatusCode}");
        }
        Assert.Equal(0, lab.Bucket.Refused);

        // What the bucket did not take nobody has been told is there, and no row of it is.
        foreach (var fault in (BucketFault[])[BucketFault.Refuses, BucketFault.BreaksOff])
        {
            var (name, lost) = ($"lost-{fault}.bin", RandomNumberGenerator.GetBytes(100_000));
            lab.Bucket.Fault = fault;
            try
            {
                await Assert.ThrowsAsync<InvalidOperationException>(() => visitor.ExecuteAsync("ir.attachment", "create", new object[] { new { name, datas = Convert.ToBase64String(lost) } }));
            }
            finally
            {
                lab.Bucket.Fault = BucketFault.None;
            }
            Assert.Equal(0, (await visitor.ExecuteAsync("ir.attachment", "search_count", new object[] { new object[] { new object[] { "name", "=", name } } })).GetInt32());
            Assert.DoesNotContain(lab.Bucket.Objects.Values, o => o.AsSpan().SequenceEqual(lost));
            // The same file, asked for again, is taken: what was left in the node's cache is not taken for it.
            await visitor.ExecuteAsync("ir.attachment", "create", new object[] { new { name, datas = Convert.ToBase64String(lost) } });
            Assert.Contains(lab.Bucket.Objects.Values, o => o.AsSpan().SequenceEqual(lost));
        }
    }

    private async Task LossOfAnOdooAsync(TopologyView topology, OdooVisitor visitor)
    {
        var container = (await lab.Machines[1].ShellAsync("docker ps --filter label=ocore.instance --format '{{.Names}}'")).Trim();
        await lab.Machines[1].ShellAsync("docker kill \"$1\" && docker update --restart no \"$1\" >/dev/null", container);
        var failed = 0;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(15); await Task.Delay(100))
            failed += await visitor.IsAnsweredAsync() ? 0 : 1;
        output.WriteLine($"an Odoo lost: {failed} requests failed");
        Assert.True(failed <= 2, $"{failed} requests failed");
        Assert.Equal(2, await visitor.UserAsync());
        Assert.NotEqual(TopologyNodeState.Running, (await lab.MeasureAsync(topology, "odoo-2")).State);
        await TakenOutAsync(topology);
        Assert.Contains((await lab.LookAsync(topology)).Findings, f => f is { Code: "TP-N08", Severity: FindingSeverity.Warning } && f.NodeIds.Contains("lb"));
        await lab.Machines[1].ShellAsync("docker update --restart unless-stopped \"$1\" >/dev/null; docker start \"$1\"", container);
        foreach (var id in (string[])["odoo-2", "lb"])
            await lab.Scene.UntilAsync(async () => (await lab.MeasureAsync(topology, id)).State == TopologyNodeState.Running, "both Odoo are back", 90);
    }

    /// <summary>One that takes connections and answers nobody: no request tells that it is lost before it has waited for minutes, so the load balancer has to ask by itself.</summary>
    private async Task HangingOdooAsync(TopologyView topology, OdooVisitor visitor)
    {
        var container = (await lab.Machines[1].ShellAsync("docker ps --filter label=ocore.instance --format '{{.Names}}'")).Trim();
        var clock = Stopwatch.StartNew();
        await lab.Machines[1].ShellAsync("docker pause \"$1\"", container);
        try
        {
            await TakenOutAsync(topology);
            output.WriteLine($"{clock.Elapsed.TotalSeconds:0} s  until a hanging Odoo was taken out");
            for (var i = 0; i < 20; i++)
            {
                clock.Restart();
                Assert.True(await visitor.IsAnsweredAsync());
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20) * Lab.Patience, $"request {i} took {clock.Elapsed}");
            }
        }
        finally
        {
            await lab.Machines[1].ShellAsync("docker unpause \"$1\"", container);
        }
        foreach (var id in (string[])["odoo-2", "lb"])
            await lab.Scene.UntilAsync(async () => (await lab.MeasureAsync(topology, id)).State == TopologyNodeState.Running, "the Odoo that hung is back", 90);
        Assert.Equal(2, await visitor.UserAsync());
    }

    /// <summary>Somebody stops it: people read that nobody answers, and go on as they were when somebody does.</summary>
    private async Task NobodyAnswersAsync(TopologyView topology, InstanceView instance, OdooVisitor visitor)
    {
        await lab.Scene.DoAsync(instance, "stop");
        await lab.Scene.UntilAsync(visitor.ReadsNoticeAsync, "people read that nobody answers", 30);
        await lab.Scene.DoAsync(instance, "start");
        foreach (var id in (string[])["odoo-1", "odoo-2", "lb"])
            await lab.Scene.UntilAsync(async () => (await lab.MeasureAsync(topology, id)).State == TopologyNodeState.Running, "both Odoo are back", 90);
        Assert.Equal(2, await visitor.UserAsync());
    }

    private Task TakenOutAsync(TopologyView topology) => lab.Scene.UntilAsync(async () =>
    {
        var seen = await lab.MeasureAsync(topology, "lb");
        return seen.State == TopologyNodeState.Degraded && seen.Figures.GetValueOrDefault("nodesUp") == "1" && (topology.HaConfig.LbType == LoadBalancerType.Haproxy || seen.Message?.Contains("Odoo 2", StringComparison.Ordinal) == true);
    }, "the load balancer has taken the second Odoo out, and says so", 60);

    /// <summary>It opens Odoo once, whichever node it is used at.</summary>
    private async Task LinkAsync(InstanceView instance)
    {
        var link = new Uri((await lab.Scene.Http.Post<OpenLink>($"/api/instances/{instance.Id}/open")).Url).PathAndQuery;
        using var guest = new OdooVisitor($"http://{lab.Machines[0].Host.Value}", instance.Domain);
        for (var use = 0; use < 6; use++)
        {
            using var answer = await guest.GetAsync(link);
            Assert.Equal(use == 0 ? HttpStatusCode.SeeOther : HttpStatusCode.Forbidden, answer.StatusCode);
        }
    }

    private async Task ToolsAsync(InstanceView instance)
    {
        await LinkAsync(instance);
        Assert.Contains((await lab.Scene.Http.Get<Page<InstalledModule>>($"/api/instances/{instance.Id}/modules")).Data, m => m.Name == "base");
        // One node after another, and each of them.
        async Task<IReadOnlyList<string>> StartedAsync() => [.. await Task.WhenAll(lab.Machines.Take(2).Select(async m => (await m.ShellAsync("docker inspect -f '{{.Id}} {{.State.StartedAt}}' $(docker ps -q --filter label=ocore.instance)")).Trim()))];
        var before = await StartedAsync();
        await lab.UnderLoadAsync(instance.Domain, "restarted node by node", output, () => lab.Scene.DoAsync(instance, "restart"));
        Assert.All(before.Zip(await StartedAsync()), pair => Assert.NotEqual(pair.First, pair.Second));
        await lab.Scene.Http.Delete<OperationView>($"/api/instances/{instance.Id}").IsRefusedAsync(409, "part_of_topology");
    }

    /// <summary>Other workers on one node, and a third node, which then goes again: one after another, with people at work, one of them on a live connection.</summary>
    private async Task RollingAsync(TopologyView topology, string domain, OdooVisitor signedIn)
    {
        // They begin when what was restarted before is found again.
        await lab.Scene.UntilAsync(() => signedIn.IsAnsweredAsync(), "Odoo answers by its load balancer", 60);
        using var stop = new CancellationTokenSource();
        var live = signedIn.StaysLiveAsync(stop.Token);
        try
        {
            await ChangesAsync();
        }
        finally
        {
            await stop.CancelAsync();
        }
        // It ends with its node, and whoever takes it up again at once is served by another one.
        var (ended, tries) = await live;
        output.WriteLine($"a live connection ended {ended} times, and was taken up again by at most {tries} tries");
        Assert.NotEqual(0, ended);
        Assert.InRange(tries, 1, 5);
        await signedIn.LivesAsync();

        async Task ChangesAsync()
        {
            var added = TopologyLab.WithThirdOdoo(topology, lab.Scene.Servers[2].Id).Set("odoo-2", "cronThreads", 1);
            await lab.ChangeUnderLoadAsync(topology, added, domain, "changed node by node", output);
            Assert.Equal(2, await signedIn.UserAsync());
            await lab.HasNodesAsync(topology, "3");
            Assert.Equal(TopologyNodeState.Running, (await lab.MeasureAsync(topology, "odoo-3")).State);

            await lab.ChangeUnderLoadAsync(topology, added.Without("odoo-3"), domain, "a node taken away", output);
            Assert.Equal(2, await signedIn.UserAsync());
            await lab.HasNodesAsync(topology, "2");
            Assert.Equal("", await TopologyLab.LeftOnAsync(lab.Machines[2]));

            // One that has stopped is made anew first: the only one that answers is not taken away for it.
            await lab.Machines[1].ShellAsync("docker stop $(docker ps -q --filter label=ocore.instance) >/dev/null");
            await TakenOutAsync(topology);
            await lab.ChangeUnderLoadAsync(topology, added.Without("odoo-3").Set("odoo-1", "dbMaxConn", 17).Set("odoo-2", "dbMaxConn", 17), domain, "changed while one has stopped", output);
            Assert.Equal(2, await signedIn.UserAsync());
            await lab.HasNodesAsync(topology, "2");
        }
    }
}
