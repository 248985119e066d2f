using System.Net;
using System.Net.Sockets;
using OCore.Client;
using Xunit;

namespace OCore.SystemTests.Topologies;

/// <summary>The ports that the nodes of a topology publish on real servers let in the nodes that use them, and nobody else.</summary>
internal static class ClosedPorts
{
    // All at once: who is not let in gets no answer.
    private const string TryScript = """for at; do (timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "${at%:*}" "${at##*:}" 2>/dev/null && echo "$at") & done; wait""";

    /// <param name="lab">Where it runs.</param>
    /// <param name="topology">Whose ports they are.</param>
    /// <param name="among">Ports that have to be among them.</param>
    /// <param name="peers">Nodes that come to a port of another one.</param>
    public static async Task LetInPeersAloneAsync(TopologyLab lab, TopologyView topology, IReadOnlyList<int> among, IReadOnlyList<(string From, string To, int Port)> peers)
    {
        var layout = (await lab.OpenAsync(topology)).Layout;
        var closed = layout.Nodes.Where(n => n is { ServerId: not null, Address: not null, IsBalancer: false }).SelectMany(n => new[] { (Node: n, n.Port), (Node: n, Port: n.SecondPort) }).Where(p => p.Port > 0).ToList();
        Assert.Empty(among.Except(closed.Select(p => p.Port)));
        // The way in is open to all, so that it is seen that whoever tries could come.
        var open = $"{lab.MachineOf(layout.Nodes.First(n => n.IsBalancer)).Host.Value}:80";

        // This machine has no part in it.
        Assert.True(await ConnectsAsync(open));
        var entered = await Task.WhenAll(closed.Select(async p => (At: p.Node.Endpoint(p.Port), Open: await ConnectsAsync(p.Node.Endpoint(p.Port)))));
        Assert.Empty(entered.Where(e => e.Open).Select(e => e.At));

        // Nor has another's container, on whichever server of the topology's it is.
        string[] all = [open, .. closed.Select(p => p.Node.Endpoint(p.Port))];
        foreach (var (machine, said) in lab.Machines.Zip(await Task.WhenAll(lab.Machines.Select(m => m.ShellAsync(
            """i=$(docker inspect -f '{{.Config.Image}}' ocore-postgres); s=$1; shift; docker run --rm --network ocore --entrypoint bash "$i" -c "$s" outsider "$@" """, [TryScript, .. all])))))
        {
            var reached = said.Split('\n', StringSplitOptions.TrimEntries).Where(l => Array.IndexOf(all, l) >= 0).ToList();
            // From the way in's own server a container may not come to it: Docker keeps its networks apart.
            Assert.True(reached.Remove(open) || open.StartsWith(machine.Host.Value + ":", StringComparison.Ordinal), $"nobody on {machine.Name} comes to the load balancer");
            Assert.True(reached.Count == 0, $"another's container on {machine.Name} comes to {string.Join(", ", reached)}");
        }

        foreach (var (from, to, port) in peers)
        {
            var (who, at) = (layout.Find(from)!, layout.Find(to)!.Endpoint(port));
            Assert.Contains(all, a => a == at);
            Assert.Equal(at, (await lab.MachineOf(who).ShellAsync("""c=$1; shift; docker exec "$c" bash -c "$@" """, who.Container, TryScript, from, at)).Trim());
        }
    }

    private static async Task<bool> ConnectsAsync(string at)
    {
        using var client = new TcpClient();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await client.ConnectAsync(IPEndPoint.Parse(at), soon.Token);
            return true;
        }
        catch (Exception closed) when (closed is SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}
