using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Platform.Data;

namespace OCore.Tests.Topologies;

public sealed class TopologiesTests(TestApps apps) : IClassFixture<TestApps>
{
    internal static async Task<Guid> ServerAsync(TestApp app, TestOrg org, string name, string host = "10.0.0.1", ServerStatus status = ServerStatus.Active)
    {
        await using var db = app.Databases.System();
        var server = new Server { OrgId = org.Id, RootId = org.RootId, Name = app.Slug(name), Host = host, Port = 22, User = "deploy", HostKey = "x", Status = status, EdgePort = 80, CreatedAt = app.Clock.GetUtcNow(),
            Facts = new ServerFacts { Os = "Debian 12", Kernel = "6.1", Architecture = "x86_64", Cpus = 8, MemoryBytes = 32L << 30, DiskBytes = 500L << 30 } };
        db.Add(server);
        await db.SaveChangesAsync();
        return server.Id;
    }

    [Theory, Sqlite, Postgres]
    public async Task A_topology_is_drawn_changed_copied_and_deleted(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Drawing");
        var http = app.As(agency.Owner, agency.Org);

        var made = await http.Post<CreateTopology, TopologyView>("/api/topologies", new() { Name = "HA Production Setup" });
        Assert.Equal(("HA Production Setup", 0, 0), (made.Name, made.TopologyData.Nodes.Count, made.TopologyData.Edges.Count));
        Assert.Equal((LoadBalancerType.None, FilestoreType.Local, false, false), (made.HaConfig.LbType, made.HaConfig.FilestoreType, made.HaConfig.RedisEnabled, made.HaConfig.PgFailoverEnabled));

        var renamed = await http.Put<UpdateTopology, TopologyView>($"/api/topologies/{made.Id}", new() { Description = "For Acme" });
        Assert.Equal(("HA Production Setup", "For Acme"), (renamed.Name, renamed.Description));
        var drawn = await http.Put<UpdateTopology, TopologyView>($"/api/topologies/{made.Id}", new() { TopologyData = (await BlueprintAsync(http, "single")).TopologyData });
        Assert.Equal(("For Acme", 2, 1), (drawn.Description, drawn.TopologyData.Nodes.Count, drawn.TopologyData.Edges.Count));
        Assert.True(drawn.Version > renamed.Version && renamed.Version > made.Version);

        var copy = await http.Post<TopologyView>($"/api/topologies/{made.Id}/duplicate");
        Assert.Equal(("HA Production Setup (copy)", "For Acme", 2), (copy.Name, copy.Description, copy.TopologyData.Nodes.Count));
        var rows = (await http.Get<Page<TopologySummary>>("/api/topologies?q=production")).Data;
        Assert.Equal([made.Id, copy.Id], rows.Select(r => r.Id));
        Assert.Equal(1, rows[0].Nodes["postgres"]);

        await http.Send(HttpMethod.Delete, $"/api/topologies/{made.Id}");
        await http.Get<TopologyView>($"/api/topologies/{made.Id}").IsRefusedAsync(404, "not_found");
        Assert.Equal(copy.Id, (await http.Get<TopologyView>($"/api/topologies/{copy.Id}")).Id);
        await using var db = app.Databases.System();
        var lines = await db.AuditLog.IgnoreQueryFilters([OCoreDb.TenantFilter]).Where(e => e.OrgId == agency.Org.Id && e.ObjectType == "topology").OrderBy(e => e.Id).Select(e => e.Action).ToListAsync();
        Assert.Equal(["topology.created", "topology.updated", "topology.updated", "topology.created", "topology.deleted"], lines);
    }

    private static async Task<TopologyBlueprint> BlueprintAsync(OCoreHttp http, string key) => (await http.Get<Page<TopologyBlueprint>>("/api/topologies/blueprints")).Data.Single(b => b.Key == key);

