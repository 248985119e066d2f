using Docker.DotNet.Models;
using OCore.Platform.Remote;

namespace OCore.Platform.Docker;

internal sealed partial class DockerHost
{
    private readonly SemaphoreSlim _networkTurn = new(1);

    /// <summary>A bridge network of this name. One that exists is kept as it is.</summary>
    public async Task EnsureNetworkAsync(DockerName name, IReadOnlyDictionary<string, string> labels, CancellationToken stop)
    {
        if (await HasNetworkAsync(name, stop)) return;
        var parameters = new NetworksCreateParameters { Name = name.Value, Driver = "bridge", Labels = new Dictionary<string, string>(labels) };
        // Older engines make a second network of the same name without a word, and a container then gets either.
        await _networkTurn.WaitAsync(stop);
        try
        {
            if (await HasNetworkAsync(name, stop)) return;
            await CallAsync($"Creating the network {name}", Quick, (docker, ended) => docker.Networks.CreateNetworkAsync(parameters, ended), stop);
        }
        catch (DockerConflictException)
        {
            // Someone else made it just now.
        }
        finally
        {
            _networkTurn.Release();
        }
    }

    public Task EnsureVolumeAsync(DockerName name, IReadOnlyDictionary<string, string> labels, CancellationToken stop)
    {
        // Docker itself answers a second creation with the volume that is there.
        var parameters = new VolumesCreateParameters { Name = name.Value, Labels = new Dictionary<string, string>(labels) };
        return CallAsync($"Creating the volume {name}", Quick, (docker, ended) => docker.Volumes.CreateAsync(parameters, ended), stop);
    }

    public async Task<bool> HasVolumeAsync(DockerName name, CancellationToken stop)
    {
        try
        {
            await CallAsync($"Looking at the volume {name}", Quick, (docker, ended) => docker.Volumes.InspectAsync(name.Value, ended), stop);
            return true;
        }
        catch (DockerNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Gone already is fine.</summary>
    public async Task RemoveNetworkAsync(DockerName name, CancellationToken stop)
    {
        try
        {
            await CallAsync($"Removing the network {name}", Quick, (docker, ended) => docker.Networks.DeleteNetworkAsync(name.Value, ended), stop);
        }
        catch (DockerNotFoundException)
        {
        }
    }

    /// <summary>Gone already is fine; one in use is refused.</summary>
    public async Task RemoveVolumeAsync(DockerName name, CancellationToken stop)
    {
        try
        {
            await CallAsync($"Removing the volume {name}", Quick, (docker, ended) => docker.Volumes.RemoveAsync(name.Value, false, ended), stop);
        }
        catch (DockerNotFoundException)
        {
        }
    }

    public async Task<DockerObjects> FindByLabelAsync(string label, string value, CancellationToken stop)
    {
        var wanted = new Dictionary<string, string?> { [label] = value };
        var containers = await ListAsync(wanted, stop);
        var volumes = await CallAsync("Listing volumes", Quick, (docker, ended) =>
            docker.Volumes.ListAsync(new VolumesListParameters { Filters = LabelFilter(wanted) }, ended), stop);
        var networks = await CallAsync("Listing networks", Quick, (docker, ended) =>
            docker.Networks.ListNetworksAsync(new() { Filters = LabelFilter(wanted) }, ended), stop);
        return new DockerObjects(containers, [.. (volumes.Volumes ?? []).Select(v => v.Name)], [.. networks.Select(n => n.Name)]);
    }

    /// <summary>Removes all that carries the label: containers first, for they hold volumes and networks.</summary>
    /// <returns>What was there.</returns>
    public async Task<DockerObjects> RemoveByLabelAsync(string label, string value, CancellationToken stop)
    {
        var found = await FindByLabelAsync(label, value, stop);
        foreach (var container in found.Containers) await RemoveByIdAsync(container.Id, container.Name, stop);
        foreach (var volume in found.Volumes) await RemoveVolumeAsync(DockerName.Parse(volume), stop);
        foreach (var network in found.Networks) await RemoveNetworkAsync(DockerName.Parse(network), stop);
        return found;
    }

    // Docker allows two networks of one name, so creation alone does not tell that one is there.
    private async Task<bool> HasNetworkAsync(DockerName name, CancellationToken stop) => await NetworkIdAsync(name, stop) is not null;

    /// <returns>Null where there is no such network.</returns>
    public async Task<string?> NetworkIdAsync(DockerName name, CancellationToken stop)
    {
        var filter = new Dictionary<string, IDictionary<string, bool>> { ["name"] = new Dictionary<string, bool> { [name.Value] = true } };
        var found = await CallAsync("Listing networks", Quick, (docker, ended) =>
            docker.Networks.ListNetworksAsync(new() { Filters = filter }, ended), stop);
        return found.FirstOrDefault(network => network.Name == name.Value)?.ID;
    }
}
