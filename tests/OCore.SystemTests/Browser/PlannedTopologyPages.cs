using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Tests;
using OCore.Tests.Agency;
using OCore.Tests.Topologies;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.Browser;

/// <summary>The published dashboard before a server of this process, in whose database tests may write: machines that are rows, and what runs on none.</summary>
public sealed class InstallationOfRows : Installation
{
    internal TestApp App { get; private set; } = null!;

    public override async Task InitializeAsync()
    {
        if (BrowserFactAttribute.WhyNot is not null)
            return; // each test says so
        App = await TestApp.StartAsync(arrange: app =>
        {
            app.WebRoot = Path.Combine(BrowserLab.ServerFolder, "wwwroot");
            var url = Url.ToString().TrimEnd('/');
            foreach (var (name, value) in ((string, string)[])[("LISTEN", url), ("PUBLIC_URL", url), ("SIGNUP", "open"), ("SMTP_URL", $"file://{Mails}"), ("SIGN_INS_PER_MINUTE", "1000")])
                app.Set(name, value);
        });
    }

    public override async Task DisposeAsync()
    {
        if (App is { } app)
            await app.DisposeAsync();
    }
}

/// <summary>What a plan would do, and how what runs does, on the drawing and beside it.</summary>
[Collection(BrowserGroup.Name)]
public sealed class PlannedTopologyPages(BrowserLab lab, InstallationOfRows at) : IClassFixture<InstallationOfRows>
{
    [BrowserFact]
    public async Task A_plan_is_seen_on_the_drawing_in_the_list_and_in_the_table()
    {
        var boss = await at.AgencyAsync("Pia");
        using var api = boss.Api();
        var org = (await api.Get<MeView>("/api/user")).Current;
        var places = new Dictionary<string, Guid>();
        foreach (var (i, place) in ((string[])["edge", "app-1", "app-2", "db", "files"]).Index())
            places[place] = await TopologiesTests.ServerAsync(at.App, new TestOrg(org.Id, org.Slug, org.Name, org.Id), place, $"10.0.0.{10 + i}");
        var topology = await api.Post<CreateTopology, TopologyView>("/api/topologies", Sketch.Of("shared").Drawing("Web shop", places));
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In($"topologies/{topology.Id}"));
            await Expect(TopologyPagesTests.Nodes(visitor)).ToHaveCountAsync(5);
            await visitor.Page.GetByText("Deploy", new() { Exact = true }).ClickAsync();
            await visitor.ClickAsync("Plan the deployment");
            await visitor.SeesHeadingAsync("What deploying would do");
            var plan = visitor.Page.GetByRole(AriaRole.Group, new() { Name = "Plan", Exact = true });
            await Expect(plan.Locator("li[data-action=create]")).ToHaveCountAsync(5);
            foreach (var node in topology.TopologyData.Nodes)
            {
                await Expect(TopologyPagesTests.Node(visitor, node.Id)).ToContainTextAsync("Create");
                await Expect(TopologyPagesTests.Node(visitor, node.Id).Locator("[data-action=create]")).ToHaveCountAsync(1);
            }
            await TopologyPagesTests.LookedAtAsync(visitor, "topology-plan");
            await visitor.IsWalkedByKeyboardAsync("topology-plan");

            // Who asks for one of them is led to it, and the plan stays.
            await plan.Locator("li[data-action=create]").GetByRole(AriaRole.Button, new() { Name = "PostgreSQL", Exact = true }).First.ClickAsync();
            await visitor.SeesHeadingAsync("What deploying would do");
            await visitor.Page.GetByText("Table", new() { Exact = true }).ClickAsync();
            await Expect(visitor.Page.Locator("td [data-action=create]")).ToHaveCountAsync(5);
            await visitor.IsAccessibleAsync("topology-plan-table");
            await visitor.PictureAsync("topology-plan-table");

