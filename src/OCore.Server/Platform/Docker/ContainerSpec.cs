using System.Net;
using OCore.Platform.Remote;

namespace OCore.Platform.Docker;

/// <summary>
/// A container as it should be, as a value. What a customer's container must never have has no member here: no
/// privileges, no name spaces of the server's, no devices, no Docker socket. <c>no-new-privileges</c> is always set.
/// </summary>
internal sealed record ContainerSpec
{
    public required DockerName Name { get; init; }
    public required ImageRef Image { get; init; }
    public IReadOnlyList<string>? Entrypoint { get; init; }
    public IReadOnlyList<string>? Command { get; init; }
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The first is the one whose gateway leads out. Without any the container gets Docker's own bridge.</summary>
    public IReadOnlyList<ContainerNetwork> Networks { get; init; } = [];

    /// <summary>No network at all, for programs that only work on files.</summary>
    public bool NoNetwork { get; init; }

    public IReadOnlyList<ContainerMount> Mounts { get; init; } = [];
    public IReadOnlyList<PublishedPort> Ports { get; init; } = [];

    /// <summary>Zero is no limit. Swap is not allowed on top.</summary>
    public long MemoryBytes { get; init; }
    public long NanoCpus { get; init; }
    public long PidsLimit { get; init; } = 1024;
    public long ShmBytes { get; init; }
    public RestartRule Restart { get; init; } = RestartRule.UnlessStopped;
    public string? User { get; init; }
    public string? WorkingFolder { get; init; }
    public string? HostName { get; init; }

    /// <summary>The image's own files cannot be changed; <see cref="Tmpfs"/> and volumes stay writable.</summary>
    public bool ReadOnly { get; init; }
    public IReadOnlyList<TmpfsMount> Tmpfs { get; init; } = [];
    public IReadOnlyList<string> DropCapabilities { get; init; } = [];

    /// <summary>
    /// A file server opens files by the handles that its clients hold, for which Docker's usual rules have no room. Only for a program
    /// of oCore's own that runs nobody else's code: whoever may do this reads every file of the disk that the container's volumes are on.
    /// </summary>
    public bool OpensByHandle { get; init; }

    /// <summary>
    /// An address that several servers share is put on the server's own interface, so this is in the server's network and may change it. Only
    /// for a program of oCore's own that listens to nobody but its like.
    /// </summary>
    public bool HoldsAddresses { get; init; }

    /// <summary>A small init that reaps what a program leaves behind and passes signals on.</summary>
    public bool Init { get; init; }
    public string? StopSignal { get; init; }
    public TimeSpan? StopTimeout { get; init; }
    public ContainerHealthcheck? Healthcheck { get; init; }

    /// <summary>Put into the container before it starts for the first time.</summary>
    public IReadOnlyList<ContainerFile> Files { get; init; } = [];

    /// <summary>The same for whole trees, which are written while they are sent.</summary>
    public IReadOnlyList<ContainerArchive> Archives { get; init; } = [];

    /// <exception cref="ArgumentException">Something in it would not do what it says.</exception>
    public void Check()
    {
        if (NoNetwork && (Networks.Count > 0 || Ports.Count > 0)) throw new ArgumentException($"{Name} has networks or ports, and none at all.");
        if (HoldsAddresses && (NoNetwork || Networks.Count > 0 || Ports.Count > 0)) throw new ArgumentException($"{Name} is in its server's network, and in another one.");
        foreach (var key in Env.Keys)
            if (key.Length == 0 || key.Contains('=') || key.Any(char.IsControl)) throw Refused.Name(key, "a name of an environment variable");
        foreach (var text in Env.Values.Concat(Command ?? []).Concat(Entrypoint ?? []))
            if (text.Contains('\0')) throw new ArgumentException($"An argument or a variable of {Name} holds NUL.");
        foreach (var file in Files) CheckFile(file);
        if (Labels.ContainsKey(SpecHash.Label)) throw new ArgumentException($"The label {SpecHash.Label} is oCore's own.");
    }

