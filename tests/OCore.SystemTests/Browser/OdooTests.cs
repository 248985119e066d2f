using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OCore.Client;
using OCore.SystemTests.Remote;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.Browser;

/// <summary>An installation, and a server of the lab that has the images already.</summary>
public class InstallationWithServer : Installation
{
    internal LabServer Server { get; } = new("web1");

    public override async Task InitializeAsync()
    {
        if (Lab.WhyNot is not null)
            return; // each test says so
        await Lab.RunAsync(Path.Combine(Lab.Bin, "docker-engine"));
        await Lab.RunAsync(Path.Combine(Lab.Bin, "images"));
        await Lab.RunAsync("create", "1", "--prefix", "web");
        var present = await Server.ShellAsync("docker image ls --format '{{.Repository}}:{{.Tag}}'");
        foreach (var image in (string[])["odoo:19.0", "postgres:17", "haproxy:3.0"])
            if (!present.Contains(image, StringComparison.Ordinal))
                await Lab.RunAsync("load", Server.Name, image);
        // What a run that failed left there would make it another oCore's server.
        await Server.ForgetOCoreAsync();
        await base.InitializeAsync();
    }
}

/// <summary>The main job in the dashboard: a server, a template, a client's Odoo and what is done with it.</summary>
[Collection(BrowserGroup.Name)]
public sealed class OdooTests(BrowserLab lab, InstallationWithServer at) : IClassFixture<InstallationWithServer>
{
    [LabFact]
    public async Task From_a_server_to_the_clients_running_Odoo_and_back()
    {
        var boss = await at.AgencyAsync("Northwind Digital");
        using var api = boss.Api();
        var client = await api.Post<CreateClient, ClientView>("/api/agency/clients", new CreateClient { Name = "Acme Corp", Slug = "acme-corp" });
        foreach (var other in (string[])["Bakery Lane", "Contoso"])
            await api.Post<CreateClient, ClientView>("/api/agency/clients", new CreateClient { Name = other, Slug = Installation.Slug(other) });
        var template = await api.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Standard Odoo 19 CE", Description = "Contacts for a small business", OdooVersion = "19.0", ModuleList = ["contacts"] });
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await AddServerAsync(visitor, boss);
            await ProvisionAsync(visitor, boss, client);
            var instance = new Uri(visitor.Page.Url).AbsolutePath;
            await PasswordIsShownOnceAsync(visitor);
            await InstanceTools.OdooOpensAsync(visitor, at.Server);
            await TerminalsOpenAsync(visitor, instance);
            await SettingsAreReviewedAsync(visitor, instance);
            await InstanceTools.UseAsync(visitor, api, instance);
            await ClientsTools.UseAsync(lab, boss, client, instance.Split('/')[^1]);
            var second = await AnotherAsync(visitor, boss, api, template);
            await LookAroundAsync(visitor, boss, instance);
            await api.Delete<OperationView>($"/api/instances/{second}");
            await StopAndStartAsync(visitor, instance);
            await DeleteAsync(visitor, boss, instance);
        });
    }

    private async Task AddServerAsync(Visitor visitor, Somebody boss)
    {
        await visitor.GoAsync(boss.In("servers/new"));
        await visitor.FillAsync("Name", "fra-1");
        await visitor.FillAsync("Host", at.Server.Host.Value);
        await visitor.FillAsync("User", "deploy");
        await visitor.ClickAsync("Check host key");
        await visitor.SeesAsync(at.Server.Pinned.Fingerprint);
        await visitor.FillAsync("Private key", at.Server.Key);
        await visitor.ClickAsync("Add server");
        await visitor.SeesHeadingAsync("fra-1");
        await visitor.SeesHeadingAsync("What is being done");
        await visitor.PictureAsync("server-validating");
        await Expect(visitor.Page.GetByText("Active", new() { Exact = true }).First).ToBeVisibleAsync(new() { Timeout = 90_000 });
    }

    private async Task ProvisionAsync(Visitor visitor, Somebody boss, ClientView client)
    {
        await visitor.GoAsync(boss.In($"instances/new?client={client.Slug}"));
        await visitor.ChooseAsync("Template", "Standard Odoo 19 CE");
        await visitor.ChooseAsync("Server", "fra-1");
        await visitor.FillAsync("Name", "Acme ERP");
        await Expect(visitor.Field("Slug")).ToHaveValueAsync("acme-erp");
        // There is no DNS of an agency here: the server's address is a name that leads to it.
        await visitor.FillAsync("Domain", at.Server.Host.Value);
        await visitor.ClickAsync("Preview");
        await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("list_db");
        await visitor.IsAccessibleAsync("plan");
        await visitor.PictureAsync("provision-plan");
        await visitor.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Close" }).Last.ClickAsync();
        await visitor.PictureAsync("provision");
        await visitor.ClickAsync("Provision instance");

        // Live: steps change and lines come without a reload.
        await visitor.IsAtAsync("/operations/");
        await Expect(visitor.Page.GetByText("Running", new() { Exact = true }).First).ToBeVisibleAsync();
        await Expect(visitor.Page.GetByText("Live", new() { Exact = true })).ToBeVisibleAsync();
        await visitor.PictureAsync("operation-running");
        await visitor.IsAccessibleAsync("operation running");
        await Expect(visitor.Page.GetByText("Succeeded", new() { Exact = true }).First).ToBeVisibleAsync(new() { Timeout = 180_000 });
        await visitor.PictureAsync("operation-done");
        await visitor.FollowAsync("Open instance");
        await visitor.SeesHeadingAsync("Acme ERP");
        await Expect(visitor.Page.GetByText("Running", new() { Exact = true }).First).ToBeVisibleAsync();
    }

    private static async Task PasswordIsShownOnceAsync(Visitor visitor)
    {
        await visitor.ClickAsync("Show first password");
        var dialog = visitor.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("shown this once");
        var password = await dialog.Locator(".mono").Last.InnerTextAsync();
        await visitor.IsAccessibleAsync("password");
        await visitor.ClickAsync("I have kept it");
        await Expect(visitor.Button("Show first password")).ToBeHiddenAsync();
        await visitor.Page.ReloadAsync();
        await visitor.SeesHeadingAsync("Administrator of Odoo");
        await Expect(visitor.Button("Show first password")).ToHaveCountAsync(0);
        await Expect(visitor.Page.GetByText(password)).ToHaveCountAsync(0);
    }

    /// <summary>Keys go there and what is written comes back; in another size after the window has another.</summary>
    private static async Task TerminalsOpenAsync(Visitor visitor, string instance)
    {
        var screen = visitor.Page.Locator(".xterm-rows");
        await visitor.GoAsync(instance + "?tab=terminal");
        await Expect(visitor.Page.GetByText("Open", new() { Exact = true })).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await visitor.Page.Keyboard.TypeAsync("id -un; printf '%s\\n' 'ä-漢'=$((40+2)); stty size\n");
        await Expect(screen).ToContainTextAsync("ä-漢=42", new() { Timeout = 15_000 });
        await Expect(screen).ToContainTextAsync("odoo");
        await visitor.IsAccessibleAsync("terminal");
        await visitor.PictureAsync("terminal");
        await visitor.Page.Keyboard.TypeAsync("exit 3\n");
        await visitor.SeesAsync("The program ended with exit code 3.");
        await visitor.PictureAsync("terminal-ended");
        await visitor.ClickAsync("Open again");
        await Expect(visitor.Page.GetByText("Open", new() { Exact = true })).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await visitor.GoAsync(instance + "?tab=odoo-shell");
        await Expect(screen).ToContainTextAsync(">>>", new() { Timeout = 90_000 });
        await Expect(screen).ToContainTextAsync("env.cr.commit()");
        await visitor.Page.Keyboard.TypeAsync("print(env.user.login, 6 * 7)\n");
        await Expect(screen).ToContainTextAsync("42", new() { Timeout = 15_000 });
        await visitor.PictureAsync("odoo-shell");
    }

    private static async Task SettingsAreReviewedAsync(Visitor visitor, string instance)
    {
        await visitor.GoAsync(instance + "?tab=settings");
        await visitor.FillAsync("Memory", "1280");
        await visitor.Field("Memory").BlurAsync();
        await visitor.ClickAsync("Review and save");
        var dialog = visitor.Dialog("Review the changes");
        await Expect(dialog).ToContainTextAsync("1280");
        await visitor.IsAccessibleAsync("settings diff");
        await visitor.PictureAsync("settings-diff");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(dialog).ToBeHiddenAsync();
        await visitor.SeesAsync("Waiting for a restart");
        await visitor.PictureAsync("restart-needed");
    }

    /// <summary>Another client's, asked for elsewhere: the list shows it come up without a reload.</summary>
    private static async Task<Guid> AnotherAsync(Visitor visitor, Somebody boss, OCoreHttp api, TemplateView template)
    {
        await visitor.GoAsync(boss.In("instances"));
        var server = (await api.Get<Page<ServerView>>("/api/servers")).Data[0];
        var operation = await api.Post<ProvisionInstance, OperationView>($"/api/templates/{template.Id}/provision",
            new ProvisionInstance { ServerId = server.Id.ToString(), Name = "Bakery shop", Slug = "bakery-shop", Organization = "bakery-lane" });
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Row("Bakery shop")).ToContainTextAsync("Running", new() { Timeout = 90_000 });
        return operation.InstanceId!.Value;
    }

    /// <summary>What the other tests cannot fill, because it takes a server.</summary>
    private static async Task LookAroundAsync(Visitor visitor, Somebody boss, string instance)
    {
        await visitor.GoAsync(instance + "?tab=modules");
        await Expect(visitor.Row("contacts")).ToBeVisibleAsync();
        await visitor.GoAsync(instance + "?tab=logs");
        await Expect(visitor.Page.GetByRole(AriaRole.Log)).ToContainTextAsync("INFO");
        var server = await visitor.Page.EvaluateAsync<string>("async () => (await (await fetch('/api/servers')).json()).data[0].id");
        var operation = await visitor.Page.EvaluateAsync<string>("async () => (await (await fetch('/api/operations')).json()).data[0].id");
        using var weight = new ScriptWeight(visitor.At.Url);
        foreach (var page in (string[])[instance, instance + "?tab=settings", instance + "?tab=modules", instance + "?tab=logs", instance + "?tab=monitoring", instance + "?tab=files", instance + "?tab=files&root=configuration&file=odoo.conf", instance + "?tab=terminal", instance + "?tab=backups", instance + "?tab=databases", instance + "?tab=domains", instance + "?tab=operations",
            boss.In("agency"), boss.In("clients"), boss.In("instances"), boss.In("servers"), boss.In("operations"), boss.In($"operations/{operation}"),
            boss.In($"servers/{server}"), boss.In($"servers/{server}?tab=monitoring"), boss.In($"servers/{server}?tab=instances"), boss.In($"servers/{server}?tab=operations"), boss.In($"servers/{server}?tab=terminal"), boss.In($"servers/{server}?tab=audit")])
        {
            await weight.GoAsync(visitor, page);
            await visitor.FitsAsync(page);
            foreach (var dark in (bool[])[true, false])
            {
                await visitor.DarkensAsync(dark);
                await visitor.IsAccessibleAsync($"{page}, {(dark ? "dark" : "light")}");
                await visitor.PictureAsync($"odoo-{Installation.Slug(Regex.Replace(page.Split('/', 4)[^1], "[0-9a-f-]{36}", "one"))}{(dark ? "-dark" : "")}");
            }
            // In a terminal the Tab key is the program's, and in the text of a file it indents.
            if (page.Contains("&file=", StringComparison.Ordinal))
                await IsLeftByKeyboardAsync(visitor);
            else if (!page.EndsWith("tab=terminal", StringComparison.Ordinal))
                await visitor.IsWalkedByKeyboardAsync(page);
        }
    }

    /// <summary>After Escape the Tab key leads on, and writes nothing.</summary>
    private static async Task IsLeftByKeyboardAsync(Visitor visitor)
    {
        var text = visitor.Page.Locator(".cm-content");
        await text.FocusAsync();
        await Expect(text).ToBeFocusedAsync();
        await visitor.Page.Keyboard.PressAsync("Escape");
        await visitor.Page.Keyboard.PressAsync("Tab");
        await Expect(text).Not.ToBeFocusedAsync();
    }

    private async Task StopAndStartAsync(Visitor visitor, string instance)
    {
        await visitor.GoAsync(instance);
        await visitor.ClickAsync("More actions");
        await visitor.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Stop" }).ClickAsync();
        await visitor.ClickAsync("Stop instance");
        await Expect(visitor.Button("Start")).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await visitor.PictureAsync("instance-stopped");
        await StandsInAsync("fr-CA", "Arrêté", "Stopped");
        await StandsInAsync("en-GB", "Stopped", "Arrêté");
        await visitor.ClickAsync("Start");
        await Expect(visitor.Button("Restart")).ToBeEnabledAsync(new() { Timeout = 60_000 });
        await Expect(visitor.Page.GetByText("Restart needed")).ToHaveCountAsync(0);
    }

    /// <summary>What the edge shows in the place of Odoo, in the visitor's language.</summary>
    private Task StandsInAsync(string locale, string seen, string hidden) => Visitor.VisitAsync(lab, at, async visitor =>
    {
        await visitor.Page.GotoAsync($"http://{at.Server.Host.Value}/web/login");
        await Expect(visitor.Page.GetByRole(AriaRole.Heading, new() { Name = seen, Exact = true })).ToBeVisibleAsync();
        await Expect(visitor.Page.GetByText(hidden, new() { Exact = true })).ToBeHiddenAsync();
        await Expect(visitor.Page).ToHaveTitleAsync(new Regex($"^{seen}"));
        await visitor.IsAccessibleAsync($"stopped {locale}");
        await visitor.PictureAsync($"edge-stopped-{locale}");
        // That it says 503 is what it is for.
        visitor.Forgive("503");
    }, new Window(Locale: locale));

    private static async Task DeleteAsync(Visitor visitor, Somebody boss, string instance)
    {
        await visitor.GoAsync(instance);
        await Expect(visitor.Page.GetByText("An operation works on it now.")).ToHaveCountAsync(0);
        await visitor.ClickAsync("More actions");
        await visitor.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Delete" }).ClickAsync();
        await visitor.Page.GetByLabel("to confirm").FillAsync("acme-erp");
        await visitor.ClickAsync("Delete instance");
        await visitor.IsAtAsync("/instances$");
        await Expect(visitor.Page.GetByText("No instances yet")).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await visitor.GoAsync(boss.In("servers"));
        await visitor.FollowAsync("fra-1");
        await visitor.ClickAsync("More actions");
        await visitor.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Remove" }).ClickAsync();
        await visitor.Page.GetByLabel("to confirm").FillAsync("fra-1");
        await visitor.ClickAsync("Remove server");
        await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
        await visitor.GoAsync(boss.In("servers"));
        await Expect(visitor.Page.GetByText("No servers yet")).ToBeVisibleAsync(new() { Timeout = 60_000 });
    }
}
