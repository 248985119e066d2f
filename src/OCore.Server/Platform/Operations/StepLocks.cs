using Microsoft.EntityFrameworkCore;
using OCore.Platform.Http;

namespace OCore.Platform.Operations;

/// <summary>Locks that an operation takes while it runs, for what could not be named when it was asked for. It has them until it gives them back, or ends.</summary>
internal static class StepLocks
{
    /// <returns>The operation that has the lock instead; null where it is this one's.</returns>
    public static async Task<Operation?> TakeLockAsync(this StepContext context, string key)
    {
        await using var db = context.OpenDb();
        try
        {
            return await db.InTransactionAsync(async () =>
            {
                // The row first, as the journal does: whoever was overtaken takes no lock that nobody would give back.
                if (await db.Operations.Where(o => o.Id == context.OperationId && o.Fence == context.Fence).ExecuteUpdateAsync(s => s.SetProperty(o => o.Fence, o => o.Fence), context.Stop) == 0)
                    throw new LostLeaseException();
                if (await db.ResourceLocks.Where(l => l.Key == key).Select(l => (Guid?)l.OperationId).SingleOrDefaultAsync(context.Stop) is { } holder)
                    return holder == context.OperationId ? null : await db.Operations.AsNoTracking().SingleOrDefaultAsync(o => o.Id == holder, context.Stop);
                db.Add(new ResourceLock { Key = key, OperationId = context.OperationId });
                await db.SaveChangesAsync(context.Stop);
                return null;
            }, context.Stop);
        }
        catch (DbUpdateException taken) when (UniqueViolation.Of(taken) is not null)
        {
            throw new TryLaterException("Another operation has just begun.", "It is waited for.", taken);
        }
    }

    /// <summary>What the lock was for is done. Also where the step is being stopped: what nobody works on any more nobody need wait for.</summary>
    public static async Task GiveLockAsync(this StepContext context, string key)
    {
        await using var db = context.OpenDb();
        await db.InTransactionAsync(async () =>
        {
            // The row first, as above: the lock of whoever was overtaken is its successor's.
            if (await db.Operations.Where(o => o.Id == context.OperationId && o.Fence == context.Fence).ExecuteUpdateAsync(s => s.SetProperty(o => o.Fence, o => o.Fence), CancellationToken.None) == 0)
                throw new LostLeaseException();
            return await db.ResourceLocks.Where(l => l.Key == key && l.OperationId == context.OperationId).ExecuteDeleteAsync(CancellationToken.None);
        }, CancellationToken.None);
    }
}
