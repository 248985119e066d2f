using System.Net;
using System.Net.Sockets;
using System.Text;
using OCore.Client;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Operations;

namespace OCore.Tests.Topologies;

/// <summary>The second pass of a validation, as far as it can be told without servers, and the rules of their firewalls.</summary>
public sealed class LookingAtServers(TestApps apps) : IClassFixture<TestApps>
{
    /// <summary>"Topology validation errors" of the documentation, each line of it where it belongs.</summary>
    [Fact]
    public void The_three_lines_of_troubleshooting_are_said_word_for_word()
    {
        string Hint(Sketch sketch, string code) => sketch.Findings().First(f => f.Code == code).Hint!;
        var shared = Sketch.Of("failover");
        Assert.Equal("Check that all referenced servers are in active status", Hint(shared.Server("app-1", s => s with { Status = ServerStatus.Unreachable }), "TP-A01"));
        Assert.Equal("Check that all referenced servers are in active status", Hint(shared.Seen("app-1", s => s with { Why = "nobody answers" }), "TP-N06"));
        Assert.Equal("Verify network connectivity between topology nodes", Hint(shared.Without("odoo-1-postgres-1").Without("odoo-1-postgres-2"), "TP-S07"));
        Assert.Equal("Verify network connectivity between topology nodes", Hint(shared.Tried(5432, new LiveTry("does not answer", null)), "TP-N01"));
        Assert.Equal("Ensure load balancer and Redis server configurations are valid", Hint(shared.Ha(h => h with { LbType = LoadBalancerType.None }), "TP-L02"));
        Assert.Equal("Ensure load balancer and Redis server configurations are valid", Hint(shared.Set("redis", "auth", false), "TP-R04"));
        Assert.Equal("Ensure load balancer and Redis server configurations are valid", Hint(shared.Probed(l => l with { Nodes = new Dictionary<string, LiveNode> { ["redis"] = new(false, false, null) } }), "TP-N08"));
        var page = File.ReadAllText(Repository.PathOf("docs", "topologies.md"));
        foreach (var line in (string[])["Check that all referenced servers are in active status", "Verify network connectivity between topology nodes", "Ensure load balancer and Redis server configurations are valid"])
            Assert.Contains("- " + line, page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_way_is_tried_that_something_will_go()
    {
        var ways = Ways.Of(DeployScene.Failover().Snapshot()).Select(w => $"{w.From.Id} {w.To.Id} {w.Port}").ToHashSet();
        Assert.Superset(new HashSet<string>
        {
            "lb odoo-1 8069", "lb odoo-1 8072", "odoo-2 postgres-3 5432", "odoo-1 redis 6379", "odoo-1 s3 443", "postgres etcd-1 2379", "etcd-1 etcd-3 2380", "etcd-3 etcd-1 2380", "postgres postgres-2 5432", "postgres-2 postgres 8008",
        }, ways);
        Assert.DoesNotContain(ways, w => w.StartsWith("redis ", StringComparison.Ordinal) || w.StartsWith("lb postgres", StringComparison.Ordinal));
        Assert.Contains("odoo-1 filestore 2049", Ways.Of(Sketch.Of("shared").Snapshot()).Select(w => $"{w.From.Id} {w.To.Id} {w.Port}"));
        // Any Redis may come to lead: the sentinels, Odoo and the other Redis come to each.
        ways = Ways.Of(DeployScene.Watched().Snapshot()).Select(w => $"{w.From.Id} {w.To.Id} {w.Port}").ToHashSet();
        Assert.Superset(new HashSet<string> { "redis redis-2 6379", "redis-2 redis 6379", "sentinel-1 redis-2 6379", "sentinel-1 sentinel-3 26379", "odoo-2 sentinel-1 26379", "odoo-1 redis-2 6379" }, ways);
        Assert.DoesNotContain(ways, w => w.StartsWith("redis sentinel", StringComparison.Ordinal));
        // An address that may be anybody's is not tried.
        Assert.DoesNotContain(Ways.Of(Sketch.Of("shared").Set("postgres", "bind", "203.0.113.9").Snapshot()), w => w.To.Id == "postgres");
    }

    [Fact]
    public void What_listens_is_read_as_ss_and_as_the_kernel_say_it()
    {
        var read = LiveProbe.ReadPorts("""
            LISTEN 0      4096      10.77.0.11:5432       0.0.0.0:*    users:(("docker-proxy",pid=812,fd=4))
            LISTEN 0      128          0.0.0.0:22         0.0.0.0:*    users:(("sshd",pid=99,fd=3))
            LISTEN 0      4096       127.0.0.1:6379       0.0.0.0:*    users:(("redis-server",pid=7,fd=6))
            LISTEN 0      128             [::]:22            [::]:*    users:(("sshd",pid=99,fd=4))
            LISTEN 0      4096  [fd00::5%eth0]:2049          [::]:*
            LISTEN 0      4096               *:9100             *:*    users:(("node_exporter",pid=5,fd=3))
            nonsense
            proc 0 0 0B004D0A:1F90
            proc 0 0 0100007F:1F91
            proc 0 0 000080FE000000000000000001000000:0050
            """).Select(l => $"{l.Address} {l.Port} {l.Program}").ToList();
        Assert.Equal(["10.77.0.11 5432 docker-proxy", "0.0.0.0 22 sshd", ":: 22 sshd", "fd00::5 2049 ", "* 9100 node_exporter", "10.77.0.11 8080 ", "fe80::1 80 "], read);
    }

    [Theory, Sqlite, Postgres]
    public async Task Looking_at_servers_is_for_those_who_may_change_a_topology(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Looking");
        var server = await TopologiesTests.ServerAsync(app, agency.Org, "web", "192.0.2.1");
        var http = app.As(agency.Owner, agency.Org);
        var topology = await http.Post<CreateTopology, TopologyView>("/api/topologies", new() { Name = "Looked at", Blueprint = "single" });
        var path = $"/api/topologies/{topology.Id}";
        await http.Put<UpdateTopology, TopologyView>(path, new() { Changes = [.. topology.TopologyData.Nodes.Select(n => new TopologyChange { Op = TopologyChangeKind.SetNode, Id = n.Id, Member = "serverId", Value = new RawJson($"\"{server}\"") })] });

        // Without it, nobody goes anywhere: the server of this test cannot be reached at all.
        Assert.Null((await http.Post<ValidateTopology, TopologyValidation>(path + "/validate", new())).Probe);
        var seen = await http.Post<ValidateTopology, TopologyValidation>(path + "/validate", new() { Probe = true });
        Assert.False(seen.Valid);
        var finding = Assert.Single(seen.Findings, f => f.Code == "TP-N06");
        Assert.Equal(["odoo", "postgres"], finding.NodeIds);
        Assert.False(Assert.Single(seen.Probe!.Servers).Answers);

        var viewer = await app.MemberAsync(agency.Org, "viewer");
        var looking = app.As(viewer, agency.Org);
        await looking.Post<ValidateTopology, TopologyValidation>(path + "/validate", new());
        await looking.Post<ValidateTopology, TopologyValidation>(path + "/validate", new() { Probe = true }).IsRefusedAsync(403, "forbidden");

        // What an operation works on is not looked at: a container that listens would be in its way.
        await using (var db = app.Databases.System())
        {
            var operation = new Operation { OrgId = agency.Org.Id, RootId = agency.Org.RootId, Kind = "topology.deploy", Title = "Deploy", InputSealed = "", Actor = "somebody", State = OperationState.Running, CreatedAt = app.Clock.GetUtcNow() };
            db.Add(operation);
            db.Add(new ResourceLock { Key = DeploymentViews.LockOf(topology.Id), OperationId = operation.Id });
            await db.SaveChangesAsync();
        }
        await http.Post<ValidateTopology, TopologyValidation>(path + "/validate", new() { Probe = true }).IsRefusedAsync(409, "topology_busy");
    }

    /// <summary>oCore's own connections go where they may. A bucket that is elsewhere has refused nothing: the servers' tries say whether they reach it.</summary>
    [Theory, Sqlite, Postgres]
    public async Task A_bucket_that_oCore_may_not_reach_is_not_said_to_refuse(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Probing");
        var http = app.As(agency.Owner, agency.Org);
        var topology = await http.Post<CreateTopology, TopologyView>("/api/topologies", new() { Name = "Probed", Blueprint = "single" });
        var path = $"/api/topologies/{topology.Id}";
        await http.Put<UpdateTopology, TopologyView>(path, new() { Changes = [Fix.Node("s3", NodeType.S3, ("endpoint", "http://10.0.0.99"), ("bucket", "erp"), ("credential", "main")), Fix.Edge("odoo", "s3")] });
        await http.Put<SetTopologyCredential, TopologyCredentialView>($"{path}/credentials/main", new() { AccessKey = "AK", SecretKey = "the-secret-key" });
        var seen = await http.Post<ValidateTopology, TopologyValidation>(path + "/validate", new() { Probe = true });
        Assert.NotNull(seen.Probe);
        Assert.DoesNotContain(seen.Findings, f => f.Code == "TP-F04");
    }

    [Fact]
    public void The_firewall_lets_in_who_uses_a_port_and_nobody_else()
    {
        var (sketch, text) = (DeployScene.Failover(), new StringBuilder());
        var layout = sketch.Layout();
        IReadOnlyDictionary<Guid, IReadOnlyList<IPAddress>> addresses = sketch.Servers.ToDictionary(s => s.Key, s => (IReadOnlyList<IPAddress>)[IPAddress.Parse(s.Value.Host)]);
        foreach (var server in sketch.Servers.Values.OrderBy(s => s.Name, StringComparer.Ordinal))
            if ((PortGuard.Of(server.Id, layout), PortGuard.AbroadOf(server.Id, layout)) is var (ports, abroad) && ports.Count + abroad.Count > 0)
                text.Append($"##### {server.Name} {server.Host}\n{PortGuard.Render("OCORE-t", server.Id, ports, abroad, addresses, "br-0123456789ab", AddressFamily.InterNetwork)}");
        Repository.IsGolden("topology-firewall.txt", text.ToString());
        // Everything that is published is guarded, but for the way in.
        foreach (var node in layout.Nodes.Where(n => n.Address is not null && !n.IsBalancer && n.ServerId is not null))
            Assert.Contains(PortGuard.Of(node.ServerId!.Value, layout), p => p.Address.ToString() == node.Address && p.Port == node.Port);
        Assert.DoesNotContain(PortGuard.Of(Sketch.ServerAt("edge"), layout), p => p.Port == 80);
        // A sentinel is asked by Odoo and by its like, and a Redis by all of them; nobody else comes to either.
        var watched = DeployScene.Watched().Layout();
        IEnumerable<string> Users(string node) => PortGuard.Of(watched.Find(node)!.ServerId!.Value, watched).Single(p => p.Port == watched.Find(node)!.Port).Users.Select(u => sketch.Servers[u].Name).Order(StringComparer.Ordinal);
        foreach (var node in (string[])["redis", "redis-2", "sentinel-2", "sentinel-3"])
            Assert.Equal(["app-1", "app-2", "edge"], Users(node));
        Assert.Equal(["app-1", "app-2"], Users("sentinel-1"));
        // While a topology changes, those of before and those of after come in.
        var without = sketch.Without("odoo-2").Layout();
        Assert.Equal(2, PortGuard.Of(Sketch.ServerAt("db"), without, layout).Single(p => p.Port == 5432).Users.Count(u => u == Sketch.ServerAt("app-1") || u == Sketch.ServerAt("app-2")));
    }
}
