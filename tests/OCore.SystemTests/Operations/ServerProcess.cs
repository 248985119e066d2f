using System.Diagnostics;
using System.Net;
using System.Text;
using OCore.Client;
using OCore.Tests;
using Xunit;

namespace OCore.SystemTests.Operations;

/// <summary>The program as an operator runs it: a process of its own with its data directory and port, which can be killed and started again.</summary>
internal sealed class ServerProcess
{
    private const string Email = "operator@test.example";

    private readonly StringBuilder _said = new();
    private readonly int _port = TestPorts.Free();
    private Process? _process;

    public string Data { get; } = Directory.CreateTempSubdirectory("ocore-killed-").FullName;
    public Uri Url => new($"http://127.0.0.1:{_port}");
    public int Id => _process!.Id;
    public OCoreHttp Http { get; private set; } = null!;
    public string Token { get; private set; } = "";
    public Dictionary<string, string> Settings { get; } = [];

    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    /// <summary>Starts it and waits until it takes requests.</summary>
    public async Task<TimeSpan> StartAsync()
    {
        var clock = Stopwatch.StartNew();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "OCore.Server.dll")]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("OCORE_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in new Dictionary<string, string>(Settings) { ["DATA"] = Data, ["LISTEN"] = Url.ToString().TrimEnd('/'), ["ADMIN_EMAIL"] = Email, ["ADMIN_PASSWORD"] = TestApp.Password })
            start.Environment["OCORE_" + name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Hear;
        _process.ErrorDataReceived += Hear;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var http = new HttpClient { BaseAddress = Url };
        while (!await IsReadyAsync(http))
        {
            Assert.False(_process.HasExited, $"The server ended:\n{Said}");
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"The server did not become ready:\n{Said}");
            await Task.Delay(20);
        }
        if (Token.Length == 0)
        {
            using var anonymous = OCoreHttp.Connect(Url);
            Token = (await anonymous.Post<LoginRequest, SessionTokens>("/api/auth/login", new LoginRequest { Email = Email, Password = TestApp.Password })).AccessToken;
        }
        Http = OCoreHttp.Connect(Url, Token);
        return clock.Elapsed;
    }

    /// <summary>As a power cut or the kernel's memory killer ends it: nobody gets to say or write anything.</summary>
    public async Task KillAsync()
    {
        _process!.Kill(); // SIGKILL
        await _process.WaitForExitAsync();
        Http.Dispose();
    }

    public async Task EndAsync()
    {
        if (_process is { HasExited: false })
        {
            using var polite = Process.Start("kill", [_process.Id.ToString()]);
            await Task.WhenAny(_process.WaitForExitAsync(), Task.Delay(TimeSpan.FromSeconds(10)));
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process?.Dispose();
        Directory.Delete(Data, recursive: true);
    }

    private void Hear(object sender, DataReceivedEventArgs line)
    {
        lock (_said)
            _said.AppendLine(line.Data);
    }

    private static async Task<bool> IsReadyAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

}
