using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OCore.Features.Backups;
using OCore.Features.Instances;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Security;
using OCore.SystemTests.Backups;
using OCore.Tests;
using Xunit;

namespace OCore.SystemTests.Topologies;

/// <summary>A deployment that is undone, or whose client is deleted, takes away what its Odoo put into the bucket, and nothing that was there before or is somebody else's.</summary>
public sealed class UndoneBuckets
{
    private const string Database = "shop";
    private static readonly string One = "ab/" + new string('a', 40), Two = "cd/" + new string('c', 40);

    [Fact]
    public async Task What_was_put_there_goes_and_nothing_else()
    {
        await using var peer = await BucketPeer.StartAsync(Directory.CreateTempSubdirectory("ocore-undone-").FullName);
        await using var app = await TestApp.StartAsync(arrange: a => a.Set("FETCH_ALLOW", $"127.0.0.1:{peer.Port}"));
        var (mark, log, deployment) = (app.Services.GetRequiredService<BucketMark>(), new List<string>(), Guid.NewGuid());
        var bucket = new ClusterBucket($"http://127.0.0.1:{peer.Port}", BucketPeer.Bucket, "us-east-1", "acme/", BucketPeer.Key, BucketPeer.Key);
        async Task<IReadOnlyList<string>> ThereAsync()
        {
            using var store = StoreOf(app, peer);
            return [.. (await store.ListAsync("", default)).Select(o => o.Name).Order(StringComparer.Ordinal)];
        }

        // Of its neighbours, by name and by prefix.
        string[] others = ["acme/shop2/" + One, "elsewhere/shop/" + One];
        await PutAsync(app, peer, others);
        await mark.SetAsync(deployment, bucket, Database, log.Add, default);
        await mark.SetAsync(deployment, bucket, Database, log.Add, default);
        Assert.Empty(log);
        Assert.Equal(["acme/shop/" + BucketMark.Name, .. others], await ThereAsync());
        await PutAsync(app, peer, "acme/shop/" + One, "acme/shop/" + Two, "acme/shop/notes.txt");

        await mark.RemoveFilesAsync(Guid.NewGuid(), bucket, Database, [], 1, log.Add, default);
        Assert.Equal(6, (await ThereAsync()).Count);
        Assert.Contains("stay there", Assert.Single(log), StringComparison.Ordinal);
        log.Clear();
        await mark.RemoveFilesAsync(deployment, bucket, Database, [], 1, log.Add, default);
        await mark.RemoveFilesAsync(deployment, bucket, Database, [], 1, log.Add, default);
        Assert.Equal(["acme/shop/notes.txt", .. others], await ThereAsync());
        Assert.Equal([$"2 files are removed from the bucket {BucketPeer.Bucket}"], log);

        // Where something was there before, nothing is the deployment's own.
        log.Clear();
        await mark.SetAsync(deployment, bucket, Database, log.Add, default);
        Assert.Contains("is not taken away", Assert.Single(log), StringComparison.Ordinal);
        await PutAsync(app, peer, "acme/shop/" + One);
        await mark.RemoveFilesAsync(deployment, bucket, Database, [], 1, log.Add, default);
        Assert.Equal(["acme/shop/" + One, "acme/shop/notes.txt", .. others], await ThereAsync());
    }

