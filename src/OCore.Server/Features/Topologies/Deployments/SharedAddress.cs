using System.Security.Cryptography;
using System.Text;
using OCore.Client;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>What the holder beside a load balancer says of itself.</summary>
/// <param name="Word">As keepalived has it: <c>MASTER</c>, <c>BACKUP</c>, <c>FAULT</c>; empty where it does not run or has not decided yet.</param>
/// <param name="Holds">The address is on its server.</param>
internal sealed record HolderState(string Word, bool Holds);

/// <summary>
/// One address of several load balancers: beside each a holder agrees with its like, by VRRP between their servers' own addresses, on who
/// has it. Whose load balancer does not answer lets it go. oCore has no part in that, so it goes on while oCore is away.
/// </summary>
internal static class SharedAddress
{
    private static readonly RemotePath Config = RemotePath.Parse("/etc/keepalived/ocore.conf");
    private const string AddressLabel = "ocore.address";
    private static readonly TimeSpan Ending = TimeSpan.FromSeconds(10), Patience = TimeSpan.FromSeconds(10);

    public static string? Of(LayoutNode node) => node.IsBalancer && node.Settings.GetValueOrDefault("sharedAddress") is { Length: > 0 } address ? address : null;

    public static DockerName NameOf(LayoutNode balancer) => DockerName.Parse(balancer.Container + "-address");

    public static ImageRef? ImageOf(LayoutNode node) => Of(node) is null ? null : ImageRef.Parse(node.Text("holder"));

    public static ContainerSpec Spec(Guid topology, LayoutNode balancer) => new()
    {
        Name = NameOf(balancer), Image = ImageOf(balancer)!, Labels = new Dictionary<string, string>(NodeSpecs.Labels(topology, balancer)) { [AddressLabel] = Of(balancer)! }, Command = ["hold", Of(balancer)!],
        Files = [ContainerFile.Text(Config, ConfigOf(balancer))],
        HoldsAddresses = true, DropCapabilities = ["ALL"], MemoryBytes = 64L << 20, PidsLimit = 64, Restart = RestartRule.Always, StopTimeout = Ending,
    };

    /// <summary>Who has it keeps it until it fails: coming back takes it from nobody.</summary>
    internal static string ConfigOf(LayoutNode balancer) => $$"""
        global_defs {
            router_id {{balancer.Container}}
            script_user root
            enable_script_security
            vrrp_version 3
            vrrp_check_unicast_src
            vrrp_garp_master_refresh 60
        }
        vrrp_script answers {
            script "/usr/local/bin/answers {{balancer.Text("sharedFrom")}} {{balancer.Port}}"
            interval 2
            timeout 4
            fall 2
            rise 2
        }
        vrrp_instance shared {
            state BACKUP
            nopreempt
            interface @INTERFACE@
            virtual_router_id {{RouterOf(Of(balancer)!)}}
            priority {{Math.Max(1, 100 - (10 * balancer.Int("sharedRank")))}}
            advert_int 1
            unicast_src_ip {{balancer.Text("sharedFrom")}}
            unicast_peer {
        {{string.Concat(balancer.List("sharedPeers").Select(p => $"        {p}\n")).TrimEnd('\n')}}
            }
            virtual_ipaddress {
                {{Of(balancer)}}/32
            }
            track_script {
                answers
            }
            notify /usr/local/bin/remember
        }

        """;

    // The same wherever the address is: by this number holders know each other's words.
    private static int RouterOf(string address) => 1 + (SHA256.HashData(Encoding.ASCII.GetBytes(address))[0] % 254);

    /// <summary>The holder, running where the address is shared, and gone where it is not any more.</summary>
    /// <exception cref="StepRefusedException">The address is in no network of the server.</exception>
    public static async Task EnsureAsync(IServerConnection connection, Guid topology, LayoutNode node, string server, CancellationToken stop)
    {
        if (Of(node) is null)
        {
            if (await connection.Docker.FindAsync(NameOf(node), stop) is not null)
                await RemoveAsync(connection, node, stop);
            return;
        }
        await CheckAsync(connection, node, server, unused: false, stop);
        await connection.Docker.EnsureContainerAsync(Spec(topology, node), stop);
    }

    /// <summary>It ends by itself, for then the address goes with it; what it left behind goes after it.</summary>
    public static async Task RemoveAsync(IServerConnection connection, LayoutNode node, CancellationToken stop)
    {
        var seen = await connection.Docker.FindAsync(NameOf(node), stop);
        if (seen is { IsRunning: true })
            await connection.Docker.StopAsync(NameOf(node), Ending, stop);
        await connection.Docker.RemoveContainerAsync(NameOf(node), stop);
        if ((seen?.Labels.GetValueOrDefault(AddressLabel) ?? Of(node)) is { } held)
            (await connection.RunAsync(RemoteCommand.Script(LetGoScript, held).AsRoot(), stop)).ThrowIfFailed("Letting go of the shared address");
    }

