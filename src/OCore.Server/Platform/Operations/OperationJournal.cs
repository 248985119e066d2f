using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Platform.Operations;

/// <summary>Another process has taken the operation over; this one stops without a word.</summary>
internal sealed class LostLeaseException : Exception;

/// <summary>Writes an operation's progress. Each write names the fence and renews the lease in one transaction, or writes nothing.</summary>
internal sealed class OperationJournal(Guid id, long fence, OCoreDbFactory databases, TimeProvider time)
{
    /// <summary>Writes the intent of a step. False, and nothing written, where a person asked to cancel and that still can be done.</summary>
    public async Task<bool> BeginAsync(int seq, bool pastPivot)
    {
        var begins = true;
        await WriteAsync(async (db, now) =>
        {
            begins = pastPivot || !await Row(db).AnyAsync(o => o.CancelRequested);
            if (begins)
                await WriteStepAsync(db, now, seq, StepState.Started, null);
        });
        return begins;
    }

    public Task StepAsync(int seq, StepState state, string? error = null) => WriteAsync((db, now) => WriteStepAsync(db, now, seq, state, error));

    private async Task WriteStepAsync(OCoreDb db, DateTimeOffset now, int seq, StepState state, string? error)
    {
        var starts = state is StepState.Started or StepState.UndoStarted;
        await db.OperationSteps.Where(s => s.OperationId == id && s.Seq == seq).ExecuteUpdateAsync(s => s
            .SetProperty(x => x.State, state)
            .SetProperty(x => x.Attempt, x => starts ? x.Attempt + 1 : x.Attempt)
            .SetProperty(x => x.StartedAt, x => starts ? now : x.StartedAt)
            .SetProperty(x => x.FinishedAt, x => starts ? null : now)
            .SetProperty(x => x.Error, x => error ?? (state == StepState.Done ? null : x.Error)));
        Append(db, now, seq, "step", error is null ? WireWord.Of(state) : $"{WireWord.Of(state)}: {error}");
    }

    /// <summary>False, and nothing written, where a person asked to cancel and everything can still be undone.</summary>
    public async Task<bool> SucceedAsync(bool pastPivot)
    {
        var succeeds = true;
        await WriteAsync(async (db, now) =>
        {
            succeeds = pastPivot || !await Row(db).AnyAsync(o => o.CancelRequested);
            if (succeeds)
                await WriteStateAsync(db, now, OperationState.Succeeded, null, null, null);
        });
        return succeeds;
    }

    public Task StateAsync(OperationState state, string? code = null, string? message = null, string? hint = null) =>
        WriteAsync((db, now) => WriteStateAsync(db, now, state, code, message, hint));

    private async Task WriteStateAsync(OCoreDb db, DateTimeOffset now, OperationState state, string? code, string? message, string? hint)
    {
        var ended = state is not (OperationState.Pending or OperationState.Running or OperationState.Unwinding);
        var unwinds = state == OperationState.Unwinding;
        await Row(db).ExecuteUpdateAsync(s => s
            .SetProperty(o => o.State, state)
            .SetProperty(o => o.Unwinds, o => o.Unwinds || unwinds)
            .SetProperty(o => o.StartedAt, o => o.StartedAt ?? now)
            .SetProperty(o => o.FinishedAt, o => ended ? now : null)
            .SetProperty(o => o.RetryAt, o => null)
            .SetProperty(o => o.ErrorCode, o => code ?? o.ErrorCode)
            .SetProperty(o => o.ErrorMessage, o => message ?? o.ErrorMessage)
            .SetProperty(o => o.ErrorHint, o => hint ?? o.ErrorHint)
            .SetProperty(o => o.LeaseUntil, o => ended ? DateTimeOffset.UnixEpoch : o.LeaseUntil));
        // What is stuck keeps its locks: nobody should work on a half-done thing before a person has looked.
        if (ended && state != OperationState.Stuck)
            await db.ResourceLocks.Where(l => l.OperationId == id).ExecuteDeleteAsync();
        Append(db, now, null, "state", WireWord.Of(state));
    }

