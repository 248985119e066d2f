using System.Diagnostics;
using OCore.Client;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Operations;
using OCore.SystemTests.Backups;
using OCore.SystemTests.Operations;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>
/// A topology on real servers, worked on by the real process: that is killed, or a server is cut off, within the steps of an operation.
/// Whatever was interrupted is finished or undone, and of what was undone nothing is left.
/// </summary>
/// <param name="output">Where it is told what took how long.</param>
/// <param name="machines">How many servers there are.</param>
/// <param name="images">What is run beside Odoo, PostgreSQL, Redis and HAProxy.</param>
public abstract class KilledTopology(ITestOutputHelper output, int machines, params string[] images) : IAsyncLifetime
{
    private const string Domain = "killed.shop.example", Rolling = "change Odoo, node by node";

    /// <summary>Steps by which members of a cluster come and go.</summary>
    private protected static readonly string[] Clusters = ["change the members of etcd", "change PostgreSQL, node by node"];

    private static readonly OperationState[] Active = [OperationState.Pending, OperationState.Running, OperationState.Unwinding];
    private static readonly OperationKind[] Kinds = [new DeployTopologyKind(), new ChangeTopologyKind(), new DestroyTopologyKind()];

    // Images that are there already are got in less time than it takes to ask how far it is.
    private static readonly TimeSpan Glimpse = TimeSpan.FromMilliseconds(250) * Lab.Patience;

    private readonly ServerProcess _process = new();
    private readonly List<Guid> _servers = [];
    private Bucket? _bucket;
    private (Guid? Instance, AdminCredentials? Credentials) _admin;
    private int _cuts;

    private protected virtual IReadOnlyList<LabServer> Machines { get; } = [.. Enumerable.Range(1, machines).Select(i => new LabServer($"die{i}"))];
    private protected IReadOnlyList<Guid> Servers => _servers;
    private protected OCoreHttp Http => _process.Http;
    /// <summary>Where the files of Odoo are.</summary>
    private protected Bucket Bucket => _bucket!;
    private protected TopologyView Topology { get; private set; } = null!;

    /// <summary>Steps that have nothing to do in the drawing: they are over before anybody can look.</summary>
    private protected virtual IReadOnlyList<string> Empty => ["start the NFS server", "start the monitors", "schedule the backups", "change the monitors", "change the members of etcd", "change PostgreSQL, node by node", "change Redis"];

    /// <summary>What its load balancers share, where they do.</summary>
    private protected virtual string? SharedAddress => null;

    private protected virtual string? WhyNot => Lab.WhyNot;

    private protected virtual async Task MakeMachinesAsync()
    {
        await Lab.RunAsync("create", $"{Machines.Count}", "--prefix", "die");
        foreach (var machine in Machines)
            await machine.DoAsync("heal");
    }

    public async Task InitializeAsync()
    {
        if (WhyNot is not null) return; // each test says so
        await Lab.RunAsync(Path.Combine(Lab.Bin, "docker-engine"));
        await Lab.RunProgramAsync(Path.Combine(Lab.Bin, "images"), ["odoo", "postgres", "redis", "haproxy", .. images]);
        await MakeMachinesAsync();
        foreach (var machine in Machines)
            await machine.ForgetOCoreAsync();
        var network = Machines[0].Host.Value;
        _bucket = await Bucket.StartAsync(network[..network.LastIndexOf('.')] + ".1");
    }

    public async Task DisposeAsync()
    {
        await _process.EndAsync();
        if (_bucket is { } bucket)
            await bucket.DisposeAsync();
        if (WhyNot is null)
            await UnmakeMachinesAsync();
    }

    private protected virtual Task UnmakeMachinesAsync() => Task.CompletedTask;

    /// <summary>The process with an agency, its servers and a drawing; where backups are drawn, with the bucket that takes them.</summary>
    private protected async Task SetUpAsync(Sketch sketch, BucketPeer? backups, params (string Place, int Machine)[] places)
    {
        // What a deployment puts there is oCore's to take away again.
        _process.Settings["FETCH_ALLOW"] = backups is null ? Bucket.Authority : $"{Bucket.Authority},127.0.0.1:{backups.Port}";
        if (backups is not null)
            sketch = sketch.BackedUp(backups.Url.ToString().TrimEnd('/')).Set("backups", "bucket", BucketPeer.Bucket);
        await _process.StartAsync();
        await Http.Post<AgencyView>("/api/agency/enable");
        foreach (var machine in Machines)
            _servers.Add((await Http.Post<AddServer, OperationView>("/api/servers",
                new AddServer { Name = machine.Name, Host = machine.Host.Value, User = "deploy", PrivateKey = machine.Key, HostKeyFingerprint = machine.Pinned.Fingerprint })).ServerId!.Value);
        await ServersAreActiveAsync(240);
        Topology = await TopologyLab.DrawAsync(Http, Bucket, sketch, "Killed", places.ToDictionary(p => p.Place, p => _servers[p.Machine - 1]));
        if (backups is not null)
            await Http.Put<SetTopologyCredential, TopologyCredentialView>($"/api/topologies/{Topology.Id}/credentials/offsite", new() { AccessKey = BucketPeer.Key, SecretKey = BucketPeer.Key });
    }

