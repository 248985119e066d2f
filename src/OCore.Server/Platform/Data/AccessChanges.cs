using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Platform.Data;

/// <summary>A row that decides what someone may do. A change of one empties the cache of callers at once.</summary>
internal interface IAffectsAccess;

/// <summary>After a commit: forget cached rights where rows of rights changed, and wake the operation engine where work was queued.</summary>
internal sealed class AccessChanges : SaveChangesInterceptor, IDbTransactionInterceptor
{
    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<DbContext, Flags> Seen = [];

    private sealed class Flags { public bool Access; public bool Work; }

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        var flags = Seen.GetOrCreateValue(eventData.Context!);
        foreach (var entry in eventData.Context!.ChangeTracker.Entries())
        {
            if (entry.State is not (EntityState.Added or EntityState.Modified or EntityState.Deleted))
                continue;
            flags.Access |= entry.Entity is IAffectsAccess;
            flags.Work |= entry.Entity is Operation;
        }
        return ValueTask.FromResult(result);
    }

    public override ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        if (eventData.Context!.Database.CurrentTransaction is null)
            Publish(eventData.Context);
        return ValueTask.FromResult(result);
    }

    public Task TransactionCommittedAsync(System.Data.Common.DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        if (eventData.Context is { } context)
            Publish(context);
        return Task.CompletedTask;
    }

    private static void Publish(DbContext context)
    {
        if (!Seen.TryGetValue(context, out var flags))
            return;
        if (flags.Access)
            CallerCache.Clear();
        if (flags.Work)
            OperationSignals.WorkQueued();
        flags.Access = flags.Work = false;
    }
}
