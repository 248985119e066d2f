using Microsoft.Playwright;
using OCore.Client;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.Browser;

/// <summary>How an agency gives its portals their look, their names and their limits.</summary>
[Collection(BrowserGroup.Name)]
public sealed class BrandingPagesTests(BrowserLab lab, Installation at) : IClassFixture<Installation>
{
    [BrowserFact]
    public async Task A_look_is_tried_beside_the_form_warned_about_and_saved()
    {
        var boss = await at.AgencyAsync("Bran", "Acme Corp", "Bakery Lane");
        using var api = boss.Api();
        var client = (await api.Get<Page<ClientView>>("/api/agency/clients")).Data[0];
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("branding"));
            var preview = visitor.Page.FrameLocator("iframe");
            await Expect(preview.Locator("h1")).ToHaveTextAsync("Sign in");
            await visitor.IsAccessibleAsync("branding");
            await visitor.FillAsync("Name of the portal", "Bran Cloud");
            await Expect(preview.Locator("body")).ToContainTextAsync("Bran Cloud");
            await visitor.FillAsync("Primary", "#fde047");
            await visitor.Field("Primary").BlurAsync();
            var suggestion = visitor.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Use #") }).First;
            await Expect(suggestion).ToBeVisibleAsync();
            await visitor.PictureAsync("branding-warning");
            await visitor.IsAccessibleAsync("branding with a warning");
            await suggestion.ClickAsync();
            await Expect(suggestion).ToHaveCountAsync(0);
            foreach (var (page, text) in ((string, string)[])[("Home", "Acme ERP"), ("Mail", "Accept the invitation")])
            {
                await visitor.Page.GetByRole(AriaRole.Region, new() { Name = "Preview", Exact = true }).GetByText(page, new() { Exact = true }).ClickAsync();
                await Expect((page == "Mail" ? preview.FrameLocator("iframe") : preview).Locator("body")).ToContainTextAsync(text);
                await visitor.PictureAsync($"branding-{page}");
            }
            await visitor.ClickAsync("Save");
            await visitor.SeesAsync("The branding is saved.");
            await visitor.Page.ReloadAsync();
            await Expect(visitor.Field("Name of the portal")).ToHaveValueAsync("Bran Cloud");

            await visitor.GoAsync(boss.In($"branding?client={client.Slug}"));
            await visitor.SeesAsync("inherited");
            await visitor.FillAsync("Name of the portal", "Only theirs");
            await visitor.ClickAsync("Save");
            await visitor.ClickAsync("Inherit Name of the portal");
            await visitor.ClickAsync("Save");
            await Expect(visitor.Button("Inherit Name of the portal")).ToHaveCountAsync(0);

            // Every field, also the stylesheet and the sender.
            await visitor.GoAsync(boss.In($"branding?client={client.Slug}&tab=css"));
            await visitor.FillAsync("Custom CSS", ".oc-brand-header { background-color: #eef2ff; }\n");
            await visitor.ClickAsync("Save");
            await Expect(visitor.Row("applies")).ToBeVisibleAsync();
            await visitor.IsAccessibleAsync("a client's custom CSS");
            await visitor.ClickAsync("Inherit");
            await visitor.ClickAsync("Save");
            await visitor.SeesAsync("inherited: none");
            await visitor.GoAsync(boss.In($"branding?client={client.Slug}&tab=mail"));
            await visitor.FillAsync("From", "erp@acme-corp.example");
            await visitor.ClickAsync("Save");
            await Expect(visitor.Row("_mail-verify.acme-corp.example")).ToBeVisibleAsync();
            await visitor.IsAccessibleAsync("a client's sender");
            await visitor.PictureAsync("branding-sender");
        });
    }

    [BrowserFact]
    public async Task Custom_CSS_is_checked_by_line_kept_in_versions_and_reverted()
    {
        var boss = await at.AgencyAsync("Css");
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("branding?tab=css"));
            await visitor.FillAsync("Custom CSS", ".oc-brand-header { background-color: #eef2ff; }\n.oc-brand-card { position: fixed; }\n");
            await Expect(visitor.Page.GetByRole(AriaRole.List, new() { Name = "Messages about the CSS" })).ToContainTextAsync("Line 2");
            await visitor.IsAccessibleAsync("custom CSS");
            await visitor.PictureAsync("custom-css");
            await visitor.ClickAsync("Save");
            await Expect(visitor.Row("applies")).ToBeVisibleAsync();
            await visitor.FillAsync("Custom CSS", ".oc-brand-header { background-color: #fff7ed; }\n");
            await visitor.ClickAsync("Save");
            await Expect(visitor.Page.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
            await visitor.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Revert to version") }).First.ClickAsync();
            await Expect(visitor.Field("Custom CSS")).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("eef2ff"));
        });
    }

    [BrowserFact]
    public async Task A_portal_domain_says_what_to_set_and_what_was_seen()
    {
        var boss = await at.AgencyAsync("Dom", "Acme Corp");
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("portal-domains"));
            await visitor.IsAccessibleAsync("no portal domains");
            await visitor.PictureAsync("portal-domains-empty");
            await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "New portal domain" }).First.ClickAsync();
            await visitor.ChooseAsync("Client", "Acme Corp");
            await visitor.FillAsync("Domain of its own", "erp.acme.example");
            await visitor.IsAccessibleAsync("new portal domain");
            await visitor.ClickAsync("Create portal domain");
            await visitor.SeesHeadingAsync("erp.acme.example");
            await Expect(visitor.Row("TXT").First).ToContainTextAsync("_ocore-verify.erp.acme.example");
            await visitor.IsAccessibleAsync("portal domain");
            await visitor.PictureAsync("portal-domain");
            await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Copy the value of the TXT record" }).First.ClickAsync();
            Assert.NotEmpty(await visitor.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()"));
            await visitor.ClickAsync("Verify now");
            await Expect(visitor.Page.GetByRole(AriaRole.Status).Filter(new() { HasText = "DNS" })).ToBeVisibleAsync(new() { Timeout = 30_000 });
            await visitor.ClickAsync("Deactivate");
            await visitor.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Deactivate" }).ClickAsync();
            await Expect(visitor.Button("Activate")).ToBeVisibleAsync();
            await visitor.ClickAsync("Delete");
            await visitor.Page.GetByLabel("to confirm").FillAsync("erp.acme.example");
            await visitor.ClickAsync("Delete portal domain");
            await visitor.SeesAsync("No portal domains yet");
        });
    }
}
