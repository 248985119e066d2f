using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using OCore.Features.Servers;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// Keeps the servers of a topology to their rules: in the kernel, in files beside it, and in a unit that puts them in place before
/// Docker starts, so that no port is open for a moment after a reboot.
/// </summary>
internal sealed class NodeFirewall(ServerAccess access, TimeProvider time)
{
    private static readonly RemotePath Folder = FirewallLeftovers.Folder;
    private static readonly TimeSpan AddressesFor = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<Guid, (long At, IReadOnlyList<IPAddress> Addresses)> _addresses = new();

    /// <summary>What is there already is left as it is: one command for each server then.</summary>
    /// <param name="also">While a topology changes: what it comes from, whose nodes still speak to each other.</param>
    public async Task EnsureAsync(TopologyWork work, Layout? also, CancellationToken stop)
    {
        Layout[] layouts = also is null ? [work.Layout] : [work.Layout, also];
        var ids = layouts.SelectMany(l => l.Servers).Distinct().Where(work.Servers.ContainsKey).ToList();
        // Whoever has it now, it is no server's own.
        var shared = layouts.SelectMany(l => l.Nodes).Select(SharedAddress.Of).OfType<string>().Select(IPAddress.Parse).ToHashSet();
        var addresses = new Dictionary<Guid, IReadOnlyList<IPAddress>>();
        foreach (var id in ids)
            addresses[id] = [.. (await AddressesAsync(work.Servers[id], stop)).Where(a => !shared.Contains(a))];
        await Task.WhenAll(ids.Select(id => EnsureAsync(work.Servers[id], work.TopologyId, PortGuard.Of(id, layouts), PortGuard.AbroadOf(id, layouts), addresses, stop)));
    }

    /// <summary>With the topology's network, which nothing is on any more. A server that is gone has neither.</summary>
    public async Task RemoveAsync(TopologyWork work, IEnumerable<Guid> servers, CancellationToken stop)
    {
        foreach (var id in servers.Distinct().Where(work.Servers.ContainsKey))
        {
            var connection = await access.ConnectAsync(work.Servers[id], stop);
            (await connection.RunAsync(RemoteCommand.Script(RemoveScript, PortGuard.ChainOf(work.TopologyId), Folder.Value).AsRoot(), stop)).ThrowIfFailed("Removing the rules of the firewall");
            await connection.Docker.RemoveNetworkAsync(TopologyNetwork.NameOf(work.TopologyId), stop);
        }
    }

    private const string GuardsScript = "PATH=$PATH:/usr/sbin:/sbin; iptables -w -t raw -S >/dev/null";

    /// <summary>Whether a server has what the rules are made of.</summary>
    public static async Task<bool> GuardsAsync(IServerConnection connection, CancellationToken stop) =>
        (await connection.RunAsync(RemoteCommand.Script(GuardsScript).AsRoot(), stop)).Ok;

    // Not the addresses of bridges, which every machine with Docker has alike.
    private const string AddressScript = "ip -o addr show scope global | awk '$2 !~ /^(docker|br-|veth)/ { split($4, a, \"/\"); print a[1] }'";

    private async Task<IReadOnlyList<IPAddress>> AddressesAsync(Server server, CancellationToken stop)
    {
        var asked = _addresses.TryGetValue(server.Id, out var known);
        if (asked && time.GetElapsedTime(known.At) < AddressesFor)
            return known.Addresses;
        CommandResult answer;
        try
        {
            answer = (await (await access.ConnectAsync(server, stop)).RunAsync(RemoteCommand.Script(AddressScript), stop)).ThrowIfFailed("Asking for the server's addresses");
        }
        catch (Exception away) when (asked && away is TryLaterException or ServerException)
        {
            // The others are not left open because this one is away.
            return known.Addresses;
        }
        List<IPAddress> found = [.. answer.Out.Split('\n').Select(l => IPAddress.TryParse(l.Trim(), out var address) ? address : null).OfType<IPAddress>()];
        if (IPAddress.TryParse(server.Host, out var host) && !found.Contains(host))
            found.Add(host);
        _addresses[server.Id] = (time.GetTimestamp(), found);
        return found;
    }

