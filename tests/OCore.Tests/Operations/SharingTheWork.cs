using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Tests.Operations;

/// <summary>Who runs what, how many at once, and what happens when the runner is not alone or not there any more.</summary>
public sealed class SharingTheWork
{
    [Theory, Sqlite, Postgres]
    public async Task A_new_process_goes_on_where_the_last_one_ended(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var once = true;
        lab.Probe.Reached = (_, step, point) =>
        {
            if (!once || step.Name != "c" || point != StepPoint.AfterEffect)
                return Task.CompletedTask;
            once = false;
            throw new LostLeaseException();
        };
        var id = await lab.StartAsync<BuildKind>(new Build("x"), null, null, "thing:x");
        await lab.UntilAsync(() => Task.FromResult(!once), "it dies");
        await lab.App.RestartAsync();
        Assert.Equal(OperationState.Succeeded, (await lab.EndedAsync(id)).State);
        Assert.Equal(BuildKind.StepNames, lab.World.Of("x"));
        // What had been finished was not begun again.
        Assert.Equal(["do a", "do b", "do c", "do c", "do d"], lab.World.Calls);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_process_that_ends_in_order_hands_over_at_once(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var id = await lab.StartAsync<WaitKind>(new Build("x"));
        await lab.UntilAsync(() => Task.FromResult(lab.World.Waiting == 1), "it runs");
        await lab.App.RestartAsync();
        await lab.UntilAsync(() => Task.FromResult(lab.World.Waiting == 1), "it runs again");
        lab.World.Open();
        Assert.Equal(OperationState.Succeeded, (await lab.EndedAsync(id, jump: false)).State);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_runner_that_was_overtaken_writes_nothing_more(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var overtaken = 0;
        lab.Probe.Reached = async (operation, step, point) =>
        {
            if (step.Name != "b" || point != StepPoint.BeforeEffect || operation.Fence > 1)
                return;
            // Another process claims it while this one believes to be alone.
            await using var db = lab.App.Databases.System();
            await db.Operations.AcrossTenants().Where(o => o.Id == operation.Id).ExecuteUpdateAsync(s => s
                .SetProperty(o => o.Fence, o => o.Fence + 1).SetProperty(o => o.Owner, "another").SetProperty(o => o.LeaseUntil, lab.App.Clock.GetUtcNow().AddHours(1)));
            overtaken = await db.OperationEvents.CountAsync(e => e.OperationId == operation.Id);
        };
        var id = await lab.StartAsync<BuildKind>(new Build("x"));
        await lab.UntilAsync(() => Task.FromResult(lab.World.Calls.Contains("do b")), "the step has its effect");
        await Task.Delay(1500);
        var left = await lab.ReadAsync(id);
        Assert.Equal((OperationState.Running, "another", StepState.Started, StepState.Pending), (left.State, left.Owner, left.Steps[1].State, left.Steps[2].State));
        Assert.Equal(overtaken, (await lab.EventsAsync(id)).Count);
        // The other one dies too; the next finishes.
        await using (var db = lab.App.Databases.System())
            await db.Operations.AcrossTenants().Where(o => o.Id == id).ExecuteUpdateAsync(s => s.SetProperty(o => o.LeaseUntil, DateTimeOffset.UnixEpoch));
        Assert.Equal(OperationState.Succeeded, (await lab.EndedAsync(id)).State);
        Assert.All(lab.World.Things, thing => Assert.InRange(thing.Value, 1, 3));
    }

    [Theory, Postgres]
    public async Task Two_processes_share_the_work_and_do_nothing_twice(Database database)
    {
        await using var one = await OperationLab.StartAsync(database, app => app.Set("OPERATIONS_PER_ORGANIZATION", "50"));
        await using var two = await OperationLab.StartAsync(database, app => app.Set("OPERATIONS_PER_ORGANIZATION", "50"), beside: one);
        var ids = new List<Guid>();
        for (var i = 0; i < 30; i++)
            ids.Add(await (i % 2 == 0 ? one : two).StartAsync<BuildKind>(new Build($"t{i}")));
        foreach (var id in ids)
            Assert.Equal(OperationState.Succeeded, (await one.EndedAsync(id, jump: false)).State);
        Assert.Equal(30 * BuildKind.StepNames.Length, one.World.Calls.Count);
    }

    [Theory, Sqlite, Postgres]
    public async Task An_organization_has_only_so_many_at_once_and_does_not_hold_up_another(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database, app => app.Set("OPERATIONS_PER_ORGANIZATION", "2"));
        var other = await lab.App.AgencyAsync("Other");
        for (var i = 0; i < 20; i++)
            await lab.StartAsync<WaitKind>(new Build($"t{i}"));
        await lab.UntilAsync(() => Task.FromResult(lab.World.Waiting == 2), "two run");
        var theirs = await lab.StartAsync<BuildKind>(new Build("theirs"), other.Org);
        Assert.Equal(OperationState.Succeeded, (await lab.EndedAsync(theirs, jump: false)).State);
        Assert.Equal(2, lab.World.MostAtOnce);
        lab.World.Open();
    }

    [Theory, Sqlite]
    public async Task A_server_has_only_so_many_at_once(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database, app => app.Set("OPERATIONS_PER_SERVER", "3"));
        var server = Guid.CreateVersion7();
        for (var i = 0; i < 6; i++)
            await lab.StartAsync<WaitKind>(new Build($"t{i}"), server: server);
        await lab.UntilAsync(() => Task.FromResult(lab.World.Waiting == 3), "three run");
        await Task.Delay(300);
        Assert.Equal(3, lab.World.MostAtOnce);
        lab.World.Open();
    }
}
