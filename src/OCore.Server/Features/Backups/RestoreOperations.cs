using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Operations;

namespace OCore.Features.Backups;

/// <param name="SafetyId">The backup that is taken first, of what is there now.</param>
/// <param name="Ran">Whether the instance should run before, to return to that as well.</param>
internal sealed record RestoreInput(Guid InstanceId, Guid BackupId, Guid SafetyId, bool Ran = true);

/// <summary>
/// Makes an instance what it was. What is there now is backed up first, the backup is restored beside it, and only what was restored
/// and compared takes its place; until Odoo answers on it, the way back is to give the names back.
/// </summary>
internal sealed class RestoreBackupKind : OperationKind<RestoreInput>
{
    // Folders change their names; after the first is the one that is served, what was restored, and what was there before.
    internal const string Swap = """
        set -eu; mkdir -p "$1/filestore"; cd "$1/filestore"
        if [ -e "$3" ]; then
          if [ ! -e "$4" ]; then mkdir -p "$2"; mv -T "$2" "$4"; fi
          rm -rf "$2"; mv -T "$3" "$2"
        fi
        """;

    internal const string SwapBack = """
        set -eu; mkdir -p "$1/filestore"; cd "$1/filestore"
        if [ -e "$4" ]; then
          if [ -e "$2" ] && [ ! -e "$3" ]; then mv -T "$2" "$3"; fi
          rm -rf "$2"; mv -T "$4" "$2"
        fi
        """;

    public override string Name => "backup.restore";
    public override bool BeginsWithRequest => true;

    protected override void Define(StepList<RestoreInput> steps) => steps
        .Step("take a safety backup", TakeSafetyAsync, DiscardUntakenAsync)
        .Step("read the backup", (i, c) => BackupSteps.ReadBackAsync(i.BackupId, c))
        .Step("restore the database beside", RestoreDatabaseAsync, DropRestoredAsync)
        .Step("restore the files beside", RestoreFilesAsync, DropFilesAsync)
        .Step("compare it with its manifest", CompareAsync)
        .Step("stop Odoo", StopAsync, (i, c) => InstanceSteps.AsBeforeAsync(new(i.InstanceId), i.Ran, c))
        .Step("put it in place", SwapAsync, SwapBackAsync)
        .Step("start Odoo", (i, c) => ProvisionInstanceKind.StartAsync(new(i.InstanceId), c), (i, c) => InstanceSteps.StopContainerAsync(new(i.InstanceId), c))
        .Step("wait until Odoo answers", (i, c) => ProvisionInstanceKind.WaitAsync(new(i.InstanceId), c))
        .Pivot("remove what was before", RemoveFormerAsync)
        .Step("finish", (i, c) => ProvisionInstanceKind.FinishAsync(new(i.InstanceId), c));

    private static async Task TakeSafetyAsync(RestoreInput input, StepContext context)
    {
        await BackupSteps.TakeAsync(input.SafetyId, context);
        await BackupSteps.ReadBackAsync(input.SafetyId, context);
    }

    // One that was taken is worth keeping, whatever came of the restoration.
    private static async Task DiscardUntakenAsync(RestoreInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.Backups.AnyAsync(b => b.Id == input.SafetyId && b.State == BackupState.Pending, context.Stop))
            await BackupSteps.DiscardAsync(input.SafetyId, context);
    }

    private static Task RestoreDatabaseAsync(RestoreInput input, StepContext context) => OnAsync(input, context, async (db, on, backup) =>
        await BackupSteps.AtStoreAsync(() => context.Get<BackupRestorer>().DatabaseAsync(db, on, backup, New(context), context.Log, context.Stop)));

    private static Task RestoreFilesAsync(RestoreInput input, StepContext context) => OnAsync(input, context, async (db, on, backup) =>
        await BackupSteps.AtStoreAsync(() => context.Get<BackupRestorer>().FilesAsync(db, on, backup, New(context), context.Log, context.Stop)));

    private static Task CompareAsync(RestoreInput input, StepContext context) => OnAsync(input, context, async (db, on, backup) =>
    {
        BackupFault? fault = null;
        await BackupSteps.AtStoreAsync(async () => fault = await context.Get<BackupRestorer>().CompareAsync(db, on, backup, New(context), context.Stop));
        if (fault is not null)
            throw new StepRefusedException("backup_damaged", $"{fault.Code}: {fault.Message}", "The instance is as it was. Use another backup.");
    });

    private static async Task StopAsync(RestoreInput input, StepContext context)
    {
        await InstanceSteps.AnnounceAsync(new(input.InstanceId), context);
        await InstanceSteps.StopContainerAsync(new(input.InstanceId), context);
    }

    private static Task SwapAsync(RestoreInput input, StepContext context) => OnAsync(input, context, async (_, on, _) =>
    {
        await SqlAsync(on, BackupSql.Swap, context);
        await FilesAsync(on, context, Swap);
        await on.SqlAsync(on.Plan.Database, BackupSql.SetUrl, new Dictionary<string, string> { ["url"] = InstanceViews.UrlOf(on.Instance, on.Server) }, context.Stop);
    });

    private static Task SwapBackAsync(RestoreInput input, StepContext context) => OnAsync(input, context, async (_, on, _) =>
    {
        await SqlAsync(on, BackupSql.SwapBack, context);
        await FilesAsync(on, context, SwapBack);
    });

    private static Task DropRestoredAsync(RestoreInput input, StepContext context) => OnAsync(input, context, (_, on, _) =>
        on.SqlAsync("postgres", BackupSql.Drop, new Dictionary<string, string> { ["db"] = New(context) }, context.Stop));

    private static Task DropFilesAsync(RestoreInput input, StepContext context) => OnAsync(input, context, (_, on, _) =>
        FilesAsync(on, context, """rm -rf -- "$1/filestore/$3" """));

    private static Task RemoveFormerAsync(RestoreInput input, StepContext context) => OnAsync(input, context, async (_, on, _) =>
    {
        await on.SqlAsync("postgres", BackupSql.Drop, new Dictionary<string, string> { ["db"] = Old(context) }, context.Stop);
        await FilesAsync(on, context, """rm -rf -- "$1/filestore/$4" """);
    });

    private static async Task OnAsync(RestoreInput input, StepContext context, Func<Platform.Data.OCoreDb, InstanceOnServer, Backup, Task> work)
    {
        await using var db = context.OpenDb();
        var backup = await BackupSteps.FindAsync(db, input.BackupId, context.Stop);
        await work(db, await context.Get<InstanceHost>().OpenAsync(db, input.InstanceId, context.Stop), backup);
    }

    private static Task SqlAsync(InstanceOnServer on, [System.Diagnostics.CodeAnalysis.ConstantExpected] string script, StepContext context) => on.SqlAsync("postgres", script,
        new Dictionary<string, string> { ["db"] = on.Plan.Database, ["new"] = New(context), ["old"] = Old(context) }, context.Stop);

    private static Task FilesAsync(InstanceOnServer on, StepContext context, string script) =>
        FilestorePlace.RunAsync(context.Get<ServerFiles>(), on, "swap-" + on.Instance.Slug, script, context.Stop, on.Plan.Database, New(context), Old(context));

    // Of this operation alone.
    private static string New(StepContext context) => "r_" + context.OperationId.ToString("N");

    private static string Old(StepContext context) => "o_" + context.OperationId.ToString("N");
}

