using OCore.Client;
using OCore.Platform.Operations;

namespace OCore.Tests.Operations;

/// <summary>One way to start a kind of operation, and how the world has to look when it has ended.</summary>
/// <param name="Kind">The kind's name.</param>
/// <param name="StartAsync">Starts it, and says its id.</param>
/// <param name="HoldsAsync">Demands everything after success, and nothing left after an undo; what is stuck it retries to its end.</param>
/// <param name="DoneByTheRequest">How many steps the request itself does, before there is anything to fail.</param>
/// <param name="ArrangeAsync">Makes what it needs, with operations of its own where that takes some.</param>
internal sealed record OperationCase(string Kind, Func<Task<Guid>> StartAsync, Func<Guid, OperationState, Task> HoldsAsync, int DoneByTheRequest = 0, Func<Task>? ArrangeAsync = null);

/// <summary>
/// What has to hold for every kind of operation, whatever its steps do. Failures are injected through <see cref="StepProbe"/>; a
/// kill is a runner that stops without writing another word, as a dead process does.
/// </summary>
internal sealed class OperationHarness(StepProbe probe, IReadOnlyList<Step> steps, OperationCase subject, Func<Guid, Task<Operation>> endedAsync)
{
    private static readonly StepPoint[] KillPoints = [StepPoint.BeforeIntent, StepPoint.BeforeEffect, StepPoint.AfterEffect, StepPoint.AfterDone];

    private int Pivot => steps.Index().Where(s => s.Item.IsPivot).Select(s => (int?)s.Index).FirstOrDefault() ?? steps.Count;

    /// <summary>Every effect happens twice, and the result is that of once.</summary>
    public async Task EveryStepTwiceAsync()
    {
        var once = new HashSet<string>();
        await RunAsync((step, point) => point == StepPoint.AfterEffect && once.Add(step.Name) ? new TimeoutException("the answer was lost") : null, OperationState.Succeeded);
        Assert.Equal(steps.Count - subject.DoneByTheRequest, once.Count);
    }

    /// <summary>Before the pivot a refusal undoes everything; from the pivot on it waits for a person, with the work kept.</summary>
    public async Task FailureAtEveryStepAsync()
    {
        for (var at = subject.DoneByTheRequest; at < steps.Count; at++)
            foreach (var where in new[] { StepPoint.BeforeEffect, StepPoint.AfterEffect })
            {
                var name = steps[at].Name;
                // Before a step without an undo is after the one before it.
                if (where == StepPoint.BeforeEffect && at > subject.DoneByTheRequest && steps[at] is { Undo: null, IsPivot: false })
                    continue;
                await RunAsync((step, point) => step.Name == name && point == where ? new StepRefusedException("injected", $"failed at {name}") : null,
                    at < Pivot ? OperationState.RolledBack : OperationState.Stuck, $"failure {where} of {name}");
            }
    }

    /// <summary>Undoing happens twice, and the result is that of once. Where there is no way back from the beginning, there is nothing to undo.</summary>
    public async Task UndoTwiceAsync()
    {
        if (Pivot == 0)
            return;
        var last = steps[Math.Min(Pivot, steps.Count) - 1].Name;
        var once = new HashSet<string>();
        await RunAsync((step, point) => point switch
        {
            StepPoint.AfterEffect when step.Name == last => new StepRefusedException("injected", $"failed at {last}"),
            StepPoint.AfterUndo when once.Add(step.Name) => new TimeoutException("the answer was lost"),
            _ => null,
        }, OperationState.RolledBack);
    }

    /// <summary>The process dies at every point of every step; another goes on and finishes.</summary>
    public async Task KillAtEveryPointAsync()
    {
        foreach (var at in steps)
            foreach (var where in KillPoints)
            {
                var killed = false;
                await RunAsync((step, point) =>
                {
                    if (killed || step.Name != at.Name || point != where)
                        return null;
                    killed = true;
                    return new LostLeaseException();
                }, OperationState.Succeeded, $"kill {where} of {at.Name}");
                Assert.True(killed);
            }
    }

