using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;
using OCore.Features.Backups;
using OCore.Features.Instances;
using OCore.Platform.Operations;

namespace OCore.Features.Databases;

/// <param name="DatabaseId">Null for the one that is served.</param>
/// <param name="Runs">Odoo works on it and is stopped meanwhile.</param>
internal sealed record RenameDatabaseInput(Guid InstanceId, Guid? DatabaseId, string From, string To, bool Runs);

/// <summary>Another name for a database and its files. The served one's Odoo is stopped meanwhile, and started with the new name in odoo.conf.</summary>
internal sealed class RenameDatabaseKind : OperationKind<RenameDatabaseInput>
{
    public override string Name => "database.rename";
    public override bool BeginsWithRequest => true;

    protected override void Define(StepList<RenameDatabaseInput> steps) => steps
        .Step("check the server", (i, c) => ProvisionInstanceKind.CheckAsync(new(i.InstanceId), c), ReleaseAsync)
        .Step("stop Odoo", (i, c) => DatabaseSteps.StopAsync(i.InstanceId, i.Runs, c), (i, c) => DatabaseSteps.StartAgainAsync(i.InstanceId, i.Runs, c))
        .Step("rename the database and its files", (i, c) => RenameAsync(i, i.From, i.To, c), (i, c) => RenameAsync(i, i.To, i.From, c))
        .Step("start Odoo", (i, c) => DatabaseSteps.StartAsync(i.InstanceId, i.Runs, c), (i, c) => DatabaseSteps.StopContainerAsync(i.InstanceId, i.Runs, c))
        .Step("wait until Odoo answers", (i, c) => DatabaseSteps.WaitAsync(i.InstanceId, i.Runs, c))
        .Pivot("finish", FinishAsync);

    private static Task RenameAsync(RenameDatabaseInput input, string from, string to, StepContext context) => DatabaseSteps.OnAsync(input.InstanceId, context, async (db, on) =>
    {
        var names = new Dictionary<string, string> { ["from"] = from, ["to"] = to, ["password"] = on.Plan.DatabasePassword };
        await context.Get<DatabaseCopier>().RenameFilesAsync(on, from, to, context.Stop);
        await on.SqlAsync("postgres", DatabaseSql.Rename, names, context.Stop);
        if (input.DatabaseId is null)
            await on.SqlAsync("postgres", DatabaseSql.RenameRole, names, context.Stop);
        if (input.DatabaseId is { } id)
        {
            var row = await DatabaseSteps.FindAsync(db, id, context.Stop);
            (row.Name, row.ReservedName) = (to, from);
        }
        else
            (on.Instance.Database, on.Instance.ReservedDatabase) = (to, from);
        await db.SaveChangesAsync(context.Stop);
        context.Log($"{from} is called {to}");
    });

    private static async Task FinishAsync(RenameDatabaseInput input, StepContext context)
    {
        await DatabaseSteps.FinishAsync(input.InstanceId, input.Runs, context);
        await ReleaseAsync(input, context);
    }

    // The name that it does not have is anybody's again.
    private static async Task ReleaseAsync(RenameDatabaseInput input, StepContext context)
    {
        if (input.DatabaseId is { } id)
        {
            await DatabaseSteps.ReadyAsync(id, context);
            return;
        }
        await using var db = context.OpenDb();
        if (await db.Instances.SingleOrDefaultAsync(i => i.Id == input.InstanceId, context.Stop) is not { } instance)
            return;
        instance.ReservedDatabase = null;
        await db.SaveChangesAsync(context.Stop);
    }
}

/// <param name="From">The name of the one that is served before.</param>
/// <param name="To">The name of the one that is served then.</param>
internal sealed record ServeDatabaseInput(Guid InstanceId, Guid DatabaseId, string From, string To, bool Runs);

/// <summary>Another of its databases becomes the one that the instance serves; the one before lies beside it.</summary>
internal sealed class ServeDatabaseKind : OperationKind<ServeDatabaseInput>
{
    public override string Name => "database.serve";

    protected override void Define(StepList<ServeDatabaseInput> steps) => steps
        .Step("check the server", (i, c) => ProvisionInstanceKind.CheckAsync(new(i.InstanceId), c))
        .Step("stop Odoo", (i, c) => DatabaseSteps.StopAsync(i.InstanceId, i.Runs, c), (i, c) => DatabaseSteps.StartAgainAsync(i.InstanceId, i.Runs, c))
        .Step("put the other one in its place", (i, c) => SwapAsync(i, i.From, i.To, c), (i, c) => SwapAsync(i, i.To, i.From, c))
        .Step("start Odoo", (i, c) => DatabaseSteps.StartAsync(i.InstanceId, i.Runs, c), (i, c) => DatabaseSteps.StopContainerAsync(i.InstanceId, i.Runs, c))
        .Step("wait until Odoo answers", (i, c) => DatabaseSteps.WaitAsync(i.InstanceId, i.Runs, c))
        .Pivot("finish", (i, c) => DatabaseSteps.FinishAsync(i.InstanceId, i.Runs, c));

