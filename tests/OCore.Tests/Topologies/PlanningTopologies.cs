using System.Text;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Operations;

namespace OCore.Tests.Topologies;

/// <summary>What a plan says, word for word, and when it is refused.</summary>
public sealed class PlanningTopologies
{
    [Fact]
    public void Plans_are_as_reviewed()
    {
        var text = new StringBuilder();
        void Tell(string title, Sketch? before, Sketch? after) => text.Append($"##### {title}\n{DeployScene.Print(Planner.Actions(before?.Layout(), after?.Layout(), (after ?? before)!.Names()))}\n");
        var (pair, failover, watched) = (DeployScene.Pair(), DeployScene.Failover(), DeployScene.Watched().BackedUp());
        Tell("first deployment: a pair", null, pair);
        Tell("first deployment: fail-over", null, failover);
        Tell("first deployment: fail-over with two that replicate asynchronously", null, failover.Without("postgres-3"));
        Tell("first deployment: Redis with sentinels, and backups", null, watched);
        Tell("nothing changed", pair, pair);
        Tell("more workers, another Odoo, another body size", pair, pair.Set("odoo-1", "workers", 6).Add("odoo-3", NodeType.Odoo, "db", ("workers", 4), ("cronThreads", 0)).Join("odoo-3", "postgres", "s3", "redis").Join("lb", "odoo-3").Set("lb", "bodyMb", 256));
        Tell("an Odoo goes, the load balancer moves", pair, pair.Without("odoo-2").On("lb", "files"));
        Tell("sessions leave Redis, which stays", pair, pair.Ha(h => h with { RedisEnabled = false }));
        Tell("sessions come to Redis, and the only Odoo is made anew", pair.Without("odoo-2").Ha(h => h with { RedisEnabled = false }), pair.Without("odoo-2"));
        Tell("PostgreSQL moves", pair, pair.On("postgres", "files"));
        var replaced = failover.Without("postgres-3").Add("postgres-4", NodeType.Postgres, "files", ("label", "PostgreSQL 4"), ("role", "replica"), ("maxConnections", 300)).Join("postgres-4", "postgres", "etcd-1", "etcd-2", "etcd-3").Join("odoo-1", "postgres-4").Join("odoo-2", "postgres-4");
        Tell("a PostgreSQL goes, another comes", failover, replaced);
        Tell("a PostgreSQL goes, and commits wait for nobody any more", failover, failover.Without("postgres-3"));
        Tell("one that was drawn as the primary moves, behind what follows the primary", failover.Pooled(), failover.Pooled().On("postgres", "files"));
        Tell("a member of etcd moves", failover, failover.On("etcd-3", "files"));
        Tell("a Redis moves, and everybody signs in again", pair, pair.On("redis", "files"));
        Tell("a Redis and a sentinel move", watched, watched.On("redis-2", "files").On("sentinel-2", "files"));
        Tell("destroyed", pair, null);
        Tell("destroyed: Redis with sentinels, and backups", watched, null);
        Repository.IsGolden("topology-plans.txt", text.ToString());
    }

