using OCore.Features.Servers;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// The containers of a topology have a network of their own on each server: what else runs there, of other clients too, is on other
/// bridges, between which Docker lets nothing through, and the rules of the nodes' ports know it by its bridge.
/// </summary>
internal static class TopologyNetwork
{
    public static DockerName NameOf(Guid topology) => DockerName.Parse($"ocore-{topology:N}");

    /// <summary>The network, made where it is missing.</summary>
    /// <returns>The interface of its bridge.</returns>
    public static async Task<string> EnsureAsync(DockerHost docker, Guid topology, Guid server, CancellationToken stop)
    {
        await docker.EnsureNetworkAsync(NameOf(topology), new Dictionary<string, string>(ServerLabels.Of(server)) { [NodeSpecs.TopologyLabel] = topology.ToString() }, stop);
        var id = await docker.NetworkIdAsync(NameOf(topology), stop) ?? throw new InvalidOperationException($"The network {NameOf(topology)} was removed while it was made.");
        // Docker's own name for it.
        return "br-" + id[..12];
    }
}