    private void CheckFile(ContainerFile file)
    {
        // Docker would put it under the tmpfs, where nothing sees it.
        if (Tmpfs.Any(mount => file.Path.IsUnder(mount.Target))) throw new ArgumentException($"{file.Path} would lie under a tmpfs of {Name}.");
        if (ReadOnly && !Mounts.Any(mount => !mount.ReadOnly && file.Path.IsUnder(mount.Target)))
            throw new ArgumentException($"{Name} is read-only: {file.Path} must lie in one of its volumes.");
    }
}

/// <summary>Files by the thousand: written as a tar while they are sent, so that their size costs no memory.</summary>
/// <param name="Id">Says what is in it, for the comparison of specs.</param>
internal sealed record ContainerArchive(string Id, Func<System.Formats.Tar.TarWriter, CancellationToken, Task> WriteAsync);

internal enum RestartRule { No, OnFailure, UnlessStopped, Always }

internal sealed record ContainerNetwork(DockerName Name, params IReadOnlyList<string> Aliases);

internal sealed record TmpfsMount(RemotePath Target, long Bytes, UnixFileMode Mode = (UnixFileMode)0b001_111_111_111);

/// <summary>A volume by name, or a folder of the server that is oCore's own.</summary>
internal sealed record ContainerMount
{
    /// <summary>The only part of a server's file system that containers may see.</summary>
    public static readonly RemotePath Home = RemotePath.Parse("/var/lib/ocore");

    private ContainerMount(string source, bool isVolume, RemotePath target, bool readOnly) =>
        (Source, IsVolume, Target, ReadOnly) = (source, isVolume, target, readOnly);

    /// <summary>How Docker's own driver mounts the volume; none for a plain one. A volume that is there keeps what it was made with.</summary>
    public IReadOnlyDictionary<string, string> Options { get; private init; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, string> Labels { get; private init; } = new Dictionary<string, string>();

    public string Source { get; }
    public bool IsVolume { get; }
    public RemotePath Target { get; }
    public bool ReadOnly { get; }

    public static ContainerMount Volume(DockerName volume, RemotePath target, bool readOnly = false) => new(volume.Value, true, target, readOnly);

    /// <summary>A folder of an NFS server, mounted by the server's own kernel when the container starts.</summary>
    /// <param name="options">As <c>mount -o</c> takes them.</param>
    public static ContainerMount Nfs(DockerName volume, RemotePath target, RemotePath export, string options, IReadOnlyDictionary<string, string> labels, bool readOnly = false) => new(volume.Value, true, target, readOnly)
    {
        Options = new Dictionary<string, string> { ["type"] = "nfs", ["device"] = ":" + export.Value, ["o"] = options }, Labels = labels,
    };

    public static ContainerMount Folder(RemotePath source, RemotePath target, bool readOnly = false) =>
        source.IsUnder(Home)
            ? new(source.Value, false, target, readOnly)
            : throw new ArgumentException($"{source} is not under {Home}: a container must not see the server's own files.");
}

internal sealed record PublishedPort(IPAddress HostAddress, int HostPort, int ContainerPort, string Protocol = "tcp");

internal sealed record ContainerHealthcheck(
    IReadOnlyList<string> Command, TimeSpan Interval, TimeSpan Timeout, int Retries, TimeSpan StartPeriod = default);

internal sealed record ContainerFile(RemotePath Path, ReadOnlyMemory<byte> Content, UnixFileMode Mode, int Uid = 0, int Gid = 0)
{
    public const UnixFileMode Readable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static ContainerFile Text(RemotePath path, string text, UnixFileMode mode = Readable, int uid = 0, int gid = 0) =>
        new(path, System.Text.Encoding.UTF8.GetBytes(text), mode, uid, gid);
}
