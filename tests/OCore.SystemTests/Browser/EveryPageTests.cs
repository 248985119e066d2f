using OCore.Client;
using Xunit;

namespace OCore.SystemTests.Browser;

/// <summary>Every page, with something on it and with nothing: accessible in light and dark, used by the keyboard, within the window, small to load.</summary>
[Collection(BrowserGroup.Name)]
public sealed class EveryPageTests(BrowserLab lab, Installation at) : IClassFixture<Installation>
{
    private static readonly string[] Pages =
    [
        "agency", "clients", "clients?dialog=new", "instances", "instances/new", "templates", "templates?tab=enterprise", "templates/new", "topologies", "topologies?dialog=new&blueprint=ha", "servers", "servers/new", "operations",
        "members", "members?tab=invitations", "members?dialog=invite", "roles", "roles/new", "api-keys", "api-keys?dialog=new", "backups", "backups?tab=places", "webhooks", "webhooks?dialog=new", "alerts", "alerts?dialog=new", "audit",
        "branding", "portal-domains", "portal-domains?dialog=new", "portal-config", "settings", "settings?tab=subscription", "settings?tab=enterprise", "account", "account?tab=password", "account?tab=two-factor", "account?tab=passkeys", "account?tab=sessions",
    ];

    [BrowserFact]
    public async Task Without_anything_in_it()
    {
        await LookAsync("new", await at.PersonAsync("Newcomer"), ["agency", "clients"]);
        await LookAsync("empty", await at.AgencyAsync("Beginner"), ["agency", "clients", "instances", "instances/new", "templates", "topologies", "servers", "backups", "operations", "members?tab=invitations", "api-keys"]);
    }

    [BrowserFact]
    public async Task With_something_in_it()
    {
        var boss = await at.AgencyAsync("Northwind Digital", "Acme Corp", "Bakery Lane", "Contoso");
        using var api = boss.Api();
        var template = await api.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate
        {
            Name = "Standard Odoo 19 CE", Description = "For small businesses", OdooVersion = "19.0", ModuleList = ["sale", "purchase", "stock", "account", "crm"], DefaultWorkers = 2,
            DefaultEnvVars = new Dictionary<string, string> { ["PROXY_MODE"] = "True" },
        });
        var role = await api.Post<CreateRole, RoleView>("/api/roles", new CreateRole { Name = "Support", Slug = "support", Description = "Answers the phone", Permissions = ["view:instances", "view:operations"] });
        await api.Post<CreateApiKey, CreatedApiKey>("/api/api-keys", new CreateApiKey { Name = "CI", ExpiresInDays = 30, Scopes = ["view:instances"] });
        await api.Post<InviteMember, InvitationView>("/api/invitations", new InviteMember { Email = "lea@northwind.test", Role = "developer" });
        var client = (await api.Get<Page<ClientView>>("/api/agency/clients")).Data[0];
        var topology = await api.Post<CreateTopology, TopologyView>("/api/topologies", new CreateTopology { Name = "HA Production Setup", Description = "For the demanding", Blueprint = "ha" });
        await LookAsync("full", boss,
        [
            .. Pages, $"clients/{client.Slug}", $"clients/{client.Slug}?tab=members", $"clients/{client.Slug}?tab=operations", $"clients/{client.Slug}?tab=audit", $"clients/{client.Slug}?tab=settings",
            $"topologies/{topology.Id}", $"topologies/{topology.Id}?view=table", $"topologies/{topology.Id}?view=json", $"templates/{template.Id}", $"templates/{template.Id}/edit", $"roles/{role.Id}",
        ]);
    }

    [BrowserFact]
    public Task Of_the_operator() => LookAsync("operator", new Somebody(at, "", Installation.OperatorEmail, "", ""), ["/admin/plans", "/admin/plans?tab=organizations", "/admin/plans?dialog=new", "/admin/accounts"]);

    private Task LookAsync(string what, Somebody person, string[] pages) => Visitor.VisitAsync(lab, person, async visitor =>
    {
        using var weight = new ScriptWeight(at.Url);
        foreach (var page in pages)
        {
            await weight.GoAsync(visitor, page.StartsWith('/') ? page : person.In(page));
            Assert.EndsWith(" · oCore", await visitor.Page.TitleAsync(), StringComparison.Ordinal);
            await visitor.FitsAsync(page);
            foreach (var dark in (bool[])[true, false])
            {
                await visitor.DarkensAsync(dark);
                await visitor.IsAccessibleAsync($"{page}, {(dark ? "dark" : "light")}");
                await visitor.PictureAsync($"{what}-{NameOf(page)}{(dark ? "-dark" : "")}");
            }
            await visitor.IsWalkedByKeyboardAsync(page);
        }
    });

    private static string NameOf(string page) => Installation.Slug(System.Text.RegularExpressions.Regex.Replace(page, "[0-9a-f-]{36}", "one"));
}
