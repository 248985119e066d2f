using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Platform.Operations;

namespace OCore.Tests.Operations;

/// <summary>The generic harnesses, on kinds whose world is in memory.</summary>
public sealed class SurvivingFailure
{
    [Theory, Sqlite, Postgres]
    public Task Every_step_may_run_twice(Database database) => OnBothKindsAsync(database, h => h.EveryStepTwiceAsync());

    [Theory, Sqlite, Postgres]
    public Task A_failure_at_any_step_undoes_everything_or_waits_for_a_person(Database database) => OnBothKindsAsync(database, h => h.FailureAtEveryStepAsync());

    [Theory, Sqlite, Postgres]
    public Task Every_undo_may_run_twice(Database database) => OnBothKindsAsync(database, h => h.UndoTwiceAsync());

    [Theory, Sqlite, Postgres, Trait("Kind", "exhaustive")]
    public Task A_process_that_dies_anywhere_loses_nothing(Database database) => OnBothKindsAsync(database, h => h.KillAtEveryPointAsync());

    [Theory, Sqlite, Postgres]
    public Task A_process_that_dies_while_undoing_loses_nothing(Database database) => OnBothKindsAsync(database, h => h.KillWhileUndoingAsync());

    [Theory, Sqlite, Postgres]
    public async Task What_a_person_skips_is_passed_over_and_nothing_else(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var kinds = lab.App.Services.GetRequiredService<OperationKinds>();
        Task SkipAsync(Guid id, int step) => lab.Http.Post<SkipOperationStep, OperationView>($"/api/operations/{id}/skip", new() { Step = step, Reason = "It is gone." });
        async Task LeftAsync(Guid id, params string[] expected)
        {
            Assert.Equal(expected, lab.World.Of((await lab.ReadAsync(id)).Title.Split(' ')[1]));
            Assert.Empty(await lab.LocksAsync());
        }
        await new OperationHarness(lab.Probe, kinds.Get<BuildKind>().Steps, Case<BuildKind>(lab, "test.build", BuildKind.StepNames), id => lab.EndedAsync(id))
            .SkippedUndoOfEveryStepAsync(SkipAsync, (id, step) => LeftAsync(id, step.Name));
        var switching = new OperationHarness(lab.Probe, kinds.Get<SwitchKind>().Steps, Case<SwitchKind>(lab, "test.switch", ["a", "b", "c"]), id => lab.EndedAsync(id));
        await switching.SkippedUndoOfEveryStepAsync(SkipAsync, (id, step) => LeftAsync(id, step.Name));
        await switching.SkippedStepAfterThePivotAsync(SkipAsync, (id, step) => LeftAsync(id, [.. new[] { "a", "b", "c" }.Where(s => s != step.Name)]));
    }

    private static async Task OnBothKindsAsync(Database database, Func<OperationHarness, Task> prove)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var kinds = lab.App.Services.GetRequiredService<OperationKinds>();
        await prove(new OperationHarness(lab.Probe, kinds.Get<BuildKind>().Steps, Case<BuildKind>(lab, "test.build", BuildKind.StepNames), id => lab.EndedAsync(id)));
        await prove(new OperationHarness(lab.Probe, kinds.Get<SwitchKind>().Steps, Case<SwitchKind>(lab, "test.switch", ["a", "b", "c"]), id => lab.EndedAsync(id)));
    }

    private static OperationCase Case<TKind>(OperationLab lab, string name, string[] all) where TKind : OperationKind<Build>
    {
        var thing = "";
        return new OperationCase(name, async () =>
        {
            thing = $"{name}-{Guid.CreateVersion7():N}";
            return await lab.StartAsync<TKind>(new Build(thing), null, null, $"thing:{thing}");
        }, async (_, state) =>
        {
            var left = lab.World.Of(thing);
            if (state == OperationState.Succeeded)
                Assert.Equal(all, left);
            else if (state == OperationState.Stuck)
                Assert.Contains("a", left);
            else
                Assert.Empty(left);
            // What is stuck keeps its lock until a person has looked.
            Assert.Equal(state == OperationState.Stuck, (await lab.LocksAsync()).Contains($"thing:{thing}"));
        });
    }
}
