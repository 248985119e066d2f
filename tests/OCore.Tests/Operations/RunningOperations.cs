using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Tests.Operations;

/// <summary>How operations wait, are cancelled, and get stuck.</summary>
public sealed class RunningOperations
{
    [Theory, Sqlite, Postgres]
    public async Task Cancelling_at_any_step_undoes_everything(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        foreach (var at in BuildKind.StepNames)
            foreach (var where in new[] { StepPoint.BeforeEffect, StepPoint.AfterEffect, StepPoint.AfterDone })
            {
                var asked = false;
                lab.Probe.Reached = async (operation, step, point) =>
                {
                    if (asked || step.Name != at || point != where)
                        return;
                    asked = true;
                    Assert.True((await lab.Http.Post<OperationView>($"/api/operations/{operation.Id}/cancel")).CancelRequested);
                };
                var thing = $"{at}-{where}";
                var ended = await lab.EndedAsync(await lab.StartAsync<BuildKind>(new Build(thing), null, null, thing), jump: false);
                Assert.True(ended.State == OperationState.Cancelled, $"{where} of {at}: {ended.State} {ended.ErrorMessage}");
                Assert.Empty(lab.World.Of(thing));
                Assert.Equal("cancelled", ended.ErrorCode);
            }
        Assert.Empty(await lab.LocksAsync());
    }

    [Theory, Sqlite, Postgres]
    public async Task What_the_request_made_is_taken_back_although_no_step_began(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        lab.Probe.Reached = async (operation, step, point) =>
        {
            if (step.Name == BuildKind.StepNames[0] && point == StepPoint.BeforeIntent)
                await lab.Http.Post<OperationView>($"/api/operations/{operation.Id}/cancel");
        };
        var ended = await lab.EndedAsync(await lab.StartAsync<BuildKind>(new Build("x")), jump: false);
        Assert.Equal(OperationState.Cancelled, ended.State);
        Assert.Equal("Undone Pending Pending Pending", string.Join(' ', ended.Steps.Select(s => s.State)));
        Assert.Equal("undo a", Assert.Single(lab.World.Calls));
    }

    [Theory, Sqlite, Postgres]
    public async Task Cancelling_reaches_a_running_step(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var id = await lab.StartAsync<WaitKind>(new Build("x"));
        await lab.UntilAsync(() => Task.FromResult(lab.World.Waiting == 1), "the step runs");
        await lab.Http.Post<OperationView>($"/api/operations/{id}/cancel");
        Assert.Equal(OperationState.Cancelled, (await lab.EndedAsync(id, jump: false)).State);
        await lab.Http.Post<OperationView>($"/api/operations/{id}/cancel").IsRefusedAsync(409, "not_cancellable");
    }

    [Theory, Sqlite, Postgres]
    public async Task Past_the_pivot_nothing_is_cancelled(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var refused = 0;
        lab.Probe.Reached = async (operation, step, point) =>
        {
            if (step.Name != "a" && point is StepPoint.BeforeEffect or StepPoint.AfterDone && step.Name != "a")
            {
                await lab.Http.Post<OperationView>($"/api/operations/{operation.Id}/cancel").IsRefusedAsync(409, "not_cancellable");
                refused++;
            }
        };
        Assert.Equal(OperationState.Succeeded, (await lab.EndedAsync(await lab.StartAsync<SwitchKind>(new Build("x")))).State);
        Assert.Equal(4, refused);
    }

