using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Tests.Topologies;

/// <summary>What a topology that runs has been promised, by which keys it comes to its files, and what its instance may not be told. Nothing runs: the servers are rows.</summary>
public sealed class RunningTopologies
{
    private readonly Dictionary<string, Guid> _servers = [];
    private TestAgency _agency = null!;
    private OCoreHttp _http = null!;
    private TopologyView _topology = null!;

    private string Path => $"/api/topologies/{_topology.Id}";

    [Theory, Sqlite, Postgres]
    public async Task What_its_nodes_have_is_promised_once_and_to_nobody_else(Database database)
    {
        await using var app = await RunningAsync(database, ("app-1", 4L << 30), ("db", 2L << 30));
        // The first Odoo is an instance as well, and is asked for anew by each plan.
        Assert.Equal(TopologyPlanKind.Change, (await PlanAsync()).Kind);

        // 512 MB are the system's; 2068 are the first Odoo's, 1024 PostgreSQL's.
        var template = await _http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Large", OdooVersion = "19.0", MemoryMb = 4096 });
        foreach (var (place, free) in new[] { ("app-1", 4096 - 512 - 2068), ("db", 2048 - 512 - 1024) })
        {
            var refused = await _http.Post<ProvisionInstance, OperationView>($"/api/templates/{template.Id}/provision", new ProvisionInstance { ServerId = _servers[place].ToString() }).IsRefusedAsync(409, "server_capacity");
            Assert.Equal(((long)free << 20, "memory"), (refused.More!["freeBytes"].GetInt64(), refused.More["resource"].GetString()));
        }
        await using (var db = app.Databases.System())
            Assert.Equal((2068L << 20, 1024L << 20), ((await db.PromisedAsync(_servers["app-1"], default)).MemoryBytes, (await db.PromisedAsync(_servers["db"], default)).MemoryBytes));

        // Nor may another topology have it.
        var other = await _http.Post<CreateTopology, TopologyView>("/api/topologies", Sketch.Of("single").Set("postgres", "port", 5440).Set("postgres", "restPort", 8040).Drawing("Other", new Dictionary<string, Guid> { [Sketch.Of("single").Servers.Values.Single().Name] = _servers["db"] }));
        var seen = await _http.Post<TopologyValidation>($"/api/topologies/{other.Id}/validate");
        Assert.Contains(seen.Findings, f => f.Code == "TP-K03" && f.Message.Contains("1 GiB for others", StringComparison.Ordinal));
    }

    [Theory, Sqlite, Postgres]
    public async Task What_its_nodes_have_is_changed_in_the_drawing(Database database)
    {
        await using var app = await RunningAsync(database);
        var id = (await _http.Get<TopologyView>(Path)).Deployment!.InstanceId;
        var before = await _http.Get<InstanceView>($"/api/instances/{id}");
        foreach (var change in (UpdateInstance[])[new() { Workers = 6 }, new() { MemoryMb = 4096 }, new() { Cpus = 3 }, new() { Name = "Other", Workers = 0 }])
            foreach (var query in (string[])["", "?dryRun=true"])
                Assert.Equal("Change it in the topology's drawing.", (await _http.Put<UpdateInstance, InstanceView>($"/api/instances/{id}{query}", change).IsRefusedAsync(409, "drawn_in_topology")).Hint);
        var after = await _http.Put<UpdateInstance, InstanceView>($"/api/instances/{id}", new() { Name = "Other", Workers = before.Workers, MemoryMb = before.MemoryMb });
        Assert.Equal(("Other", before.Workers, before.MemoryMb, before.Cpus), (after.Name, after.Workers, after.MemoryMb, after.Cpus));
    }

    /// <summary>Keys that were set anew come to Odoo with the next change, and go again when it is undone.</summary>
    [Theory, Sqlite, Postgres]
    public async Task Other_keys_of_its_bucket_are_a_change_of_its_Odoo_nodes(Database database)
    {
        await using var app = await RunningAsync(database);
        Assert.All((await PlanAsync()).Actions, a => Assert.Equal(PlanActionKind.Keep, a.Action));
        await SetKeysAsync("the-next-key");
        var plan = await PlanAsync();
        Assert.Equal(["odoo-1", "odoo-2"], plan.Actions.Where(a => a.Action == PlanActionKind.Change).Select(a => a.NodeId));
        Assert.All(plan.Actions.Where(a => a.Action == PlanActionKind.Change), a => Assert.Equal(("bucket keys", "changed once"), (Assert.Single(a.Changes).Setting, a.Changes[0].After)));
        Assert.All(plan.Actions.Where(a => a.NodeId is not ("odoo-1" or "odoo-2")), a => Assert.Equal(PlanActionKind.Keep, a.Action));
        Assert.False(plan.Downtime);
        Assert.Equal(plan.Hash, (await PlanAsync()).Hash);

        await using (var db = app.Databases.For(new Tenant(_agency.Org.Id, _agency.Org.Id, false), AuditActor.System))
        {
            var (keys, instances) = (app.Services.GetRequiredService<BucketKeys>(), app.Services.GetRequiredService<InstanceHost>());
            var deployment = await db.TopologyDeployments.SingleAsync();
            (deployment.Before, deployment.Layout) = (deployment.Layout, deployment.Layout with { KeysChanged = 1 });
            var has = instances.ClusterOf(await db.Instances.SingleAsync(i => i.Id == deployment.InstanceId))!;
            var given = has;
            // Tried twice, they are the same.
            for (var attempt = 0; attempt < 2; attempt++)
            {
                given = await keys.AppliedAsync(db, deployment, given, has, back: false, default);
                Assert.Equal(("the-next-key", "the-secret-key"), (given.Bucket!.SecretKey, given.FormerBucket!.SecretKey));
            }
            for (var attempt = 0; attempt < 2; attempt++)
            {
                given = await keys.AppliedAsync(db, deployment, given, given, back: true, default);
                Assert.Equal(("the-secret-key", (ClusterBucket?)null), (given.Bucket!.SecretKey, given.FormerBucket));
            }
        }

        // Those it has are no change.
        await SetKeysAsync("the-secret-key");
        Assert.All((await PlanAsync()).Actions, a => Assert.Equal(PlanActionKind.Keep, a.Action));
    }