/// <param name="Neutralize">A staging copy.</param>
internal sealed record CopyInput(Guid InstanceId, Guid BackupId, bool Neutralize);

/// <summary>Makes a new instance of a backup: its own identity and secrets, and neutral before its first start where it is for staging.</summary>
internal sealed class CopyBackupKind : OperationKind<CopyInput>
{
    public override string Name => "backup.copy";
    public override bool BeginsWithRequest => true;

    protected override void Define(StepList<CopyInput> steps) => steps
        .Step("check the server", (i, c) => ProvisionInstanceKind.CheckAsync(new(i.InstanceId), c), (i, c) => ProvisionInstanceKind.ForgetAsync(new(i.InstanceId), c))
        .Step("read the backup", (i, c) => BackupSteps.ReadBackAsync(i.BackupId, c))
        .Step("get the image", (i, c) => ProvisionInstanceKind.EnsureImageAsync(new(i.InstanceId), c))
        .Step("fetch the sources", (i, c) => ProvisionInstanceKind.EnsureSourcesAsync(new(i.InstanceId), c))
        .Step("restore the database", RestoreDatabaseAsync, (i, c) => ProvisionInstanceKind.RemoveCopyAsync(new(i.InstanceId), c))
        .Step("restore the files", RestoreFilesAsync)
        .Step("compare it with its manifest", CompareAsync)
        .Step("set identity and secrets", (i, c) => ProvisionInstanceKind.PersonalizeAsync(new(i.InstanceId), c))
        .Step("neutralize it", NeutralizeAsync)
        .Step("start Odoo", (i, c) => ProvisionInstanceKind.StartAsync(new(i.InstanceId), c), (i, c) => ProvisionInstanceKind.RemoveContainerAsync(new(i.InstanceId), c))
        .Step("route its address", (i, c) => ProvisionInstanceKind.RouteAsync(new(i.InstanceId), c), (i, c) => ProvisionInstanceKind.UnrouteAsync(new(i.InstanceId), c))
        .Step("wait until Odoo answers", (i, c) => ProvisionInstanceKind.WaitAsync(new(i.InstanceId), c))
        .Step("finish", (i, c) => ProvisionInstanceKind.FinishAsync(new(i.InstanceId), c));

    private static Task RestoreDatabaseAsync(CopyInput input, StepContext context) => OnAsync(input, context, async (db, on, backup) =>
        await BackupSteps.AtStoreAsync(() => context.Get<BackupRestorer>().DatabaseAsync(db, on, backup, on.Plan.Database, context.Log, context.Stop)));

    private static Task RestoreFilesAsync(CopyInput input, StepContext context) => OnAsync(input, context, async (db, on, backup) =>
        await BackupSteps.AtStoreAsync(() => context.Get<BackupRestorer>().FilesAsync(db, on, backup, on.Plan.Database, context.Log, context.Stop)));

    private static Task CompareAsync(CopyInput input, StepContext context) => OnAsync(input, context, async (db, on, backup) =>
    {
        BackupFault? fault = null;
        await BackupSteps.AtStoreAsync(async () => fault = await context.Get<BackupRestorer>().CompareAsync(db, on, backup, on.Plan.Database, context.Stop));
        if (fault is not null)
            throw new StepRefusedException("backup_damaged", $"{fault.Code}: {fault.Message}", "Use another backup.");
    });

    private static Task NeutralizeAsync(CopyInput input, StepContext context) => OnAsync(input, context, async (_, on, _) =>
    {
        if (input.Neutralize)
            await BackupRestorer.NeutralizeAsync(on, context.Log, context.Stop);
    });

    private static async Task OnAsync(CopyInput input, StepContext context, Func<Platform.Data.OCoreDb, InstanceOnServer, Backup, Task> work)
    {
        await using var db = context.OpenDb();
        var backup = await BackupSteps.FindAsync(db, input.BackupId, context.Stop);
        await work(db, await context.Get<InstanceHost>().OpenAsync(db, input.InstanceId, context.Stop), backup);
    }
}
