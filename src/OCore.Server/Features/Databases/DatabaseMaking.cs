using OCore.Features.Backups;
using OCore.Features.Instances;
using OCore.Features.Templates;
using OCore.Platform.Operations;

namespace OCore.Features.Databases;

/// <param name="DatabaseId">The row of what is made.</param>
internal sealed record CreateDatabaseInput(Guid InstanceId, Guid DatabaseId, IReadOnlyList<string> Languages, bool Demo);

/// <summary>A further database with Odoo's base and nothing else, cloned from one that was initialised before.</summary>
internal sealed class CreateDatabaseKind : OperationKind<CreateDatabaseInput>
{
    public override string Name => "database.create";
    public override bool BeginsWithRequest => true;

    protected override void Define(StepList<CreateDatabaseInput> steps) => steps
        .Step("check the server", (i, c) => ProvisionInstanceKind.CheckAsync(new(i.InstanceId), c), (i, c) => DatabaseSteps.ForgetAsync(i.DatabaseId, c))
        .Step("fetch the sources", (i, c) => ProvisionInstanceKind.EnsureSourcesAsync(new(i.InstanceId), c))
        .Step("prepare the template database", PrepareAsync)
        .Step("copy it, with an identity of its own", CopyAsync, RemoveAsync)
        .Pivot("finish", (i, c) => DatabaseSteps.ReadyAsync(i.DatabaseId, c));

    // The PostgreSQL of a topology has no template databases.
    private static Task PrepareAsync(CreateDatabaseInput input, StepContext context) => DatabaseSteps.OnAsync(input.InstanceId, context, (db, on) =>
        on.Plan.Cluster is not null ? Task.CompletedTask : context.Get<TemplateDatabases>().EnsureAsync(db, on.Connection, on.Server, ContentOf(on, input), context.Log, context.Stop));

    private static Task CopyAsync(CreateDatabaseInput input, StepContext context) => DatabaseSteps.OnAsync(input.InstanceId, input.DatabaseId, context, async (_, on, row) =>
    {
        if (on.Plan.Cluster is not null)
        {
            await InitialiseAsync(on.Of(row.Name), input, context);
            await DatabaseSteps.IdentifyAsync(on, row.Name, row.Id, newPassword: true, context.Stop);
            return;
        }
        var template = ContentOf(on, input).Database;
        await on.SqlAsync("postgres", DatabaseSql.Clone, new Dictionary<string, string> { ["db"] = row.Name, ["template"] = template, ["role"] = on.Plan.Role }, context.Stop);
        await context.Get<DatabaseCopier>().TakeTemplateFilesAsync(on, template, row.Name, context.Stop);
        await DatabaseSteps.IdentifyAsync(on, row.Name, row.Id, newPassword: true, context.Stop);
    });

    private static async Task InitialiseAsync(InstanceOnServer on, CreateDatabaseInput input, StepContext context)
    {
        await on.Connection.Docker.RemoveContainerAsync(OdooInitialisation.ContainerOf(on), context.Stop);
        await on.SqlAsync("postgres", BackupSql.CreateEmpty, new Dictionary<string, string> { ["db"] = on.Plan.Database, ["owner"] = on.Plan.Role }, context.Stop);
        await OdooInitialisation.RunAsync(on, [], input.Languages, input.Demo, context.Log, context.Stop);
    }

    private static async Task RemoveAsync(CreateDatabaseInput input, StepContext context)
    {
        await DatabaseSteps.OnAsync(input.InstanceId, context, (_, on) => on.Connection.Docker.RemoveContainerAsync(OdooInitialisation.ContainerOf(on), context.Stop));
        await DatabaseSteps.RemoveAsync(input.InstanceId, input.DatabaseId, context);
    }

    private static TemplateContent ContentOf(InstanceOnServer on, CreateDatabaseInput input) =>
        TemplateContent.Of(on.Instance) with { Modules = [], Languages = input.Languages, Demo = input.Demo };
}

/// <param name="From">The name of what is copied.</param>
internal sealed record DuplicateDatabaseInput(Guid InstanceId, Guid DatabaseId, string From, bool Neutralize);

/// <summary>A copy of a database and its files of one moment, while people work in it.</summary>
internal sealed class DuplicateDatabaseKind : OperationKind<DuplicateDatabaseInput>
{
    public override string Name => "database.duplicate";
    public override bool BeginsWithRequest => true;

