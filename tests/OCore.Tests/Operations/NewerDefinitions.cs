using OCore.Client;
using OCore.Platform.Operations;

namespace OCore.Tests.Operations;

/// <summary>A release changes the steps of a kind while operations of the one before are on their way.</summary>
public sealed class NewerDefinitions
{
    [Theory, Sqlite, Postgres]
    public async Task What_one_release_began_the_next_goes_on_with(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var id = await WaitingAtAsync(lab, "c");
        lab.World.Release = 2;
        await lab.App.RestartAsync();
        var ended = await lab.EndedAsync(id);
        Assert.Equal((OperationState.Succeeded, 2), (ended.State, ended.Version));
        Assert.Equal(["a", "between", "b, called otherwise", "c"], ended.Steps.Select(s => s.Name));
        Assert.All(ended.Steps, s => Assert.Equal(StepState.Done, s.State));
        Assert.Equal(["do a", "do b", "do between", "do c"], lab.World.Calls);
        var events = await lab.EventsAsync(id);
        Assert.Contains(events, e => e.Message == "It began with version 1 of test.release and goes on with version 2.");
        // What is told of a step goes with it.
        Assert.Equal(["a of x", "b of x", "between of x", "c of x"], events.Where(e => e is { Kind: "log", Seq: not null }).Select(e => e.Message).Where(m => !m.EndsWith("away", StringComparison.Ordinal)));
        Assert.Equal([0, 2, 1, 3], events.Where(e => e is { Kind: "step", Message: "done" }).Select(e => e.Seq!.Value));
        Assert.Empty(await lab.LocksAsync());
    }

    [Theory, Sqlite, Postgres]
    public async Task What_one_release_could_not_undo_the_next_undoes(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        lab.Probe.Reached = (_, step, point) => (step.Name, point) switch
        {
            ("c", StepPoint.AfterEffect) => throw new StepRefusedException("no", "no"),
            ("b", StepPoint.BeforeUndo) => throw new StepRefusedException("no", "the disk is read-only"),
            _ => Task.CompletedTask,
        };
        var id = await lab.StartAsync<ReleasedKind>(new Build("x"), null, null, "thing:x");
        Assert.Equal(OperationState.Stuck, (await lab.EndedAsync(id)).State);
        lab.World.Release = 2;
        await lab.App.RestartAsync();
        await lab.Http.Post<OperationView>($"/api/operations/{id}/retry");
        var ended = await lab.EndedAsync(id);
        Assert.Equal((OperationState.RolledBack, 2), (ended.State, ended.Version));
        Assert.Equal([StepState.Undone, StepState.Pending, StepState.Undone, StepState.Undone], ended.Steps.Select(s => s.State));
        Assert.Empty(lab.World.Of("x"));
        Assert.Empty(await lab.LocksAsync());
    }

    /// <summary>What is done of a step that is gone could be neither gone on with nor undone; and a kind says from which version on it takes them.</summary>
    [Theory]
    [InlineData(3, 1)]
    [InlineData(2, 2)]
    public async Task What_the_next_cannot_take_on_waits_for_a_person(int release, int since)
    {
        await using var lab = await OperationLab.StartAsync(Database.Sqlite);
        var id = await WaitingAtAsync(lab, "c");
        (lab.World.Release, lab.World.Since) = (release, since);
        await lab.App.RestartAsync();
        var stuck = await lab.EndedAsync(id);
        Assert.Equal((OperationState.Stuck, "unknown_definition", 1), (stuck.State, stuck.ErrorCode, stuck.Version));
        Assert.Equal(["thing:x"], await lab.LocksAsync());
        // The one that began it is started again.
        lab.World.Release = 1;
        await lab.App.RestartAsync();
        await lab.Http.Post<OperationView>($"/api/operations/{id}/retry");
        Assert.Equal(OperationState.Succeeded, (await lab.EndedAsync(id)).State);
    }

    // Until the program is restarted, which forgets the probe.
    private static async Task<Guid> WaitingAtAsync(OperationLab lab, string at)
    {
        lab.Probe.Reached = (_, step, point) => step.Name == at && point == StepPoint.BeforeEffect ? throw new TryLaterException("away") : Task.CompletedTask;
        var id = await lab.StartAsync<ReleasedKind>(new Build("x"), null, null, "thing:x");
        await lab.UntilAsync(async () => (await lab.ReadAsync(id)).RetryAt is not null, "it waits");
        return id;
    }
}
