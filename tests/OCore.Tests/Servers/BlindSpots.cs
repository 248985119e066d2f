using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Platform.Remote;

namespace OCore.Tests.Servers;

/// <summary>What is said of instances on servers that nobody can look at.</summary>
public sealed class BlindSpots
{
    private static Task<TestApp> WatchingAsync(Database database) => TestApp.StartAsync(database, app => app.Adjust(services => services.AddHostedService<ServerReconciler>()));

    [Theory, Sqlite, Postgres]
    public async Task On_a_failed_or_unreachable_server_health_is_unknown_since_then(Database database)
    {
        await using var app = await WatchingAsync(database);
        var agency = await app.AgencyAsync("Blind");
        using var http = app.As(agency.Owner, agency.Org);
        foreach (var status in (ServerStatus[])[ServerStatus.Failed, ServerStatus.HostKeyChanged, ServerStatus.Active])
        {
            var (server, id) = await ServersAndInstances.InsertAsync(app, agency, status: status);
            ServerSignals.Changed();
            var view = await UntilAsync(http, $"/api/instances/{id}", v => v.Health == "unknown");
            Assert.InRange(view.HealthAt!.Value, app.Clock.GetUtcNow().AddMinutes(-1), app.Clock.GetUtcNow());
            Assert.Equal(InstanceStatus.Running, view.Status); // unknown is not stopped
            // It is unknown since the first look that saw nothing, not since the last.
            ServerSignals.Changed();
            await Task.Delay(300);
            Assert.Equal(view.HealthAt, (await http.Get<InstanceView>($"/api/instances/{id}")).HealthAt);
            if (status == ServerStatus.Active)
                Assert.Equal(ServerStatus.Unreachable, (await http.Get<ServerView>($"/api/servers/{server}")).Status);
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task Local_is_the_machine_it_was_added_on(Database database)
    {
        await using var app = await WatchingAsync(database);
        var agency = await app.AgencyAsync("Local");
        using var http = app.As(agency.Owner, agency.Org);
        var (server, instance) = await ServersAndInstances.InsertAsync(app, agency, status: ServerStatus.Active, machine: "another machine");
        // No Docker of this machine is asked for what runs on that one.
        await http.Get<Page<InstalledModule>>($"/api/instances/{instance}/modules").IsRefusedAsync(503, "server_unreachable");
        ServerSignals.Changed();
        await Task.Delay(300);
        Assert.Equal(ServerStatus.Active, (await http.Get<ServerView>($"/api/servers/{server}")).Status);
        // Once the oCore there has been silent for long, it is told.
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        ServerSignals.Changed();
        Assert.Equal("unknown", (await UntilAsync(http, $"/api/instances/{instance}", v => v.Health == "unknown")).Health);
        Assert.Contains("another machine", (await http.Get<ServerView>($"/api/servers/{server}")).StatusMessage, StringComparison.Ordinal);
    }

    [Theory, Postgres]
    public async Task What_is_to_be_done_on_a_machine_is_left_to_the_replica_there(Database database)
    {
        await using var here = await TestApp.StartAsync(database);
        var agency = await here.AgencyAsync("Replicas");
        using var http = here.As(agency.Owner, agency.Org);
        var (server, _) = await ServersAndInstances.InsertAsync(here, agency, machine: "there");
        var asked = await http.Post<OperationView>($"/api/servers/{server}/validate");
        await Task.Delay(3000); // more than one round of the engine
        Assert.Equal(OperationState.Pending, (await http.Get<OperationView>($"/api/operations/{asked.Id}")).State);
        await using var there = TestApp.Beside(here);
        there.Adjust(services => services.AddSingleton(new ThisMachine("there")));
        await there.InitializeAsync();
        await UntilAsync<OperationView>(http, $"/api/operations/{asked.Id}", o => o.State != OperationState.Pending);
    }

    private static Task<InstanceView> UntilAsync(OCoreHttp http, string path, Func<InstanceView, bool> condition) => UntilAsync<InstanceView>(http, path, condition);

    private static async Task<T> UntilAsync<T>(OCoreHttp http, string path, Func<T, bool> condition)
    {
        for (var look = 0; ; look++)
        {
            var seen = await http.Get<T>(path);
            if (condition(seen))
                return seen;
            Assert.True(look < 600, $"{path} stays {seen}");
            await Task.Delay(50);
        }
    }
}
