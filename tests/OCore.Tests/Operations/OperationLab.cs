using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Operations;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;

namespace OCore.Tests.Operations;

/// <summary>The program with kinds of operation of our own, whose outside world can be looked at and broken.</summary>
internal sealed class OperationLab : IAsyncDisposable
{
    private static readonly OperationState[] Active = [OperationState.Pending, OperationState.Running, OperationState.Unwinding];

    public required TestApp App { get; init; }
    public World World { get; } = new();
    public TestAgency Agency { get; private set; } = null!;

    public StepProbe Probe => App.Services.GetRequiredService<StepProbe>();

    public static async Task<OperationLab> StartAsync(Database database, Action<TestApp>? arrange = null, OperationLab? beside = null)
    {
        var app = beside is null ? new TestApp { Database = database } : TestApp.Beside(beside.App);
        var lab = new OperationLab { App = app };
        var world = beside?.World ?? lab.World;
        app.Adjust(services => services.AddSingleton(world).AddSingleton<OperationKind, BuildKind>().AddSingleton<OperationKind, SwitchKind>()
            .AddSingleton<OperationKind, WaitKind>().AddSingleton<OperationKind, TalkKind>().AddSingleton<OperationKind, ReleasedKind>());
        app.Route(web => web.MapPost("/api/test/build", BuildOverHttp).WithName("testBuild").Require("manage:operations").StartsOperation());
        arrange?.Invoke(app);
        await app.InitializeAsync();
        lab.Agency = beside?.Agency ?? await app.AgencyAsync("Acme");
        return lab;
    }

    /// <summary>A route as the product's are: it may be repeated under an Idempotency-Key.</summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> BuildOverHttp(Confirmation request, OCoreDb db, OperationQueue queue, OperationKinds kinds, CancellationToken stop)
    {
        var thing = request.Confirm ?? "thing";
        var operation = await queue.EnqueueAsync<BuildKind, Build>(db, new Build(thing), new OperationSubject($"Build {thing}", db.Tenant.OrgId, Locks: [$"thing:{thing}"]), stop);
        await db.SaveChangesAsync(stop);
        return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
    }

    public async Task<Guid> StartAsync<TKind>(Build input, TestOrg? org = null, Guid? server = null, params string[] locks) where TKind : OperationKind<Build>
    {
        org ??= Agency.Org;
        await using var scope = App.Services.CreateAsyncScope();
        await using var db = App.Databases.For(new Tenant(org.RootId, org.RootId, false), null);
        var operation = await scope.ServiceProvider.GetRequiredService<OperationQueue>().EnqueueAsync<TKind, Build>(db, input,
            new OperationSubject($"{typeof(TKind).Name} {input.Thing}", org.Id, ServerId: server, Locks: locks), CancellationToken.None);
        await db.SaveChangesAsync();
        return operation.Id;
    }

    public async Task<Operation> ReadAsync(Guid id)
    {
        await using var db = App.Databases.System();
        return await db.Operations.AcrossTenants().AsNoTracking().Include(o => o.Steps.OrderBy(s => s.Seq)).SingleAsync(o => o.Id == id);
    }

    public async Task<List<OperationEvent>> EventsAsync(Guid id)
    {
        await using var db = App.Databases.System();
        return await db.OperationEvents.AsNoTracking().Where(e => e.OperationId == id).OrderBy(e => e.Id).ToListAsync();
    }

    public async Task<List<string>> LocksAsync()
    {
        await using var db = App.Databases.System();
        return await db.ResourceLocks.Select(l => l.Key).ToListAsync();
    }

    /// <summary>Waits for the end, and makes the program's clock jump over every pause and every dead lease on the way.</summary>
    public async Task<Operation> EndedAsync(Guid id, bool jump = true)
    {
        for (var look = 0; look < 1200; look++)
        {
            var operation = await ReadAsync(id);
            if (!Active.Contains(operation.State))
                return operation;
            if (jump && (operation.RetryAt is not null || look % 20 == 19))
            {
                App.Clock.Advance(TimeSpan.FromSeconds(70));
                OperationSignals.WorkQueued();
            }
            await Task.Delay(25);
        }
        throw new TimeoutException($"The operation did not end. {(await ReadAsync(id)).State}\n{string.Join('\n', (await EventsAsync(id)).Select(e => $"{e.Seq} {e.Kind} {e.Message}"))}\n{App.Log}");
    }

    public async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var look = 0; look < 800; look++)
        {
            if (await condition())
                return;
            await Task.Delay(25);
        }
        throw new TimeoutException($"Not within 20 seconds: {what}\n{App.Log}");
    }

    public OCoreHttp Http => App.As(Agency.Owner, Agency.Org);

    public async ValueTask DisposeAsync()
    {
        World.Open();
        await App.DisposeAsync();
    }
}
