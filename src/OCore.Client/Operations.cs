using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>Pending and running end in one of the others; stuck needs a person.</summary>
public enum OperationState { Pending, Running, Unwinding, Succeeded, RolledBack, Cancelled, Stuck }

public enum StepState { Pending, Started, Done, Failed, UndoStarted, Undone, UndoFailed, Skipped }

/// <summary>Work that takes time: it survives a restart, and ends finished or undone.</summary>
public sealed record OperationView
{
    public required Guid Id { get; init; }
    /// <summary>Noun and verb, for example <c>instance.provision</c>.</summary>
    public required string Kind { get; init; }
    /// <summary>In words, for example "Provision Acme ERP".</summary>
    public required string Title { get; init; }
    public required OperationState State { get; init; }
    public required Ref Organization { get; init; }
    public Guid? InstanceId { get; init; }
    public Guid? ServerId { get; init; }
    public Guid? ClientId { get; init; }
    public Guid? TemplateId { get; init; }
    public Guid? TopologyId { get; init; }
    public required string CreatedBy { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public required bool CancelRequested { get; init; }
    /// <summary>Whether it can still be cancelled and undone.</summary>
    public required bool Cancellable { get; init; }
    /// <summary>Waits until then: a server that is away, for example.</summary>
    public DateTimeOffset? RetryAt { get; init; }
    public OperationError? Error { get; init; }
    /// <summary>Where a person ended it by hand.</summary>
    public OperationResolved? Resolved { get; init; }
    public required IReadOnlyList<StepView> Steps { get; init; }
}

public sealed record OperationError
{
    public required string Code { get; init; }
    public required string Message { get; init; }
    public string? Hint { get; init; }
}

/// <summary>Who ended a stuck operation by hand, and why; its state says how.</summary>
public sealed record OperationResolved
{
    public required string By { get; init; }
    public required string Reason { get; init; }
}

/// <summary>Go on without the step at which a stuck operation stopped.</summary>
public sealed record SkipOperationStep
{
    /// <summary>The <c>seq</c> of that step, which is the one that failed or could not be undone.</summary>
    [Range(0, 1000)] public required int Step { get; init; }
    /// <summary>Kept with the step, in the operation's history and in the audit log.</summary>
    [Required, MinLength(1), MaxLength(500)] public required string Reason { get; init; }
}

/// <summary>What is there now, of what a stuck operation was to do: nothing, or all of it.</summary>
public enum ResolvedOutcome { RolledBack, Succeeded }

/// <summary>End a stuck operation by hand.</summary>
public sealed record ResolveOperation
{
    /// <summary>Kept with the operation, in its history and in the audit log.</summary>
    [Required, MinLength(1), MaxLength(500)] public required string Reason { get; init; }
    /// <summary><c>rolled_back</c> where not given; one that was to be cancelled then ends as <c>cancelled</c>.</summary>
    public ResolvedOutcome? Outcome { get; init; }
}

public sealed record StepView
{
    public required int Seq { get; init; }
    public required string Name { get; init; }
    public required StepState State { get; init; }
    public required int Attempt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public string? Error { get; init; }
    /// <summary>Why a person had it skipped.</summary>
    public string? SkipReason { get; init; }
}

/// <summary>One line of an operation's history, as Server-Sent Events carry it.</summary>
public sealed record OperationEventView
{
    public required long Id { get; init; }
    public required DateTimeOffset At { get; init; }
    /// <summary>The step, or null for the operation itself.</summary>
    public int? Seq { get; init; }
    /// <summary><c>state</c>, <c>step</c> or <c>log</c>.</summary>
    public required string Kind { get; init; }
    public required string Message { get; init; }
}
