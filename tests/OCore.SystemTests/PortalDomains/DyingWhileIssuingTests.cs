using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.Data.Sqlite;
using OCore.Client;
using OCore.Tests;
using Xunit;

namespace OCore.SystemTests.PortalDomains;

/// <summary>The real program, killed while an order is on its way.</summary>
public sealed class DyingWhileIssuingTests
{
    [Fact]
    public async Task The_next_process_goes_on_with_the_same_order()
    {
        var (http, https) = (TestPorts.Free(), TestPorts.Free());
        await using var dns = await NameServer.StartAsync();
        await using var authority = await CertificateAuthority.StartAsync(dns, http, sleep: 4);
        var data = Directory.CreateTempSubdirectory("ocore-kill-").FullName;
        var environment = PortalScene.SettingsOf(dns, authority, http, https).Append(("DATA", data)).Append(("ADMIN_EMAIL", "admin@ocore.example")).Append(("ADMIN_PASSWORD", "a password for tests"))
            .Select(s => ("OCORE_" + s.Item1, s.Item2)).ToList();
        try
        {
            var first = await StartAsync(environment, http);
            using var api = await SignInAsync(http);
            await api.PostAsync("/api/agency/enable", null);
            var domain = (await (await api.PostAsJsonAsync("/api/agency/portal-domains", new CreatePortalDomain { CustomDomain = "killed.test" })).Content.ReadFromJsonAsync(WireJson.Default.PortalDomainView))!;
            await dns.SetAsync("_ocore-verify.killed.test", $"TXT \"{domain.DnsVerificationToken}\"");
            await dns.SetAsync("killed.test", "A 127.0.0.1");
            await api.PostAsync($"/api/agency/portal-domains/{domain.Id}/verify", null);
            await Peer.UntilAsync(() => Ask(data, "SELECT COUNT(*) FROM Certificates WHERE Host = 'killed.test' AND OrderUrl IS NOT NULL") == 1, "no order was made");
            await first.DisposeAsync();
            Assert.Equal(0, Ask(data, "SELECT COUNT(*) FROM Certificates WHERE Chain IS NOT NULL"));

            // The authority comes to look in the meantime, and would find nobody: another replica answers it from the same database.
            await AnswerInsteadAsync(http, data, authority);
            await using var second = await StartAsync(environment, http);
            using var again = await SignInAsync(http);
            await Peer.UntilAsync(async () => (await again.GetFromJsonAsync($"/api/agency/portal-domains/{domain.Id}", WireJson.Default.PortalDomainView))!.SslStatus == SslStatus.Active, "no certificate after the restart");
            Assert.Equal(1, Ask(data, "SELECT COUNT(*) FROM AcmeAttempts WHERE Host = 'killed.test'"));
            Assert.Equal(1, Ask(data, "SELECT COUNT(*) FROM AcmeAccounts"));
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task AnswerInsteadAsync(int port, string data, CertificateAuthority authority)
    {
        using var listener = new HttpListener();
        listener.Prefixes.Add($"http://+:{port}/");
        listener.Start();
        var answering = Task.Run(async () =>
        {
            while (listener.IsListening)
            {
                var visit = await listener.GetContextAsync();
                var answer = Text(data, "SELECT Answer FROM AcmeChallenges WHERE Token = $1", visit.Request.Url!.Segments[^1]);
                await visit.Response.OutputStream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer ?? ""));
                visit.Response.Close();
            }
        });
        // Where it was not told yet that it can look, it does not come.
        for (var i = 0; i < 100 && !authority.Log.Any(l => l.Contains("set VALID", StringComparison.Ordinal)); i++)
            await Task.Delay(100);
        listener.Stop();
        await answering.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private static async Task<Peer> StartAsync(IEnumerable<(string, string)> environment, int port)
    {
        var peer = Peer.Start("dotnet", [typeof(OCoreApp).Assembly.Location], environment);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await Peer.UntilAsync(async () =>
        {
            try
            {
                return (await http.GetAsync("/readyz")).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, $"oCore did not start: {string.Join('\n', peer.Output)}");
        return peer;
    }

    private static async Task<HttpClient> SignInAsync(int port)
    {
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var answer = await http.PostAsJsonAsync("/api/auth/login", new LoginRequest { Email = "admin@ocore.example", Password = "a password for tests" }, WireJson.Default.LoginRequest);
        var tokens = (await answer.Content.ReadFromJsonAsync(WireJson.Default.SessionTokens))!;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken);
        return http;
    }

    private static long Ask(string data, string question) => (long)Scalar(data, question, null)!;

    private static string? Text(string data, string question, string value) => (string?)Scalar(data, question, value);

    private static object? Scalar(string data, string question, string? value)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(data, "ocore.db")};Mode=ReadOnly");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = question;
        if (value is not null)
            command.Parameters.AddWithValue("$1", value);
        return command.ExecuteScalar();
    }
}
