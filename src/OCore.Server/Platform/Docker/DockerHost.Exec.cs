using System.Text;
using System.Text.Json.Nodes;
using Docker.DotNet.Models;
using OCore.Platform.Remote;

namespace OCore.Platform.Docker;

/// <summary>How a program is run in a container beside its main one.</summary>
internal sealed record ExecOptions
{
    public string? User { get; init; }
    public string? WorkingFolder { get; init; }

    /// <summary>Visible to root of the server only; the way for a secret that a program takes from its environment.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
    public int OutputLimit { get; init; } = CommandRunner.OutputLimit;
}

internal sealed partial class DockerHost
{
    /// <summary>Runs a program to its end. Its input is closed after <paramref name="input"/>, so it may read to the end.</summary>
    public async Task<CommandResult> ExecAsync(
        DockerName container, IReadOnlyList<string> argv, ReadOnlyMemory<byte>? input, CancellationToken stop, ExecOptions? options = null)
    {
        options ??= new ExecOptions();
        using var late = new CancellationTokenSource(options.Timeout, _clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        string? id = null;
        try
        {
            id = await CreateExecAsync(container, argv, input is not null, terminal: false, options, ended.Token);
            await using var stream = await StartExecAsync(id, argv[0], container, terminal: false, ended.Token);
            // Not awaited: who ends early leaves input that nobody will ever read. It ends with the stream.
            if (input is { } bytes) _ = FeedAsync(stream, bytes, ended.Token);
            var (output, error) = await ReadOutputAsync(stream, argv[0], options.OutputLimit, ended.Token);
            return new CommandResult(await ExitCodeAsync(id, argv[0], ended.Token), output, error);
        }
        catch (OperationCanceledException)
        {
            await EndExecAsync(id);
            stop.ThrowIfCancellationRequested();
            throw new RemoteTimeoutException(argv[0], options.Timeout);
        }
        catch (RemoteCommandException)
        {
            await EndExecAsync(id);
            throw;
        }
        catch (Exception broken) when (broken is IOException or System.Net.Sockets.SocketException or HttpRequestException)
        {
            throw Told($"Running {argv[0]} in {container}", broken);
        }
    }

    /// <summary>A program whose streams are read and written while it runs: dumps, archives. Nothing limits how long it takes but <paramref name="stop"/>.</summary>
    public async Task<DockerProgram> OpenProgramAsync(DockerName container, IReadOnlyList<string> argv, CancellationToken stop, ExecOptions? options = null)
    {
        var id = await CreateExecAsync(container, argv, withInput: true, terminal: false, options ?? new ExecOptions(), stop);
        var stream = await StartExecAsync(id, argv[0], container, terminal: false, stop);
        return new DockerProgram(stream, argv[0], ended => ExitCodeAsync(id, argv[0], ended), () => EndExecAsync(id));
    }

    /// <summary>A program for a person, on a terminal unless told otherwise: bytes both ways, a size, an exit code.</summary>
    public async Task<DockerTerminal> OpenTerminalAsync(
        DockerName container, IReadOnlyList<string> argv, CancellationToken stop, ExecOptions? options = null, bool terminal = true)
    {
        var id = await CreateExecAsync(container, argv, withInput: true, terminal, options ?? new ExecOptions(), stop);
        var stream = await StartExecAsync(id, argv[0], container, terminal, stop);
        return new DockerTerminal(
            stream,
            framed: !terminal,
            (columns, rows, ended) => CallAsync("Resizing the terminal", Quick, (docker, late) =>
                docker.Exec.ResizeExecTtyAsync(id, new() { Width = columns, Height = rows }, late), ended),
            ended => ExitCodeAsync(id, argv[0], ended),
            () => EndExecAsync(id));
    }

    private async Task<string> CreateExecAsync(
        DockerName container, IReadOnlyList<string> argv, bool withInput, bool terminal, ExecOptions options, CancellationToken stop)
    {
        if (argv.Count == 0 || argv.Any(word => word.Contains('\0'))) throw new ArgumentException("There is nothing to run, or an argument holds NUL.");
        var parameters = new ContainerExecCreateParameters
        {
            Cmd = [.. argv],
            User = options.User!, // null: the container's own
            WorkingDir = options.WorkingFolder!,
            Env = [.. options.Env.Select(pair => $"{pair.Key}={pair.Value}")],
            AttachStdin = withInput,
            AttachStdout = true,
            AttachStderr = true,
            TTY = terminal,
        };
        var made = await CallAsync($"Running {argv[0]} in {container}", Quick, (docker, ended) =>
            docker.Exec.CreateContainerExecAsync(container.Value, parameters, ended), stop);
        return made.ID;
    }

    private async Task<HijackedStream> StartExecAsync(string id, string program, DockerName container, bool terminal, CancellationToken stop)
    {
        await ClientsAsync(stop);
        var body = new JsonObject { ["Detach"] = false, ["Tty"] = terminal };
        return await HijackedStream.PostAsync(
            await _way.DialAsync(stop), $"/exec/{id}/start", body, $"Running {program} in {container}", _where, stop);
    }

    private static async Task FeedAsync(HijackedStream stream, ReadOnlyMemory<byte> input, CancellationToken stop)
    {
        try
        {
            await stream.WriteAsync(input, stop);
            stream.CloseWrite();
        }
        catch (Exception early) when (early is IOException or System.Net.Sockets.SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // A program that ends before it has read everything is not an error; its exit code speaks.
        }
    }

    private static async Task<(string Out, string Error)> ReadOutputAsync(HijackedStream stream, string program, int limit, CancellationToken stop)
    {
        using MemoryStream output = new(), error = new();
        var buffer = new byte[32 << 10];
        while (await stream.ReadFrameHeadAsync(stop) is { Count: > 0 } frame)
        {
            var target = frame.IsError ? error : output;
            for (var left = frame.Count; left > 0;)
            {
                var count = await stream.ReadAsync(buffer.AsMemory(0, Math.Min(left, buffer.Length)), stop);
                if (count == 0) break;
                target.Write(buffer, 0, count);
                left -= count;
            }
            if (target.Length > limit) throw new RemoteCommandException(program, "it wrote more than oCore reads of a command and was stopped.");
        }
        return (Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length), Encoding.UTF8.GetString(error.GetBuffer(), 0, (int)error.Length));
    }

