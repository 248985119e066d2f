using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

/// <param name="Verify">Also restored to a scratch database, by an operation of its own.</param>
internal sealed record BackupInput(Guid BackupId, bool Verify = false);

/// <summary>Takes a backup of an instance and reads it back.</summary>
internal sealed class TakeBackupKind : OperationKind<BackupInput>
{
    public override string Name => "backup.take";
    public override bool BeginsWithRequest => true;

    protected override void Define(StepList<BackupInput> steps) => steps
        .Step("copy the database and the files", (i, c) => BackupSteps.TakeAsync(i.BackupId, c), (i, c) => BackupSteps.DiscardAsync(i.BackupId, c))
        .Step("read it back", (i, c) => BackupSteps.ReadBackAsync(i.BackupId, c))
        .Pivot("finish", FinishAsync);

    private static async Task FinishAsync(BackupInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var backup = await BackupSteps.FindAsync(db, input.BackupId, context.Stop);
        await BackupOddities.JudgeAsync(db, backup, context.Get<TimeProvider>().GetUtcNow(), context.Stop);
        await db.SaveChangesAsync(context.Stop);
        foreach (var oddity in backup.Oddities)
            context.Log($"{BackupOddities.Sentence(oddity)} ({oddity})");
        if (!input.Verify)
            return;
        var key = BackupSteps.LockOf(backup.Id);
        await db.InTransactionAsync(async () =>
        {
            // The hold on the backup is handed over; whoever else has it by now was begun by this step before it was interrupted.
            if (await db.ResourceLocks.SingleOrDefaultAsync(l => l.Key == key, context.Stop) is { } held)
            {
                if (held.OperationId != context.OperationId)
                    return 0;
                db.Remove(held);
                await db.SaveChangesAsync(context.Stop);
            }
            else if (backup.State == BackupState.Verified)
                return 0;
            await BackupSteps.BeginVerifyingAsync(db, context.Get<OperationQueue>(), backup, context.Stop);
            return await db.SaveChangesAsync(context.Stop);
        }, context.Stop);
    }
}

/// <summary>Restores a backup where nobody sees it, compares it, and starts Odoo on it. Only what passed this counts.</summary>
internal sealed class VerifyBackupKind : OperationKind<BackupInput>
{
    public override string Name => "backup.verify";
    public override bool IsBackground => true;

    protected override void Define(StepList<BackupInput> steps) => steps
        .Step("read it back", (i, c) => BackupSteps.ReadBackAsync(i.BackupId, c))
        .Step("restore it to a scratch database", (i, c) => ScratchSteps.RestoreAsync(i, c), (i, c) => ScratchSteps.RemoveAsync(i, c))
        .Step("compare it with its manifest", (i, c) => ScratchSteps.CompareAsync(i, c))
        .Step("start Odoo on it", (i, c) => ScratchSteps.StartAsync(i, c))
        .Pivot("remove the scratch database", (i, c) => ScratchSteps.RemoveAsync(i, c))
        .Step("finish", (i, c) => ScratchSteps.FinishAsync(i, c));
}

/// <summary>Removes a backup from where it is kept, then its row. Waits for a place that is away.</summary>
internal sealed class DeleteBackupKind : OperationKind<BackupInput>
{
    public override string Name => "backup.delete";
    public override bool IsPatient => true;

    protected override void Define(StepList<BackupInput> steps) => steps
        .Pivot("remove what is stored", (i, c) => BackupSteps.RemoveAsync(i.BackupId, c))
        .Step("finish", (i, c) => BackupSteps.ForgetAsync(i.BackupId, c));
}

/// <summary>Steps that several operations share.</summary>
internal static class BackupSteps
{
    public static string LockOf(Guid backup) => $"backup:{backup}";

    public static async Task<Backup> FindAsync(OCoreDb db, Guid id, CancellationToken stop) =>
        await db.Backups.SingleOrDefaultAsync(b => b.Id == id, stop) ?? throw new StepRefusedException("backup_gone", "The backup was removed.");

    public static async Task TakeAsync(Guid id, StepContext context)
    {
        await using var db = context.OpenDb();
        var backup = await FindAsync(db, id, context.Stop);
        var on = (await context.Get<InstanceHost>().OpenAsync(db, backup.InstanceId!.Value, context.Stop)).Of(backup.Database);
        var writer = context.Get<BackupWriter>();
        await AtStoreAsync(async () =>
        {
            // What a try before this one left.
            await writer.RemoveStoredAsync(db, backup, context.Stop);
            await writer.TakeAsync(db, on, backup, context.Log, context.Stop);
        });
    }

