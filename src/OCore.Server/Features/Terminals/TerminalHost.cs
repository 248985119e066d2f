using System.Net.WebSockets;
using Microsoft.AspNetCore.Http.Features;
using System.Text.Json;
using OCore.Client;
using OCore.Features.AuditLog;
using OCore.Features.Instances;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Terminals;

/// <summary>Runs one terminal from its handshake to its end, and writes both into the audit log.</summary>
internal sealed class TerminalHost(
    SocketTickets tickets, OpenTerminals open, OCoreDbFactory databases, InstanceHost instances, IHostApplicationLifetime life, TimeProvider time, ILogger<TerminalHost> log)
{
    public InstanceHost Instances => instances;

    public async Task RunAsync(
        HttpContext http, IAudited target, Guid orgId, string kind, Func<TerminalStart, CancellationToken, Task<(ITerminalProgram Program, string? Banner)>> begin, CancellationToken stop)
    {
        var caller = http.RequestServices.GetRequiredService<Caller>();
        var ticket = http.Features.GetRequiredFeature<SocketTicket>();
        if (!ticket.IsOf(caller.Access))
        {
            await SocketDoor.Refused.WriteAsync(http);
            return;
        }
        if (!open.TryOpen(caller.UserId))
        {
            await TerminalProblems.TooMany.WriteAsync(http);
            return;
        }
        try
        {
            if (!await tickets.UseAsync(ticket, stop))
            {
                await SocketDoor.Refused.WriteAsync(http);
                return;
            }
            using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = TerminalProtocol.Name, KeepAliveInterval = TimeSpan.FromSeconds(20), KeepAliveTimeout = TimeSpan.FromSeconds(30) });
            await ServeAsync(socket, caller, target, orgId, kind, begin, stop);
        }
        finally
        {
            open.Close(caller.UserId);
        }
    }

    private async Task ServeAsync(
        WebSocket socket, Caller caller, IAudited target, Guid orgId, string kind, Func<TerminalStart, CancellationToken, Task<(ITerminalProgram Program, string? Banner)>> begin, CancellationToken stop)
    {
        if (await TerminalStart.ReceiveAsync(socket, stop) is not { } start || start.Command is not null && kind != "terminal")
        {
            await CloseAsync(socket, TerminalEnd.NotUnderstood);
            return;
        }
        ITerminalProgram? program = null;
        try
        {
            (program, var banner) = await begin(start, stop);
            await TellAsync(socket, new TerminalMessage { Type = "started" }, stop);
            if (banner is not null)
                await TellAsync(socket, new TerminalMessage { Type = "notice", Message = banner }, stop);
        }
        catch (Exception e) when (e is ServerException or TryLaterException or StepRefusedException or OperationCanceledException or WebSocketException)
        {
            // Where it runs is not for everybody to know.
            var why = caller.Access.Portal is null ? e.Message : "The terminal could not be opened now. Try again in a moment.";
            await TellAsync(socket, new TerminalMessage { Type = "error", Message = why }, CancellationToken.None);
            await CloseAsync(socket, stop.IsCancellationRequested ? TerminalEnd.AccessEnded : TerminalEnd.Lost);
            // It may have begun before their access ended.
            if (program is not null)
                await program.DisposeAsync();
            return;
        }
        await using var running = program;
        using var session = new TerminalSession(socket, program, time);
        var about = new Dictionary<string, AuditChangeValue> { ["kind"] = new(null, kind) };
        if (start.Command is { } words)
            about["command"] = new(null, Shortened(Redaction.Of(string.Join(' ', words))));
        await RecordAsync(caller, "terminal.opened", orgId, target, about);
        var end = await session.RunAsync(stop, life.ApplicationStopping);
        about["ended"] = new(null, end.ExitCode is { } code ? $"{end.Reason} {code}" : end.Reason);
        about["seconds"] = new(null, ((long)session.Lasted.TotalSeconds).ToString());
        about["bytesTyped"] = new(null, session.BytesIn.ToString());
        about["bytesShown"] = new(null, session.BytesOut.ToString());
        await RecordAsync(caller, "terminal.closed", orgId, target, about);
    }

    private async Task RecordAsync(Caller caller, string action, Guid orgId, IAudited target, Dictionary<string, AuditChangeValue> about)
    {
        try
        {
            await using var db = databases.For(caller.Tenant, caller.AsActor());
            db.Record(action, orgId, target, new Dictionary<string, AuditChangeValue>(about));
            await db.SaveChangesAsync(CancellationToken.None);
        }
        catch (Exception e) when (action == "terminal.closed" && e is not OutOfMemoryException)
        {
            // The opening is recorded; without that there is no terminal.
            log.LogError(e, "The end of a terminal could not be recorded");
        }
    }

    private static string Shortened(string text) => text.Length > 500 ? text[..500] + "…" : text;

    private static async Task TellAsync(WebSocket socket, TerminalMessage message, CancellationToken stop)
    {
        try
        {
            await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message, WireJson.Default.TerminalMessage), WebSocketMessageType.Text, true, stop);
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or IOException)
        {
            // Nobody is there any more.
        }
    }

    private static async Task CloseAsync(WebSocket socket, TerminalEnd end)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await socket.CloseAsync((WebSocketCloseStatus)end.Status, end.Reason, patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            socket.Abort();
        }
    }
}
