using System.Net.Sockets;

namespace OCore.Platform.Remote;

/// <summary>A stream whose writing side can end while the other side still answers.</summary>
internal interface IHalfClosable
{
    void CloseWrite();
}

internal sealed class UnixSocketStream(Socket socket) : NetworkStream(socket, ownsSocket: true), IHalfClosable
{
    public static async ValueTask<UnixSocketStream> ConnectAsync(string path, CancellationToken stop)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
            return new UnixSocketStream(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void CloseWrite() => Socket.Shutdown(SocketShutdown.Send);
}

/// <summary>The standard streams of a program as one stream, such as <c>docker system dial-stdio</c>.</summary>
internal sealed class ProcessStream : Stream, IHalfClosable
{
    private readonly ChildProcess _process;
    private int _disposed;

    private ProcessStream(ChildProcess process) => _process = process;

    public static async ValueTask<ProcessStream> StartAsync(IReadOnlyList<string> words, ReadOnlyMemory<byte> prelude, CancellationToken stop)
    {
        var stream = new ProcessStream(ChildProcess.Start(words));
        _ = stream.DrainErrorsAsync();
        if (!prelude.IsEmpty) await stream.WriteAsync(prelude, stop);
        return stream;
    }

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => _process.Out.Read(buffer, offset, count);
    public override int Read(Span<byte> buffer) => _process.Out.Read(buffer);
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _process.Out.ReadAsync(buffer, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count)
    {
        _process.Input.Write(buffer, offset, count);
        _process.Input.Flush();
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _process.Input.WriteAsync(buffer, cancellationToken);
        await _process.Input.FlushAsync(cancellationToken);
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    public void CloseWrite() => _process.CloseInput();

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _process.CloseInput();
            _process.Kill();
            _process.Dispose();
        }
        base.Dispose(disposing);
    }

    // A full pipe would stop the program; what it complains about shows as an end of the stream.
    private async Task DrainErrorsAsync()
    {
        try
        {
            await _process.Error.CopyToAsync(Null);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }
}
