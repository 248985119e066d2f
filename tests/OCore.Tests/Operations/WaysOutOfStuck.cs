using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.AuditLog;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Tests.Operations;

/// <summary>What a person can do with an operation that goes neither on nor back, beside retrying it.</summary>
public sealed class WaysOutOfStuck
{
    private static SkipOperationStep Skipping(int step, string reason = "The disk is gone.") => new() { Step = step, Reason = reason };

    [Theory, Sqlite, Postgres]
    public async Task An_undo_that_cannot_be_done_is_skipped(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var id = await StuckUndoingAsync(lab);
        var path = $"/api/operations/{id}";
        // Only the step at which it stopped, by whoever manages operations, with a reason.
        await lab.Http.Post<SkipOperationStep, OperationView>(path + "/skip", Skipping(3)).IsRefusedAsync(409, "not_the_stuck_step");
        await lab.Http.Post<SkipOperationStep, OperationView>(path + "/skip", Skipping(1, "  ")).IsRefusedAsync(400, "validation_failed", "reason");
        var viewer = lab.App.As(await lab.App.MemberAsync(lab.Agency.Org, "viewer"), lab.Agency.Org);
        await viewer.Post<SkipOperationStep, OperationView>(path + "/skip", Skipping(1)).IsRefusedAsync(403, "forbidden");
        Assert.Equal(OperationState.Stuck, (await lab.ReadAsync(id)).State);

        var skipped = await lab.Http.Post<SkipOperationStep, OperationView>(path + "/skip", Skipping(1));
        Assert.Equal((StepState.Skipped, "The disk is gone."), (skipped.Steps[1].State, skipped.Steps[1].SkipReason));
        await lab.Http.Post<SkipOperationStep, OperationView>(path + "/skip", Skipping(1)).IsRefusedAsync(409, "not_stuck");
        var ended = await lab.EndedAsync(id, jump: false);
        Assert.Equal("RolledBack Undone Skipped Undone Undone", $"{ended.State} {string.Join(' ', ended.Steps.Select(s => s.State))}");
        Assert.Null(ended.ErrorHint);
        Assert.Equal(["b"], lab.World.Of("x"));
        Assert.Empty(await lab.LocksAsync());
        Assert.Equal(["stuck", "skipped: The disk is gone.", "unwinding", "rolled_back"],
            (await lab.EventsAsync(id)).SkipWhile(e => e.Message != "stuck").Where(e => e is { Kind: "state" } or { Seq: 1, Kind: "step" }).Select(e => e.Message));
        var line = await AuditedAsync(lab, "operation.skipped");
        Assert.Equal((id.ToString(), "b", "The disk is gone.", lab.Agency.Owner.Id), (line.ObjectId, line.Changes["step"].After, line.Changes["reason"].After, line.ActorId!.Value));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_step_after_the_pivot_is_skipped_and_not_run_again(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        lab.Probe.Reached = (_, step, point) => step.Name == "c" && point == StepPoint.BeforeEffect ? throw new StepRefusedException("no", "no") : Task.CompletedTask;
        var id = await lab.StartAsync<SwitchKind>(new Build("x"), null, null, "thing:x");
        Assert.Equal(OperationState.Stuck, (await lab.EndedAsync(id)).State);
        await lab.Http.Post<SkipOperationStep, OperationView>($"/api/operations/{id}/skip", Skipping(2));
        var ended = await lab.EndedAsync(id, jump: false);
        Assert.Equal("Succeeded Done Done Skipped", $"{ended.State} {string.Join(' ', ended.Steps.Select(s => s.State))}");
        Assert.Equal(["a", "b"], lab.World.Of("x"));
        Assert.Empty(await lab.LocksAsync());
    }

    /// <summary>Whoever skips the pivot says that it is past it: what fails later waits for a person again, and is not undone.</summary>
    [Theory, Sqlite]
    public async Task A_pivot_that_is_skipped_is_past(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        lab.Probe.Reached = (_, step, point) => step.Name is "b" or "c" && point == StepPoint.BeforeEffect ? throw new StepRefusedException("no", "no") : Task.CompletedTask;
        var id = await lab.StartAsync<SwitchKind>(new Build("x"), null, null, "thing:x");
        Assert.Equal(OperationState.Stuck, (await lab.EndedAsync(id)).State);
        await lab.Http.Post<SkipOperationStep, OperationView>($"/api/operations/{id}/skip", Skipping(1));
        Assert.Equal(OperationState.Stuck, (await lab.EndedAsync(id)).State);
        Assert.Equal(["a"], lab.World.Of("x"));
        await lab.Http.Post<SkipOperationStep, OperationView>($"/api/operations/{id}/skip", Skipping(2));
        Assert.Equal(OperationState.Succeeded, (await lab.EndedAsync(id)).State);
    }

    [Theory, Sqlite, Postgres]
    public async Task Resolving_ends_it_for_ever_and_frees_what_it_held(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        foreach (var (outcome, expected) in new (ResolvedOutcome?, OperationState)[] { (null, OperationState.RolledBack), (ResolvedOutcome.RolledBack, OperationState.RolledBack), (ResolvedOutcome.Succeeded, OperationState.Succeeded) })
        {
            var id = await StuckUndoingAsync(lab);
            var path = $"/api/operations/{id}/resolve";
            await lab.Http.Post<ResolveOperation, OperationView>(path, new() { Reason = "" }).IsRefusedAsync(400, "validation_failed", "reason");
            var viewer = lab.App.As(await lab.App.MemberAsync(lab.Agency.Org, "viewer"), lab.Agency.Org);
            await viewer.Post<ResolveOperation, OperationView>(path, new() { Reason = "x" }).IsRefusedAsync(403, "forbidden");
            Assert.Equal(["thing:x"], await lab.LocksAsync());
            var attention = await lab.Http.Get<AgencyView>("/api/agency");
            Assert.Contains(attention.Attention, a => a.Code == "operation_stuck");

            var ended = await lab.Http.Post<ResolveOperation, OperationView>(path, new() { Reason = "Removed by hand.", Outcome = outcome });
            Assert.Equal((expected, "Removed by hand.", lab.Agency.Owner.Email), (ended.State, ended.Resolved?.Reason, ended.Resolved?.By));
            Assert.NotNull(ended.FinishedAt);
            Assert.Empty(await lab.LocksAsync());
            Assert.DoesNotContain((await lab.Http.Get<AgencyView>("/api/agency")).Attention, a => a.Code == "operation_stuck");
            await lab.Http.Post<ResolveOperation, OperationView>(path, new() { Reason = "Again." }).IsRefusedAsync(409, "not_stuck");
            await lab.Http.Post<OperationView>($"/api/operations/{id}/retry").IsRefusedAsync(409, "not_retryable");
            Assert.Equal([WireWord.Of(expected)], (await lab.EventsAsync(id)).SkipWhile(e => e.Message != "stuck").Skip(1).Where(e => e.Kind == "state").Select(e => e.Message));
            var line = await AuditedAsync(lab, "operation.resolved");
            Assert.Equal((id.ToString(), WireWord.Of(expected), "Removed by hand."), (line.ObjectId, line.Changes["outcome"].After, line.Changes["reason"].After));
            // Somebody else can work on it now.
            lab.Probe.Reached = null;
            Assert.Equal(OperationState.Succeeded, (await lab.EndedAsync(await lab.StartAsync<BuildKind>(new Build("x"), null, null, "thing:x"))).State);
        }
    }

    [Theory, Sqlite]
    public async Task What_was_to_be_cancelled_is_cancelled_by_hand(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        lab.Probe.Reached = async (operation, step, point) =>
        {
            if ((step.Name, point) == ("c", StepPoint.BeforeEffect))
                await lab.Http.Post<OperationView>($"/api/operations/{operation.Id}/cancel");
            if ((step.Name, point) == ("b", StepPoint.BeforeUndo))
                throw new StepRefusedException("no", "no");
        };
        var id = await lab.StartAsync<BuildKind>(new Build("x"));
        Assert.Equal(OperationState.Stuck, (await lab.EndedAsync(id, jump: false)).State);
        Assert.Equal(OperationState.Cancelled, (await lab.Http.Post<ResolveOperation, OperationView>($"/api/operations/{id}/resolve", new() { Reason = "Removed." })).State);
    }

    [Theory, Sqlite]
    public async Task What_runs_or_has_ended_needs_no_way_out(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var id = await lab.StartAsync<WaitKind>(new Build("x"));
        await lab.UntilAsync(() => Task.FromResult(lab.World.Waiting == 1), "the step runs");
        await RefusedAsync();
        lab.World.Open();
        await lab.EndedAsync(id);
        await RefusedAsync();

        async Task RefusedAsync()
        {
            await lab.Http.Post<SkipOperationStep, OperationView>($"/api/operations/{id}/skip", Skipping(0)).IsRefusedAsync(409, "not_stuck");
            await lab.Http.Post<ResolveOperation, OperationView>($"/api/operations/{id}/resolve", new() { Reason = "x" }).IsRefusedAsync(409, "not_stuck");
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task Of_many_at_once_one_decides(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var id = await StuckUndoingAsync(lab);
        var http = lab.Http;
        var won = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            try
            {
                if (i % 2 == 0)
                    await http.Post<SkipOperationStep, OperationView>($"/api/operations/{id}/skip", Skipping(1));
                else
                    await http.Post<ResolveOperation, OperationView>($"/api/operations/{id}/resolve", new() { Reason = "Removed." });
                return true;
            }
            catch (OCoreException refused) when (refused.Problem.Code == "not_stuck")
            {
                return false;
            }
        }));
        Assert.Single(won, w => w);
        Assert.Equal(OperationState.RolledBack, (await lab.EndedAsync(id)).State);
        Assert.Empty(await lab.LocksAsync());
        await using var db = lab.App.Databases.System();
        Assert.Single(await db.AuditLog.AcrossTenants().Where(l => l.Action == "operation.skipped" || l.Action == "operation.resolved").ToListAsync());
    }

    /// <summary>Four steps of which the last failed, and whose second cannot be undone.</summary>
    private static async Task<Guid> StuckUndoingAsync(OperationLab lab)
    {
        lab.Probe.Reached = (_, step, point) => (step.Name, point) switch
        {
            ("d", StepPoint.BeforeEffect) => throw new StepRefusedException("no", "no"),
            ("b", StepPoint.BeforeUndo) => throw new StepRefusedException("no", "the disk is read-only"),
            _ => Task.CompletedTask,
        };
        var id = await lab.StartAsync<BuildKind>(new Build("x"), null, null, "thing:x");
        Assert.Equal(OperationState.Stuck, (await lab.EndedAsync(id)).State);
        return id;
    }

    private static async Task<AuditEntry> AuditedAsync(OperationLab lab, string action)
    {
        await using var db = lab.App.Databases.System();
        return await db.AuditLog.AcrossTenants().Where(l => l.Action == action).OrderByDescending(l => l.Id).FirstAsync();
    }
}
