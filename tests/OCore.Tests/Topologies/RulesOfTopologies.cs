using System.Diagnostics;
using System.Text.Json;
using OCore.Client;
using OCore.Features.Topologies;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Topologies.Rules;

namespace OCore.Tests.Topologies;

/// <summary>What every rule says, and what holds for all of them.</summary>
public sealed class RulesOfTopologies
{
    public static TheoryData<int, string> Cases()
    {
        var data = new TheoryData<int, string>();
        for (var i = 0; i < RuleCase.All.Count; i++)
            data.Add(i, $"{RuleCase.All[i].Code} {RuleCase.All[i].Severity}");
        return data;
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_code_is_found_where_it_fails_and_not_in_the_nearest_that_passes(int at, string name)
    {
        var (code, severity, passing, failing) = RuleCase.All[at];
        Assert.DoesNotContain(passing.Findings(), f => f.Code == code && f.Severity == severity);
        var found = failing.Findings().Where(f => f.Code == code && f.Severity == severity).ToList();
        Assert.True(found.Count > 0, $"{name} is not among\n{Sketch.Brief(failing.Findings())}");
        Assert.All(found, f => Assert.True(f.Message.EndsWith('.') && f.Fix.Title.EndsWith('.'), $"{f.Message} {f.Fix.Title}"));
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_fix_mends_what_it_says_it_mends(int at, string name)
    {
        var (code, severity, _, failing) = RuleCase.All[at];
        foreach (var finding in failing.Findings().Where(f => f.Code == code && f.Severity == severity && f.Fix.Changes.Count > 0))
        {
            var mended = failing.Apply(finding.Fix.Changes);
            Assert.Null(DrawingShape.Check(mended.Data) is { } problem && DrawingShape.Check(failing.Data) is null ? problem : null);
            Assert.DoesNotContain(mended.Findings(), f => f.Code == code && f.Severity == severity && f.Message == finding.Message && f.NodeIds.SequenceEqual(finding.NodeIds));
            Assert.True(name.Length > 0);
        }
    }

    /// <summary>Odoo comes to all PostgreSQL nodes by one port: a free one for one of them would keep it from following to that.</summary>
    [Fact]
    public void Another_port_for_one_PostgreSQL_is_one_for_all()
    {
        var sketch = Sketch.Of("failover").Beside("Another", "pg", NodeType.Postgres, "db-2", ("restPort", 8010)).Beside("A third", "pg", NodeType.Postgres, "db-1", ("port", 5433), ("restPort", 8011));
        var mended = sketch.Apply(Assert.Single(sketch.Findings(), f => f.Code == "TP-K01").Fix.Changes);
        Assert.Equal([5434, 5434], mended.Snapshot().Postgres.Select(p => p.Int("port", 5432)));
        Assert.DoesNotContain(mended.Findings(), f => f.Code is "TP-K01" or "TP-P06");
    }

    [Fact]
    public void Every_code_has_a_case() =>
        Assert.Equal(TopologyRules.Codes.Select(c => c.Code).Order(StringComparer.Ordinal), RuleCase.All.Select(c => c.Code).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Every_code_is_documented()
    {
        var page = File.ReadAllText(Repository.PathOf("docs", "topologies.md"));
        Assert.All(TopologyRules.Codes, c => Assert.Contains($"| `{c.Code}` | {c.About} |", page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_blueprints_say_what_they_promise()
    {
        Assert.DoesNotContain(Sketch.Of("single").Findings(), f => f.Severity == FindingSeverity.Error);
        Assert.DoesNotContain(Sketch.Of("shared").Findings(), f => f.Severity == FindingSeverity.Error);
        Assert.DoesNotContain(Sketch.Of("failover").Findings(), f => f.Severity == FindingSeverity.Error);
        Assert.Equal("", Sketch.Brief(Sketch.Of("ha").Findings().Where(f => f.Severity != FindingSeverity.Info)));
        // Empty, they name what only a person can fill in.
        Assert.All(Blueprints.All, b => Assert.Empty(TopologyRules.Check(new TopologySnapshot(b.TopologyData, b.HaConfig)).Where(f => f.Severity == FindingSeverity.Error).Select(f => f.Code).Except(["TP-S06"])));
        // That its sentinels have no servers yet is no fault of their number.
        Assert.DoesNotContain(TopologyRules.Check(new TopologySnapshot(Blueprints.Find("ha")!.TopologyData, Blueprints.Find("ha")!.HaConfig)), f => f.Severity == FindingSeverity.Warning);
        Assert.All(Blueprints.All, b => Assert.Null(DrawingShape.Check(b.TopologyData)));
    }

    [Fact]
    public void The_order_of_nodes_and_edges_does_not_matter()
    {
        var random = new Random(7);
        foreach (var sketch in RuleCase.All.SelectMany(c => new[] { c.Passing, c.Failing }))
        {
            var expected = Sketch.Print(sketch.Findings());
            for (var i = 0; i < 3; i++)
                Assert.Equal(expected, Sketch.Print(sketch.Shuffled(random).Findings()));
        }
    }

    [Fact]
    public void Whatever_is_taken_out_of_a_topology_in_order_is_missed()
    {
        var whole = Sketch.Of("ha");
        var before = whole.Findings().Select(f => f.Code + f.Message).ToHashSet();
        foreach (var node in whole.Data.Nodes)
            Assert.True(whole.Without(node.Id).Findings().Any(f => f.Severity != FindingSeverity.Info && !before.Contains(f.Code + f.Message)), $"Nobody misses {node.Id}.");
    }

    [Fact]
    public void Nothing_that_can_be_drawn_breaks_the_rules()
    {
        var random = new Random(11);
        var types = Enum.GetValues<NodeType>();
        object?[] values = [null, 0, 1, -1, 2.5, 1e300, true, false, "", "x", "primary", "sentinel", "cron", "postgres", "10.0.0.1", "0.0.0.0", "::", "/", new[] { "x" }, new object[] { 1, "x" }, new Dictionary<string, object> { ["a"] = 1 }, Guid.Empty, "19.0", "16.0"];
        for (var round = 0; round < 300; round++)
        {
            var nodes = Enumerable.Range(0, random.Next(0, 12)).Select(i =>
            {
                var type = types[random.Next(types.Length)];
                var members = NodeMembers.Of(type).Keys.Where(_ => random.Next(4) == 0).Select(m => (m, values[random.Next(values.Length)])).ToArray();
                return Fix.Node($"n{i}", type, members).Node!;
            }).ToList();
            var edges = nodes.Count == 0 ? [] : Enumerable.Range(0, random.Next(0, 30)).Select(i => new TopologyEdge { Id = $"e{random.Next(25)}", Source = $"n{random.Next(13)}", Target = $"n{random.Next(13)}" }).ToList();
            var ha = new HaConfig { LbType = (LoadBalancerType)random.Next(5), FilestoreType = (FilestoreType)random.Next(4), RedisEnabled = random.Next(2) == 0, PgFailoverEnabled = random.Next(2) == 0, LbServerId = random.Next(2) == 0 ? Guid.Empty : null };
            var sketch = Sketch.Of("ha") with { Data = new TopologyData { Nodes = nodes, Edges = edges }, Settings = ha };
            var findings = (random.Next(2) == 0 ? sketch : sketch with { Deployed = Sketch.Of("ha").Running().Deployed }).Findings();
            Assert.Equal(Sketch.Print(sketch.Findings()), Sketch.Print(sketch.Shuffled(random).Findings()));
            HaProposals.Of(sketch.Snapshot());
            IsPlanned(sketch);
            // The fixes of a sound drawing fit it; in one with doubled ids some do not.
            if (edges.Select(e => e.Id).Distinct().Count() == edges.Count)
                foreach (var finding in findings)
                    Assert.Null(TopologyChanges.Apply(sketch.Data, ha, finding.Fix.Changes).Problem);
        }
    }

    /// <summary>Hardly any random drawing is without errors, so here sound ones are changed a little: what the rules have nothing against can be planned.</summary>
    [Fact]
    public void What_the_rules_let_pass_can_be_planned()
    {
        var random = new Random(13);
        Sketch[] sound = [Sketch.Of("single"), Sketch.Of("shared"), Sketch.Of("failover"), Sketch.Of("ha"), DeployScene.Pair(LoadBalancerType.Nginx), DeployScene.Failover().Pooled().Monitored(), DeployScene.Watched().BackedUp(), DeployScene.Sharing("10.0.0.100")];
        Assert.All(sound, s => Assert.True(IsPlanned(s), Sketch.Brief(s.Findings())));
        var planned = 0;
        for (var round = 0; round < 400; round++)
        {
            var (before, sketch) = (sound[round % sound.Length], sound[round % sound.Length]);
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                sketch = Changed(sketch, random, $"more-{changes}");
            if (IsPlanned(sketch, before))
                planned++;
        }
        Assert.True(planned >= 20, $"Only {planned} of 400 were planned: this looks at next to nothing.");
    }

    // Another value that its member may have, a node or an edge more or less, another setting.
    private static Sketch Changed(Sketch sketch, Random random, string id)
    {
        object[] values = [0, 1, 2, 4, 50, 300, 9000, 0.5, true, false, "x", "primary", "replica", "sentinel", "cron", "web", "postgres", "http", "session", "transaction", "10.0.0.100", "10.0.0.1", "0.0.0.0", "::", "/srv/x", "19.0", "17.0", "redis:8", "https://s3.example.com", new[] { "erp.example.com" }, new[] { "postgres" }];
        var (nodes, edges, types) = (sketch.Data.Nodes, sketch.Data.Edges, Enum.GetValues<NodeType>());
        var server = sketch.Servers.Values.OrderBy(s => s.Name, StringComparer.Ordinal).ElementAt(random.Next(sketch.Servers.Count)).Name;
        var node = nodes.Count > 0 ? new DrawnNode(nodes[random.Next(nodes.Count)]) : null;
        switch (random.Next(8))
        {
            case 0 when node is not null:
                return sketch.Without(node.Id);
            case 1 when edges.Count > 0:
                return sketch.Without(edges[random.Next(edges.Count)].Id);
            case 2:
                return sketch.Add(id, types[random.Next(types.Length)], server, ("role", random.Next(3) == 0 ? "sentinel" : null));
            case 3:
                return sketch.Ha(h => random.Next(4) switch { 0 => h with { RedisEnabled = !h.RedisEnabled }, 1 => h with { PgFailoverEnabled = !h.PgFailoverEnabled }, 2 => h with { LbType = (LoadBalancerType)random.Next(4) }, _ => h with { FilestoreType = (FilestoreType)random.Next(3) } });
            case 4 when node is not null && node.Type is not (NodeType.S3 or NodeType.Backup):
                return sketch.On(node.Id, server);
            default:
                if (node is null)
                    return sketch;
                var members = NodeMembers.Of(node.Type).Where(m => m.Key != "serverId").OrderBy(m => m.Key, StringComparer.Ordinal).ToList();
                var (member, rule) = members[random.Next(members.Count)];
                object?[] fitting = [null, .. values.Where(v => rule.Fits(JsonSerializer.SerializeToElement(v)))];
                return sketch.Set(node.Id, member, fitting[random.Next(fitting.Length)]);
        }
    }

    /// <summary>Whether a deployment would come to plan it; where it would, nothing throws: neither the first time, nor as a change, nor when it is taken down.</summary>
    private static bool IsPlanned(Sketch sketch, Sketch? before = null)
    {
        var snapshot = sketch.Snapshot();
        if (TopologyRules.Check(snapshot).Any(f => f.Severity == FindingSeverity.Error) || LayoutMaker.NotBuilt(snapshot).Count > 0)
            return false;
        var (layout, names) = (sketch.Layout(), sketch.Names());
        foreach (var from in new[] { null, layout, before?.Layout() })
        {
            var actions = Planner.Actions(from, layout, names);
            Assert.Equal(layout.Nodes.Select(n => n.Id), actions.Where(a => a.Action != PlanActionKind.Destroy).Select(a => a.NodeId));
            if (from is not null)
                Planner.NotChanged(actions, from, layout);
        }
        Assert.All(Planner.Actions(layout, null, names), a => Assert.Equal(PlanActionKind.Destroy, a.Action));
        return true;
    }

    /// <summary>Whether a commit waits is as it will be deployed, and either way what follows from it is said.</summary>
    [Fact]
    public void What_a_lost_primary_takes_along_is_said_for_each_choice()
    {
        const string Lost = "a commit waits for nobody, and what was not yet copied is lost when the primary is.";
        var (two, three) = (Sketch.Of("failover"), Sketch.Of("ha"));
        foreach (var (sketch, synchronous, says) in new (Sketch, bool, string)[]
                 {
                     (two, false, $"Two PostgreSQL nodes that replicate asynchronously: {Lost}"),
                     (two.Set("postgres-1", "synchronous", false), false, $"Two PostgreSQL nodes that replicate asynchronously: {Lost}"),
                     (two.Set("postgres-1", "synchronous", true), true, "Two PostgreSQL nodes that replicate synchronously: every commit waits for the other one, and goes on alone when that is lost; what is acknowledged then is on one machine."),
                     (three, true, ""), (three.Set("postgres-1", "synchronous", true), true, ""), (three.Set("postgres-3", "zeroDataLoss", true), true, ""),
                     (three.Set("postgres-1", "synchronous", false), false, $"3 PostgreSQL nodes that replicate asynchronously: {Lost}"),
                 })
        {
            Assert.Equal(says, string.Join('\n', sketch.Findings().Where(f => f.Code == "TP-P04").Select(f => f.Message)));
            Assert.Equal(synchronous, sketch.Snapshot().IsSynchronous);
            Assert.Equal(synchronous, sketch.Layout().Find("postgres-1")!.Is("synchronous", "true"));
        }
    }

    /// <summary>The best of as many as a busy machine takes for one that nothing comes in between of.</summary>
    [Fact]
    public void Two_hundred_nodes_are_checked_while_one_draws()
    {
        var sketch = Large(200, 1000);
        sketch.Findings();
        var best = double.MaxValue;
        for (var all = Stopwatch.StartNew(); best >= 50 && all.Elapsed < TimeSpan.FromSeconds(20);)
        {
            var clock = Stopwatch.StartNew();
            sketch.Findings();
            best = Math.Min(best, clock.Elapsed.TotalMilliseconds);
        }
        Assert.True(best < 50, $"{best:0.0} ms");
    }

    internal static Sketch Large(int nodes, int edges)
    {
        var sketch = Sketch.Of("ha");
        var more = Enumerable.Range(0, nodes - sketch.Data.Nodes.Count).Select(i => Fix.Node($"more-{i}", i % 3 == 0 ? NodeType.Monitor : NodeType.Odoo, ("serverId", Sketch.ServerAt($"app-{1 + (i % 3)}")), ("port", 10_000 + i), ("websocketPort", 20_000 + i)).Node!).ToList();
        var all = sketch.Data.Nodes.Concat(more).ToList();
        var pairs = from a in more from b in all where a != b && ShapeRules.MayJoin(new DrawnNode(a), new DrawnNode(b)) select new TopologyEdge { Id = $"{a.Id}-{b.Id}", Source = a.Id, Target = b.Id };
        return sketch with { Data = new TopologyData { Nodes = all, Edges = [.. sketch.Data.Edges, .. pairs.Take(edges - sketch.Data.Edges.Count)] } };
    }
}
