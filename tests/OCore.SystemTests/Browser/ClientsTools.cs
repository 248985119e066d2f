using Microsoft.Playwright;
using OCore.Client;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.Browser;

/// <summary>The same tools in the client's portal, under the agency's name, and gone where a switch is off.</summary>
internal static class ClientsTools
{
    public static async Task UseAsync(BrowserLab lab, Somebody boss, ClientView client, string instanceId)
    {
        using (var theirs = boss.Api(client.Slug))
            await theirs.Post<InviteMember, InvitationView>("/api/invitations", new InviteMember { Email = "lea@acme.test", Role = "owner" });
        var link = await boss.At.MailedLinkAsync("lea@acme.test");
        var page = $"http://{client.Slug}.localhost:{boss.At.Url.Port}/instances/{instanceId}";
        await Visitor.VisitAsync(lab, boss.At, async visitor =>
        {
            await visitor.GoAsync(link);
            await visitor.FillAsync("Your name", "Lea");
            await visitor.FillAsync("Choose a password", Installation.Password);
            await visitor.ClickAsync("Accept the invitation");
            await visitor.SeesHeadingAsync("Your Odoo");
            foreach (var (tab, sight) in ((string, Func<ILocator>)[])
            [
                ("log", () => visitor.Page.GetByRole(AriaRole.Log).GetByText("INFO").First), ("monitoring", () => visitor.Page.Locator("canvas").First), ("backups", () => visitor.Page.GetByText("Intact", new() { Exact = true }).First),
                ("databases", () => visitor.Page.GetByText("served", new() { Exact = true }).First),
                ("files", () => visitor.Page.GetByText("acme_note").First), ("domains", () => visitor.Page.GetByText("generated").First), ("terminal", () => visitor.Page.GetByText("Open", new() { Exact = true })), ("odoo-shell", () => visitor.Page.Locator(".xterm-rows").GetByText(">>>").First),
            ])
            {
                await visitor.GoAsync($"{page}?tab={tab}");
                await Expect(sight()).ToBeVisibleAsync(new() { Timeout = 90_000 });
                await visitor.FitsAsync($"portal {tab}");
                await visitor.PictureAsync($"portal-tool-{tab}");
                await visitor.NeverHearsOfOCoreAsync();
            }
            using var api = boss.Api();
            await api.Put<UpdatePortalConfig, PortalConfigView>($"/api/agency/clients/{client.Id}/portal-config", new UpdatePortalConfig
            {
                FeatureLogs = false, FeatureMonitoring = false, FeatureBackups = false, FeatureFileEditor = false, FeatureDomains = false, FeatureTerminal = false, FeatureOdooShell = false, FeatureDatabases = false,
            });
            await visitor.GoAsync(page);
            await visitor.SeesAsync("Running since");
            foreach (var name in (string[])["Log", "Monitoring", "Backups", "Files", "Domains", "Terminal", "Odoo shell", "Databases"])
                await Expect(visitor.Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true })).ToHaveCountAsync(0);
            await visitor.PictureAsync("portal-tools-off");
            await api.Put<UpdatePortalConfig, PortalConfigView>($"/api/agency/clients/{client.Id}/portal-config", new UpdatePortalConfig
            {
                FeatureLogs = true, FeatureMonitoring = true, FeatureBackups = true, FeatureFileEditor = true, FeatureDomains = true, FeatureTerminal = true, FeatureOdooShell = true, FeatureDatabases = true,
            });
        });
    }
}
