using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Features.Backups;

/// <summary>
/// The backups of a client that goes. The last one of each database of each instance becomes the agency's, which may restore it as a new instance
/// until its time is over; all others go with the client.
/// </summary>
internal static class LastBackups
{
    public const string Reason = "deletion";
    /// <summary>How often a client's own bucket that does not answer is asked before what lies there stays.</summary>
    private const int WaitsForOwn = 5;

    /// <summary>What the instance has: the database that it serves, which is null here, and those beside it that are whole.</summary>
    public static async Task<IReadOnlyList<string?>> DatabasesAsync(OCoreDb db, Instance instance, CancellationToken stop) =>
        [null, .. await db.InstanceDatabases.Where(d => d.InstanceId == instance.Id && d.Status == DatabaseStatus.Ready).OrderBy(d => d.Name).Select(d => d.Name).ToListAsync(stop)];

    /// <summary>The agency's row for the last backup of this database of the instance. It is taken while the instance is still there.</summary>
    public static async Task<Backup> FindOrAddAsync(OCoreDb db, Instance instance, string? database, int days, StepContext context)
    {
        if (await db.Backups.SingleOrDefaultAsync(b => b.InstanceId == instance.Id && b.Database == database && b.Reason == Reason, context.Stop) is { } begun)
        {
            // Whoever asked once more may have said another time.
            begun.KeepUntil = begun.CreatedAt.AddDays(days);
            await db.SaveChangesAsync(context.Stop);
            return begun;
        }
        var now = context.Get<TimeProvider>().GetUtcNow();
        var backup = new Backup
        {
            OrgId = instance.RootId, RootId = instance.RootId, InstanceId = instance.Id, ServerId = instance.ServerId, InstanceName = instance.Name, Database = database, Reason = Reason,
            TargetId = await BackupStores.DefaultAsync(db, instance.RootId, instance.RootId, context.Stop), OdooVersion = instance.OdooVersion, OdooEdition = instance.OdooEdition,
            CreatedAt = now, KeepUntil = now.AddDays(days),
        };
        db.Add(backup);
        await db.SaveChangesAsync(context.Stop);
        return backup;
    }

    /// <summary>Those that were begun before it was said that none is kept. A place that refuses, or is away, holds nothing up.</summary>
    public static async Task GiveUpAsync(OCoreDb db, Instance instance, StepContext context)
    {
        foreach (var backup in await db.Backups.Where(b => b.InstanceId == instance.Id && b.Reason == Reason).ToListAsync(context.Stop))
        {
            if (await TryRemoveAsync(db, backup, context) is { } why)
                LeaveToAgency(db, backup, why, context);
            db.Remove(backup);
            await db.SaveChangesAsync(context.Stop);
        }
    }

    /// <summary>All others of an instance that goes, and whatever else of its client is in a target that goes with it.</summary>
    public static Task RemoveOthersOfAsync(Instance instance, Guid? target, StepContext context) =>
        RemoveAsync(b => b.OrgId == instance.OrgId && (b.InstanceId == instance.Id || target != null && b.TargetId == target), context);

    public static Task RemoveOthersAsync(Guid clientId, StepContext context) => RemoveAsync(b => b.OrgId == clientId, context);

    // What lies at a place that refuses or is away is the agency's to remove from then on: where the place is the client's own, nobody is left
    // who could, and it is said what stays there.
    private static async Task RemoveAsync(Expression<Func<Backup, bool>> which, StepContext context)
    {
        await using var db = context.OpenDb();
        Exception? wait = null;
        foreach (var backup in await db.Backups.Where(which).ToListAsync(context.Stop))
        {
            if (await TryRemoveAsync(db, backup, context) is { } why)
            {
                var own = backup.TargetId is { } target ? await db.BackupTargets.AsNoTracking().SingleOrDefaultAsync(t => t.Id == target && t.OrgId == backup.OrgId, context.Stop) : null;
                if (own is not null && why is TryLaterException && context.Attempt < WaitsForOwn)
                {
                    wait ??= why;
                    continue;
                }
                if (own is null)
                    LeaveToAgency(db, backup, why, context);
                else
                    context.Log($"What is stored of a backup of {backup.InstanceName} stays in the client's own bucket {own.Bucket}, under {own.Prefix}{backup.Folder}, sealed with a key that goes now. {why.Message}");
            }
            db.Remove(backup);
            await db.SaveChangesAsync(context.Stop);
        }
        if (wait is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(wait);
    }

    /// <returns>Why it is still there.</returns>
    private static async Task<Exception?> TryRemoveAsync(OCoreDb db, Backup backup, StepContext context)
    {
        try
        {
            await BackupSteps.AtStoreAsync(() => context.Get<BackupWriter>().RemoveStoredAsync(db, backup, context.Stop));
            return null;
        }
        catch (Exception why) when (why is StepRefusedException or TryLaterException)
        {
            return why;
        }
    }

    // In its place a row that is kept no longer: whoever removes those goes on until it is gone, and says where that is refused. It is of no
    // instance, so that another wish for a last backup begins a new one.
    private static void LeaveToAgency(OCoreDb db, Backup backup, Exception why, StepContext context)
    {
        db.Add(new Backup
        {
            OrgId = backup.RootId, RootId = backup.RootId, InstanceName = backup.InstanceName, Database = backup.Database, TargetId = backup.TargetId, Reason = Reason, OdooVersion = backup.OdooVersion, OdooEdition = backup.OdooEdition,
            CreatedAt = backup.CreatedAt, StoredIn = backup.Folder, Bytes = backup.Bytes, State = BackupState.Failed, FaultCode = "failed", Fault = "It was given up with its client, and is removed when its place lets it be.",
            KeepUntil = context.Get<TimeProvider>().GetUtcNow(),
        });
        context.Log($"What is stored of a backup of {backup.InstanceName} is removed later, and the agency's until then. {why.Message}");
    }
}
