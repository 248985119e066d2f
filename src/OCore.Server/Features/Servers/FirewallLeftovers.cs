using OCore.Platform.Remote;

namespace OCore.Features.Servers;

/// <summary>
/// Rules by which an oCore before this one closed ports of a machine to others. They name networks that are not there any more, and would shut out
/// the machine's own containers.
/// </summary>
internal static class FirewallLeftovers
{
    /// <summary>What the chains of all topologies begin with, in the kernel's table <c>raw</c>.</summary>
    public const string Prefix = "OCORE-";
    public static readonly RemotePath Folder = ServerLabels.Folder.Combine("firewall");

    /// <summary>Only where no topology of this oCore has nodes on the machine.</summary>
    public static async Task RemoveAsync(IServerConnection connection, CancellationToken stop) =>
        (await connection.RunAsync(RemoteCommand.Script(Script, Prefix, Folder.Value).AsRoot(), stop)).ThrowIfFailed("Removing old rules of the firewall");

    private const string Script = """
        PATH=$PATH:/usr/sbin:/sbin
        for tables in iptables ip6tables; do
          "$tables" -w -t raw -S 2>/dev/null | sed -n "s/^-N \($1[0-9a-f]*\)$/\1/p" | while read -r chain; do
            while "$tables" -w -t raw -D PREROUTING -j "$chain" 2>/dev/null; do :; done
            "$tables" -w -t raw -F "$chain" && "$tables" -w -t raw -X "$chain"
          done
        done
        unit=/etc/systemd/system/ocore-firewall.service
        if [ -e "$unit" ]; then
          if [ -d /run/systemd/system ]; then systemctl disable --quiet "${unit##*/}" 2>/dev/null; fi
          rm -f "$unit"
        fi
        rm -rf -- "$2"
        """;
}