    private async Task EnsureAsync(Server server, Guid topology, IReadOnlyList<GuardedPort> ports, IReadOnlyList<GuardedPort> abroad, IReadOnlyDictionary<Guid, IReadOnlyList<IPAddress>> addresses, CancellationToken stop)
    {
        var (chain, connection) = (PortGuard.ChainOf(topology), await access.ConnectAsync(server, stop));
        var inside = await TopologyNetwork.EnsureAsync(connection.Docker, topology, server.Id, stop);
        var rules = PortGuard.Render(chain, server.Id, ports, abroad, addresses, inside, AddressFamily.InterNetwork);
        var rules6 = ports.Concat(abroad).Any(p => p.Address.AddressFamily == AddressFamily.InterNetworkV6) ? PortGuard.Render(chain, server.Id, ports, abroad, addresses, inside, AddressFamily.InterNetworkV6) : "";
        var mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(rules + rules6)))[..16];
        var there = await connection.RunAsync(RemoteCommand.Script(StandsScript, chain, mark, Folder.Value, $"{CountOf(rules)}", $"{CountOf(rules6)}").AsRoot(), stop);
        if (there.Ok)
            return;
        await connection.WriteFileAsync(Folder.Combine($"{chain}.v4"), Encoding.ASCII.GetBytes(rules), Readable, stop);
        await connection.WriteFileAsync(Folder.Combine($"{chain}.v6"), Encoding.ASCII.GetBytes(rules6), Readable, stop);
        await connection.WriteFileAsync(Folder.Combine("apply"), Encoding.ASCII.GetBytes(ApplyScript), Readable, stop);
        await connection.WriteFileAsync(RemotePath.Parse("/etc/systemd/system/ocore-firewall.service"), Encoding.ASCII.GetBytes(Unit), Readable, stop);
        var applied = await connection.RunAsync(RemoteCommand.Script(SwitchScript, chain, mark, Folder.Value).AsRoot(), stop);
        if (!applied.Ok)
            throw new TryLaterException($"The firewall of {server.Name} does not take the rules that close its nodes' ports: {Platform.Remote.Redaction.Of(applied.Error.Trim())}", "oCore sets them by iptables, as Docker does: install it, or see what stands in its way.");
    }

    private static int CountOf(string rules) => rules.Split('\n').Count(l => l.StartsWith("-A", StringComparison.Ordinal));

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    // The mark says that the files are these, the count that nobody took the rules out of the kernel.
    private const string StandsScript = """
        PATH=$PATH:/usr/sbin:/sbin
        [ "$(cat "$3/$1.mark" 2>/dev/null)" = "$2" ] || exit 1
        stands() {
          "$1" -w -t raw -C PREROUTING -j "$2" 2>/dev/null && [ "$("$1" -w -t raw -S "$2" 2>/dev/null | grep -c '^-A')" = "$3" ]
        }
        stands iptables "$1" "$4" && { [ "$5" = 0 ] || stands ip6tables "$1" "$5"; }
        """;

    private const string SwitchScript = """
        set -eu
        sh "$3/apply"
        if [ -d /run/systemd/system ]; then systemctl daemon-reload; systemctl enable --quiet ocore-firewall.service; fi
        printf '%s' "$2" >"$3/$1.mark"
        """;

    private const string ApplyScript = """
        # Written by oCore: the rules of all topologies that have nodes on this server.
        set -eu
        PATH=$PATH:/usr/sbin:/sbin
        folder=/var/lib/ocore/firewall
        for file in "$folder"/*.v4 "$folder"/*.v6; do
          [ -s "$file" ] || continue
          case $file in *.v4) tables=iptables ;; *) tables=ip6tables ;; esac
          chain=${file##*/}
          chain=${chain%.v?}
          "$tables-restore" -w --noflush <"$file"
          "$tables" -w -t raw -C PREROUTING -j "$chain" 2>/dev/null || "$tables" -w -t raw -I PREROUTING -j "$chain"
        done

        """;

    private const string Unit = """
        [Unit]
        Description=Rules of oCore for the ports of topologies
        Before=docker.service network-pre.target
        Wants=network-pre.target

        [Service]
        Type=oneshot
        RemainAfterExit=yes
        ExecStart=/bin/sh /var/lib/ocore/firewall/apply

        [Install]
        WantedBy=multi-user.target

        """;

    private const string RemoveScript = """
        PATH=$PATH:/usr/sbin:/sbin
        rm -f "$2/$1.v4" "$2/$1.v6" "$2/$1.mark"
        for tables in iptables ip6tables; do
          while "$tables" -w -t raw -D PREROUTING -j "$1" 2>/dev/null; do :; done
          "$tables" -w -t raw -F "$1" 2>/dev/null && "$tables" -w -t raw -X "$1" 2>/dev/null
        done
        if [ -z "$(ls "$2"/*.v4 2>/dev/null)" ]; then
          if [ -e /etc/systemd/system/ocore-firewall.service ]; then
            if [ -d /run/systemd/system ]; then systemctl disable --quiet ocore-firewall.service 2>/dev/null; fi
            rm -f /etc/systemd/system/ocore-firewall.service
          fi
          rm -rf "$2"
        fi
        exit 0
        """;
}