    private Task ServersAreActiveAsync(int seconds) =>
        UntilAsync(async () => (await Http.Get<Page<ServerView>>("/api/servers")).Data.All(s => s.Status == ServerStatus.Active), "the servers are active", seconds);

    private protected async Task OnceAsync(string what, Func<Task> act)
    {
        var clock = Stopwatch.StartNew();
        await act();
        output.WriteLine($"{clock.Elapsed.TotalSeconds,5:0} s  {what}");
    }

    private protected async Task<Guid> DeployAsync(PlanTopology? wish = null)
    {
        // One that was cut off is looked at again within seconds, and nothing is planned on it before.
        await ServersAreActiveAsync(60);
        var plan = await Http.Post<PlanTopology, TopologyPlanView>($"/api/topologies/{Topology.Id}/plan", wish ?? new PlanTopology { Domain = Domain });
        return (await Http.Post<DeployTopology, OperationView>($"/api/topologies/{Topology.Id}/deploy", new() { PlanHash = plan.Hash, Confirm = Topology.Name })).Id;
    }

    /// <summary>What one that ran has left in the bucket is for who has the bucket to remove.</summary>
    private protected Task<Guid> DeployIntoEmptyBucketAsync()
    {
        Bucket.Objects.Clear();
        return DeployAsync();
    }

    private protected Task<Guid> DestroyAsync() => DeployAsync(new PlanTopology { Destroy = true });

    private protected Task<OperationView> ViewAsync(Guid operation) => Http.Get<OperationView>($"/api/operations/{operation}");

    private protected async Task<TopologyDeploymentView?> DeploymentAsync() => (await Http.Get<TopologyView>($"/api/topologies/{Topology.Id}")).Deployment;

    private protected Task<TopologyNodeStatus> StatusAsync(string node) => Http.Post<TopologyNodeStatus>($"/api/topologies/{Topology.Id}/nodes/{node}/status");

    /// <summary>It has come to this step, or past it.</summary>
    private protected static bool HasBegun(OperationView operation, string step) => operation.Steps.Single(s => s.Name == step).State != StepState.Pending;

    /// <summary>False where it was quicker.</summary>
    private protected async Task<bool> CancelAsync(Guid operation)
    {
        try
        {
            await Http.Post<OperationView>($"/api/operations/{operation}/cancel");
            return true;
        }
        catch (OCoreException ended) when (ended.Problem.Code == "not_cancellable")
        {
            return false;
        }
    }

    /// <summary>Begun, and cancelled as soon as it has come so far. Where it was quicker than that, it is taken back by another one and begun again.</summary>
    private protected async Task<Guid> CancelledAsync(Func<Task<Guid>> begin, Func<OperationView, Task<bool>> far, Func<Task<Guid>> back)
    {
        for (var attempt = 1; ; attempt++)
        {
            var operation = await begin();
            for (var clock = Stopwatch.StartNew(); ; await Task.Delay(20))
            {
                var seen = await ViewAsync(operation);
                if (!Active.Contains(seen.State) || await far(seen))
                    break;
                Assert.True(clock.Elapsed < TimeSpan.FromMinutes(8) * Lab.Patience, $"It does not come so far: {Tell(seen)}\n{_process.Said}");
            }
            if (await CancelAsync(operation))
                return operation;
            Assert.True(attempt < 3, "It is always quicker than it is cancelled.");
            await EndedAsync(operation, OperationState.Succeeded);
            await EndedAsync(await back(), OperationState.Succeeded);
        }
    }

