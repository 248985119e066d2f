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
internal sealed class BackupWorkers(Settings settings)
{
    private static readonly RemotePath PasswordFile = RemotePath.Parse("/run/ocore-pgpass");
    public static readonly RemotePath Files = RemotePath.Parse("/files");
    private const string SecondsAtMost = "86400";

    /// <summary>With the programs of the very PostgreSQL that the server runs.</summary>
    public async Task<Worker> DatabaseAsync(InstanceOnServer on, string purpose, CancellationToken stop) => await StartAsync(on, new ContainerSpec
    {
        Name = DockerName.Parse($"ocore-{purpose}-db-{on.Plan.Slug}"), Image = PostgresContainer.Image(settings), User = "root",
        Entrypoint = ["sleep"], Command = [SecondsAtMost], Labels = Labels(on), Restart = RestartRule.No, PidsLimit = 64, Init = true,
        Networks = [new ContainerNetwork(ServerLabels.Network)],
        Env = new Dictionary<string, string> { ["PGPASSFILE"] = PasswordFile.Value, ["PGHOST"] = "ocore-postgres", ["PGUSER"] = on.Plan.Role, ["PGCONNECT_TIMEOUT"] = "20" },
        Files = [ContainerFile.Text(PasswordFile, $"ocore-postgres:5432:*:{on.Plan.Role}:{on.Plan.DatabasePassword}\n", ContainerFile.OwnerOnly)],
    }, stop);

    public static async Task<Worker> FilesAsync(InstanceOnServer on, string purpose, bool readOnly, CancellationToken stop) => await StartAsync(on, new ContainerSpec
    {
        Name = DockerName.Parse($"ocore-{purpose}-files-{on.Plan.Slug}"), Image = ImageRef.Parse(on.Plan.Image), User = "root", NoNetwork = true,
        Entrypoint = ["sleep"], Command = [SecondsAtMost], Labels = Labels(on), Restart = RestartRule.No, PidsLimit = 64, Init = true,
        Mounts = [ContainerMount.Folder(OdooContainer.FolderOf(on.Plan.InstanceId), Files, readOnly)],
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
