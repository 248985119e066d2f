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
}
