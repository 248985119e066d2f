using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Monitoring;
using OCore.Features.Servers;
using OCore.Features.Topologies;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Platform.Mail;
using OCore.Tests.Agency;

namespace OCore.Tests.Topologies;

/// <summary>A rule on the figures of an instance hears of the nodes that carry it: of one that is down, and of one that somebody changed.</summary>
public sealed class AlertsOfTopologies
{
    [Theory, Sqlite, Postgres]
    public async Task A_node_that_is_down_and_one_that_was_changed_raise_alerts_which_end(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Alerted");
        var server = await app.ServerAsync(agency);
        var instance = await app.InstanceAsync(await app.ClientOfAsync(agency, "Client"), server);
        await DrawAsync(app, agency.Org, server.Id, instance.Id);
        using var http = app.As(agency.Owner, agency.Org);
        foreach (var (name, metric, when, threshold) in new[] { ("Lost", "health", "below", 100.0), ("Changed", "drift", "above", 0.0) })
            await http.Post<CreateAlertRule, AlertRuleView>("/api/alert-rules", new CreateAlertRule { Name = name, Subject = "instance", Metric = metric, When = when, Threshold = threshold, ForSeconds = 0 });

        // Three of four are well; then one of these differs from what was deployed; then all is right again.
        await MeasureAsync(app, "odoo-2", new NodeMeasure(TopologyNodeState.Failed, "Its container does not run."));
        await LookAsync(app, server);
        await OpenAsync(app, http, "Lost");
        var lost = Assert.Single((await http.Get<Page<AlertView>>("/api/alerts?open=true")).Data);
        Assert.Equal((instance.Id, "health", 75.0), (lost.SubjectId, lost.Metric, lost.Value));

        await MeasureAsync(app, "lb", new NodeMeasure(TopologyNodeState.Running, null), new NodeDrift { Kind = NodeDriftKind.File, Message = "/usr/local/etc/haproxy/haproxy.cfg was changed in its container.", Safe = true });
        await LookAsync(app, server);
        await OpenAsync(app, http, "Changed", "Lost");
        Assert.Equal(1.0, (await http.Get<Page<AlertView>>("/api/alerts?open=true")).Data.Single(a => a.Metric == "drift").Value);

        foreach (var node in (string[])["lb", "odoo-2"])
            await MeasureAsync(app, node, new NodeMeasure(TopologyNodeState.Running, null));
        await LookAsync(app, server);
        await OpenAsync(app, http);
        Assert.Equal(2, (await http.Get<Page<AlertView>>("/api/alerts")).Data.Count(a => a.ClearedAt is not null));

        // The server of the first Odoo is lost, and with it whoever would measure the instance.
        await using (var db = app.Databases.System())
            await db.ServersOfAll().Where(s => s.Id == server.Id).ExecuteUpdateAsync(s => s.SetProperty(x => x.Status, ServerStatus.Unreachable));
        await MeasureAsync(app, "odoo-1", new NodeMeasure(TopologyNodeState.Unknown, "Its server does not answer."));
        app.Clock.Advance(TimeSpan.FromSeconds(16));
        await OpenAsync(app, http, "Lost");
        Assert.Equal(75.0, (await http.Get<Page<AlertView>>("/api/alerts?open=true")).Data.Single().Value);
    }

    [Theory, Sqlite, Postgres]
    public async Task Who_deploys_a_topology_is_told_without_asking_for_it(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Told");
        var server = await app.ServerAsync(agency);
        var instance = await app.InstanceAsync(await app.ClientOfAsync(agency, "Client"), server);
        await DrawAsync(app, agency.Org, server.Id, instance.Id, deployed: true);
        using var http = app.As(agency.Owner, agency.Org);
        var rule = Assert.Single((await http.Get<Page<AlertRuleView>>("/api/alert-rules")).Data);
        Assert.Equal(("Shop is degraded", instance.Id, "health", "below", 100.0, true), (rule.Name, rule.Of!.Id, rule.Metric, rule.When, rule.Threshold, rule.IsActive));
        Assert.Equal([agency.Owner.Email], rule.Emails);
        async Task<IReadOnlyList<(string, string)>> AttentionAsync() => [.. (await http.Get<AgencyView>("/api/agency")).Attention.Where(a => a.ObjectType == "topology").Select(a => (a.Code, a.Message))];
        Assert.Empty(await AttentionAsync());

        // For as long as an operation works on a node, it is neither well nor lost.
        await MeasureAsync(app, "odoo-2", new NodeMeasure(TopologyNodeState.Working, "It is being changed."));
        await LookAsync(app, server);
        Assert.Empty(await AttentionAsync());
        Assert.Equal(100, (await http.Get<MetricsView>($"/api/instances/{instance.Id}/metrics")).Series.Single(s => s.Metric == "health").Values[^1]);

        await MeasureAsync(app, "odoo-2", new NodeMeasure(TopologyNodeState.Failed, "Its container does not run."));
        await LookAsync(app, server);
        Assert.Equal([("topology_degraded", "Shop works, and something of it is lost. odoo-2: Its container does not run.")], await AttentionAsync());
        await UntilWatchedAsync(app);
        Assert.Empty((await http.Get<Page<AlertView>>("/api/alerts?open=true")).Data);
        app.Clock.Advance(TimeSpan.FromSeconds(110));
        await LookAsync(app, server);
        await OpenAsync(app, http, rule.Name);
        await MeasureAsync(app, "odoo-1", new NodeMeasure(TopologyNodeState.Failed, "It does not answer."));
        Assert.Equal(["topology_down"], (await AttentionAsync()).Select(a => a.Item1));

        foreach (var node in (string[])["odoo-1", "odoo-2"])
            await MeasureAsync(app, node, new NodeMeasure(TopologyNodeState.Running, null));
        await LookAsync(app, server);
        await OpenAsync(app, http);
        Assert.Empty(await AttentionAsync());
        await using (var db = app.Databases.System())
            Assert.Equal([agency.Owner.Email, agency.Owner.Email], await db.Set<OutgoingMail>().Where(m => m.AboutId != null && db.Set<Alert>().AcrossTenants().Any(a => a.Id == m.AboutId)).Select(m => m.To).ToListAsync());

        // What stands still by somebody's wish is not lost; and the rule is one like others.
        await using (var db = app.Databases.System())
            await db.Instances.AcrossTenants().Where(i => i.Id == instance.Id).ExecuteUpdateAsync(s => s.SetProperty(i => i.WantRunning, false));
        await MeasureAsync(app, "odoo-1", new NodeMeasure(TopologyNodeState.Failed, "Its container does not run."));
        Assert.Empty(await AttentionAsync());
        Assert.False((await http.Put<UpdateAlertRule, AlertRuleView>($"/api/alert-rules/{rule.Id}", new UpdateAlertRule { IsActive = false })).IsActive);

        // It goes with the topology.
        await using (var db = app.Databases.For(new Tenant(agency.Org.Id, agency.Org.Id, false), AuditActor.System))
            await TopologyHost.ForgetAsync(db, await db.Topologies.Select(t => t.Id).SingleAsync(), CancellationToken.None);
        Assert.Empty((await http.Get<Page<AlertRuleView>>("/api/alert-rules")).Data);
    }

