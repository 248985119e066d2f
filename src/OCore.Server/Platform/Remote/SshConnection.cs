using System.Net.Sockets;
using OCore.Platform.Docker;

namespace OCore.Platform.Remote;

/// <summary>A server over ssh: commands and files through the master's sessions, Docker through its forwarded socket.</summary>
internal sealed class SshConnection : IServerConnection, ICommandCarrier, IDockerWay
{
    // A server allows ten sessions a connection unless told otherwise (MaxSessions). Docker by sudo takes up to six of them: three for calls,
    // one for what is measured, two for logs. A forwarded socket is no session, so by that way there may be many streams.
    private const int Sessions = 4;
    private const int RefusedSessionRetries = 40;
    private const string SessionRefused = "ession open refused";

    // The number is the process group's leader once timeout(1) runs, which also ends what outlives a broken link.
    private const string CarryScript = """
        printf 'ocore-started %s\n' "$$" >&2
        limit=$1; shift
        if [ "$limit" != 0 ] && command -v timeout >/dev/null 2>&1; then exec timeout -k 5 "$limit" "$@"; fi
        exec "$@"
        """;

    private const string GreetScript = """
        printf '%s\n' "$1"
        id -u
        if command -v sudo >/dev/null 2>&1; then
          if sudo -k -n -- true 2>/dev/null; then echo sudo; else echo password; fi
        else echo none; fi
        """;

    // Quotes, a backslash, a dollar, a newline: a login shell that changes any of them is no POSIX shell.
    private const string Canary = "o'c\"o\\re $HOME `x` !y\n\tz";

    private readonly SshMaster _master;
    private readonly ServerTarget _target;
    private readonly TimeProvider _clock;
    private readonly CommandRunner _runner;
    private readonly SemaphoreSlim _sessions = new(Sessions);
    private Elevation _elevation;
    private DockerWay _dockerWay;

    private SshConnection(SshMaster master, ServerTarget target, TimeProvider clock)
    {
        _master = master;
        _target = target;
        _clock = clock;
        _runner = new CommandRunner(this, clock);
        _elevation = new Elevation(RootAccess.None, null, target.User);
        Docker = new DockerHost(this, target.Host, clock);
    }

    private enum DockerWay { Unknown, Socket, Sudo }

    public bool IsLocal => false;
    public DockerHost Docker { get; }
    public Task Closed => _master.Closed;
    public RootAccess RootAccess => _elevation.Access;