    [Fact]
    public void Containers_are_as_reviewed_and_secrets_are_in_files_only()
    {
        var (layout, secrets, text) = (DeployScene.Failover().Add("files", NodeType.Filestore, "files", ("label", "Files")).Join("odoo-1", "files").Join("odoo-2", "files").Set("lb", "tls", true).Add("pg-entry", NodeType.LoadBalancer, "app-1", ("role", "postgres")).Join("pg-entry", "postgres", "postgres-2", "postgres-3")
            .Add("pooler", NodeType.Pgbouncer, "app-2", ("poolMode", "transaction"), ("sessionDatabases", new[] { "postgres" })).Join("pooler", "pg-entry").Layout(), new TopologySecrets("SECRET-PG", "SECRET-REPL", "SECRET-REST", "SECRET-REDIS", "SECRET-SENTINEL"), new StringBuilder());
        var watched = DeployScene.Watched().Layout();
        foreach (var (of, node) in layout.Nodes.Where(n => n.ServerId is not null && n.Type != NodeType.Odoo).Select(n => (layout, n)).Concat(watched.Of(NodeType.Redis).Where(n => n.Id is "redis" or "redis-2" or "sentinel-2").Select(n => (watched, n))))
        {
            var spec = NodeSpecs.Of(DeployScene.Id, of, node, secrets);
            spec.Check();
            text.Append($"##### {node.Id}\n{spec.Name} {spec.Image}\ncommand {string.Join(' ', spec.Command ?? [])}\n{string.Concat(spec.Ports.Select(p => $"port {p.HostAddress}:{p.HostPort} → {p.ContainerPort}\n"))}{string.Concat(spec.Mounts.Select(m => $"mount {m.Source} {m.Target}\n"))}memory {spec.MemoryBytes >> 20}\n");
            foreach (var file in spec.Files)
                text.Append($"file {file.Path} {file.Mode}\n{Encoding.UTF8.GetString(file.Content.Span)}");
            Assert.DoesNotContain("SECRET", string.Join(' ', spec.Command ?? []) + string.Join(' ', spec.Env.Values) + string.Join(' ', spec.Labels.Values), StringComparison.Ordinal);
            Assert.All(spec.Files.Where(f => Encoding.UTF8.GetString(f.Content.Span).Contains("SECRET", StringComparison.Ordinal)), f => Assert.Equal(UnixFileMode.UserRead, f.Mode));
            // What people come by may listen everywhere; nothing else may.
            Assert.All(spec.Ports, p => Assert.True(node.IsBalancer || CapacityRules.IsPrivate(p.HostAddress)));
        }
        Repository.IsGolden("topology-containers.txt", text.ToString());
    }

    [Fact]
    public void A_plan_interrupts_where_people_notice_it()
    {
        var pair = DeployScene.Pair();
        bool Interrupts(Sketch after) => Planner.Actions(pair.Layout(), after.Layout(), pair.Names()).Any(Planner.Interrupts);
        Assert.False(Interrupts(pair));
        Assert.False(Interrupts(pair.Set("odoo-2", "workers", 8)));
        Assert.True(Interrupts(pair.Without("odoo-2").Set("odoo-1", "workers", 8)));
        Assert.True(Interrupts(pair.On("lb", "files")));
    }

    [Fact]
    public void The_same_input_gives_the_same_plan_and_what_cannot_be_done_is_said()
    {
        var pair = DeployScene.Pair();
        for (var seed = 0; seed < 20; seed++)
            Assert.True(pair.Shuffled(new Random(seed)).Layout().SameAs(pair.Layout()));
        Assert.Empty(LayoutMaker.NotBuilt(pair.Snapshot()));
        Assert.Empty(LayoutMaker.NotBuilt(DeployScene.Failover().Snapshot()));
        Assert.Empty(LayoutMaker.NotBuilt(Sketch.Of("shared").Snapshot()));
        Assert.Empty(LayoutMaker.NotBuilt(DeployScene.Failover().Pooled().Snapshot()));
        Assert.DoesNotContain(TopologyRules.Check(DeployScene.Failover().Pooled().Snapshot()), f => f.Severity == FindingSeverity.Error);
        // Straight to a PostgreSQL it would stay with one that leads no more; and what goes past it is no pool.
        Assert.Contains("pooler", LayoutMaker.NotBuilt(DeployScene.Failover().Pooled().Without("entry").Join("pooler", "postgres").Snapshot()).Keys);
        Assert.Contains("pooler", LayoutMaker.NotBuilt(DeployScene.Failover().Pooled().Without("pooler").Add("pooler", NodeType.Pgbouncer, "app-1").Join("pooler", "entry").Join("odoo-1", "pooler").Join("odoo-2", "entry").Snapshot()).Keys);
        Assert.Empty(LayoutMaker.NotBuilt(pair.Set("lb", "tls", true).Snapshot()));
        IReadOnlyDictionary<string, string> Refused(Sketch after) => Planner.NotChanged(Planner.Actions(pair.Layout(), after.Layout(), pair.Names()), pair.Layout(), after.Layout());
        Assert.Empty(Refused(pair.Set("odoo-2", "workers", 8)));
        Assert.Equal(["postgres"], Refused(pair.Set("postgres", "maxConnections", 400)).Keys);
        Assert.Equal(["odoo-1"], Refused(pair.On("odoo-1", "files")).Keys);
        Assert.Equal(["lb"], Refused(pair.Ha(h => h with { LbType = LoadBalancerType.Nginx })).Keys);
        // Nor does a Redis that runs alone become one of several.
        Assert.Equal(["redis", "redis-2", "sentinel-1", "sentinel-2", "sentinel-3"], Refused(DeployScene.Watched()).Keys);
        Assert.Equal(["backup", "backups"], Refused(pair.BackedUp()).Keys);
        // Nothing moves the files, whatever is drawn for them; where sessions are may change.
        Assert.Contains("Stay with s3", Assert.Single(Refused(pair.Ha(h => h with { FilestoreType = FilestoreType.Local }))).Value, StringComparison.Ordinal);
        var shared = Sketch.Of("shared");
        Assert.Contains("Stay with local", Planner.NotChanged([], shared.Ha(h => h with { FilestoreType = FilestoreType.Local }).Layout(), shared.Layout())["filestore"], StringComparison.Ordinal);
        Assert.Empty(Refused(pair.Ha(h => h with { RedisEnabled = false })));
    }

