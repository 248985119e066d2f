using Microsoft.Playwright;
using OCore.Client;
using OCore.SystemTests.Remote;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.Browser;

/// <summary>The databases of a running Odoo in the dashboard: looked into, copied, and dropped.</summary>
[Collection(BrowserGroup.Name)]
public sealed class DatabasePagesTests(BrowserLab lab, InstallationWithServer at) : IClassFixture<InstallationWithServer>
{
    [LabFact]
    public async Task A_database_is_looked_into_copied_and_dropped()
    {
        var boss = await at.AgencyAsync("Datenhaus");
        using var api = boss.Api();
        var client = await api.Post<CreateClient, ClientView>("/api/agency/clients", new CreateClient { Name = "Acme Corp", Slug = "acme-base" });
        var server = await EndAsync(api, await api.Post<AddServer, OperationView>("/api/servers", new AddServer { Name = "fra-2", Host = at.Server.Host.Value, User = "deploy", PrivateKey = at.Server.Key, HostKeyFingerprint = at.Server.Pinned.Fingerprint }));
        var template = await api.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Odoo 19", OdooVersion = "19.0", DefaultWorkers = 0 });
        var made = await EndAsync(api, await api.Post<ProvisionInstance, OperationView>($"/api/templates/{template.Id}/provision", new ProvisionInstance { ServerId = server.ServerId!.Value.ToString(), Name = "Acme base", Organization = client.Slug, Database = "acme_base" }));
        var page = boss.In($"instances/{made.InstanceId}?tab=databases");
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(page);
            await Expect(visitor.Row("acme_base")).ToContainTextAsync("served");
            await visitor.IsAccessibleAsync("databases");
            await visitor.PictureAsync("databases");
            await SeesWhoBlocksWhomAsync(visitor);

            await AskAsync(visitor, "acme_base", "Duplicate");
            var dialog = visitor.Dialog("Duplicate acme_base");
            await dialog.GetByLabel("Name of the database").FillAsync("tpl_copy");
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Duplicate", Exact = true }).ClickAsync();
            await Expect(dialog.GetByLabel("Name of the database")).ToHaveAttributeAsync("aria-invalid", "true");
            visitor.Forgive("400");
            await dialog.GetByLabel("Name of the database").FillAsync("acme_copy");
            await visitor.IsAccessibleAsync("duplicate");
            await visitor.PictureAsync("database-duplicate");
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Duplicate", Exact = true }).ClickAsync();
            await Expect(visitor.Row("acme_copy")).ToContainTextAsync("Ready", new() { Timeout = 180_000 });
            await visitor.PictureAsync("databases-two");
            await visitor.FitsAsync("databases");

            await AskAsync(visitor, "acme_copy", "Drop");
            var drop = visitor.Dialog("Drop acme_copy");
            await Expect(drop.GetByRole(AriaRole.Button, new() { Name = "Drop database" })).ToBeDisabledAsync();
            await drop.GetByRole(AriaRole.Textbox).FillAsync("acme_copy");
            await visitor.PictureAsync("database-drop");
            await drop.GetByRole(AriaRole.Button, new() { Name = "Drop database" }).ClickAsync();
            await Expect(visitor.Row("acme_copy")).ToHaveCountAsync(0, new() { Timeout = 180_000 });
            await visitor.GoAsync(boss.In($"instances/{made.InstanceId}?tab=backups"));
            await Expect(visitor.Row("acme_copy")).ToContainTextAsync("Intact");
            await visitor.PictureAsync("database-backup");
        });
    }

    private async Task SeesWhoBlocksWhomAsync(Visitor visitor)
    {
        foreach (var statement in (string[])["BEGIN; UPDATE res_partner SET comment = 'held' WHERE id = 1; SELECT pg_sleep(300); COMMIT;", "UPDATE res_partner SET comment = 'wanted' WHERE id = 1"])
        {
            await at.Server.ShellAsync("""docker exec -d -u postgres -e PGAPPNAME="$1" ocore-postgres psql -Xq -U acme_base -d acme_base -c "$2" """, statement.StartsWith("BEGIN", StringComparison.Ordinal) ? "holder" : "waiter", statement);
            await at.Server.ShellAsync("""for i in $(seq 100); do [ "$(docker exec -u postgres ocore-postgres psql -XAtq -c "SELECT count(*) FROM pg_stat_activity WHERE application_name = '$1' AND state = 'active'")" = 1 ] && exit 0; sleep 0.2; done; exit 1""", statement.StartsWith("BEGIN", StringComparison.Ordinal) ? "holder" : "waiter");
        }
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "acme_base", Exact = true }).ClickAsync();
        await Expect(visitor.Alert.First).ToContainTextAsync("res_partner", new() { Timeout = 30_000 });
        await Expect(visitor.Row("acme_base")).ToContainTextAsync("1 waiting", new() { Timeout = 30_000 });
        await visitor.IsAccessibleAsync("who blocks whom");
        await visitor.PictureAsync("databases-blocked");
        await visitor.Row("holder").GetByRole(AriaRole.Button).Last.ClickAsync();
        await visitor.Page.GetByRole(AriaRole.Menuitem, new() { Name = "End connection" }).ClickAsync();
        await visitor.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "End connection" }).ClickAsync();
        await Expect(visitor.Row("holder")).ToHaveCountAsync(0, new() { Timeout = 30_000 });
    }

    private static async Task AskAsync(Visitor visitor, string database, string verb)
    {
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = $"Actions for {database}", Exact = true }).ClickAsync();
        await visitor.Page.GetByRole(AriaRole.Menuitem, new() { Name = verb, Exact = true }).ClickAsync();
    }

    private static async Task<OperationView> EndAsync(OCoreHttp api, OperationView operation)
    {
        var ended = await Installation.Until(async () => await api.Get<OperationView>($"/api/operations/{operation.Id}") is { State: OperationState.Succeeded or OperationState.Stuck or OperationState.RolledBack } now ? now : null, () => $"{operation.Title} did not end", 600);
        Assert.True(ended.State == OperationState.Succeeded, $"{ended.Title}: {ended.State} {ended.Error?.Message}");
        return ended;
    }
}
