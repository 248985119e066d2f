using System.Text;
using OCore.Client;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Topologies.Rules;

namespace OCore.Tests.Topologies;

/// <summary>What a monitor asks of whom, who lets it in, and how what it found is read.</summary>
public sealed class WatchingNodes
{
    private static readonly Sketch Drawn = DeployScene.Failover().Set("lb", "hosts", new[] { "erp.example.com", "shop.example.com" }).Monitored();

    [Fact]
    public void It_asks_each_node_what_tells_whether_it_does_its_work()
    {
        var layout = Drawn.Layout();
        var node = layout.Find("watch")!;
        var spec = NodeSpecs.Of(DeployScene.Id, layout, node, new TopologySecrets("a", "b", "c", "d", "e"));
        spec.Check();
        Assert.Empty(spec.Ports);
        Assert.Equal(("haproxy:3.0", 128L << 20, "ALL"), (spec.Image.Value, spec.MemoryBytes, Assert.Single(spec.DropCapabilities)));
        string Named(string id) => layout.Find(id)!.Container;
        Assert.Equal($"""
            global
                log stdout format raw local0 notice
                maxconn 1000
                stats socket ipv4@127.0.0.1:8404 level user

            defaults
                mode tcp
                log global
                timeout connect 5s
                timeout server 5s
                timeout check 5s
                default-server inter 5s fall 3 rise 2

            backend watched_1
                server {Named("etcd-1")} 10.0.0.13:2379 check
                server {Named("etcd-2")} 10.0.0.10:2379 check
                server {Named("etcd-3")} 10.0.0.11:2379 check
                server {Named("postgres")} 10.0.0.12:5432 check
                server {Named("postgres-2")} 10.0.0.10:5432 check
                server {Named("postgres-3")} 10.0.0.11:5432 check
                server {Named("redis")} 10.0.0.13:6379 check

            backend watched_2
                option httpchk
                http-check send meth GET uri /web/health ver HTTP/1.1 hdr Host erp.example.com
                http-check expect status 200
                server {Named("lb")} 10.0.0.13:80 check

            backend watched_3
                option httpchk
                http-check send meth GET uri /web/health?db_server_status=1 ver HTTP/1.1 hdr Host odoo
                http-check expect status 200
                server {Named("odoo-1")} 10.0.0.10:8069 check
                server {Named("odoo-2")} 10.0.0.11:8069 check

            """, Encoding.UTF8.GetString(Assert.Single(spec.Files).Content.Span));
        // Made after those it watches; and it listens on nothing.
        Assert.Equal("watch", layout.Nodes[^1].Id);
        Assert.Null(node.Address);
        Assert.Equal(0, node.Port);
    }

    [Fact]
    public void A_load_balancer_is_found_by_an_address_that_it_listens_on()
    {
        static string Asked(Sketch sketch) => sketch.Layout().Find("watch")!.Text("watches lb");
        var pair = DeployScene.Pair().On("redis", "files").Monitored();
        Assert.Equal("10.0.0.13:80 /web/health odoo 200", Asked(pair));
        Assert.Equal("203.0.113.9:80 /web/health odoo 200", Asked(pair.Server("edge", s => s with { Host = "203.0.113.9" })));
        Assert.Equal("10.9.0.1:8080 /web/health odoo 200", Asked(pair.Set("lb", "bind", "10.9.0.1").Set("lb", "httpPort", 8080)));
        Assert.Equal("10.0.0.13:80 /web/health odoo 200,301,308", Asked(pair.Set("lb", "bind", "0.0.0.0").Set("lb", "tls", true)));
    }

    [Fact]
    public void What_it_watches_lets_its_server_in_and_the_way_is_tried_before()
    {
        var (with, without) = (DeployScene.Failover().Monitored("files").Layout(), DeployScene.Failover().Layout());
        var files = Sketch.ServerAt("files");
        List<string> Open(Layout layout) => [.. layout.Servers.SelectMany(s => PortGuard.Of(s, layout).Where(p => p.Users.Contains(files))).Select(p => $"{p.Address}:{p.Port}").Order(StringComparer.Ordinal)];
        Assert.Empty(Open(without));
        Assert.Equal(
        [
            "10.0.0.10:2379", "10.0.0.10:5432", "10.0.0.10:8069", "10.0.0.11:2379", "10.0.0.11:5432", "10.0.0.11:8069", "10.0.0.12:5432", "10.0.0.13:2379", "10.0.0.13:6379",
        ], Open(with));
        // Those are the ways; that by which people come is nobody's to open.
        var ways = Ways.Of(DeployScene.Failover().Monitored("files").Snapshot()).Where(w => w.From.Id == "watch").Select(w => $"{w.Address}:{w.Port}").Order(StringComparer.Ordinal).ToList();
        Assert.Equal(Open(with), ways);
    }