    /// <summary>The undo: nothing of it is stored, and the row says that it failed.</summary>
    public static async Task DiscardAsync(Guid id, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.Backups.SingleOrDefaultAsync(b => b.Id == id, context.Stop) is not { } backup)
            return;
        await AtStoreAsync(() => context.Get<BackupWriter>().RemoveStoredAsync(db, backup, context.Stop));
        (backup.State, backup.Manifest, backup.Bytes) = (BackupState.Failed, null, 0);
        (backup.FaultCode, backup.Fault) = (backup.FaultCode ?? "failed", backup.Fault ?? "It was not finished; its operation says why.");
        await db.SaveChangesAsync(context.Stop);
    }

    public static async Task ReadBackAsync(Guid id, StepContext context)
    {
        await using var db = context.OpenDb();
        var backup = await FindAsync(db, id, context.Stop);
        await AtStoreAsync(() => context.Get<BackupReader>().DemandIntactAsync(db, backup, context.Log, context.Stop));
    }

    public static async Task RemoveAsync(Guid id, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.Backups.SingleOrDefaultAsync(b => b.Id == id, context.Stop) is { } backup)
            await AtStoreAsync(() => context.Get<BackupWriter>().RemoveStoredAsync(db, backup, context.Stop));
    }

    public static async Task ForgetAsync(Guid id, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.Backups.SingleOrDefaultAsync(b => b.Id == id, context.Stop) is not { } backup)
            return;
        db.Remove(backup);
        await db.SaveChangesAsync(context.Stop);
    }

    public static Task<Operation> BeginVerifyingAsync(OCoreDb db, OperationQueue queue, Backup backup, CancellationToken stop) =>
        queue.EnqueueAsync<VerifyBackupKind, BackupInput>(db, new(backup.Id),
            new($"Verify the backup of {backup.InstanceName}", backup.OrgId, InstanceId: backup.InstanceId, ServerId: backup.ServerId, Locks: LockOf(backup.Id)), stop);

    /// <summary>A place that is away comes back; one that refuses needs a person.</summary>
    public static async Task AtStoreAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (StoreAwayException away)
        {
            throw away.IsRefusal ? new StepRefusedException("target_refuses", away.Message, "Test the backup target; it says what is wrong.", away)
                : new TryLaterException($"The backup target: {away.Message}", "It is tried again.", away);
        }
        catch (Exception full) when (full is IOException { HResult: 28 or unchecked((int)0x80070070) } || full is IOException && full.Message.Contains("No space left", StringComparison.Ordinal))
        {
            throw new StepRefusedException("target_full", "There is no room left where backups are kept.", "Make room, or use another target.", full);
        }
    }
}

/// <summary>An instance that lives only while a backup is verified: a database, a folder and a container under the backup's id.</summary>
internal static class ScratchSteps
{
    public static async Task RestoreAsync(BackupInput input, StepContext context) => await OnAsync(input, context, async (db, on, backup) =>
    {
        var began = context.Get<TimeProvider>().GetUtcNow();
        var restorer = context.Get<BackupRestorer>();
        try
        {
            await BackupSteps.AtStoreAsync(() => restorer.DatabaseAsync(db, on, backup, on.Plan.Database, context.Log, context.Stop));
            await BackupSteps.AtStoreAsync(() => restorer.FilesAsync(db, on, backup, on.Plan.Database, context.Log, context.Stop));
        }
        catch (StepRefusedException refused) when (refused.Code is "restore_failed" or "backup_damaged")
        {
            await SayAsync(db, backup, BackupState.Damaged, new(refused.Code, refused.Message), context.Stop);
            throw;
        }
        backup.VerifySeconds = (context.Get<TimeProvider>().GetUtcNow() - began).TotalSeconds;
        await db.SaveChangesAsync(context.Stop);
    });

    public static async Task CompareAsync(BackupInput input, StepContext context) => await OnAsync(input, context, async (db, on, backup) =>
    {
        BackupFault? fault = null;
        await BackupSteps.AtStoreAsync(async () => fault = await context.Get<BackupRestorer>().CompareAsync(db, on, backup, on.Plan.Database, context.Stop));
        if (fault is null)
            return;
        await SayAsync(db, backup, BackupState.Damaged, fault, context.Stop);
        throw new StepRefusedException("backup_damaged", $"{fault.Code}: {fault.Message}", "Take another backup.");
    });

