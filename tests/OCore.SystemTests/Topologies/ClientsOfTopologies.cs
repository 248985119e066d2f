using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Topologies.Deployments;
using OCore.SystemTests.Backups;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Agency;
using OCore.Tests.Topologies;
using Xunit;

namespace OCore.SystemTests.Topologies;

/// <summary>A client whose Odoo is on two servers is suspended and resumed, and then deleted: the topology goes with it, and the agency keeps its drawing.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class ClientsOfTopologies(TopologyLab lab)
{
    private OdooScene Scene => lab.Scene;
    private BackupScene Backups => new(lab.Scene);

    [LabFact]
    public async Task Suspending_resuming_and_deleting_go_to_every_server()
    {
        var client = await Scene.App.ClientOfAsync(Scene.Agency, "Leavers and Sons");
        var topology = await lab.DrawBackedUpAsync(DeployScene.Pair(), "Two of each", lab.Places(("edge", 1), ("app-1", 1), ("app-2", 2), ("db", 2)));
        await lab.DeployAsync(topology, new PlanTopology { Organization = client.Slug, Name = "Shared ERP", Domain = "going.shop.example" });
        // Whatever stands still by itself is put right without asking.
        await Scene.Http.Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new() { RepairDrift = true });
        var (instance, admin) = await lab.InstanceOfAsync(topology, client);
        using var visitor = await lab.SignedInAsync(instance, admin);

        await SuspendedAsync(client, topology, instance, visitor);
        await ResumedAsync(client, topology, instance, visitor);
        await DeletedAsync(client, topology, instance);
    }

    private async Task SuspendedAsync(TestOrg client, TopologyView topology, InstanceView instance, OdooVisitor visitor)
    {
        Assert.Equal(2, await visitor.UserAsync());
        await Scene.EndOfAsync(await Scene.Http.Post<SuspendClient, OperationView>($"/api/agency/clients/{client.Slug}/suspend", new SuspendClient { Reason = "Unpaid" }));
        await StandsStillAsync(instance);
        await Scene.UntilAsync(visitor.ReadsNoticeAsync, "people read that nobody answers", 30);

        // Neither whoever looks at topologies starts anything, nor whoever looks at servers.
        var since = Scene.App.Clock.GetUtcNow();
        for (var look = 0; look < 3; look++)
            await Scene.App.Services.GetRequiredService<TopologyWatch>().LookAsync(default);
        foreach (var server in Scene.Servers.Take(2))
            await Scene.UntilAsync(async () => (await Scene.Http.Get<ServerView>($"/api/servers/{server.Id}")).LastSeenAt > since, $"{server.Name} is looked at", 60);
        await StandsStillAsync(instance);
        Assert.True(await visitor.ReadsNoticeAsync());
        Assert.Empty((await Scene.Http.Get<Page<OperationView>>($"/api/operations?topology={topology.Id}&kind=topology.repair")).Data);
        await Scene.Http.Post<RepairTopology, OperationView>($"/api/topologies/{topology.Id}/repair", new() { NodeIds = ["odoo-2"] }).IsRefusedAsync(409, "client_suspended");
        foreach (var node in (string[])["postgres", "redis"])
            Assert.Equal(TopologyNodeState.Running, (await lab.MeasureAsync(topology, node)).State);
    }

    private async Task StandsStillAsync(InstanceView instance)
    {
        Assert.Equal(InstanceStatus.Suspended, (await Scene.InstanceAsync(instance.Id)).Status);
        foreach (var machine in lab.Machines.Take(2))
        {
            Assert.Equal("", (await machine.ShellAsync("docker ps --filter label=ocore.instance --format '{{.Names}}'")).Trim());
            Assert.Single((await machine.ShellAsync("docker ps -a --filter label=ocore.instance --format '{{.Names}}'")).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    private async Task ResumedAsync(TestOrg client, TopologyView topology, InstanceView instance, OdooVisitor visitor)
    {
        await Scene.EndOfAsync(await Scene.Http.Post<OperationView>($"/api/agency/clients/{client.Slug}/resume"));
        foreach (var node in (string[])["odoo-1", "odoo-2", "lb"])
            await Scene.UntilAsync(async () => (await lab.MeasureAsync(topology, node)).State == TopologyNodeState.Running, $"{node} is back", 90);
        Assert.Equal(InstanceStatus.Running, (await Scene.InstanceAsync(instance.Id)).Status);
        // Whoever was signed in still is, at either node.
        for (var request = 0; request < 6; request++)
            Assert.Equal(2, await visitor.UserAsync());
    }

    private async Task DeletedAsync(TestOrg client, TopologyView topology, InstanceView instance)
    {
        var target = DrawnBackups.TargetOf(topology.Id, "backup");
        var backup = await Backups.TakeAsync(instance, target.ToString());
        Assert.NotEmpty(ObjectsOf(backup));
        // Others' deployments keep theirs in the same bucket.
        Assert.NotEmpty(FilesOf(instance));

        await Scene.EndOfAsync(await Scene.Http.Delete<OperationView>($"/api/agency/clients/{client.Slug}?keepBackupDays=7"), seconds: 420);

        await lab.NothingIsLeftAsync();
        Assert.Empty(ObjectsOf(backup));
        Assert.Empty(FilesOf(instance));
        await Scene.Http.Get<BackupTargetView>($"/api/backup-targets/{target}").IsRefusedAsync(404, "not_found");
        var kept = Assert.Single((await Scene.Http.Get<Page<BackupView>>("/api/backups?limit=100")).Data, b => b.InstanceId == instance.Id);
        Assert.Equal(("deletion", BackupState.Intact, (Guid?)null), (kept.Reason, kept.State, kept.Target?.Id));
        await OnlyRemembersAsync(client, instance, target, "Backups");
        await Backups.DeleteAsync(kept);
        await OnlyRemembersAsync(client, instance, target);

        var drawing = await Scene.Http.Get<TopologyView>($"/api/topologies/{topology.Id}");
        Assert.Null(drawing.Deployment);
        Assert.Equal(topology.TopologyData.Nodes.Count, drawing.TopologyData.Nodes.Count);
        await Scene.Http.Send(HttpMethod.Delete, $"/api/topologies/{topology.Id}");
    }

    private IEnumerable<string> FilesOf(InstanceView instance) => lab.Bucket.Objects.Keys.Where(k => k.Contains($"/{instance.Database}/", StringComparison.Ordinal));

    private IEnumerable<string> ObjectsOf(BackupView backup) => lab.Backups.Objects().Where(o => o.Contains(backup.Id.ToString("N"), StringComparison.Ordinal));

    /// <param name="kept">Where the last backup is, which says of which instance it is.</param>
    private async Task OnlyRemembersAsync(TestOrg client, InstanceView instance, Guid target, params string[] kept)
    {
        async Task<IEnumerable<string>> TablesAsync(string word) => (await DatabaseScan.MentionsAsync(Scene.App, word)).Keys;
        foreach (var word in (string[])[client.Id.ToString(), client.Id.ToString("N"), client.Slug, target.ToString()])
            Assert.Empty((await TablesAsync(word)).Except(["AuditLog"]).Select(table => $"{word} in {table}"));
        foreach (var word in (string[])[instance.Id.ToString(), instance.Id.ToString("N"), instance.Database, instance.Domain])
            Assert.Empty((await TablesAsync(word)).Except(["AuditLog", .. kept]).Select(table => $"{word} in {table}"));
        // The title of the deletion itself says whom it deleted.
        Assert.Equal(["AuditLog", "Operations"], await TablesAsync(client.Name));
    }
}
