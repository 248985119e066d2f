using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using OCore.Platform.Remote;

namespace OCore.Platform.Docker;

/// <summary>
/// A stream that began as one HTTP request and then belongs to a program in a container. It is done by hand because
/// the client library's pooled transport cannot end its own side while it still reads, and without that a program
/// that reads to the end of its input never ends.
/// </summary>
internal sealed class HijackedStream : IAsyncDisposable
{
    private const int HeadLimit = 16 << 10;
    private readonly Stream _stream;
    private ReadOnlyMemory<byte> _early;

    private HijackedStream(Stream stream, ReadOnlyMemory<byte> early) => (_stream, _early) = (stream, early);

    public static async Task<HijackedStream> PostAsync(Stream stream, string path, JsonObject body, string what, string where, CancellationToken stop)
    {
        try
        {
            var json = body.ToJsonString();
            var request = $"POST {path} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\n"
                + $"Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}";
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request), stop);
            await stream.FlushAsync(stop);
            var (status, rest) = await HeadAsync(stream, what, where, stop);
            // Engines answer 101 or, before they knew of upgrades, 200.
            if (status is not (101 or 200)) throw DockerCallException.From(what, where, (HttpStatusCode)status, await BodyAsync(stream, rest, stop));
            return new HijackedStream(stream, rest);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken stop)
    {
        if (_early.IsEmpty) return _stream.ReadAsync(buffer, stop);
        var take = Math.Min(buffer.Length, _early.Length);
        _early[..take].CopyTo(buffer);
        _early = _early[take..];
        return new(take);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        await _stream.WriteAsync(bytes, stop);
        await _stream.FlushAsync(stop);
    }

    /// <summary>The program sees the end of its input and may go on writing.</summary>
    public void CloseWrite() => ((IHalfClosable)_stream).CloseWrite();

    /// <summary>Without a terminal stdout and stderr come in frames: one byte says which, four how long.</summary>
    /// <returns>Whether it is stderr, and how much; zero bytes are the end.</returns>
    public async ValueTask<(bool IsError, int Count)> ReadFrameHeadAsync(CancellationToken stop)
    {
        var head = new byte[8];
        for (var have = 0; have < head.Length;)
        {
            var count = await ReadAsync(head.AsMemory(have), stop);
            if (count == 0) return (false, 0);
            have += count;
        }
        return (head[0] == 2, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4)));
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static async Task<(int Status, ReadOnlyMemory<byte> Early)> HeadAsync(Stream stream, string what, string where, CancellationToken stop)
    {
        var buffer = new byte[HeadLimit];
        var have = 0;
        while (have < buffer.Length)
        {
            var count = await stream.ReadAsync(buffer.AsMemory(have), stop);
            if (count == 0) break;
            have += count;
            var end = buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8);
            if (end < 0) continue;
            var first = Encoding.ASCII.GetString(buffer, 0, end).Split(' ');
            if (first.Length < 2 || !int.TryParse(first[1].Split('\r')[0], out var status)) break;
            return (status, buffer.AsMemory(end + 4, have - end - 4));
        }
        throw new DockerUnavailableException($"{what} on {where}: the Docker engine did not answer.");
    }

    private static async Task<string> BodyAsync(Stream stream, ReadOnlyMemory<byte> rest, CancellationToken stop)
    {
        // Only for a message to a person: the part that came with the head, or the next packet, holds it.
        if (!rest.IsEmpty) return Encoding.UTF8.GetString(rest.Span);
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer, stop));
    }
}
