using System.Text;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Platform.Docker;

/// <summary>
/// A program in a container with its streams open: what it writes is read as it comes, what it reads is written as it takes it, so
/// that neither is ever in memory as a whole. Disposing it ends it.
/// </summary>
internal sealed class DockerProgram(HijackedStream stream, string name, Func<CancellationToken, Task<int>> exitCode, Func<Task> end) : IAsyncDisposable
{
    private const int ComplaintLimit = 64 << 10;
    private readonly MemoryStream _error = new();
    private int _left;
    private bool _ended;

    /// <summary>The standard output, to its end.</summary>
    public Stream Out => new OutputStream(this);

    /// <summary>The last that it wrote to standard error.</summary>
    public string Complaint => Encoding.UTF8.GetString(_error.GetBuffer(), 0, (int)_error.Length).Trim();

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) => stream.WriteAsync(bytes, stop);

    /// <summary>It sees the end of its input.</summary>
    public void CloseInput() => stream.CloseWrite();

    /// <summary>
    /// Lets <paramref name="write"/> fill its input while whatever it prints is read, closes the input and waits for the end. Where
    /// it ends early its exit code speaks, and not the broken pipe.
    /// </summary>
    public async Task<int> FeedAsync(Func<Stream, Task> write, CancellationToken stop)
    {
        var draining = DrainAsync(stop);
        try
        {
            await write(new InputStream(this));
            stream.CloseWrite();
        }
        catch (ProgramEndedException)
        {
            // With input left over; why, its exit code says.
        }
        await draining;
        return await exitCode(stop);
    }

    /// <summary>All of a stream as its input, beside whoever reads its output.</summary>
    public async Task WriteAllAsync(Stream input, CancellationToken stop)
    {
        try
        {
            await input.CopyToAsync(new InputStream(this), 128 << 10, stop);
            stream.CloseWrite();
        }
        catch (ProgramEndedException)
        {
            // With input left over; why, its exit code says.
        }
    }

    private async Task DrainAsync(CancellationToken stop)
    {
        var buffer = new byte[32 << 10];
        while (await ReadAsync(buffer, stop) > 0)
        {
            // Nothing of it is asked for.
        }
    }

    /// <summary>After its output has ended.</summary>
    public Task<int> ExitCodeAsync(CancellationToken stop) => exitCode(stop);

    /// <exception cref="RemoteCommandException">It did not end with 0.</exception>
    public async Task EndedWellAsync(CancellationToken stop)
    {
        if (await exitCode(stop) is not 0 and var code)
            throw new RemoteCommandException(name, new CommandResult(code, "", Complaint));
    }

    private async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken stop)
    {
        while (_left == 0)
        {
            if (_ended)
                return 0;
            var (isError, count) = await stream.ReadFrameHeadAsync(stop);
            if (count == 0)
            {
                _ended = true;
                return 0;
            }
            if (!isError)
                _left = count;
            else
                await KeepAsync(count, stop);
        }
        var read = await stream.ReadAsync(buffer[..Math.Min(buffer.Length, _left)], stop);
        if (read == 0)
            throw new IOException($"The output of {name} broke off.");
        _left -= read;
        return read;
    }

    private async Task KeepAsync(int count, CancellationToken stop)
    {
        var part = new byte[Math.Min(count, 16 << 10)];
        while (count > 0)
        {
            var read = await stream.ReadAsync(part.AsMemory(0, Math.Min(count, part.Length)), stop);
            if (read == 0)
                throw new IOException($"The output of {name} broke off.");
            count -= read;
            if (_error.Length > ComplaintLimit)
                _error.SetLength(0);
            _error.Write(part, 0, read);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await end();
        await _error.DisposeAsync();
    }

    private sealed class ProgramEndedException(Exception inner) : IOException("The program has ended.", inner);

    private sealed class InputStream(DockerProgram program) : WriteOnlyStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                await program.WriteAsync(buffer, cancellationToken);
            }
            catch (Exception early) when (early is IOException or System.Net.Sockets.SocketException)
            {
                throw new ProgramEndedException(early);
            }
        }
    }

    private sealed class OutputStream(DockerProgram program) : ReadOnlyStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => program.ReadAsync(buffer, cancellationToken);
    }
}
