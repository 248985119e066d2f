using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OCore.Client;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.Browser;

/// <summary>What an agency's client sees: the agency, and never whose software it is.</summary>
[Collection(BrowserGroup.Name)]
public sealed class ClientPortalTests(BrowserLab lab, Installation at) : IClassFixture<Installation>
{
    [BrowserFact]
    public async Task Who_is_invited_meets_the_agencys_brand_from_the_first_byte()
    {
        var (boss, client) = await AgencyAsync("Bea", new { productName = "Bea Cloud", primaryColor = "#7c3aed", footerText = "Bea Inc.\nParis", supportUrl = "mailto:help@bea.test", fontFamily = "Lora" });
        await InviteAsync(boss, client, "lea@client.test", "owner");
        var link = await at.MailedLinkAsync("lea@client.test");
        Assert.StartsWith(PortalOf(client), link, StringComparison.Ordinal);
        await Visitor.VisitAsync(lab, at, async visitor =>
        {
            // Before any script has run.
            await visitor.Context.RouteAsync("**/assets/*.js", route => route.AbortAsync());
            await visitor.Page.GotoAsync(PortalOf(client));
            Assert.Equal("Bea Cloud", await visitor.Page.TitleAsync());
            Assert.DoesNotContain("oCore", await visitor.Page.ContentAsync(), StringComparison.Ordinal);
            await visitor.Context.UnrouteAllAsync();

            await visitor.GoAsync(link);
            await visitor.SeesHeadingAsync($"Join {client.Name}");
            await IsTheAgencysAsync(visitor, "invitation");
            await visitor.FillAsync("Your name", "Lea");
            await visitor.FillAsync("Choose a password", Installation.Password);
            await visitor.ClickAsync("Accept the invitation");
            await visitor.SeesHeadingAsync("Your Odoo");
            await visitor.SeesAsync("No Odoo yet");
            await visitor.SeesAsync("Bea Inc.");
            Assert.Equal("mailto:help@bea.test", await visitor.Link("Help").GetAttributeAsync("href"));
            Assert.Contains("Lora", await visitor.Page.EvaluateAsync<string>("() => getComputedStyle(document.body).fontFamily"), StringComparison.Ordinal);
            await IsTheAgencysAsync(visitor, "home");

            await visitor.FollowAsync("Team");
            await visitor.ClickAsync("Invite someone");
            await visitor.FillAsync("E-mail", "max@client.test");
            await visitor.ChooseAsync("Role", "Viewer");
            await visitor.IsAccessibleAsync("invite in the portal");
            await visitor.ClickAsync("Send invitation");
            await Expect(visitor.Row("max@client.test")).ToBeVisibleAsync();
            await IsTheAgencysAsync(visitor, "team");

            foreach (var tab in (string[])["", "?tab=password", "?tab=two-factor", "?tab=passkeys", "?tab=sessions"])
            {
                await visitor.GoAsync($"{PortalOf(client)}account{tab}");
                await IsTheAgencysAsync(visitor, "account" + tab);
            }
            await visitor.GoAsync(PortalOf(client) + "nowhere");
            await visitor.SeesAsync("There is no such page");
            await IsTheAgencysAsync(visitor, "nowhere");

            await visitor.GoAsync(PortalOf(client));
            await visitor.Button("Account of", exact: false).ClickAsync();
            await visitor.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Sign out" }).ClickAsync();
            await visitor.SeesHeadingAsync("Sign in");
            await IsTheAgencysAsync(visitor, "sign-in");
        });
    }

    [BrowserFact]
    public async Task It_speaks_French_to_who_reads_French_and_remembers_a_choice()
    {
        var (boss, client) = await AgencyAsync("Fay", new { productName = "Fay" });
        await InviteAsync(boss, client, "luc@client.test", "developer");
        var link = await at.MailedLinkAsync("luc@client.test");
        await Visitor.VisitAsync(lab, at, async visitor =>
        {
            await visitor.GoAsync(link);
            await visitor.SeesHeadingAsync($"Rejoindre {client.Name}");
            await visitor.FillAsync("Votre nom", "Luc");
            await visitor.FillAsync("Choisissez un mot de passe", Installation.Password);
            await visitor.ClickAsync("Accepter l’invitation");
            await visitor.SeesHeadingAsync("Votre Odoo");
            Assert.Equal("fr", await visitor.Page.Locator("html").GetAttributeAsync("lang"));
            await visitor.PictureAsync("portal-french");
            await visitor.GoAsync(PortalOf(client) + "account");
            await visitor.ChooseAsync("Langue", "English");
            await visitor.SeesHeadingAsync("Your account");
            await visitor.Page.ReloadAsync();
            await visitor.SeesHeadingAsync("Your account");
        }, new Window(Locale: "fr-FR"));
    }

