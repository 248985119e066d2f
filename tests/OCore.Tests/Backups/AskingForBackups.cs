using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Tests.Backups;

/// <summary>What can be said of backups before any server is asked.</summary>
public sealed class AskingForBackups(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task A_backup_that_is_not_whole_goes_nowhere(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, instance) = await SchedulesOfBackups.WorldAsync(app);
        using var http = app.As(agency.Owner, agency.Org);
        await SchedulesOfBackups.AddAsync(app, instance, BackupState.Damaged, app.Clock.GetUtcNow());
        var backup = Assert.Single((await http.Get<Page<BackupView>>($"/api/backups?instance={instance.Slug}&state=damaged")).Data);
        Assert.Empty((await http.Get<Page<BackupView>>($"/api/backups?instance={instance.Slug}&state=verified")).Data);
        await http.Get<Page<BackupView>>("/api/backups?state=perfect").IsRefusedAsync(400, "validation_failed");
        var path = $"/api/backups/{backup.Id}";
        await http.Post<RestoreBackup, OperationView>($"{path}/restore", new RestoreBackup { Confirm = instance.Slug }).IsRefusedAsync(409, "backup_not_usable");
        await http.Post<CopyBackup, OperationView>($"{path}/copy", new CopyBackup { Name = "Copy" }).IsRefusedAsync(409, "backup_not_usable");
        await http.Post<OperationView>($"{path}/verify").IsRefusedAsync(409, "backup_not_usable");
        await http.Get<BackupView>($"{path}/download").IsRefusedAsync(409, "backup_not_usable");
    }

    [Theory, Sqlite, Postgres]
    public async Task A_client_sees_its_own_and_only_where_the_switch_is_on(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Switches");
        var (client, sibling) = (await app.ClientOfAsync(agency, "Client"), await app.ClientOfAsync(agency, "Sibling"));
        var (_, own) = await SchedulesOfBackups.WorldAsync(app, agency, client);
        var (_, others) = await SchedulesOfBackups.WorldAsync(app, agency, sibling);
        foreach (var instance in (Features.Instances.Instance[])[own, others])
            await SchedulesOfBackups.AddAsync(app, instance, BackupState.Verified, app.Clock.GetUtcNow());
        using var http = app.As(agency.Owner, agency.Org);
        using var theirs = app.As(await app.MemberAsync(client, "owner"), client);
        Assert.Equal(2, (await http.Get<Page<BackupView>>("/api/backups")).Data.Count);
        Assert.Equal(own.Id, Assert.Single((await theirs.Get<Page<BackupView>>("/api/backups")).Data).InstanceId);
        await http.Put<UpdatePortalConfig, PortalConfigView>("/api/agency/portal-config", new UpdatePortalConfig { FeatureBackups = false });
        await theirs.Get<Page<BackupView>>("/api/backups").IsRefusedAsync(403, "feature_disabled");
        await theirs.Get<Page<BackupTargetView>>("/api/backup-targets").IsRefusedAsync(403, "feature_disabled");
        await theirs.Get<BackupScheduleView>($"/api/instances/{own.Slug}/backup-schedule").IsRefusedAsync(403, "feature_disabled");
        await theirs.Post<TakeBackup, OperationView>($"/api/instances/{own.Slug}/backups", new TakeBackup()).IsRefusedAsync(403, "feature_disabled");
        Assert.Equal(2, (await http.Get<Page<BackupView>>("/api/backups")).Data.Count);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_store_inside_the_network_is_not_asked(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Inside");
        using var http = app.As(agency.Owner, agency.Org);
        foreach (var endpoint in (string[])["http://127.0.0.1:9", "http://169.254.169.254", "http://[::1]:9000", "http://10.1.2.3"])
        {
            var refused = await Assert.ThrowsAsync<OCoreException>(() => http.Post<SaveBackupTarget, BackupTargetView>("/api/backup-targets",
                new SaveBackupTarget { Name = "Inside", Endpoint = endpoint, Bucket = "backups", AccessKey = "key", SecretKey = "secret" }));
            Assert.Equal("target_refuses", refused.Problem.Code);
            Assert.Contains("not on the public internet", refused.Problem.Detail);
        }
        Assert.Empty((await http.Get<Page<BackupTargetView>>("/api/backup-targets")).Data);
    }

    /// <summary>By the same way that a deployment takes; of a refusal nothing is left.</summary>
    [Theory, Sqlite, Postgres]
    public async Task A_backup_that_is_drawn_is_set_up_only_where_it_can_be_kept(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, instance) = await SchedulesOfBackups.WorldAsync(app);
        await using (var db = app.Databases.For(new Tenant(instance.RootId, instance.RootId, false), AuditActor.System))
        {
            var wanted = new DrawnBucket(agency.Org.Id, instance.RootId, "Shop: Backup", "http://10.1.2.3", null, "backups", "", "key", "secret");
            var refused = await Assert.ThrowsAsync<StepRefusedException>(() => app.Services.GetRequiredService<DrawnBackups>().EnsureAsync(db, DrawnBackups.TargetOf(Guid.Empty, "backup"), wanted, instance, default));
            Assert.Equal("target_fails", refused.Code);
            Assert.Contains("not on the public internet", refused.Message, StringComparison.Ordinal);
        }
        using var http = app.As(agency.Owner, agency.Org);
        Assert.Empty((await http.Get<Page<BackupTargetView>>("/api/backup-targets")).Data);
        await http.Get<BackupScheduleView>($"/api/instances/{instance.Slug}/backup-schedule").IsRefusedAsync(404, "not_found");
    }

    [Theory, Sqlite, Postgres]
    public async Task A_file_that_is_no_archive_of_Odoo_is_refused(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Imports");
        using var http = app.As(agency.Owner, agency.Org);
        foreach (var (content, words) in ((byte[], string)[])
        [
            (Encoding.UTF8.GetBytes("no zip at all"), "no zip"), (Zip(("readme.txt", "x")), "dump.sql"), (Zip(("dump.sql", "SELECT 1;")), "version"),
            (Zip(("dump.sql", "SELECT 1;"), ("manifest.json", "{\"major_version\":\"9.0\"}")), "9.0"), (Zip(("dump.sql", "x"), ("manifest.json", "[")), "manifest.json"), (Zip(("dump.sql", "SELECT 1;"), ("manifest.json", "{}"))[..60], "no zip"),
        ])
        {
            var refused = await Assert.ThrowsAsync<OCoreException>(() => SendAsync(http, content));
            Assert.Equal("archive_refused", refused.Problem.Code);
            Assert.Contains(words, refused.Problem.Detail);
        }
        Assert.Empty((await http.Get<Page<BackupView>>("/api/backups")).Data);
        Assert.Empty(Directory.GetFiles(Path.Combine(app.DataDirectory, "uploads")));
    }

    /// <summary>What leads out of a filestore, or is no file of Odoo's, is not taken in.</summary>
    [Fact]
    public async Task Only_files_of_a_filestore_come_out_of_an_archive()
    {
        var app = await apps.OnAsync(Database.Sqlite);
        var agency = await app.AgencyAsync("Slips");
        using var http = app.As(agency.Owner, agency.Org);
        const string sha = "fc19318dd13128ce14344d066510a982269c241b"; // of "good"
        var view = await SendAsync(http, Zip(("dump.sql", "SELECT 1;"), ("manifest.json", "{\"major_version\":\"19.0\",\"db_name\":\"slips\",\"pg_version\":\"16.0\",\"modules\":{\"base\":\"19.0.1\"}}"),
            ($"filestore/{sha[..2]}/{sha}", "good"), ("filestore/../../etc/cron.d/x", "bad"), ("/etc/passwd", "bad"), ("filestore/ab/cd", "bad"), ($"filestore/zz/{sha}", "bad"), ($"filestore/{sha[..2]}/{sha}", "twice")));
        Assert.Equal((BackupState.Intact, 1, "slips", "import"), (view.State, view.Files, view.InstanceName, view.Reason));
        var folder = Path.Combine(app.DataDirectory, "backups", agency.Org.Id.ToString("N"), view.Id.ToString("N"));
        Assert.Equal(4, Directory.GetFiles(folder).Length);
        // Nothing of it lies there in clear.
        Assert.All(Directory.GetFiles(folder).Where(f => !f.EndsWith(BackupManifest.FileName, StringComparison.Ordinal)), f => Assert.DoesNotContain("SELECT 1", File.ReadAllText(f)));
        Assert.All(Directory.GetFiles(folder), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_client_that_sees_no_server_gets_its_backup_to_the_byte(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Bytes");
        var client = await app.ClientOfAsync(agency, "Client");
        await Agency.ClientSeeds.ServerAsync(app, agency);
        using var staff = app.As(agency.Owner, agency.Org);
        await staff.Put<UpdatePortalConfig, PortalConfigView>("/api/agency/portal-config", new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.None });
        using var theirs = app.As(await app.MemberAsync(client, "owner"), client);
        var dump = string.Concat(Enumerable.Range(0, 2000).Select(n => $"SELECT {n * 7919 % 10007}; -- at 192.0.2.1\n"));
        var view = await SendAsync(theirs, Zip(("dump.sql", dump), ("manifest.json", "{\"major_version\":\"19.0\",\"db_name\":\"bytes\",\"pg_version\":\"16.0\",\"modules\":{\"base\":\"19.0.1\"}}")));
        using var body = new MemoryStream();
        await theirs.Download($"/api/backups/{view.Id}/download", body, CancellationToken.None);
        body.Position = 0;
        using var zip = new System.IO.Compression.ZipArchive(body, System.IO.Compression.ZipArchiveMode.Read);
        using var text = new StreamReader(zip.GetEntry("dump.sql")!.Open());
        Assert.Equal(dump, await text.ReadToEndAsync());
    }

    /// <summary>A megabyte that would swell to more than a gigabyte, as a file and as the dump: neither is stored.</summary>
    [Theory, InlineData("filestore/fc/fc19318dd13128ce14344d066510a982269c241b"), InlineData("dump.sql")]
    public async Task What_swells_beyond_measure_is_refused(string where)
    {
        var app = await apps.OnAsync(Database.Sqlite);
        var agency = await app.AgencyAsync("Bombs");
        using var http = app.As(agency.Owner, agency.Org);
        using var all = new MemoryStream();
        using (var zip = new System.IO.Compression.ZipArchive(all, System.IO.Compression.ZipArchiveMode.Create, leaveOpen: true))
            foreach (var name in new HashSet<string> { "dump.sql", "manifest.json", where })
            {
                using var content = zip.CreateEntry(name, System.IO.Compression.CompressionLevel.Optimal).Open();
                content.Write(Encoding.UTF8.GetBytes(name == "manifest.json" ? "{\"major_version\":\"19.0\",\"db_name\":\"bomb\",\"pg_version\":\"16.0\",\"modules\":{}}" : "SELECT 1;\n"));
                var nothing = new byte[1 << 20];
                for (var i = 0; name == where && i < 1200; i++)
                    content.Write(nothing);
            }
        Assert.InRange(all.Length, 0, 4 << 20);
        var refused = await Assert.ThrowsAsync<OCoreException>(() => SendAsync(http, all.ToArray()));
        Assert.Equal("archive_refused", refused.Problem.Code);
        Assert.Contains("swells", refused.Problem.Detail, StringComparison.Ordinal);
        Assert.Empty((await http.Get<Page<BackupView>>("/api/backups")).Data);
        Assert.Empty(Directory.GetFiles(Path.Combine(app.DataDirectory, "uploads")));
        var kept = Path.Combine(app.DataDirectory, "backups", agency.Org.Id.ToString("N"));
        Assert.False(Directory.Exists(kept) && Directory.EnumerateFiles(kept, "*", SearchOption.AllDirectories).Any());
    }

    private static Task<BackupView> SendAsync(OCoreHttp http, byte[] content) =>
        http.Send<BackupView>(HttpMethod.Post, "/api/backups/import", new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue("application/zip") } }, CancellationToken.None);

    private static byte[] Zip(params (string Name, string Text)[] entries)
    {
        using var all = new MemoryStream();
        using (var zip = new System.IO.Compression.ZipArchive(all, System.IO.Compression.ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, text) in entries)
            {
                using var content = zip.CreateEntry(name).Open();
                content.Write(Encoding.UTF8.GetBytes(text));
            }
        return all.ToArray();
    }
}
