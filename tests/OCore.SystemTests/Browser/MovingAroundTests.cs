using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OCore.Client;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.Browser;

/// <summary>Addresses, keyboard, palette and appearance: what holds on every page.</summary>
[Collection(BrowserGroup.Name)]
public sealed class MovingAroundTests(BrowserLab lab, Installation at) : IClassFixture<Installation>
{
    [BrowserFact]
    public async Task What_a_page_shows_stands_in_its_address_and_outlasts_a_reload()
    {
        var boss = await at.AgencyAsync("Uri", "Alpha", "Beta", "Gamma");
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("clients"));
            await visitor.FillAsync("Search clients", "a");
            await visitor.IsAtAsync(@"\?q=a$");
            await visitor.ClickAsync("Client"); // sorts by the column
            await visitor.ClickAsync("Client");
            await visitor.IsAtAsync("sort=-name");
            await visitor.ChooseAsync("Health", "No instances");
            await visitor.IsAtAsync("health=none");
            await visitor.Page.ReloadAsync();
            await Expect(visitor.Field("Search clients")).ToHaveValueAsync("a");
            await Expect(visitor.Field("Health")).ToHaveValueAsync("No instances");
            await Expect(visitor.Page.GetByRole(AriaRole.Row).Nth(1)).ToContainTextAsync("Gamma");
            Assert.Equal("descending", await visitor.Page.GetByRole(AriaRole.Columnheader, new() { Name = "Client" }).GetAttributeAsync("aria-sort"));

            await visitor.FollowAsync("Beta");
            await visitor.FollowAsync("Audit");
            await visitor.IsAtAsync("tab=audit");
            await visitor.Page.ReloadAsync();
            await Expect(visitor.Row("client.created")).ToBeVisibleAsync();
            await visitor.Page.GoBackAsync();
            await visitor.Page.GoBackAsync();
            await visitor.IsAtAsync("health=none");

