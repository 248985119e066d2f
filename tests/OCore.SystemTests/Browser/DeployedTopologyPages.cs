using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.SystemTests.Topologies;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.Browser;

/// <summary>A topology from its drawing to somebody who is signed in, and away again, with nothing but the dashboard.</summary>
[Collection(BrowserGroup.Name)]
public sealed class DeployedTopologyPages(BrowserLab lab, InstallationWithServer at) : IClassFixture<InstallationWithServer>
{
    [LabFact]
    public async Task From_a_drawing_to_a_signed_in_person_and_back()
    {
        var boss = await at.AgencyAsync("Northwind Digital");
        using var api = boss.Api();
        await api.Post<CreateClient, ClientView>("/api/agency/clients", new CreateClient { Name = "Acme Corp", Slug = "acme-corp" });
        var added = await api.Post<AddServer, OperationView>("/api/servers", new AddServer { Name = "fra-1", Host = at.Server.Host.Value, User = "deploy", PrivateKey = at.Server.Key, HostKeyFingerprint = at.Server.Pinned.Fingerprint });
        await Installation.Until(async () => (await api.Get<ServerView>($"/api/servers/{added.ServerId}")) is { Status: ServerStatus.Active } server ? server : null, () => $"The server does not become active.\n{at.Log}", 120 * Lab.Patience);
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await DrawAsync(visitor, boss);
            await CancelledAsync(visitor, api);
            await DeployAsync(visitor);
            var topology = visitor.Page.Url;
            await visitor.FollowAsync("Its Odoo, with all of its tools");
            await visitor.SeesHeadingAsync("Acme ERP");
            await InstanceTools.OdooOpensAsync(visitor, at.Server);
            await visitor.GoAsync(topology);
            await TakeDownAsync(visitor);
        });
        Assert.Equal("", await TopologyLab.LeftOnAsync(at.Server));
    }

    /// <summary>The blueprint of one machine, with a load balancer before it.</summary>
    private static async Task DrawAsync(Visitor visitor, Somebody boss)
    {
        await visitor.GoAsync(boss.In("topologies?dialog=new&blueprint=single"));
        await visitor.FillAsync("Name", "Acme production");
        await visitor.Page.GetByText("Its server; it can be done later").ClickAsync();
        await visitor.ChooseAsync("Server", "fra-1");
        await visitor.PictureAsync("topology-new-with-server");
        await visitor.ClickAsync("Create topology");
        await visitor.SeesHeadingAsync("Acme production");
        await Expect(TopologyPagesTests.Nodes(visitor)).ToHaveCountAsync(2);
        await visitor.ClickAsync("Add Load balancer");
        await Expect(TopologyPagesTests.Nodes(visitor)).ToHaveCountAsync(3);
        await visitor.ChooseAsync("Server", "fra-1");
        await visitor.ChooseAsync("Connect with", "Odoo");
        await Expect(visitor.Page.Locator(".react-flow__edge")).ToHaveCountAsync(2);
        // What is wrong with it is mended by one click.
        await visitor.Page.GetByText(new Regex("^Findings [0-9]+$")).ClickAsync();
        await visitor.Button("Take HAProxy", exact: false).ClickAsync();
        await Expect(visitor.Button("Take HAProxy", exact: false)).ToHaveCountAsync(0);
        await visitor.ClickAsync("Lay out");
        await visitor.ClickAsync("Save");
        await Expect(visitor.Button("Saved")).ToBeVisibleAsync();
    }

    private async Task BeginAsync(Visitor visitor)
    {
        await visitor.Page.GetByText("Deploy", new() { Exact = true }).ClickAsync();
        await visitor.ChooseAsync("Whose Odoo it is", "Acme Corp");
        await visitor.FillAsync("Name of the instance", "Acme ERP");
        // There is no DNS of an agency here: the server's address is a name that leads to it.
        await visitor.FillAsync("Address", at.Server.Host.Value);
        await visitor.PictureAsync("topology-deploy");
        await visitor.ClickAsync("Plan the deployment");
        await visitor.SeesHeadingAsync("What deploying would do");
        await visitor.ClickAsync("Deploy");
        await Expect(TopologyPagesTests.Nodes(visitor).Filter(new() { HasText = "Waiting" })).Not.ToHaveCountAsync(0, new() { Timeout = Milliseconds(60) });
    }

    /// <summary>Of what was taken back nothing is left to be seen but what is said of it.</summary>
    private async Task CancelledAsync(Visitor visitor, OCoreHttp api)
    {
        await BeginAsync(visitor);
        var topology = new Uri(visitor.Page.Url).Segments[^1];
        var operation = (await api.Get<Page<OperationView>>($"/api/operations?topology={topology}&state=active")).Data.Single();
        await api.Post<OperationView>($"/api/operations/{operation.Id}/cancel");
        await Expect(Panel(visitor)).ToContainTextAsync("was cancelled, and what it had done was taken back", new() { Timeout = Milliseconds(180) });
        await TopologyPagesTests.LookedAtAsync(visitor, "topology-deployment-cancelled");
    }

    private static ILocator Panel(Visitor visitor) => visitor.Page.GetByRole(AriaRole.Group, new() { Name = "Deployment", Exact = true });

    /// <summary>What is done is seen on the nodes as it is done, without a reload.</summary>
    private async Task DeployAsync(Visitor visitor)
    {
        await BeginAsync(visitor);
        var (nodes, panel) = (TopologyPagesTests.Nodes(visitor), Panel(visitor));
        await Expect(nodes.Filter(new() { HasText = "Working" })).Not.ToHaveCountAsync(0, new() { Timeout = Milliseconds(180) });
        Assert.True(await panel.EvaluateAsync<bool>("e => e.scrollWidth <= e.clientWidth"), "What is said of the deployment is wider than its panel.");
        await TopologyPagesTests.LookedAtAsync(visitor, "topology-deploying");
        await Expect(nodes.Filter(new() { HasText = "Running" })).ToHaveCountAsync(3, new() { Timeout = Milliseconds(300) });
        await Expect(visitor.Link("Its Odoo, with all of its tools")).ToBeVisibleAsync(new() { Timeout = Milliseconds(60) });
        await Expect(panel).ToContainTextAsync("Healthy", new() { Timeout = Milliseconds(60) });
        await TopologyPagesTests.LookedAtAsync(visitor, "topology-deployed");
        await visitor.IsWalkedByKeyboardAsync("topology-deployed");
        await TopologyPagesTests.Node(visitor, "postgres").ClickAsync();
        await visitor.ClickAsync("Look now");
        await Expect(visitor.Page.GetByRole(AriaRole.Region, new() { Name = "Status", Exact = true })).ToContainTextAsync("Measured");
        await TopologyPagesTests.LookedAtAsync(visitor, "topology-node-measured");
        await visitor.IsWalkedByKeyboardAsync("topology-node-measured");
        await visitor.Page.GetByText("Deploy", new() { Exact = true }).ClickAsync();
    }

    private static async Task TakeDownAsync(Visitor visitor)
    {
        await visitor.Page.GetByText("Deploy", new() { Exact = true }).ClickAsync();
        await visitor.ClickAsync("Plan its removal");
        await visitor.SeesHeadingAsync("What removing it would do");
        await visitor.PictureAsync("topology-removal-planned");
        await visitor.ClickAsync("Take it down");
        var dialog = visitor.Dialog("Take it down: Acme production");
        await dialog.GetByLabel("to confirm").FillAsync("Acme production");
        await visitor.IsAccessibleAsync("topology removal");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Take it down" }).ClickAsync();
        await Expect(visitor.Page.GetByText("Nothing of it runs yet.", new() { Exact = false })).ToBeVisibleAsync(new() { Timeout = Milliseconds(180) });
        await Expect(TopologyPagesTests.Nodes(visitor)).ToHaveCountAsync(3);
    }

    private static float Milliseconds(double seconds) => (float)(seconds * 1000 * Lab.Patience);
}
