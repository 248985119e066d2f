using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using OCore.Features.Topologies.Balancers;

namespace OCore.Tests.Topologies;

/// <summary>An Odoo as a load balancer sees it: two ports, two health pages, live connections, and it repeats what it was told.</summary>
internal sealed class FakeOdoo(string name, int port, int livePort) : IAsyncDisposable
{
    /// <summary>A page that takes as long as the test wants.</summary>
    public const string SlowPath = "/slow";
    /// <summary>A page that it begins, and ends the connection without a word.</summary>
    public const string CutPath = "/cut";

    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication? _web;
    private int _pages, _waiting;
    private volatile int _health = 200, _status = 200;

    public int Port => port;
    /// <summary>What its health pages answer; 0 is that they never do. All other pages are as always.</summary>
    public int Health { get => _health; set => _health = value; }
    /// <summary>What all other pages answer.</summary>
    public int Status { get => _status; set => _status = value; }
    /// <summary>How many pages people asked it for.</summary>
    public int Pages => Volatile.Read(ref _pages);
    /// <summary>How many of them wait for their slow page.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public BalancedNode Node(string id) => new(id, IPAddress.Loopback, port, livePort);

    public static async Task<FakeOdoo> StartAsync(string name)
    {
        var odoo = new FakeOdoo(name, TestPorts.Free(), TestPorts.Free());
        await odoo.BackAsync();
        return odoo;
    }

    public async Task BackAsync()
    {
        if (_web is not null)
            return;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}", $"http://127.0.0.1:{livePort}");
        _web = builder.Build();
        _web.UseWebSockets();
        _web.Run(AnswerAsync);
        await _web.StartAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var isLive = http.Connection.LocalPort == livePort;
        var who = $"{name} {(isLive ? "live" : "http")}";
        if (http.WebSockets.IsWebSocketRequest)
        {
            await RepeatAsync(http, who);
            return;
        }
        var health = http.Request.Path == (isLive ? "/websocket/health" : "/web/health");
        if (!health)
            Interlocked.Increment(ref _pages);
        if (http.Request.Path == SlowPath)
        {
            Interlocked.Increment(ref _waiting);
            await _released.Task;
        }
        if (http.Request.Path == CutPath)
        {
            http.Abort();
            return;
        }
        if (health && Health == 0)
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        http.Response.StatusCode = !health ? Status : http.Request.Host.HasValue ? Health : 500;
        await http.Response.WriteAsync($"{who}\n" + string.Join('\n', http.Request.Headers.Select(h => $"{h.Key}: {h.Value}")));
    }

    private static async Task RepeatAsync(HttpContext http, string who)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[200];
        while (await socket.ReceiveAsync(buffer.AsMemory(), http.RequestAborted) is { MessageType: WebSocketMessageType.Text } heard)
            await socket.SendAsync(Encoding.UTF8.GetBytes($"{who}: {Encoding.UTF8.GetString(buffer, 0, heard.Count)}"), WebSocketMessageType.Text, true, http.RequestAborted);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, http.RequestAborted);
    }

    /// <summary>Whoever waits for a slow page gets it.</summary>
    public void Release() => _released.TrySetResult();

    public async Task GoneAsync()
    {
        await using var web = _web;
        _web = null;
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        await GoneAsync();
    }
}