    protected override void Define(StepList<DuplicateDatabaseInput> steps) => steps
        .Step("check the server", (i, c) => ProvisionInstanceKind.CheckAsync(new(i.InstanceId), c), (i, c) => DatabaseSteps.ForgetAsync(i.DatabaseId, c))
        .Step("copy the database and the files", CopyAsync, (i, c) => DatabaseSteps.RemoveAsync(i.InstanceId, i.DatabaseId, c))
        .Step("give it an identity of its own", (i, c) => DatabaseSteps.OnAsync(i.InstanceId, i.DatabaseId, c, (_, on, row) => DatabaseSteps.IdentifyAsync(on, row.Name, row.Id, newPassword: false, c.Stop)))
        .Step("neutralize it", (i, c) => i.Neutralize ? DatabaseSteps.NeutralizeAsync(i.InstanceId, i.DatabaseId, c) : Task.CompletedTask)
        .Pivot("finish", (i, c) => DatabaseSteps.ReadyAsync(i.DatabaseId, c));

    private static Task CopyAsync(DuplicateDatabaseInput input, StepContext context) => DatabaseSteps.OnAsync(input.InstanceId, input.DatabaseId, context, (_, on, row) =>
        context.Get<DatabaseCopier>().CopyAsync(on, input.From, row.Name, context.Log, context.Stop));
}

internal sealed record RestoreDatabaseInput(Guid InstanceId, Guid DatabaseId, Guid BackupId, bool Neutralize);

/// <summary>What a backup holds as a further database: nothing of what is there is touched.</summary>
internal sealed class RestoreDatabaseKind : OperationKind<RestoreDatabaseInput>
{
    public override string Name => "database.restore";
    public override bool BeginsWithRequest => true;

    protected override void Define(StepList<RestoreDatabaseInput> steps) => steps
        .Step("check the server", (i, c) => ProvisionInstanceKind.CheckAsync(new(i.InstanceId), c), (i, c) => DatabaseSteps.ForgetAsync(i.DatabaseId, c))
        .Step("read the backup", (i, c) => BackupSteps.ReadBackAsync(i.BackupId, c))
        .Step("restore the database", (i, c) => OnAsync(i, c, (restorer, db, on, backup, row) => restorer.DatabaseAsync(db, on, backup, row.Name, c.Log, c.Stop)), (i, c) => DatabaseSteps.RemoveAsync(i.InstanceId, i.DatabaseId, c))
        .Step("restore the files", (i, c) => OnAsync(i, c, (restorer, db, on, backup, row) => restorer.FilesAsync(db, on, backup, row.Name, c.Log, c.Stop)))
        .Step("compare it with its manifest", CompareAsync)
        .Step("give it an identity of its own", (i, c) => DatabaseSteps.OnAsync(i.InstanceId, i.DatabaseId, c, (_, on, row) => DatabaseSteps.IdentifyAsync(on, row.Name, row.Id, newPassword: false, c.Stop)))
        .Step("neutralize it", (i, c) => i.Neutralize ? DatabaseSteps.NeutralizeAsync(i.InstanceId, i.DatabaseId, c) : Task.CompletedTask)
        .Pivot("finish", (i, c) => DatabaseSteps.ReadyAsync(i.DatabaseId, c));

    private static async Task CompareAsync(RestoreDatabaseInput input, StepContext context)
    {
        BackupFault? fault = null;
        await OnAsync(input, context, async (restorer, db, on, backup, row) => fault = await restorer.CompareAsync(db, on, backup, row.Name, context.Stop));
        if (fault is not null)
            throw new StepRefusedException("backup_damaged", $"{fault.Code}: {fault.Message}", "Use another backup.");
    }

    // As the instance would be that served it, so that files come to where its Odoo would look for them.
    private static Task OnAsync(RestoreDatabaseInput input, StepContext context, Func<BackupRestorer, Platform.Data.OCoreDb, InstanceOnServer, Backup, InstanceDatabase, Task> work) =>
        DatabaseSteps.OnAsync(input.InstanceId, input.DatabaseId, context, async (db, on, row) =>
        {
            var backup = await BackupSteps.FindAsync(db, input.BackupId, context.Stop);
            await BackupSteps.AtStoreAsync(() => work(context.Get<BackupRestorer>(), db, on.Of(row.Name), backup, row));
        });
}
