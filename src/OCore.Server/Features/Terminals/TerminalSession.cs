using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using OCore.Client;
using OCore.Platform.Remote;

namespace OCore.Features.Terminals;

/// <summary>How a terminal ended.</summary>
/// <param name="Reason">A word that stays: it is in the close frame and in the audit log.</param>
internal sealed record TerminalEnd(string Reason, int Status, int? ExitCode = null)
{
    public static readonly TerminalEnd ClientLeft = new("closed", 1000), AccessEnded = new("access_ended", 1008), Idle = new("idle", TerminalProtocol.Idle),
        TimeLimit = new("time_limit", TerminalProtocol.TimeLimit), ShuttingDown = new("shutting_down", 1001), TooMuch = new("too_much_input", 1009),
        Lost = new("connection_lost", 1011), NotUnderstood = new("not_understood", 1002);
}

/// <summary>
/// Carries bytes between one WebSocket and one program. Neither side is read while the other is behind: the program waits while a
/// window of its output is not acknowledged, so nothing piles up here however much it writes.
/// </summary>
internal sealed class TerminalSession(WebSocket socket, ITerminalProgram program, TimeProvider time) : IDisposable
{
    public static readonly TimeSpan IdleAfter = TimeSpan.FromMinutes(15), AtMost = TimeSpan.FromHours(8);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _ended = new();
    private readonly SemaphoreSlim _sending = new(1);
    // Never more waiting than the client may send ahead, and a little.
    private readonly Channel<byte[]?> _input = Channel.CreateUnbounded<byte[]?>(new() { SingleReader = true, SingleWriter = true });
    private readonly Channel<(int Columns, int Rows)> _sizes = Channel.CreateBounded<(int Columns, int Rows)>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true, SingleWriter = true });
    private readonly SemaphoreSlim _acknowledged = new(0);
    private readonly DateTimeOffset _began = time.GetUtcNow();
    private TerminalEnd? _end;
    private long _last = time.GetTimestamp(), _waitingInput, _unacknowledged, _read, _written;

    public long BytesOut => Interlocked.Read(ref _read);
    public long BytesIn => Interlocked.Read(ref _written);
    public TimeSpan Lasted => time.GetUtcNow() - _began;

    /// <param name="allowed">Ends when the caller may not have it any more.</param>
    public async Task<TerminalEnd> RunAsync(CancellationToken allowed, CancellationToken stopping)
    {
        await using var notAllowed = allowed.Register(() => End(TerminalEnd.AccessEnded));
        await using var shutDown = stopping.Register(() => End(TerminalEnd.ShuttingDown));
        var receiving = ReceiveAsync();
        await Task.WhenAll(WriteOutputAsync(), FeedAsync(), ResizeAsync(), WatchAsync());
        var end = _end ?? TerminalEnd.Lost;
        await CloseAsync(end, receiving);
        return end;
    }

    private void End(TerminalEnd end)
    {
        Interlocked.CompareExchange(ref _end, end, null);
        _ended.Cancel();
    }

    private async Task WriteOutputAsync()
    {
        var buffer = new byte[32 << 10];
        try
        {
            while (true)
            {
                while (Interlocked.Read(ref _unacknowledged) >= TerminalProtocol.Window)
                    await _acknowledged.WaitAsync(_ended.Token);
                var (count, isError) = await program.ReadPartAsync(buffer.AsMemory(1), _ended.Token);
                if (count == 0)
                    break;
                buffer[0] = isError ? TerminalProtocol.Errors : TerminalProtocol.Output;
                Interlocked.Add(ref _unacknowledged, count);
                Interlocked.Add(ref _read, count);
                Touch();
                await SendAsync(buffer.AsMemory(0, count + 1), WebSocketMessageType.Binary);
            }
            var code = await program.ExitCodeAsync(_ended.Token);
            await TellAsync(new TerminalMessage { Type = "exit", Code = code });
            End(new TerminalEnd("exit", 1000, code));
        }
        catch (Exception e) when (IsEnd(e))
        {
            End(TerminalEnd.Lost);
        }
    }

    // Apart from receiving: while a program takes no input, its owner can still resize it, acknowledge and leave.
    private async Task FeedAsync()
    {
        var unsaid = 0L;
        try
        {
            await foreach (var bytes in _input.Reader.ReadAllAsync(_ended.Token))
            {
                if (bytes is null)
                {
                    program.CloseInput();
                    continue;
                }
                await program.WriteAsync(bytes, _ended.Token);
                Interlocked.Add(ref _waitingInput, -bytes.Length);
                Interlocked.Add(ref _written, bytes.Length);
                Touch();
                if ((unsaid += bytes.Length) < TerminalProtocol.InputAckEvery)
                    continue;
                await TellAsync(new TerminalMessage { Type = "ack", Bytes = unsaid });
                unsaid = 0;
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // A program that has ended takes no more; its exit is told where its output ends.
        }
    }

    private async Task WatchAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            await Task.Delay(LookEvery, TimeProvider.System, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (time.GetElapsedTime(Interlocked.Read(ref _last)) >= IdleAfter)
                End(TerminalEnd.Idle);
            else if (Lasted >= AtMost)
                End(TerminalEnd.TimeLimit);
        }
    }

    // Never cancelled: a receive that is broken off breaks the connection, and nobody could be told why.
    private async Task ReceiveAsync()
    {
        var buffer = new byte[TerminalProtocol.AckEvery];
        try
        {
            while (true)
            {
                var (type, count, isWhole) = await NextAsync(buffer);
                if (type == WebSocketMessageType.Close)
                {
                    End(TerminalEnd.ClientLeft);
                    return;
                }
                if (type == WebSocketMessageType.Text)
                {
                    if (!isWhole || !Heed(buffer.AsSpan(0, count)))
                        End(TerminalEnd.NotUnderstood);
                }
                else if (Interlocked.Add(ref _waitingInput, count) > 2 * TerminalProtocol.InputWindow)
                    End(TerminalEnd.TooMuch);
                else if (count > 0)
                    _input.Writer.TryWrite(buffer.AsSpan(0, count).ToArray());
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            End(TerminalEnd.ClientLeft);
        }
    }

    private async Task<(WebSocketMessageType, int, bool)> NextAsync(byte[] buffer)
    {
        var have = 0;
        while (true)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(have), CancellationToken.None);
            have += got.Count;
            // Bytes are passed on as they come; words are understood whole or not at all.
            if (got.EndOfMessage || got.MessageType != WebSocketMessageType.Text || have == buffer.Length)
                return (got.MessageType, have, got.EndOfMessage);
        }
    }

    private bool Heed(ReadOnlySpan<byte> text)
    {
        switch (Read(text))
        {
            case { Type: "resize", Columns: { } columns, Rows: { } rows }:
                if (TerminalStart.IsSize(columns, rows))
                    _sizes.Writer.TryWrite((columns, rows));
                return true;
            case { Type: "ack", Bytes: > 0 and var bytes }:
                if (Interlocked.Add(ref _unacknowledged, -bytes) < 0)
                    return false;
                if (_acknowledged.CurrentCount == 0)
                    _acknowledged.Release();
                return true;
            case { Type: "eof" }:
                _input.Writer.TryWrite(null);
                return true;
            default:
                return false;
        }
    }

    // One after the other, each a call to the server; of those that come meanwhile the last is what counts.
    private async Task ResizeAsync()
    {
        while (!_ended.IsCancellationRequested)
            try
            {
                var (columns, rows) = await _sizes.Reader.ReadAsync(_ended.Token);
                await program.ResizeAsync(columns, rows, _ended.Token);
            }
            catch (Exception e) when (IsEnd(e))
            {
                // It has just ended, or a later size follows.
            }
    }

    public static TerminalMessage? Read(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, WireJson.Default.TerminalMessage);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private Task TellAsync(TerminalMessage message) =>
        SendAsync(JsonSerializer.SerializeToUtf8Bytes(message, WireJson.Default.TerminalMessage), WebSocketMessageType.Text);

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, WebSocketMessageType type)
    {
        await _sending.WaitAsync(_ended.Token);
        try
        {
            await socket.SendAsync(bytes, type, endOfMessage: true, _ended.Token);
        }
        finally
        {
            _sending.Release();
        }
    }

    private void Touch() => Interlocked.Exchange(ref _last, time.GetTimestamp());

    private async Task CloseAsync(TerminalEnd end, Task receiving)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await socket.CloseOutputAsync((WebSocketCloseStatus)end.Status, end.Reason, patience.Token);
            await receiving.WaitAsync(patience.Token);
        }
        catch (Exception e) when (IsEnd(e))
        {
            socket.Abort();
        }
    }

    private static bool IsEnd(Exception e) =>
        e is OperationCanceledException or WebSocketException or IOException or System.Net.Sockets.SocketException or ObjectDisposedException or InvalidOperationException or ServerException;

    public void Dispose()
    {
        _ended.Dispose();
        _sending.Dispose();
        _acknowledged.Dispose();
    }
}