    /// <summary>Gives the operation back until later; nobody holds it meanwhile.</summary>
    public Task RetryAtAsync(DateTimeOffset at, string message, string? hint) => WriteAsync(async (db, now) =>
    {
        await Row(db).ExecuteUpdateAsync(s => s
            .SetProperty(o => o.RetryAt, at).SetProperty(o => o.LeaseUntil, DateTimeOffset.UnixEpoch)
            // Why it is being undone is worth more than what the undoing waits for, which the history tells.
            .SetProperty(o => o.ErrorCode, o => o.State == OperationState.Unwinding ? o.ErrorCode : "waiting")
            .SetProperty(o => o.ErrorMessage, o => o.State == OperationState.Unwinding ? o.ErrorMessage : message)
            .SetProperty(o => o.ErrorHint, o => o.State == OperationState.Unwinding ? o.ErrorHint : hint));
        Append(db, now, null, "state", $"waiting: {message}");
    });

    /// <summary>Goes on with a newer definition: its steps take the places of those that were there, whose history goes along.</summary>
    /// <param name="adopted">As <see cref="OperationKind.Adopt"/> says.</param>
    public Task AdoptAsync(OperationKind kind, int before, IReadOnlyList<OperationStep?> adopted) => WriteAsync(async (db, now) =>
    {
        await Row(db).ExecuteUpdateAsync(s => s.SetProperty(o => o.Version, kind.Version));
        await db.OperationSteps.Where(s => s.OperationId == id).ExecuteDeleteAsync();
        foreach (var (seq, step) in kind.Steps.Index())
            db.Add(adopted[seq]?.At(seq, step.Name) ?? new OperationStep { OperationId = id, Seq = seq, Name = step.Name });
        // Aside first, or two would meet on their way.
        foreach (var (seq, former) in adopted.Index())
            if (former is not null && former.Seq != seq)
                await db.OperationEvents.Where(e => e.OperationId == id && e.Seq == former.Seq).ExecuteUpdateAsync(s => s.SetProperty(e => e.Seq, -1 - seq));
        await db.OperationEvents.Where(e => e.OperationId == id && e.Seq < 0).ExecuteUpdateAsync(s => s.SetProperty(e => e.Seq, e => -1 - e.Seq));
        Append(db, now, null, "log", $"It began with version {before} of {kind.Name} and goes on with version {kind.Version}.");
    });

    /// <summary>Renews the lease; true where a person asked to cancel.</summary>
    public async Task<bool> BeatAsync()
    {
        await using var db = databases.System();
        var until = time.GetUtcNow() + OperationEngine.Lease;
        if (await Row(db).ExecuteUpdateAsync(s => s.SetProperty(o => o.LeaseUntil, until)) == 0)
            throw new LostLeaseException();
        return await Row(db).Select(o => o.CancelRequested).SingleAsync();
    }

    /// <summary>Lets others take over now instead of when the lease runs out.</summary>
    public async Task ReleaseAsync()
    {
        await using var db = databases.System();
        await Row(db).ExecuteUpdateAsync(s => s.SetProperty(o => o.LeaseUntil, DateTimeOffset.UnixEpoch));
    }

    private async Task WriteAsync(Func<OCoreDb, DateTimeOffset, Task> write)
    {
        await using var db = databases.System();
        await db.InTransactionAsync(async () =>
        {
            var now = time.GetUtcNow();
            if (await Row(db).ExecuteUpdateAsync(s => s.SetProperty(o => o.LeaseUntil, now + OperationEngine.Lease)) == 0)
                throw new LostLeaseException();
            await write(db, now);
            await db.SaveChangesAsync();
            return 0;
        }, CancellationToken.None);
        OperationSignals.EventWritten(id);
    }

    private IQueryable<Operation> Row(OCoreDb db) => db.Operations.AcrossTenants().Where(o => o.Id == id && o.Fence == fence);

    private void Append(OCoreDb db, DateTimeOffset now, int? seq, string kind, string message) =>
        db.Add(new OperationEvent { OperationId = id, At = now, Seq = seq, Kind = kind, Message = message });
}
