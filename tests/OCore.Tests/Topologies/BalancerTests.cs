using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using OCore.Client;
using OCore.Features.Topologies.Balancers;

namespace OCore.Tests.Topologies;

/// <summary>One model, three programs: what each is told is a file in git, and the real ones take it and do what it says.</summary>
public sealed class BalancerTests
{
    private static readonly BalancerPlan Plan = new() { Nodes = [Node(1), Node(2)] };

    private static BalancedNode Node(int i) => new($"odoo-{i}", IPAddress.Parse($"10.0.0.{i}"), 8069, 8072);

    private static IEnumerable<(string Name, BalancerPlan Plan)> Plans() =>
    [
        ("one-node", Plan with { Nodes = [Node(1)] }), ("two-redis", Plan), ("two-sticky", Plan with { Sticky = true }),
        ("three-drain-tls", Plan with { Nodes = [Node(1), Node(2) with { Draining = true }, new("odoo-3", IPAddress.Parse("fd00::3"), 8079, null)], Sticky = true, Hosts = ["erp.example.com", "shop.example.com"], Tls = true, Thumbprint = "Thumb-Print_1", ChallengeUrl = "http://acme:8080", OuterHttpsPort = 8443,
            Certificates = [new("erp.example.com", "/etc/ocore/erp.pem")], BodyMb = 256 }),
        ("all-tls", Plan with { Sticky = true, Hosts = ["erp.example.com"], Tls = true, Thumbprint = "Thumb-Print_1", ChallengeUrl = "http://acme:8080", Certificates = [new("erp.example.com", "/etc/ocore/erp.pem")] }),
        ("tls-to-come", Plan with { Tls = true, Thumbprint = "Thumb-Print_1", ChallengeUrl = "http://acme:8080" }),
    ];

    [Theory, InlineData("haproxy"), InlineData("nginx"), InlineData("traefik")]
    public void What_it_is_told_is_as_reviewed(string program)
    {
        var all = new StringBuilder();
        foreach (var (name, plan) in Plans())
            foreach (var (file, text) in plan.Render(Enum.Parse<LoadBalancerType>(program, true)).OrderBy(f => f.Key, StringComparer.Ordinal))
                all.Append($"##### {name}: {file}\n{text}\n");
        Repository.IsGolden($"balancer-{program}.txt", all.ToString());
    }

    [Fact]
    public void The_order_of_nodes_does_not_matter_and_nothing_becomes_a_directive()
    {
        foreach (var type in new[] { LoadBalancerType.Haproxy, LoadBalancerType.Nginx, LoadBalancerType.Traefik })
        {
            Assert.Equal(Plan.Render(type), (Plan with { Nodes = [.. Plan.Nodes.Reverse()] }).Render(type));
            foreach (var hostile in new[] { "a.example.com; return 200", "a.example.com\n    bind :1", "a`.example.com", "$host.example.com", "" })
                Assert.Throws<ArgumentException>(() => (Plan with { Hosts = [hostile] }).Render(type));
            Assert.Throws<ArgumentException>(() => (Plan with { Tls = true, Certificates = [new("erp.example.com", "/x y")] }).Render(type));
            Assert.Throws<ArgumentException>(() => (Plan with { Tls = true, Certificates = [new("erp.example.com\n", "/x")] }).Render(type));
            Assert.Throws<ArgumentException>(() => (Plan with { Tls = true, Thumbprint = "x\" }" }).Render(type));
        }
        // Neither is what a drawing calls its nodes.
        Assert.All(Enum.GetValues<LoadBalancerType>().Skip(1), type => Assert.DoesNotContain("evil", string.Concat((Plan with { Nodes = [Node(1) with { Id = "evil:x" }], Sticky = true }).Render(type).Values), StringComparison.Ordinal));
    }

