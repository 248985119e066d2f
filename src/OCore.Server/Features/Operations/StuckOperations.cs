using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.AuditLog;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;

namespace OCore.Features.Operations;

/// <summary>What a person does where neither waiting nor retrying helps: on without the step, or an end by hand.</summary>
internal static class StuckOperations
{
    private static readonly Problem NotStuck = new(409, "not_stuck", "The operation is not stuck.", "Only one that can go neither on nor back needs this. One that waits is retried by itself.");

    /// <summary>
    /// Go on without the step at which a stuck operation stopped. Going forward, the step counts as done and is not run again; going back, it
    /// counts as undone, and what it left is yours to remove.
    /// </summary>
    internal static async Task<Results<Ok<OperationView>, Problem>> Skip(Guid id, SkipOperationStep request, OCoreDb db, OperationKinds kinds, TimeProvider time, CancellationToken stop)
    {
        if (!await db.Operations.AnyAsync(o => o.Id == id, stop))
            return Problem.NotFound;
        var reason = request.Reason.Trim();
        var refusal = await db.InTransactionAsync(async () =>
        {
            var operation = await TakeAsync(db, id, stop);
            if (operation.State != OperationState.Stuck)
                return NotStuck;
            if (StoppedAt(operation) is not { } step)
                return new Problem(409, "nothing_to_skip", "No step stopped it: this version of oCore cannot go on with it at all.", "Retry it with what it needs, or resolve it by hand.");
            if (step.Seq != request.Step)
                return new Problem(409, "not_the_stuck_step", $"It stopped at step {step.Seq}, “{step.Name}”.", "Only that one can be skipped.");
            var now = time.GetUtcNow();
            (step.State, step.UndoSkipped, step.SkipReason, step.FinishedAt) = (StepState.Skipped, operation.Unwinds, reason, now);
            // What was to be done about it is done with this.
            (operation.State, operation.FinishedAt, operation.LeaseUntil, operation.ErrorHint) = (operation.Unwinds ? OperationState.Unwinding : OperationState.Running, null, DateTimeOffset.UnixEpoch, null);
            Tell(db, id, now, step.Seq, "step", $"skipped: {reason}");
            Tell(db, id, now, null, "state", WireWord.Of(operation.State));
            db.Record("operation.skipped", operation.OrgId, operation, new Dictionary<string, AuditChangeValue> { ["step"] = new(null, step.Name), ["reason"] = new(null, reason) });
            await db.SaveChangesAsync(stop);
            return null;
        }, stop);
        if (refusal is not null)
            return refusal;
        OperationSignals.EventWritten(id);
        OperationSignals.WorkQueued();
        return TypedResults.Ok((await OperationEndpoints.ViewAsync(db, kinds, id, stop))!);
    }

    /// <summary>
    /// End a stuck operation by hand, for ever: you have put right what it left. Its locks are free, and what it worked on is shown as it is
    /// found. Nothing is done on any server.
    /// </summary>
    internal static async Task<Results<Ok<OperationView>, Problem>> Resolve(Guid id, ResolveOperation request, OCoreDb db, OCoreDbFactory databases, OperationKinds kinds, [FromServices] IEnumerable<Settlement> settlements, TimeProvider time, CancellationToken stop)
    {
        if (await db.Operations.AsNoTracking().Where(o => o.Id == id).Select(o => (Guid?)o.RootId).SingleOrDefaultAsync(stop) is not { } root)
            return Problem.NotFound;
        var (reason, succeeded) = (request.Reason.Trim(), request.Outcome == ResolvedOutcome.Succeeded);
        // As the operation itself did: a client's may have worked on its agency's server.
        await using var work = databases.For(new Tenant(root, root, false), db.Actor);
        var refusal = await work.InTransactionAsync(async () =>
        {
            var operation = await TakeAsync(work, id, stop);
            if (operation.State != OperationState.Stuck)
                return NotStuck;
            var now = time.GetUtcNow();
            // Where it was to be cancelled, that is how it ends.
            operation.State = succeeded ? OperationState.Succeeded : operation.CancelRequested ? OperationState.Cancelled : OperationState.RolledBack;
            // Whoever still believes to run it writes nothing any more.
            (operation.FinishedAt, operation.RetryAt, operation.LeaseUntil, operation.Fence) = (now, null, DateTimeOffset.UnixEpoch, operation.Fence + 1);
            (operation.ResolvedBy, operation.ResolvedReason) = ((work.Actor ?? AuditActor.System).Name, reason);
            var locks = await work.ResourceLocks.Where(l => l.OperationId == id).ToListAsync(stop);
            work.RemoveRange(locks);
            foreach (var settlement in settlements)
                await settlement.SettleAsync(new Resolution(work, operation, [.. locks.Select(l => l.Key)], succeeded), stop);
            Tell(work, id, now, null, "log", $"Resolved by hand by {operation.ResolvedBy}: {reason}");
            Tell(work, id, now, null, "state", WireWord.Of(operation.State));
            work.Record("operation.resolved", operation.OrgId, operation, new Dictionary<string, AuditChangeValue> { ["outcome"] = new("stuck", WireWord.Of(operation.State)), ["reason"] = new(null, reason) });
            await work.SaveChangesAsync(stop);
            return null;
        }, stop);
        if (refusal is not null)
            return refusal;
        OperationSignals.EventWritten(id);
        OperationSignals.WorkQueued();
        return TypedResults.Ok((await OperationEndpoints.ViewAsync(db, kinds, id, stop))!);
    }

    // The row first, as the runner does: nobody else takes it up again, or ends it, before this has been decided.
    private static async Task<Operation> TakeAsync(OCoreDb db, Guid id, CancellationToken stop)
    {
        await db.TakeOperationAsync(id, stop);
        return await db.Operations.Include(o => o.Steps).SingleAsync(o => o.Id == id, stop);
    }

    // One that nobody knows or can read stopped before any step, though one may have failed on the way there.
    private static OperationStep? StoppedAt(Operation operation) => operation.ErrorCode is OperationRunner.UnknownDefinition or OperationRunner.UnreadableInput ? null
        : operation.Steps.Find(s => s.State == (operation.Unwinds ? StepState.UndoFailed : StepState.Failed));

    private static void Tell(OCoreDb db, Guid id, DateTimeOffset at, int? seq, string kind, string message) =>
        db.Add(new OperationEvent { OperationId = id, At = at, Seq = seq, Kind = kind, Message = message });
}
