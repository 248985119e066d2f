using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Remote;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Servers;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Servers;

/// <summary>What should run on a server and stands still is started, whoever stopped it; what a person stopped here is not.</summary>
[Collection(ServerLabCollection.Name)]
public sealed class StartingWhatStoppedTests(ServerLab lab, ITestOutputHelper output)
{
    [LabFact]
    public async Task An_instance_that_an_engine_forgot_or_somebody_stopped_runs_again()
    {
        await using var app = await TestApp.StartAsync(arrange: a => a.Adjust(services => services.AddHostedService<ServerReconciler>()));
        var agency = await app.AgencyAsync("Acme");
        await using var scene = new ServerScene { App = app, Http = app.As(agency.Owner, agency.Org) };
        var id = (await scene.AddAsync(new AddServer { Name = "forgets", Host = lab.First.Host.Value, User = "deploy", PrivateKey = lab.First.Key })).ServerId!.Value;
        var connection = await scene.ConnectAsync(id);
        var (wanted, stopped) = (await InstanceAsync(app, agency, id, connection, true), await InstanceAsync(app, agency, id, connection, false));

        await connection.Docker.StopAsync(wanted, TimeSpan.FromSeconds(2), default);
        await connection.Docker.StopAsync(stopped, TimeSpan.FromSeconds(2), default);
        output.WriteLine($"running again {await UntilRunsAsync(app, connection, wanted)} s after it was stopped");
        Assert.False((await connection.Docker.FindAsync(stopped, default))!.IsRunning);

        await lab.First.DoAsync("kill-dockerd");
        output.WriteLine($"running again {await UntilRunsAsync(app, connection, wanted)} s after the engine was killed");
        Assert.False((await connection.Docker.FindAsync(stopped, default))!.IsRunning);
        foreach (var name in (DockerName[])[wanted, stopped])
            await connection.Docker.RemoveContainerAsync(name, default);
        await using (var db = app.Databases.System())
            await db.Instances.AcrossTenants().ExecuteDeleteAsync();
        // The next test's machine.
        await scene.RemoveAsync(id);
    }

    private static async Task<DockerName> InstanceAsync(TestApp app, TestAgency agency, Guid server, IServerConnection connection, bool wanted)
    {
        var instance = await ServersAndInstances.InsertInstanceAsync(app, agency, server, wantRunning: wanted);
        var name = OdooContainer.NameOf(instance.Slug);
        await connection.Docker.EnsureContainerAsync(new ContainerSpec
        {
            Name = name, Image = PostgresContainer.Image(app.Services.GetRequiredService<Settings>()), Entrypoint = ["sleep"], Command = ["infinity"], StopTimeout = TimeSpan.FromSeconds(1),
            Labels = new Dictionary<string, string>(ServerLabels.Of(server)) { [ServerLabels.Instance] = instance.Id.ToString() },
        }, default);
        return name;
    }

    private static async Task<double> UntilRunsAsync(TestApp app, IServerConnection connection, DockerName name)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if (await connection.Docker.FindAsync(name, default) is { IsRunning: true })
                    return Math.Round(clock.Elapsed.TotalSeconds, 1);
            }
            catch (ServerException)
            {
                // The engine is coming back.
            }
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), app.Log.ToString());
            await Task.Delay(200);
        }
    }
}
