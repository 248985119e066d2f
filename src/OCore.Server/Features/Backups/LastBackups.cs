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

    /// <summary>Those that were begun before it was said that none is kept.</summary>
    public static async Task GiveUpAsync(OCoreDb db, Instance instance, StepContext context)
    {
        foreach (var backup in await db.Backups.Where(b => b.InstanceId == instance.Id && b.Reason == Reason).ToListAsync(context.Stop))
        {
            await BackupSteps.AtStoreAsync(() => context.Get<BackupWriter>().RemoveStoredAsync(db, backup, context.Stop));
            db.Remove(backup);
            await db.SaveChangesAsync(context.Stop);
        }
    }

    /// <summary>All others of an instance that goes, and whatever else of its client is in a target that goes with it.</summary>
    public static Task RemoveOthersOfAsync(Instance instance, Guid? target, StepContext context) =>
        RemoveAsync(b => b.OrgId == instance.OrgId && (b.InstanceId == instance.Id || target != null && b.TargetId == target), context);

    public static Task RemoveOthersAsync(Guid clientId, StepContext context) => RemoveAsync(b => b.OrgId == clientId, context);

    private static async Task RemoveAsync(Expression<Func<Backup, bool>> which, StepContext context)
    {
        await using var db = context.OpenDb();
        foreach (var backup in await db.Backups.Where(which).ToListAsync(context.Stop))
        {
            await BackupSteps.AtStoreAsync(() => context.Get<BackupWriter>().RemoveStoredAsync(db, backup, context.Stop));
            db.Remove(backup);
            await db.SaveChangesAsync(context.Stop);
        }
    }
}