    // The stream ends a moment before the engine knows the exit code; it also ends when the way to it breaks.
    private async Task<int> ExitCodeAsync(string id, string program, CancellationToken stop)
    {
        for (var attempt = 1; attempt <= 50; attempt++)
        {
            var seen = await CallAsync($"Asking how {program} ended", Quick, (docker, ended) => docker.Exec.InspectContainerExecAsync(id, ended), stop);
            if (!seen.Running && seen.ExitCode is { } code) return (int)code;
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(10 * attempt, 100)), _clock, stop);
        }
        throw new DockerUnavailableException($"The output of {program} on {_where} ended before the program did.");
    }

    // Docker has no call that ends what was started beside a container's main program.
    private async Task EndExecAsync(string? id)
    {
        if (id is null) return;
        try
        {
            // A busy engine may have been asked to start it and not have done so yet.
            for (var look = 0; look < 30; look++)
            {
                var seen = await CallAsync("Looking whether a program still runs", Quick, (docker, ended) =>
                    docker.Exec.InspectContainerExecAsync(id, ended), CancellationToken.None);
                if (seen is { Running: true, Pid: > 1 })
                    await _way.EndProcessAsync(seen.Pid, seen.ContainerID, CancellationToken.None);
                if (seen.Running || seen.ExitCode is not null)
                    return;
                await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
            }
        }
        catch (ServerException)
        {
            // Then nothing here can reach it; the container's own end takes it along.
        }
    }
}

/// <summary>A program in a container with a person at it. Disposing it ends the program.</summary>
/// <param name="framed">It has no terminal: what it writes says whether it is an error.</param>
internal sealed class DockerTerminal(
    HijackedStream stream,
    bool framed,
    Func<int, int, CancellationToken, Task> resize,
    Func<CancellationToken, Task<int>> exitCode,
    Func<Task> end) : ITerminalProgram
{
    private int _left;
    private bool _isError;

    /// <returns>Zero at the end.</returns>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken stop) => (await ReadPartAsync(buffer, stop)).Count;

    public async ValueTask<(int Count, bool IsError)> ReadPartAsync(Memory<byte> buffer, CancellationToken stop)
    {
        if (!framed) return (await stream.ReadAsync(buffer, stop), false);
        if (_left == 0) (_isError, _left) = await stream.ReadFrameHeadAsync(stop);
        if (_left == 0) return (0, false);
        var count = await stream.ReadAsync(buffer[..Math.Min(_left, buffer.Length)], stop);
        _left -= count;
        return (count, _isError);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) => stream.WriteAsync(bytes, stop);

    public void CloseInput() => stream.CloseWrite();

    public Task ResizeAsync(int columns, int rows, CancellationToken stop) => framed ? Task.CompletedTask : resize(columns, rows, stop);

    public Task<int> ExitCodeAsync(CancellationToken stop) => exitCode(stop);

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await end();
    }
}
