using System.Collections.ObjectModel;
using System.Text.Json;
using OCore.Client;

namespace OCore.Platform.Operations;

/// <summary>One step: an idempotent "ensure", and an equally idempotent undo that tolerates never, half and already undone.</summary>
/// <param name="IsPivot">From here on there is no way back: failures are retried forward and cancelling is refused.</param>
internal sealed record Step(string Name, Func<object, StepContext, Task> Do, Func<object, StepContext, Task>? Undo, bool IsPivot);

/// <summary>What can be asked for: a name, an input, and a fixed list of steps.</summary>
internal abstract class OperationKind
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Noun and verb, for example <c>instance.provision</c>.</summary>
    public abstract string Name { get; }
    /// <summary>Rises when the list of steps changes.</summary>
    public virtual int Version => 1;
    /// <summary>
    /// The oldest version whose operations go on with this list: each step is found by its name, and what is new is done as well, in its
    /// place. Those of older versions end as stuck, not as garbage. Lower it only where a step of the same name still does, and undoes, the same.
    /// </summary>
    public virtual int Since => Version;
    /// <summary>Steps that had another name since then: the name now, and the one before.</summary>
    public virtual IReadOnlyDictionary<string, string> FormerNames => ReadOnlyDictionary<string, string>.Empty;
    /// <summary>Waits for a server that is away for as long as it takes: deletions must not be lost.</summary>
    public virtual bool IsPatient => false;
    /// <summary>The request makes something itself, which the undo of the first step takes back: also where that step never began.</summary>
    public virtual bool BeginsWithRequest => false;
    /// <summary>Nobody waits for it: one at a time on a server, and it takes no place from what people asked for.</summary>
    public virtual bool IsBackground => false;
    public abstract IReadOnlyList<Step> Steps { get; }
    public abstract object ReadInput(string json);

    /// <summary>Which step of the operation each of this definition's is; null for one that is new.</summary>
    /// <returns>Null where it cannot go on with this definition: it is not said to, or something was done that is not known here any more.</returns>
    public IReadOnlyList<OperationStep?>? Adopt(Operation operation)
    {
        if (operation.Version > Version || operation.Version < Since)
            return null;
        var left = operation.Steps.ToDictionary(s => s.Name);
        List<OperationStep?> adopted = [.. Steps.Select(s => left.Remove(s.Name, out var same) || FormerNames.TryGetValue(s.Name, out var former) && left.Remove(former, out same) ? same : null)];
        return left.Values.All(s => s.State is StepState.Pending or StepState.Undone or StepState.Skipped) ? adopted : null;
    }
}

internal abstract class OperationKind<TInput> : OperationKind where TInput : class
{
    private IReadOnlyList<Step>? _steps;

    public sealed override IReadOnlyList<Step> Steps
    {
        get
        {
            if (_steps is null)
            {
                var list = new StepList<TInput>();
                Define(list);
                _steps = list.Steps;
            }
            return _steps;
        }
    }

    protected abstract void Define(StepList<TInput> steps);

    public sealed override object ReadInput(string json) => JsonSerializer.Deserialize<TInput>(json, Json) ?? throw new InvalidDataException($"{Name}: no input.");
}

internal sealed class StepList<TInput> where TInput : class
{
    public List<Step> Steps { get; } = [];

    public StepList<TInput> Step(string name, Func<TInput, StepContext, Task> ensure, Func<TInput, StepContext, Task>? undo = null) => Add(name, ensure, undo, false);

    /// <summary>The step after which there is no way back.</summary>
    public StepList<TInput> Pivot(string name, Func<TInput, StepContext, Task> ensure) => Add(name, ensure, null, true);

    private StepList<TInput> Add(string name, Func<TInput, StepContext, Task> ensure, Func<TInput, StepContext, Task>? undo, bool pivot)
    {
        Steps.Add(new Step(name, (input, context) => ensure((TInput)input, context), undo is null ? null : (input, context) => undo((TInput)input, context), pivot));
        return this;
    }
}

/// <summary>A step found that it cannot be done; trying again would not help.</summary>
internal sealed class StepRefusedException(string code, string message, string? hint = null, Exception? inner = null) : Exception(message, inner)
{
    public string Code => code;
    public string? Hint => hint;
}

/// <summary>Something is not there yet or away for now; the step is tried again, later.</summary>
internal sealed class TryLaterException(string message, string? hint = null, Exception? inner = null) : Exception(message, inner)
{
    public string? Hint => hint;
}
