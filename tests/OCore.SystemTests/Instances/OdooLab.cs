using System.Diagnostics;
using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Operations;
using Xunit;

namespace OCore.SystemTests.Instances;

/// <summary>Two servers on which an agency runs Odoo, and a spare one; with a template whose database is initialised on both.</summary>
public sealed class OdooLab : IAsyncLifetime
{
    internal LabServer First { get; } = new("odoo1");
    internal LabServer Second { get; } = new("odoo2");
    internal LabServer Spare { get; } = new("odoo3");
    internal OdooScene Scene { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (Lab.WhyNot is not null) return; // each test says so
        await Lab.RunAsync(Path.Combine(Lab.Bin, "docker-engine"));
        await Lab.RunAsync(Path.Combine(Lab.Bin, "images"));
        await Lab.RunAsync("create", "3", "--prefix", "odoo");
        foreach (var server in (LabServer[])[First, Second, Spare])
            await server.ForgetOCoreAsync();
        Scene = await OdooScene.StartAsync(First, Second);
    }

    public async Task DisposeAsync()
    {
        if (Scene is { } scene)
            await scene.DisposeAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class OdooLabCollection : ICollectionFixture<OdooLab>
{
    public const string Name = "odoo";
}

/// <summary>The program, an agency with a client, and its servers.</summary>
internal sealed class OdooScene : IAsyncDisposable
{
    private static readonly OperationState[] Active = [OperationState.Pending, OperationState.Running, OperationState.Unwinding];

    public required TestApp App { get; init; }
    public required TestAgency Agency { get; init; }
    public required IReadOnlyList<LabServer> Machines { get; init; }
    public required TestOrg Client { get; init; }
    public OCoreHttp Http { get; private set; } = null!;
    public List<ServerView> Servers { get; } = [];
    public TemplateView Template { get; set; } = null!;
    public StepProbe Probe => App.Services.GetRequiredService<StepProbe>();
    public ServerView First => Servers[0];

    public static async Task<OdooScene> StartAsync(params LabServer[] machines)
    {
        var scene = await StartEmptyAsync(machines);
        scene.Template = await scene.TemplateAsync("Plain");
        // The first on each server initialises the template database, which all others are cloned from.
        await Task.WhenAll(scene.Servers.Select(async server => await scene.DeleteAsync(await scene.ProvisionAsync(scene.Client, server))));
        return scene;
    }

    /// <summary>Servers alone, without an Odoo on them.</summary>
    public static async Task<OdooScene> StartEmptyAsync(IReadOnlyList<LabServer> machines, Action<TestApp>? arrange = null)
    {
        var app = await TestApp.StartAsync(arrange: a =>
        {
            a.Adjust(services => services.AddHostedService<ServerReconciler>());
            a.Set("OPERATIONS_PER_SERVER", "20");
            a.Set("OPERATIONS_PER_ORGANIZATION", "20");
            arrange?.Invoke(a);
        });
        var agency = await app.AgencyAsync("Acme");
        var scene = new OdooScene { App = app, Agency = agency, Machines = machines, Client = await app.ClientOfAsync(agency, "Shop") };
        scene.Http = app.As(agency.Owner, agency.Org);
        scene.Servers.AddRange(await Task.WhenAll(machines.Select(scene.ConnectAsync)));
        return scene;
    }

    public async Task<ServerView> ConnectAsync(LabServer machine) => await Http.Get<ServerView>($"/api/servers/{(await EndOfAsync(await AddServerAsync(machine))).ServerId}");

    public Task<TemplateView> TemplateAsync(string name, params string[] modules) =>
        Http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = name, OdooVersion = "19.0", DefaultWorkers = 0, MemoryMb = 1024, ModuleList = modules });

    public Task<OperationView> AddServerAsync(LabServer machine) => Http.Post<AddServer, OperationView>("/api/servers",
        new AddServer { Name = machine.Name, Host = machine.Host.Value, User = "deploy", PrivateKey = machine.Key, HostKeyFingerprint = machine.Pinned.Fingerprint });

