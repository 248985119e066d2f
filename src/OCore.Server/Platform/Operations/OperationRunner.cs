using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Platform.Operations;

/// <summary>Points at which a test may kill or fail a step; nothing listens in production.</summary>
internal enum StepPoint { BeforeIntent, BeforeEffect, AfterEffect, AfterDone, BeforeUndo, AfterUndo }

/// <summary>The seam for the fault-injection harnesses.</summary>
internal sealed class StepProbe
{
    public Func<Operation, Step, StepPoint, Task>? Reached { get; set; }

    public Task AtAsync(Operation operation, Step step, StepPoint point) => Reached?.Invoke(operation, step, point) ?? Task.CompletedTask;
}

/// <summary>Runs one claimed operation to its end, to its undoing, or to where it has to wait.</summary>
internal sealed class OperationRunner(
    IServiceScopeFactory scopes, OCoreDbFactory databases, OperationKinds kinds, SecretBox secrets, StepProbe probe, TimeProvider time, ILogger<OperationRunner> log)
{
    public const string UnknownDefinition = "unknown_definition", UnreadableInput = "unreadable_input";
    private const int MaxAttempts = 5;
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(1);

    /// <param name="life">Under which this process claimed it.</param>
    public async Task RunAsync(Guid id, long fence, string life, CancellationToken stopping)
    {
        var journal = new OperationJournal(id, fence, databases, time);
        try
        {
            await using var db = databases.System();
            var operation = await ReadAsync(db, id);
            if (kinds.Find(operation.Kind) is { } newer && newer.Version != operation.Version && newer.Adopt(operation) is { } adopted)
            {
                await journal.AdoptAsync(newer, operation.Version, adopted);
                operation = await ReadAsync(db, id);
            }
            if (kinds.Find(operation.Kind) is not { } kind || kind.Version != operation.Version)
            {
                await journal.StateAsync(OperationState.Stuck, UnknownDefinition, $"This version of oCore does not know {operation.Kind} {operation.Version}.", "Start the version that began it, or resolve it by hand.");
                return;
            }
            if (ReadInput(kind, operation) is not { } input)
            {
                await journal.StateAsync(OperationState.Stuck, UnreadableInput, "What was asked for cannot be read any more.", "Was the master key replaced, or restored from another installation?");
                return;
            }
            using var lease = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            var run = new Run(operation, kind, input, journal, lease) { Life = life, LastBeat = time.GetTimestamp() };
            var beat = BeatAsync(run);
            try
            {
                await using var lines = new OperationLog(id, fence, databases, time, log);
                if (operation.State != OperationState.Unwinding)
                    await ForwardAsync(run, lines);
                if (run.Unwinding)
                    await UnwindAsync(run, lines);
            }
            finally
            {
                // Whatever happened: a heartbeat that went on would keep others from taking over.
                await lease.CancelAsync();
                await beat;
            }
        }
        catch (LostLeaseException)
        {
            log.LogWarning("Operation {Id}: taken over by another process", id);
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // The process ends; whoever starts next goes on at this step, at once.
            await journal.ReleaseAsync();
        }
        catch (OperationCanceledException)
        {
            log.LogWarning("Operation {Id}: the lease was lost", id);
        }
        catch (Exception e)
        {
            log.LogError(e, "Operation {Id} could not be run", id);
        }
    }

    private static Task<Operation> ReadAsync(OCoreDb db, Guid id) =>
        db.Operations.AcrossTenants().AsNoTracking().Include(o => o.Steps.OrderBy(s => s.Seq)).SingleAsync(o => o.Id == id, CancellationToken.None);

    private object? ReadInput(OperationKind kind, Operation operation)
    {
        try
        {
            return kind.ReadInput(secrets.Unseal(operation.InputSealed, "operation", operation.Id));
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or System.Text.Json.JsonException or InvalidDataException)
        {
            log.LogError(e, "Operation {Id}: the input cannot be read", operation.Id);
            return null;
        }
    }

    private async Task ForwardAsync(Run run, OperationLog lines)
    {
        if (run.Operation.State == OperationState.Pending || run.Operation.RetryAt is not null)
            await run.Journal.StateAsync(OperationState.Running);
        // Also where a newer definition has a step before it that was not done yet.
        run.PastPivot = run.Kind.Steps.Zip(run.Operation.Steps).Any(s => s.First.IsPivot && s.Second.State is StepState.Done or StepState.Skipped);
        foreach (var (step, row) in run.Kind.Steps.Zip(run.Operation.Steps))
        {
            if (row.State is StepState.Done or StepState.Skipped)
                continue;
            if (run.CancelRequested && !run.PastPivot)
            {
                run.BeginUnwinding("cancelled", "Cancelled by request.", null);
                return;
            }
            lines.Seq = row.Seq;
            await probe.AtAsync(run.Operation, step, StepPoint.BeforeIntent);
            if (!await run.Journal.BeginAsync(row.Seq, run.PastPivot))
            {
                run.Cancel();
                run.BeginUnwinding("cancelled", "Cancelled by request.", null);
                return;
            }
            row.State = StepState.Started;
            row.Attempt++;
            var outcome = await AttemptAsync(run, step, row, step.Do, lines, undo: false);
            await lines.FlushAsync();
            if (outcome is null)
            {
                await run.Journal.StepAsync(row.Seq, StepState.Done);
                row.State = StepState.Done;
                run.PastPivot |= step.IsPivot;
                await probe.AtAsync(run.Operation, step, StepPoint.AfterDone);
                continue;
            }
            await FailedAsync(run, step, row, outcome);
            return;
        }
        if (await run.Journal.SucceedAsync(run.PastPivot))
            return;
        run.Cancel();
        run.BeginUnwinding("cancelled", "Cancelled by request.", null);
    }

    private async Task FailedAsync(Run run, Step step, OperationStep row, Failure failure)
    {
        await run.Journal.StepAsync(row.Seq, StepState.Failed, failure.Message);
        row.State = StepState.Failed;
        if (run.CancelRequested && !run.PastPivot)
            run.BeginUnwinding("cancelled", "Cancelled by request.", null);
        else if (failure.TryAgain && (run.Kind.IsPatient || row.Attempt < MaxAttempts))
            await run.Journal.RetryAtAsync(time.GetUtcNow() + Backoff(row.Attempt), failure.Message, failure.Hint);
        else if (run.PastPivot || step.IsPivot)
            await run.Journal.StateAsync(OperationState.Stuck, failure.Code, failure.Message, failure.Hint ?? "Mend the cause and retry the operation, or skip the step.");
        else
            run.BeginUnwinding(failure.Code, failure.Message, failure.Hint);
    }

    private async Task UnwindAsync(Run run, OperationLog lines)
    {
        if (run.Operation.State != OperationState.Unwinding || run.Operation.RetryAt is not null)
            await run.Journal.StateAsync(OperationState.Unwinding, run.ErrorCode, run.ErrorMessage, run.ErrorHint);
        foreach (var (step, row) in run.Kind.Steps.Zip(run.Operation.Steps).Reverse())
        {
            // What was skipped on the way forward may have done half of it.
            if (row.State == StepState.Undone || row is { State: StepState.Skipped, UndoSkipped: true } || row.State == StepState.Pending && !(row.Seq == 0 && run.Kind.BeginsWithRequest))
                continue;
            if (step.Undo is not null)
            {
                lines.Seq = row.Seq;
                await run.Journal.StepAsync(row.Seq, StepState.UndoStarted);
                row.Attempt++;
                if (await AttemptAsync(run, step, row, step.Undo, lines, undo: true) is { } failure)
                {
                    await run.Journal.StepAsync(row.Seq, StepState.UndoFailed, failure.Message);
                    if (failure.TryAgain && (run.Kind.IsPatient || row.Attempt < 3 * MaxAttempts))
                        await run.Journal.RetryAtAsync(time.GetUtcNow() + Backoff(row.Attempt), failure.Message, failure.Hint);
                    else
                        await run.Journal.StateAsync(OperationState.Stuck, "undo_failed", $"“{step.Name}” could not be undone. {failure.Message}", "Mend the cause and retry, or skip the step; the operation goes on undoing where it stopped.");
                    return;
                }
            }
            await run.Journal.StepAsync(row.Seq, StepState.Undone);
        }
        await run.Journal.StateAsync(run.CancelRequested ? OperationState.Cancelled : OperationState.RolledBack);
    }

    private async Task<Failure?> AttemptAsync(Run run, Step step, OperationStep row, Func<object, StepContext, Task> act, OperationLog lines, bool undo)
    {
        // Undoing is not interrupted by the cancellation that began it.
        var stop = undo ? run.Lease.Token : run.CancelOrLease;
        try
        {
            new Fence(run.Operation.Id, run.Life, run.PastLives, () => !run.Lease.IsCancellationRequested && time.GetElapsedTime(run.LastBeat) < OperationEngine.Lease).Enter();
            await using var scope = scopes.CreateAsyncScope();
            var context = new StepContext(scope.ServiceProvider, databases, run.Tenant, run.Actor, lines, stop) { OperationId = run.Operation.Id, Fence = run.Operation.Fence, Attempt = row.Attempt };
            await probe.AtAsync(run.Operation, step, undo ? StepPoint.BeforeUndo : StepPoint.BeforeEffect);
            await act(run.Input, context);
            await probe.AtAsync(run.Operation, step, undo ? StepPoint.AfterUndo : StepPoint.AfterEffect);
            return null;
        }
        catch (Exception e) when (e is not LostLeaseException && !run.Lease.IsCancellationRequested)
        {
            var failure = Failure.Of(e, lines.Mask);
            if (failure.Unexpected && !run.CancelRequested)
                log.LogError(e, "Operation {Id} {Kind}: step {Step} failed", run.Operation.Id, run.Operation.Kind, step.Name);
            lines.Line($"{step.Name}: {failure.Message}");
            return failure;
        }
    }

    // 2, 4, 8 … seconds, a minute at most.
    private static TimeSpan Backoff(int attempt) => TimeSpan.FromSeconds(Math.Min(60, Math.Pow(2, Math.Min(attempt, 6))));

    private async Task BeatAsync(Run run)
    {
        try
        {
            while (!run.Lease.IsCancellationRequested)
            {
                await Task.Delay(HeartbeatInterval, time, run.Lease.Token);
                await BeatOnceAsync(run);
            }
        }
        catch (OperationCanceledException)
        {
            // The run has ended.
        }
        catch (LostLeaseException)
        {
            await run.Lease.CancelAsync();
        }
    }

    // A database that is away for a moment costs a beat, not the operation; away for longer, another process has it by then.
    private async Task BeatOnceAsync(Run run)
    {
        try
        {
            if (await run.Journal.BeatAsync() && !run.PastPivot)
                run.Cancel();
            run.LastBeat = time.GetTimestamp();
        }
        catch (Exception e) when (e is not LostLeaseException && e.IsFault(run.Lease.Token))
        {
            log.LogWarning(e, "Operation {Id}: a heartbeat could not be written", run.Operation.Id);
            if (time.GetElapsedTime(run.LastBeat) > OperationEngine.Lease)
                throw new LostLeaseException();
        }
    }

    private sealed class Run
    {
        private readonly CancellationTokenSource _cancel;

        public Run(Operation operation, OperationKind kind, object input, OperationJournal journal, CancellationTokenSource lease)
        {
            (Operation, Kind, Input, Journal, Lease) = (operation, kind, input, journal, lease);
            _cancel = CancellationTokenSource.CreateLinkedTokenSource(lease.Token);
            CancelRequested = operation.CancelRequested;
            Unwinding = operation.State == OperationState.Unwinding;
            Tenant = new Tenant(operation.RootId, operation.RootId, false);
            Actor = new AuditActor(operation.ActorId, operation.Actor, operation.ActorOrgId, operation.ActorDelegated, null, null, null, operation.Id);
        }

        public Operation Operation { get; }
        public OperationKind Kind { get; }
        public object Input { get; }
        public OperationJournal Journal { get; }
        public CancellationTokenSource Lease { get; }
        public Tenant Tenant { get; }
        public AuditActor Actor { get; }
        public CancellationToken CancelOrLease => _cancel.Token;
        public required string Life { get; init; }
        public IReadOnlyList<string> PastLives => [.. Operation.PastLives.Split(',', StringSplitOptions.RemoveEmptyEntries).Where(l => l != Life)];
        public long LastBeat { get; set; }
        public bool CancelRequested { get; private set; }
        public bool PastPivot { get; set; }
        public bool Unwinding { get; private set; }
        public string? ErrorCode { get; private set; }
        public string? ErrorMessage { get; private set; }
        public string? ErrorHint { get; private set; }

        public void Cancel()
        {
            CancelRequested = true;
            _cancel.Cancel();
        }

        public void BeginUnwinding(string code, string message, string? hint) => (Unwinding, ErrorCode, ErrorMessage, ErrorHint) = (true, code, message, hint);
    }

    private sealed record Failure(string Code, string Message, string? Hint, bool TryAgain, bool Unexpected)
    {
        public static Failure Of(Exception e, Func<string, string> mask) => e switch
        {
            StepRefusedException refused => new(refused.Code, mask(refused.Message), refused.Hint, false, false),
            Http.ProblemException problem => new(problem.Problem.Code, mask(problem.Problem.Detail), problem.Problem.Hint, false, false),
            TryLaterException later => new("try_later", mask(later.Message), later.Hint, true, false),
            OperationCanceledException => new("interrupted", "The step was interrupted.", null, true, false),
            ServerUnreachableException or DockerUnavailableException or RemoteTimeoutException => new("server_unreachable", mask(e.Message), "oCore tries again by itself; check that the server is up and reachable.", true, false),
            HostKeyChangedException => new("host_key_changed", mask(e.Message), "Compare the new fingerprint on the server's console, then pin it on the server's page.", false, false),
            ImageNotAccessibleException image => new("image_not_accessible", mask(image.Message), "Ensure the template's Docker image is accessible: pull it on the server or on this machine, or name another image.", false, false),
            ServerException => new("server_refused", mask(e.Message), "The operation's log has the details.", false, false),
            TimeoutException or IOException or HttpRequestException => new("unavailable", mask(e.Message), null, true, false),
            _ => new("step_failed", mask(e.Message), "The operation's log has the details.", false, true),
        };
    }
}
