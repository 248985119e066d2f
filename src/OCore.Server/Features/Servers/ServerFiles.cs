using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Servers;

/// <summary>Who Odoo is in an image, by the numbers that files belong to. Never root.</summary>
internal sealed record FileOwner(int Uid, int Gid)
{
    /// <summary>From an image's <c>/etc/passwd</c>; null where that has no Odoo, or says that Odoo is root.</summary>
    public static FileOwner? Read(string passwd)
    {
        foreach (var line in passwd.Split('\n'))
            if (line.Split(':') is ["odoo", _, var uid, var gid, ..])
                return Number(uid) is { } user && Number(gid) is { } group ? new FileOwner(user, group) : null;
        return null;
    }

    /// <summary>As <c>chown</c> and Docker take it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Uid}:{Gid}");

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}

/// <summary>
/// oCore's own work on the files of a server. Whoever may make a template chooses the image of its Odoo, and so what a shell and a
/// <c>chown</c> are in it: this runs as root, so it runs in the image of the server's edge, which only the operator chooses, and sees
/// the folders that it is about and no others.
/// </summary>
internal sealed class ServerFiles(Edge edge, ServerAccess access)
{
    private static readonly RemotePath Passwd = RemotePath.Parse("/etc/passwd");
    private static readonly TimeSpan RemovedWithin = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<(Guid Server, string Image), Lazy<Task<FileOwner?>>> _owners = new();

    // Only root writes beside these folders, so no name on the way to them can be a link that somebody put there.
    private const string MakeScript = """
        set -eu
        umask 022
        owner=$1; shift
        mkdir -p -- "$@"
        if [ -n "$owner" ]; then chown -- "$owner" "$@"; fi
        """;

    /// <summary>Folders of oCore's on a server, which have to be there before a container can see them.</summary>
    /// <param name="owner">Whose they are; who made them where it is null.</param>
    public static async Task MakeFoldersAsync(IServerConnection connection, IEnumerable<RemotePath> folders, CancellationToken stop, FileOwner? owner = null) =>
        (await connection.RunAsync(RemoteCommand.Script(MakeScript, [owner?.ToString() ?? "", .. folders.Select(Own)]).AsRoot(), stop)).ThrowIfFailed("Making folders");

    /// <summary>A folder of oCore's with all that is in it. One that is gone already is fine.</summary>
    public static async Task RemoveFolderAsync(IServerConnection connection, RemotePath folder, CancellationToken stop) =>
        (await connection.RunAsync(RemoteCommand.Of("rm", "-rf", "--", Own(folder)).AsRoot().WithTimeout(RemovedWithin), stop)).ThrowIfFailed($"Removing {folder}");

    /// <summary>A constant script over some folders, in a container without a network.</summary>
    public async Task RunAsync(IServerConnection connection, string purpose, string user, IReadOnlyList<ContainerMount> folders, string script, IReadOnlyList<string> arguments, CancellationToken stop)
    {
        var spec = await SpecAsync(connection, DockerName.Parse("ocore-" + purpose), user, folders, stop);
        var result = await connection.Docker.RunOnceAsync(spec with { Entrypoint = ["/bin/sh", "-c", script, "sh"], Command = [.. arguments] }, stop);
        if (!result.Ok)
            throw new RemoteCommandException(purpose, string.Join(" ", result.Tail));
    }

    /// <summary>A container for such work, whose program is still to be said. Its image is on the server when this returns.</summary>
    public async Task<ContainerSpec> SpecAsync(IServerConnection connection, DockerName name, string user, IReadOnlyList<ContainerMount> folders, CancellationToken stop)
    {
        await connection.Docker.EnsureImageAsync(edge.Image, access.LocalEngine, null, stop);
        return new ContainerSpec { Name = name, Image = edge.Image, User = user, NoNetwork = true, Mounts = folders };
    }

    /// <summary>
    /// Who Odoo is in an image that is on the server. Nothing of the image is run for that: its list of users is read out of a container that
    /// is never started. What an image says it says for good, so each is asked once.
    /// </summary>
    /// <exception cref="StepRefusedException">It has no user <c>odoo</c>, or that is root.</exception>
    public async Task<FileOwner> OwnerAsync(IServerConnection connection, Guid server, string image, CancellationToken stop)
    {
        var (docker, wanted) = (connection.Docker, ImageRef.Parse(image));
        var id = await docker.ImageIdAsync(wanted, stop) ?? throw new DockerNotFoundException($"The image {image} is not on {docker.Where}.");
        var asked = _owners.GetOrAdd((server, id), _ => new(() => AskAsync(docker, server, wanted, DockerName.Parse("ocore-users-" + id[^12..]))));
        try
        {
            return await asked.Value.WaitAsync(stop) ?? throw new StepRefusedException("image_without_odoo",
                $"The image {image} has no user odoo, or that user or its group is root.", "Use an image in which Odoo runs as a user odoo of its own, as in the official ones.");
        }
        catch (ServerException)
        {
            _owners.TryRemove(KeyValuePair.Create((server, id), asked));
            throw;
        }
    }

    // By a name of its own, so that one which an oCore that was killed left behind goes with the next.
    // It is the same for every replica: one that is done takes it away under the other, which asks again.
    private static async Task<FileOwner?> AskAsync(DockerHost docker, Guid server, ImageRef image, DockerName name)
    {
        for (var attempt = 1; ; attempt++)
            try
            {
                return await AskOnceAsync(docker, server, image, name);
            }
            catch (DockerCallException raced) when (raced is DockerNotFoundException or DockerConflictException && attempt < 5)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100 * attempt), CancellationToken.None);
            }
    }

    private static async Task<FileOwner?> AskOnceAsync(DockerHost docker, Guid server, ImageRef image, DockerName name)
    {
        try
        {
            await docker.PrepareContainerAsync(new ContainerSpec
            {
                Name = name, Image = image, User = "65534:65534", NoNetwork = true, DropCapabilities = ["ALL"], Entrypoint = ["true"], Restart = RestartRule.No, Labels = ServerLabels.Of(server),
            }, CancellationToken.None);
            return FileOwner.Read(Encoding.UTF8.GetString(await docker.ReadFileAsync(name, Passwd, CancellationToken.None, limit: 1 << 20)));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        finally
        {
            await docker.RemoveContainerAsync(name, CancellationToken.None);
        }
    }

    // This is root on the server: whatever a caller made the path of, it stays in there.
    private static string Own(RemotePath folder) =>
        folder.IsUnder(ServerLabels.Folder) && folder != ServerLabels.Folder ? folder.Value : throw new ArgumentException($"{folder} is not a folder of oCore's.");
}