    /// <summary>A primary that is left alone goes on, unless it was promised that nothing is lost. That is no part of what ran before it could be promised.</summary>
    [Fact]
    public void Where_no_row_may_be_lost_writing_waits_for_another_machine()
    {
        static string Patroni(Sketch drawn)
        {
            var layout = drawn.Layout();
            return PatroniConfig.Render(layout, layout.Find("postgres-2")!, new TopologySecrets("a", "b", "c", "d", "e"));
        }
        var sketch = DeployScene.Failover();
        Assert.DoesNotContain("synchronous_mode_strict", Patroni(sketch), StringComparison.Ordinal);
        foreach (var saying in (string[])["postgres", "postgres-3"])
        {
            var promised = sketch.Set(saying, "zeroDataLoss", true);
            Assert.DoesNotContain(promised.Findings(), f => f.Severity == FindingSeverity.Error);
            Assert.Empty(LayoutMaker.NotBuilt(promised.Snapshot()));
            foreach (var mode in (string[])["\"synchronous_mode\": true", "\"synchronous_mode_strict\": true"])
                Assert.Contains(mode, Patroni(promised), StringComparison.Ordinal);
            Assert.Equal(["postgres", "postgres-2", "postgres-3"], Planner.NotChanged(Planner.Actions(sketch.Layout(), promised.Layout(), sketch.Names()), sketch.Layout(), promised.Layout()).Keys);
        }
    }

    /// <summary>Whether commits wait for another machine is decided by the first deployment: where they do not, its plan says what may be lost, once.</summary>
    [Fact]
    public void A_cluster_whose_commits_wait_for_nobody_is_a_risk()
    {
        static IEnumerable<string> Risky(Sketch drawn) => Planner.Actions(null, drawn.Layout(), drawn.Names()).Where(a => a.DataRisk is not null).Select(a => a.NodeId);
        var three = DeployScene.Failover();
        var two = three.Without("postgres-3");
        Assert.Equal(["postgres"], Risky(two));
        Assert.Equal(["postgres"], Risky(three.Set("postgres", "synchronous", false)));
        Assert.All((Sketch[])[three, two.Set("postgres", "synchronous", true), three.Set("postgres-2", "zeroDataLoss", true), DeployScene.Pair()], s => Assert.Empty(Risky(s)));
    }