    /// <summary>
    /// Does harm once within each step, and once at each Odoo where they are changed one after another, until the operation ends. Every step
    /// that has something to do has to be met, on the way there as on the way back; one that was given up, where <paramref name="end"/> leaves
    /// open how it ends, did not come to all of them.
    /// </summary>
    /// <param name="lasts">The harm lasts, and whatever it does not touch goes on meanwhile: a step that is within it then is met by it as well.</param>
    /// <param name="before">Met by another one before, and spared by now.</param>
    private protected async Task<IReadOnlyList<string>> AtEachStepAsync(Guid operation, StepState within, Func<string, Task> harm, OperationState? end = OperationState.Succeeded, bool lasts = false, IReadOnlyList<string>? before = null)
    {
        var met = new List<string>(before ?? []);
        OperationView seen;
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(10))
        {
            seen = await ViewAsync(operation);
            if (!Active.Contains(seen.State))
                break;
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(12) * Lab.Patience, $"It does not end: {Tell(seen)}\n{_process.Said}");
            if (await PlaceAsync(seen, within) is not { } place || met.Contains(place))
                continue;
            met.Add(place);
            var harming = harm(place);
            for (; lasts && !harming.IsCompleted; await Task.Delay(10))
                if (await PlaceAsync(await ViewAsync(operation), within) is { } other && !met.Contains(other))
                    met.Add(other);
            await harming;
        }
        output.WriteLine($"         {seen.State} after {met.Count}: {string.Join(", ", met)}");
        Assert.True(end is null ? seen.State is OperationState.Succeeded or OperationState.RolledBack : seen.State == end, $"{Tell(seen)}\n{_process.Said}");
        if (end is null && seen.State == OperationState.RolledBack || Kinds.SingleOrDefault(k => k.Name == seen.Kind) is not { } kind)
            return met;
        // A step without an undo is undone by saying so.
        var works = kind.Steps.Where(s => within == StepState.Started || s.Undo is not null).Select(s => s.Name).Except(Empty).ToHashSet();
        var after = within == StepState.Started ? StepState.Done : StepState.Undone;
        var missed = seen.Steps.Where(s => s.State == after && works.Contains(s.Name) && !met.Exists(m => m == s.Name || m.StartsWith(s.Name + " (", StringComparison.Ordinal)) && s.FinishedAt - s.StartedAt > Glimpse)
            .Select(s => $"{s.Name} ({s.FinishedAt - s.StartedAt})").ToList();
        Assert.True(missed.Count == 0, $"Not met: {string.Join(", ", missed)}");
        return met;
    }

    /// <summary>
    /// Cut off within each step, one server after another, until one has come to its end. One that was given up is taken back whole, and begun
    /// again: it then is cut off at the steps that the one before did not come to.
    /// </summary>
    /// <param name="begin">Begins it.</param>
    /// <param name="undone">Nothing of it is left.</param>
    private protected async Task<IReadOnlyList<string>> CutOffAtEachStepAsync(Func<Task<Guid>> begin, Func<Task> undone)
    {
        IReadOnlyList<string> met = [];
        for (; ; )
        {
            var (operation, before) = (await begin(), met);
            met = await AtEachStepAsync(operation, StepState.Started, CutAsync, null, lasts: true, before);
            if ((await ViewAsync(operation)).State == OperationState.Succeeded)
                return met;
            Assert.True(met.Count > before.Count, $"It was given up, and nobody did it any harm: {Tell(await ViewAsync(operation))}\n{_process.Said}");
            await undone();
        }
    }

    /// <summary>Where it is, if that is within a step: of the one that goes from Odoo to Odoo, at which.</summary>
    private async Task<string?> PlaceAsync(OperationView operation, StepState within)
    {
        if (operation.Steps.FirstOrDefault(s => s.State == within) is not { } step)
            return null;
        return step.Name == Rolling && (await DeploymentAsync())?.Nodes.FirstOrDefault(n => n is { Type: "odoo", State: TopologyNodeState.Working }) is { } node ? $"{step.Name} ({node.NodeId})" : step.Name;
    }

    private static string Tell(OperationView operation) =>
        $"{operation.Title} {operation.State} {operation.Error?.Code} {operation.Error?.Message}: {string.Join("; ", operation.Steps.Select(s => $"{s.Name} {s.State} {s.Attempt} {s.Error}"))}";

    private protected async Task KilledAsync(string place)
    {
        // Somewhere within the step, and not always at its beginning; an Odoo or a member of a cluster takes longer than that to be changed.
        await Task.Delay(Random.Shared.Next(place.EndsWith(')') || Clusters.Contains(place) ? 3000 : 150));
        await _process.KillAsync();
        await _process.StartAsync();
    }

    /// <summary>One server after another: what one of them has, another has not.</summary>
    private protected async Task CutAsync(string place)
    {
        var machine = Machines[_cuts++ % Machines.Count];
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

    private protected async Task EndedAsync(Guid operation, OperationState end)
    {
        OperationView seen = null!;
        await UntilAsync(async () =>
        {
            seen = await ViewAsync(operation);
            return !Active.Contains(seen.State);
        }, "it has ended", 480);
        Assert.True(seen.State == end, $"{Tell(seen)}\n{_process.Said}");
    }

    /// <summary>Every node runs as it was planned, nothing else does, and somebody signs in.</summary>
    private protected async Task<TopologyDeploymentView> RunsAsync(string what)
    {
        var deployment = (await DeploymentAsync())!;
        Assert.Equal("active", deployment.Status);
        var holders = new HashSet<string>();
        foreach (var node in deployment.Nodes)
        {
            var seen = node;
            await UntilAsync(async () => (seen = await StatusAsync(node.NodeId)) is { State: TopologyNodeState.Running, Drift.Count: 0 },
                () => $"{node.NodeId} runs as planned ({what}): {seen.State} {seen.Message} {string.Join(' ', seen.Drift.Select(d => d.Message))}", 90);
            if (seen.Figures.ContainsKey("sharedAddress"))
                holders.Add(node.NodeId);
        }
        foreach (var (machine, server) in Machines.Zip(_servers))
        {
            var planned = deployment.Nodes.Where(n => n.Server?.Id == server).Select(n => n.Type == "odoo" ? "odoo" : n.NodeId).SelectMany(n => holders.Contains(n) ? [n, n + "-address"] : new[] { n }).Order(StringComparer.Ordinal).ToList();
            IReadOnlyList<string> found = [];
            await UntilAsync(async () => (found = await TopologyLab.NodesOnAsync(machine)).SequenceEqual(planned),
                () => $"{machine.Name} has its nodes and nothing else ({what}): {string.Join(", ", found)} instead of {string.Join(", ", planned)}", 30);
        }
        using var visitor = await SignedInAsync();
        return deployment;
    }

    /// <summary>By the load balancer, which is on the first server.</summary>
    private protected async Task<OdooVisitor> SignedInAsync()
    {
        var instance = (await DeploymentAsync())!.InstanceId;
        // Shown once.
        if (_admin.Instance != instance)
            _admin = (instance, await Http.Post<AdminCredentials>($"/api/instances/{instance}/admin-password/reveal"));
        var visitor = new OdooVisitor($"http://{Machines[0].Host.Value}", Domain);
        await visitor.SignInAsync(_admin.Credentials!.Login, _admin.Credentials.Password);
        return visitor;
    }

    private protected async Task NothingIsLeftAsync()
    {
        Assert.Null(await DeploymentAsync());
        Assert.Empty((await Http.Get<Page<InstanceView>>("/api/instances")).Data);
        Assert.Empty((await Http.Get<Page<BackupTargetView>>("/api/backup-targets")).Data);
        foreach (var machine in Machines)
        {
            var left = await TopologyLab.LeftOnAsync(machine);
            Assert.True(left.Length == 0, $"{machine.Name}: {left}\n{_process.Said}");
            if (SharedAddress is { } shared)
                Assert.Equal("", await machine.ShellAsync("ip -o -4 addr show to \"$1/32\"", shared));
            await UntilAsync(async () => (await machine.ShellAsync("docker ps --format '{{.Names}}'")).Contains("ocore-edge", StringComparison.Ordinal), $"{machine.Name} has its edge again", 60);
        }
    }

    /// <summary>Of a deployment into an empty bucket that was undone nothing is left there either.</summary>
    private protected async Task NothingIsLeftAnywhereAsync()
    {
        await NothingIsLeftAsync();
        Assert.True(Bucket.Objects.IsEmpty, $"left in the bucket: {string.Join(", ", Bucket.Objects.Keys.Order(StringComparer.Ordinal).Take(10))}\n{_process.Said}");
    }

    private protected Task UntilAsync(Func<Task<bool>> condition, string what, int seconds) => UntilAsync(condition, () => what, seconds);

    private protected async Task UntilAsync(Func<Task<bool>> condition, Func<string> what, int seconds)
    {
        for (var clock = Stopwatch.StartNew(); !await condition(); await Task.Delay(200))
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(seconds) * Lab.Patience, $"Not within {seconds} s: {what()}\n{_process.Said}");
    }
}