    /// <summary>The lines of the documentation, as they are printed there.</summary>
    [Theory, Sqlite, Postgres]
    public async Task The_documented_settings_are_taken_and_what_the_drawing_lacks_is_proposed(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Documented");
        var (lb, cache) = (await ServerAsync(app, agency.Org, "lb"), await ServerAsync(app, agency.Org, "cache", "10.0.0.2"));
        var http = app.As(agency.Owner, agency.Org);
        var topology = await http.Post<CreateTopology, TopologyView>("/api/topologies", new() { Name = "HA", Blueprint = "single" });

        using var raw = app.HttpAs(agency.Owner, agency.Slug);
        using var answer = await raw.PutAsync($"/api/topologies/{topology.Id}/ha-config", Json($$"""
            {
              "lbType": "traefik",
              "lbServerId": "{{lb}}",
              "filestoreType": "shared_nfs",
              "redisEnabled": true,
              "redisServerId": "{{cache}}",
              "pgFailoverEnabled": true
            }
            """));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var view = (await answer.Content.ReadFromJsonAsync(WireJson.Default.HaConfigView))!;
        Assert.Equal((LoadBalancerType.Traefik, lb, FilestoreType.SharedNfs, cache, true), (view.HaConfig.LbType, view.HaConfig.LbServerId, view.HaConfig.FilestoreType, view.HaConfig.RedisServerId, view.HaConfig.PgFailoverEnabled));
        Assert.Equal(["loadBalancer", "filestore", "redis", "postgres", "etcd", "etcd", "etcd"], view.Proposal.Changes.Where(c => c.Op == TopologyChangeKind.AddNode).Select(c => c.Node!.Type));

        var drawn = await http.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { Changes = view.Proposal.Changes });
        Assert.Equal(new[] { lb, cache }.Order(), drawn.Servers.Select(s => s.Id).Order());
        var after = await http.Get<HaConfigView>($"/api/topologies/{topology.Id}/ha-config");
        Assert.Empty(after.Proposal.Changes);
        Assert.Empty(after.Conflicts);

