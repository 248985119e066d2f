using System.Net.WebSockets;
using OCore.Client;

namespace OCore.Features.Terminals;

/// <summary>The first message of a terminal: what to run, and how large it is shown.</summary>
internal sealed record TerminalStart(IReadOnlyList<string>? Command, bool Tty, int Columns, int Rows)
{
    private const int LongestCommand = 32 << 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static bool IsSize(int columns, int rows) => columns is >= 1 and <= 1000 && rows is >= 1 and <= 1000;

    /// <summary>Null where what came is none, or nothing came in time.</summary>
    public static async Task<TerminalStart?> ReceiveAsync(WebSocket socket, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        ended.CancelAfter(Patience);
        var buffer = new byte[64 << 10];
        var have = 0;
        try
        {
            while (have < buffer.Length)
            {
                var got = await socket.ReceiveAsync(buffer.AsMemory(have), ended.Token);
                have += got.Count;
                if (got.MessageType != WebSocketMessageType.Text)
                    return null;
                if (got.EndOfMessage)
                    return Of(TerminalSession.Read(buffer.AsSpan(0, have)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            // They left before they began.
        }
        return null;
    }

    private static TerminalStart? Of(TerminalMessage? message)
    {
        if (message is not { Type: "start" })
            return null;
        var (columns, rows) = (message.Columns ?? 80, message.Rows ?? 24);
        var command = message.Command is { Count: > 0 } words ? words : null;
        if (!IsSize(columns, rows) || command is not null && (command.Count > 200 || command.Any(w => w is null || w.Contains('\0')) || command.Sum(w => w.Length) > LongestCommand || command[0].Length == 0))
            return null;
        return new TerminalStart(command, message.Tty ?? true, columns, rows);
    }
}
