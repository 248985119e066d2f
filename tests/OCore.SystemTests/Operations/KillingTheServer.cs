using System.Diagnostics;
using System.Net;
using OCore.Client;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Operations;

/// <summary>
/// The real process, killed with SIGKILL while ten provisionings run on two servers. Whoever starts it again finds all of them
/// finished or cleanly undone within 40 seconds, and on the servers nothing that no instance owns.
/// </summary>
[Collection(Alone)]
public sealed class KillingTheServer(ITestOutputHelper output) : IAsyncLifetime
{
    public const string Alone = "alone";

    private const int AtOnce = 10, Rounds = 3;
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(40) * Lab.Patience;
    private static readonly OperationState[] Active = [OperationState.Pending, OperationState.Running, OperationState.Unwinding];

    private readonly LabServer[] _machines = [new("kill1"), new("kill2")];
    private readonly ServerProcess _process = new() { Settings = { ["OPERATIONS_PER_SERVER"] = "10", ["OPERATIONS_PER_ORGANIZATION"] = "20" } };
    private readonly List<Guid> _servers = [];
    private HashSet<string>[] _before = [];

    private OCoreHttp Http => _process.Http;

    public async Task InitializeAsync()
    {
        if (Lab.WhyNot is not null) return;
        await Lab.RunAsync(Path.Combine(Lab.Bin, "docker-engine"));
        await Lab.RunAsync(Path.Combine(Lab.Bin, "images"));
        await Lab.RunAsync("create", "2", "--prefix", "kill");
        foreach (var machine in _machines)
            await machine.ForgetOCoreAsync();
    }

    public Task DisposeAsync() => _process.EndAsync();

    [LabFact]
    public async Task Ten_provisionings_are_finished_or_undone_after_it()
    {
        var seed = Environment.GetEnvironmentVariable("OCORE_TEST_SEED") is { } given ? int.Parse(given) : Random.Shared.Next();
        output.WriteLine($"OCORE_TEST_SEED={seed}");
        var random = new Random(seed);
        var template = await SetUpAsync();
        for (var round = 1; round <= Rounds; round++)
        {
            var begun = await Task.WhenAll(Enumerable.Range(1, AtOnce).Select(n => Http.Post<ProvisionInstance, OperationView>($"/api/templates/{template}/provision",
                new ProvisionInstance { ServerId = _servers[n % _servers.Count].ToString(), Name = $"Round {round} number {n}" })));
            await Task.Delay(TimeSpan.FromSeconds(random.NextDouble() * 8));
            // Some are being undone when the end comes.
            foreach (var cancelled in begun.Where(_ => random.Next(4) == 0))
                await CancelAsync(cancelled.Id);
            await Task.Delay(random.Next(600));
            await KilledAsync($"round {round}, provisioning", begun);
            await HoldsAsync(begun);

            var there = (await Http.Get<Page<InstanceView>>("/api/instances?limit=100")).Data;
            var deletions = await Task.WhenAll(there.Select(i => Http.Delete<OperationView>($"/api/instances/{i.Id}")));
            await Task.Delay(TimeSpan.FromSeconds(random.NextDouble() * 3));
            await KilledAsync($"round {round}, deleting", deletions);
            Assert.Empty((await Http.Get<Page<InstanceView>>("/api/instances")).Data);
            await NothingIsLeftAsync([]);
        }
        await RemoveServersAsync();
    }

    private async Task<Guid> SetUpAsync()
    {
        output.WriteLine($"first start {(await _process.StartAsync()).TotalSeconds:0.0} s");
        await Http.Post<AgencyView>("/api/agency/enable");
        foreach (var machine in _machines)
            _servers.Add((await Http.Post<AddServer, OperationView>("/api/servers",
                new AddServer { Name = machine.Name, Host = machine.Host.Value, User = "deploy", PrivateKey = machine.Key, HostKeyFingerprint = machine.Pinned.Fingerprint })).ServerId!.Value);
        await UntilAsync(async () => (await Http.Get<Page<ServerView>>("/api/servers")).Data.All(s => s.Status == ServerStatus.Active), "the servers are active", TimeSpan.FromMinutes(3));
        var template = await Http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Plain", OdooVersion = "19.0", DefaultWorkers = 0, MemoryMb = 1024 });
        // Killed while the template databases are initialised too: that work goes on.
        var first = await Task.WhenAll(_servers.Select(s => Http.Post<ProvisionInstance, OperationView>($"/api/templates/{template.Id}/provision", new ProvisionInstance { ServerId = s.ToString(), Name = "First" })));
        await UntilAsync(async () => (await EachAsync(first)).All(o => o.Steps.Any(s => s.Name == "prepare the template database" && s.State == StepState.Started)), "the template databases are begun", TimeSpan.FromMinutes(3));
        await Task.Delay(TimeSpan.FromSeconds(4));
        await KilledAsync("initialising the template databases", first, TimeSpan.FromMinutes(4));
        Assert.All(await EachAsync(first), o => Assert.Equal(OperationState.Succeeded, o.State));
        var deletions = await Task.WhenAll(first.Select(o => Http.Delete<OperationView>($"/api/instances/{o.InstanceId}")));
        await EndedAsync(deletions, TimeSpan.FromMinutes(1));
        _before = [.. await Task.WhenAll(_machines.Select(async m => (await ServerScan.OfAsync(m)).ToHashSet()))];
        return template.Id;
    }

