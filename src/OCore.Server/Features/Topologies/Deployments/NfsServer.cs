using System.Globalization;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// The shared filestore: nfs-ganesha in a container, which needs nothing of its server's kernel, and a volume of Docker's on each Odoo
/// node, which needs the client of that server's kernel.
/// </summary>
internal static class NfsServer
{
    public const int Inner = 2049;
    /// <summary>The setting that names who may mount: the Odoo nodes' addresses.</summary>
    public const string Clients = "clients";
    /// <summary>What Odoo nodes mount; who looks at the mounts of a container reads it.</summary>
    public const string Export = "/srv/filestore";
    private static readonly RemotePath Config = RemotePath.Parse("/etc/ganesha/ocore.conf"), Data = RemotePath.Parse("/srv/ocore");

    /// <summary>Null where files are kept otherwise.</summary>
    public static ClusterNfs? Of(Layout layout) => layout.FilestoreType == FilestoreType.SharedNfs && layout.Of(NodeType.Filestore).FirstOrDefault() is { } node
        ? new ClusterNfs(node.Address!, node.Port, node.Text("export")) : null;

    /// <summary>While a topology changes: who mounts it now, and who will.</summary>
    public static LayoutNode Admitting(LayoutNode node, LayoutNode? also) => also is null ? node : node with
    {
        Settings = new SortedDictionary<string, string>(node.Settings, StringComparer.Ordinal) { [Clients] = string.Join(',', node.List(Clients).Union(also.List(Clients)).Order(StringComparer.Ordinal)) },
    };

    public static ContainerSpec Spec(ContainerSpec spec, Layout layout, LayoutNode node) => spec with
    {
        Mounts = [ContainerMount.Volume(spec.Name, Data)],
        Files = [ContainerFile.Text(Config, ConfigOf(node))],
        // Files are opened by the handles that clients hold, also after a restart.
        OpensByHandle = true, Restart = RestartRule.Always, PidsLimit = 1024, StopTimeout = TimeSpan.FromSeconds(20),
    };

    /// <summary>
    /// Version 4 alone. A write is on the disk when its client is told so. Who is root on an Odoo node is nobody here. After a restart
    /// clients have as long as the grace lasts to come back with what they held open.
    /// </summary>
    internal static string ConfigOf(LayoutNode node) => $$"""
        NFS_CORE_PARAM {
          Protocols = 4;
          NFS_Port = {{Inner}};
          Enable_NLM = false;
          Enable_RQUOTA = false;
          allow_set_io_flusher_fail = true;
        }
        NFSv4 {
          Minor_Versions = 1, 2;
          Lease_Lifetime = 15;
          Grace_Period = 20;
          Only_Numeric_Owners = true;
          RecoveryBackend = fs;
          RecoveryRoot = /srv/ocore/state;
        }
        LOG {
          Default_Log_Level = EVENT;
        }
        EXPORT {
          Export_Id = 1;
          Path = /srv/ocore/files;
          Pseudo = {{node.Text("export")}};
          Access_Type = None;
          Squash = Root_Squash;
          SecType = sys;
          Protocols = 4;
          Transports = TCP;
          FSAL { Name = VFS; }
          CLIENT {
            Clients = {{string.Join(", ", node.List(Clients))}};
            Access_Type = RW;
            Protocols = 4;
          }
        }

        """;

    // The module is loaded by the first mount.
    private const string MountsScript = """
        PATH=$PATH:/usr/sbin:/sbin
        if grep -qw nfs4 /proc/filesystems || modprobe -n -q nfsv4 2>/dev/null; then echo yes; else echo no; fi
        """;

    /// <summary>Whether the kernel of a server has the client.</summary>
    public static async Task<bool> MountsAsync(IServerConnection connection, CancellationToken stop) =>
        (await connection.RunAsync(RemoteCommand.Script(MountsScript).AsRoot(), stop)).Out.Trim() == "yes";

    // Kernels from about 7 on ask for delegations of directories. What nfs-ganesha answers they take for an error, so that now and then a
    // folder cannot be opened. No option of a mount says that they should not; a parameter of the module does, also after a restart.
    private const string ClientScript = """
        set -eu
        PATH=$PATH:/usr/sbin:/sbin
        modprobe nfsv4 2>/dev/null || true
        parameter=/sys/module/nfsv4/parameters/directory_delegations
        [ -e "$parameter" ] || exit 0
        mkdir -p /etc/modprobe.d
        echo 'options nfsv4 directory_delegations=N' >/etc/modprobe.d/ocore-nfs.conf
        echo N >"$parameter"
        """;