    public static async Task<SshConnection> OpenAsync(ServerTarget target, RuntimeFolder runtime, TimeProvider clock, CancellationToken stop)
    {
        var connection = new SshConnection(await SshMaster.StartAsync(target, runtime, clock, stop), target, clock);
        try
        {
            await connection.GreetAsync(stop);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task<CommandResult> RunAsync(RemoteCommand command, CancellationToken stop) =>
        (await RunBytesAsync(command, CommandRunner.OutputLimit, stop)).ToText();

    public IAsyncEnumerable<string> StreamAsync(RemoteCommand command, CancellationToken stop) => _runner.StreamAsync(command, stop);

    public async Task WriteFileAsync(RemotePath path, ReadOnlyMemory<byte> content, UnixFileMode mode, CancellationToken stop) =>
        (await RunAsync(AsRootWherePossible(RemoteFiles.Write(path, content, mode)), stop)).ThrowIfFailed($"Writing {path} on {_target.Host}");

    public async Task<byte[]> ReadFileAsync(RemotePath path, CancellationToken stop) =>
        RemoteFiles.Content(path, await RunBytesAsync(AsRootWherePossible(RemoteFiles.Read(path)), RemoteFiles.ReadLimit, stop));

    public async Task<ITerminalProgram> OpenShellAsync(int columns, int rows, CancellationToken stop) =>
        _master.IsAlive ? await ShellProgram.OpenAsync(_master.TerminalClient(ShellProgram.Login.Render()), this, columns, rows, stop) : throw Lost();

    public async Task<TimeSpan> PingAsync(CancellationToken stop)
    {
        var start = _clock.GetTimestamp();
        (await RunAsync(RemoteCommand.Of("true").WithTimeout(TimeSpan.FromSeconds(15)), stop)).ThrowIfFailed("A command that does nothing");
        return _clock.GetElapsedTime(start);
    }

    public async ValueTask DisposeAsync()
    {
        Docker.Dispose();
        await _master.DisposeAsync();
    }

    ValueTask<(IReadOnlyList<string> Words, ReadOnlyMemory<byte> Prelude)> ICommandCarrier.CarryAsync(
        RemoteCommand command, CancellationToken stop)
    {
        if (!_master.IsAlive) throw Lost();
        var (sudo, prelude) = _elevation.Before(command.NeedsRoot);
        // Later than oCore's own limit, which ends the command first and says so.
        var limit = command.Timeout is { } timeout ? ((long)timeout.TotalSeconds + 15).ToString() : "0";
        string[] words = [.. sudo, "sh", "-c", CarryScript, "ocore", limit, command.Program, .. command.Arguments];
        return ValueTask.FromResult<(IReadOnlyList<string>, ReadOnlyMemory<byte>)>((_master.Client(RemoteCommand.Render(words)), prelude));
    }

    async Task ICommandCarrier.EndAsync(ChildProcess process, RemoteCommand command, int? pid)
    {
        // The far end first: without its client sshd only closes the pipes, and a program that does not write never notices.
        if (pid is { } leader && !process.HasExited && _master.IsAlive) await EndAsync(ProcessGroup.End(leader), command.NeedsRoot);
        process.Kill();
    }

    async ValueTask ICommandCarrier.CheckAsync(RemoteCommand command, int exitCode, bool started, string error)
    {
        if (exitCode == 255)
        {
            // A program may exit with 255 too. If it was the link, the master is about to end.
            await Task.WhenAny(_master.Closed, Task.Delay(TimeSpan.FromMilliseconds(300), _clock));
            if (!_master.IsAlive) throw Lost();
            if (!started && error.Contains(SessionRefused, StringComparison.Ordinal)) throw new SessionRefusedException(_target.Host);
            if (!started) throw new ServerUnreachableException($"{_target} did not take a command: {SshComplaint.Reason(error)}");
        }
        if (!started && command.NeedsRoot && _elevation.Access != RootAccess.IsRoot)
            throw new ServerAuthenticationException($"sudo refused {_target.User} on {_target.Host}: {SshComplaint.Reason(error)}");
    }

    private RemoteCommand AsRootWherePossible(RemoteCommand command) => _elevation.CanBeRoot ? command.AsRoot() : command;

    private async Task<CommandBytes> RunBytesAsync(RemoteCommand command, int limit, CancellationToken stop)
    {
        command = command.Timeout is null ? command.WithTimeout(CommandRunner.DefaultTimeout) : command;
        await _sessions.WaitAsync(stop);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await _runner.RunAsync(command, limit, stop);
                }
                catch (SessionRefusedException) when (attempt < RefusedSessionRetries)
                {
                    // The command never started, so it may be sent again: other sessions end.
                    await Task.Delay(TimeSpan.FromMilliseconds(50 + 10 * attempt), _clock, stop);
                }
            }
        }
        finally
        {
            _sessions.Release();
        }
    }

    private async Task GreetAsync(CancellationToken stop)
    {
        var greeting = await RunAsync(RemoteCommand.Script(GreetScript, Canary).WithTimeout(TimeSpan.FromSeconds(20)), stop);
        var answer = greeting.ThrowIfFailed($"The first command on {_target.Host}").Out;
        var at = answer.IndexOf(Canary + "\n", StringComparison.Ordinal);
        if (at < 0) throw new ServerException($"The login shell of {_target} is not a POSIX shell. Give {_target.User} /bin/sh or /bin/bash.");
        var lines = answer[(at + Canary.Length + 1)..].Split('\n');
        if (lines is not [var uid, var sudo, ..]) throw new ServerException($"{_target} did not say who {_target.User} is.");
        _elevation = uid == "0" ? Elevation.Root : await ElevationAsync(sudo, stop);
    }

    private async Task<Elevation> ElevationAsync(string sudo, CancellationToken stop)
    {
        if (sudo == "sudo") return new(RootAccess.Sudo, null, _target.User);
        if (sudo != "password" || _target.SudoPassword is not { Length: > 0 } password) return new(RootAccess.None, null, _target.User);
        if (!(await RunAsync(Elevation.Proof(password), stop)).Ok)
            throw new ServerAuthenticationException($"sudo on {_target.Host} refuses the password of {_target.User}.");
        return new(RootAccess.SudoWithPassword, password, _target.User);
    }

    async ValueTask<DockerStreams> IDockerWay.StreamsAsync(CancellationToken stop)
    {
        if (_dockerWay == DockerWay.Unknown) _dockerWay = await FindDockerAsync(stop);
        return _dockerWay == DockerWay.Socket ? new DockerStreams(16, 64) : new DockerStreams(3, 2);
    }

    async ValueTask<Stream> IDockerWay.DialAsync(CancellationToken stop)
    {
        if (!_master.IsAlive) throw Lost();
        if (_dockerWay == DockerWay.Socket) return await ForwardedAsync(stop);
        var (sudo, prelude) = _elevation.Before(true);
        var line = RemoteCommand.Render([.. sudo, "docker", "system", "dial-stdio"]);
        return await ProcessStream.StartAsync(_master.Client(line), prelude, stop);
    }

    Task IDockerWay.EndProcessAsync(long pid, string containerId, CancellationToken stop) =>
        EndAsync(ProcessGroup.End(pid, containerId), _elevation.CanBeRoot);

    private async Task<Stream> ForwardedAsync(CancellationToken stop)
    {
        try
        {
            return await UnixSocketStream.ConnectAsync(_master.DockerSocket, stop);
        }
        catch (SocketException broken)
        {
            throw new ServerUnreachableException($"The connection to {_target} is lost.", broken);
        }
    }

    private async Task<DockerWay> FindDockerAsync(CancellationToken stop)
    {
        const string script = "[ -S /var/run/docker.sock ] || exit 3; [ -w /var/run/docker.sock ] || exit 4";
        var seen = await RunAsync(RemoteCommand.Script(script), stop);
        if (seen.ExitCode == 3) throw new DockerUnavailableException($"No Docker engine runs on {_target.Host}.");
        if (seen.ExitCode == 0) return DockerWay.Socket;
        return _elevation.CanBeRoot
            ? DockerWay.Sudo
            : throw new DockerUnavailableException(
                $"{_target.User} may not use Docker on {_target.Host}: add it to the group docker, or let it use sudo.");
    }

    private async Task EndAsync(RemoteCommand end, bool asRoot)
    {
        try
        {
            // Not through the waiting line of sessions: what holds it up may be what is to be ended.
            await _runner.RunAsync(asRoot ? end.AsRoot() : end, CommandRunner.OutputLimit, CancellationToken.None);
        }
        catch (ServerException)
        {
            // Then the server's own time limit ends it.
        }
    }

    private ServerUnreachableException Lost() => new($"The connection to {_target} is lost.");

    private sealed class SessionRefusedException(string server)
        : ServerException($"{server} allows no more sessions at once (MaxSessions of its sshd). Try again, or raise it.");
}
