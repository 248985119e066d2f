using System.Globalization;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Backups;

/// <summary>
/// Containers beside an instance in which the programs of a backup run: one that reaches the database, as the instance's own role and
/// never as the superuser, for what a dump holds is somebody's code; and one that sees the files, and no network.
/// </summary>
internal sealed class BackupWorkers(Settings settings, ServerFiles serverFiles)
{
    private static readonly RemotePath PasswordFile = RemotePath.Parse("/run/ocore-pgpass");
    private const string SecondsAtMost = "86400";

    /// <summary>With the programs of the very PostgreSQL that the server runs; of a topology it reaches the one that leads, as Odoo does.</summary>
    public async Task<Worker> DatabaseAsync(InstanceOnServer on, string purpose, CancellationToken stop)
    {
        var env = new Dictionary<string, string> { ["PGPASSFILE"] = PasswordFile.Value, ["PGHOST"] = PostgresContainer.Host, ["PGUSER"] = on.Plan.Role, ["PGCONNECT_TIMEOUT"] = "20" };
        List<ContainerFile> files = [ContainerFile.Text(PasswordFile, $"*:*:*:{on.Plan.Role}:{on.Plan.DatabasePassword}\n", ContainerFile.OwnerOnly, PostgresContainer.PostgresUid, PostgresContainer.PostgresUid)];
        if (on.Plan.Cluster is { } cluster)
        {
            (env["PGHOST"], env["PGPORT"]) = (cluster.DatabaseHosts, cluster.DatabasePort.ToString(CultureInfo.InvariantCulture));
            foreach (var (name, value) in OdooContainer.ServiceEnv)
                env[name] = value;
            files.Add(OdooContainer.Service(cluster, OdooContainer.AtWork));
        }
        return await StartAsync(on, new ContainerSpec
        {
            // As nobody in particular: a dump in words can make psql start programs.
            Name = DockerName.Parse($"ocore-{purpose}-db-{on.Plan.Slug}"), Image = PostgresContainer.Image(settings), User = $"{PostgresContainer.PostgresUid}:{PostgresContainer.PostgresUid}", DropCapabilities = ["ALL"],
            Entrypoint = ["sleep"], Command = [SecondsAtMost], Labels = Labels(on), Restart = RestartRule.No, PidsLimit = 64, Init = true,
            Networks = [new ContainerNetwork(OdooContainer.NetworkOf(on.Plan))], Env = env, Files = files,
        }, stop);
    }

    public async Task<Worker> FilesAsync(InstanceOnServer on, string purpose, bool readOnly, CancellationToken stop)
    {
        var name = DockerName.Parse($"ocore-{purpose}-files-{on.Plan.Slug}");
        var spec = await serverFiles.SpecAsync(on.Connection, name, await FilestorePlace.UserAsync(serverFiles, on, stop), [FilestorePlace.MountOf(on.Plan, readOnly)], stop);
        return await StartAsync(on, spec with { Entrypoint = ["sleep"], Command = [SecondsAtMost], Labels = Labels(on), Restart = RestartRule.No, PidsLimit = 64, Init = true }, stop);
    }

    /// <summary>
    /// Sees the files of a topology that keeps them in a bucket: the node's cache of it, and the bucket with the keys that Odoo has. It needs
    /// the Python of Odoo's image, so it is in that, and no more there than Odoo itself is.
    /// </summary>
    public static async Task<Worker> BucketAsync(InstanceOnServer on, OdooCluster cluster, string purpose, CancellationToken stop) => await StartAsync(on, new ContainerSpec
    {
        Name = DockerName.Parse($"ocore-{purpose}-files-{on.Plan.Slug}"), Image = ImageRef.Parse(on.Plan.Image),
        Entrypoint = ["sleep"], Command = [SecondsAtMost], Labels = Labels(on), Restart = RestartRule.No, PidsLimit = 64, Init = true,
        Networks = [new ContainerNetwork(OdooContainer.NetworkOf(on.Plan))], Files = [.. ClusterAddons.FilesOf(cluster)],
        Mounts = [ContainerMount.Folder(OdooContainer.FolderOf(on.Plan.InstanceId), FilestorePlace.Folder, readOnly: true)],
    }, stop);

    private static async Task<Worker> StartAsync(InstanceOnServer on, ContainerSpec spec, CancellationToken stop)
    {
        // One that an oCore left behind when it was killed may still be at work.
        await on.Connection.Docker.RemoveContainerAsync(spec.Name, stop);
        await on.Connection.Docker.EnsureContainerAsync(spec, stop);
        return new Worker(on.Connection.Docker, spec.Name);
    }

    private static Dictionary<string, string> Labels(InstanceOnServer on) => new()
    {
        [ServerLabels.Server] = on.Plan.ServerId.ToString(), [OdooContainer.OrganizationLabel] = on.Plan.OrgId.ToString(), [ServerLabels.Instance] = on.Plan.InstanceId.ToString(),
    };
}

/// <summary>Disposing it removes the container with whatever still runs in it.</summary>
internal sealed class Worker(DockerHost docker, DockerName name) : IAsyncDisposable
{
    public Task<DockerProgram> OpenAsync(IReadOnlyList<string> argv, CancellationToken stop) => docker.OpenProgramAsync(name, argv, stop);

    public async Task<string> RunAsync(IReadOnlyList<string> argv, string what, CancellationToken stop, TimeSpan? timeout = null) =>
        (await docker.ExecAsync(name, argv, null, stop, new ExecOptions { Timeout = timeout ?? TimeSpan.FromMinutes(30) })).ThrowIfFailed(what).Out;

    public async ValueTask DisposeAsync()
    {
        try
        {
            await docker.RemoveContainerAsync(name, CancellationToken.None);
        }
        catch (ServerException)
        {
            // The server is away; the next backup removes it, or the day's end of its own sleep.
        }
    }
}