    public static async Task StartAsync(BackupInput input, StepContext context) => await OnAsync(input, context, async (db, on, backup) =>
    {
        var began = context.Get<TimeProvider>().GetUtcNow();
        var host = context.Get<InstanceHost>();
        await host.EnsureImageAsync(on, context.Log, context.Stop);
        await host.EnsureSourcesAsync(db, on, refresh: false, context.Log, context.Stop);
        await BackupRestorer.NeutralizeAsync(on, context.Log, context.Stop);
        await host.EnsureContainerAsync(db, on, context.Stop);
        try
        {
            await host.WaitUntilUpAsync(db, on, context.Log, context.Stop);
        }
        catch (TryLaterException silent)
        {
            await SayAsync(db, backup, backup.State, new("odoo_failed", silent.Message), context.Stop);
            throw new StepRefusedException("odoo_failed", silent.Message, "The backup is intact, but Odoo did not answer on it.", silent);
        }
        backup.VerifySeconds = (backup.VerifySeconds ?? 0) + (context.Get<TimeProvider>().GetUtcNow() - began).TotalSeconds;
        await db.SaveChangesAsync(context.Stop);
    });

    public static async Task RemoveAsync(BackupInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.Backups.AsNoTracking().SingleOrDefaultAsync(b => b.Id == input.BackupId, context.Stop) is not { ServerId: { } place } backup)
            return;
        if (await db.Servers.SingleOrDefaultAsync(s => s.Id == place, context.Stop) is not { } server)
            return;
        var connection = await context.Get<ServerAccess>().ConnectAsync(server, context.Stop);
        await connection.Docker.RemoveByLabelAsync(ServerLabels.Instance, backup.Id.ToString(), context.Stop);
        await InstanceHost.DropDatabaseAsync(connection, DatabaseOf(backup), context.Stop);
        await InstanceHost.RemoveFilesAsync(connection, backup.Id, SlugOf(backup), context.Stop);
    }

    public static async Task FinishAsync(BackupInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var backup = await BackupSteps.FindAsync(db, input.BackupId, context.Stop);
        (backup.State, backup.VerifiedAt, backup.Fault, backup.FaultCode) = (BackupState.Verified, context.Get<TimeProvider>().GetUtcNow(), null, null);
        await db.SaveChangesAsync(context.Stop);
    }

    private static async Task OnAsync(BackupInput input, StepContext context, Func<OCoreDb, InstanceOnServer, Backup, Task> work)
    {
        await using var db = context.OpenDb();
        var backup = await BackupSteps.FindAsync(db, input.BackupId, context.Stop);
        if (backup.ServerId is not { } place || !await db.Servers.AnyAsync(s => s.Id == place, context.Stop))
            throw new StepRefusedException("server_gone", "The server of this backup is gone.", "Restore it as a new instance on another server; that is a proof too.");
        BackupSettings? settings = null;
        await BackupSteps.AtStoreAsync(async () => settings = await context.Get<BackupReader>().SettingsAsync(db, backup, context.Stop));
        var secrets = context.Get<SecretBox>();
        var slug = SlugOf(backup);
        // The same each time, for a step may run twice.
        var password = Convert.ToHexStringLower(secrets.Derive("backup.scratch", backup.RootId, backup.Id.ToByteArray()));
        var scratch = settings!.NewInstance(backup, backup.Id, backup.OrgId, place, backup.InstanceName, slug, $"{slug}.invalid", DatabaseOf(backup), secrets, () => password, context.Get<TimeProvider>().GetUtcNow());
        scratch.Workers = 0;
        await work(db, await context.Get<InstanceHost>().OpenAsync(db, scratch, context.Stop), backup);
    }

    private static async Task SayAsync(OCoreDb db, Backup backup, BackupState state, BackupFault fault, CancellationToken stop)
    {
        (backup.State, backup.Fault, backup.FaultCode) = (state, fault.Message.Length > 500 ? fault.Message[..500] : fault.Message, fault.Code);
        await db.SaveChangesAsync(stop);
    }

    private static string SlugOf(Backup backup) => "verify-" + backup.Id.ToString("N")[20..];

    private static string DatabaseOf(Backup backup) => "v_" + backup.Id.ToString("N");
}
