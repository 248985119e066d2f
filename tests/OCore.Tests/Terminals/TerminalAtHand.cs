using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using OCore.Client;

namespace OCore.Tests.Terminals;

/// <summary>One end of a terminal's WebSocket, as a program or a page holds it.</summary>
internal sealed class TerminalAtHand(ClientWebSocket socket) : IAsyncDisposable
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private readonly StringBuilder _text = new();

    public long Received { get; private set; }
    public List<TerminalMessage> Messages { get; } = [];
    public string Text => _text.ToString();
    public WebSocketCloseStatus? Status => socket.CloseStatus;
    public string? Reason => socket.CloseStatusDescription;

    /// <summary>Whether what comes is acknowledged; who does not is a viewer that stands still.</summary>
    public bool Acknowledges { get; set; } = true;

    /// <summary>The socket of a ticket with this sign-in; the status of the refusal where it is refused.</summary>
    public static async Task<(ClientWebSocket? Socket, HttpStatusCode Status)> ConnectAsync(
        TestApp app, string path, string? ticket, string? token = null, string? cookie = null, string? origin = null, string? slug = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(TerminalProtocol.Name);
        socket.Options.CollectHttpResponseDetails = true;
        if (ticket is not null)
            socket.Options.AddSubProtocol(ticket);
        if (token is not null)
            socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        if (cookie is not null)
            socket.Options.SetRequestHeader("Cookie", cookie);
        if (origin is not null)
            socket.Options.SetRequestHeader("Origin", origin);
        if (slug is not null)
            socket.Options.SetRequestHeader("X-Org-Slug", slug);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await socket.ConnectAsync(new Uri($"ws://{app.Url.Authority}{path}"), patience.Token);
            return (socket, HttpStatusCode.SwitchingProtocols);
        }
        catch (WebSocketException)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            return (null, status);
        }
    }

    public static async Task<TerminalAtHand> OpenAsync(OCoreHttp http, string path, TerminalMessage? start = null)
    {
        var hand = new TerminalAtHand(await http.OpenTerminal(await http.Post<TerminalTicket>(path)));
        await hand.TellAsync(start ?? new TerminalMessage { Type = "start", Columns = 80, Rows = 24 });
        return hand;
    }

    public Task TellAsync(TerminalMessage message) =>
        socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message, WireJson.Default.TerminalMessage), WebSocketMessageType.Text, true, CancellationToken.None);

    public Task TypeAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public Task SendAsync(byte[] bytes) => socket.SendAsync(bytes, WebSocketMessageType.Binary, true, CancellationToken.None);

    /// <summary>Reads one message. False at the end.</summary>
    public async Task<bool> NextAsync(CancellationToken stop)
    {
        if (socket.CloseStatus is not null)
            return false;
        var have = 0;
        ValueWebSocketReceiveResult got;
        do
        {
            got = await socket.ReceiveAsync(_buffer.AsMemory(have), stop);
            have += got.Count;
        }
        while (!got.EndOfMessage && have < _buffer.Length);
        if (got.MessageType == WebSocketMessageType.Close)
            return false;
        if (got.MessageType == WebSocketMessageType.Text)
        {
            Messages.Add(JsonSerializer.Deserialize(_buffer.AsSpan(0, have), WireJson.Default.TerminalMessage)!);
            return true;
        }
        Received += have - 1;
        if (_text.Length < 1 << 20)
            _text.Append(Encoding.UTF8.GetString(_buffer, 1, have - 1));
        if (Acknowledges)
            await TellAsync(new TerminalMessage { Type = "ack", Bytes = have - 1 });
        return true;
    }

    public async Task<string> UntilAsync(Func<string, bool> seen, int seconds = 20)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        try
        {
            while (!seen(Text))
                if (!await NextAsync(patience.Token))
                    Assert.Fail($"It ended ({Status} {Reason}) after: {Text}\n{string.Join('\n', Messages)}");
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"It did not come in {seconds} s, after: {Text}\n{string.Join('\n', Messages)}");
        }
        return Text;
    }

    public Task<string> UntilAsync(string text, int seconds = 20) => UntilAsync(all => all.Contains(text, StringComparison.Ordinal), seconds);

    /// <summary>To its end, and why.</summary>
    public async Task<string?> EndAsync(int seconds = 20)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (await NextAsync(patience.Token))
        {
        }
        return Reason;
    }

    public ValueTask DisposeAsync()
    {
        socket.Abort();
        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
