using System.Diagnostics;
using System.Net.Http.Headers;
using OCore.Client;

// The real program, on a port of its own, asked by eight connections at once.
const int Connections = 8;
var (server, seconds) = (args[0], int.Parse(args[1]));
var data = Directory.CreateTempSubdirectory("ocore-bench-").FullName;
var url = new Uri("http://127.0.0.1:18099");
var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
start.ArgumentList.Add(server);
foreach (var (name, value) in new[] { ("DATA", data), ("LISTEN", url.OriginalString), ("ADMIN_EMAIL", "bench@example.com"), ("ADMIN_PASSWORD", "a password for measuring") })
    start.Environment["OCORE_" + name] = value;

var clock = Stopwatch.StartNew();
using var process = Process.Start(start)!;
process.OutputDataReceived += (_, _) => { };
process.BeginOutputReadLine();
try
{
    using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Connections }) { BaseAddress = url };
    while (!await IsReadyAsync(http))
        await Task.Delay(20);
    Console.WriteLine($"start          {clock.ElapsedMilliseconds,8} ms (first start, with migrations)");
    using var api = new OCoreHttp(http);
    var tokens = await api.Post<LoginRequest, SessionTokens>("/api/auth/login", new LoginRequest { Email = "bench@example.com", Password = "a password for measuring" });
    http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken);
    foreach (var path in new[] { "/healthz", "/api/user", "/api/operations", "/api/instances", "/api/agency" })
        await MeasureAsync(http, path);
    process.Refresh();
    Console.WriteLine($"memory         {process.WorkingSet64 >> 20,8} MB after that");
}
finally
{
    process.Kill();
    await process.WaitForExitAsync();
    Directory.Delete(data, recursive: true);
}

async Task MeasureAsync(HttpClient http, string path)
{
    await OnceAsync(http, path);
    var until = Stopwatch.GetTimestamp() + seconds * Stopwatch.Frequency;
    var all = await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
    {
        var times = new List<double>();
        while (Stopwatch.GetTimestamp() < until)
        {
            var before = Stopwatch.GetTimestamp();
            await OnceAsync(http, path);
            times.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
        }
        return times;
    }));
    var sorted = all.SelectMany(t => t).Order().ToList();
    Console.WriteLine($"{path,-18} {sorted.Count / seconds,6}/s   p50 {At(0.5),7:0.0} ms   p99 {At(0.99),7:0.0} ms   max {sorted[^1],7:0.0} ms");

    double At(double part) => sorted[(int)(part * (sorted.Count - 1))];
}

static async Task OnceAsync(HttpClient http, string path)
{
    using var response = await http.GetAsync(path);
    await response.Content.ReadAsByteArrayAsync();
}

static async Task<bool> IsReadyAsync(HttpClient http)
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
