using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Operations;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Instances;

/// <summary>The operations on databases, with real Odoo: each step twice, a failure at each step, and undone twice.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class DatabaseOperationsHold(OdooLab lab, ITestOutputHelper output)
{
    private OdooScene Scene => lab.Scene;
    private DatabaseScene Bases => new(lab.Scene);

    [LabFact]
    public async Task Creating() => await MakingAsync("database.create", "Emptied", (made, name, _) => Bases.BeginCreatingAsync(made, name));

    [LabFact]
    public async Task Duplicating() => await MakingAsync("database.duplicate", "Doubled", (made, name, _) => Bases.BeginDuplicatingAsync(made, made.Database, name));

    [LabFact]
    public async Task Restoring_beside() => await MakingAsync("database.restore", "Fetched", (made, name, backup) => Bases.BeginCreatingAsync(made, name, backup!.Id), Bases.Backups.TakeAsync);

    /// <summary>What makes a database: it is there, or nothing of it is.</summary>
    /// <param name="take">A backup, before anything is made to fail: what fails is what begins after it.</param>
    private async Task MakingAsync(string kind, string name, Func<InstanceView, string, BackupView?, Task<OperationView>> begin, Func<InstanceView, string?, Task<BackupView>>? take = null)
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, name);
        var backup = take is null ? null : await take(made, null);
        var beside = $"{made.Database}_b";
        await Scene.ProveAsync(new OperationCase(kind,
            async () => (await begin(made, beside, backup)).Id,
            async (id, state) =>
            {
                if (state == OperationState.Stuck)
                    await Scene.RetryAsync(id);
                Assert.Equal(state == OperationState.RolledBack ? ["*" + made.Database] : ["*" + made.Database, beside], await Bases.NamesAsync(made));
                Assert.Equal(state == OperationState.RolledBack ? [made.Database] : [made.Database, beside], await Bases.FoldersAsync(made));
                await Scene.AnswersAsync(made);
                await Scene.NothingIsLeftAsync();
            },
            ArrangeAsync: () => Bases.DropAllAsync(made, backup)), output.WriteLine);
        await Bases.DropAllAsync(made);
        await Scene.DeleteAsync(made);
    }

    [LabFact]
    public async Task Dropping()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Rid of");
        var beside = $"{made.Database}_b";
        await Scene.ProveAsync(new OperationCase("database.drop",
            async () => (await Bases.BeginDroppingAsync(made, beside)).Id,
            async (id, state) =>
            {
                if (state == OperationState.Stuck)
                    await Scene.RetryAsync(id);
                var kept = state == OperationState.RolledBack;
                Assert.Equal(kept ? ["*" + made.Database, beside] : ["*" + made.Database], await Bases.NamesAsync(made));
                Assert.Equal(kept ? [made.Database, beside] : [made.Database], await Bases.FoldersAsync(made));
                Assert.Equal(kept ? BackupState.Failed : BackupState.Intact, (await Bases.Backups.OfAsync(made))[0].State);
                await Scene.NothingIsLeftAsync();
            },
            ArrangeAsync: async () =>
            {
                await Bases.Backups.DeleteAllAsync(made);
                if ((await Bases.OfAsync(made)).Count == 1)
                    await Scene.EndOfAsync(await Bases.BeginCreatingAsync(made, beside));
            }), output.WriteLine);
        await Bases.DropAllAsync(made);
        await Scene.DeleteAsync(made);
    }

    /// <summary>The served one, which is the harder of both: Odoo, the role and odoo.conf go along.</summary>
    [LabFact]
    public async Task Renaming()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Called");
        string Other() => made.Database.EndsWith("_n", StringComparison.Ordinal) ? made.Database[..^2] : $"{made.Database}_n";
        var wanted = "";
        await Scene.ProveAsync(new OperationCase("database.rename",
            async () => (await Bases.BeginRenamingAsync(made, made.Database, wanted = Other())).Id,
            async (id, state) =>
            {
                if (state == OperationState.Stuck)
                    await Scene.RetryAsync(id);
                var before = made.Database;
                made = await Scene.InstanceAsync(made.Id);
                Assert.Equal(state == OperationState.RolledBack ? before : wanted, made.Database);
                Assert.Equal(["*" + made.Database], await Bases.NamesAsync(made));
                Assert.Equal([made.Database], await Bases.FoldersAsync(made));
                await Scene.AnswersAsync(made);
                await Scene.NothingIsLeftAsync();
            }), output.WriteLine);
        await Scene.DeleteAsync(made);
    }

    [LabFact]
    public async Task Serving()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Changed over");
        await Scene.EndOfAsync(await Bases.BeginDuplicatingAsync(made, made.Database, $"{made.Database}_b"));
        var wanted = "";
        await Scene.ProveAsync(new OperationCase("database.serve",
            async () => (await Bases.BeginServingAsync(made, wanted = (await Bases.OfAsync(made)).Single(d => !d.IsServed).Name)).Id,
            async (id, state) =>
            {
                if (state == OperationState.Stuck)
                    await Scene.RetryAsync(id);
                var before = made.Database;
                made = await Scene.InstanceAsync(made.Id);
                var served = state == OperationState.RolledBack ? before : wanted;
                Assert.Equal(["*" + served, served == wanted ? before : wanted], await Bases.NamesAsync(made));
                await Scene.AnswersAsync(made);
                await Scene.NothingIsLeftAsync();
            }), output.WriteLine);
        await Bases.DropAllAsync(made);
        await Scene.DeleteAsync(made);
    }

    [LabFact]
    public async Task Neutralizing()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Quiet");
        await Scene.ProveAsync(new OperationCase("database.neutralize",
            async () => (await Bases.BeginNeutralizingAsync(made, made.Database)).Id,
            async (id, state) =>
            {
                if (state == OperationState.Stuck)
                    await Scene.RetryAsync(id);
                Assert.Equal(state != OperationState.RolledBack, await Bases.IsNeutralAsync(made, made.Database));
                await Scene.AnswersAsync(made);
                await Scene.NothingIsLeftAsync();
            },
            // What was neutral already would prove nothing.
            ArrangeAsync: async () => await Bases.SqlAsync(made, made.Database,
                "DELETE FROM ir_config_parameter WHERE key = 'database.is_neutralized'; UPDATE ir_cron SET active = true WHERE id = (SELECT max(id) FROM ir_cron)")), output.WriteLine);
        await Bases.Backups.DeleteAllAsync(made);
        await Scene.DeleteAsync(made);
    }
}
