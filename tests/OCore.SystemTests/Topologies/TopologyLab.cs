using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Data;
using OCore.SystemTests.Backups;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>Servers that topologies are deployed on, an agency with a client, and a bucket.</summary>
public class TopologyLab : IAsyncLifetime
{
    private const int Count = 4;

    internal virtual IReadOnlyList<LabServer> Machines { get; } = [.. Enumerable.Range(1, Count).Select(i => new LabServer($"topo{i}"))];
    internal OdooScene Scene { get; private set; } = null!;
    internal Bucket Bucket { get; private set; } = null!;
    /// <summary>Where backups are kept that are drawn.</summary>
    internal BucketPeer Backups { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (WhyNot is not null) return; // each test says so
        await Lab.RunAsync(Path.Combine(Lab.Bin, "docker-engine"));
        await Lab.RunProgramAsync(Path.Combine(Lab.Bin, "images"), "odoo", "postgres", "redis", "haproxy", "nginx", "postgres-ha", "nfs", "pgbouncer", "keepalived");
        await MakeMachinesAsync();
        foreach (var server in Machines)
            await server.ForgetOCoreAsync();
        Backups = await BucketPeer.StartAsync(Directory.CreateTempSubdirectory("ocore-backups-").FullName);
        // The first address of the lab's network is this machine's.
        var network = Machines[0].Host.Value;
        Bucket = await Bucket.StartAsync(network[..network.LastIndexOf('.')] + ".1");
        Scene = await OdooScene.StartEmptyAsync(Machines, app => app.Set("FETCH_ALLOW", $"{Bucket.Authority},127.0.0.1:{Backups.Port}"));
    }

    public async Task DisposeAsync()
    {
        if (Scene is { } scene)
            await scene.DisposeAsync();
        if (Bucket is { } bucket)
            await bucket.DisposeAsync();
        if (Backups is { } backups)
            await backups.DisposeAsync();
        if (WhyNot is null)
            await UnmakeMachinesAsync();
    }

    /// <summary>Servers are kept for who comes next, as far as they cost nothing.</summary>
    private protected virtual Task UnmakeMachinesAsync() => Task.CompletedTask;

    private protected virtual string? WhyNot => Lab.WhyNot;

    private protected virtual Task MakeMachinesAsync() => Lab.RunAsync("create", $"{Count}", "--prefix", "topo");

    /// <summary>Where each place of a drawing is.</summary>
    internal Dictionary<string, Guid> Places(params (string Place, int Machine)[] places) => places.ToDictionary(p => p.Place, p => Scene.Servers[p.Machine - 1].Id);

    /// <summary>Drawn, with the keys of its bucket. What was drawn before goes: it would have the places.</summary>
    internal async Task<TopologyView> DrawAsync(Sketch sketch, string name, Dictionary<string, Guid> places)
    {
        await ServersAreBackAsync();
        foreach (var before in (await Scene.Http.Get<Page<TopologySummary>>("/api/topologies?limit=100")).Data)
            if ((await Scene.Http.Get<TopologyView>($"/api/topologies/{before.Id}")).Deployment is null)
                await Scene.Http.Send(HttpMethod.Delete, $"/api/topologies/{before.Id}");
        return await DrawAsync(Scene.Http, Bucket, sketch, name, places);
    }

    /// <summary>The same with a backup a day, and the keys of the bucket that it goes to.</summary>
    internal async Task<TopologyView> DrawBackedUpAsync(Sketch sketch, string name, Dictionary<string, Guid> places)
    {
        var topology = await DrawAsync(sketch.BackedUp(Backups.Url.ToString().TrimEnd('/')).Set("backups", "bucket", BucketPeer.Bucket), name, places);
        await Scene.Http.Put<SetTopologyCredential, TopologyCredentialView>($"/api/topologies/{topology.Id}/credentials/offsite", new() { AccessKey = BucketPeer.Key, SecretKey = BucketPeer.Key });
        return topology;
    }

    /// <summary>Drawn as small as it runs, its files in this bucket.</summary>
    internal static async Task<TopologyView> DrawAsync(OCoreHttp http, Bucket bucket, Sketch sketch, string name, IReadOnlyDictionary<string, Guid> places)
    {
        foreach (var node in sketch.Data.Nodes.Where(n => n.Type == "odoo"))
            sketch = sketch.Set(node.Id, "workers", 1).Set(node.Id, "users", null);
        if (sketch.Data.Nodes.All(n => n.Id != "s3"))
            return await http.Post<CreateTopology, TopologyView>("/api/topologies", sketch.Drawing(name, places));
        var topology = await http.Post<CreateTopology, TopologyView>("/api/topologies", sketch.Set("s3", "endpoint", bucket.Endpoint).Set("s3", "bucket", "files").Drawing(name, places));
        await http.Put<SetTopologyCredential, TopologyCredentialView>($"/api/topologies/{topology.Id}/credentials/main", new() { AccessKey = Bucket.AccessKey, SecretKey = Bucket.SecretKey });
        return topology;
    }