    [Fact]
    public async Task Files_of_databases_beside_go_with_it_and_a_bucket_that_is_away_keeps_nobody()
    {
        await using var peer = await BucketPeer.StartAsync(Directory.CreateTempSubdirectory("ocore-kept-").FullName);
        await using var app = await TestApp.StartAsync(arrange: a => a.Set("FETCH_ALLOW", $"127.0.0.1:{peer.Port}"));
        var (mark, log, deployment) = (app.Services.GetRequiredService<BucketMark>(), new List<string>(), Guid.NewGuid());
        var bucket = new ClusterBucket($"http://127.0.0.1:{peer.Port}", BucketPeer.Bucket, "us-east-1", "", BucketPeer.Key, BucketPeer.Key);
        await mark.SetAsync(deployment, bucket, Database, log.Add, default);
        await PutAsync(app, peer, "shop/" + One, "shop-copy/" + One, "shop-copy/notes.txt");
        await mark.RemoveFilesAsync(deployment, bucket, Database, ["shop-copy", "never-had-files"], 1, log.Add, default);
        Assert.Contains("/shop-copy/notes.txt", Assert.Single(peer.Objects()), StringComparison.Ordinal);
        Assert.Equal([$"2 files are removed from the bucket {BucketPeer.Bucket}"], log);
        log.Clear();

        await mark.SetAsync(deployment, bucket with { AccessKey = "wrong" }, Database, log.Add, default);
        await mark.RemoveFilesAsync(deployment, bucket with { AccessKey = "wrong" }, Database, [], 1, log.Add, default);
        Assert.Equal([$"oCore cannot look into the bucket {BucketPeer.Bucket}: what is put there stays when the deployment goes",
            $"Files that were put into the bucket {BucketPeer.Bucket} stay there: The access key or its secret is wrong."], log);
        Assert.Single(peer.Objects());

        // Servers may come where oCore may not.
        log.Clear();
        var closed = bucket with { Endpoint = "http://10.99.99.99:9000" };
        await mark.SetAsync(deployment, closed, Database, log.Add, default);
        await mark.RemoveFilesAsync(deployment, closed, Database, [], 1, log.Add, default);
        Assert.EndsWith("is not on the public internet.", log[^1], StringComparison.Ordinal);
    }

    /// <summary>In the lab the files of real deployments are looked for in another one: it speaks as much of S3 as this takes.</summary>
    [Fact]
    public async Task What_was_put_into_the_labs_bucket_goes()
    {
        await using var there = await Bucket.StartAsync("127.0.0.1");
        await using var app = await TestApp.StartAsync(arrange: a => a.Set("FETCH_ALLOW", there.Authority));
        var (mark, log, deployment) = (app.Services.GetRequiredService<BucketMark>(), new List<string>(), Guid.NewGuid());
        var bucket = new ClusterBucket(there.Endpoint, "files", "us-east-1", "", Bucket.AccessKey, Bucket.SecretKey);
        await mark.SetAsync(deployment, bucket, Database, log.Add, default);
        Assert.Equal(["/files/shop/" + BucketMark.Name], there.Objects.Keys);
        foreach (var name in (string[])["shop/" + One, "shop/" + Two, "elsewhere/" + One])
            there.Objects["/files/" + name] = [1];
        await mark.RemoveFilesAsync(deployment, bucket, Database, [], 1, log.Add, default);
        Assert.Equal(["/files/elsewhere/" + One], there.Objects.Keys);
        Assert.Equal(["2 files are removed from the bucket files"], log);
        Assert.Equal((0, 3), (there.Refused, there.Removed));

        await mark.SetAsync(deployment, bucket with { SecretKey = "wrong" }, Database, log.Add, default);
        Assert.NotEqual(0, there.Refused);
        Assert.Single(there.Objects);
    }

    private static IBackupStore StoreOf(TestApp app, BucketPeer peer)
    {
        var place = new BackupTarget { Name = "all", Endpoint = $"http://127.0.0.1:{peer.Port}", Bucket = BucketPeer.Bucket, Prefix = "", AccessKey = BucketPeer.Key, SecretKeySealed = "" };
        place.SecretKeySealed = app.Services.GetRequiredService<SecretBox>().Seal(BucketPeer.Key, BackupStores.TargetSecret, place.Id);
        return app.Services.GetRequiredService<BackupStores>().Open(place);
    }

    private static async Task PutAsync(TestApp app, BucketPeer peer, params string[] names)
    {
        using var store = StoreOf(app, peer);
        foreach (var name in names)
        {
            await using var write = await store.CreateAsync(name, default);
            await write.Content.WriteAsync(Encoding.ASCII.GetBytes(name));
            await write.CompleteAsync(default);
        }
    }
}
