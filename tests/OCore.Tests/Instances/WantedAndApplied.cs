using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Tests.Agency;
using OCore.Tests.Servers;

namespace OCore.Tests.Instances;

/// <summary>What is wanted of an instance changes with the operation that does it, and what is served is what runs.</summary>
public sealed class WantedAndApplied
{
    /// <summary>Cancelled before its first step an operation has changed nothing: not whether it should run, and not what its address shows.</summary>
    [Theory, Sqlite, Postgres]
    public async Task What_is_cancelled_before_it_begins_changes_nothing(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Changing its mind");
        var (server, _) = await ServersAndInstances.InsertAsync(app, agency);
        using var http = app.As(agency.Owner, agency.Org);
        foreach (var (verb, ran) in ((string, bool)[])[("stop", true), ("delete", true), ("start", false), ("restart", false), ("modules", false)])
        {
            var instance = await ServersAndInstances.InsertInstanceAsync(app, agency, server, wantRunning: ran);
            // Of an Enterprise whose sources nobody gave no module is unknown, and no image is asked.
            await using (var db = app.Databases.System())
                await db.Instances.AcrossTenants().Where(i => i.Id == instance.Id).ExecuteUpdateAsync(s => s.SetProperty(i => i.OdooEdition, "ee").SetProperty(i => i.Status, ran ? InstanceStatus.Running : InstanceStatus.Stopped));
            var (there, go) = (new TaskCompletionSource(), new TaskCompletionSource());
            app.Services.GetRequiredService<StepProbe>().Reached = (operation, _, point) =>
            {
                if (operation.InstanceId != instance.Id || point != StepPoint.BeforeIntent)
                    return Task.CompletedTask;
                there.TrySetResult();
                return go.Task;
            };

            var path = $"/api/instances/{instance.Id}";
            var begun = verb switch
            {
                "delete" => await http.Delete<OperationView>(path),
                "modules" => await http.Post<ChangeModules, OperationView>($"{path}/modules", new ChangeModules { Update = ["base"] }),
                _ => await http.Post<OperationView>($"{path}/{verb}"),
            };
            await there.Task.WaitAsync(TimeSpan.FromSeconds(30));
            await http.Post<OperationView>($"/api/operations/{begun.Id}/cancel");
            go.SetResult();

            Assert.Equal((verb, OperationState.Cancelled), (verb, (await http.EndOfAsync(begun)).State));
            await using var after = app.Databases.System();
            var row = await after.Instances.AcrossTenants().AsNoTracking().SingleAsync(i => i.Id == instance.Id);
            Assert.Equal((verb, ran, ran ? InstanceStatus.Running : InstanceStatus.Stopped), (verb, row.WantRunning, row.Status));
            Assert.Equal((verb, ran ? EdgeRouteState.Serve : EdgeRouteState.Stopped), (verb, Assert.Single(await InstanceHost.RoutesAsync(after, server, CancellationToken.None), r => r.InstanceId == instance.Id).State));
            app.Services.GetRequiredService<StepProbe>().Reached = null;
        }
    }

    /// <summary>Live connections go to where the running Odoo listens for them, until a restart changes that.</summary>
    [Theory, Sqlite, Postgres]
    public async Task Workers_that_wait_for_a_restart_lead_nobody_astray(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Waiting for a restart");
        var (server, id) = await ServersAndInstances.InsertAsync(app, agency);
        using var http = app.As(agency.Owner, agency.Org);
        foreach (var (runs, wanted) in ((int, int)[])[(0, 4), (4, 0)])
        {
            await using (var db = app.Databases.System())
            {
                (await db.Instances.AcrossTenants().SingleAsync(i => i.Id == id)).AppliedKeys = new Dictionary<string, string> { ["workers"] = $"{runs}" };
                await db.SaveChangesAsync();
            }
            Assert.Equal(wanted, (await http.Put<UpdateInstance, InstanceView>($"/api/instances/{id}", new UpdateInstance { Workers = wanted })).Workers);
            await using var look = app.Databases.System();
            Assert.Equal(runs > 0, Assert.Single(await InstanceHost.RoutesAsync(look, server, CancellationToken.None)).HasGevent);
        }
    }
}