    [Fact]
    public void Of_a_drawing()
    {
        var shared = Sketch.Of("shared");
        BalancerPlan Of(Sketch sketch) => BalancerPlan.Of(sketch.Snapshot(), sketch.Snapshot().Balancers[0]);
        var plan = Of(shared);
        Assert.Equal(["10.0.0.10:8069", "10.0.0.11:8069"], plan.Nodes.Select(n => n.Http));
        Assert.True(plan.Sticky);
        Assert.False(Of(shared.Ha(h => h with { RedisEnabled = true })).Sticky);
        Assert.False(Of(shared.Set("lb", "sticky", false)).Sticky);
        Assert.Null(Of(shared.Set("odoo-1", "workers", 0)).Nodes[0].LivePort);
        Assert.Single(Of(shared.Set("odoo-2", "role", "cron")).Nodes);
    }

    [Theory, Installed("haproxy"), Installed("nginx")]
    public async Task The_real_program_takes_each_and_does_what_the_contract_says(string program)
    {
        var path = InstalledAttribute.Find(program)!;
        var folder = TestDatabases.NewDirectory(program);
        var type = Enum.Parse<LoadBalancerType>(program, true);
        foreach (var (name, plan) in Plans().Where(p => !p.Plan.Tls))
            Assert.True(await CheckAsync(path, type, folder, plan) is null, $"{name}: {await CheckAsync(path, type, folder, plan)}");

        await using var one = await Fake.StartAsync("one");
        await using var two = await Fake.StartAsync("two");
        BalancedNode[] nodes = [new("odoo-1", IPAddress.Loopback, one.Port, one.LivePort), new("odoo-2", IPAddress.Loopback, two.Port, two.LivePort)];
        foreach (var sticky in new[] { false, true })
        {
            var port = Fake.FreePort();
            var plan = new BalancerPlan { Nodes = nodes, Sticky = sticky, HttpPort = port };
            using var process = Start(path, type, Write(type, Directory.CreateDirectory(Path.Combine(folder, sticky.ToString())).FullName, plan), folder);
            try
            {
                using var http = new HttpClient(new SocketsHttpHandler { UseCookies = true, PooledConnectionLifetime = TimeSpan.Zero }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
                await UntilAsync(async () => (await http.GetAsync("/web")).IsSuccessStatusCode);
                await ContractAsync(http, sticky);
                if (!sticky)
                    await LossAsync(http, two);
            }
            finally
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
            }
            await two.BackAsync();
        }
    }