    private Task<TopologyPlanView> PlanAsync() => _http.Post<PlanTopology, TopologyPlanView>($"{Path}/plan", new());

    private Task SetKeysAsync(string secret) => _http.Put<SetTopologyCredential, TopologyCredentialView>($"{Path}/credentials/main", new() { AccessKey = "AK", SecretKey = secret });

    /// <summary>A pair, deployed as far as rows tell.</summary>
    private async Task<TestApp> RunningAsync(Database database, params (string Place, long Memory)[] small)
    {
        var app = await TestApp.StartAsync(database, a => a.Adjust(services => _ = services.Remove(services.Single(d => d.ImplementationType == typeof(OperationEngine)))));
        _agency = await app.AgencyAsync("Running");
        _http = app.As(_agency.Owner, _agency.Org);
        foreach (var (i, place) in ((string[])["edge", "app-1", "app-2", "db", "files"]).Index())
            _servers[place] = await TopologiesTests.ServerAsync(app, _agency.Org, place, $"10.0.0.{10 + i}");
        await using (var db = app.Databases.System())
        {
            foreach (var (place, memory) in small)
            {
                var server = (await db.ServerByIdAsync(_servers[place], default))!;
                server.Facts = server.Facts! with { MemoryBytes = memory };
            }
            await db.SaveChangesAsync();
        }
        _topology = await _http.Post<CreateTopology, TopologyView>("/api/topologies", DeployScene.Pair().Drawing("Running", _servers));
        await SetKeysAsync("the-secret-key");
        await _http.Post<DeployTopology, OperationView>($"{Path}/deploy", new() { PlanHash = (await PlanAsync()).Hash });
        await using (var db = app.Databases.System())
            await db.TopologyDeployments.AcrossTenants().ExecuteUpdateAsync(s => s.SetProperty(d => d.Status, "active"));
        return app;
    }

    /// <summary>Of one whose machines were given up nothing is asked, and what is wrong with one keeps nobody from looking at the others.</summary>
    [Theory, Sqlite, Postgres]
    public async Task A_topology_whose_servers_were_forgotten_is_in_nobodys_way(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Forgotten");
        var broken = await InsertAsync(app, agency, "Broken", sealedWell: false);
        Guid[] lost = [await InsertAsync(app, agency, "First"), await InsertAsync(app, agency, "Second")];
        await app.Services.GetRequiredService<TopologyWatch>().LookAsync(default);
        var http = app.As(agency.Owner, agency.Org);
        foreach (var id in lost)
        {
            var seen = (await http.Get<TopologyView>($"/api/topologies/{id}")).Deployment!;
            Assert.All(seen.Nodes.Where(n => n.NodeId != "s3"), n => Assert.Equal((TopologyNodeState.Missing, "Its server is gone."), (n.State, n.Message)));
        }
        Assert.All((await http.Get<TopologyView>($"/api/topologies/{broken}")).Deployment!.Nodes, n => Assert.Equal(TopologyNodeState.Waiting, n.State));
        // What is drawn there still is looked at as well as it can be.
        var probed = await http.Post<ValidateTopology, TopologyValidation>($"/api/topologies/{lost[0]}/validate", new() { Probe = true });
        Assert.NotNull(probed.Probe);
        Assert.Contains(probed.Findings, f => f.Code == "TP-S05");
    }

    private static async Task<Guid> InsertAsync(TestApp app, TestAgency agency, string name, bool sealedWell = true)
    {
        var sketch = DeployScene.Pair().Set("lb", "tls", true);
        var (layout, id) = (sketch.Layout(), RowId.New());
        await using var db = app.Databases.For(new Tenant(agency.Org.Id, agency.Org.Id, false), AuditActor.System);
        var topology = new Features.Topologies.Topology { OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = name, CreatedAt = app.Clock.GetUtcNow() };
        topology.Draw(sketch.Data, sketch.Settings, app.Clock.GetUtcNow());
        db.Add(topology);
        db.Add(new TopologyDeployment
        {
            Id = id, OrgId = topology.OrgId, RootId = topology.RootId, TopologyId = topology.Id, Name = name, Status = "active", PlanHash = "", DrawingDigest = topology.DrawingDigest, Layout = layout,
            SecretsSealed = sealedWell ? app.Services.GetRequiredService<TopologyHost>().Seal(new TopologySecrets("a", "b", "c", "d", "e"), id) : "x",
        });
        foreach (var node in layout.Nodes)
            db.Add(new DeployedNode { OrgId = topology.OrgId, RootId = topology.RootId, TopologyId = topology.Id, NodeId = node.Id, Type = node.Type, Label = node.Label, Container = node.Container, ServerId = node.ServerId });
        await db.SaveChangesAsync();
        return topology.Id;
    }
}
