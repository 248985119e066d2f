using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Tests.Portal;

/// <summary>Each switch, for each who asks, on each way in: off is 403 for the people of the client, and for nobody else.</summary>
public sealed class SwitchTests : IAsyncLifetime
{
    private TestApp _app = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>A route of each way in that bears the switch, beside the tools' own: a tool need not have all three.</summary>
    private async Task StartAsync(Database database) => _app = await TestApp.StartAsync(database, a => a.Route(app =>
    {
        app.UseWebSockets();
        foreach (var feature in PortalFeatures.Names.Keys)
        {
            app.MapGet($"/api/test/{feature}", () => "served").Require("view:instances").PortalFeature(feature);
            app.MapGet($"/api/test/{feature}/stream", StreamAsync).Require("view:instances").PortalFeature(feature).Lasting();
            app.MapGet($"/api/test/{feature}/socket", SocketAsync).Require("view:instances").PortalFeature(feature).Lasting();
        }
    }));

    public Task DisposeAsync() => _app.DisposeAsync();

    private static async Task StreamAsync(HttpContext http)
    {
        http.Response.ContentType = "text/event-stream";
        await http.Response.WriteAsync("data: begin\n\n");
        await http.Response.Body.FlushAsync();
        await Task.Delay(Timeout.Infinite, http.RequestAborted);
    }