    /// <summary>The process dies while it undoes; another goes on undoing.</summary>
    public async Task KillWhileUndoingAsync()
    {
        var undoable = steps.Take(Pivot).Where(s => s.Undo is not null).Select(s => s.Name).ToList();
        var last = steps[Math.Min(Pivot, steps.Count) - 1].Name;
        foreach (var at in undoable)
            foreach (var where in new[] { StepPoint.BeforeUndo, StepPoint.AfterUndo })
            {
                var killed = false;
                await RunAsync((step, point) =>
                {
                    if (step.Name == last && point == StepPoint.AfterEffect)
                        return new StepRefusedException("injected", $"failed at {last}");
                    if (killed || step.Name != at || point != where)
                        return null;
                    killed = true;
                    return new LostLeaseException();
                }, OperationState.RolledBack, $"kill {where} of {at}");
                Assert.True(killed);
            }
    }

    /// <summary>What can never be undone a person skips: all the rest is undone, and it ends.</summary>
    /// <param name="skipAsync">Skips the step of this number.</param>
    /// <param name="leftAsync">Demands that nothing is left but what this step made.</param>
    public async Task SkippedUndoOfEveryStepAsync(Func<Guid, int, Task> skipAsync, Func<Guid, Step, Task> leftAsync)
    {
        var last = steps[Math.Min(Pivot, steps.Count) - 1].Name;
        foreach (var (seq, at) in steps.Take(Pivot).Index().Where(s => s.Item.Undo is not null).ToList())
        {
            var id = await RunAsync((step, point) => point switch
            {
                StepPoint.AfterEffect when step.Name == last => new StepRefusedException("injected", $"failed at {last}"),
                StepPoint.BeforeUndo when step.Name == at.Name => new StepRefusedException("injected", $"{at.Name} cannot be undone"),
                _ => null,
            }, OperationState.Stuck, $"undo of {at.Name}");
            await skipAsync(id, seq);
            var ended = await endedAsync(id);
            Assert.True(ended.State == OperationState.RolledBack, $"{subject.Kind}, undo of {at.Name} skipped: {ended.State} {ended.ErrorMessage}");
            Assert.Equal(at.Name, Assert.Single(ended.Steps, s => s.State == StepState.Skipped).Name);
            Assert.DoesNotContain(ended.Steps, s => s.State is StepState.UndoFailed or StepState.Started or StepState.Failed or StepState.Done);
            await leftAsync(id, at);
        }
    }

    /// <summary>What can never be done a person skips, from the pivot on: it ends with all the rest.</summary>
    public async Task SkippedStepAfterThePivotAsync(Func<Guid, int, Task> skipAsync, Func<Guid, Step, Task> leftAsync)
    {
        foreach (var (seq, at) in steps.Index().Skip(Pivot).ToList())
        {
            var id = await RunAsync((step, point) => step.Name == at.Name && point == StepPoint.BeforeEffect ? new StepRefusedException("injected", $"failed at {at.Name}") : null,
                OperationState.Stuck, $"failure of {at.Name}");
            await skipAsync(id, seq);
            var ended = await endedAsync(id);
            Assert.True(ended.State == OperationState.Succeeded, $"{subject.Kind}, {at.Name} skipped: {ended.State} {ended.ErrorMessage}");
            Assert.All(ended.Steps, s => Assert.Equal(s.Seq == seq ? StepState.Skipped : StepState.Done, s.State));
            await leftAsync(id, at);
        }
    }

    private async Task<Guid> RunAsync(Func<Step, StepPoint, Exception?> inject, OperationState expected, string? what = null)
    {
        if (subject.ArrangeAsync is { } arrange)
            await arrange();
        Guid id = default;
        var started = new TaskCompletionSource();
        probe.Reached = async (operation, step, point) =>
        {
            await started.Task;
            if (operation.Id == id && inject(step, point) is { } failure)
                throw failure;
        };
        try
        {
            id = await subject.StartAsync();
            started.SetResult();
            var ended = await endedAsync(id);
            Assert.True(ended.State == expected, $"{subject.Kind}, {what}: {ended.State} instead of {expected}: {ended.ErrorCode} {ended.ErrorMessage}");
            if (expected is OperationState.RolledBack)
                Assert.DoesNotContain(ended.Steps, s => s.State is StepState.UndoFailed or StepState.Started or StepState.Failed or StepState.Done);
            probe.Reached = null;
            await subject.HoldsAsync(id, expected);
            return id;
        }
        finally
        {
            started.TrySetResult();
            probe.Reached = null;
        }
    }
}
