using OCore.Client;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using OCore.Tests;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Backups;

/// <summary>The drill: oCore is gone with its database, its master key and its servers. From a recovery sheet and a bucket Odoo runs again.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class LosingEverything(OdooLab lab, ITestOutputHelper output)
{
    [LabFact]
    public async Task A_sheet_and_a_bucket_bring_Odoo_back()
    {
        await using var peer = await BucketPeer.StartAsync(Directory.CreateTempSubdirectory("ocore-drill-").FullName);
        var save = new SaveBackupTarget { Name = "offsite", Endpoint = $"http://127.0.0.1:{peer.Port}", Bucket = BucketPeer.Bucket, AccessKey = BucketPeer.Key, SecretKey = BucketPeer.Key };
        void Reach(TestApp app) => app.Set("FETCH_ALLOW", $"127.0.0.1:{peer.Port}");
        RecoverySheet sheet;
        await using (var lost = await OdooScene.StartEmptyAsync([lab.Spare], Reach))
        {
            var backups = new BackupScene(lost);
            lost.Template = await lost.TemplateAsync("Plain");
            var made = await lost.ProvisionAsync(lost.Client, lost.First, "Drilled");
            await backups.AttachAsync(made, 4, "drill");
            await backups.SqlAsync(made, "INSERT INTO res_partner (name, complete_name, active) VALUES ('Of before', 'Of before', true)");
            await lost.Http.Post<SaveBackupTarget, BackupTargetView>("/api/backup-targets", save);
            var here = await backups.TakeAsync(made);
            Assert.True(here.TakeSeconds > 0 && here.Oddities.Count == 0, $"{here}");
            await backups.VerifyAsync(here);

            // At a second place, byte by byte; what was proved of the one is true of the other, and it restores without the first.
            await lost.EndOfAsync(await lost.Http.Post<KeepBackup, OperationView>($"/api/backups/{here.Id}/keep", new KeepBackup { Target = "offsite" }));
            await lost.Http.Post<KeepBackup, OperationView>($"/api/backups/{here.Id}/keep", new KeepBackup { Target = "offsite" }).IsRefusedAsync(400, "same_place");
            var copy = Assert.Single(await backups.OfAsync(made), b => b.CopyOf == here.Id);
            Assert.Equal((BackupState.Verified, "offsite", here.Bytes), (copy.State, copy.Target!.Name, copy.Bytes));
            await backups.DeleteAsync(here);
            await backups.VerifyAsync(copy);
            Assert.Equal(BackupState.Verified, (await backups.GetAsync(copy.Id)).State);
            sheet = await lost.Http.Post<RecoverySheet>("/api/backups/recovery-sheet");
            Assert.Equal(("offsite", BucketPeer.Bucket), (Assert.Single(sheet.Places).Name, sheet.Places[0].Bucket));
            output.WriteLine($"{copy.Bytes / 1e6:0.0} MB in the bucket, {sheet.Keys.Count} keys on the sheet");
        }
        await lab.Spare.ForgetOCoreAsync();

        await using var fresh = await OdooScene.StartEmptyAsync([lab.Spare], Reach);
        var again = new BackupScene(fresh);
        await fresh.Http.Post<SaveBackupTarget, BackupTargetView>("/api/backup-targets", save);
        var counts = await fresh.Http.Post<RecoverBackups, RecoveredBackups>("/api/backups/recover", new RecoverBackups { Sheet = sheet, Target = "offsite" });
        Assert.Equal((1, 1, 0, 0), (counts.Found, counts.Recovered, counts.Known, counts.Closed));
        var found = Assert.Single((await fresh.Http.Get<Page<BackupView>>("/api/backups")).Data);
        Assert.Equal((BackupState.Taken, "recovered", "Drilled"), (found.State, found.Reason, found.InstanceName));
        var operation = await fresh.EndOfAsync(await fresh.Http.Post<CopyBackup, OperationView>($"/api/backups/{found.Id}/copy", new CopyBackup { Name = "Drilled", ServerId = fresh.First.Id.ToString(), Neutralize = false }));
        var back = await fresh.InstanceAsync(operation.InstanceId!.Value);
        await fresh.AnswersAsync(back);
        Assert.Equal(4, await again.WholeAsync(back, "drill"));
        Assert.Equal("1", await again.SqlAsync(back, "SELECT count(*) FROM res_partner WHERE name = 'Of before'"));
        Assert.Equal(BackupState.Intact, (await again.GetAsync(found.Id)).State);
        output.WriteLine("and Odoo answers on a server that never heard of it");
        await fresh.DeleteAsync(back);
        await again.DeleteAsync(found);
        Assert.Empty(peer.Objects());
        await lab.Spare.ForgetOCoreAsync();
    }
}