            // Where some of it is out of sight, an overview shows the whole.
            await visitor.Page.GetByText("Canvas", new() { Exact = true }).ClickAsync();
            await Expect(TopologyPagesTests.Nodes(visitor)).ToHaveCountAsync(5);
            var (pane, overview) = ((await visitor.Page.Locator(".react-flow__pane").BoundingBoxAsync())!, visitor.Page.Locator(".react-flow__minimap"));
            await Installation.Until<object>(async () =>
            {
                // Once more where the drawing was still being fitted into its window.
                await TopologyPagesTests.DragAsync(visitor, pane.X + 8, pane.Y + 8, pane.X + 8 + (pane.Width * 0.6f), pane.Y + 8 + (pane.Height * 0.6f));
                return await overview.IsVisibleAsync() ? overview : null;
            }, () => "No overview is shown.");
            await Expect(overview).ToBeVisibleAsync();
            await visitor.PictureAsync("topology-plan-overview");

            await visitor.ClickAsync("Back");
            await Expect(visitor.Page.Locator("[data-action=create]")).ToHaveCountAsync(0);
        });
    }

    /// <summary>Of what runs a node is not drawn any more, another one is changed: each in its colour, also the one that is gone.</summary>
    [BrowserFact]
    public async Task What_a_plan_takes_away_is_seen_although_it_is_not_drawn_any_more()
    {
        var boss = await at.AgencyAsync("Gus");
        using var api = boss.Api();
        var org = (await api.Get<MeView>("/api/user")).Current;
        var (owner, sketch, places) = (new TestOrg(org.Id, org.Slug, org.Name, org.Id), Sketch.Of("shared"), new Dictionary<string, Guid>());
        foreach (var server in sketch.Servers.Values)
            places[server.Name] = await TopologiesTests.ServerAsync(at.App, owner, server.Name, server.Host);
        var topology = await api.Post<CreateTopology, TopologyView>("/api/topologies", sketch.Drawing("Shrinking", places));
        await DeployedAsync(owner, topology, sketch, places);
        await api.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new()
        {
            Changes = [new() { Op = TopologyChangeKind.RemoveNode, Id = "odoo-2" }, new() { Op = TopologyChangeKind.SetNode, Id = "odoo-1", Member = "dbMaxConn", Value = new RawJson("17") }],
        });
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In($"topologies/{topology.Id}"));
            await Expect(TopologyPagesTests.Nodes(visitor)).ToHaveCountAsync(4);
            await visitor.Page.GetByText("Deploy", new() { Exact = true }).ClickAsync();
            await visitor.ClickAsync("Plan the change");
            var plan = visitor.Page.GetByRole(AriaRole.Group, new() { Name = "Plan", Exact = true });
            await Expect(plan.Locator("li[data-action=destroy]")).ToHaveCountAsync(1);
            await Expect(TopologyPagesTests.Nodes(visitor)).ToHaveCountAsync(5);
            await Expect(TopologyPagesTests.Node(visitor, "odoo-2").Locator("[data-action=destroy]")).ToHaveCountAsync(1);
            await Expect(TopologyPagesTests.Node(visitor, "odoo-1").Locator("[data-action=change]")).ToHaveCountAsync(1);
            await plan.Locator("li[data-action=destroy]").GetByRole(AriaRole.Button).First.ClickAsync();
            await TopologyPagesTests.LookedAtAsync(visitor, "topology-plan-destroys");
            await visitor.Page.GetByText("Table", new() { Exact = true }).ClickAsync();
            await Expect(visitor.Page.Locator("td [data-action=destroy]")).ToHaveCountAsync(1);
            await visitor.PictureAsync("topology-plan-destroys-table");
        });
    }

    /// <summary>As a deployment of the drawing would have left it; nothing runs.</summary>
    private async Task DeployedAsync(TestOrg owner, TopologyView topology, Sketch sketch, IReadOnlyDictionary<string, Guid> places)
    {
        var layout = LayoutMaker.Make(topology.Id, sketch.Snapshot(), DeployScene.Images);
        layout = layout with { Nodes = [.. layout.Nodes.Select(n => n with { ServerId = n.ServerId is { } id ? places[sketch.Servers[id].Name] : null })] };
        await using var db = at.App.Databases.System();
        var home = await db.ServersOfAll().SingleAsync(s => s.Id == layout.Home.ServerId);
        var instance = await at.App.InstanceAsync(owner, home, version: "19.0", change: i => (i.Image, i.Workers) = (DeployScene.Images.Odoo, layout.Home.Int("workers")));
        await db.Instances.AcrossTenants().Where(i => i.Id == instance.Id).ExecuteUpdateAsync(s => s.SetProperty(i => i.TopologyId, topology.Id));
        db.Add(new TopologyDeployment { OrgId = owner.Id, RootId = owner.Id, TopologyId = topology.Id, InstanceId = instance.Id, Name = topology.Name, Status = "active", PlanHash = "", DrawingDigest = "", Layout = layout, SecretsSealed = "x" });
        foreach (var node in layout.Nodes)
            db.Add(new DeployedNode { OrgId = owner.Id, RootId = owner.Id, TopologyId = topology.Id, NodeId = node.Id, Type = node.Type, Label = node.Label, Container = node.Container, ServerId = node.ServerId, State = TopologyNodeState.Running, MeasuredAt = at.App.Clock.GetUtcNow() });
        await db.SaveChangesAsync();
    }

    [BrowserFact]
    public async Task What_runs_is_seen_with_its_states_and_with_what_differs()
    {
        var boss = await at.AgencyAsync("Ron");
        using var api = boss.Api();
        var topology = await api.Post<CreateTopology, TopologyView>("/api/topologies", new CreateTopology { Name = "Runs", Blueprint = "single" });
        await RunsAsync((await api.Get<MeView>("/api/user")).Current.Id, topology);
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In($"topologies/{topology.Id}"));
            await Expect(TopologyPagesTests.Node(visitor, "odoo")).ToContainTextAsync("Running, differs");
            await Expect(TopologyPagesTests.Node(visitor, "postgres")).ToContainTextAsync("Failed");
            await visitor.Button("1 node not well", exact: false).ClickAsync();
            await Expect(visitor.Page.GetByRole(AriaRole.Region, new() { Name = "Nodes that run" })).ToContainTextAsync("Failed");
            await Expect(visitor.Button("Put 1 node right")).ToBeVisibleAsync();
            await TopologyPagesTests.LookedAtAsync(visitor, "topology-runs");
            await visitor.IsWalkedByKeyboardAsync("topology-runs");
            await TopologyPagesTests.Node(visitor, "odoo").ClickAsync();
            await visitor.SeesAsync("It differs from what was deployed");
            await visitor.SeesAsync("Its container was made with other settings than were deployed.");
            await TopologyPagesTests.LookedAtAsync(visitor, "topology-node-differs");
            await visitor.IsWalkedByKeyboardAsync("topology-node-differs");

            // Somebody put it right: the page hears of it by itself.
            await MendedAsync(topology.Id);
            await Expect(TopologyPagesTests.Node(visitor, "postgres")).ToContainTextAsync("Running", new() { Timeout = 60_000 });
            await Expect(TopologyPagesTests.Node(visitor, "odoo")).Not.ToContainTextAsync("differs");
        });
    }

    /// <summary>A deployment as it is kept; no node of it is on any machine, so nobody measures it.</summary>
    private async Task RunsAsync(Guid org, TopologyView topology)
    {
        await using var db = at.App.Databases.System();
        db.Add(new TopologyDeployment { OrgId = org, RootId = org, TopologyId = topology.Id, Name = topology.Name, Status = "active", PlanHash = "", DrawingDigest = "", Layout = new Layout { Nodes = [] }, SecretsSealed = "x" });
        DeployedNode Node(string id, NodeType type, string label, TopologyNodeState state, string? message) => new()
        {
            OrgId = org, RootId = org, TopologyId = topology.Id, NodeId = id, Type = type, Label = label, Container = "ocore-" + id, State = state, Message = message, MeasuredAt = at.App.Clock.GetUtcNow(),
            Drift = type == NodeType.Odoo ? [new NodeDrift { Kind = NodeDriftKind.Changed, Message = "Its container was made with other settings than were deployed.", Safe = true }] : [],
        };
        db.Add(Node("odoo", NodeType.Odoo, "Odoo", TopologyNodeState.Running, null));
        db.Add(Node("postgres", NodeType.Postgres, "PostgreSQL", TopologyNodeState.Failed, "It does not take connections."));
        await db.SaveChangesAsync();
    }

    private async Task MendedAsync(Guid topology)
    {
        await using var db = at.App.Databases.System();
        foreach (var node in await db.DeployedNodes.AcrossTenants().Where(n => n.TopologyId == topology).ToListAsync())
        {
            (node.State, node.Message) = (TopologyNodeState.Running, null);
            node.Drift = [];
        }
        await db.SaveChangesAsync();
    }
}