    [BrowserTheory]
    [InlineData("#facc15", "#fde047")] // yellow: nothing white can be read on it
    [InlineData("#0b1f4b", "#1e3a8a")] // nearly black
    [InlineData("#e11d48", "#0ea5e9")]
    public async Task Whatever_colours_are_chosen_it_can_be_read_and_nothing_jumps(string primary, string accent)
    {
        var (boss, client) = await AgencyAsync("Col", new { productName = "Colours & Co", primaryColor = primary, accentColor = accent, fontFamily = "Montserrat", footerText = "Colours & Co", supportUrl = "https://help.test/" });
        await InviteAsync(boss, client, $"{primary[1..]}@client.test", "owner");
        var link = await at.MailedLinkAsync($"{primary[1..]}@client.test");
        await Visitor.VisitAsync(lab, at, async visitor =>
        {
            await visitor.Context.AddInitScriptAsync("window.shift = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value; }).observe({ type: 'layout-shift', buffered: true });");
            await visitor.GoAsync(link);
            foreach (var dark in (bool[])[true, false])
            {
                await visitor.DarkensAsync(dark);
                await visitor.IsAccessibleAsync($"invitation in {primary}");
            }
            await visitor.FillAsync("Your name", "Cora");
            await visitor.FillAsync("Choose a password", Installation.Password);
            await visitor.ClickAsync("Accept the invitation");
            foreach (var page in (string[])["", "team", "account"])
            {
                await visitor.GoAsync(PortalOf(client) + page);
                await visitor.FitsAsync(page);
                var shift = await visitor.Page.EvaluateAsync<double>("() => window.shift");
                Assert.True(shift < 0.05, $"/{page} moved by {shift}.");
                foreach (var dark in (bool[])[true, false])
                {
                    await visitor.DarkensAsync(dark);
                    await visitor.IsAccessibleAsync($"/{page} in {primary}");
                    await visitor.IsWalkedByKeyboardAsync($"/{page} in {primary}");
                    await visitor.PictureAsync($"portal-{primary[1..]}-{page}{(dark ? "-dark" : "")}");
                }
            }
            await visitor.Page.SetViewportSizeAsync(390, 844);
            foreach (var page in (string[])["", "team", "account?tab=sessions"])
            {
                await visitor.GoAsync(PortalOf(client) + page);
                await visitor.FitsAsync($"{page} on a phone");
                await visitor.IsAccessibleAsync($"{page} on a phone");
                await visitor.PictureAsync($"portal-phone-{primary[1..]}-{Installation.Slug(page)}");
            }
        });
    }

    [BrowserFact]
    public async Task Who_may_not_manage_the_team_is_told_whom_to_ask()
    {
        var (boss, client) = await AgencyAsync("Tea", new { productName = "Tea", supportUrl = "https://help.test/" });
        await InviteAsync(boss, client, "tim@client.test", "owner");
        var link = await at.MailedLinkAsync("tim@client.test");
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In($"portal-config?client={client.Slug}"));
            await visitor.IsAccessibleAsync("portal configuration");
            await visitor.Page.GetByRole(AriaRole.Switch, new() { Name = "Team" }).ClickAsync();
            await visitor.PictureAsync("portal-config");
            await visitor.ClickAsync("Save");
            await visitor.SeesAsync("Saved. It applies within seconds.");
            await Expect(visitor.Row("Invite, change and remove")).ToContainTextAsync("Set for this client (all clients: on)");
            await visitor.Page.ReloadAsync();
            await Expect(visitor.Page.GetByRole(AriaRole.Switch, new() { Name = "Team" })).Not.ToBeCheckedAsync();
        });
        await Visitor.VisitAsync(lab, at, async visitor =>
        {
            await visitor.GoAsync(link);
            await visitor.FillAsync("Your name", "Tim");
            await visitor.FillAsync("Choose a password", Installation.Password);
            await visitor.ClickAsync("Accept the invitation");
            await visitor.SeesHeadingAsync("Your Odoo");
            await Expect(visitor.Link("Team")).ToHaveCountAsync(0);
            await visitor.GoAsync(PortalOf(client) + "team");
            await visitor.SeesAsync("Your team is managed for you");
            await Expect(visitor.Alert).ToHaveCountAsync(0);
            await Expect(visitor.Button("Invite someone")).ToHaveCountAsync(0);
        });
    }

    [BrowserFact]
    public async Task The_agency_looks_at_the_portal_as_its_client_does()
    {
        var (boss, client) = await AgencyAsync("Vic", new { productName = "Vic Cloud", primaryColor = "#15803d" });
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In($"clients/{client.Slug}?tab=portal"));
            var portal = await visitor.Context.RunAndWaitForPageAsync(() => visitor.FollowAsync("View as client"));
            await Expect(portal.GetByRole(AriaRole.Heading, new() { Name = "Your Odoo" })).ToBeVisibleAsync();
            await Expect(portal.GetByText($"You look at the portal of {client.Name}")).ToBeVisibleAsync();
            await Expect(portal.GetByText("Vic Cloud").First).ToBeVisibleAsync();
            await portal.GetByRole(AriaRole.Link, new() { Name = "Team" }).ClickAsync();
            await Expect(portal.GetByRole(AriaRole.Heading, new() { Name = "Team" })).ToBeVisibleAsync();
            await portal.CloseAsync();
            await visitor.GoAsync(boss.In("audit", client.Slug));
            await Expect(visitor.Row("client.viewed_as")).ToBeVisibleAsync();
        });
    }

    private async Task<(Somebody Boss, ClientView Client)> AgencyAsync(string name, object branding)
    {
        var boss = await at.AgencyAsync(name, "Acme Corp");
        using var api = boss.Api();
        using var answer = await api.Http.PutAsJsonAsync("/api/agency/branding", branding);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (boss, (await api.Get<Page<ClientView>>("/api/agency/clients")).Data[0]);
    }

    private static async Task InviteAsync(Somebody boss, ClientView client, string email, string role)
    {
        using var api = boss.Api(client.Slug);
        await api.Post<InviteMember, InvitationView>("/api/invitations", new InviteMember { Email = email, Role = role });
    }

    private string PortalOf(ClientView client) => $"http://{client.Slug}.localhost:{at.Url.Port}/";

    private static async Task IsTheAgencysAsync(Visitor visitor, string where)
    {
        await visitor.IsAccessibleAsync(where);
        await visitor.IsWalkedByKeyboardAsync(where);
        await visitor.FitsAsync(where);
        await visitor.PictureAsync("portal-" + Installation.Slug(where));
        Assert.DoesNotContain("oCore", await visitor.Page.TitleAsync(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch(new Regex("ocore", RegexOptions.IgnoreCase), await visitor.Page.Locator("body").InnerTextAsync());
    }
}