    private static Task SwapAsync(ServeDatabaseInput input, string from, string to, StepContext context) => DatabaseSteps.OnAsync(input.InstanceId, input.DatabaseId, context, async (db, on, row) =>
    {
        await on.SqlAsync("postgres", DatabaseSql.RenameRole,
            new Dictionary<string, string> { ["from"] = from, ["to"] = to, ["password"] = on.Plan.DatabasePassword }, context.Stop);
        if (on.Instance.Database != to)
        {
            (on.Instance.Database, row.Name, row.CreatedAt, row.Bytes) = (to, from, context.Get<TimeProvider>().GetUtcNow(), null);
            await db.SaveChangesAsync(context.Stop);
        }
        // Its address may have become another while it lay beside.
        await on.As(to).SqlAsync(to, BackupSql.SetUrl, new Dictionary<string, string> { ["url"] = InstanceViews.UrlOf(on.Instance, on.Server) }, context.Stop);
        context.Log($"{on.Instance.Name} serves {to}");
    });
}

/// <param name="SafetyId">The backup that is taken of it first.</param>
internal sealed record DropDatabaseInput(Guid InstanceId, Guid DatabaseId, Guid SafetyId);

/// <summary>Drops a database with its files, after it was backed up and the backup was read back.</summary>
internal sealed class DropDatabaseKind : OperationKind<DropDatabaseInput>
{
    public override string Name => "database.drop";
    public override bool BeginsWithRequest => true;

    protected override void Define(StepList<DropDatabaseInput> steps) => steps
        .Step("take a safety backup", (i, c) => DatabaseSteps.SafetyAsync(i.SafetyId, c), StayAsync)
        .Pivot("drop the database and its files", (i, c) => DatabaseSteps.RemoveAsync(i.InstanceId, i.DatabaseId, c))
        .Step("finish", (i, c) => DatabaseSteps.ForgetAsync(i.DatabaseId, c));

    private static async Task StayAsync(DropDatabaseInput input, StepContext context)
    {
        await BackupSteps.DiscardAsync(input.SafetyId, context);
        await DatabaseSteps.ReadyAsync(input.DatabaseId, context);
    }
}

/// <param name="Name">The database.</param>
/// <param name="Runs">It is the served one, and Odoo works on it.</param>
internal sealed record NeutralizeDatabaseInput(Guid InstanceId, string Name, Guid SafetyId, bool Runs);

/// <summary>Makes a database neutral: no mail leaves it, nothing runs by schedule. If Odoo fails on it, it returns to what it was; afterwards the way back is the backup that is taken first.</summary>
internal sealed class NeutralizeDatabaseKind : OperationKind<NeutralizeDatabaseInput>
{
    public override string Name => "database.neutralize";
    public override bool BeginsWithRequest => true;

    protected override void Define(StepList<NeutralizeDatabaseInput> steps) => steps
        .Step("take a safety backup", (i, c) => DatabaseSteps.SafetyAsync(i.SafetyId, c), (i, c) => BackupSteps.DiscardAsync(i.SafetyId, c))
        .Step("stop Odoo", (i, c) => DatabaseSteps.StopAsync(i.InstanceId, i.Runs, c), (i, c) => DatabaseSteps.StartAgainAsync(i.InstanceId, i.Runs, c))
        .Step("copy the database, to return to", (i, c) => SqlAsync(i, c, DatabaseSql.Snapshot), (i, c) => SqlAsync(i, c, OdooSql.DropSnapshot))
        .Step("neutralize it", NeutralizeAsync, (i, c) => SqlAsync(i, c, OdooSql.ReturnToSnapshot))
        .Step("start Odoo", (i, c) => DatabaseSteps.StartAsync(i.InstanceId, i.Runs, c), (i, c) => DatabaseSteps.StopContainerAsync(i.InstanceId, i.Runs, c))
        .Step("wait until Odoo answers", (i, c) => DatabaseSteps.WaitAsync(i.InstanceId, i.Runs, c))
        .Pivot("finish", FinishAsync);

    private static async Task FinishAsync(NeutralizeDatabaseInput input, StepContext context)
    {
        await SqlAsync(input, context, OdooSql.DropSnapshot);
        await DatabaseSteps.FinishAsync(input.InstanceId, input.Runs, context);
    }

    // The copy is of this operation alone: one that another left behind must never be returned to.
    private static Task SqlAsync(NeutralizeDatabaseInput input, StepContext context, [ConstantExpected] string script) => DatabaseSteps.OnAsync(input.InstanceId, context, (_, on) =>
        on.SqlAsync("postgres", script, new Dictionary<string, string> { ["db"] = input.Name, ["snapshot"] = "s_" + context.OperationId.ToString("N"), ["role"] = on.Plan.Role }, context.Stop, OdooSql.CopiedWithin));

    private static Task NeutralizeAsync(NeutralizeDatabaseInput input, StepContext context) => DatabaseSteps.OnAsync(input.InstanceId, context, async (_, on) =>
    {
        await BackupRestorer.NeutralizeAsync(on.Of(input.Name), context.Log, context.Stop);
        await DatabaseSteps.IdentifyAsync(on, input.Name, context.OperationId, newPassword: false, context.Stop);
    });
}
