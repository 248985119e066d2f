using System.IO.Compression;
using System.Security.Cryptography;
using OCore.Client;
using OCore.SystemTests.Instances;
using OCore.Tests;
using OCore.Tests.Operations;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Backups;

/// <summary>Backups in a store that speaks S3: what goes there, what comes back, and what is said where it does not.</summary>
public sealed class KeepingInBuckets(ITestOutputHelper output)
{
    [Fact]
    public async Task What_goes_to_a_bucket_comes_back_whole()
    {
        await using var peer = await BucketPeer.StartAsync(Directory.CreateTempSubdirectory("ocore-bucket-").FullName);
        await using var oCore = await TestApp.StartAsync(arrange: a => a.Set("FETCH_ALLOW", $"127.0.0.1:{peer.Port}"));
        var agency = await oCore.AgencyAsync("Buckets");
        using var http = oCore.As(agency.Owner, agency.Org);
        var save = new SaveBackupTarget { Name = "offsite", Endpoint = $"http://127.0.0.1:{peer.Port}", Bucket = BucketPeer.Bucket, Prefix = "acme/daily", AccessKey = BucketPeer.Key, SecretKey = BucketPeer.Key, IsDefault = true };
        await http.Post<SaveBackupTarget, BackupTargetView>("/api/backup-targets", save with { AccessKey = "wrong" }).IsRefusedAsync(400, "target_refuses");
        await http.Post<SaveBackupTarget, BackupTargetView>("/api/backup-targets", save with { Bucket = "elsewhere" }).IsRefusedAsync(400, "target_refuses");
        var target = await http.Post<SaveBackupTarget, BackupTargetView>("/api/backup-targets", save);
        Assert.True((await http.Post<BackupTargetTest>($"/api/backup-targets/{target.Id}/test")).Ok);
        Assert.Empty(peer.Objects());

        // Three parts of an upload at least.
        var view = await ImportAsync(http, Zip(20 << 20));
        Assert.Equal((BackupState.Intact, "offsite"), (view.State, view.Target!.Name));
        Assert.Equal(4, peer.Objects().Count);
        Assert.All(peer.Objects(), o => Assert.Contains($"/acme/daily/{agency.Org.Id:N}/{view.Id:N}/", o));
        target = await http.Get<BackupTargetView>($"/api/backup-targets/{target.Id}");
        Assert.Equal((1, view.Bytes), (target.Backups, target.Bytes));
        Assert.Equal(view.Bytes, peer.Objects().Where(o => !o.Contains("manifest", StringComparison.Ordinal)).Sum(o => new FileInfo(o).Length));
        output.WriteLine($"{view.Bytes} bytes in {peer.Objects().Count} objects");

        using (var zip = new ZipArchive(new MemoryStream(await DownloadAsync(http, view)), ZipArchiveMode.Read))
            Assert.Equal(20 << 20, zip.GetEntry("dump.sql")!.Length);
        await http.Send(HttpMethod.Delete, $"/api/backup-targets/{target.Id}").IsRefusedAsync(409, "target_in_use");

        var large = peer.Objects().MaxBy(o => new FileInfo(o).Length)!;
        var bytes = await File.ReadAllBytesAsync(large);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(large, bytes);
        await http.Get<BackupView>($"/api/backups/{view.Id}/download").IsRefusedAsync(409, "backup_not_usable");
        Assert.Equal("altered_part", (await http.Get<BackupView>($"/api/backups/{view.Id}")).FaultCode);

        await peer.StopAsync();
        var test = await http.Post<BackupTargetTest>($"/api/backup-targets/{target.Id}/test");
        Assert.Equal((false, "The store does not answer."), (test.Ok, test.Message));
        await ImportAsync(http, Zip(1000)).IsRefusedAsync(503, "target_unreachable");
    }

    /// <summary>Each step twice, a failure at each, and undone twice.</summary>
    [Fact]
    public async Task A_copy_at_a_second_place_holds()
    {
        await using var peer = await BucketPeer.StartAsync(Directory.CreateTempSubdirectory("ocore-keep-").FullName);
        await using var scene = await OdooScene.StartEmptyAsync([], a => a.Set("FETCH_ALLOW", $"127.0.0.1:{peer.Port}"));
        await scene.Http.Post<SaveBackupTarget, BackupTargetView>("/api/backup-targets",
            new SaveBackupTarget { Name = "second", Endpoint = $"http://127.0.0.1:{peer.Port}", Bucket = BucketPeer.Bucket, AccessKey = BucketPeer.Key, SecretKey = BucketPeer.Key });
        var backup = await ImportAsync(scene.Http, Zip(6 << 20));
        await scene.ProveAsync(new OperationCase("backup.keep",
            async () => (await scene.Http.Post<KeepBackup, OperationView>($"/api/backups/{backup.Id}/keep", new KeepBackup { Target = "second" })).Id,
            async (id, state) =>
            {
                if (state == OperationState.Stuck)
                    await scene.RetryAsync(id);
                var copy = Assert.Single((await scene.Http.Get<Page<BackupView>>("/api/backups")).Data, b => b.CopyOf == backup.Id);
                Assert.Equal(state == OperationState.RolledBack ? BackupState.Failed : BackupState.Intact, copy.State);
                Assert.Equal(state == OperationState.RolledBack ? 0 : 4, peer.Objects().Count);
                await scene.EndOfAsync(await scene.Http.Delete<OperationView>($"/api/backups/{copy.Id}"));
                Assert.Empty(peer.Objects());
            }), output.WriteLine);
        Assert.Equal(BackupState.Intact, (await scene.Http.Get<BackupView>($"/api/backups/{backup.Id}")).State);
    }

    private static Task<BackupView> ImportAsync(OCoreHttp http, byte[] zip) =>
        http.Send<BackupView>(HttpMethod.Post, "/api/backups/import", new ByteArrayContent(zip) { Headers = { ContentType = new("application/zip") } }, CancellationToken.None);

    private static async Task<byte[]> DownloadAsync(OCoreHttp http, BackupView view)
    {
        using var body = new MemoryStream();
        await http.Download($"/api/backups/{view.Id}/download", body, CancellationToken.None);
        Assert.Contains((await http.Get<Page<AuditEntryView>>("/api/audit-logs?action=backup.downloaded")).Data, a => a.ObjectId == view.Id.ToString());
        return body.ToArray();
    }

    private static byte[] Zip(int length)
    {
        using var all = new MemoryStream();
        using (var zip = new ZipArchive(all, ZipArchiveMode.Create, leaveOpen: true))
        {
            using (var manifest = zip.CreateEntry("manifest.json").Open())
                manifest.Write("""{"major_version":"19.0","db_name":"bucket","pg_version":"16.0","modules":{}}"""u8);
            using var dump = zip.CreateEntry("dump.sql", CompressionLevel.NoCompression).Open();
            dump.Write(RandomNumberGenerator.GetBytes(length));
        }
        return all.ToArray();
    }
}