    /// <summary>What is drawn and not done is refused, by node; who draws what is done anyhow is not contradicted.</summary>
    [Fact]
    public void What_a_deployment_does_not_read_is_refused_in_words()
    {
        var (pair, failover) = (DeployScene.Pair(), DeployScene.Failover());
        var shared = Sketch.Of("shared");
        void Refuses(Sketch sketch, string node, string member, object value, string says)
        {
            var why = Assert.Single(LayoutMaker.NotBuilt(sketch.Set(node, member, value).Snapshot()));
            Assert.Equal(node, why.Key);
            Assert.Contains(says, why.Value, StringComparison.Ordinal);
        }
        Refuses(failover, "postgres", "locale", "de_DE.UTF-8", "Take locale out");
        Refuses(failover, "postgres", "namespace", "/erp/", "Take namespace out");
        Refuses(failover, "postgres", "checksums", false, "Take checksums out");
        Refuses(pair, "postgres", "checksums", true, "Take checksums out");
        Refuses(failover, "postgres-2", "ttl", 30, "say it at PostgreSQL, and nothing else here");
        Refuses(failover, "postgres-3", "synchronous", false, "say it at PostgreSQL");
        Refuses(pair, "redis", "prefix", "erp", "Take prefix out");
        Refuses(pair, "redis", "aclUser", "erp", "Take aclUser out");
        Refuses(shared, "filestore", "uid", 101, "Take uid out");
        Refuses(shared, "odoo-1", "gid", 101, "Take gid out");
        foreach (var member in (string[])["database", "dbFilter", "dataDir", "secrets", "addonsRevision"])
            Refuses(pair, "odoo-2", member, "other", $"Take {member} out");
        Assert.Contains("Take prefix out. Redis has one password", LayoutMaker.NotBuilt(pair.Set("redis", "prefix", "a").Set("redis", "aclUser", "b").Snapshot())["redis"], StringComparison.Ordinal);
        Assert.Empty(LayoutMaker.NotBuilt(failover.Set("postgres", "locale", "C.UTF-8").Set("postgres", "namespace", "/service/").Set("postgres", "checksums", true).Set("postgres-2", "ttl", 20).Set("odoo-1", "dataDir", "/var/lib/odoo").Set("odoo-1", "dbFilter", "").Snapshot()));
        Assert.Empty(LayoutMaker.NotBuilt(pair.Set("postgres", "checksums", false).Snapshot()));
    }

    public static TheoryData<string> Keys() => [.. Features.Topologies.Blueprints.All.Select(b => b.Key)];

    /// <summary>A drawing that oCore itself proposes is one that it can build.</summary>
    [Theory, MemberData(nameof(Keys))]
    public void Every_blueprint_can_be_deployed_as_it_is_drawn(string key)
    {
        var snapshot = Sketch.Of(key).Snapshot();
        Assert.Empty(LayoutMaker.NotBuilt(snapshot));
        Assert.DoesNotContain(TopologyRules.Check(snapshot), f => f.Severity == FindingSeverity.Error);
        Assert.Equal(snapshot.Nodes.Count, Sketch.Of(key).Layout().Nodes.Count);
    }

    [Fact]
    public void What_is_not_built_of_Redis_and_of_backups_is_refused_in_words()
    {
        void Refuses(string node, string says, Sketch sketch) => Assert.Contains(says, LayoutMaker.NotBuilt(sketch.Snapshot())[node], StringComparison.Ordinal);
        var (watched, kept) = (DeployScene.Watched(), DeployScene.Pair().BackedUp());
        Assert.Empty(LayoutMaker.NotBuilt(watched.BackedUp().Snapshot()));
        Refuses("redis-2", "three sentinels on three servers", watched.Without("sentinel-3"));
        Refuses("sentinel-1", "three sentinels on three servers", watched.On("sentinel-3", "edge").Set("sentinel-3", "port", 26380));
        Refuses("redis-2", "three sentinels", watched.Without("sentinel-1").Without("sentinel-2").Without("sentinel-3"));
        Refuses("sentinel-1", "draw one", watched.Without("redis-2"));
        Refuses("redis", "exactly one has the role primary", watched.Set("redis-2", "role", "primary"));
        Refuses("redis", "somebody else's", DeployScene.Pair().Set("redis", "url", "redis://elsewhere:6379"));
        Refuses("sentinel-2", "Cluster is not built", watched.Set("sentinel-2", "mode", "cluster"));
        Refuses("backup", "in a bucket", kept.Without("backups"));
        Refuses("backup", "Take pitr out", kept.Set("backup", "pitr", true));
        Refuses("backup", "Take path out", kept.Set("backup", "path", "/srv/backups"));
        Refuses("backup", "draw one backup", kept.Add("backup-2", NodeType.Backup, "db").Join("postgres", "backup-2"));
        Refuses("lb", "IP version 4", kept.Set("lb", "virtualIp", "fd00::100"));
        Refuses("lb", "take bind out", kept.Set("lb", "virtualIp", "10.0.0.100").Set("lb", "bind", "10.0.0.12"));
        var monitored = kept.Monitored();
        Assert.Empty(LayoutMaker.NotBuilt(monitored.Snapshot()));
        Refuses("watch", "let its role be metrics", monitored.Set("watch", "role", "pg_auto_failover"));
        Refuses("watch", "It watches nothing", kept.Add("watch", NodeType.Monitor, "edge").Join("watch", "s3", "backup", "backups"));
        Refuses("watch", "Load balancer has no address", monitored.Server("edge", s => s with { Host = "edge.example.com" }));
        Refuses("watch", "Take port out", monitored.Set("watch", "port", 9090));
        Refuses("watch", "Take bind out", monitored.Set("watch", "bind", "10.0.0.13"));
    }

