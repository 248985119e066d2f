using System.Text;

namespace OCore.Platform.Remote;

/// <summary>
/// A login shell of a server at a person's hands. The shell names its terminal in its first line, because a program without a
/// terminal of its own, as oCore is, can pass on a new size only by naming the other one.
/// </summary>
internal sealed class ShellProgram : ITerminalProgram
{
    private const byte Mark = 1;
    private const string LoginScript = """
        printf '\001%s\001' "$(tty)"
        TERM=xterm-256color; COLORTERM=truecolor; export TERM COLORTERM
        unset LC_ALL
        shell=$(getent passwd "$(id -un)" 2>/dev/null | cut -d: -f7)
        exec "${shell:-${SHELL:-/bin/sh}}" -l
        """;

    private readonly ChildProcess _process;
    private readonly IServerConnection _server;
    private ReadOnlyMemory<byte> _early;
    private string? _tty;

    private ShellProgram(ChildProcess process, IServerConnection server)
    {
        _process = process;
        _server = server;
        _ = DrainErrorsAsync();
    }

    public static RemoteCommand Login { get; } = RemoteCommand.Script(LoginScript);

    public static async Task<ShellProgram> OpenAsync(IReadOnlyList<string> words, IServerConnection server, int columns, int rows, CancellationToken stop)
    {
        var shell = new ShellProgram(ChildProcess.Start(words), server);
        try
        {
            await shell.ReadNameAsync(stop);
            await shell.ResizeAsync(columns, rows, stop);
            return shell;
        }
        catch
        {
            await shell.DisposeAsync();
            throw;
        }
    }

    public async ValueTask<(int Count, bool IsError)> ReadPartAsync(Memory<byte> buffer, CancellationToken stop)
    {
        if (_early.IsEmpty) return (await _process.Out.ReadAsync(buffer, stop), false);
        var take = Math.Min(buffer.Length, _early.Length);
        _early[..take].CopyTo(buffer);
        _early = _early[take..];
        return (take, false);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        await _process.Input.WriteAsync(bytes, stop);
        await _process.Input.FlushAsync(stop);
    }

    public void CloseInput() => _process.CloseInput();

    public async Task ResizeAsync(int columns, int rows, CancellationToken stop)
    {
        if (_tty is { } tty)
            await _server.RunAsync(RemoteCommand.Of("stty", "-F", tty, "cols", columns.ToString(), "rows", rows.ToString()).WithTimeout(TimeSpan.FromSeconds(10)), stop);
    }

    public async Task<int> ExitCodeAsync(CancellationToken stop)
    {
        await _process.WaitAsync(stop);
        return _process.ExitCode;
    }

    public ValueTask DisposeAsync()
    {
        // With its client gone, sshd hangs up on everything that the terminal had.
        _process.Kill();
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    // "\001/dev/pts/3\001", after what a server greets with.
    private async Task ReadNameAsync(CancellationToken stop)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        late.CancelAfter(TimeSpan.FromSeconds(15));
        var buffer = new byte[16 << 10];
        var have = 0;
        try
        {
            while (have < buffer.Length)
            {
                var count = await _process.Out.ReadAsync(buffer.AsMemory(have), late.Token);
                if (count == 0) break;
                have += count;
                var begin = buffer.AsSpan(0, have).IndexOf(Mark);
                var length = begin < 0 ? -1 : buffer.AsSpan(begin + 1, have - begin - 1).IndexOf(Mark);
                if (length < 0) continue;
                var name = Encoding.ASCII.GetString(buffer, begin + 1, length);
                _tty = RemotePath.TryParse(name, out var path) && path.Value.StartsWith("/dev/", StringComparison.Ordinal) ? path.Value : null;
                _early = (byte[])[.. buffer.AsSpan(0, begin), .. buffer.AsSpan(begin + length + 2, have - begin - length - 2)];
                return;
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new ServerException("The server did not give a terminal in time.");
        }
        throw new ServerException("The server gave no terminal.");
    }

    private async Task DrainErrorsAsync()
    {
        try
        {
            await _process.Error.CopyToAsync(Stream.Null);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }
}
