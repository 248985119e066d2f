using System.Net;
using System.Security.Cryptography;
using System.Text;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Instances;

/// <summary>The container of an instance as a value: what oCore wants, never what a customer wrote.</summary>
internal static class OdooContainer
{
    public const string OrganizationLabel = "ocore.org";
    /// <summary>Odoo itself. The images' own entry point would read the password from odoo.conf and put it among the arguments, where every process sees it.</summary>
    public static readonly IReadOnlyList<string> Program = ["odoo"];

    public static readonly RemotePath Filestore = RemotePath.Parse("/var/lib/odoo/filestore");
    public static readonly RemotePath Instances = ServerLabels.Folder.Combine("instances");
    private static readonly RemotePath ServiceFile = RemotePath.Parse("/etc/odoo/pg_service.conf");

    // How long a PostgreSQL may take to answer. A load balancer waits three seconds for Odoo: one server that is away may not take as long.
    // Where nobody waits, one that has much to do is no reason to give up.
    internal const int WhileAsked = 2, AtWork = 15;

    public static DockerName NameOf(string slug) => DockerName.Parse($"ocore-i-{slug}");

    public static RemotePath FolderOf(Guid instance) => Instances.Combine(instance.ToString("N"));

    public static ContainerSpec Spec(OdooPlan plan) => Base(plan, WhileAsked) with
    {
        Name = plan.Node is { } node ? DockerName.Parse(node.Container) : NameOf(plan.Slug),
        Restart = RestartRule.UnlessStopped,
        Ports = plan.Node is { } here ? Ports(here) : [],
    };

    // On the private address only: the load balancer comes by it, and nobody else should.
    private static List<PublishedPort> Ports(ClusterNode node) =>
        [new(IPAddress.Parse(node.Address), node.Port, 8069), .. node.LivePort > 0 ? [new PublishedPort(IPAddress.Parse(node.Address), node.LivePort, 8072)] : Array.Empty<PublishedPort>()];

    /// <summary>Odoo run once on the instance's database, as for installing modules.</summary>
    public static ContainerSpec OneOff(OdooPlan plan, string purpose, IReadOnlyList<string> arguments) => Base(plan, AtWork) with
    {
        Name = DockerName.Parse($"ocore-{purpose}-{plan.Slug}"),
        Command = [.. arguments, "--stop-after-init", "--no-http", "--workers=0", "--max-cron-threads=0"],
        Restart = RestartRule.No,
    };

    /// <summary>A command of Odoo that is no server.</summary>
    public static ContainerSpec Tool(OdooPlan plan, string purpose, IReadOnlyList<string> arguments) => Base(plan, AtWork) with
    {
        Name = DockerName.Parse($"ocore-{purpose}-{plan.Slug}"),
        Command = arguments,
        Restart = RestartRule.No,
    };

    /// <summary>Where its containers are, and those that work on its database: the server's own network, or its topology's.</summary>
    public static DockerName NetworkOf(OdooPlan plan) => plan.Cluster is { } cluster ? TopologyNetwork.NameOf(cluster.TopologyId) : ServerLabels.Network;

    private static ContainerSpec Base(OdooPlan plan, int connectSeconds) => new()
    {
        Name = NameOf(plan.Slug),
        Image = ImageRef.Parse(plan.Image),
        Entrypoint = Program,
        Labels = new Dictionary<string, string> { [ServerLabels.Server] = plan.ServerId.ToString(), [OrganizationLabel] = plan.OrgId.ToString(), [ServerLabels.Instance] = plan.InstanceId.ToString() },
        Networks = [new ContainerNetwork(NetworkOf(plan))],
        Mounts = [ContainerMount.Folder(FolderOf(plan.InstanceId), RemotePath.Parse("/var/lib/odoo")), .. SharedFiles(plan, Filestore) is { } files ? [files] : Array.Empty<ContainerMount>(), .. ServerSources.Mounts(plan.Sources)],
        MemoryBytes = plan.MemoryMb * 1024L * 1024,
        NanoCpus = (long)((plan.Cpus ?? 0) * 1_000_000_000),
        PidsLimit = 512,
        StopTimeout = TimeSpan.FromSeconds(20),
        Files = [ContainerFile.Text(RemotePath.Parse("/etc/odoo/odoo.conf"), OdooConf.Render(plan)), .. ConnectAddon.Files(plan.ConnectKey), .. plan.Cluster is { } cluster ? [Service(cluster, connectSeconds), .. ClusterAddons.FilesOf(cluster)] : Array.Empty<ContainerFile>()],
        Env = plan.Cluster is null ? new Dictionary<string, string>() : ServiceEnv,
    };

    /// <summary>
    /// The filestore on a topology's NFS server; null where it is on the server's own disk. Over the folder of that name there: what is not
    /// mounted is not written beside it either.
    /// </summary>
    internal static ContainerMount? SharedFiles(OdooPlan plan, RemotePath target, bool readOnly = false) => plan is { Cluster: { Nfs: { } nfs } cluster, Node: { } node }
        ? ContainerMount.Nfs(OdooCluster.FilesOf(node.Container, nfs), target, RemotePath.Parse(nfs.Export), nfs.Options, new Dictionary<string, string>
        {
            [ServerLabels.Server] = plan.ServerId.ToString(), [ServerLabels.Topology] = cluster.TopologyId.ToString(),
        }, readOnly) : null;

    /// <summary>Leads libpq to <see cref="Service"/>.</summary>
    internal static IReadOnlyDictionary<string, string> ServiceEnv => new Dictionary<string, string> { ["PGSERVICEFILE"] = ServiceFile.Value, ["PGSERVICE"] = "hosting" };

    /// <summary>
    /// What libpq is told of a PostgreSQL on another server, which Odoo has no settings for. Of several hosts it takes the one that may
    /// be written to; and a server that was cut off says nothing, so that without limits Odoo would wait for it for a quarter of an hour.
    /// </summary>
    internal static ContainerFile Service(OdooCluster cluster, int connectSeconds) => ContainerFile.Text(ServiceFile, $"""
        [hosting]
        connect_timeout={connectSeconds}
        keepalives_idle=5
        keepalives_interval=2
        keepalives_count=3
        tcp_user_timeout=10000
        {(cluster.HasManyHosts ? "target_session_attrs=read-write" : "")}

        """);

    /// <summary>What the container runs with, to tell later whether a restart would change anything.</summary>
    public static string Fingerprint(OdooPlan plan) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"{plan.Image}\n{plan.MemoryMb}\n{plan.Cpus}\n{OdooConf.Render(plan)}")));
}
