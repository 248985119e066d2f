using System.Diagnostics;
using System.IO.Compression;
using OCore.Client;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using OCore.Tests;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Backups;

/// <summary>An Odoo is backed up, proven, brought back, copied and carried away.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class BackingUp(OdooLab lab, ITestOutputHelper output)
{
    private OdooScene Scene => lab.Scene;
    private BackupScene Backups => new(lab.Scene);

    [LabFact]
    public async Task What_was_deleted_is_there_again()
    {
        var clock = Stopwatch.StartNew();
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Books");
        await Backups.AttachAsync(made, 5, "before");
        Assert.Equal(5, await Backups.WholeAsync(made, "before"));
        Say("an instance with attachments");

        var backup = await Backups.TakeAsync(made);
        Assert.True(backup.DatabaseBytes > 100_000 && backup.Files >= 5 && backup.Modules > 10, $"{backup}");
        Say($"taken and read back: {backup.Bytes / 1e6:0.0} MB, {backup.Files} files");
        await Backups.VerifyAsync(backup);
        backup = await Backups.GetAsync(backup.Id);
        Assert.Equal(BackupState.Verified, backup.State);
        await Scene.NothingIsLeftAsync();
        Say($"verified; restoring and starting took {backup.VerifySeconds} s");

        await Backups.AttachAsync(made, 2, "after");
        await Backups.SqlAsync(made, "DELETE FROM ir_attachment WHERE name LIKE 'before-%'");
        var uuid = await Backups.SqlAsync(made, "SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'");
        await Scene.Http.Post<RestoreBackup, OperationView>($"/api/backups/{backup.Id}/restore", new RestoreBackup { Confirm = "another" }).IsRefusedAsync(400, "not_confirmed");
        var plan = await Scene.Http.Post<RestoreBackup, RestorePlan>($"/api/backups/{backup.Id}/restore?dryRun=true", new RestoreBackup { Confirm = made.Slug });
        Assert.True(plan.Possible, string.Join('\n', plan.Findings));
        await Scene.EndOfAsync(await Scene.Http.Post<RestoreBackup, OperationView>($"/api/backups/{backup.Id}/restore", new RestoreBackup { Confirm = made.Slug }));
        await Scene.AnswersAsync(made);
        Assert.Equal(5, await Backups.WholeAsync(made, "before"));
        Assert.Equal(0, await Backups.WholeAsync(made, "after"));
        Assert.Equal(uuid, await Backups.SqlAsync(made, "SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'"));
        var safety = Assert.Single(await Backups.OfAsync(made), b => b.Reason == "safety");
        Assert.Equal(BackupState.Intact, safety.State);
        await Scene.NothingIsLeftAsync();
        Say("restored in place");

        await Scene.EndOfAsync(await Scene.Http.Post<RestoreBackup, OperationView>($"/api/backups/{safety.Id}/restore", new RestoreBackup { Confirm = made.Slug }));
        Assert.Equal(2, await Backups.WholeAsync(made, "after"));
        Say("and back to what was before");

        await Scene.DeleteAsync(made);
        await Scene.Http.Post<RestoreBackup, OperationView>($"/api/backups/{backup.Id}/restore", new RestoreBackup { Confirm = made.Slug }).IsRefusedAsync(409, "instance_gone");
        foreach (var left in (await Scene.Http.Get<Page<BackupView>>("/api/backups")).Data)
            await Backups.DeleteAsync(left);
        Assert.False(Directory.Exists(Backups.FolderOf(backup)));
        await Scene.NothingIsLeftAsync();

        void Say(string what) => output.WriteLine($"{clock.Elapsed.TotalSeconds,6:0.0} s  {what}");
    }

    [LabFact]
    public async Task A_staging_copy_is_neutral_and_somebody_else()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Original");
        await Backups.AttachAsync(made, 3, "shared");
        await Backups.SqlAsync(made, "INSERT INTO ir_mail_server (name, smtp_host, smtp_port, smtp_encryption, smtp_authentication, active, sequence) VALUES ('Out', 'mail.example.com', 25, 'none', 'login', true, 1)");
        var backup = await Backups.TakeAsync(made);
        // On the other server.
        var operation = await Scene.EndOfAsync(await Scene.Http.Post<CopyBackup, OperationView>($"/api/backups/{backup.Id}/copy", new CopyBackup { Name = "Staging", ServerId = Scene.Servers[1].Id.ToString() }));
        var copy = await Scene.InstanceAsync(operation.InstanceId!.Value);
        Assert.Equal(Scene.Servers[1].Id, copy.Server.Id);
        await Scene.AnswersAsync(copy);
        Assert.Equal(3, await Backups.WholeAsync(copy, "shared"));
        Assert.NotEqual(await Uuid(made), await Uuid(copy));
        Assert.Equal("0", await Backups.SqlAsync(copy, "SELECT count(*) FROM ir_mail_server WHERE active AND smtp_host <> 'invalid'"));
        Assert.Equal("0", await Backups.SqlAsync(copy, "SELECT count(*) FROM ir_cron WHERE active AND id NOT IN (SELECT res_id FROM ir_model_data WHERE model = 'ir.cron' AND name = 'autovacuum_job')"));
        Assert.True(int.Parse(await Backups.SqlAsync(made, "SELECT count(*) FROM ir_cron WHERE active")) > 1);
        await Scene.DeleteAsync(copy);
        await Scene.DeleteAsync(made);
        await Backups.DeleteAsync(backup);
        await Scene.NothingIsLeftAsync();

        Task<string> Uuid(InstanceView of) => Backups.SqlAsync(of, "SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'");
    }

    [LabFact]
    public async Task Odoos_own_archive_goes_out_and_comes_in()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Carried");
        await Backups.AttachAsync(made, 4, "carried");
        var backup = await Backups.TakeAsync(made);
        var file = Path.Combine(Scene.App.DataDirectory, "carried.zip");
        await using (var target = File.Create(file))
            await Scene.Http.Download($"/api/backups/{backup.Id}/download", target, CancellationToken.None);
        using (var zip = ZipFile.OpenRead(file))
        {
            Assert.True(zip.GetEntry("dump.sql")!.Length > 100_000);
            Assert.NotNull(zip.GetEntry("manifest.json"));
            Assert.Equal(backup.Files, zip.Entries.Count(e => e.FullName.StartsWith("filestore/", StringComparison.Ordinal)));
        }
        await Backups.MachineOf(made).ShellAsync("true");
        output.WriteLine($"{new FileInfo(file).Length / 1e6:0.0} MB as a zip");

        await using (var content = File.OpenRead(file))
        {
            var imported = await Scene.Http.Send<BackupView>(HttpMethod.Post, $"/api/backups/import?instance={made.Slug}", new StreamContent(content) { Headers = { ContentType = new("application/zip") } }, CancellationToken.None);
            Assert.Equal(BackupState.Intact, imported.State);
            Assert.Equal(backup.Files, imported.Files);
            await Backups.VerifyAsync(imported);
            var operation = await Scene.EndOfAsync(await Scene.Http.Post<CopyBackup, OperationView>($"/api/backups/{imported.Id}/copy", new CopyBackup { Name = "Arrived" }));
            var copy = await Scene.InstanceAsync(operation.InstanceId!.Value);
            await Scene.AnswersAsync(copy);
            Assert.Equal(4, await Backups.WholeAsync(copy, "carried"));
            await Scene.DeleteAsync(copy);
        }
        await Backups.DeleteAllAsync(made);
        await Scene.DeleteAsync(made);
        await Scene.NothingIsLeftAsync();
    }

    /// <summary>Uploads and deletions while ten backups are taken, and Odoo sweeping its files as hard as it can.</summary>
    [LabFact]
    public async Task Ten_backups_under_a_writer_miss_no_file()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Busy");
        var writer = Backups.PythonAsync(made, """
            import time
            end, n = time.monotonic() + 150, 0
            while time.monotonic() < end: n += 1; ids = env['ir.attachment'].create([dict(name='busy-%d-%d' % (n, i), raw=('%d %d ' % (n, i)).encode() * 2000) for i in range(10)]); env.cr.commit(); (n % 2 and ids[:7].unlink()); env.cr.commit(); env['ir.attachment']._gc_file_store(); env.cr.commit(); time.sleep(0.05)

            print('rounds', n)
            """);
        var files = new List<int>();
        while (files.Count < 10)
        {
            var backup = await Backups.TakeAsync(made);
            var manifest = await Backups.ManifestAsync(backup);
            Assert.Equal((0, 0), (manifest.FilesMissing, manifest.FilesAmiss));
            files.Add(manifest.FileCount);
        }
        Assert.True(files[^1] > files[0] + 10, $"Nobody wrote: {string.Join(' ', files)}");
        output.WriteLine($"files in each: {string.Join(' ', files)}; {(await writer).Trim().Split('\n')[^1]}");
        var all = await Backups.OfAsync(made);
        await Backups.VerifyAsync(all[0]);
        // The first and one in the middle are brought back, and every attachment of that moment is there with its checksum.
        foreach (var of in (BackupView[])[all[^1], all[5]])
        {
            await Scene.EndOfAsync(await Scene.Http.Post<RestoreBackup, OperationView>($"/api/backups/{of.Id}/restore", new RestoreBackup { Confirm = made.Slug }));
            await Scene.AnswersAsync(made);
            var named = int.Parse(await Backups.SqlAsync(made, "SELECT count(*) FROM ir_attachment WHERE name LIKE 'busy-%' AND store_fname IS NOT NULL"));
            Assert.Equal(named, await Backups.WholeAsync(made, "busy"));
            output.WriteLine($"restored: {named} attachments, all whole");
        }
        await Backups.DeleteAllAsync(made);
        await Scene.DeleteAsync(made);
        await Scene.NothingIsLeftAsync();
    }
}
