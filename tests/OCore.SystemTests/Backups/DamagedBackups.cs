using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Platform.Data;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using OCore.Tests;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Backups;

/// <summary>Every way we could think of to harm a backup, each found and called by its name, and none restored.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class DamagedBackups(OdooLab lab, ITestOutputHelper output)
{
    private OdooScene Scene => lab.Scene;
    private BackupScene Backups => new(lab.Scene);

    [LabFact]
    public async Task Each_is_caught_and_named()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Fragile");
        await Backups.AttachAsync(made, 3, "fragile");
        var (backup, other) = (await Backups.TakeAsync(made), await Backups.TakeAsync(made));
        var (folder, elsewhere) = (Backups.FolderOf(backup), Backups.FolderOf(other));
        var manifest = await Backups.ManifestAsync(backup);
        string Part(BackupPart part) => Path.Combine(folder, part.Name);
        var (database, files, paper) = (Part(manifest.DatabasePart), Part(manifest.FilesPart), Path.Combine(folder, BackupManifest.FileName));
        var otherManifest = await Backups.ManifestAsync(other);

        (string What, string Code, Action Harm)[] ways =
        [
            ("the dump is gone", "missing_part", () => File.Delete(database)),
            ("the files are gone", "missing_part", () => File.Delete(files)),
            ("the manifest is gone", "missing_manifest", () => File.Delete(paper)),
            ("the dump is cut in the middle", "wrong_size", () => Cut(database, new FileInfo(database).Length / 2)),
            ("the dump is cut at the end of a block", "wrong_size", () => Cut(database, (64 << 10) + 16)),
            ("the files are empty", "wrong_size", () => Cut(files, 0)),
            ("something is written behind the dump", "wrong_size", () => File.AppendAllText(database, "x")),
            ("one bit of the dump is turned", "altered_part", () => Flip(database, new FileInfo(database).Length / 2)),
            ("one bit of the files is turned", "altered_part", () => Flip(files, 100)),
            ("the last bit of the dump is turned", "altered_part", () => Flip(database, new FileInfo(database).Length - 1)),
            ("two blocks of the dump have changed places", "altered_part", () => SwapBlocks(database)),
            ("a number in the manifest is another", "altered_manifest", () => File.WriteAllText(paper, File.ReadAllText(paper).Replace($"\"fileCount\": {manifest.FileCount}", $"\"fileCount\": {manifest.FileCount + 1}"))),
            ("the manifest is that of another backup", "altered_manifest", () => File.Copy(Path.Combine(elsewhere, BackupManifest.FileName), paper, true)),
            ("the files are those of another backup, cut to size", "altered_part", () => Overwrite(files, Path.Combine(elsewhere, otherManifest.FilesPart.Name))),
        ];
        foreach (var (what, code, harm) in ways)
        {
            var saved = Directory.GetFiles(folder).ToDictionary(f => f, File.ReadAllBytes);
            harm();
            await Backups.VerifyAsync(backup, succeeds: false);
            var seen = await Backups.GetAsync(backup.Id);
            output.WriteLine($"{what}: {seen.FaultCode}: {seen.Fault}");
            Assert.Equal((BackupState.Damaged, code), (seen.State, seen.FaultCode));
            await Scene.Http.Post<RestoreBackup, OperationView>($"/api/backups/{backup.Id}/restore", new RestoreBackup { Confirm = made.Slug }).IsRefusedAsync(409, "backup_not_usable");
            foreach (var (file, content) in saved)
                await File.WriteAllBytesAsync(file, content);
        }
        // Whole again, it is found whole again.
        await Backups.VerifyAsync(backup);
        Assert.Equal(BackupState.Verified, (await Backups.GetAsync(backup.Id)).State);

        // What was amiss before it was stored is found by restoring it.
        await SayAsync(backup, m => m with { Rows = new Dictionary<string, long>(m.Rows) { ["res_users"] = m.Rows["res_users"] + 1 } });
        await FailsAsync(backup, "wrong_counts");
        await SayAsync(backup, m => m with { Rows = manifest.Rows, FilesMissing = -1 });
        await FailsAsync(backup, "missing_files");
        await Backups.DeleteAllAsync(made);
        await Scene.DeleteAsync(made);
        await Scene.NothingIsLeftAsync();
    }

    private async Task FailsAsync(BackupView backup, string code)
    {
        await Backups.VerifyAsync(backup, succeeds: false);
        var seen = await Backups.GetAsync(backup.Id);
        output.WriteLine($"{seen.FaultCode}: {seen.Fault}");
        Assert.Equal((BackupState.Damaged, code), (seen.State, seen.FaultCode));
        await Scene.NothingIsLeftAsync();
    }

    // As if it had been taken so: the row and the stored manifest say the same.
    private async Task SayAsync(BackupView backup, Func<BackupManifest, BackupManifest> change)
    {
        await using var db = Scene.App.Databases.System();
        var row = await db.Backups.AcrossTenants().SingleAsync(b => b.Id == backup.Id);
        row.Manifest = change(row.Manifest!);
        var stores = (BackupStores)Scene.App.Services.GetService(typeof(BackupStores))!;
        using var place = await stores.OpenAsync(db, row, CancellationToken.None);
        await File.WriteAllBytesAsync(Path.Combine(Backups.FolderOf(backup), BackupManifest.FileName), row.Manifest.Write(place.KeyOf(BackupManifest.FileName)));
        await db.SaveChangesAsync();
    }

    private static void Cut(string path, long length)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(length);
    }

    private static void Flip(string path, long at)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[at] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private static void SwapBlocks(string path)
    {
        const int block = (64 << 10) + 16;
        var bytes = File.ReadAllBytes(path);
        var first = bytes[..block];
        bytes.AsSpan(block, block).CopyTo(bytes);
        first.CopyTo(bytes, block);
        File.WriteAllBytes(path, bytes);
    }

    private static void Overwrite(string path, string with)
    {
        var bytes = File.ReadAllBytes(with);
        Array.Resize(ref bytes, (int)new FileInfo(path).Length);
        File.WriteAllBytes(path, bytes);
    }
}
