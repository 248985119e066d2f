using System.Net.Http.Json;
using System.Text.Json;

namespace OCore.Bench;

/// <summary>Signing in to an Odoo as its web client does, over JSON-RPC.</summary>
public sealed class Odoo(string host, int port, string name, string database) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{host}:{port}"), Timeout = TimeSpan.FromMinutes(5) };

    /// <summary>Until it lets this person in.</summary>
    public async Task SignInAsync(string login, string password, TimeSpan within)
    {
        var (until, last) = (DateTime.UtcNow + within, "");
        while (DateTime.UtcNow < until)
        {
            try
            {
                last = await TryAsync(login, password);
                if (last.Length == 0)
                    return;
            }
            catch (Exception failed) when (failed is HttpRequestException or JsonException or TaskCanceledException)
            {
                last = failed.Message;
            }
            await Task.Delay(100);
        }
        throw new BenchException($"Odoo did not let {login} in: {last}");
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Why not; empty where it did.</summary>
    private async Task<string> TryAsync(string login, string password)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/web/session/authenticate")
        {
            Content = JsonContent.Create(new { jsonrpc = "2.0", method = "call", @params = new { db = database, login, password } }),
        };
        request.Headers.Host = name;
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode)
            return $"{(int)response.StatusCode} {text[..Math.Min(200, text.Length)]}";
        using var answer = JsonDocument.Parse(text);
        return answer.RootElement.TryGetProperty("result", out var result) && result.TryGetProperty("uid", out var uid) && uid.ValueKind == JsonValueKind.Number ? "" : text[..Math.Min(200, text.Length)];
    }
}
