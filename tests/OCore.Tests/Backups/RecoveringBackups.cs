using System.IO.Compression;
using OCore.Client;

namespace OCore.Tests.Backups;

/// <summary>An installation is lost with its master key and its rows; what is left is a sheet and the place where the backups lie.</summary>
public sealed class RecoveringBackups
{
    private const string Dump = "-- a dump that is none\n";

    [Theory, Sqlite, Postgres]
    public async Task A_sheet_and_the_place_are_enough_for_another_installation(Database database)
    {
        var place = Directory.CreateTempSubdirectory("ocore-place-").FullName;
        RecoverySheet sheet;
        await using (var lost = await TestApp.StartAsync(database, a => a.Set("BACKUP_DIR", place)))
        {
            var agency = await lost.AgencyAsync("Lost");
            var client = await lost.ClientOfAsync(agency, "Shop");
            using var http = lost.As(agency.Owner, agency.Org);
            await http.Post<RecoverySheet>("/api/backups/recovery-sheet").IsRefusedAsync(409, "no_keys");
            await ImportAsync(http, "Own", null);
            await ImportAsync(http, "Theirs", client.Slug);
            Assert.Equal((2, 2), await StateAsync(http));
            sheet = await http.Post<RecoverySheet>("/api/backups/recovery-sheet");
            Assert.Equal((2, 0), await StateAsync(http));
            Assert.Equal([agency.Org.Name, client.Name], sheet.Keys.Select(k => k.Organization));
            Assert.NotEmpty((await http.Get<Page<AuditEntryView>>("/api/audit-logs?action=backup_key.handed_out")).Data);
            // A client's own people get the key of the client, and of nobody else.
            using var theirs = lost.As(await lost.MemberAsync(client, "owner"), client);
            Assert.Equal(client.Name, Assert.Single((await theirs.Post<RecoverySheet>("/api/backups/recovery-sheet")).Keys).Organization);
        }

        await using var fresh = await TestApp.StartAsync(database, a => a.Set("BACKUP_DIR", place));
        var person = await fresh.OperatorAsync();
        using var here = fresh.As(person, person.Home);
        Assert.Empty((await here.Get<Page<BackupView>>("/api/backups")).Data);
        // Another's key opens nothing, and one that was copied wrongly is none.
        var wrong = new byte[32];
        var other = sheet with { Keys = [new RecoveryKey { Id = "66687aadf862bd77", Key = Convert.ToBase64String(wrong) }] };
        Assert.Equal((2, 0, 0, 2), await RecoverAsync(here, other));
        await here.Post<RecoverBackups, RecoveredBackups>("/api/backups/recover", new RecoverBackups { Sheet = sheet with { Keys = [sheet.Keys[0] with { Key = other.Keys[0].Key }] }, Target = "local" }).IsRefusedAsync(400, "sheet_unreadable");
        await here.Post<RecoverBackups, RecoveredBackups>("/api/backups/recover", new RecoverBackups { Sheet = sheet, Target = "nowhere" }).IsRefusedAsync(400, "target_not_found");

        Assert.Equal((2, 2, 0, 0), await RecoverAsync(here, sheet));
        Assert.Equal((2, 0, 2, 0), await RecoverAsync(here, sheet));
        var found = (await here.Get<Page<BackupView>>("/api/backups")).Data;
        Assert.Equal(["Own", "Theirs"], found.Select(b => b.InstanceName).Order(StringComparer.Ordinal));
        Assert.All(found, b => Assert.Equal((BackupState.Taken, "recovered", null), (b.State, b.Reason, b.CopyOf)));
        foreach (var backup in found)
        {
            using var body = new MemoryStream();
            await here.Download($"/api/backups/{backup.Id}/download", body, CancellationToken.None);
            using var zip = new ZipArchive(body, ZipArchiveMode.Read);
            using var dump = new StreamReader(zip.GetEntry("dump.sql")!.Open());
            Assert.Equal(Dump + backup.InstanceName, await dump.ReadToEndAsync());
            Assert.Equal(BackupState.Intact, (await here.Get<BackupView>($"/api/backups/{backup.Id}")).State);
        }
        // What is taken here is sealed with a key of this installation.
        await ImportAsync(here, "New", null);
        Assert.Equal((3, 3), await StateAsync(here));
        Directory.Delete(place, recursive: true);
    }

    [Fact]
    public async Task Only_an_operator_looks_into_the_installations_own_directory()
    {
        await using var app = await TestApp.StartAsync();
        var agency = await app.AgencyAsync("Curious");
        using var http = app.As(agency.Owner, agency.Org);
        await ImportAsync(http, "Mine", null);
        var sheet = await http.Post<RecoverySheet>("/api/backups/recovery-sheet");
        await http.Post<RecoverBackups, RecoveredBackups>("/api/backups/recover", new RecoverBackups { Sheet = sheet, Target = "local" }).IsRefusedAsync(403, "operator_only");
        await http.Post<KeepBackup, OperationView>($"/api/backups/{(await http.Get<Page<BackupView>>("/api/backups")).Data[0].Id}/keep", new KeepBackup { Target = "local" }).IsRefusedAsync(400, "same_place");
    }

    private static async Task<(int Keys, int Missing)> StateAsync(OCoreHttp http) => await http.Get<RecoveryState>("/api/backups/recovery-sheet") is var state ? (state.Keys, state.Missing) : default;

    private static async Task<(int, int, int, int)> RecoverAsync(OCoreHttp http, RecoverySheet sheet) =>
        await http.Post<RecoverBackups, RecoveredBackups>("/api/backups/recover", new RecoverBackups { Sheet = sheet, Target = "local" }) is var r ? (r.Found, r.Recovered, r.Known, r.Closed) : default;

    private static async Task ImportAsync(OCoreHttp http, string name, string? client)
    {
        using var all = new MemoryStream();
        using (var zip = new ZipArchive(all, ZipArchiveMode.Create, leaveOpen: true))
        {
            using (var manifest = zip.CreateEntry("manifest.json").Open())
                manifest.Write("""{"major_version":"19.0","db_name":"x","pg_version":"16.0","modules":{}}"""u8);
            using var dump = new StreamWriter(zip.CreateEntry("dump.sql").Open());
            dump.Write(Dump + name);
        }
        await http.Send<BackupView>(HttpMethod.Post, $"/api/backups/import?name={name}{(client is null ? "" : $"&organization={client}")}", new ByteArrayContent(all.ToArray()) { Headers = { ContentType = new("application/zip") } }, CancellationToken.None);
    }
}