    private static async Task DrawAsync(TestApp app, TestOrg org, Guid server, Guid instance, bool deployed = false)
    {
        await using var db = app.Databases.For(new Tenant(org.Id, org.Id, false), AuditActor.System);
        var topology = new Topology { OrgId = org.Id, RootId = org.RootId, Name = "Shop", CreatedAt = app.Clock.GetUtcNow() };
        db.Add(topology);
        foreach (var (id, type) in new[] { ("lb", NodeType.LoadBalancer), ("odoo-1", NodeType.Odoo), ("odoo-2", NodeType.Odoo), ("postgres", NodeType.Postgres) })
            db.Add(new DeployedNode { OrgId = topology.OrgId, RootId = topology.RootId, TopologyId = topology.Id, NodeId = id, Type = type, Label = id, Container = "ocore-" + id, ServerId = server, State = TopologyNodeState.Running, MeasuredAt = app.Clock.GetUtcNow() });
        if (deployed)
        {
            // As the last step of a deployment does.
            db.Add(new TopologyDeployment { OrgId = org.Id, RootId = org.RootId, TopologyId = topology.Id, Name = topology.Name, InstanceId = instance, Status = "active", PlanHash = "", DrawingDigest = "", Layout = new Layout { Nodes = [] }, SecretsSealed = "x" });
            await DefaultAlerts.AddAsync(db, org.RootId, instance, topology.Name, app.Clock.GetUtcNow(), CancellationToken.None);
        }
        await db.SaveChangesAsync();
        await db.Instances.AcrossTenants().Where(i => i.Id == instance).ExecuteUpdateAsync(s => s.SetProperty(i => i.TopologyId, topology.Id));
    }

    /// <summary>What the watch saw of a node, kept as it keeps it.</summary>
    private static async Task MeasureAsync(TestApp app, string node, NodeMeasure seen, params NodeDrift[] drift)
    {
        await using var db = app.Databases.System();
        app.Services.GetRequiredService<TopologyWatch>().Apply(await db.DeployedNodes.AcrossTenants().SingleAsync(n => n.NodeId == node), seen, drift);
        await db.SaveChangesAsync();
    }

    /// <summary>A look at the server of the first Odoo, which is when figures of its instance are taken.</summary>
    private static async Task LookAsync(TestApp app, Server server)
    {
        app.Clock.Advance(TimeSpan.FromSeconds(16));
        var seen = new ServerObservation { At = app.Clock.GetUtcNow(), Reachable = true, Figures = new ServerFigures(0.5, 4000, 500, 1000, 800, 5000, 9000), Stats = [] };
        foreach (var observer in app.Services.GetRequiredService<ServerWatch>().Observers)
        {
            await using var db = app.Databases.System();
            await observer(db, server, seen, CancellationToken.None);
        }
    }

    private static async Task UntilWatchedAsync(TestApp app)
    {
        for (var n = 0; ; n++)
        {
            await using var db = app.Databases.System();
            if (await db.Set<Alert>().AcrossTenants().AnyAsync())
                return;
            Assert.True(n < 300, $"Nobody watches. {app.Log}");
            await Task.Delay(100);
        }
    }

    private static async Task OpenAsync(TestApp app, OCoreHttp http, params string[] rules)
    {
        for (var n = 0; ; n++)
        {
            var open = (await http.Get<Page<AlertView>>("/api/alerts?open=true")).Data.Select(a => a.Rule).Order(StringComparer.Ordinal).ToList();
            if (open.SequenceEqual(rules))
                return;
            Assert.True(n < 300, $"Open are {string.Join(", ", open)} instead of {string.Join(", ", rules)}. {app.Log}");
            await Task.Delay(100);
        }
    }
}