    [Fact]
    public void A_plan_says_what_is_watched_and_a_running_topology_may_get_a_monitor()
    {
        var pair = DeployScene.Pair();
        PlanAction Action(Sketch? before, Sketch? after) => Planner.Actions(before?.Layout(), after?.Layout(), pair.Names()).Single(a => a.NodeId == "watch");
        IReadOnlyDictionary<string, string> Refused(Sketch before, Sketch after) => Planner.NotChanged(Planner.Actions(before.Layout(), after.Layout(), pair.Names()), before.Layout(), after.Layout());
        var monitored = pair.Monitored();
        Assert.Equal("Monitor is made on db, and watches from there Load balancer, Odoo 1, Odoo 2, PostgreSQL and Redis.", Action(null, monitored).Message);
        Assert.Equal("Monitor is taken down on db.", Action(monitored, pair).Message);
        Assert.Empty(Refused(pair, monitored));
        Assert.Empty(Refused(monitored, pair));
        Assert.Empty(Refused(monitored, monitored.On("watch", "files")));
        Assert.Equal(PlanActionKind.Keep, Action(monitored, monitored.Set("odoo-1", "workers", 6)).Action);
        // What it asks is changed with the node.
        foreach (var changed in (Sketch[])[monitored.Set("odoo-2", "port", 8169), monitored.Set("lb", "hosts", new[] { "erp.example.com" }), monitored.Without("odoo-2")])
        {
            var action = Action(monitored, changed);
            Assert.Equal((PlanActionKind.Change, (string?)null, (string?)null), (action.Action, action.Downtime, action.DataRisk));
            Assert.Contains(action.Changes, c => c.Setting.StartsWith("watches ", StringComparison.Ordinal));
        }
    }

    private static NodeMeasure Read(Func<string, (string Status, string Since, string Check, string Code)> of)
    {
        var layout = Drawn.Layout();
        var lines = layout.Find("watch")!.List("nodes").Select(id => (Row: of(id), layout.Find(id)!.Container)).Select(n => $"watched_1,{n.Container},0,{n.Row.Status},{n.Row.Since},{n.Row.Check},{n.Row.Code},\"Layer4, and more\"\n");
        return MonitorNode.Read(layout, layout.Find("watch")!, $"# pxname,svname,qcur,status,lastchg,check_status,check_code,last_chk\n{string.Concat(lines)}\n");
    }

    [Fact]
    public void It_says_whom_it_misses_and_for_how_long()
    {
        var seen = Read(_ => ("UP", "500", "L4OK", ""));
        Assert.Equal((TopologyNodeState.Running, (string?)null, "metrics"), (seen.State, seen.Message, seen.Role));
        Assert.Equal(("10", "10"), (seen.Figures!["nodesUp"], seen.Figures["nodes"]));
        seen = Read(id => id switch
        {
            "redis" => ("DOWN", "7300", "* L4TOUT", ""),
            "odoo-1" => ("DOWN 1/2", "12", "L7STS", "500"),
            "lb" => ("DOWN", "600", "L4CON", ""),
            // On its way down, and still there.
            "etcd-1" => ("UP 2/3", "9", "L4CON", ""),
            _ => ("UP", "500", "L7OK", "200"),
        });
        Assert.Equal((TopologyNodeState.Degraded, "From its server, Load balancer does not answer (for 10 min), Odoo 1 answers 500 (for 12 s) and Redis does not answer (for 2 h)."), (seen.State, seen.Message));
        Assert.Equal(("7", "10"), (seen.Figures!["nodesUp"], seen.Figures["nodes"]));
        // It takes those for well that it has not asked yet.
        seen = Read(id => id == "redis" ? ("UP 1/3", "1", "INI", "") : ("UP", "1", "L4OK", ""));
        Assert.Equal((TopologyNodeState.Working, "9"), (seen.State, seen.Figures!["nodesUp"]));
        // One that was made for other nodes watches none of these.
        seen = MonitorNode.Read(Drawn.Layout(), Drawn.Layout().Find("watch")!, "# pxname,svname,status,lastchg,check_status,check_code\n");
        Assert.Equal((TopologyNodeState.Degraded, "0"), (seen.State, seen.Figures!["nodesUp"]));
        Assert.Contains("Redis is not watched", seen.Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => MonitorNode.Read(Drawn.Layout(), Drawn.Layout().Find("watch")!, ""));
    }
}
