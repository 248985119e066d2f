using System.Net;
using System.Security.Cryptography;
using OCore.Client;
using OCore.SystemTests.Backups;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>An Odoo over several servers, its files in a bucket, is backed up, proven, brought back and made an instance of one server.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class BackingUpTopologies(TopologyLab lab, ITestOutputHelper output)
{
    private const string Domain = "kept.shop.example";
    private BackupScene Backups => new(lab.Scene);

    [LabFact]
    public async Task What_a_topology_lost_is_there_again()
    {
        var scene = lab.Scene;
        var topology = await lab.DrawAsync(DeployScene.Pair(LoadBalancerType.Haproxy), "Kept", lab.Places(("edge", 1), ("app-1", 1), ("app-2", 2), ("db", 2)));
        await lab.DeployAsync(topology, new PlanTopology { Organization = scene.Client.Slug, Name = "Kept ERP", Domain = Domain });
        var (instance, admin) = await lab.InstanceOfAsync(topology);
        using var visitor = await lab.SignedInAsync(instance, admin);
        var contents = Enumerable.Range(0, 5).Select(_ => RandomNumberGenerator.GetBytes(60_000)).ToList();
        var ids = new List<int>();
        foreach (var content in contents)
            ids.Add((await visitor.ExecuteAsync("ir.attachment", "create", new object[] { new { name = "kept-bin", datas = Convert.ToBase64String(content) } })).GetInt32());

        var backup = await Backups.TakeAsync(instance);
        var manifest = await Backups.ManifestAsync(backup);
        Assert.Equal((0, 0), (manifest.FilesMissing, manifest.FilesAmiss));
        Assert.True(manifest.FileCount >= 5, $"{manifest.FileCount} files");
        await Backups.VerifyAsync(backup);
        backup = await Backups.GetAsync(backup.Id);
        Assert.Equal(BackupState.Verified, backup.State);
        output.WriteLine($"{manifest.FileCount} files from the bucket; verified in {backup.VerifySeconds} s");

        // Gone from the database, from the bucket and from the nodes' caches.
        await visitor.ExecuteAsync("ir.attachment", "unlink", new object[] { ids });
        foreach (var (name, content) in lab.Bucket.Objects)
            if (contents.Exists(c => c.AsSpan().SequenceEqual(content)))
                lab.Bucket.Objects.TryRemove(name, out _);
        foreach (var machine in lab.Machines.Take(2))
            await machine.ShellAsync("for c in $(docker ps --filter label=ocore.instance --format '{{.Names}}'); do docker exec -u odoo \"$c\" sh -c 'rm -rf /var/lib/odoo/filestore/*'; done");
        await scene.EndOfAsync(await scene.Http.Post<RestoreBackup, OperationView>($"/api/backups/{backup.Id}/restore", new RestoreBackup { Confirm = instance.Slug }), seconds: 420);
        await scene.UntilAsync(async () => (await lab.MeasureAsync(topology, "lb")).State == TopologyNodeState.Running, "both Odoo are behind the load balancer", 90);
        await visitor.SignInAsync(admin.Login, admin.Password);
        foreach (var (id, content) in ids.Zip(contents))
            for (var read = 0; read < 3; read++)
            {
                using var answer = await visitor.GetAsync($"/web/content/{id}?download=true");
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                Assert.True((await answer.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(content));
            }

        var copied = await scene.EndOfAsync(await scene.Http.Post<CopyBackup, OperationView>($"/api/backups/{backup.Id}/copy", new CopyBackup { Name = "Kept copy", ServerId = scene.Servers[2].Id.ToString() }), seconds: 420);
        var copy = await scene.InstanceAsync(copied.InstanceId!.Value);
        Assert.Null(copy.TopologyId);
        await scene.AnswersAsync(copy);
        Assert.Equal(5, await Backups.WholeAsync(copy, "kept"));
        await scene.DeleteAsync(copy);

        foreach (var left in await Backups.OfAsync(instance))
            await Backups.DeleteAsync(left);
        await lab.DestroyAsync(topology);
        await lab.NothingIsLeftAsync();
    }
}