    /// <summary>By TLS for whom there is a certificate, by name alone; the certificate authority is answered, and the others are served as they come.</summary>
    [Theory, Installed("haproxy"), Installed("nginx")]
    public async Task The_real_program_ends_tls(string program)
    {
        var type = Enum.Parse<LoadBalancerType>(program, true);
        var folder = TestDatabases.NewDirectory(program + "-tls");
        await using var one = await Fake.StartAsync("one");
        await using var two = await Fake.StartAsync("two");
        var (http, https) = (Fake.FreePort(), Fake.FreePort());
        var file = Path.Combine(folder, "erp.pem");
        using var certificate = SelfSigned("erp.example.com", file);
        var plan = new BalancerPlan
        {
            Nodes = [new("odoo-1", IPAddress.Loopback, one.Port, one.LivePort), new("odoo-2", IPAddress.Loopback, two.Port, two.LivePort)], Sticky = true, Hosts = ["erp.example.com", "shop.example.com"], Folder = folder,
            Tls = true, HttpPort = http, HttpsPort = https, OuterHttpsPort = https, Certificates = [new("erp.example.com", file)], Thumbprint = "Thumb-Print_1",
        };
        Assert.Null(await CheckAsync(InstalledAttribute.Find(program)!, type, folder, plan));
        using var process = Start(InstalledAttribute.Find(program)!, type, Write(type, folder, plan), folder);
        try
        {
            using var client = new HttpClient(new SocketsHttpHandler
            {
                AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.Zero, ConnectCallback = async (context, stop) =>
                {
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, stop);
                    return new NetworkStream(socket, true);
                },
                SslOptions = new() { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString() },
            });
            await UntilAsync(async () => (await client.GetAsync($"https://erp.example.com:{https}/web")).IsSuccessStatusCode);
            using var secure = await client.GetAsync($"https://erp.example.com:{https}/web");
            var seen = await secure.Content.ReadAsStringAsync();
            Assert.Contains("X-Forwarded-Proto: https", seen, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("max-age=31536000", string.Join(' ', secure.Headers.GetValues("Strict-Transport-Security")), StringComparison.Ordinal);
            Assert.EndsWith("live", (await client.GetStringAsync($"https://erp.example.com:{https}/websocket")).Split('\n')[0], StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"https://erp.example.com:{https}/web/database/manager")).StatusCode);
            using var sent = await client.GetAsync($"http://erp.example.com:{http}/web/login?a=b%20c");
            Assert.Equal((HttpStatusCode.PermanentRedirect, $"https://erp.example.com:{https}/web/login?a=b%20c"), (sent.StatusCode, sent.Headers.Location?.OriginalString));
            // No certificate yet: as before, and no cookie that would never come back.
            using var open = await client.GetAsync($"http://shop.example.com:{http}/web");
            Assert.Contains("X-Forwarded-Proto: http\n", await open.Content.ReadAsStringAsync() + "\n", StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("secure", string.Join(' ', open.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync($"https://shop.example.com:{https}/web"));
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"http://evil.example.com:{http}/web")).StatusCode);
            foreach (var host in plan.Hosts)
                Assert.Equal("0123456789abcdefXYZ_-.Thumb-Print_1", await client.GetStringAsync($"http://{host}:{http}/.well-known/acme-challenge/0123456789abcdefXYZ_-"));
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
    }

    private static X509Certificate2 SelfSigned(string host, string file)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(file, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        return certificate;
    }

    private static async Task ContractAsync(HttpClient http, bool sticky)
    {
        Assert.EndsWith("http", (await http.GetStringAsync("/web")).Split('\n')[0], StringComparison.Ordinal);
        Assert.EndsWith("live", (await http.GetStringAsync("/websocket")).Split('\n')[0], StringComparison.Ordinal);
        foreach (var closed in new[] { "/web/database/manager", "/web/database", "/WEB/Database/selector", "/web//database/manager", "/%77eb/database/manager" })
        {
            using var refused = await http.GetAsync(closed);
            Assert.True(refused.StatusCode == HttpStatusCode.NotFound, $"{closed}: {refused.StatusCode}");
        }
        using var spoof = new HttpRequestMessage(HttpMethod.Get, "/web");
        foreach (var (name, value) in new[] { ("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https"), ("X-Real-IP", "6.6.6.6"), ("Forwarded", "for=6.6.6.6") })
            spoof.Headers.TryAddWithoutValidation(name, value);
        spoof.Headers.Host = "erp.example.com";
        using var seen = await http.SendAsync(spoof);
        var text = await seen.Content.ReadAsStringAsync();
        Assert.DoesNotContain("6.6.6.6", text, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", text, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-Host: erp.example.com", text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("X-Forwarded-Proto: http", text, StringComparison.OrdinalIgnoreCase);
        var names = new HashSet<string>();
        for (var i = 0; i < 20; i++)
            names.Add((await http.GetStringAsync("/web")).Split('\n')[0]);
        Assert.Equal(sticky ? 1 : 2, names.Count);
        var refusedLogins = 0;
        for (var i = 0; i < 60; i++)
            refusedLogins += (await http.PostAsync("/web/login", new StringContent("x"))).StatusCode == HttpStatusCode.TooManyRequests ? 1 : 0;
        Assert.True(refusedLogins > 10, $"{refusedLogins} of 60 logins were refused");
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/web/login")).StatusCode);
    }

    private static async Task LossAsync(HttpClient http, Fake two)
    {
        await two.GoneAsync();
        // Those that may be asked twice are, before the check has noticed.
        for (var i = 0; i < 60; i++)
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/web")).StatusCode);
    }

    private static async Task<string?> CheckAsync(string path, LoadBalancerType type, string folder, BalancerPlan plan)
    {
        var file = Write(type, folder, plan);
        using var check = Process.Start(new ProcessStartInfo(path, type == LoadBalancerType.Haproxy ? ["-c", "-f", file] : ["-t", "-p", folder, "-c", file]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = await check.StandardError.ReadToEndAsync() + await check.StandardOutput.ReadToEndAsync();
        await check.WaitForExitAsync();
        // Later ones would have HTTP/2 written another way, which earlier ones do not know.
        var heard = string.Join('\n', said.Split('\n').Where(l => !l.Contains("\"listen ... http2\" directive is deprecated", StringComparison.Ordinal)));
        return check.ExitCode == 0 && !heard.Contains("WARNING", StringComparison.Ordinal) && !heard.Contains("[warn]", StringComparison.Ordinal) ? null : said;
    }

    private static string Write(LoadBalancerType type, string folder, BalancerPlan plan)
    {
        // Beside others on this machine, its own files and socket are its own.
        foreach (var (name, text) in plan.Render(type))
            File.WriteAllText(Path.Combine(folder, name), text.Replace("/tmp/nginx", folder + "/nginx", StringComparison.Ordinal).Replace("127.0.0.1:8404", $"127.0.0.1:{Fake.FreePort()}", StringComparison.Ordinal));
        return Path.Combine(folder, type == LoadBalancerType.Haproxy ? "haproxy.cfg" : "nginx.conf");
    }

    private static Process Start(string path, LoadBalancerType type, string file, string folder) =>
        Process.Start(new ProcessStartInfo(path, type == LoadBalancerType.Haproxy ? ["-db", "-f", file] : ["-p", folder, "-c", file, "-g", "daemon off;"]))!;

    private static async Task UntilAsync(Func<Task<bool>> done)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(20);)
        {
            try
            {
                if (await done())
                    return;
            }
            catch (HttpRequestException)
            {
            }
            await Task.Delay(50);
        }
        Assert.Fail("It did not come up.");
    }

    /// <summary>An Odoo as a load balancer sees it: two ports, two health pages, and it repeats what it was told.</summary>
    private sealed class Fake(string name, int port, int livePort) : IAsyncDisposable
    {
        private WebApplication? _web;

        public int Port => port;
        public int LivePort => livePort;

        public static async Task<Fake> StartAsync(string name)
        {
            var fake = new Fake(name, FreePort(), FreePort());
            await fake.BackAsync();
            return fake;
        }

        public static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        public async Task BackAsync()
        {
            if (_web is not null)
                return;
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}", $"http://127.0.0.1:{livePort}");
            _web = builder.Build();
            _web.Run(http =>
            {
                var isLive = http.Connection.LocalPort == livePort;
                var health = http.Request.Path == (isLive ? "/websocket/health" : "/web/health");
                http.Response.StatusCode = health && !http.Request.Host.HasValue ? 500 : 200;
                return http.Response.WriteAsync($"{name} {(isLive ? "live" : "http")}\n" + string.Join('\n', http.Request.Headers.Select(h => $"{h.Key}: {h.Value}")));
            });
            await _web.StartAsync();
        }

        public async Task GoneAsync()
        {
            await using var web = _web;
            _web = null;
        }

        public async ValueTask DisposeAsync() => await GoneAsync();
    }
}

/// <summary>A case for a program of this machine; skipped, aloud, where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class InstalledAttribute(string program) : Xunit.Sdk.DataAttribute
{
    public override string? Skip
    {
        get => Find(program) is null ? $"{program} is not installed here." : null;
        set => base.Skip = value;
    }

    public override IEnumerable<object[]> GetData(System.Reflection.MethodInfo testMethod) => [[program]];

    internal static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists);
}