            foreach (var dialog in (string[])["clients?dialog=new", "api-keys?dialog=new", "members?dialog=invite"])
            {
                await visitor.GoAsync(boss.In(dialog));
                await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
                await visitor.Page.Keyboard.PressAsync("Escape");
                await Expect(visitor.Page).Not.ToHaveURLAsync(new Regex("dialog"));
            }
        });
    }

    /// <summary>A list, a word that is looked for in it, a row that it finds and one that it does not, and filters with what they put into the address.</summary>
    private sealed record Listed(string Page, string Search, string Word, string? Found, string? Left, params (string Label, string Option, string Address)[] Filters);

    [BrowserFact]
    public async Task So_does_what_is_looked_for_in_every_other_list()
    {
        var boss = await at.AgencyAsync("Fil", "Alpha");
        using var api = boss.Api();
        foreach (var name in (string[])["Quick shop", "Plain"])
        {
            await api.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = name, OdooVersion = "19.0" });
            await api.Post<CreateTopology, TopologyView>("/api/topologies", new CreateTopology { Name = name, Blueprint = "single" });
        }
        var servers = new List<Guid>();
        // Nobody answers there: rows and operations is all that comes of it.
        foreach (var name in (string[])["fra-1", "par-1"])
            servers.Add((await api.Post<AddServer, OperationView>("/api/servers", new AddServer { Name = name, Host = "localhost", Port = 1, User = "deploy", Password = "secret" })).ServerId!.Value);
        var client = (await api.Get<Page<ClientView>>("/api/agency/clients")).Data[0].Slug;
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            foreach (var list in (Listed[])
            [
                new("instances", "Search instances", "erp", null, null, ("Client", "Alpha", $"organization={client}"), ("Server", "fra-1", $"server={servers[0]}"), ("Status", "Running", "status=running")),
                new("servers", "Search servers", "fra", "fra-1", "par-1", ("Status", "Draining", "status=draining")),
                new("operations", "Search operations", "fra", "Connect fra-1", "Connect par-1", ("Kind", "server.validate", "kind=server.validate"), ("State", "Undoing", "state=unwinding")),
                new("backups", "Search instances", "erp", null, null, ("State", "Verified", "state=verified"), ("Client", "Alpha", $"client={client}")),
                new("audit", "Search action, person or object", "client", "client.created", "template.created", ("Object", "Client", "objectType=client")),
                new("templates", "Search templates", "shop", "Quick shop", "Plain"),
                new("topologies", "Search topologies", "shop", "Quick shop", "Plain"),
                new("portal-domains", "Search domains", "erp", null, null),
                new("members", "Search members", "fil", boss.Email, null),
            ])
                await StandsInTheAddressAsync(visitor, boss.In(list.Page), list);

            await visitor.GoAsync(boss.In("audit"));
            foreach (var (label, day, address) in ((string, string, string)[])[("From", "2026-01-02", "from=2026-01-02"), ("To", "2026-02-03", "to=2026-02-03")])
            {
                await visitor.FillAsync(label, day);
                await visitor.IsAtAsync($"[?&]{address}(&|$)");
            }
            await visitor.Page.ReloadAsync();
            await Expect(visitor.Field("From")).ToHaveValueAsync("2026-01-02");
            await Expect(visitor.Field("To")).ToHaveValueAsync("2026-02-03");
        });
        await Visitor.VisitAsync(lab, new Somebody(at, "", Installation.OperatorEmail, "", ""), async visitor =>
        {
            await StandsInTheAddressAsync(visitor, "/admin/accounts", new("", "Search accounts", boss.Email, boss.Email, Installation.OperatorEmail));
            await StandsInTheAddressAsync(visitor, "/admin/plans?tab=organizations", new("", "Search organizations", boss.Slug, boss.Slug, null));
        });
    }

    private static async Task StandsInTheAddressAsync(Visitor visitor, string page, Listed list)
    {
        await visitor.GoAsync(page);
        if (list.Left is { } before)
            await Expect(visitor.Row(before).First).ToBeVisibleAsync();
        await visitor.FillAsync(list.Search, list.Word);
        await visitor.IsAtAsync($"[?&]q={Regex.Escape(Uri.EscapeDataString(list.Word))}(&|$)");
        foreach (var (label, option, address) in list.Filters)
        {
            if (list.Found is not null && label == list.Filters[^1].Label)
                await FoundAsync();
            await visitor.ChooseAsync(label, option);
            await visitor.IsAtAsync($"[?&]{Regex.Escape(address)}(&|$)");
        }
        await visitor.Page.ReloadAsync();
        await visitor.SettledAsync();
        await Expect(visitor.Field(list.Search)).ToHaveValueAsync(list.Word);
        foreach (var (label, option, _) in list.Filters)
            await Expect(visitor.Field(label)).ToHaveValueAsync(option);
        if (list.Filters.Length == 0 && list.Found is not null)
            await FoundAsync();

        async Task FoundAsync()
        {
            await Expect(visitor.Row(list.Found!).First).ToBeVisibleAsync();
            if (list.Left is { } left)
                await Expect(visitor.Row(left)).ToHaveCountAsync(0);
        }
    }

    [BrowserFact]
    public async Task Somebody_goes_to_a_client_and_back_by_the_switcher_and_by_the_palette()
    {
        var boss = await at.AgencyAsync("Wanda", "Bakery Lane");
        using var api = boss.Api();
        var (own, client) = ((await api.Get<MeView>("/api/user")).Current, (await api.Get<Page<ClientView>>("/api/agency/clients")).Data[0]);
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("clients"));
            await Switcher(own.Name).ClickAsync();
            await Expect(Entry(own.Name).GetByLabel("current")).ToBeVisibleAsync();
            await Expect(Entry(client.Name)).ToContainTextAsync("Client, for the agency");
            await visitor.IsAccessibleAsync("organization switcher");
            await visitor.PictureAsync("organization-switcher");
            await Entry(client.Name).ClickAsync();
            await IsInAsync(client.Slug, client.Name, "instances", "Instances");
            // What only an agency has is not there.
            await Expect(visitor.Link("Clients")).ToHaveCountAsync(0);

            await Switcher(client.Name).ClickAsync();
            await Expect(Entry(client.Name).GetByLabel("current")).ToBeVisibleAsync();
            await Entry(own.Name).ClickAsync();
            await IsInAsync(boss.Slug, own.Name, "agency", "Agency");
            await Expect(visitor.Link("Clients").First).ToBeVisibleAsync();

            await ByPaletteAsync(client.Name);
            await IsInAsync(client.Slug, client.Name, "instances", "Instances");
            await ByPaletteAsync(own.Name);
            await IsInAsync(boss.Slug, own.Name, "agency", "Agency");

            ILocator Switcher(string now) => visitor.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex($"Switch organization, now\\s+{Regex.Escape(now)}") });

            ILocator Entry(string organization) => visitor.Page.GetByRole(AriaRole.Menuitem).Filter(new() { HasText = organization });

            async Task IsInAsync(string slug, string name, string page, string heading)
            {
                await visitor.IsAtAsync($"/o/{Regex.Escape(slug)}/{page}$");
                await visitor.SeesHeadingAsync(heading);
                await Expect(Switcher(name)).ToBeVisibleAsync();
            }

            async Task ByPaletteAsync(string name)
            {
                await visitor.Page.Keyboard.PressAsync("Control+K");
                await Expect(visitor.Page.GetByRole(AriaRole.Combobox, new() { NameRegex = new Regex("^Search pages") })).ToBeFocusedAsync();
                await visitor.Page.Keyboard.TypeAsync($"switch {name}");
                await Expect(visitor.Page.GetByRole(AriaRole.Option, new() { Selected = true })).ToHaveTextAsync(new Regex($"^Switch to {Regex.Escape(name)}"));
                await visitor.Page.Keyboard.PressAsync("Enter");
            }
        });
    }

    [BrowserFact]
    public async Task The_palette_finds_pages_clients_templates_and_actions()
    {
        var boss = await at.AgencyAsync("Pal", "Zebra Works");
        using var api = boss.Api();
        await api.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Quick shop", OdooVersion = "19.0" });
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("agency"));
            var search = visitor.Page.GetByRole(AriaRole.Combobox, new() { NameRegex = new Regex("^Search pages") });
            foreach (var (text, option, lands) in ((string, string, string)[])[("zebra", "Zebra Works", "/clients/"), ("quick", "Quick shop", "/templates/"), ("audit", "Audit log", "/audit"), ("invite", "Invite a member", "dialog=invite")])
            {
                await visitor.Page.Keyboard.PressAsync("Control+K");
                await Expect(search).ToBeFocusedAsync();
                await visitor.Page.Keyboard.TypeAsync(text);
                // What is found comes before "Switch to Zebra Works", as soon as it was found.
                await Expect(visitor.Page.GetByRole(AriaRole.Option, new() { Selected = true })).ToHaveTextAsync(new Regex("^" + option));
                if (text == "zebra")
                {
                    await visitor.IsAccessibleAsync("palette");
                    await visitor.PictureAsync("palette");
                }
                await visitor.Page.Keyboard.PressAsync("Enter");
                await visitor.IsAtAsync(lands);
            }
            await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
            await visitor.Page.Keyboard.PressAsync("Escape");
            await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
            await visitor.Page.Keyboard.PressAsync("Control+K");
            await Expect(search).ToBeFocusedAsync();
            await visitor.Page.Keyboard.TypeAsync("xyzzy");
            await visitor.SeesAsync("Nothing is called that.");
            await visitor.Page.Keyboard.PressAsync("Escape");
            await Expect(search).ToBeHiddenAsync();
        });
    }

    [BrowserFact]
    public async Task A_client_is_made_with_the_keyboard_alone()
    {
        var boss = await at.AgencyAsync("Key");
        await Visitor.VisitAsync(lab, at, async visitor =>
        {
            await visitor.GoAsync("/sign-in");
            var keys = visitor.Page.Keyboard;
            await Expect(visitor.Field("E-mail")).ToBeFocusedAsync();
            await keys.TypeAsync(boss.Email);
            await keys.PressAsync("Tab");
            await keys.TypeAsync(Installation.Password);
            await keys.PressAsync("Enter");
            await visitor.SeesHeadingAsync("Agency");

            await visitor.Page.Locator("body").FocusAsync();
            await keys.PressAsync("Tab");
            await Expect(visitor.Link("Skip to content")).ToBeFocusedAsync();
            await TabToAsync(visitor, visitor.Link("Clients").First);
            await keys.PressAsync("Enter");
            await visitor.SeesHeadingAsync("Clients");
            var add = visitor.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Button, new() { Name = "New client" }).First;
            await TabToAsync(visitor, add);
            await keys.PressAsync("Enter");
            await Expect(visitor.Field("Name")).ToBeFocusedAsync();
            await keys.TypeAsync("Keyboard Ltd");
            await keys.PressAsync("Enter");
            await visitor.SeesHeadingAsync("Keyboard Ltd");

            // A dialog keeps the focus, and gives it back where it came from.
            var suspend = visitor.Button("Suspend");
            await TabToAsync(visitor, suspend);
            await keys.PressAsync("Enter");
            await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
            for (var i = 0; i < 8; i++)
            {
                await keys.PressAsync("Tab");
                Assert.True(await visitor.Page.EvaluateAsync<bool>("() => document.querySelector('[role=dialog]').contains(document.activeElement)"), "The focus left the dialog.");
            }
            await keys.PressAsync("Escape");
            await Expect(suspend).ToBeFocusedAsync();
        });
    }

    [BrowserFact]
    public async Task Dark_and_light_follow_the_system_until_one_is_chosen()
    {
        var person = await at.PersonAsync("Dusk");
        await Visitor.VisitAsync(lab, person, async visitor =>
        {
            await visitor.GoAsync(person.In("members"));
            var page = visitor.Page.Locator("html");
            await Expect(page).ToHaveAttributeAsync("data-mantine-color-scheme", "dark");
            await visitor.ClickAsync("Appearance: As the system");
            await visitor.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Light" }).ClickAsync();
            await Expect(page).ToHaveAttributeAsync("data-mantine-color-scheme", "light");
            // Before any script of the application ran.
            await visitor.Context.RouteAsync("**/assets/*.js", route => route.AbortAsync());
            await visitor.Page.ReloadAsync();
            Assert.Equal("light", await page.GetAttributeAsync("data-mantine-color-scheme"));
        }, new Window(Dark: true));
    }

    [BrowserFact]
    public async Task The_document_has_a_title_while_the_code_of_a_page_is_on_its_way()
    {
        var boss = await at.AgencyAsync("Tit", "Titled Shop");
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("agency"));
            var arrives = new TaskCompletionSource();
            await visitor.Page.RouteAsync("**/*MembersPage*", async route =>
            {
                await arrives.Task;
                await route.ContinueAsync();
            });
            await visitor.FollowAsync("Members");
            await Expect(visitor.Page.Locator("[data-loading]")).ToBeVisibleAsync();
            Assert.Equal("oCore", await visitor.Page.TitleAsync());
            arrives.SetResult();
            await visitor.SeesHeadingAsync("Members");
            Assert.Equal("Members · oCore", await visitor.Page.TitleAsync());
        });
    }

    [BrowserFact]
    public async Task On_a_phone_the_navigation_opens_and_closes()
    {
        var boss = await at.AgencyAsync("Pho", "Mobile Shop");
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("agency"));
            await visitor.FitsAsync("agency on a phone");
            await visitor.PictureAsync("phone-agency");
            await Expect(visitor.Link("Clients").First).ToBeHiddenAsync();
            await visitor.ClickAsync("Navigation");
            await visitor.PictureAsync("phone-navigation");
            await visitor.FollowAsync("Clients");
            await visitor.SeesHeadingAsync("Clients");
            await Expect(visitor.Link("Instances")).ToBeHiddenAsync();
            await visitor.FitsAsync("clients on a phone");
            await visitor.IsAccessibleAsync("clients on a phone");
            await visitor.PictureAsync("phone-clients");
        }, Window.Phone);
    }

    private static async Task TabToAsync(Visitor visitor, ILocator goal)
    {
        for (var i = 0; i < 60; i++)
        {
            if (await goal.EvaluateAsync<bool>("element => element === document.activeElement"))
                return;
            await visitor.Page.Keyboard.PressAsync("Tab");
        }
        Assert.Fail($"The Tab key does not reach {goal}.");
    }
}