    public async Task<OperationView> BeginProvisioningAsync(TestOrg client, ServerView server, string? name = null)
    {
        // A test that moved the clock on may have cut a look at the server short.
        await UntilAsync(async () => (await Http.Get<ServerView>($"/api/servers/{server.Id}")).Status != ServerStatus.Unreachable, $"{server.Name} is reachable", 40);
        return await Http.Post<ProvisionInstance, OperationView>($"/api/templates/{Template.Id}/provision",
            new ProvisionInstance { ServerId = server.Id.ToString(), Organization = client.Slug, Name = name });
    }

    public async Task<InstanceView> ProvisionAsync(TestOrg client, ServerView server, string? name = null) =>
        await InstanceAsync((await EndOfAsync(await BeginProvisioningAsync(client, server, name))).InstanceId!.Value);

    public Task<InstanceView> InstanceAsync(Guid id) => Http.Get<InstanceView>($"/api/instances/{id}");

    public async Task DeleteAsync(InstanceView instance) => await EndOfAsync(await Http.Delete<OperationView>($"/api/instances/{instance.Id}"));

    public async Task<OperationView> DoAsync(InstanceView instance, string verb) => await EndOfAsync(await Http.Post<OperationView>($"/api/instances/{instance.Id}/{verb}"));

    /// <summary>The address as a browser asks for it, through the server's edge.</summary>
    public async Task<(HttpStatusCode Status, string Text)> AskAsync(InstanceView instance, string path = "/web/login")
    {
        var machine = Machines[Servers.FindIndex(s => s.Id == instance.Server.Id)];
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{machine.Host.Value}{path}")) { Headers = { Host = instance.Domain } };
        using var answer = await http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task AnswersAsync(InstanceView instance) => await UntilAsync(async () => (await AskAsync(instance)) is (HttpStatusCode.OK, var page) && page.Contains("odoo", StringComparison.OrdinalIgnoreCase), $"{instance.Domain} shows Odoo's login", 30);

    public async Task SaysAsync(InstanceView instance, string words) =>
        await UntilAsync(async () => (await AskAsync(instance)) is (HttpStatusCode.ServiceUnavailable or HttpStatusCode.NotFound, var page) && page.Contains(words, StringComparison.Ordinal), $"{instance.Domain} says \"{words}\"", 15);

    /// <summary>The end of an operation, with its log in the failure where it is not the one expected. Pauses pass at once.</summary>
    public async Task<OperationView> EndOfAsync(OperationView operation, bool? succeeds = true, int seconds = 240)
    {
        await EndedAsync(operation.Id, seconds);
        operation = await Http.Get<OperationView>($"/api/operations/{operation.Id}");
        if (succeeds is null || operation.State == OperationState.Succeeded == succeeds)
            return operation;
        Assert.Fail($"{operation.Title}: {operation.State} {operation.Error?.Code} {operation.Error?.Message}\n{await LogAsync(operation.Id)}\n{App.Log}");
        return operation;
    }

    /// <summary>The row of an operation that has ended.</summary>
    public async Task<Operation> EndedAsync(Guid id, int seconds = 240)
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            await using (var db = App.Databases.System())
            {
                var operation = await db.Operations.AcrossTenants().AsNoTracking().Include(o => o.Steps.OrderBy(s => s.Seq)).SingleAsync(o => o.Id == id);
                if (!Active.Contains(operation.State))
                    return operation;
                if (operation.RetryAt - App.Clock.GetUtcNow() is { Ticks: > 0 } pause)
                {
                    App.Clock.Advance(pause);
                    OperationSignals.WorkQueued();
                }
            }
            if (clock.Elapsed > TimeSpan.FromSeconds(seconds) * Lab.Patience)
                Assert.Fail($"The operation did not end within {seconds} s.\n{await LogAsync(id)}\n{App.Log}");
            await Task.Delay(50);
        }
    }

    private async Task<string> LogAsync(Guid id)
    {
        await using var db = App.Databases.System();
        return string.Join('\n', await db.OperationEvents.AsNoTracking().Where(e => e.OperationId == id).OrderBy(e => e.Id).Select(e => $"{e.Seq} {e.Kind} {e.Message}").ToListAsync());
    }

    /// <summary>The three harnesses, on a real kind.</summary>
    public async Task ProveAsync(OperationCase subject, Action<string> tell)
    {
        var kind = App.Services.GetRequiredService<OperationKinds>().Find(subject.Kind)!;
        var harness = new OperationHarness(Probe, kind.Steps, subject, id => EndedAsync(id));
        foreach (var (name, prove) in ((string, Func<Task>)[])[("a failure at each step", harness.FailureAtEveryStepAsync), ("undone twice", harness.UndoTwiceAsync), ("every step twice", harness.EveryStepTwiceAsync)])
        {
            var clock = Stopwatch.StartNew();
            await prove();
            tell($"{clock.Elapsed.TotalSeconds,6:0.0} s  {name}");
        }
    }

    /// <summary>A person retries what is stuck, and it ends well.</summary>
    public async Task RetryAsync(Guid id) => await EndOfAsync(await Http.Post<OperationView>($"/api/operations/{id}/retry"));

    /// <summary>On the servers is what rows speak of, and nothing else.</summary>
    public async Task NothingIsLeftAsync()
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            var wrong = new List<string>();
            foreach (var (machine, server) in Machines.Zip(Servers))
            {
                var found = await ServerScan.OfAsync(machine);
                var (orphans, missing) = ServerScan.Compare(found, await OwnedAsync(server.Id));
                wrong.AddRange(orphans.Select(o => $"{machine.Name}: {o} is nobody's").Concat(missing.Select(m => $"{machine.Name}: {m} is missing")));
            }
            if (wrong.Count == 0)
                return;
            // A look of the reconciler may be in between.
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(8) * Lab.Patience, string.Join('\n', wrong) + "\n" + App.Log);
            await Task.Delay(500);
        }
    }

    private async Task<List<string>> OwnedAsync(Guid server)
    {
        await using var db = App.Databases.System();
        var owned = new List<string>();
        foreach (var i in await db.Instances.AcrossTenants().AsNoTracking().Where(i => i.ServerId == server).ToListAsync())
            owned.AddRange([$"container ocore-i-{i.Slug}", $"database {i.Database}", $"role {i.Database}", $"path instances/{i.Id:N}", $"route {i.Domain}"]);
        owned.AddRange(await db.InstanceDatabases.AcrossTenants().Where(d => d.ServerId == server).Select(d => "database " + d.Name).ToListAsync());
        foreach (var cache in await db.TemplateCaches.AcrossTenants().AsNoTracking().Where(c => c.ServerId == server).ToListAsync())
            owned.AddRange(ServerScan.OfTemplate(cache.Database));
        owned.AddRange(await db.ServerSources.AcrossTenants().Where(s => s.ServerId == server).Select(s => "path sources/" + s.Key).ToListAsync());
        return owned;
    }

    public async Task UntilAsync(Func<Task<bool>> condition, string what, int seconds)
    {
        for (var clock = Stopwatch.StartNew(); !await condition(); await Task.Delay(100))
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(seconds) * Lab.Patience, $"Not within {seconds} s: {what}\n{App.Log}");
    }

    /// <summary>A new session, after the clock went past the end of the one before.</summary>
    public async Task SignInAgainAsync() =>
        Http = App.As(Agency.Owner with { Token = await App.SignInAsync(Agency.Owner.Id) }, Agency.Org);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await ((IAsyncDisposable)App).DisposeAsync();
    }
}
