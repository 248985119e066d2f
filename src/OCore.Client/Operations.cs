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
    public required IReadOnlyList<StepView> Steps { get; init; }
}

public sealed record OperationError
{
    public required string Code { get; init; }
    public required string Message { get; init; }
    public string? Hint { get; init; }
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
