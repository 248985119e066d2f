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