    /// <summary>A backup that a rule proposes is one that can be deployed.</summary>
    [Fact]
    public void What_the_rules_propose_for_backups_can_be_deployed()
    {
        var sketch = DeployScene.Pair();
        var fix = TopologyRules.Check(sketch.Snapshot()).Single(f => f.Code == "TP-P13").Fix;
        Assert.Empty(LayoutMaker.NotBuilt(sketch.Apply(fix.Changes).Snapshot()));
        // Files on NFS are in the same backup, whichever of the two proposals is taken.
        var shared = Sketch.Of("shared");
        foreach (var code in (string[])["TP-P13", "TP-F05"])
        {
            var mended = shared.Apply(TopologyRules.Check(shared.Snapshot()).Single(f => f.Code == code && f.Message.Contains("is in no backup", StringComparison.Ordinal)).Fix.Changes).Snapshot();
            Assert.Empty(LayoutMaker.NotBuilt(mended));
            Assert.DoesNotContain(TopologyRules.Check(mended), f => f.Message.Contains("is in no backup", StringComparison.Ordinal));
        }
    }

    /// <summary>As the published guide asks for it: with no plan before, and no body.</summary>
    [Theory, Sqlite, Postgres]
    public async Task What_is_drawn_is_deployed_without_a_body(Database database)
    {
        await using var app = await TestApp.StartAsync(database, a => a.Adjust(services => _ = services.Remove(services.Single(d => d.ImplementationType == typeof(OperationEngine)))));
        var agency = await app.AgencyAsync("Guided");
        var http = app.As(agency.Owner, agency.Org);
        var servers = new Dictionary<string, Guid>();
        foreach (var (i, place) in ((string[])["edge", "app-1", "app-2", "db", "files"]).Index())
            servers[place] = await TopologiesTests.ServerAsync(app, agency.Org, place, $"10.0.0.{10 + i}");
        var path = $"/api/topologies/{(await http.Post<CreateTopology, TopologyView>("/api/topologies", DeployScene.Pair().Drawing("HA Production Setup", servers))).Id}";
        await http.Put<SetTopologyCredential, TopologyCredentialView>($"{path}/credentials/main", new() { AccessKey = "AK", SecretKey = "the-secret-key" });
        Assert.Equal("topology.deploy", (await http.Post<OperationView>($"{path}/deploy")).Kind);
        Assert.Equal("deploying", (await http.Get<TopologyView>(path)).Deployment!.Status);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_plan_is_made_kept_and_refused_when_stale(Database database)
    {
        // Nothing is deployed: the servers are rows.
        await using var app = await TestApp.StartAsync(database, a => a.Adjust(services => _ = services.Remove(services.Single(d => d.ImplementationType == typeof(OperationEngine)))));
        var agency = await app.AgencyAsync("Planning");
        var client = await app.ClientOfAsync(agency, "Shop");
        var http = app.As(agency.Owner, agency.Org);
        var servers = new Dictionary<string, Guid>();
        foreach (var (i, place) in ((string[])["edge", "app-1", "app-2", "db", "files"]).Index())
            servers[place] = await TopologiesTests.ServerAsync(app, agency.Org, place, $"10.0.0.{10 + i}");
        var topology = await http.Post<CreateTopology, TopologyView>("/api/topologies", DeployScene.Pair().Drawing("HA Production Setup", servers));
        var path = $"/api/topologies/{topology.Id}";
        var wish = new PlanTopology { Organization = client.Slug, Name = "Shop ERP", Domain = "erp.shop.example" };

        await http.Post<PlanTopology, TopologyPlanView>($"{path}/plan", wish).IsRefusedAsync(409, "credential_missing");
        await http.Post<OperationView>($"{path}/deploy").IsRefusedAsync(409, "credential_missing");
        var credential = await http.Put<SetTopologyCredential, TopologyCredentialView>($"{path}/credentials/main", new() { AccessKey = "AK", SecretKey = "the-secret-key" });
        Assert.Equal("AK", credential.AccessKey);
        Assert.Equal(["main"], (await http.Get<Page<TopologyCredentialView>>($"{path}/credentials")).Data.Select(c => c.Name));
        await http.Post<PlanTopology, TopologyPlanView>($"{path}/plan", new() { Organization = "nobody" }).IsRefusedAsync(404, "client_not_found");
        await http.Post<PlanTopology, TopologyPlanView>($"{path}/plan", new() { Destroy = true }).IsRefusedAsync(409, "not_deployed");
        await http.Post<TopologyNodeStatus>($"{path}/nodes/redis/status").IsRefusedAsync(409, "not_deployed");
        await http.Post<TopologyNodeStatus>($"{path}/nodes/nothing/status").IsRefusedAsync(404, "not_found");

        var plan = await http.Post<PlanTopology, TopologyPlanView>($"{path}/plan", wish);
        Assert.Equal((TopologyPlanKind.Deploy, 0, "http://erp.shop.example", client.Id), (plan.Kind, plan.Generation, plan.Instance.Url, plan.Instance.Organization.Id));
        Assert.All(plan.Actions, a => Assert.Equal(PlanActionKind.Create, a.Action));
        Assert.Equal(plan.Hash, (await http.Post<PlanTopology, TopologyPlanView>($"{path}/plan", wish)).Hash);
        Assert.NotEqual(plan.Hash, (await http.Post<PlanTopology, TopologyPlanView>($"{path}/plan", wish with { Domain = "other.shop.example" })).Hash);
        Assert.Equal(3, (await http.Get<Page<TopologyPlanView>>($"{path}/plans")).Data.Count);

        // What a plan was made from may change in the drawing and on the servers.
        await http.Post<DeployTopology, OperationView>($"{path}/deploy", new() { PlanHash = new string('0', 64) }).IsRefusedAsync(404, "plan_not_found");
        await http.Put<UpdateTopology, TopologyView>(path, new() { Changes = [Fix.Set(new DrawnNode(topology.TopologyData.Nodes.First(n => n.Id == "odoo-1")), "workers", 6)] });
        await http.Post<DeployTopology, OperationView>($"{path}/deploy", new() { PlanHash = plan.Hash }).IsRefusedAsync(409, "plan_stale");
        await SetStatusAsync(app, servers["db"], ServerStatus.Unreachable);
        var invalid = await http.Post<PlanTopology, TopologyPlanView>($"{path}/plan", wish).IsRefusedAsync(409, "topology_invalid");
        Assert.Contains("TP-A01", invalid.Errors!.Keys);
        await SetStatusAsync(app, servers["db"], ServerStatus.Active);

        plan = await http.Post<PlanTopology, TopologyPlanView>($"{path}/plan", wish);
        var operation = await http.Post<DeployTopology, OperationView>($"{path}/deploy", new() { PlanHash = plan.Hash });
        Assert.Equal(("topology.deploy", "Deploy HA Production Setup"), (operation.Kind, operation.Title));
        var running = (await http.Get<TopologyView>(path)).Deployment!;
        Assert.Equal(("deploying", operation.Id, plan.Hash, false), (running.Status, running.OperationId, running.PlanHash, running.Changed));
        Assert.Equal(topology.TopologyData.Nodes.Count, running.Nodes.Count);
        var instance = await http.Get<InstanceView>($"/api/instances/{running.InstanceId}");
        Assert.Equal(("Shop ERP", "http://erp.shop.example", topology.Id, client.Id), (instance.Name, instance.Url, instance.TopologyId, instance.Organization.Id));
        await http.Post<DeployTopology, OperationView>($"{path}/deploy", new() { PlanHash = plan.Hash }).IsRefusedAsync(409, "plan_stale");
        await http.Send(HttpMethod.Delete, path).IsRefusedAsync(409, "topology_deployed");
        await http.Delete<OperationView>($"/api/servers/{servers["db"]}").IsRefusedAsync(409, "server_in_use");
        await http.Delete<OperationView>($"/api/instances/{instance.Id}").IsRefusedAsync(409, "part_of_topology");

        // Whoever destroys it types its name, and as it is written.
        var destroy = await http.Post<PlanTopology, TopologyPlanView>($"{path}/plan", new() { Destroy = true });
        foreach (var confirm in (string?[])[null, "", "ha production setup", "HA Production Setup (copy)"])
            await http.Post<DeployTopology, OperationView>($"{path}/deploy", new() { PlanHash = destroy.Hash, Confirm = confirm }).IsRefusedAsync(409, "confirm_by_name", "confirm");
        // So it is the operation that works on it which is in the way of this one.
        await http.Post<DeployTopology, OperationView>($"{path}/deploy", new() { PlanHash = destroy.Hash, Confirm = "HA Production Setup" }).IsRefusedAsync(409, "operation_in_progress");
    }

    /// <summary>What may be lost is said. What is destroyed of something that runs is in a backup before, one that is verified and of today.</summary>
    [Theory, Sqlite, Postgres]
    public async Task What_may_be_lost_is_said_and_what_is_destroyed_is_backed_up_before(Database database)
    {
        await using var app = await TestApp.StartAsync(database, a => a.Adjust(services => _ = services.Remove(services.Single(d => d.ImplementationType == typeof(OperationEngine)))));
        var agency = await app.AgencyAsync("Losing");
        var client = await app.ClientOfAsync(agency, "Lost");
        var http = app.As(agency.Owner, agency.Org);
        var servers = new Dictionary<string, Guid>();
        foreach (var (i, place) in ((string[])["edge", "app-1", "app-2", "db", "files"]).Index())
            servers[place] = await TopologiesTests.ServerAsync(app, agency.Org, place, $"10.0.0.{10 + i}");
        var topology = await http.Post<CreateTopology, TopologyView>("/api/topologies", DeployScene.Failover().Without("postgres-3").Drawing("Losing", servers));
        var path = $"/api/topologies/{topology.Id}";
        await http.Put<SetTopologyCredential, TopologyCredentialView>($"{path}/credentials/main", new() { AccessKey = "AK", SecretKey = "the-secret-key" });
        var plan = await http.Post<PlanTopology, TopologyPlanView>($"{path}/plan", new() { Organization = client.Slug, Domain = "erp.lost.example" });
        Assert.True(plan.DataRisk);
        Assert.Contains(plan.Findings, f => f.Code == "TP-P04" && f.Message.Contains("asynchronously", StringComparison.Ordinal));
        // What is made anew has nothing to lose yet.
        await http.Post<DeployTopology, OperationView>($"{path}/deploy", new() { PlanHash = plan.Hash });
        var instance = (await http.Get<TopologyView>(path)).Deployment!.InstanceId;

        // Where the primary is moved its data do not move along.
        await http.Put<UpdateTopology, TopologyView>(path, new() { Changes = [new() { Op = TopologyChangeKind.SetNode, Id = "postgres", Member = "serverId", Value = new RawJson($"\"{servers["files"]}\"") }] });
        async Task RefusedAsync(string says, params string[] agreed) =>
            Assert.Contains(says, Assert.Single((await http.Post<PlanTopology, TopologyPlanView>($"{path}/plan", new() { AgreeToLose = agreed }).IsRefusedAsync(409, "topology_invalid", "TP-A04")).Errors!["TP-A04"]), StringComparison.Ordinal);
        await RefusedAsync("the change would destroy it");
        await RefusedAsync("no backup of the last 24 hours", "postgres");
        foreach (var (state, hours, beside) in ((BackupState, double, string?)[])[(BackupState.Intact, 1, null), (BackupState.Verified, 24.1, null), (BackupState.Verified, 1, "beside")])
        {
            await BackedUpAsync(state, hours, beside);
            await RefusedAsync("no backup of the last 24 hours", "postgres");
        }
        await BackedUpAsync(BackupState.Verified, 23.9, null);
        await RefusedAsync("the change would destroy it");
        // Now the rules have nothing against it. That PostgreSQL stays where it is while it runs is another matter.
        await http.Post<PlanTopology, TopologyPlanView>($"{path}/plan", new() { AgreeToLose = ["postgres"] }).IsRefusedAsync(409, "not_deployable", "postgres");

        async Task BackedUpAsync(BackupState state, double hours, string? beside)
        {
            var at = app.Clock.GetUtcNow().AddHours(-hours);
            await using var db = app.Databases.System();
            db.Add(new Features.Backups.Backup
            {
                OrgId = client.Id, RootId = client.RootId, InstanceId = instance, InstanceName = "Losing", Database = beside, Reason = "manual", OdooVersion = "19.0", OdooEdition = "ce", State = state, TakenAt = at, CreatedAt = at,
            });
            await db.SaveChangesAsync();
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task High_availability_is_planned_as_it_is_drawn(Database database)
    {
        await using var app = await TestApp.StartAsync(database, a => a.Adjust(services => _ = services.Remove(services.Single(d => d.ImplementationType == typeof(OperationEngine)))));
        var agency = await app.AgencyAsync("Available");
        var http = app.As(agency.Owner, agency.Org);
        var (sketch, servers) = (Sketch.Of("ha"), new Dictionary<string, Guid>());
        foreach (var (i, place) in sketch.Servers.Values.Select(s => s.Name).Index())
            servers[place] = await TopologiesTests.ServerAsync(app, agency.Org, place, $"10.0.0.{10 + i}");
        var topology = await http.Post<CreateTopology, TopologyView>("/api/topologies", sketch.Drawing("Available", servers));
        await http.Put<SetTopologyCredential, TopologyCredentialView>($"/api/topologies/{topology.Id}/credentials/main", new() { AccessKey = "AK", SecretKey = "the-secret-key" });
        var plan = await http.Post<PlanTopology, TopologyPlanView>($"/api/topologies/{topology.Id}/plan", new());
        Assert.Equal(sketch.Data.Nodes.Select(n => n.Id).Order(StringComparer.Ordinal), plan.Actions.Where(a => a.Action == PlanActionKind.Create).Select(a => a.NodeId).Order(StringComparer.Ordinal));
        Assert.Empty(plan.Findings);
        var operation = await http.Post<DeployTopology, OperationView>($"/api/topologies/{topology.Id}/deploy", new() { PlanHash = plan.Hash });
        Assert.Contains("schedule the backups", operation.Steps.Select(s => s.Name));
    }

    /// <summary>One that is alone is told to Odoo as ever, so that nothing that runs is different for it; by sentinels it is found by name.</summary>
    [Fact]
    public void Odoo_is_told_where_its_sessions_are()
    {
        string Told(Sketch sketch)
        {
            var layout = sketch.Layout();
            var deployment = new TopologyDeployment { Name = "x", Status = "active", PlanHash = "", DrawingDigest = "", Layout = layout, SecretsSealed = "" };
            var cluster = TopologyHost.ClusterOf(new TopologyWork(deployment, layout, new TopologySecrets("a", "b", "c", "REDIS", "SENTINEL"), new Dictionary<Guid, Server>()), Guid.Empty, null);
            return Encoding.UTF8.GetString(Features.Instances.ClusterAddons.FilesOf(cluster).Single(f => f.Path.Value == "/opt/hosting/sessions.json").Content.Span);
        }
        const string Alone = """{"host":"10.0.0.13","port":6379,"password":"REDIS","prefix":"hosting:00000000000000000000000000000000:"}""";
        Assert.Equal(Alone, Told(DeployScene.Pair()));
        var told = Told(DeployScene.Watched());
        foreach (var part in (string[])["\"sentinels\":[{\"host\":\"10.0.0.13\",\"port\":26379},{\"host\":\"10.0.0.10\",\"port\":26379},{\"host\":\"10.0.0.11\",\"port\":26379}]", "\"service\":\"sessions\"", "\"sentinelPassword\":\"SENTINEL\"", "\"password\":\"REDIS\""])
            Assert.Contains(part, told, StringComparison.Ordinal);
    }

    private static async Task SetStatusAsync(TestApp app, Guid server, ServerStatus status)
    {
        await using var db = app.Databases.System();
        var row = (await db.ServerByIdAsync(server, default))!;
        row.Status = status;
        await db.SaveChangesAsync();
    }
}
