using Docker.DotNet.Models;
using OCore.Platform.Remote;

namespace OCore.Platform.Docker;

internal sealed partial class DockerHost
{
    /// <summary>
    /// The container as the spec has it, running. One that differs is replaced, one that stands still is started; a
    /// container of this name that oCore did not make is left alone.
    /// </summary>
    public Task<ContainerState> EnsureContainerAsync(ContainerSpec spec, CancellationToken stop) => EnsureAsync(spec, start: true, stop);

    /// <summary>The same, but for its start: <see cref="EnsureContainerAsync"/> has less to do then. One that runs goes on.</summary>
    public Task PrepareContainerAsync(ContainerSpec spec, CancellationToken stop) => EnsureAsync(spec, start: false, stop);

    private async Task<ContainerState> EnsureAsync(ContainerSpec spec, bool start, CancellationToken stop)
    {
        spec.Check();
        var hash = SpecHash.Of(spec);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await EnsureOnceAsync(spec, hash, start, stop);
            }
            // Someone else made, removed or replaced it between the look and the act: look again.
            catch (Exception raced) when (raced is DockerConflictException or DockerNotFoundException && attempt < 3)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200 * attempt), _clock, stop);
            }
        }
    }

    /// <returns>Null where there is no such container.</returns>
    public async Task<ContainerState?> FindAsync(DockerName name, CancellationToken stop)
    {
        try
        {
            var seen = await CallAsync($"Looking at {name}", Quick, (docker, ended) => docker.Containers.InspectContainerAsync(name.Value, ended), stop);
            // Docker also finds by the beginning of an id.
            return seen.Name.TrimStart('/') == name.Value ? ContainerState.From(seen) : null;
        }
        catch (DockerNotFoundException)
        {
            return null;
        }
    }

    /// <summary>All containers with these labels, also those that stand still. A null value asks for the label alone.</summary>
    public async Task<IReadOnlyList<ContainerState>> ListAsync(IReadOnlyDictionary<string, string?> labels, CancellationToken stop)
    {
        var parameters = new ContainersListParameters { All = true, Filters = LabelFilter(labels) };
        var seen = await CallAsync("Listing containers", Quick, (docker, ended) => docker.Containers.ListContainersAsync(parameters, ended), stop);
        return [.. seen.Select(ContainerState.From)];
    }

    public Task<IReadOnlyList<ContainerState>> ListAsync(CancellationToken stop) => ListAsync(new Dictionary<string, string?>(), stop);

    /// <summary>Stops and removes it with its nameless volumes. One that is gone already is fine.</summary>
    public async Task RemoveContainerAsync(DockerName name, CancellationToken stop)
    {
        if (await FindAsync(name, stop) is { } seen) await RemoveByIdAsync(seen.Id, name.Value, stop);
    }

    public Task StartAsync(DockerName name, CancellationToken stop) =>
        CallAsync($"Starting {name}", Slow, (docker, ended) => docker.Containers.StartContainerAsync(name.Value, new(), ended), stop);

    /// <summary>Asks it to end and kills it after <paramref name="within"/>. One that stands still is fine.</summary>
    public Task StopAsync(DockerName name, TimeSpan within, CancellationToken stop) =>
        CallAsync($"Stopping {name}", within + Slow, (docker, ended) =>
            docker.Containers.StopContainerAsync(name.Value, new() { WaitBeforeKillSeconds = Patience(within) }, ended), stop);

    public Task KillAsync(DockerName name, string signal, CancellationToken stop) =>
        CallAsync($"Sending {signal} to {name}", Quick, (docker, ended) =>
            docker.Containers.KillContainerAsync(name.Value, new() { Signal = signal }, ended), stop);

    private async Task<ContainerState> EnsureOnceAsync(ContainerSpec spec, string hash, bool start, CancellationToken stop)
    {
        var seen = await FindAsync(spec.Name, stop);
        if (seen is not null && seen.SpecHash is null) throw new DockerNameTakenException(spec.Name.Value, _where);
        // "dead" is what Docker calls a container it failed to remove: it never starts again.
        if (seen is not null && (seen.SpecHash != hash || seen.State == "dead"))
        {
            if (seen.IsRunning) await StopAsync(spec.Name, spec.StopTimeout ?? TimeSpan.FromSeconds(10), stop);
            await RemoveByIdAsync(seen.Id, seen.Name, stop);
            seen = null;
        }
        if (seen is null || seen.State == "created")
        {
            // What never started may be half made: a crash came between its creation and its files.
            var id = seen?.Id ?? await CreateAsync(spec, hash, stop);
            await CompleteAsync(id, spec, stop);
        }
        if (start)
            await StartOrRemoveAsync(spec.Name, seen, stop);
        return await FindAsync(spec.Name, stop)
            ?? throw new DockerNotFoundException($"{spec.Name} on {_where} vanished right after it was made.");
    }

    private async Task StartOrRemoveAsync(DockerName name, ContainerState? seen, CancellationToken stop)
    {
        try
        {
            await RunningAsync(name, seen?.State, stop);
        }
        catch (DockerNotFoundException gone) when (seen is not null && gone.Message.Contains("network", StringComparison.Ordinal))
        {
            // It knows its network by an id: where that was removed and made anew, it never starts again.
            await RemoveByIdAsync(seen.Id, seen.Name, stop);
            throw;
        }
    }

    private Task RunningAsync(DockerName name, string? state, CancellationToken stop) => state switch
    {
        "running" or "restarting" => Task.CompletedTask,
        "paused" => CallAsync($"Waking {name}", Quick, (docker, ended) => docker.Containers.UnpauseContainerAsync(name.Value, ended), stop),
        _ => StartAsync(name, stop),
    };

    private async Task<string> CreateAsync(ContainerSpec spec, string hash, CancellationToken stop)
    {
        var parameters = ContainerParameters.From(spec, hash);
        var made = await CallAsync($"Creating {spec.Name}", Slow, (docker, ended) => docker.Containers.CreateContainerAsync(parameters, ended), stop);
        return made.ID;
    }

    private async Task CompleteAsync(string id, ContainerSpec spec, CancellationToken stop)
    {
        // Engines before 25 take one network at creation only.
        foreach (var network in spec.Networks.Skip(1)) await ConnectAsync(id, network, stop);
        if (spec.Files.Count > 0) await PutFilesAsync(id, spec.Files, stop);
        foreach (var archive in spec.Archives) await PutArchiveAsync(id, archive.WriteAsync, TimeSpan.FromMinutes(30), stop);
    }

    private async Task ConnectAsync(string id, ContainerNetwork network, CancellationToken stop)
    {
        var parameters = new NetworkConnectParameters { Container = id, EndpointConfig = ContainerParameters.Endpoint(network) };
        try
        {
            await CallAsync($"Connecting to the network {network.Name}", Quick,
                (docker, ended) => docker.Networks.ConnectNetworkAsync(network.Name.Value, parameters, ended), stop);
        }
        catch (DockerCallException already) when (already.Message.Contains("already exists in network", StringComparison.Ordinal))
        {
        }
    }

    private async Task RemoveByIdAsync(string id, string name, CancellationToken stop)
    {
        var parameters = new ContainerRemoveParameters { Force = true, RemoveVolumes = true };
        try
        {
            await CallAsync($"Removing {name}", Slow, (docker, ended) => docker.Containers.RemoveContainerAsync(id, parameters, ended), stop);
        }
        catch (DockerNotFoundException)
        {
        }
        catch (DockerConflictException busy) when (busy.Message.Contains("already in progress", StringComparison.Ordinal))
        {
            await WaitUntilGoneAsync(id, stop);
        }
    }

    private async Task WaitUntilGoneAsync(string id, CancellationToken stop)
    {
        for (var i = 0; i < 100; i++)
        {
            try
            {
                await CallAsync("Looking whether it is gone", Quick, (docker, ended) => docker.Containers.InspectContainerAsync(id, ended), stop);
            }
            catch (DockerNotFoundException)
            {
                return;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), _clock, stop);
        }
    }

    // The client library leaves a zero out of the query, and the engine then waits its usual ten seconds.
    private static uint Patience(TimeSpan within) => (uint)Math.Max(1, Math.Ceiling(within.TotalSeconds));

    private static Dictionary<string, IDictionary<string, bool>> LabelFilter(IReadOnlyDictionary<string, string?> labels) =>
        labels.Count == 0
            ? []
            : new() { ["label"] = labels.ToDictionary(pair => pair.Value is null ? pair.Key : $"{pair.Key}={pair.Value}", _ => true) };
}
