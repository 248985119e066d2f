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

/// <summary>A client's Odoo on several servers, in the portal: drawn with as much as its agency shows. Rows stand for what runs.</summary>
[Collection(BrowserGroup.Name)]
public sealed class ArchitectureInPortals(BrowserLab lab, InstallationOfRows at) : IClassFixture<InstallationOfRows>
{
    private const string Built = "How it is built", Message = "It answers after two seconds.";

    [BrowserFact]
    public async Task A_client_sees_how_its_Odoo_is_built_as_far_as_its_agency_shows_it()
    {
        var boss = await at.AgencyAsync("Ida", "Acme Shop");
        using var api = boss.Api();
        var client = (await api.Get<Page<ClientView>>("/api/agency/clients")).Data[0];
        var (server, slug) = await RunsAsync(api, client);
        using (var theirs = boss.Api(client.Slug))
            await theirs.Post<InviteMember, InvitationView>("/api/invitations", new InviteMember { Email = "lea@shop.test", Role = "owner" });
        var link = await at.MailedLinkAsync("lea@shop.test");
        await Visitor.VisitAsync(lab, at, async visitor =>
        {
            await visitor.GoAsync(link);
            await visitor.FillAsync("Your name", "Lea");
            await visitor.FillAsync("Choose a password", Installation.Password);
            await visitor.ClickAsync("Accept the invitation");
            await visitor.SeesHeadingAsync("Your Odoo");
            var (picture, list) = (visitor.Page.GetByRole(AriaRole.Img, new() { Name = Built, Exact = true }), visitor.Page.Locator(".oc-nodes"));

            await ShowAsync(InfrastructureVisibility.Full);
            await visitor.SeesHeadingAsync(Built);
            foreach (var part in (string[])["Odoo one", "Limited", "Database", "Running · primary", server])
                await Expect(picture).ToContainTextAsync(part);
            await Expect(picture.Locator("path")).ToHaveCountAsync(1);
            // What is drawn stands in words beside it, for who does not see it.
            await Expect(list.GetByRole(AriaRole.Listitem)).ToHaveTextAsync([$"Odoo one: Limited, {server} {Message}", $"Database: Running, primary, {server}"]);
            await LookedAtAsync("full");

            await ShowAsync(InfrastructureVisibility.Limited);
            await Expect(list.GetByRole(AriaRole.Listitem)).ToHaveTextAsync(["Odoo one: Limited", "Database: Running, primary"]);
            await Expect(picture).ToContainTextAsync("Running · primary");
            await Expect(picture).Not.ToContainTextAsync(server);
            await Expect(picture.Locator("path")).ToHaveCountAsync(1);
            await LookedAtAsync("limited");

            await ShowAsync(InfrastructureVisibility.None);
            await visitor.SeesAsync("Set up");
            await visitor.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await Expect(picture).ToHaveCountAsync(0);
            await Expect(visitor.Heading(Built)).ToHaveCountAsync(0);
            Assert.DoesNotContain(server, await visitor.Page.ContentAsync(), StringComparison.Ordinal);
            await LookedAtAsync("none");

            async Task ShowAsync(InfrastructureVisibility visibility)
            {
                await api.Put<UpdatePortalConfig, PortalConfigView>($"/api/agency/clients/{client.Id}/portal-config", new UpdatePortalConfig { InfrastructureVisibility = visibility });
                await visitor.GoAsync($"http://{client.Slug}.localhost:{at.Url.Port}/instances/{slug}");
            }

            async Task LookedAtAsync(string shown)
            {
                await TopologyPagesTests.LookedAtAsync(visitor, $"portal-architecture-{shown}");
                await visitor.IsWalkedByKeyboardAsync($"portal-architecture-{shown}");
                await visitor.NeverHearsOfOCoreAsync();
            }
        });
    }

    /// <summary>The client's instance as two nodes of its agency's drawing would leave it, on one server.</summary>
    private async Task<(string Server, string Slug)> RunsAsync(OCoreHttp api, ClientView client)
    {
        var agency = (await api.Get<MeView>("/api/user")).Current;
        var id = await TopologiesTests.ServerAsync(at.App, new TestOrg(agency.Id, agency.Slug, agency.Name, agency.Id), "rack", "10.0.0.70");
        TopologyNode Node(string node, string type, double x) => new() { Id = node, Type = type, Position = new TopologyPosition { X = x, Y = 40 }, Data = new RawJson($"{{\"serverId\":\"{id}\"}}") };
        var topology = await api.Post<CreateTopology, TopologyView>("/api/topologies", new CreateTopology
        {
            Name = "Shop", TopologyData = new TopologyData { Nodes = [Node("odoo", "odoo", 0), Node("postgres", "postgres", 260)], Edges = [new TopologyEdge { Id = "odoo-postgres", Source = "odoo", Target = "postgres" }] },
        });
        await using var db = at.App.Databases.System();
        var server = await db.ServersOfAll().SingleAsync(s => s.Id == id);
        var instance = await at.App.InstanceAsync(new TestOrg(client.Id, client.Slug, client.Name, agency.Id), server, version: "19.0");
        await db.Instances.AcrossTenants().Where(i => i.Id == instance.Id).ExecuteUpdateAsync(s => s.SetProperty(i => i.TopologyId, topology.Id));
        foreach (var (node, type, label, state, role, message) in ((string, NodeType, string, TopologyNodeState, string?, string?)[])
        [
            ("odoo", NodeType.Odoo, "Odoo one", TopologyNodeState.Degraded, null, Message), ("postgres", NodeType.Postgres, "Database", TopologyNodeState.Running, "primary", null),
        ])
            db.Add(new DeployedNode
            {
                OrgId = agency.Id, RootId = agency.Id, TopologyId = topology.Id, NodeId = node, Type = type, Label = label, Container = "ocore-" + node, ServerId = id, State = state, Role = role, Message = message, MeasuredAt = at.App.Clock.GetUtcNow(),
            });
        await db.SaveChangesAsync();
        return (server.Name, instance.Slug);
    }
}
