using System.Net.WebSockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using OCore.Client;

namespace OCore.Cli;

/// <summary>One terminal from its ticket to its exit code: the local terminal's keys and size go there, what is written comes here.</summary>
internal static class Terminals
{
    public static async Task<int> Run(Call call, TerminalTicket ticket, string[]? command, bool tty)
    {
        using var socket = await Open(call, ticket);
        using var raw = tty && call.Io.InIsTerminal ? RawTerminal.Enter() : null;
        using var session = new Session(call, socket, tty);
        await session.Tell(new TerminalMessage { Type = "start", Command = command, Tty = tty, Columns = session.Columns, Rows = session.Rows });
        return await session.Run();
    }

    private static async Task<ClientWebSocket> Open(Call call, TerminalTicket ticket)
    {
        try
        {
            return await call.Api.OpenTerminal(ticket, call.Stop);
        }
        catch (WebSocketException refused)
        {
            throw new CliException(ExitCode.Refused, $"The terminal was not opened: {refused.Message}", "A proxy in between has to let WebSockets through.");
        }
    }

    private sealed class Session(Call call, ClientWebSocket socket, bool tty) : IDisposable
    {
        private readonly SemaphoreSlim sending = new(1);
        private readonly SemaphoreSlim room = new(0);
        private readonly Stream output = call.Io.BytesOut(), errors = call.Io.BytesErr();
        private long outstanding, taken;
        private int? exit;

        public int Columns => Math.Clamp(call.Io.Width(), 1, 1000);
        public int Rows => Math.Clamp(call.Io.Height(), 1, 1000);

        public async Task<int> Run()
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.Stop);
            using var resized = tty && !OperatingSystem.IsWindows() ? PosixSignalRegistration.Create(PosixSignal.SIGWINCH, signal => _ = Resize()) : null;
            // It may wait for a key that never comes; the process ends without it.
            _ = SendInput(ended.Token);
            string? failure = null;
            var buffer = new byte[64 * 1024];
            var have = 0;
            try
            {
                while (true)
                {
                    var got = await socket.ReceiveAsync(buffer.AsMemory(have), call.Stop);
                    if (got.MessageType == WebSocketMessageType.Close)
                        break;
                    have += got.Count;
                    if (!got.EndOfMessage && have < buffer.Length)
                        continue;
                    if (got.MessageType == WebSocketMessageType.Binary)
                        await Show(buffer.AsMemory(0, have));
                    else
                        failure = await Heed(buffer.AsSpan(0, have).ToArray()) ?? failure;
                    have = 0;
                }
            }
            catch (WebSocketException lost)
            {
                failure ??= $"The connection was lost: {lost.Message}";
            }
            await ended.CancelAsync();
            if (exit is { } code)
                return code;
            throw new CliException(ExitCode.Error, failure ?? Why());
        }

        private string Why() => socket.CloseStatusDescription switch
        {
            "idle" => "The terminal was closed: nothing happened in it for a while.",
            "time_limit" => "The terminal was closed: it was open for as long as one may be.",
            "access_ended" => "The terminal was closed: you may not have it any more.",
            "shutting_down" => "The terminal was closed: the server is being restarted.",
            { Length: > 0 } other => $"The terminal was closed: {other}.",
            _ => "The terminal was closed.",
        };

        private async Task Show(ReadOnlyMemory<byte> message)
        {
            var to = message.Span[0] == TerminalProtocol.Errors ? errors : output;
            await to.WriteAsync(message[1..], call.Stop);
            await to.FlushAsync(call.Stop);
            if ((taken += message.Length - 1) < TerminalProtocol.AckEvery)
                return;
            await Tell(new TerminalMessage { Type = "ack", Bytes = taken });
            taken = 0;
        }

        private async Task<string?> Heed(byte[] text)
        {
            var message = JsonSerializer.Deserialize(text, WireJson.Default.TerminalMessage);
            switch (message)
            {
                case { Type: "exit", Code: { } code }:
                    exit = code;
                    break;
                case { Type: "notice", Message: { } notice }:
                    await errors.WriteAsync(Encoding.UTF8.GetBytes(tty ? notice : notice.ReplaceLineEndings("\n")), call.Stop);
                    break;
                case { Type: "ack", Bytes: { } bytes }:
                    Interlocked.Add(ref outstanding, -bytes);
                    room.Release();
                    break;
                case { Type: "error" }:
                    return message.Message;
            }
            return null;
        }

        private async Task SendInput(CancellationToken stop)
        {
            var buffer = new byte[16 * 1024];
            var input = call.Io.BytesIn();
            try
            {
                while (true)
                {
                    while (Interlocked.Read(ref outstanding) > TerminalProtocol.InputWindow - buffer.Length)
                        await room.WaitAsync(stop);
                    // On a thread of its own: reading a terminal blocks.
                    var count = await Task.Run(() => input.Read(buffer), stop);
                    if (count == 0)
                        break;
                    Interlocked.Add(ref outstanding, count);
                    await Send(buffer.AsMemory(0, count), WebSocketMessageType.Binary, stop);
                }
                await Tell(new TerminalMessage { Type = "eof" });
            }
            catch (Exception over) when (over is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                // The other end is gone, and Run says so.
            }
        }

        private async Task Resize()
        {
            try
            {
                await Tell(new TerminalMessage { Type = "resize", Columns = Columns, Rows = Rows });
            }
            catch (Exception over) when (over is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                // As above.
            }
        }

        public Task Tell(TerminalMessage message) => Send(JsonSerializer.SerializeToUtf8Bytes(message, WireJson.Default.TerminalMessage), WebSocketMessageType.Text, call.Stop);

        private async Task Send(ReadOnlyMemory<byte> bytes, WebSocketMessageType type, CancellationToken stop)
        {
            await sending.WaitAsync(stop);
            try
            {
                await socket.SendAsync(bytes, type, true, stop);
            }
            finally
            {
                sending.Release();
            }
        }

        public void Dispose()
        {
            sending.Dispose();
            room.Dispose();
        }
    }
}

/// <summary>While it is held, each key goes to the program at once, control keys too. The structure is the C library's own business.</summary>
internal sealed class RawTerminal : IDisposable
{
    private const int Now = 0;
    private readonly byte[] before;

    private RawTerminal(byte[] before) => this.before = before;

    public static RawTerminal? Enter()
    {
        if (OperatingSystem.IsWindows())
            return null;
        // Asking for the size sets the runtime's own view of the terminal up, which must not happen after this.
        _ = Console.WindowWidth;
        var (before, raw) = (new byte[256], new byte[256]);
        if (tcgetattr(0, before) != 0 || tcgetattr(0, raw) != 0)
            return null;
        cfmakeraw(raw);
        return tcsetattr(0, Now, raw) == 0 ? new RawTerminal(before) : null;
    }

    public void Dispose() => _ = tcsetattr(0, Now, before);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int tcgetattr(int descriptor, [Out] byte[] settings);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int tcsetattr(int descriptor, int when, byte[] settings);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void cfmakeraw([In, Out] byte[] settings);
}