    internal static Sketch AsDrawn(TopologyView topology) =>
        new() { Name = "", Settings = topology.HaConfig, Servers = new Dictionary<Guid, Features.Topologies.Rules.ServerFact>(), Data = topology.TopologyData };

    /// <summary>A pair as it is drawn, with a third Odoo like the second on a server of its own.</summary>
    internal static Sketch WithThirdOdoo(TopologyView pair, Guid server)
    {
        var (nodes, edges) = (pair.TopologyData.Nodes, pair.TopologyData.Edges);
        var sketch = AsDrawn(pair) with { Data = new TopologyData { Nodes = [.. nodes, nodes.First(n => n.Id == "odoo-2") with { Id = "odoo-3" }], Edges = edges } };
        return sketch.Set("odoo-3", "serverId", server).Join("odoo-3", "postgres", "redis", "s3").Join("lb", "odoo-3");
    }

    /// <summary>A test before may have cut one off, and when it is looked at again goes by oCore's own clock.</summary>
    private Task ServersAreBackAsync() => Scene.UntilAsync(async () =>
    {
        if ((await Scene.Http.Get<Page<ServerView>>("/api/servers?limit=100")).Data.All(s => s.Status == ServerStatus.Active))
            return true;
        Scene.App.Clock.Advance(TimeSpan.FromSeconds(5));
        return false;
    }, "all servers are active", 60);

    /// <summary>Machines whose servers were forgotten are servers again, as new ones.</summary>
    internal async Task ReplaceLostAsync()
    {
        var known = (await Scene.Http.Get<Page<ServerView>>("/api/servers?limit=100")).Data.Select(s => s.Id).ToHashSet();
        for (var i = 0; i < Machines.Count; i++)
        {
            await Machines[i].DoAsync("heal");
            if (known.Contains(Scene.Servers[i].Id))
                continue;
            await Machines[i].ForgetOCoreAsync();
            Scene.Servers[i] = await Scene.ConnectAsync(Machines[i]);
        }
    }

    internal async Task<OperationView> DeployAsync(TopologyView topology, PlanTopology? wish = null, bool? succeeds = true, int seconds = 420)
    {
        var plan = await Scene.Http.Post<PlanTopology, TopologyPlanView>($"/api/topologies/{topology.Id}/plan", wish ?? new PlanTopology { Organization = Scene.Client.Slug });
        return await Scene.EndOfAsync(await Scene.Http.Post<DeployTopology, OperationView>($"/api/topologies/{topology.Id}/deploy", new() { PlanHash = plan.Hash, Confirm = topology.Name }), succeeds, seconds);
    }

    /// <summary>What a deployed topology yields, and how its administrator comes in.</summary>
    /// <param name="client">Whose it is; the scene's where nobody is named.</param>
    internal async Task<(InstanceView Instance, AdminCredentials Admin)> InstanceOfAsync(TopologyView topology, TestOrg? client = null)
    {
        var instance = (await Scene.Http.Get<Page<InstanceView>>($"/api/instances?organization={(client ?? Scene.Client).Slug}")).Data.Single(i => i.TopologyId == topology.Id);
        return (instance, await Scene.Http.Post<AdminCredentials>($"/api/instances/{instance.Id}/admin-password/reveal"));
    }

    /// <summary>Signed in by the load balancer, which is on the first machine.</summary>
    internal async Task<OdooVisitor> SignedInAsync(InstanceView instance, AdminCredentials admin)
    {
        var visitor = new OdooVisitor($"http://{Machines[0].Host.Value}", instance.Domain);
        await visitor.SignInAsync(admin.Login, admin.Password);
        return visitor;
    }

    internal Task<OperationView> DestroyAsync(TopologyView topology) => DeployAsync(topology, new PlanTopology { Destroy = true });