/// <summary>Three servers with every image that is run on them: to carry those to servers that are new takes minutes, and is no test's time.</summary>
public class CarriedImages : IAsyncLifetime
{
    private static readonly string[] Images = [DeployScene.Images.Odoo, DeployScene.Images.PostgresHa, DeployScene.Images.Redis, DeployScene.Images.Haproxy, DeployScene.Images.Pgbouncer];

    private protected virtual int Machines => 3;

    public async Task InitializeAsync()
    {
        if (Lab.WhyNot is not null) return; // each test says so
        await Lab.RunAsync(Path.Combine(Lab.Bin, "docker-engine"));
        await Lab.RunProgramAsync(Path.Combine(Lab.Bin, "images"), "odoo", "postgres-ha", "redis", "haproxy", "pgbouncer");
        await Lab.RunAsync("create", $"{Machines}", "--prefix", "die");
        await Task.WhenAll(Enumerable.Range(1, Machines).Select(i => CarryAsync(new LabServer($"die{i}"))));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private static async Task CarryAsync(LabServer machine)
    {
        var missing = (await machine.ShellAsync("for i in \"$@\"; do docker image inspect \"$i\" >/dev/null 2>&1 || echo \"$i\"; done", Images)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (missing.Length > 0)
            await Lab.RunAsync("load", [machine.Name, .. missing]);
    }
}
