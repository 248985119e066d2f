using System.ComponentModel.DataAnnotations;
using System.Net.WebSockets;

namespace OCore.Client;

/// <summary>Opens one terminal: once, within half a minute, for whoever asked for it and from where they asked.</summary>
public sealed record TerminalTicket
{
    /// <summary>Offered as a subprotocol of the WebSocket, beside <c>ocore.terminal.v1</c>; never part of an address.</summary>
    public required string Ticket { get; init; }
    /// <summary>The path of the WebSocket.</summary>
    public required string Socket { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
    /// <summary>It is closed after so many minutes in which nothing was typed or written.</summary>
    public required int IdleMinutes { get; init; }
    /// <summary>It is closed after so many hours whatever happens in it.</summary>
    public required int MaxHours { get; init; }
}

/// <summary>
/// What goes through the WebSocket of a terminal beside bytes, as text. The first message is the client's <c>start</c>; then
/// <c>resize</c>, <c>eof</c> and, both ways, <c>ack</c>. The server says <c>started</c>, <c>notice</c>, <c>exit</c> and <c>error</c>.
/// Binary messages are bytes: from the client input, from the server a byte 1 (output) or 2 (errors) and then output.
/// </summary>
public sealed record TerminalMessage
{
    public required string Type { get; init; }
    /// <summary>Of <c>start</c>: a program and its arguments in place of a shell.</summary>
    [MaxLength(200)] public IReadOnlyList<string>? Command { get; init; }
    /// <summary>Of <c>start</c>: whether the program gets a terminal (as without it), or its input and output as they are.</summary>
    public bool? Tty { get; init; }
    public int? Columns { get; init; }
    public int? Rows { get; init; }
    /// <summary>Of <c>ack</c>: so many bytes were taken. Neither side sends more than a window ahead of what was.</summary>
    public long? Bytes { get; init; }
    /// <summary>Of <c>exit</c>.</summary>
    public int? Code { get; init; }
    /// <summary>Of <c>error</c> and <c>notice</c>.</summary>
    public string? Message { get; init; }
}

/// <summary>What both ends of a terminal's WebSocket hold to.</summary>
public static class TerminalProtocol
{
    public const string Name = "ocore.terminal.v1", TicketPrefix = "ocore.ticket.";
    /// <summary>How many bytes may be on their way without having been acknowledged.</summary>
    public const int Window = 1 << 20, InputWindow = 256 << 10;
    /// <summary>So many are acknowledged together.</summary>
    public const int AckEvery = 64 << 10, InputAckEvery = 16 << 10;
    public const byte Output = 1, Errors = 2;
    /// <summary>Why a terminal was closed, as close codes of the WebSocket beside the standard's own.</summary>
    public const int Idle = 4000, TimeLimit = 4001;
}

public sealed partial class OCoreHttp
{
    /// <summary>The WebSocket that a ticket opens, with the caller's own sign-in.</summary>
    public async Task<ClientWebSocket> OpenTerminal(TerminalTicket ticket, CancellationToken stop = default)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(TerminalProtocol.Name);
            socket.Options.AddSubProtocol(ticket.Ticket);
            socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(20);
            var address = new UriBuilder(new Uri(Http.BaseAddress!, ticket.Socket));
            address.Scheme = address.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs;
            await socket.ConnectAsync(address.Uri, Http, stop).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