        // What is not given stays; switching off forgets the server, and the drawing then says more than the settings.
        var off = await http.Put<UpdateHaConfig, HaConfigView>($"/api/topologies/{topology.Id}/ha-config", new() { RedisEnabled = false });
        Assert.Equal((false, null, LoadBalancerType.Traefik), (off.HaConfig.RedisEnabled, off.HaConfig.RedisServerId, off.HaConfig.LbType));
        Assert.Equal(("redisEnabled", "redis"), (off.Conflicts.Single().Field, off.Conflicts.Single().NodeIds.Single()));
        var moved = await http.Put<UpdateHaConfig, HaConfigView>($"/api/topologies/{topology.Id}/ha-config", new() { LbServerId = cache });
        Assert.Contains(moved.Conflicts, c => c.Field == "lbServerId");
    }

    [Theory, Sqlite, Postgres]
    public async Task Servers_in_a_drawing_are_authorised_like_any_reference(Database database)
    {
        var app = await apps.OnAsync(database);
        var (ours, theirs) = (await app.AgencyAsync("Ours"), await app.AgencyAsync("Theirs"));
        var (own, foreign) = (await ServerAsync(app, ours.Org, "own"), await ServerAsync(app, theirs.Org, "foreign"));
        var http = app.As(ours.Owner, ours.Org);
        var topology = await http.Post<CreateTopology, TopologyView>("/api/topologies", new() { Name = "References", TopologyData = With(own) });

        foreach (var id in new[] { foreign, Guid.CreateVersion7() })
        {
            await http.Post<CreateTopology, TopologyView>("/api/topologies", new() { Name = "X", TopologyData = With(id) }).IsRefusedAsync(404, "server_not_found", "topologyData.nodes[0].data.serverId");
            await http.Post<CreateTopology, TopologyView>("/api/topologies", new() { Name = "X", HaConfig = new() { LbServerId = id } }).IsRefusedAsync(404, "server_not_found", "haConfig.lbServerId");
            await http.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { TopologyData = With(id) }).IsRefusedAsync(404, "server_not_found", "topologyData.nodes[0].data.serverId");
            await http.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { Changes = [new() { Op = TopologyChangeKind.SetNode, Id = "odoo", Member = "serverId", Value = new RawJson($"\"{id}\"") }] }).IsRefusedAsync(404, "server_not_found");
            await http.Put<UpdateHaConfig, HaConfigView>($"/api/topologies/{topology.Id}/ha-config", new() { LbServerId = id }).IsRefusedAsync(404, "server_not_found", "lbServerId");
            await http.Put<UpdateHaConfig, HaConfigView>($"/api/topologies/{topology.Id}/ha-config", new() { RedisServerId = id }).IsRefusedAsync(404, "server_not_found", "redisServerId");
            // Of a drawing that is not saved, a stranger's server is one that is not found, and nothing is said of it.
            var seen = await http.Post<ValidateTopology, TopologyValidation>($"/api/topologies/{topology.Id}/validate", new() { TopologyData = With(id) });
            Assert.Equal("The server of odoo is not found.", seen.Findings.Single(f => f.Code == "TP-S05").Message);
        }

        // A server that went away later keeps nobody from going on with the drawing.
        await using (var db = app.Databases.System())
        {
            db.Remove(await db.Servers.IgnoreQueryFilters([OCoreDb.TenantFilter]).SingleAsync(s => s.Id == own));
            await db.SaveChangesAsync();
        }
        Assert.Empty((await http.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { TopologyData = With(own) })).Servers);
        var gone = await http.Post<TopologyValidation>($"/api/topologies/{topology.Id}/validate");
        Assert.Equal("Check that all referenced servers are in active status", gone.Findings.Single(f => f.Code == "TP-S05").Hint);

        static TopologyData With(Guid server) => new() { Nodes = [new() { Id = "odoo", Type = "odoo", Data = new RawJson($$"""{"serverId":"{{server}}"}""") }], Edges = [] };
    }

    [Theory, Sqlite, Postgres]
    public async Task What_oCore_does_not_know_comes_back_byte_for_byte(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Bytes");
        using var http = app.HttpAs(agency.Owner, agency.Slug);
        const string data = """{ "label":"\u00c9t\u00e9 \uD83D\uDE00 é" , "mine":{"n":1.50,"big":12345678901234567890,"e":1E+2,"deep":[[[1, 2]]],"html":"<b>&amp;</b>","slash":"a\/b"}, "": null }""";
        using var made = await http.PostAsync("/api/topologies", Json($$$"""{"name":"Bytes","topologyData":{"nodes":[{"id":"a","type":"odoo","position":{"x":1.5,"y":-2},"data":{{{data}}} }],"edges":[]}}"""));
        var text = await made.Content.ReadAsStringAsync();
        Assert.True(made.StatusCode == HttpStatusCode.Created, text);
        Assert.Contains(data, text, StringComparison.Ordinal);
        var id = (string)JsonNode.Parse(text)!["id"]!;
        Assert.Contains(data, await http.GetStringAsync($"/api/topologies/{id}"), StringComparison.Ordinal);
        using var copy = await http.PostAsync($"/api/topologies/{id}/duplicate", null);
        Assert.Contains(data, await copy.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        // A change of one member leaves the bytes of the others.
        using var put = await http.PutAsync($"/api/topologies/{id}", Json("""{"changes":[{"op":"set_node","id":"a","member":"workers","value":4}]}"""));
        var changed = await put.Content.ReadAsStringAsync();
        foreach (var part in new[] { "\"mine\":{\"n\":1.50,\"big\":12345678901234567890,\"e\":1E+2,\"deep\":[[[1, 2]]],\"html\":\"<b>&amp;</b>\",\"slash\":\"a\\/b\"}", "\"\\u00c9t\\u00e9 \\uD83D\\uDE00 é\"", "\"workers\":4" })
            Assert.Contains(part, changed, StringComparison.Ordinal);
    }

    [Theory, Sqlite, Postgres]
    public async Task Hostile_drawings_are_refused_by_the_field(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Hostile");
        using var http = app.HttpAs(agency.Owner, agency.Slug);
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 12)) + "1" + new string('}', 12);
        var many = string.Join(',', Enumerable.Range(0, 201).Select(i => $$"""{"id":"n{{i}}","type":"odoo"}"""));
        var heavy = string.Join(',', Enumerable.Range(0, 40).Select(i => $$$"""{"id":"n{{{i}}}","type":"odoo","data":{"x":"{{{new string('x', 16_000)}}}"}}"""));
        foreach (var (drawing, field) in new (string, string)[]
                 {
                     ("""{"nodes":[{"id":"a","type":"odoo","data":{"a":1,"a":2}}],"edges":[]}""", "topologyData.nodes[0].data"),
                     ($$"""{"nodes":[{"id":"a","type":"odoo","data":{{deep}} }],"edges":[]}""", "topologyData.nodes[0].data"),
                     ($$$"""{"nodes":[{"id":"a","type":"odoo","data":{"x":"{{{new string('x', 17_000)}}}"}}],"edges":[]}""", "topologyData.nodes[0].data"),
                     ($$"""{"nodes":[{{heavy}}],"edges":[]}""", "topologyData"),
                     ($$"""{"nodes":[{{many}}],"edges":[]}""", "topologyData.nodes"),
                     ("""{"nodes":[{"id":"a","type":"odoo","data":[]}],"edges":[]}""", "topologyData.nodes[0].data"),
                     ("""{"nodes":[{"id":"a","type":"odoo","data":"x"}],"edges":[]}""", "topologyData.nodes[0].data"),
                     ("""{"nodes":[{"id":"a","type":"odoo","data":{"deep":[{"Password":"x"}]}}],"edges":[]}""", "topologyData.nodes[0].data.deep.Password"),
                     ("""{"nodes":[{"id":"a","type":"varnish"}],"edges":[]}""", "topologyData.nodes[0].type"),
                     ("""{"nodes":[{"id":"a b","type":"odoo"}],"edges":[]}""", "topologyData.nodes[0].id"),
                     ("""{"nodes":[{"id":"-rf","type":"odoo"}],"edges":[]}""", "topologyData.nodes[0].id"),
                     ("""{"nodes":[{"id":"a","type":"odoo"},{"id":"a","type":"odoo"}],"edges":[]}""", "topologyData.nodes[1].id"),
                     ("""{"nodes":[{"id":"a","type":"odoo","width":10}],"edges":[]}""", "topologyData.nodes[0].width"),
                     ("""{"nodes":[{"id":"a","type":"odoo","position":{"x":1e400,"y":0}}],"edges":[]}""", "topologyData.nodes[0].position.x"),
                     ("""{"nodes":[{"id":"a","type":"odoo","position":{"x":1}}],"edges":[]}""", "topologyData.nodes[0].position.y"),
                     ("""{"nodes":[null],"edges":[]}""", "topologyData.nodes[0]"),
                     ("""{"nodes":[],"edges":[{"id":"e","source":"a"}]}""", "topologyData.edges[0].target"),
                     ("""{"nodes":[],"edges":[{"id":"e","source":"a","target":"b"},{"id":"e","source":"a","target":"c"}]}""", "topologyData.edges[1].id"),
                     ("""{"nodes":[]}""", "topologyData.edges"),
                     ("[]", "topologyData"), ("1", "topologyData"),
                 })
        {
            using var refused = await http.PostAsync("/api/topologies", Json($$"""{"name":"x","topologyData":{{drawing}} }"""));
            var problem = JsonNode.Parse(await refused.Content.ReadAsStringAsync())!;
            Assert.True(refused.StatusCode == HttpStatusCode.BadRequest && problem["errors"]?.AsObject().ContainsKey(field) == true, $"{field}: {problem.ToJsonString()} for {drawing[..Math.Min(200, drawing.Length)]}");
        }
        // Bytes that are no text, and halves of characters.
        using var broken = await http.PostAsync("/api/topologies", new ByteArrayContent([.. Encoding.UTF8.GetBytes("""{"name":"x","topologyData":{"nodes":[{"id":"a","type":"odoo","data":{"x":" """.TrimEnd()), 0xff, 0xfe, .. "\"}}],\"edges\":[]}}"u8]) { Headers = { { "Content-Type", "application/json" } } });
        Assert.True((int)broken.StatusCode is 400 or 201, await broken.Content.ReadAsStringAsync());
        using var half = await http.PostAsync("/api/topologies", Json("""{"name":"x","topologyData":{"nodes":[{"id":"a","type":"odoo","data":{"label":"\ud800","serverId":"\ud800","\ud800":1}}],"edges":[]}}"""));
        Assert.True((int)half.StatusCode is 400 or 201, await half.Content.ReadAsStringAsync());
    }

    [Theory, Sqlite, Postgres]
    public async Task Validation_is_the_same_for_what_is_saved_and_what_is_drawn_and_its_fixes_apply(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Checked");
        var http = app.As(agency.Owner, agency.Org);
        var blueprint = await BlueprintAsync(http, "shared");
        var servers = new Dictionary<string, Guid>();
        foreach (var place in blueprint.Places)
            servers[place] = await ServerAsync(app, agency.Org, place, $"10.0.1.{servers.Count + 1}");
        var topology = await http.Post<CreateTopology, TopologyView>("/api/topologies", new() { Name = "Checked", Blueprint = "shared" });
        var first = await http.Post<TopologyValidation>($"/api/topologies/{topology.Id}/validate");
        Assert.False(first.Valid);
        Assert.All(first.Findings.Where(f => f.Severity == FindingSeverity.Error), f => Assert.Equal("TP-S06", f.Code));

        var placed = topology.TopologyData.Nodes.Select(n => new TopologyChange { Op = TopologyChangeKind.SetNode, Id = n.Id, Member = "serverId", Value = new RawJson($"\"{servers[JsonDocument.Parse(n.Data!.Text).RootElement.GetProperty("place").GetString()!]}\"") }).ToList();
        await http.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { Changes = placed });
        var second = await http.Post<TopologyValidation>($"/api/topologies/{topology.Id}/validate");
        Assert.True(second.Valid, Sketch.Brief(second.Findings));
        Assert.NotEqual(first.Snapshot, second.Snapshot);
        Assert.Equal(second.Snapshot, (await http.Post<TopologyValidation>($"/api/topologies/{topology.Id}/validate")).Snapshot);

        // One click: the fix goes back as it came.
        var single = second.Findings.Single(f => f.Code == "TP-L04");
        var fixedUp = await http.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { Changes = single.Fix.Changes });
        Assert.Equal(2, fixedUp.TopologyData.Nodes.Count(n => n.Type == "loadBalancer"));
        await http.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { Changes = single.Fix.Changes }).IsRefusedAsync(409, "change_does_not_fit", "changes[0]");

        // A drawing in progress is looked at, and not kept.
        var draft = await http.Post<ValidateTopology, TopologyValidation>($"/api/topologies/{topology.Id}/validate", new() { TopologyData = new() { Nodes = [], Edges = [] } });
        Assert.Contains(draft.Findings, f => f.Code == "TP-S07");
        Assert.NotEmpty((await http.Get<TopologyView>($"/api/topologies/{topology.Id}")).TopologyData.Nodes);

        // Servers have a say: the hints are those of the documentation.
        await using (var db = app.Databases.System())
        {
            (await db.Servers.IgnoreQueryFilters([OCoreDb.TenantFilter]).SingleAsync(s => s.Id == servers["edge"])).Status = ServerStatus.Unreachable;
            await db.SaveChangesAsync();
        }
        var third = await http.Post<TopologyValidation>($"/api/topologies/{topology.Id}/validate");
        Assert.Equal("Check that all referenced servers are in active status", third.Findings.First(f => f.Code == "TP-A01").Hint);
        Assert.Equal("Ensure load balancer and Redis server configurations are valid", third.Findings.First(f => f.Code == "TP-L02").Hint);
        Assert.NotEqual(second.Snapshot, third.Snapshot);
        await http.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { Changes = [new() { Op = TopologyChangeKind.RemoveEdge, Id = "lb-odoo-2" }] });
        Assert.Equal("Verify network connectivity between topology nodes", (await http.Post<TopologyValidation>($"/api/topologies/{topology.Id}/validate")).Findings.First(f => f.Code == "TP-L01").Hint);
    }

    /// <summary>A bucket and a Redis are where their addresses say, whichever servers come to them. Of everything else only what is on the same servers is in each other's way.</summary>
    [Theory, Sqlite, Postgres]
    public async Task A_place_in_a_bucket_is_one_topologys_wherever_it_runs(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, stranger) = (await app.AgencyAsync("Places"), await app.AgencyAsync("Elsewhere"));
        var http = app.As(agency.Owner, agency.Org);
        var sketch = DeployScene.Pair().Set("redis", "url", "redis://10.9.0.1:6379");
        var first = await DrawnAsync(agency, "First");
        var second = await DrawnAsync(agency, "Second");
        Assert.Empty(first.Servers.Select(s => s.Id).Intersect(second.Servers.Select(s => s.Id)));

        Assert.Empty(await InTheWayAsync(http, first));
        var found = await InTheWayAsync(http, second);
        Assert.Equal(["TP-F04 s3", "TP-R04 redis"], found.Select(f => $"{f.Code} {f.NodeIds.Single()}"));
        Assert.All(found, f => Assert.Contains("topology First", f.Message, StringComparison.Ordinal));
        await SetAsync("s3", "prefix", "second");
        Assert.Equal(["TP-R04"], (await InTheWayAsync(http, second)).Select(f => f.Code));
        await SetAsync("redis", "url", "redis://10.9.0.2:6379");
        Assert.Empty(await InTheWayAsync(http, second));
        // Nobody learns what another agency has.
        Assert.Empty(await InTheWayAsync(app.As(stranger.Owner, stranger.Org), await DrawnAsync(stranger, "Third")));

        async Task<TopologyView> DrawnAsync(TestAgency of, string name)
        {
            var servers = new Dictionary<string, Guid>();
            foreach (var (i, place) in ((string[])["edge", "app-1", "app-2", "db", "files"]).Index())
                servers[place] = await ServerAsync(app, of.Org, $"{name} {place}", $"10.0.2.{10 + i}");
            return await app.As(of.Owner, of.Org).Post<CreateTopology, TopologyView>("/api/topologies", sketch.Drawing(name, servers));
        }
        async Task SetAsync(string node, string member, string value) =>
            await http.Put<UpdateTopology, TopologyView>($"/api/topologies/{second.Id}", new() { Changes = [new() { Op = TopologyChangeKind.SetNode, Id = node, Member = member, Value = new RawJson($"\"{value}\"") }] });
        static async Task<List<TopologyFinding>> InTheWayAsync(OCoreHttp caller, TopologyView topology) =>
            [.. (await caller.Post<TopologyValidation>($"/api/topologies/{topology.Id}/validate")).Findings.Where(f => f.Code is "TP-F04" or "TP-R04" or "TP-K01" or "TP-A03" or "TP-L06" && f.Severity == FindingSeverity.Error)];
    }

    [Theory, Sqlite, Postgres]
    public async Task Somebody_elses_change_is_not_overwritten(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Together");
        var http = app.As(agency.Owner, agency.Org);
        var read = await http.Post<CreateTopology, TopologyView>("/api/topologies", new() { Name = "Together", Blueprint = "single" });
        await http.Put<UpdateTopology, TopologyView>($"/api/topologies/{read.Id}", new() { Description = "first", Version = read.Version });
        await http.Put<UpdateTopology, TopologyView>($"/api/topologies/{read.Id}", new() { Description = "second", Version = read.Version }).IsRefusedAsync(409, "changed_meanwhile", "version");
        Assert.Equal("first", (await http.Get<TopologyView>($"/api/topologies/{read.Id}")).Description);
    }

    [Theory, Sqlite, Postgres]
    public async Task Viewers_look_and_only_agencies_with_the_feature_draw(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Rights");
        var topology = await app.As(agency.Owner, agency.Org).Post<CreateTopology, TopologyView>("/api/topologies", new() { Name = "Rights", Blueprint = "single" });
        var viewer = app.As(await app.MemberAsync(agency.Org, "viewer"), agency.Org);
        Assert.Equal(topology.Id, (await viewer.Get<TopologyView>($"/api/topologies/{topology.Id}")).Id);
        Assert.False((await viewer.Post<TopologyValidation>($"/api/topologies/{topology.Id}/validate")).Valid);
        await viewer.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { Name = "Mine" }).IsRefusedAsync(403, "forbidden");
        await viewer.Put<UpdateHaConfig, HaConfigView>($"/api/topologies/{topology.Id}/ha-config", new() { RedisEnabled = true }).IsRefusedAsync(403, "forbidden");
        await app.As(await app.MemberAsync(agency.Org, "developer"), agency.Org).Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { Name = "Ours" });

        var plain = await app.PersonAsync("No agency");
        await app.As(plain).Get<Page<TopologySummary>>("/api/topologies").IsRefusedAsync(409, "agency_not_enabled");
        await using (var db = app.Databases.System())
        {
            var without = new Features.Plans.Plan { Name = "Without", Slug = app.Slug("without"), Features = ["agency"], Limits = new PlanLimits() };
            db.Add(without);
            await db.SaveChangesAsync();
            (await db.Organizations.IgnoreQueryFilters([OCoreDb.TenantFilter]).SingleAsync(o => o.Id == agency.Org.Id)).PlanId = without.Id;
            await db.SaveChangesAsync();
        }
        var again = await app.SignInAsync(agency.Owner.Id);
        using var http = app.HttpWith(again, agency.Slug);
        await (await http.GetAsync("/api/topologies")).IsProblemAsync(403, "subscription_required");
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
