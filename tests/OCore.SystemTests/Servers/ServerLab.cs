using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Platform.Remote;
using OCore.SystemTests.Remote;
using OCore.Tests;
using Xunit;

namespace OCore.SystemTests.Servers;

/// <summary>Two servers with Docker, and one without anything.</summary>
public sealed class ServerLab : IAsyncLifetime
{
    internal LabServer First { get; } = new("host1");
    internal LabServer Second { get; } = new("host2");
    internal LabServer Bare { get; } = new("bare1");

    public async Task InitializeAsync()
    {
        if (Lab.WhyNot is not null) return; // each test says so
        await Lab.RunAsync(Path.Combine(Lab.Bin, "docker-engine"));
        await Lab.RunAsync("create", "2", "--password", "--prefix", "host");
        await Lab.RunAsync("create", "1", "--bare");
        await First.AddUserAsync("asked", "ALL", "right horse");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    internal static string PasswordOf(LabServer server) => File.ReadAllText(Path.Combine(Lab.Folder, server.Name, "password")).Trim();
}

[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ServerLabCollection : ICollectionFixture<ServerLab>
{
    public const string Name = "servers";
}

/// <summary>The program with an agency that connects servers.</summary>
internal sealed class ServerScene : IAsyncDisposable
{
    public required TestApp App { get; init; }
    public required OCoreHttp Http { get; init; }

    public static async Task<ServerScene> StartAsync(bool asOperator = false)
    {
        // Other tests run without it; here the servers are real.
        var app = await TestApp.StartAsync(arrange: a => a.Adjust(services => services.AddHostedService<ServerReconciler>()));
        if (asOperator)
        {
            var boss = await app.OperatorAsync();
            return new ServerScene { App = app, Http = app.As(boss, boss.Home) };
        }
        var agency = await app.AgencyAsync("Acme");
        return new ServerScene { App = app, Http = app.As(agency.Owner, agency.Org) };
    }

    public async Task<OperationView> AddAsync(AddServer request, bool? succeeds = true) =>
        await EndOfAsync(await Http.Post<AddServer, OperationView>("/api/servers", request), succeeds);

    public Task<ServerView> GetAsync(Guid id) => Http.Get<ServerView>($"/api/servers/{id}");

    public async Task RemoveAsync(Guid id) => await EndOfAsync(await Http.Delete<OperationView>($"/api/servers/{id}"));

    /// <summary>Its end; with its log in the failure where it is not the one expected.</summary>
    public async Task<OperationView> EndOfAsync(OperationView operation, bool? succeeds = true)
    {
        var clock = Stopwatch.StartNew();
        while (operation.State is OperationState.Pending or OperationState.Running or OperationState.Unwinding && clock.Elapsed < TimeSpan.FromMinutes(5))
        {
            await Task.Delay(100);
            operation = await Http.Get<OperationView>($"/api/operations/{operation.Id}");
        }
        if (succeeds is null || operation.State == OperationState.Succeeded == succeeds)
            return operation;
        var log = await Http.Get<Page<OperationEventView>>($"/api/operations/{operation.Id}/log?limit=1000");
        Assert.Fail($"{operation.Title}: {operation.State} {operation.Error?.Code} {operation.Error?.Message}\n{string.Join('\n', log.Data.Select(e => e.Message))}\n{App.Log}");
        return operation;
    }

    /// <summary>How long it took the server to get this status.</summary>
    public async Task<TimeSpan> UntilAsync(Guid id, ServerStatus status, TimeSpan within)
    {
        var clock = Stopwatch.StartNew();
        for (ServerView? seen = null; ;)
        {
            seen = await GetAsync(id);
            if (seen.Status == status)
                return clock.Elapsed;
            Assert.True(clock.Elapsed < within, $"{seen.Name} is {seen.Status} ({seen.StatusMessage}) and not {status} after {within.TotalSeconds:0} s\n{App.Log}");
            await Task.Delay(100);
        }
    }

    public async Task<Server> RowAsync(Guid id)
    {
        await using var db = App.Databases.System();
        return await db.ServersOfAll().SingleAsync(s => s.Id == id);
    }

    public async Task<IServerConnection> ConnectAsync(Guid id) => await App.Services.GetRequiredService<ServerAccess>().ConnectAsync(await RowAsync(id), CancellationToken.None);

    public ValueTask DisposeAsync()
    {
        Http.Dispose();
        return ((IAsyncDisposable)App).DisposeAsync();
    }
}
