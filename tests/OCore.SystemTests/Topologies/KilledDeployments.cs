using System.Diagnostics;
using OCore.Client;
using OCore.SystemTests.Operations;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>
/// A topology on two servers, deployed by the real process: it is killed at every step of the way there and of the way back, and the
/// network to a server is cut at every step. Whatever was interrupted is finished or undone, and of what was undone nothing is left.
/// </summary>
[Collection(KillingTheServer.Alone)]
public sealed class KilledDeployments(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly OperationState[] Active = [OperationState.Pending, OperationState.Running, OperationState.Unwinding];
    // Of this drawing these have nothing to start: they are over before anybody can look.
    private static readonly string[] Empty = ["start etcd", "lead to PostgreSQL", "start the NFS server", "start the monitors", "schedule the backups"];

    // Images that are there already are got in less time than it takes to ask how far it is.
    private static readonly TimeSpan Glimpse = TimeSpan.FromMilliseconds(250) * Lab.Patience;

    private readonly LabServer[] _machines = [new("die1"), new("die2")];
    private readonly ServerProcess _process = new();
    private readonly List<Guid> _servers = [];
    private Bucket? _bucket;
    private TopologyView _topology = null!;

    private OCoreHttp Http => _process.Http;

    public async Task InitializeAsync()
    {
        if (Lab.WhyNot is not null) return; // each test says so
        await Lab.RunAsync(Path.Combine(Lab.Bin, "docker-engine"));
        await Lab.RunProgramAsync(Path.Combine(Lab.Bin, "images"), "odoo", "postgres", "redis", "haproxy");
        await Lab.RunAsync("create", "2", "--prefix", "die");
        foreach (var machine in _machines)
        {
            await machine.DoAsync("heal");
            await machine.ForgetOCoreAsync();
        }
        var network = _machines[0].Host.Value;
        _bucket = await Bucket.StartAsync(network[..network.LastIndexOf('.')] + ".1");
    }

    public async Task DisposeAsync()
    {
        await _process.EndAsync();
        if (_bucket is { } bucket)
            await bucket.DisposeAsync();
    }

    [LabFact]
    public async Task A_deployment_that_is_killed_or_cut_off_at_every_step_ends_whole_or_leaves_nothing()
    {
        await SetUpAsync();
        await OnceAsync("kill -9 at every step", async () =>
        {
            var killed = await AtEachStepAsync(await DeployAsync(), StepState.Started, StepState.Done, KilledAsync);
            await RunsAsync("killed", killed);
        });
        await OnceAsync("kill -9 at every step of destroying it", async () =>
        {
            await AtEachStepAsync(await DeployAsync(new PlanTopology { Destroy = true }), StepState.Started, StepState.Done, KilledAsync);
            await NothingIsLeftAsync();
        });
        await OnceAsync("kill -9 at every step of undoing it", async () =>
        {
            var operation = await DeployAsync();
            await UntilAsync(async () => (await Http.Get<OperationView>($"/api/operations/{operation}")).Steps.Single(s => s.Name == "start the load balancers").State != StepState.Pending, "nearly all of it is there", 480);
            await Http.Post<OperationView>($"/api/operations/{operation}/cancel");
            await AtEachStepAsync(operation, StepState.UndoStarted, StepState.Undone, KilledAsync, OperationState.Cancelled);
            await NothingIsLeftAsync();
        });
        await OnceAsync("the network to a server is cut at every step", async () =>
        {
            var cut = await AtEachStepAsync(await DeployAsync(), StepState.Started, StepState.Done, CutAsync, null);
            if ((await Http.Get<TopologyView>($"/api/topologies/{_topology.Id}")).Deployment is null)
                await NothingIsLeftAsync();
            else
            {
                await RunsAsync("cut", cut);
                await EndedAsync(await DeployAsync(new PlanTopology { Destroy = true }), OperationState.Succeeded);
                await NothingIsLeftAsync();
            }
        });
        await OnceAsync("a server is cut off until oCore gives up", async () =>
        {
            var operation = await DeployAsync();
            await UntilAsync(async () => (await Http.Get<OperationView>($"/api/operations/{operation}")).Steps.Single(s => s.Name == "start Odoo").State != StepState.Pending, "Odoo is being started", 480);
            await _machines[1].DoAsync("cut");
            await UntilAsync(async () => await Http.Get<OperationView>($"/api/operations/{operation}") is { State: OperationState.Unwinding or OperationState.Stuck }, "it is given up", 480);
            await _machines[1].DoAsync("heal");
            await EndedAsync(operation, OperationState.RolledBack);
            await NothingIsLeftAsync();
        });
    }

    private async Task SetUpAsync()
    {
        await _process.StartAsync();
        await Http.Post<AgencyView>("/api/agency/enable");
        foreach (var machine in _machines)
            _servers.Add((await Http.Post<AddServer, OperationView>("/api/servers",
                new AddServer { Name = machine.Name, Host = machine.Host.Value, User = "deploy", PrivateKey = machine.Key, HostKeyFingerprint = machine.Pinned.Fingerprint })).ServerId!.Value);
        await UntilAsync(async () => (await Http.Get<Page<ServerView>>("/api/servers")).Data.All(s => s.Status == ServerStatus.Active), "the servers are active", 240);
        var sketch = DeployScene.Pair().Set("s3", "endpoint", _bucket!.Endpoint).Set("s3", "bucket", "files");
        foreach (var odoo in (string[])["odoo-1", "odoo-2"])
            sketch = sketch.Set(odoo, "workers", 1).Set(odoo, "users", null);
        _topology = await Http.Post<CreateTopology, TopologyView>("/api/topologies", sketch.Drawing("Killed", new Dictionary<string, Guid> { ["edge"] = _servers[0], ["app-1"] = _servers[0], ["app-2"] = _servers[1], ["db"] = _servers[1] }));
        await Http.Put<SetTopologyCredential, TopologyCredentialView>($"/api/topologies/{_topology.Id}/credentials/main", new() { AccessKey = Bucket.AccessKey, SecretKey = Bucket.SecretKey });
    }

    private async Task OnceAsync(string what, Func<Task> act)
    {
        var clock = Stopwatch.StartNew();
        await act();
        output.WriteLine($"{clock.Elapsed.TotalSeconds,5:0} s  {what}");
    }

    private async Task<Guid> DeployAsync(PlanTopology? wish = null)
    {
        var plan = await Http.Post<PlanTopology, TopologyPlanView>($"/api/topologies/{_topology.Id}/plan", wish ?? new PlanTopology { Domain = "killed.shop.example" });
        return (await Http.Post<DeployTopology, OperationView>($"/api/topologies/{_topology.Id}/deploy", new() { PlanHash = plan.Hash, Confirm = _topology.Name })).Id;
    }

    /// <summary>Does harm once within each step, until the operation ends. Every step that has something to do has to be met.</summary>
    private async Task<IReadOnlyList<string>> AtEachStepAsync(Guid operation, StepState within, StepState after, Func<string, Task> harm, OperationState? end = OperationState.Succeeded)
    {
        var met = new List<string>();
        OperationView seen;
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(10))
        {
            seen = await Http.Get<OperationView>($"/api/operations/{operation}");
            if (!Active.Contains(seen.State))
                break;
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(12) * Lab.Patience, $"It does not end: {Tell(seen)}\n{_process.Said}");
            if (seen.Steps.FirstOrDefault(s => s.State == within && !met.Contains(s.Name)) is not { } step)
                continue;
            met.Add(step.Name);
            await harm(step.Name);
        }
        output.WriteLine($"         {seen.State} after {met.Count}: {string.Join(", ", met)}");
        if (end is not null)
            Assert.True(seen.State == end, $"{Tell(seen)}\n{_process.Said}");
        else
            Assert.True(seen.State is OperationState.Succeeded or OperationState.RolledBack, $"{Tell(seen)}\n{_process.Said}");
        // A step without an undo is undone by saying so.
        var missed = seen.Steps.Where(s => s.State == after && !met.Contains(s.Name) && !Empty.Contains(s.Name) && s.FinishedAt - s.StartedAt > Glimpse).Select(s => $"{s.Name} ({s.FinishedAt - s.StartedAt})").ToList();
        if (within == StepState.Started && end is not null)
            Assert.True(missed.Count == 0, $"Not met: {string.Join(", ", missed)}");
        return met;
    }

    private static string Tell(OperationView operation) =>
        $"{operation.Title} {operation.State} {operation.Error?.Code} {operation.Error?.Message}: {string.Join("; ", operation.Steps.Select(s => $"{s.Name} {s.State} {s.Attempt} {s.Error}"))}";

    private async Task KilledAsync(string step)
    {
        // Somewhere within the step, and not always at its beginning.
        await Task.Delay(Random.Shared.Next(150));
        await _process.KillAsync();
        await _process.StartAsync();
    }

    private async Task CutAsync(string step)
    {
        var machine = _machines[1];
        await machine.DoAsync("cut");
        try
        {
            // As long as a cable is out; which steps notice is their affair.
            await Task.Delay(TimeSpan.FromSeconds(6));
        }
        finally
        {
            await machine.DoAsync("heal");
        }
    }

    private async Task EndedAsync(Guid operation, OperationState end)
    {
        OperationView seen = null!;
        await UntilAsync(async () =>
        {
            seen = await Http.Get<OperationView>($"/api/operations/{operation}");
            return !Active.Contains(seen.State);
        }, "it has ended", 480);
        Assert.True(seen.State == end, $"{Tell(seen)}\n{_process.Said}");
    }

    /// <summary>Every node runs, and somebody signs in.</summary>
    private async Task RunsAsync(string what, IReadOnlyList<string> met)
    {
        foreach (var node in _topology.TopologyData.Nodes)
            await UntilAsync(async () => (await Http.Post<TopologyNodeStatus>($"/api/topologies/{_topology.Id}/nodes/{node.Id}/status")).State == TopologyNodeState.Running, $"{node.Id} runs ({what} at {met.Count} steps)", 90);
        var deployment = (await Http.Get<TopologyView>($"/api/topologies/{_topology.Id}")).Deployment!;
        Assert.Equal("active", deployment.Status);
        var admin = await Http.Post<AdminCredentials>($"/api/instances/{deployment.InstanceId}/admin-password/reveal");
        using var visitor = new OdooVisitor($"http://{_machines[0].Host.Value}", "killed.shop.example");
        await visitor.SignInAsync(admin.Login, admin.Password);
    }

    private async Task NothingIsLeftAsync()
    {
        Assert.Null((await Http.Get<TopologyView>($"/api/topologies/{_topology.Id}")).Deployment);
        Assert.Empty((await Http.Get<Page<InstanceView>>("/api/instances")).Data);
        foreach (var machine in _machines)
        {
            var left = await TopologyLab.LeftOnAsync(machine);
            Assert.True(left.Length == 0, $"{machine.Name}: {left}\n{_process.Said}");
            await UntilAsync(async () => (await machine.ShellAsync("docker ps --format '{{.Names}}'")).Contains("ocore-edge", StringComparison.Ordinal), $"{machine.Name} has its edge again", 60);
        }
    }

    private async Task UntilAsync(Func<Task<bool>> condition, string what, int seconds)
    {
        for (var clock = Stopwatch.StartNew(); !await condition(); await Task.Delay(200))
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(seconds) * Lab.Patience, $"Not within {seconds} s: {what}\n{_process.Said}");
    }
}