    /// <summary>Changed to another drawing with three people at work, each of whom gets every page.</summary>
    internal async Task ChangeUnderLoadAsync(TopologyView topology, Sketch to, string domain, string what, ITestOutputHelper output)
    {
        var changed = await Scene.Http.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { TopologyData = to.Data });
        await UnderLoadAsync(domain, what, output, () => DeployAsync(changed, new PlanTopology()));
    }

    /// <summary>Something is done with three people at work, each of whom gets every page.</summary>
    internal async Task UnderLoadAsync(string domain, string what, ITestOutputHelper output, Func<Task> act)
    {
        using var stop = new CancellationTokenSource();
        var (asked, failed) = (0, 0);
        var people = Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            using var visitor = new OdooVisitor($"http://{Machines[0].Host.Value}", domain);
            while (!stop.IsCancellationRequested)
            {
                Interlocked.Increment(ref asked);
                if (!await visitor.IsAnsweredAsync())
                    Interlocked.Increment(ref failed);
                await Task.Delay(100);
            }
        })));
        var clock = Stopwatch.StartNew();
        try
        {
            await act();
        }
        finally
        {
            await stop.CancelAsync();
            await people;
        }
        output.WriteLine($"{clock.Elapsed.TotalSeconds:0} s  {what}: {asked} requests, {failed} failed");
        Assert.Equal(0, failed);
    }

    /// <summary>The load balancer has so many behind it, and all of them answer.</summary>
    internal async Task HasNodesAsync(TopologyView topology, string nodes)
    {
        var seen = await MeasureAsync(topology, "lb");
        Assert.True(seen.State == TopologyNodeState.Running, $"lb: {seen.State} {seen.Message}");
        Assert.Equal(nodes, seen.Figures["nodes"]);
    }

    internal Task<TopologyNodeStatus> MeasureAsync(TopologyView topology, string node) => Scene.Http.Post<TopologyNodeStatus>($"/api/topologies/{topology.Id}/nodes/{node}/status");

    /// <summary>The second pass of a validation, of what is drawn or of this instead.</summary>
    internal Task<TopologyValidation> LookAsync(TopologyView topology, TopologyData? drawn = null) =>
        Scene.Http.Post<ValidateTopology, TopologyValidation>($"/api/topologies/{topology.Id}/validate", new() { TopologyData = drawn, Probe = true });

    /// <summary>What runs of a topology, as whoever watches over it opens it.</summary>
    internal async Task<TopologyWork> OpenAsync(TopologyView topology)
    {
        await using var db = Scene.App.Databases.For(new Tenant(Scene.Agency.Org.Id, Scene.Agency.Org.Id, false), AuditActor.System);
        return await Scene.App.Services.GetRequiredService<TopologyHost>().OpenAsync(db, topology.Id, default);
    }

    /// <summary>Where a node is.</summary>
    internal LabServer MachineOf(LayoutNode node) => Machines[Scene.Servers.FindIndex(s => s.Id == node.ServerId)];

    /// <summary>What of a topology, or of the work on one, is on a server.</summary>
    internal static async Task<string> LeftOnAsync(LabServer machine) => (await machine.ShellAsync("docker ps -a --filter label=ocore.topology --format '{{.Names}}'; docker ps -a --format '{{.Names}}' | grep -E '^ocore-(i|lb|pg|pglb|pgbouncer|redis|etcd|odoo|monitor|install|files|rm)-' || true; docker volume ls --format '{{.Name}}' | grep -v '^ocore-postgres$' || true; iptables -t raw -S | grep OCORE || true; ls -d /var/lib/ocore/firewall /etc/systemd/system/ocore-firewall.service /etc/modprobe.d/ocore-nfs.conf 2>/dev/null || true; ls /var/lib/ocore/instances 2>/dev/null || true")).Trim();

    /// <summary>Containers on a server: of nodes by the nodes' ids, what holds a shared address for one beside it, each Odoo as one, and what ran once and should be gone by its name.</summary>
    internal static async Task<IReadOnlyList<string>> NodesOnAsync(LabServer machine) => [.. (await machine.ShellAsync(
        """
        docker ps -a --filter label=ocore.topology --format '{{.Label "ocore.node"}} {{.Names}}' | sed -E 's/ .*(-address)$/\1/; s/ .*//'
        docker ps -a --filter label=ocore.instance --format odoo
        docker ps -a --filter label=ocore.oneoff --format '{{.Names}}'
        """)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal)];

    /// <summary>Of everything of a topology nothing is on any server, and the edges are back.</summary>
    internal async Task NothingIsLeftAsync()
    {
        foreach (var machine in Machines)
        {
            var left = await LeftOnAsync(machine);
            Assert.True(left.Length == 0, $"{machine.Name}: {left}");
            await Scene.UntilAsync(async () => (await machine.ShellAsync("docker ps --format '{{.Names}}'")).Contains("ocore-edge", StringComparison.Ordinal), $"{machine.Name} has its edge again", 30);
        }
    }
}

[CollectionDefinition(Name)]
public sealed class TopologyLabCollection : ICollectionFixture<TopologyLab>
{
    public const string Name = "topologies";
}
