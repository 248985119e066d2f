using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using OCore.Client;

namespace OCore.Bench;

/// <summary>The published server, started as bin/up starts it: <c>dotnet OCore.Server.dll</c> with settings from the environment.</summary>
public sealed class ServerUnderTest : IAsyncDisposable
{
    public const string Email = "bench@example.com", Password = "a password for measuring";
    private readonly Process _process;
    private readonly Queue<string> _said = new();

    private ServerUnderTest(Process process, Uri url, string data) => (_process, Url, Data) = (process, url, data);

    public Uri Url { get; }
    public string Data { get; }
    public int Id => _process.Id;
    /// <summary>From the start of the process to the first 200 of /readyz.</summary>
    public TimeSpan ReadyAfter { get; private set; }
    public TimeSpan CpuWhenReady { get; private set; }

    public static string NewDirectory() => Directory.CreateTempSubdirectory("ocore-bench-").FullName;

    public static async Task<ServerUnderTest> StartAsync(string data, string database = "sqlite", IReadOnlyDictionary<string, string>? settings = null, Uri? url = null)
    {
        if (!File.Exists(Repository.Server))
            throw new BenchException("There is no published server; bin/bench builds it.");
        url ??= new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo("dotnet", [Repository.Server]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("OCORE_", StringComparison.Ordinal) && !k.StartsWith("OCORE_IMAGE_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        var own = new Dictionary<string, string>
        {
            ["DATA"] = data, ["DATABASE"] = database, ["LISTEN"] = url.OriginalString, ["ADMIN_EMAIL"] = Email, ["ADMIN_PASSWORD"] = Password,
        };
        foreach (var (name, value) in own.Concat(settings ?? new Dictionary<string, string>()))
            start.Environment["OCORE_" + name] = value;
        var began = Stopwatch.GetTimestamp();
        var server = new ServerUnderTest(Process.Start(start)!, url, data);
        server.Listen();
        await server.UntilReadyAsync(began);
        return server;
    }

    /// <summary>Signed in as the first operator.</summary>
    public async Task<OCoreHttp> SignInAsync()
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Url, Timeout = TimeSpan.FromMinutes(10) };
        var api = new OCoreHttp(http);
        var tokens = await api.Post<LoginRequest, SessionTokens>("/api/auth/login", new LoginRequest { Email = Email, Password = Password });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken);
        return api;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            Process.Start("kill", $"{_process.Id}")!.WaitForExit();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }
        _process.Dispose();
    }

    private void Listen()
    {
        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (_said)
            {
                _said.Enqueue(line.Data ?? "");
                while (_said.Count > 30)
                    _said.Dequeue();
            }
        }
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The last lines of its log.</summary>
    public string Said()
    {
        lock (_said)
            return string.Join('\n', _said);
    }

    private async Task UntilReadyAsync(long began)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Url };
        while (!await IsReadyAsync(http))
        {
            if (_process.HasExited)
                throw new BenchException("The server did not start:\n" + Said());
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromMinutes(2))
                throw new BenchException("The server does not become ready:\n" + Said());
            await Task.Delay(5);
        }
        ReadyAfter = Stopwatch.GetElapsedTime(began);
        CpuWhenReady = ProcessUse.Cpu([Id]);
    }

    private static async Task<bool> IsReadyAsync(HttpClient http)
    {
        try
        {
            using var response = await http.GetAsync("/readyz");
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
