using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using OCore.Client;
using OCore.SystemTests.Backups;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>
/// The blueprint of two Odoo nodes, as it is drawn: their files on one NFS server, which kernels of their own mount. What one saves the other
/// has; what is backed up comes back to both; and who waits for the server when it is away goes on when it is back.
/// </summary>
public sealed class SharingFilesByNfs(MountingLab lab, ITestOutputHelper output) : IClassFixture<MountingLab>
{
    private const string Domain = "shared.shop.example";
    private BackupScene Backups => new(lab.Scene);

    [MountingFact]
    public async Task Two_Odoo_share_their_files_and_their_backup()
    {
        var (scene, clock) = (lab.Scene, Stopwatch.StartNew());
        var topology = await lab.DrawAsync(Sketch.Of("shared"), "Shared", lab.Places(("edge", 1), ("files", 1), ("db", 1), ("app-1", 2), ("app-2", 3)));
        await lab.DeployAsync(topology, new PlanTopology { Organization = scene.Client.Slug, Name = "Shared ERP", Domain = Domain });
        output.WriteLine($"{clock.Elapsed.TotalSeconds:0} s  deployed");
        foreach (var node in topology.TopologyData.Nodes)
        {
            var seen = await lab.MeasureAsync(topology, node.Id);
            Assert.True(seen.State == TopologyNodeState.Running, $"{node.Id}: {seen.State} {seen.Message}");
            Assert.Empty(seen.Drift);
        }

        var (instance, admin) = await lab.InstanceOfAsync(topology);
        using var visitor = await lab.SignedInAsync(instance, admin);
        var contents = Enumerable.Range(0, 5).Select(_ => RandomNumberGenerator.GetBytes(60_000)).ToList();
        var ids = new List<int>();
        foreach (var content in contents)
            ids.Add((await visitor.ExecuteAsync("ir.attachment", "create", new object[] { new { name = "shared-bin", datas = Convert.ToBase64String(content) } })).GetInt32());
        await EachNodeHasAsync(contents);

        var backup = await Backups.TakeAsync(instance);
        var manifest = await Backups.ManifestAsync(backup);
        Assert.Equal((0, 0), (manifest.FilesMissing, manifest.FilesAmiss));
        Assert.True(manifest.FileCount >= 5, $"{manifest.FileCount} files");

        // Gone from the database and from the server; Odoo would have swept the files away a day later.
        await visitor.ExecuteAsync("ir.attachment", "unlink", new object[] { ids });
        await lab.Machines[0].ShellAsync("docker exec \"$(docker ps --filter name=ocore-filestore --format '{{.Names}}')\" sh -c 'rm -rf /srv/ocore/files/*/*'");
        clock.Restart();
        await scene.EndOfAsync(await scene.Http.Post<RestoreBackup, OperationView>($"/api/backups/{backup.Id}/restore", new RestoreBackup { Confirm = instance.Slug }), seconds: 420);
        output.WriteLine($"{clock.Elapsed.TotalSeconds:0} s  restored");
        await scene.UntilAsync(async () => (await lab.MeasureAsync(topology, "lb")).State == TopologyNodeState.Running, "both Odoo are behind the load balancer", 90);
        await EachNodeHasAsync(contents);
        await visitor.SignInAsync(admin.Login, admin.Password);
        await ReadsAsync(visitor, admin, ids.Zip(contents));

        await lab.Machines[0].ShellAsync("kill -9 \"$(docker inspect -f '{{.State.Pid}}' \"$(docker ps --filter name=ocore-filestore --format '{{.Names}}')\")\"");
        clock.Restart();
        await scene.UntilAsync(async () => (await lab.MeasureAsync(topology, "filestore")).State == TopologyNodeState.Running, "the NFS server is back", 60);
        await ReadsAsync(visitor, admin, ids.Zip(contents));
        output.WriteLine($"{clock.Elapsed.TotalSeconds:0} s  read again after the NFS server was killed");

        // With one Odoo less: the NFS server lets nobody in who is gone, and keeps what it has.
        var whole = topology.TopologyData;
        topology = await scene.Http.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { Changes = [new() { Op = TopologyChangeKind.RemoveNode, Id = "odoo-2" }] });
        await lab.DeployAsync(topology, new PlanTopology());
        var config = await lab.Machines[0].ShellAsync("docker exec \"$(docker ps --filter name=ocore-filestore --format '{{.Names}}')\" cat /etc/ganesha/ocore.conf");
        Assert.Contains(lab.Machines[1].Host.Value, config, StringComparison.Ordinal);
        Assert.DoesNotContain(lab.Machines[2].Host.Value, config, StringComparison.Ordinal);
        // Sessions are on their node: who was on the one that is gone comes in again.
        await visitor.SignInAsync(admin.Login, admin.Password);
        await ReadsAsync(visitor, admin, ids.Zip(contents));