    private static async Task SocketAsync(HttpContext http)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        await socket.SendAsync("begin"u8.ToArray(), WebSocketMessageType.Text, true, http.RequestAborted);
        // A receive that is cancelled breaks the connection; the viewer is to be told instead.
        var received = socket.ReceiveAsync(new byte[16], CancellationToken.None);
        await Task.WhenAny(received, Task.Delay(Timeout.Infinite, http.RequestAborted));
        if (received.IsCompleted)
            return;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await socket.CloseOutputAsync(WebSocketCloseStatus.PolicyViolation, "feature_disabled", patience.Token);
    }

    public static TheoryData<string> Switches()
    {
        var data = new TheoryData<string>();
        foreach (var feature in PortalFeatures.Names.Keys)
            data.Add(feature);
        return data;
    }

    [Theory, MemberData(nameof(Switches))]
    public async Task Off_is_refused_to_the_client_and_not_to_its_agency(string feature)
    {
        await StartAsync(Database.Sqlite);
        var world = await PortalWorld.MakeAsync(_app);
        var staff = await _app.MemberAsync(world.Agency.Org, "admin");
        var key = await _app.ApiKeyAsync(world.Member, world.Client);
        foreach (var on in (bool[])[true, false, true])
        {
            await world.SetAsync(With(feature, on));
            foreach (var (who, token, bound) in new[] { ("member", world.Member.Token, true), ("key", key, true), ("agency", staff.Token, false) })
            {
                var allowed = on || !bound;
                using var http = _app.HttpWith(token, world.Client.Slug);
                using var rest = await http.GetAsync($"/api/test/{feature}");
                Assert.True(rest.StatusCode == (allowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden), $"{feature} {on} {who} REST: {rest.StatusCode}");
                if (!allowed)
                    await rest.IsProblemAsync(403, "feature_disabled");
                using var stream = await http.GetAsync($"/api/test/{feature}/stream", HttpCompletionOption.ResponseHeadersRead);
                Assert.True(stream.StatusCode == (allowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden), $"{feature} {on} {who} SSE: {stream.StatusCode}");
                Assert.True(await OpensAsync(feature, token, world.Client.Slug) == allowed, $"{feature} {on} {who} WebSocket");
            }
        }
    }

    /// <summary>The routes as they are: whoever writes a tool's next route and forgets its switch finds none here to excuse it.</summary>
    [Theory, Sqlite, Postgres]
    public async Task Every_route_of_a_tool_is_refused_to_the_client_while_it_is_off(Database database)
    {
        await StartAsync(database);
        var world = await PortalWorld.MakeAsync(_app);
        var key = await _app.ApiKeyAsync(world.Member, world.Client);
        using var staff = _app.HttpAs(world.Agency.Owner, world.Client.Slug);
        var routes = _app.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Select(e => (Endpoint: e, Feature: e.Metadata.GetMetadata<AccessRule>()?.PortalFeature)).Where(r => r.Feature is not null && !r.Endpoint.RoutePattern.RawText!.StartsWith("/api/test", StringComparison.Ordinal)
                // Opened by a ticket, which is asked for at a route that is refused here.
                && !r.Endpoint.RoutePattern.RawText!.EndsWith("/socket", StringComparison.Ordinal)).ToList();
        Assert.True(routes.Count > 50, $"{routes.Count}");
        foreach (var tool in routes.GroupBy(r => r.Feature!))
            foreach (var on in (bool[])[false, true])
            {
                await world.SetAsync(With(tool.Key, on));
                foreach (var (endpoint, _) in tool)
                {
                    var (verb, url) = (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? "GET", UrlOf(endpoint, world));
                    // Nothing is to be done to what there is: what is refused is refused before, and what is not is only looked at.
                    foreach (var token in on && verb != "GET" ? [] : new[] { world.Member.Token, key })
                    {
                        using var http = _app.HttpWith(token, world.Client.Slug);
                        Assert.True(await IsOffAsync(http, verb, url) == !on, $"{tool.Key} {(on ? "on" : "off")}: {verb} {url} for the client");
                    }
                    if (verb == "GET")
                        Assert.False(await IsOffAsync(staff, verb, url), $"{tool.Key} {(on ? "on" : "off")}: {verb} {url} for the agency");
                }
            }
    }

    private static string UrlOf(RouteEndpoint endpoint, PortalWorld world) => System.Text.RegularExpressions.Regex.Replace(endpoint.RoutePattern.RawText!, @"/([a-z-]+)/\{[^}]+\}", m => $"/{m.Groups[1].Value}/" + m.Groups[1].Value switch
    {
        "operations" => world.EndedId, "servers" => world.ServerId, "instances" => world.InstanceId, _ => Guid.CreateVersion7(),
    });

    private static async Task<bool> IsOffAsync(HttpClient http, string verb, string url)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), url);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode == HttpStatusCode.Forbidden && (await answer.Content.ReadAsStringAsync()).Contains("\"feature_disabled\"", StringComparison.Ordinal);
    }

    [Theory, Sqlite, Postgres]
    public async Task What_is_open_ends_within_five_seconds(Database database)
    {
        await StartAsync(database);
        var world = await PortalWorld.MakeAsync(_app);
        using var http = _app.HttpAs(world.Member, world.Client.Slug);
        using var staff = _app.HttpAs(world.Agency.Owner, world.Client.Slug);
        using var events = await http.GetAsync($"/api/operations/{world.OperationId}/events", HttpCompletionOption.ResponseHeadersRead);
        using var ofStaff = await staff.GetAsync($"/api/operations/{world.OperationId}/events", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", events.Content.Headers.ContentType!.MediaType);
        using var socket = await ConnectAsync(PortalFeatures.Terminal, world.Member.Token, world.Client.Slug);
        var watch = Stopwatch.StartNew();
        await world.SetAsync(new UpdatePortalConfig { FeatureLogs = false, FeatureTerminal = false });
        // To its end: the stream is closed, not broken.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        var text = await events.Content.ReadAsStringAsync(patience.Token);
        Assert.Contains("event: log", text, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{watch.Elapsed}");
        var end = await socket.ReceiveAsync(new byte[64], patience.Token);
        Assert.Equal(WebSocketMessageType.Close, end.MessageType);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{watch.Elapsed}");
        // The agency's goes on.
        await using var body = await ofStaff.Content.ReadAsStreamAsync();
        using var briefly = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        var buffer = new byte[64 * 1024];
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await body.ReadAsync(buffer, briefly.Token) > 0)
            {
            }
        });
    }

    [Theory, Sqlite, Postgres]
    public async Task A_session_that_is_ended_ends_its_streams(Database database)
    {
        await StartAsync(database);
        var world = await PortalWorld.MakeAsync(_app);
        using var http = _app.HttpAs(world.Member, world.Client.Slug);
        using var events = await http.GetAsync($"/api/operations/{world.OperationId}/events", HttpCompletionOption.ResponseHeadersRead);
        var watch = Stopwatch.StartNew();
        await _app.RevokeAsync(world.Member);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        await events.Content.ReadAsStringAsync(patience.Token);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(6.5), $"{watch.Elapsed}");
    }

    private async Task<bool> OpensAsync(string feature, string token, string slug)
    {
        try
        {
            using var socket = await ConnectAsync(feature, token, slug);
            return true;
        }
        catch (WebSocketException e) when (e.Message.Contains("403", StringComparison.Ordinal))
        {
            return false;
        }
    }

    private async Task<ClientWebSocket> ConnectAsync(string feature, string token, string slug)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        socket.Options.SetRequestHeader("X-Org-Slug", slug);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await socket.ConnectAsync(new Uri($"ws://{_app.Url.Authority}/api/test/{feature}/socket"), patience.Token);
        await socket.ReceiveAsync(new byte[16], patience.Token);
        return socket;
    }

    private static UpdatePortalConfig With(string feature, bool on) => feature switch
    {
        PortalFeatures.Terminal => new() { FeatureTerminal = on },
        PortalFeatures.FileEditor => new() { FeatureFileEditor = on },
        PortalFeatures.OdooShell => new() { FeatureOdooShell = on },
        PortalFeatures.Monitoring => new() { FeatureMonitoring = on },
        PortalFeatures.Backups => new() { FeatureBackups = on },
        PortalFeatures.Domains => new() { FeatureDomains = on },
        PortalFeatures.Logs => new() { FeatureLogs = on },
        PortalFeatures.Databases => new() { FeatureDatabases = on },
        _ => new() { TeamManagementEnabled = on },
    };
}
