using OCore.Client;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Operations;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Backups;

/// <summary>The operations of backups, with real Odoo: each step twice, a failure at each step, and undone twice.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class BackupOperationsHold(OdooLab lab, ITestOutputHelper output)
{
    private OdooScene Scene => lab.Scene;
    private BackupScene Backups => new(lab.Scene);

    [LabFact]
    public async Task Taking()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Taken");
        await Scene.ProveAsync(new OperationCase("backup.take",
            async () => (await Scene.Http.Post<TakeBackup, OperationView>($"/api/instances/{made.Id}/backups", new TakeBackup())).Id,
            async (id, state) =>
            {
                if (state == OperationState.Stuck)
                    await Scene.RetryAsync(id);
                var backup = (await Backups.OfAsync(made))[0];
                Assert.Equal(state == OperationState.RolledBack ? BackupState.Failed : BackupState.Intact, backup.State);
                // Three parts and the manifest, or nothing at all.
                Assert.Equal(state == OperationState.RolledBack ? 0 : 4, Directory.Exists(Backups.FolderOf(backup)) ? Directory.GetFiles(Backups.FolderOf(backup)).Length : 0);
                await Scene.AnswersAsync(made);
                await Scene.NothingIsLeftAsync();
            }), output.WriteLine);
        await Backups.DeleteAllAsync(made);
        await Scene.DeleteAsync(made);
    }

    [LabFact]
    public async Task Deleting()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Forgotten");
        BackupView backup = null!;
        await Scene.ProveAsync(new OperationCase("backup.delete",
            async () => (await Scene.Http.Delete<OperationView>($"/api/backups/{backup.Id}")).Id,
            async (id, state) =>
            {
                if (state == OperationState.Stuck)
                    await Scene.RetryAsync(id);
                await Scene.Http.Get<BackupView>($"/api/backups/{backup.Id}").IsRefusedAsync(404, "not_found");
                Assert.False(Directory.Exists(Backups.FolderOf(backup)));
            },
            ArrangeAsync: async () => backup = await Backups.TakeAsync(made)), output.WriteLine);
        await Scene.DeleteAsync(made);
        await Scene.NothingIsLeftAsync();
    }

    [LabFact]
    public async Task Verifying()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Proven");
        var backup = await Backups.TakeAsync(made);
        await Scene.ProveAsync(new OperationCase("backup.verify",
            async () => (await Scene.Http.Post<OperationView>($"/api/backups/{backup.Id}/verify")).Id,
            async (id, state) =>
            {
                if (state == OperationState.Stuck)
                    await Scene.RetryAsync(id);
                var seen = await Backups.GetAsync(backup.Id);
                Assert.Equal(state == OperationState.RolledBack ? backup.State : BackupState.Verified, seen.State);
                backup = seen;
                await Scene.AnswersAsync(made);
                await Scene.NothingIsLeftAsync();
            }), output.WriteLine);
        await Backups.DeleteAllAsync(made);
        await Scene.DeleteAsync(made);
    }

    [LabFact]
    public async Task Restoring()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Returned");
        var backup = await Backups.TakeAsync(made);
        await Scene.ProveAsync(new OperationCase("backup.restore",
            async () => (await Scene.Http.Post<RestoreBackup, OperationView>($"/api/backups/{backup.Id}/restore", new RestoreBackup { Confirm = made.Slug })).Id,
            async (id, state) =>
            {
                if (state == OperationState.Stuck)
                    await Scene.RetryAsync(id);
                Assert.Equal(InstanceStatus.Running, (await Scene.InstanceAsync(made.Id)).Status);
                await Scene.AnswersAsync(made);
                // What was changed since is there exactly where the way led back.
                Assert.Equal(state == OperationState.RolledBack ? "1" : "0", await Backups.SqlAsync(made, "SELECT count(*) FROM res_partner WHERE name = 'Changed since'"));
                await Scene.NothingIsLeftAsync();
            },
            ArrangeAsync: () => Backups.SqlAsync(made, "DELETE FROM res_partner WHERE name = 'Changed since'; INSERT INTO res_partner (name, complete_name, active) VALUES ('Changed since', 'Changed since', true)")), output.WriteLine);
        await Backups.DeleteAllAsync(made);
        await Scene.DeleteAsync(made);
    }

    [LabFact]
    public async Task Copying()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Model");
        var backup = await Backups.TakeAsync(made);
        await Scene.ProveAsync(new OperationCase("backup.copy",
            async () => (await Scene.Http.Post<CopyBackup, OperationView>($"/api/backups/{backup.Id}/copy", new CopyBackup { Name = "Likeness" })).Id,
            async (id, state) =>
            {
                var instance = (await Scene.EndedAsync(id)).InstanceId!.Value;
                if (state == OperationState.RolledBack)
                    await Scene.Http.Get<InstanceView>($"/api/instances/{instance}").IsRefusedAsync(404, "not_found");
                else
                {
                    await Scene.AnswersAsync(await Scene.InstanceAsync(instance));
                    await Scene.NothingIsLeftAsync();
                    await Scene.DeleteAsync(await Scene.InstanceAsync(instance));
                }
                await Scene.NothingIsLeftAsync();
            }), output.WriteLine);
        await Backups.DeleteAllAsync(made);
        await Scene.DeleteAsync(made);
    }
}