        // And with it again: it has what was saved before it came.
        topology = await scene.Http.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { TopologyData = whole });
        await lab.DeployAsync(topology, new PlanTopology());
        await scene.UntilAsync(async () => (await lab.MeasureAsync(topology, "lb")).State == TopologyNodeState.Running, "both Odoo are behind the load balancer again", 90);
        await EachNodeHasAsync(contents);
        await ReadsAsync(visitor, admin, ids.Zip(contents));

        foreach (var left in await Backups.OfAsync(instance))
            await Backups.DeleteAsync(left);
        await lab.DestroyAsync(topology);
        await lab.NothingIsLeftAsync();
    }

    /// <summary>In the filestore that the Odoo of each machine sees.</summary>
    private async Task EachNodeHasAsync(IEnumerable<byte[]> contents)
    {
        foreach (var machine in lab.Machines.Skip(1))
        {
            var there = await machine.ShellAsync("docker exec \"$(docker ps --filter label=ocore.instance --format '{{.Names}}')\" sh -c 'sha256sum /var/lib/odoo/filestore/*/[0-9a-f][0-9a-f]/*'");
            foreach (var content in contents)
                Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(content)), there, StringComparison.Ordinal);
        }
    }

    // Sessions are on their node, and a kernel that is emulated may be so slow that its node is taken out: who was on it comes in again.
    private static async Task ReadsAsync(OdooVisitor visitor, AdminCredentials admin, IEnumerable<(int Id, byte[] Content)> files)
    {
        foreach (var (id, content) in files)
        {
            var (read, answered) = ((byte[]?)null, HttpStatusCode.OK);
            for (var attempt = 1; read is null && attempt <= 5; attempt++)
            {
                if (attempt > 1)
                    await visitor.SignInAsync(admin.Login, admin.Password);
                using var answer = await visitor.GetAsync($"/web/content/{id}?download=true");
                (read, answered) = (answer.IsSuccessStatusCode ? await answer.Content.ReadAsByteArrayAsync() : null, answer.StatusCode);
            }
            Assert.True(read is not null, $"file {id}: {answered}");
            Assert.True(read.AsSpan().SequenceEqual(content), $"file {id} has other content");
        }
    }
}

/// <summary>One server of this machine's kernel, and two with a kernel of their own that can mount NFS.</summary>
public sealed class MountingLab : TopologyLab
{
    /// <summary>One for everything but Odoo, and two with a kernel of their own.</summary>
    internal static IReadOnlyList<LabServer> MachinesThatMount { get; } = [new LabServer("shared1"), new LabServer("mounting1"), new LabServer("mounting2")];

    internal override IReadOnlyList<LabServer> Machines => MachinesThatMount;

    private protected override string? WhyNot => MountingFactAttribute.WhyNot;

    private protected override Task MakeMachinesAsync() => MakeMachinesThatMountAsync();

    private protected override Task UnmakeMachinesAsync() => UnmakeMachinesThatMountAsync();

    /// <summary>A kernel of its own is at work also when nobody asks for anything.</summary>
    internal static Task UnmakeMachinesThatMountAsync() => Lab.RunAsync("destroy", "mounting1", "mounting2");

    internal static async Task MakeMachinesThatMountAsync()
    {
        await Lab.RunAsync("create", "1", "--prefix", "shared");
        await Lab.RunAsync("create", "2", "--kernel", "--prefix", "mounting");
    }
}

public sealed class MountingFactAttribute : FactAttribute
{
    internal static string? WhyNot => Lab.WhyNot
        ?? (Directory.Exists(Path.Combine(Lab.Folder, ".base")) && Directory.EnumerateDirectories(Path.Combine(Lab.Folder, ".base"), "uml-*").Any(f => File.Exists(Path.Combine(f, "complete"))) ? null
            : "no kernel was built here for servers that can mount NFS; bin/lab kernel builds one, which takes a quarter of an hour");

    public MountingFactAttribute() => Skip = WhyNot!;
}