    /// <summary>A server's own client, as it has to be to get on with ours.</summary>
    public static async Task PrepareClientAsync(IServerConnection connection, CancellationToken stop) =>
        (await connection.RunAsync(RemoteCommand.Script(ClientScript).AsRoot(), stop)).ThrowIfFailed("Preparing the NFS client");

    // What the kernel was told for as long as it runs it keeps; whoever writes something else there wants it.
    private const string ForgetScript = """
        file=/etc/modprobe.d/ocore-nfs.conf
        if [ "$(cat "$file" 2>/dev/null)" = 'options nfsv4 directory_delegations=N' ]; then rm -f "$file"; fi
        """;

    /// <summary>Of a server that mounts ours no more.</summary>
    public static async Task ForgetClientAsync(IServerConnection connection, CancellationToken stop) =>
        (await connection.RunAsync(RemoteCommand.Script(ForgetScript).AsRoot(), stop)).ThrowIfFailed("Forgetting the NFS client");

    /// <summary>Whether Odoo nodes of a layout mount it on a server.</summary>
    public static bool IsMountedOn(Layout? layout, Guid server) => layout is not null && Of(layout) is not null && layout.Of(NodeType.Odoo).Any(n => n.ServerId == server);

    /// <summary>The folder of a database, Odoo's own: by the numbers that its image has for Odoo.</summary>
    public static async Task MakeFolderAsync(TopologyHost host, TopologyWork work, string database, CancellationToken stop)
    {
        if (Of(work.Layout) is null)
            return;
        var (store, odoo) = (work.Layout.Of(NodeType.Filestore).First(), work.Layout.Home);
        var owner = await host.OwnerAsync(work, odoo, stop);
        var (uid, gid) = (owner.Uid.ToString(CultureInfo.InvariantCulture), owner.Gid.ToString(CultureInfo.InvariantCulture));
        var made = await (await host.ConnectAsync(work, store, stop)).Docker.ExecAsync(DockerName.Parse(store.Container), ["install", "-d", "-m", "0755", "-o", uid, "-g", gid, "--", "/srv/ocore/files", $"/srv/ocore/files/{database}"], null, stop);
        made.ThrowIfFailed("Making the folder for files");
    }

    // The NULL procedure of NFS 4 over its own port: 28 bytes come back, of which the last four say that it was accepted.
    private const string AskScript = """
        exec 3<>/dev/tcp/127.0.0.1/2049 || exit 1
        printf '\x80\x00\x00\x28ocor\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01\x86\xa3\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00' >&3
        said=$(timeout 5 head -c 28 <&3 | od -An -v -tx1 | tr -d ' \n')
        [ "${said:8:8}" = 6f636f72 ] && [ "${said:48:8}" = 00000000 ] || exit 2
        df -P -B1 /srv/ocore | tail -n 1
        """;

    public static async Task<NodeMeasure> AskAsync(IServerConnection connection, DockerName name, CancellationToken stop)
    {
        var words = (await NodeProbes.ExecAsync(connection, name, ["bash", "-c", AskScript], null, stop)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (all, used) = (long.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[2], CultureInfo.InvariantCulture));
        var figures = new Dictionary<string, string> { ["diskBytes"] = words[1], ["diskUsedBytes"] = words[2] };
        return used > all * 0.95 ? new NodeMeasure(TopologyNodeState.Degraded, "Its disk is almost full: files can soon not be saved any more.", null, figures) : new NodeMeasure(TopologyNodeState.Running, null, null, figures);
    }

    // A mount whose server is away lets nobody go but by a kill.
    private const string MountedScript = "timeout -s KILL 6 stat -f -c %T /var/lib/odoo/filestore";

    /// <summary>What is wrong with an Odoo's way to the files; null where nothing is.</summary>
    public static async Task<string?> WhyNotMountedAsync(IServerConnection connection, DockerName odoo, CancellationToken stop)
    {
        var answer = await connection.Docker.ExecAsync(odoo, ["sh", "-c", MountedScript], null, stop, new ExecOptions { Timeout = TimeSpan.FromSeconds(12) });
        return !answer.Ok ? "The NFS server does not answer: whoever opens a file waits for it." : answer.Out.Trim() == "nfs" ? null : "Its files are not on the NFS server.";
    }
}