    [Theory, Sqlite, Postgres]
    public async Task What_is_away_is_tried_again_with_growing_pauses_and_then_undone(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        lab.Probe.Reached = (_, step, point) => step.Name == "c" && point == StepPoint.BeforeEffect ? throw new TryLaterException("the server is away", "Switch it on.") : Task.CompletedTask;
        var id = await lab.StartAsync<BuildKind>(new Build("x"));
        await lab.UntilAsync(async () => (await lab.ReadAsync(id)).RetryAt is not null, "it waits");
        var shown = await lab.Http.Get<OperationView>($"/api/operations/{id}");
        Assert.Equal(("waiting", "the server is away", "Switch it on."), (shown.Error?.Code, shown.Error?.Message, shown.Error?.Hint));
        Assert.NotNull(shown.RetryAt);
        var ended = await lab.EndedAsync(id);
        Assert.Equal((OperationState.RolledBack, "try_later"), (ended.State, ended.ErrorCode));
        Assert.Equal(5, (await lab.EventsAsync(id)).Count(e => e is { Seq: 2, Message: "started" }));
        Assert.Empty(lab.World.Of("x"));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_person_may_try_again_sooner(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var away = true;
        lab.Probe.Reached = (_, step, point) => away && step.Name == "c" && point == StepPoint.BeforeEffect ? throw new TryLaterException("away") : Task.CompletedTask;
        var id = await lab.StartAsync<BuildKind>(new Build("x"));
        // Until the pause is so long that the test is quicker on any machine.
        await lab.UntilAsync(async () =>
        {
            if ((await lab.ReadAsync(id)).RetryAt - lab.App.Clock.GetUtcNow() is not { } pause)
                return false;
            if (pause > TimeSpan.FromSeconds(10))
                return true;
            lab.App.Clock.Advance(pause);
            OperationSignals.WorkQueued();
            return false;
        }, "it waits");
        away = false;
        await lab.Http.Post<OperationView>($"/api/operations/{id}/retry");
        Assert.Equal(OperationState.Succeeded, (await lab.EndedAsync(id, jump: false)).State);
        await lab.Http.Post<OperationView>($"/api/operations/{id}/retry").IsRefusedAsync(409, "not_retryable");
    }

    [Theory, Sqlite, Postgres]
    public async Task An_undo_that_cannot_be_done_keeps_the_lock_until_it_can(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var broken = true;
        lab.Probe.Reached = (_, step, point) => (step.Name, point) switch
        {
            ("d", StepPoint.BeforeEffect) => throw new StepRefusedException("no", "no"),
            ("b", StepPoint.BeforeUndo) when broken => throw new StepRefusedException("no", "the disk is read-only"),
            _ => Task.CompletedTask,
        };
        var id = await lab.StartAsync<BuildKind>(new Build("x"), null, null, "thing:x");
        var stuck = await lab.EndedAsync(id);
        Assert.Equal((OperationState.Stuck, "undo_failed", "“b” could not be undone. the disk is read-only"), (stuck.State, stuck.ErrorCode, stuck.ErrorMessage));
        Assert.Equal(["thing:x"], await lab.LocksAsync());
        Assert.Equal(["a", "b"], lab.World.Of("x"));
        broken = false;
        await lab.Http.Post<OperationView>($"/api/operations/{id}/retry");
        Assert.Equal(OperationState.RolledBack, (await lab.EndedAsync(id)).State);
        Assert.Empty(lab.World.Of("x"));
        Assert.Empty(await lab.LocksAsync());
    }

    [Theory, Sqlite]
    public async Task An_undo_that_never_comes_through_ends_as_stuck(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        lab.Probe.Reached = (_, step, point) => (step.Name, point) switch
        {
            ("d", StepPoint.BeforeEffect) => throw new StepRefusedException("no", "no"),
            ("b", StepPoint.BeforeUndo) => throw new TryLaterException("away"),
            _ => Task.CompletedTask,
        };
        Assert.Equal(OperationState.Stuck, (await lab.EndedAsync(await lab.StartAsync<BuildKind>(new Build("x")))).State);
    }

    [Theory, Sqlite, Postgres]
    public async Task Two_cannot_work_on_one_thing(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var first = await lab.StartAsync<WaitKind>(new Build("x"), null, null, "thing:x", "thing:y");
        var refused = await Assert.ThrowsAsync<Platform.Http.ProblemException>(() => lab.StartAsync<BuildKind>(new Build("x"), null, null, "thing:y"));
        Assert.Equal(("operation_in_progress", first), (refused.Problem.Code, (Guid)refused.Problem.More!["operationId"]!));
        lab.World.Open();
        await lab.EndedAsync(first);
        Assert.Equal(OperationState.Succeeded, (await lab.EndedAsync(await lab.StartAsync<BuildKind>(new Build("x"), null, null, "thing:y"))).State);
    }

    [Theory, Sqlite, Postgres]
    public async Task Of_many_that_want_one_thing_at_once_one_gets_it(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var won = await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
        {
            try
            {
                // In different orders: they are taken sorted, so nobody waits for each other.
                return (Guid?)await lab.StartAsync<WaitKind>(new Build("x"), null, null, i % 2 == 0 ? ["a", "b"] : ["b", "a"]);
            }
            catch (Exception e) when (e is DbUpdateException or Platform.Http.ProblemException)
            {
                return null;
            }
        }));
        Assert.Single(won, id => id is not null);
        Assert.Equal(["a", "b"], (await lab.LocksAsync()).Order(StringComparer.Ordinal));
    }

    [Theory, Sqlite, Postgres]
    public async Task Secrets_do_not_reach_history_errors_or_the_row(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        lab.Probe.Reached = (_, step, point) => step.Name == "b" && point == StepPoint.AfterEffect ? throw new StepRefusedException("no", "refused: canary-secret") : Task.CompletedTask;
        var id = await lab.StartAsync<BuildKind>(new Build("x", "canary-secret"));
        var ended = await lab.EndedAsync(id);
        var words = (await lab.EventsAsync(id)).Select(e => e.Message).Append(ended.ErrorMessage).Append(ended.InputSealed).Concat(ended.Steps.Select(s => s.Error));
        Assert.DoesNotContain("canary-secret", string.Join('\n', words), StringComparison.Ordinal);
        Assert.Contains("the secret is ••••", string.Join('\n', words), StringComparison.Ordinal);
    }

    [Theory, Sqlite, Postgres]
    public async Task Output_that_cannot_be_written_for_a_moment_is_not_lost(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var id = await lab.StartAsync<TalkKind>(new Build("x", Lines: 200));
        await lab.UntilAsync(async () => (await lab.EventsAsync(id)).Exists(e => e.Kind == "log"), "it talks");
        await using var db = lab.App.Databases.System();
        await db.Database.ExecuteSqlAsync($"ALTER TABLE \"OperationEvents\" RENAME TO \"EventsAside\"");
        try
        {
            await lab.UntilAsync(() => Task.FromResult(lab.App.Log.Lines.Any(l => l.Contains("its output could not be written", StringComparison.Ordinal))), "it says so");
        }
        finally
        {
            await db.Database.ExecuteSqlAsync($"ALTER TABLE \"EventsAside\" RENAME TO \"OperationEvents\"");
        }
        Assert.Equal(OperationState.Succeeded, (await lab.EndedAsync(id, jump: false)).State);
        Assert.Equal(Enumerable.Range(0, 200).Select(n => $"line {n}"), (await lab.EventsAsync(id)).Where(e => e.Kind == "log").Select(e => e.Message));
    }

    [Theory, Sqlite]
    public async Task What_this_version_does_not_know_waits_for_a_person(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var id = await lab.StartAsync<WaitKind>(new Build("x"));
        await lab.UntilAsync(() => Task.FromResult(lab.World.Waiting == 1), "it runs");
        await using (var db = lab.App.Databases.System())
            await db.Operations.AcrossTenants().Where(o => o.Id == id).ExecuteUpdateAsync(s => s.SetProperty(o => o.Version, 99));
        await lab.App.RestartAsync();
        var stuck = await lab.EndedAsync(id);
        Assert.Equal((OperationState.Stuck, "unknown_definition"), (stuck.State, stuck.ErrorCode));
        await lab.Http.Post<SkipOperationStep, OperationView>($"/api/operations/{id}/skip", new() { Step = 0, Reason = "On." }).IsRefusedAsync(409, "nothing_to_skip");
        var resolved = await lab.Http.Post<ResolveOperation, OperationView>($"/api/operations/{id}/resolve", new() { Reason = "Done by hand.", Outcome = ResolvedOutcome.Succeeded });
        Assert.Equal((OperationState.Succeeded, "Done by hand."), (resolved.State, resolved.Resolved?.Reason));
    }
}
