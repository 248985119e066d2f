using System.IO.Compression;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.Browser;

/// <summary>The pages of backups, as far as they need no server.</summary>
[Collection(BrowserGroup.Name)]
public sealed class BackupPagesTests(BrowserLab lab, Installation at) : IClassFixture<Installation>
{
    private const string Dump = "CREATE TABLE res_users (id integer);\n";

    [BrowserFact]
    public async Task An_archive_of_Odoo_is_uploaded_downloaded_and_deleted()
    {
        var boss = await at.AgencyAsync("Bao");
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("backups"));
            await visitor.SeesAsync("No backups yet");
            await visitor.ClickAsync("Import a zip");
            var dialog = visitor.Dialog("Import an Odoo zip");
            await visitor.IsAccessibleAsync("import a zip");
            await dialog.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "notes.zip", MimeType = "application/zip", Buffer = "no zip"u8.ToArray() });
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Upload", Exact = true }).ClickAsync();
            await Expect(visitor.Alert).ToContainTextAsync("archive_refused");
            visitor.Forgive("422");
            await dialog.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "acme.zip", MimeType = "application/zip", Buffer = Archive() });
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Upload", Exact = true }).ClickAsync();
            await visitor.Dialog("It is imported").GetByRole(AriaRole.Button, new() { Name = "Close" }).Last.ClickAsync();

            var row = visitor.Row("acme");
            await Expect(row).ToContainTextAsync("Imported");
            await Expect(row).ToContainTextAsync("Intact");
            await visitor.IsAccessibleAsync("a backup");
            await row.GetByRole(AriaRole.Button, new() { Name = "Actions for the backup" }).ClickAsync();
            var download = await visitor.Page.RunAndWaitForDownloadAsync(() => visitor.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Download as Odoo zip" }).ClickAsync());
            Assert.EndsWith(".zip", download.SuggestedFilename, StringComparison.Ordinal);
            // As a person has it: a file. What the browser hands out as a stream cannot be gone back in.
            var saved = Path.Combine(Path.GetTempPath(), $"{Guid.CreateVersion7():N}.zip");
            await download.SaveAsAsync(saved);
            await using (var file = File.OpenRead(saved))
            await using (var zip = new ZipArchive(file))
            using (var dump = new StreamReader(await zip.GetEntry("dump.sql")!.OpenAsync()))
                Assert.Equal(Dump, await dump.ReadToEndAsync());
            File.Delete(saved);

            await SheetIsMadeAsync(visitor, boss);
            await visitor.GoAsync(boss.In("backups"));
            await row.GetByRole(AriaRole.Button, new() { Name = "Actions for the backup" }).ClickAsync();
            await visitor.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Delete", Exact = true }).ClickAsync();
            await visitor.ClickAsync("Delete backup");
            await Expect(visitor.Page.GetByText("No backups yet")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        });
    }

    /// <summary>A recovery sheet goes to the person's disk, and is taken back where somebody looks for backups by it.</summary>
    private static async Task SheetIsMadeAsync(Visitor visitor, Somebody boss)
    {
        await visitor.GoAsync(boss.In("backups?tab=places"));
        await visitor.SeesAsync("1: make a new sheet");
        await visitor.ClickAsync("Make a recovery sheet");
        await visitor.IsAccessibleAsync("make a recovery sheet");
        var download = await visitor.Page.RunAndWaitForDownloadAsync(() => visitor.ClickAsync("Download the sheet"));
        await Expect(visitor.Page.GetByText("None", new() { Exact = true })).ToBeVisibleAsync();
        await visitor.FitsAsync("backup places");
        await visitor.IsAccessibleAsync("backup places");
        await visitor.PictureAsync("backup-places-recovery");
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.CreateVersion7():N}.json");
        await download.SaveAsAsync(file);
        var sheet = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(file)).RootElement;
        Assert.Equal(1, sheet.GetProperty("keys").GetArrayLength());

        await visitor.ClickAsync("Recover from a sheet");
        var dialog = visitor.Dialog("Recover from a sheet");
        await dialog.Locator("input[type=file]").SetInputFilesAsync(file);
        await visitor.ChooseAsync("Place", "This installation");
        await visitor.IsAccessibleAsync("recover from a sheet");
        await visitor.PictureAsync("backup-recover");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Look for backups" }).ClickAsync();
        // In the installation's own directory lies everybody's.
        await Expect(visitor.Alert).ToContainTextAsync("operator_only");
        visitor.Forgive("403");
        File.Delete(file);
    }

    [BrowserFact]
    public async Task A_place_that_cannot_be_reached_is_refused_where_it_is_typed()
    {
        var boss = await at.AgencyAsync("Pia");
        await Visitor.VisitAsync(lab, boss, async visitor =>
        {
            await visitor.GoAsync(boss.In("backups?tab=places"));
            await visitor.SeesAsync("No buckets yet");
            await visitor.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Button, new() { Name = "Add a place" }).First.ClickAsync();
            await visitor.IsAccessibleAsync("add a place");
            await visitor.FillAsync("Name", "offsite");
            await visitor.FillAsync("Address of the store", "http://127.0.0.1:9");
            await visitor.FillAsync("Bucket", "acme-backups");
            await visitor.FillAsync("Access key", "key");
            await visitor.FillAsync("Secret key", "secret");
            await visitor.ClickAsync("Test and save");
            await Expect(visitor.Field("Address of the store")).ToHaveAttributeAsync("aria-invalid", "true");
            visitor.Forgive("400");
        });
    }

    private static byte[] Archive()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Write(zip, "dump.sql", Dump);
            Write(zip, "manifest.json", """{"odoo_dump":"1","db_name":"acme","version":"19.0","major_version":"19.0","pg_version":"17.0","modules":{"base":"19.0.1.3"}}""");
        }
        return bytes.ToArray();
    }

    private static void Write(ZipArchive zip, string name, string text)
    {
        using var entry = new StreamWriter(zip.CreateEntry(name).Open());
        entry.Write(text);
    }
}