    private async Task KilledAsync(string what, IReadOnlyList<OperationView> operations, TimeSpan? within = null)
    {
        var steps = (await EachAsync(operations)).Select(o => Active.Contains(o.State) ? $"{o.State} {o.Steps.Count(s => s.State is StepState.Done)}" : o.State.ToString()).CountBy(s => s);
        var killed = _process.Id;
        await _process.KillAsync();
        var clock = Stopwatch.StartNew();
        await _process.StartAsync();
        var ready = clock.Elapsed;
        await EndedAsync(operations, (within ?? Within) - clock.Elapsed);
        output.WriteLine($"{what}: killed at {string.Join(", ", steps.Select(s => $"{s.Value}× {s.Key}"))}; ready after {ready.TotalSeconds:0.0} s, all ended after {clock.Elapsed.TotalSeconds:0.0} s, with a load of {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");
        // The connections of the one that was killed are ended too.
        Assert.DoesNotContain(Directory.GetFiles("/proc", "cmdline", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1, IgnoreInaccessible = true }), file => CommandOf(file).Contains($"/{killed}-", StringComparison.Ordinal));
    }

    private static string CommandOf(string file)
    {
        try
        {
            return File.ReadAllText(file) is var words && words.StartsWith("ssh\0", StringComparison.Ordinal) ? words : "";
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private async Task HoldsAsync(IReadOnlyList<OperationView> begun)
    {
        var ended = await EachAsync(begun);
        Assert.All(ended, o => Assert.Contains(o.State, (OperationState[])[OperationState.Succeeded, OperationState.RolledBack, OperationState.Cancelled]));
        // Only what somebody cancelled may be gone: what was merely interrupted is finished.
        Assert.All(ended.Where(o => o.State == OperationState.RolledBack), o => Assert.Fail($"{o.Title}: {o.Error?.Code} {o.Error?.Message}"));
        output.WriteLine($"  {string.Join(", ", ended.CountBy(o => o.State).Select(s => $"{s.Value} {s.Key}"))}");
        var there = (await Http.Get<Page<InstanceView>>("/api/instances?limit=100")).Data;
        Assert.Equal(ended.Where(o => o.State == OperationState.Succeeded).Select(o => o.InstanceId!.Value).Order(), there.Select(i => i.Id).Order());
        await NothingIsLeftAsync(there);
        foreach (var instance in there)
            Assert.Equal((InstanceStatus.Running, HttpStatusCode.OK), (instance.Status, await AskAsync(instance)));
    }

    private async Task<HttpStatusCode> AskAsync(InstanceView instance)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{_machines[_servers.IndexOf(instance.Server.Id)].Host.Value}/web/login")) { Headers = { Host = instance.Domain } };
        for (var attempt = 0; ; attempt++)
        {
            using var answer = await http.SendAsync(Copy(request));
            // The edge's first check of an instance takes up to two seconds.
            if (answer.StatusCode == HttpStatusCode.OK || attempt == 20)
                return answer.StatusCode;
            await Task.Delay(250);
        }
    }

    private static HttpRequestMessage Copy(HttpRequestMessage request) => new(request.Method, request.RequestUri) { Headers = { Host = request.Headers.Host } };

    private async Task NothingIsLeftAsync(IReadOnlyList<InstanceView> there)
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            var wrong = new List<string>();
            foreach (var (index, machine) in _machines.Index())
            {
                var (orphans, missing) = ServerScan.Compare(await ServerScan.OfAsync(machine), _before[index].Concat(there.Where(i => i.Server.Id == _servers[index]).SelectMany(ServerScan.Of)));
                wrong.AddRange(orphans.Select(o => $"{machine.Name}: {o} is nobody's").Concat(missing.Select(m => $"{machine.Name}: {m} is missing")));
            }
            if (wrong.Count == 0)
                return;
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), string.Join('\n', wrong) + "\n" + _process.Said);
            await Task.Delay(500);
        }
    }

    private async Task RemoveServersAsync()
    {
        await EndedAsync(await Task.WhenAll(_servers.Select(s => Http.Delete<OperationView>($"/api/servers/{s}"))), TimeSpan.FromMinutes(2));
        foreach (var machine in _machines)
            await ServerScan.IsBareAsync(machine);
    }

    private async Task CancelAsync(Guid id)
    {
        try
        {
            await Http.Post<OperationView>($"/api/operations/{id}/cancel");
        }
        catch (OCoreException ended) when (ended.Problem.Code == "not_cancellable")
        {
            // It was quicker.
        }
    }

    private Task<OperationView[]> EachAsync(IEnumerable<OperationView> operations) => Task.WhenAll(operations.Select(o => Http.Get<OperationView>($"/api/operations/{o.Id}")));

    private async Task EndedAsync(IReadOnlyList<OperationView> operations, TimeSpan within)
    {
        OperationView[] now = [];
        await UntilAsync(async () => (now = await EachAsync(operations)).All(o => !Active.Contains(o.State)),
            () => "these have ended: " + string.Join("; ", now.Where(o => Active.Contains(o.State)).Select(o => $"{o.Title} {o.State} at {o.Steps.FirstOrDefault(s => s.State is not (StepState.Done or StepState.Undone))?.Name}, {o.Error?.Message}")), within);
    }

    private Task UntilAsync(Func<Task<bool>> condition, string what, TimeSpan within) => UntilAsync(condition, () => what, within);

    private async Task UntilAsync(Func<Task<bool>> condition, Func<string> what, TimeSpan within)
    {
        for (var clock = Stopwatch.StartNew(); !await condition(); await Task.Delay(200))
            Assert.True(clock.Elapsed < within, $"Not within {within.TotalSeconds:0} s: {what()}\n{_process.Said}");
    }
}

/// <summary>Nothing else takes the processors meanwhile: the test has a clock.</summary>
[CollectionDefinition(KillingTheServer.Alone, DisableParallelization = true)]
public sealed class AloneCollection;
