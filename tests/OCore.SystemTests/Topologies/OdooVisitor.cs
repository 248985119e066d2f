using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using OCore.Features.Topologies.Balancers;
using Xunit;

namespace OCore.SystemTests.Topologies;

/// <summary>A person with a browser's cookies at an Odoo, by its load balancer.</summary>
internal sealed partial class OdooVisitor : IDisposable
{
    private readonly CookieContainer _cookies = new();
    private readonly HttpClient _http;

    public OdooVisitor(string address, string host)
    {
        // A new connection each time, so that each request may come to another node.
        _http = new HttpClient(new SocketsHttpHandler { CookieContainer = _cookies, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.Zero }) { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(60) };
        _http.DefaultRequestHeaders.Host = host;
    }

    /// <summary>The node that the load balancer keeps them on; null where it keeps nobody.</summary>
    public string? Node => _cookies.GetCookies(_http.BaseAddress!)[BalancerPlan.Cookie]?.Value;

    public Task<HttpResponseMessage> GetAsync(string path) => _http.GetAsync(path);

    /// <summary>Whether the page to sign in comes, whoever answers.</summary>
    public async Task<bool> IsAnsweredAsync()
    {
        try
        {
            using var answer = await GetAsync("/web/login");
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>What people get where no node answers: a page that says so, and when to come again.</summary>
    public async Task<bool> ReadsNoticeAsync()
    {
        using var answer = await GetAsync("/web/login");
        return answer is { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.RetryAfter: not null } && await answer.Content.ReadAsStringAsync() == BalancerPlan.Notice;
    }

    public async Task SignInAsync(string login, string password)
    {
        var page = await _http.GetStringAsync("/web/login");
        var token = Token().Match(page).Groups[1].Value;
        using var answer = await _http.PostAsync("/web/login", new FormUrlEncodedContent(new Dictionary<string, string> { ["csrf_token"] = token, ["login"] = login, ["password"] = password }));
        Assert.True((int)answer.StatusCode is 200 or 302 or 303, $"signing in: {answer.StatusCode}");
        Assert.True(await UserAsync() > 0, "nobody is signed in");
    }

    /// <summary>Who is signed in; 0 is nobody.</summary>
    public async Task<int> UserAsync()
    {
        var result = await CallAsync("/web/session/get_session_info", new { });
        return result is { ValueKind: JsonValueKind.Object } info && info.TryGetProperty("uid", out var uid) && uid.ValueKind == JsonValueKind.Number ? uid.GetInt32() : 0;
    }

    public async Task<bool> IsInAsync()
    {
        try
        {
            return await UserAsync() > 0;
        }
        catch (InvalidOperationException)
        {
            // Odoo says that the session has expired.
            return false;
        }
    }

    /// <summary>The database that serves whoever is signed in.</summary>
    public async Task<string?> DatabaseAsync() => (await CallAsync("/web/session/get_session_info", new { })).GetProperty("db").GetString();

    public async Task<JsonElement> ExecuteAsync(string model, string method, object args, object? kwargs = null) =>
        await CallAsync($"/web/dataset/call_kw/{model}/{method}", new { model, method, args, kwargs = kwargs ?? new { } });

    /// <summary>As Odoo's pages ask for something, whatever is answered.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, object parameters) => _http.PostAsJsonAsync(path, new { jsonrpc = "2.0", method = "call", @params = parameters });

    private async Task<JsonElement> CallAsync(string path, object parameters)
    {
        using var answer = await PostAsync(path, parameters);
        answer.EnsureSuccessStatusCode();
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return body.TryGetProperty("result", out var result) ? result : throw new InvalidOperationException(body.ToString()[..Math.Min(600, body.ToString().Length)]);
    }

    /// <summary>The live connection of Odoo's pages: taken up, subscribed, and still there.</summary>
    public async Task LivesAsync()
    {
        using var within = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var socket = await SubscribedAsync(await LiveVersionAsync(), within.Token);
        // What Odoo does not take it answers by closing.
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, within.Token);
        await EndAsync(socket, within.Token);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    /// <summary>Whether it is taken up by now: Odoo listens for live connections some seconds after it answers pages, which ask again by themselves.</summary>
    public async Task<bool> LivesByNowAsync()
    {
        try
        {
            await LivesAsync();
            return true;
        }
        catch (WebSocketException)
        {
            return false;
        }
    }

    /// <summary>Keeps a live connection until it is told to stop: one that ends is taken up again at once, sooner than Odoo's pages do that.</summary>
    /// <returns>How often one ended, and how many tries it took at most to have one again.</returns>
    public async Task<(int Ended, int Tries)> StaysLiveAsync(CancellationToken stop)
    {
        var version = await LiveVersionAsync();
        var (ended, tries, most) = (0, 0, 0);
        while (!stop.IsCancellationRequested)
        {
            most = Math.Max(most, ++tries);
            var since = 0L;
            using var soon = CancellationTokenSource.CreateLinkedTokenSource(stop);
            soon.CancelAfter(TimeSpan.FromSeconds(10));
            try
            {
                using var socket = await SubscribedAsync(version, soon.Token);
                since = Stopwatch.GetTimestamp();
                await EndAsync(socket, stop);
            }
            catch (Exception lost) when (lost is WebSocketException or HttpRequestException or IOException or OperationCanceledException)
            {
                // Nobody said goodbye, nobody was there, or it is over.
            }
            if (stop.IsCancellationRequested)
                break;
            // One that ends as soon as it is there serves nobody.
            if (since > 0 && Stopwatch.GetElapsedTime(since) > TimeSpan.FromSeconds(1))
                (ended, tries) = (ended + 1, 0);
            await Task.Delay(250, CancellationToken.None);
        }
        return (ended, most);
    }

    private async Task<string?> LiveVersionAsync() => (await CallAsync("/web/session/get_session_info", new { })).GetProperty("websocket_worker_version").GetString();

    private async Task<ClientWebSocket> SubscribedAsync(string? version, CancellationToken stop)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.Cookies = _cookies;
            socket.Options.SetRequestHeader("Host", _http.DefaultRequestHeaders.Host);
            socket.Options.SetRequestHeader("Origin", $"http://{_http.DefaultRequestHeaders.Host}");
            await socket.ConnectAsync(new UriBuilder(_http.BaseAddress!) { Scheme = "ws", Path = "/websocket", Query = $"version={version}" }.Uri, stop);
            await socket.SendAsync("""{"event_name":"subscribe","data":{"channels":["ocore-test"],"last":0}}"""u8.ToArray(), WebSocketMessageType.Text, true, stop);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task EndAsync(ClientWebSocket socket, CancellationToken stop)
    {
        var answer = new byte[4096];
        while (await socket.ReceiveAsync(answer, stop) is { MessageType: not WebSocketMessageType.Close })
        {
        }
    }

    public void Dispose() => _http.Dispose();

    [GeneratedRegex("name=\"csrf_token\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
