using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Features.Backups;

/// <param name="BackupId">The copy.</param>
internal sealed record KeepInput(Guid BackupId, Guid OriginalId);

/// <summary>Copies a backup to another place as it lies, sealed, and reads it back there. Waits for a place that is away.</summary>
internal sealed class KeepBackupKind : OperationKind<KeepInput>
{
    public override string Name => "backup.keep";
    public override bool BeginsWithRequest => true;
    public override bool IsPatient => true;
    public override bool IsBackground => true;

    protected override void Define(StepList<KeepInput> steps) => steps
        .Step("copy what is stored", BackupCopies.CopyAsync, (i, c) => BackupSteps.DiscardAsync(i.BackupId, c))
        .Step("read it back", (i, c) => BackupSteps.ReadBackAsync(i.BackupId, c))
        .Pivot("finish", BackupCopies.FinishAsync);
}

internal static class BackupCopies
{
    public static async Task<Operation> BeginAsync(OCoreDb db, OperationQueue queue, Backup backup, Guid? target, string? note, DateTimeOffset now, CancellationToken stop)
    {
        var copy = backup.CopyTo(target, note, now);
        db.Add(copy);
        // The original stays free: a place that is away must not keep anybody from restoring.
        return await queue.EnqueueAsync<KeepBackupKind, KeepInput>(db, new(copy.Id, backup.Id),
            new($"Keep a copy of a backup of {backup.InstanceName}", backup.OrgId, InstanceId: backup.Reason == LastBackups.Reason ? null : backup.InstanceId, Locks: BackupSteps.LockOf(copy.Id)), stop);
    }

    public static async Task CopyAsync(KeepInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var (copy, original) = (await BackupSteps.FindAsync(db, input.BackupId, context.Stop), await BackupSteps.FindAsync(db, input.OriginalId, context.Stop));
        if (original.Manifest is not { } manifest)
            throw new StepRefusedException("backup_not_usable", "The backup to be copied was never finished.");
        await BackupSteps.AtStoreAsync(async () =>
        {
            // What a try before this one left.
            await context.Get<BackupWriter>().RemoveStoredAsync(db, copy, context.Stop);
            using var from = await context.Get<BackupStores>().OpenStoreAsync(db, original, context.Stop);
            using var to = await context.Get<BackupStores>().OpenStoreAsync(db, copy, context.Stop);
            // The manifest last: a backup without one was never finished.
            foreach (var part in manifest.Parts.Select(p => p.Name).Append(BackupManifest.FileName))
                await CopyAsync(from, to, copy.Folder + part, context.Stop);
        });
        (copy.State, copy.Manifest, copy.TakenAt, copy.Bytes, copy.Fault, copy.FaultCode) = (BackupState.Taken, manifest, original.TakenAt, original.Bytes, null, null);
        await db.SaveChangesAsync(context.Stop);
        context.Log($"{Sizes.Of(copy.Bytes)} copied as they lie.");
    }

    private static async Task CopyAsync(IBackupStore from, IBackupStore to, string name, CancellationToken stop)
    {
        try
        {
            await using var source = await from.OpenAsync(name, stop);
            await using var write = await to.CreateAsync(name, stop);
            await source.CopyToAsync(write.Content, 128 << 10, stop);
            await write.CompleteAsync(stop);
        }
        catch (FileNotFoundException gone)
        {
            throw new StepRefusedException("backup_damaged", $"{name} of the backup is not there any more.", "Use another backup.", gone);
        }
    }

    /// <summary>Every byte was held against the same checksums as the original's: what was proved of that is true of this.</summary>
    public static async Task FinishAsync(KeepInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var copy = await BackupSteps.FindAsync(db, input.BackupId, context.Stop);
        if (await db.Backups.SingleOrDefaultAsync(b => b.Id == input.OriginalId, context.Stop) is not { State: BackupState.Verified } original)
            return;
        (copy.State, copy.VerifiedAt, copy.VerifySeconds) = (BackupState.Verified, original.VerifiedAt, original.VerifySeconds);
        await db.SaveChangesAsync(context.Stop);
    }
}
