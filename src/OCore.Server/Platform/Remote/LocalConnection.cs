using System.Net.Sockets;
using OCore.Platform.Docker;

namespace OCore.Platform.Remote;

/// <summary>The machine oCore runs on, so that one machine alone is enough to start with.</summary>
internal sealed class LocalConnection : IServerConnection, ICommandCarrier, IDockerWay
{
    private const string DefaultSocket = "/var/run/docker.sock";

    // What sudo started belongs to root and is not oCore's to end. timeout(1) leads a group of its own, which root can be asked to end.
    private const string RootScript = """
        printf 'ocore-started %s\n' "$$" >&2
        limit=$1; shift
        if command -v timeout >/dev/null 2>&1; then exec timeout -k 5 "$limit" "$@"; fi
        exec "$@"
        """;

    // Not ProcessGroup.End, which asks for the group of a process: where there is no timeout(1), that would be oCore's own.
    private const string EndScript = """
        kill -s TERM -- "-$1" 2>/dev/null || exit 0
        for _ in 1 2 3 4 5 6 7 8 9 10; do
          sleep 0.1
          kill -s 0 -- "-$1" 2>/dev/null || exit 0
        done
        kill -s KILL -- "-$1" 2>/dev/null
        exit 0
        """;

    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CommandRunner _runner;
    private readonly TimeProvider _clock;
    private readonly Lazy<Task<Elevation>> _elevation;
    private readonly string? _sudoPassword;

    public LocalConnection(TimeProvider clock, string? sudoPassword = null)
    {
        _clock = clock;
        _sudoPassword = sudoPassword;
        _runner = new CommandRunner(this, clock);
        _elevation = new(FindElevationAsync);
        Docker = new DockerHost(this, "this machine", clock);
    }

    public bool IsLocal => true;
    public DockerHost Docker { get; }
    public Task Closed => _closed.Task;

    public async Task<CommandResult> RunAsync(RemoteCommand command, CancellationToken stop) =>
        (await _runner.RunAsync(command, CommandRunner.OutputLimit, stop)).ToText();

    public IAsyncEnumerable<string> StreamAsync(RemoteCommand command, CancellationToken stop) => _runner.StreamAsync(command, stop);

    public async Task WriteFileAsync(RemotePath path, ReadOnlyMemory<byte> content, UnixFileMode mode, CancellationToken stop)
    {
        var write = RemoteFiles.Write(path, content, mode);
        if ((await _elevation.Value.WaitAsync(stop)).CanBeRoot) write = write.AsRoot();
        (await RunAsync(write, stop)).ThrowIfFailed($"Writing {path}");
    }

    public async Task<byte[]> ReadFileAsync(RemotePath path, CancellationToken stop)
    {
        var read = RemoteFiles.Read(path);
        if ((await _elevation.Value.WaitAsync(stop)).CanBeRoot) read = read.AsRoot();
        return RemoteFiles.Content(path, await _runner.RunAsync(read, RemoteFiles.ReadLimit, stop));
    }

    // script(1) is what has a terminal to give on a machine that one is already on.
    public async Task<ITerminalProgram> OpenShellAsync(int columns, int rows, CancellationToken stop) =>
        await ShellProgram.OpenAsync(["script", "-q", "-e", "-c", ShellProgram.Login.Render(), "/dev/null"], this, columns, rows, stop);

    public async Task<TimeSpan> PingAsync(CancellationToken stop)
    {
        var start = _clock.GetTimestamp();
        (await RunAsync(RemoteCommand.Of("true"), stop)).ThrowIfFailed("A command that does nothing");
        return _clock.GetElapsedTime(start);
    }

    public ValueTask DisposeAsync()
    {
        Docker.Dispose();
        _closed.TrySetResult();
        return ValueTask.CompletedTask;
    }

    async ValueTask<(IReadOnlyList<string> Words, ReadOnlyMemory<byte> Prelude)> ICommandCarrier.CarryAsync(
        RemoteCommand command, CancellationToken stop)
    {
        var elevation = command.NeedsRoot ? await _elevation.Value.WaitAsync(stop) : Elevation.Root;
        var (sudo, prelude) = elevation.Before(command.NeedsRoot);
        if (sudo.Count == 0)
            return ([command.Program, .. command.Arguments], prelude);
        // Later than oCore's own limit, which ends the command first and says so.
        var limit = command.Timeout is { } timeout ? ((long)timeout.TotalSeconds + 15).ToString() : "0";
        return ([.. sudo, "sh", "-c", RootScript, "ocore", limit, command.Program, .. command.Arguments], prelude);
    }

    async Task ICommandCarrier.EndAsync(ChildProcess process, RemoteCommand command, int? pid)
    {
        // Without sudo nobody says the number, and what looks like one is the program's own.
        if (pid is { } leader && command.NeedsRoot && !process.HasExited && !command.Arguments.Contains(EndScript) && (await _elevation.Value).Access != RootAccess.IsRoot)
            try
            {
                await _runner.RunAsync(RemoteCommand.Script(EndScript, leader.ToString()).WithTimeout(TimeSpan.FromSeconds(10)).AsRoot(), CommandRunner.OutputLimit, CancellationToken.None);
            }
            catch (ServerException)
            {
                // Then its own time limit ends it.
            }
        process.Kill();
    }

    ValueTask ICommandCarrier.CheckAsync(RemoteCommand command, int exitCode, bool started, string error) => ValueTask.CompletedTask;

    private async Task<Elevation> FindElevationAsync()
    {
        var user = Environment.UserName;
        if (Environment.IsPrivilegedProcess) return Elevation.Root;
        try
        {
            if ((await RunAsync(Elevation.NeedsNoPassword, CancellationToken.None)).Ok) return new(RootAccess.Sudo, null, user);
            if (_sudoPassword is not null && (await RunAsync(Elevation.Proof(_sudoPassword), CancellationToken.None)).Ok)
                return new(RootAccess.SudoWithPassword, _sudoPassword, user);
        }
        catch (ServerException)
        {
            // No sudo on this machine: the user is what it is.
        }
        return new(RootAccess.None, null, user);
    }

    ValueTask<DockerStreams> IDockerWay.StreamsAsync(CancellationToken stop) => new(new DockerStreams(16, 64));

    async Task IDockerWay.EndProcessAsync(long pid, string containerId, CancellationToken stop)
    {
        var end = ProcessGroup.End(pid, containerId);
        await RunAsync((await _elevation.Value.WaitAsync(stop)).CanBeRoot ? end.AsRoot() : end, stop);
    }

    async ValueTask<Stream> IDockerWay.DialAsync(CancellationToken stop)
    {
        try
        {
            return await UnixSocketStream.ConnectAsync(SocketPath(), stop);
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.AccessDenied)
        {
            var elevation = await _elevation.Value.WaitAsync(stop);
            if (!elevation.CanBeRoot)
                throw new DockerUnavailableException($"{Environment.UserName} may not use Docker's socket on this machine.", refused);
            var (sudo, prelude) = elevation.Before(true);
            return await ProcessStream.StartAsync([.. sudo, "docker", "system", "dial-stdio"], prelude, stop);
        }
        catch (SocketException absent)
        {
            throw new DockerUnavailableException("No Docker engine answers on this machine.", absent);
        }
    }

    private static string SocketPath() =>
        Environment.GetEnvironmentVariable("DOCKER_HOST") is { } host && host.StartsWith("unix://", StringComparison.Ordinal)
            ? host["unix://".Length..]
            : DefaultSocket;
}