    // Whoever was killed could not do it himself.
    private const string LetGoScript = """
        PATH=$PATH:/usr/sbin:/sbin
        [ -n "$(ip -o -4 route show to match "$1" scope link)" ] || exit 0
        ip -o -4 addr show to "$1/32" | grep -F "inet $1/32 " | while read -r _ on _; do ip addr del "$1/32" dev "$on" || true; done
        """;

    /// <param name="unused">Nobody holds it yet, so nobody may answer for it.</param>
    /// <exception cref="StepRefusedException">It cannot be held there.</exception>
    public static async Task CheckAsync(IServerConnection connection, LayoutNode node, string server, bool unused, CancellationToken stop)
    {
        if (Of(node) is { } address && await WhyNotAsync(connection, address, unused, stop) is { } why)
            throw new StepRefusedException("address_not_shared", $"{node.Label}: {address} {why} ({server}).", "Take a free address of the network that the load balancers' servers are in.");
    }

    // One that is there as /32 is what a holder has put there, unless the server's network consists of such. Somebody who answers for it on the wire has it, now and not some time ago.
    private const string LookScript = """
        PATH=$PATH:/usr/sbin:/sbin
        if ip -o -4 addr show to "$1/32" | grep -qF "inet $1/32 "; then
          [ -n "$(ip -o -4 route show to match "$1" scope link)" ] || echo own
          exit 0
        fi
        route=$(ip -o -4 route get "$1" 2>/dev/null) || { echo far; exit 0; }
        case $route in local*) echo own; exit 0 ;; *" via "*) echo far; exit 0 ;; esac
        [ "$2" = unused ] || exit 0
        ip -4 neigh flush to "$1" 2>/dev/null
        timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/9"' "$1" 2>/dev/null
        if ip -4 neigh show to "$1" | grep -q lladdr; then echo taken; fi
        """;

    /// <summary>What is wrong with an address for a server; null where it can be held there.</summary>
    /// <param name="unused">Nobody holds it yet, so nobody may answer for it.</param>
    public static async Task<string?> WhyNotAsync(IServerConnection connection, string address, bool unused, CancellationToken stop) =>
        (await connection.RunAsync(RemoteCommand.Script(LookScript, address, unused ? "unused" : "any").AsRoot(), stop)).Out.Trim() switch
        {
            "far" => "is in no network of its server", "own" => "is an address that its server has already", "taken" => "is somebody else's: it is answered for", _ => null,
        };

    private const string StateScript = """cat /run/ocore-state 2>/dev/null || echo; ip -o -4 addr show to "$1/32" | grep -cF "inet $1/32 " || true""";

    public static async Task<HolderState> AskAsync(IServerConnection connection, LayoutNode node, CancellationToken stop)
    {
        if (await connection.Docker.FindAsync(NameOf(node), stop) is not { IsRunning: true })
            return new HolderState("", false);
        var answer = await connection.Docker.ExecAsync(NameOf(node), ["bash", "-c", StateScript, "ocore", Of(node)!], null, stop, new ExecOptions { Timeout = Patience });
        return answer.Out.Split('\n') is [var word, var count, ..] ? new HolderState(word.Trim(), count.Trim() == "1") : new HolderState("", false);
    }

    /// <summary>What is to be said of a load balancer by what all holders of its address say; null for one that does not answer. Pure.</summary>
    public static NodeMeasure Judge(LayoutNode node, NodeMeasure seen, IReadOnlyList<(LayoutNode Node, HolderState? State)> holders)
    {
        var (address, own) = (Of(node)!, holders.Single(h => h.Node.Id == node.Id).State);
        var figures = new Dictionary<string, string>(seen.Figures ?? []) { ["sharedAddress"] = address };
        seen = seen with { Figures = figures, Role = own?.Word switch { "MASTER" => "active", "BACKUP" => "standby", _ => null } };
        var having = holders.Where(h => h.State is { Holds: true }).Select(h => h.Node.Label).ToList();
        var why = own?.Word switch
        {
            null or "" => $"It takes no part in {address}: what holds it there does not run.",
            "FAULT" => $"It does not answer on its own port, and so does not take {address}.",
            _ => having.Count > 1 ? $"{Rules.Sentence.And(having)} both hold {address}: they do not hear each other. Let VRRP (IP protocol 112) pass between their servers."
                : having.Count == 0 && holders.All(h => h.State is not null) ? $"Nobody holds {address}." : null,
        };
        return why is null ? seen : seen with { State = TopologyNodeState.Degraded, Message = seen.Message is { } also ? $"{why} {also}" : why };
    }
}
