using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OCore.Client;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.Browser;

/// <summary>An agency's daily work, as far as it needs no server.</summary>
[Collection(BrowserGroup.Name)]
public sealed class AgencyPagesTests(BrowserLab lab, Installation at) : IClassFixture<Installation>
{
    [BrowserFact]
    public async Task A_client_is_created_suspended_resumed_and_deleted_with_its_name_typed()
    {
        var boss = await at.AgencyAsync("Ann");
        var slug = $"shop-{boss.Slug}";
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("clients"));
            await visitor.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Button, new() { Name = "New client" }).First.ClickAsync();
            await visitor.ClickAsync("Create client");
            await visitor.SeesAsync("Give the client a name.");
            await visitor.FillAsync("Name", "The Shop");
            await Expect(visitor.Field("Slug")).ToHaveValueAsync("the-shop");
            await visitor.FillAsync("Slug", slug);
            await visitor.ClickAsync("Create client");
            await visitor.SeesHeadingAsync("The Shop");
            Assert.Equal(boss.In($"clients/{slug}"), visitor.Path);

            await visitor.ClickAsync("Suspend");
            await visitor.FillAsync("Reason", "An unpaid bill.");
            await visitor.ClickAsync("Suspend client");
            await Expect(visitor.Button("Resume")).ToBeVisibleAsync();
            await Expect(visitor.Page.GetByText("Suspended", new() { Exact = true }).First).ToBeVisibleAsync();
            await visitor.ClickAsync("Resume");
            await Expect(visitor.Button("Suspend")).ToBeVisibleAsync();

            await visitor.GoAsync(boss.In($"clients/{slug}?tab=settings"));
            await visitor.ClickAsync("Delete client");
            var dialog = visitor.Dialog("Delete The Shop");
            var delete = dialog.GetByRole(AriaRole.Button, new() { Name = "Delete client" });
            await Expect(delete).ToBeDisabledAsync();
            await dialog.GetByLabel("to confirm").FillAsync("the-shop-of-others");
            await Expect(delete).ToBeDisabledAsync();
            await visitor.IsAccessibleAsync("delete a client");
            await visitor.PictureAsync("delete-client");
            await dialog.GetByLabel("to confirm").FillAsync(slug);
            await delete.ClickAsync();
            await Expect(dialog).ToBeHiddenAsync();
            await visitor.GoAsync(boss.In("clients"));
            await Expect(visitor.Page.GetByText("No clients yet")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        });
    }

    [BrowserFact]
    public async Task Who_is_invited_joins_by_the_mail_with_the_role_that_was_chosen()
    {
        var boss = await at.AgencyAsync("Ina", "Bakery");
        using var api = boss.Api();
        var client = (await api.Get<Page<ClientView>>("/api/agency/clients")).Data[0];
        const string guest = "lea@bakery.test";
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In($"clients/{client.Slug}?tab=members"));
            await visitor.ClickAsync("Invite someone");
            await visitor.FillAsync("E-mail", guest);
            await visitor.ChooseAsync("Role", "Developer");
            await visitor.IsAccessibleAsync("invite");
            await visitor.PictureAsync("invite");
            await visitor.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Invite", Exact = true }).ClickAsync();
            await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
            await visitor.FollowAsync("Invitations");
            await Expect(visitor.Row(guest)).ToContainTextAsync("Developer");
        });
        var link = await at.MailedLinkAsync(guest);
        await Visitor.VisitAsync(lab, at, async visitor =>
        {
            await visitor.GoAsync(link);
            await visitor.SeesHeadingAsync("Join Bakery");
            await visitor.IsAccessibleAsync("invitation");
            await visitor.PictureAsync("invitation");
            await visitor.FillAsync("Your name", "Lea");
            await visitor.FillAsync("Choose a password", Installation.Password);
            await visitor.ClickAsync("Accept the invitation");
            await visitor.SeesHeadingAsync("Your Odoo");
            await Expect(visitor.Link("Clients")).ToHaveCountAsync(0);
            await visitor.GoAsync(link);
            await visitor.SeesHeadingAsync("This invitation does not work");
        });
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("members", client.Slug));
            await Expect(visitor.Row(guest)).ToContainTextAsync("Developer");
            await visitor.ClickAsync("Actions for Lea");
            await visitor.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Change role" }).ClickAsync();
            await visitor.ChooseAsync("Role", "Viewer");
            await visitor.ClickAsync("Save");
            await Expect(visitor.Row(guest)).ToContainTextAsync("Viewer");
        });
    }

    [BrowserFact]
    public async Task A_role_and_an_API_key_are_made_and_the_key_works_until_it_is_deleted()
    {
        var boss = await at.AgencyAsync("Kim");
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("roles"));
            await visitor.FollowAsync("New role");
            await visitor.FillAsync("Name", "Support");
            await visitor.Page.GetByRole(AriaRole.Checkbox, new() { Name = "Manage instances" }).CheckAsync();
            await Expect(visitor.Page.GetByRole(AriaRole.Checkbox, new() { Name = "View instances" })).ToBeCheckedAsync();
            await visitor.ClickAsync("Create role");
            await visitor.IsAtAsync("/roles$");
            await visitor.FollowAsync("Support");
            await visitor.Page.GetByRole(AriaRole.Checkbox, new() { Name = "View templates" }).CheckAsync();
            await visitor.ClickAsync("Save role");
            await Expect(visitor.Row("Support")).ToContainTextAsync("2");

            await visitor.FollowAsync("API keys");
            await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "New API key" }).First.ClickAsync();
            await visitor.FillAsync("Name", "CI");
            await visitor.ClickAsync("Create key");
            await visitor.SeesAsync("Keep this key now");
            await visitor.IsAccessibleAsync("key made");
            await visitor.PictureAsync("api-key");
            var key = (await visitor.Page.GetByRole(AriaRole.Dialog).Locator("pre").InnerTextAsync()).Trim();
            Assert.StartsWith("ocore_", key, StringComparison.Ordinal);
            await visitor.ClickAsync("Copy key");
            Assert.Equal(key, await visitor.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()"));
            await visitor.ClickAsync("I have kept it");

            using var program = OCoreHttp.Connect(at.Url, key);
            await program.Get<AgencyView>("/api/agency");
            await visitor.ClickAsync("Delete CI");
            await visitor.ClickAsync("Delete key");
            await visitor.SeesAsync("No API keys");
            await Assert.ThrowsAsync<OCoreException>(() => program.Get<AgencyView>("/api/agency"));
        });
    }

    [BrowserFact]
    public async Task A_form_that_is_older_than_what_is_there_is_refused_and_saved_only_by_choice()
    {
        var boss = await at.AgencyAsync("Two");
        using var api = boss.Api();
        var role = await api.Post<CreateRole, RoleView>("/api/roles", new CreateRole { Name = "Support", Slug = "support", Permissions = ["view:instances"] });
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In($"roles/{role.Id}"));
            await api.Put<UpdateRole, RoleView>($"/api/roles/{role.Id}", new UpdateRole { Description = "What a colleague wrote." });
            await visitor.FillAsync("Description", "What I wrote.");
            await visitor.ClickAsync("Save role");
            await Expect(visitor.Button("Save mine over it")).ToBeVisibleAsync();
            Assert.Equal("What a colleague wrote.", (await api.Get<RoleView>($"/api/roles/{role.Id}")).Description);
            await Expect(visitor.Field("Description")).ToHaveValueAsync("What I wrote.");
            await visitor.IsAccessibleAsync("an older form");
            await visitor.PictureAsync("older-form");
            await visitor.ClickAsync("Save mine over it");
            await visitor.IsAtAsync("/roles$");
            Assert.Equal("What I wrote.", (await api.Get<RoleView>($"/api/roles/{role.Id}")).Description);
        });
    }

    [BrowserFact]
    public async Task A_template_is_made_with_the_module_picker_changed_duplicated_and_deleted()
    {
        var boss = await at.AgencyAsync("Tom");
        using var api = boss.Api();
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("templates"));
            await visitor.FollowAsync("New template");
            await visitor.FillAsync("Name", "Standard Odoo 18 CE");
            await visitor.ChooseAsync("Odoo version", "Odoo 18.0");
            await visitor.FillAsync("Search modules", "sale");
            await visitor.Page.GetByRole(AriaRole.Checkbox, new() { Name = "Sales", Exact = true }).CheckAsync();
            await visitor.FillAsync("Search modules", "our_own_module");
            await visitor.ClickAsync("Add “our_own_module”");
            await visitor.FillAsync("Search modules", "");
            await visitor.FillAsync("Workers", "4");
            await visitor.ClickAsync("Add");
            await visitor.FillAsync("Environment: name 1", "PROXY_MODE");
            await visitor.FillAsync("Environment: value of PROXY_MODE", "True");
            await visitor.IsAccessibleAsync("template form");
            await visitor.PictureAsync("template-form");
            await visitor.ClickAsync("Create template");
            await visitor.SeesHeadingAsync("Standard Odoo 18 CE");
            await visitor.SeesAsync("our_own_module");
            await visitor.SeesAsync("PROXY_MODE");

            await visitor.FollowAsync("Edit");
            await visitor.ClickAsync("Remove our_own_module");
            await visitor.ClickAsync("Save template");
            await visitor.SeesHeadingAsync("Standard Odoo 18 CE");
            await Expect(visitor.Page.GetByText("our_own_module")).ToHaveCountAsync(0);

            // The copy opens to be changed, and its original stays.
            await visitor.ClickAsync("More actions");
            await visitor.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Duplicate" }).ClickAsync();
            await visitor.SeesHeadingAsync("Edit template");
            await Expect(visitor.Field("Name")).ToHaveValueAsync("Standard Odoo 18 CE (copy)");
            await visitor.FillAsync("Name", "Odoo for shops");
            await visitor.ClickAsync("Save template");
            await visitor.SeesHeadingAsync("Odoo for shops");
            await visitor.SeesAsync("PROXY_MODE");
            Assert.Equal(["Odoo for shops", "Standard Odoo 18 CE"], await NamesAsync());

            await visitor.ClickAsync("More actions");
            await visitor.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Delete" }).ClickAsync();
            var dialog = visitor.Dialog("Delete Odoo for shops");
            await Expect(dialog).ToContainTextAsync("No instance was made from it.");
            await visitor.IsAccessibleAsync("delete a template");
            await visitor.PictureAsync("delete-template");
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Delete template" }).ClickAsync();
            await visitor.SeesHeadingAsync("Templates");
            await Expect(visitor.Row("Odoo for shops")).ToHaveCountAsync(0);
            await Expect(visitor.Row("Standard Odoo 18 CE")).ToBeVisibleAsync();
            Assert.Equal(["Standard Odoo 18 CE"], await NamesAsync());
        });

        async Task<IEnumerable<string>> NamesAsync() => (await api.Get<Page<TemplateView>>("/api/templates")).Data.Select(t => t.Name).Order(StringComparer.Ordinal);
    }

    [BrowserFact]
    public async Task A_server_that_cannot_be_reached_ends_in_an_operation_that_says_why_and_can_be_tried_again()
    {
        var boss = await at.AgencyAsync("Sam");
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("servers"));
            await visitor.FollowAsync("Add server");
            await visitor.FillAsync("Name", "fra-1");
            await visitor.FillAsync("Host", "localhost");
            await visitor.FillAsync("Port", "1");
            await visitor.ClickAsync("Check host key");
            await Expect(visitor.Alert).ToBeVisibleAsync();
            await visitor.Page.GetByText("Password", new() { Exact = true }).First.ClickAsync();
            await visitor.FillAsync("Password", "secret");
            await visitor.IsAccessibleAsync("add a server");
            await visitor.PictureAsync("add-server");
            await visitor.ClickAsync("Add server");
            await visitor.SeesHeadingAsync("fra-1");
            await visitor.GoAsync(boss.In("operations"));
            await visitor.Page.GetByRole(AriaRole.Row).Nth(1).GetByRole(AriaRole.Link).First.ClickAsync();
            await Expect(visitor.Button("Retry").Or(visitor.Button("Cancel")).First).ToBeVisibleAsync(new() { Timeout = 30_000 });
            await visitor.IsAccessibleAsync("operation");
            await visitor.PictureAsync("operation-failed");
        });
    }

    [BrowserFact]
    public async Task Changes_are_in_the_audit_log_with_what_was_before_and_after()
    {
        var boss = await at.AgencyAsync("Aud", "Florist");
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("settings"));
            await visitor.FillAsync("Name", "Audited Agency");
            await visitor.ClickAsync("Save");
            await Expect(visitor.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("now Audited Agency") })).ToBeVisibleAsync();
            await visitor.FollowAsync("Audit log");
            await visitor.FillAsync("Search action, person or object", "organization.up");
            await visitor.IsAtAsync("q=organization.up");
            await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Details of organization.updated" }).First.ClickAsync();
            await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Audited Agency");
            await visitor.IsAccessibleAsync("audit entry");
            await visitor.PictureAsync("audit-entry");
        });
    }
}
