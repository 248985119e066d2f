using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using NJsonSchema;
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

    /// <summary>Traefik is told nothing that its published schemas do not know.</summary>
    [TraefikSchemasFact]
    public async Task What_Traefik_is_told_is_as_its_schemas_say()
    {
        foreach (var (file, schema) in new[] { ("traefik.yml", "traefik-v3.json"), ("routes.yml", "traefik-v3-file-provider.json") })
        {
            // What reads it knows definitions by their older name only.
            var known = await JsonSchema.FromJsonAsync((await File.ReadAllTextAsync(Path.Combine(TraefikSchemasFactAttribute.Folder!, schema))).Replace("$defs", "definitions", StringComparison.Ordinal));
            Assert.NotEmpty(known.Validate("""{"nothing": 1, "http": {"routers": 3}, "entryPoints": 3}"""));
            foreach (var (name, plan) in Plans())
                Assert.True(known.Validate(plan.Render(LoadBalancerType.Traefik)[file]) is { Count: 0 }, $"{name}, {file}: {string.Join("; ", known.Validate(plan.Render(LoadBalancerType.Traefik)[file]))}");
        }
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
        // Nor does the page that they have between single quotes; a word of nginx's ends at 4096 bytes.
        Assert.DoesNotMatch(@"['$\r\n]", BalancerPlan.Notice);
        Assert.InRange(Encoding.UTF8.GetByteCount(BalancerPlan.Notice), 200, 4000);
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

    [Theory, Installed("haproxy"), Installed("nginx"), Installed("traefik")]
    public async Task The_real_program_takes_each_and_does_what_the_contract_says(string program)
    {
        var folder = TestDatabases.NewDirectory(program);
        foreach (var (name, plan) in Plans().Where(p => !p.Plan.Tls))
            Assert.True(await RunningBalancer.CheckAsync(program, folder, plan) is null, $"{name}: {await RunningBalancer.CheckAsync(program, folder, plan)}");

        await using var one = await FakeOdoo.StartAsync("one");
        await using var two = await FakeOdoo.StartAsync("two");
        foreach (var sticky in new[] { false, true })
        {
            var plan = new BalancerPlan { Nodes = [one.Node("odoo-1"), two.Node("odoo-2")], Sticky = sticky, HttpPort = TestPorts.Free() };
            await using (RunningBalancer.Start(program, Directory.CreateDirectory(Path.Combine(folder, sticky.ToString())).FullName, plan))
            {
                using var http = new HttpClient(new SocketsHttpHandler { UseCookies = true, PooledConnectionLifetime = TimeSpan.Zero }) { BaseAddress = new Uri($"http://127.0.0.1:{plan.HttpPort}") };
                await RunningBalancer.UntilAsync(async () => (await http.GetAsync("/web")).IsSuccessStatusCode, "it leads to Odoo");
                await ContractAsync(http, sticky);
                if (sticky)
                    await LossOfTheirsAsync(http, one, two);
                else
                    await LossAsync(http, two);
            }
            await one.BackAsync();
            await two.BackAsync();
        }
    }

    /// <summary>No node answers: people and programs are told so, in nobody's name, and whether to ask again. What Odoo says itself comes through.</summary>
    [Theory, Installed("haproxy"), Installed("nginx")]
    public async Task The_real_program_says_that_nobody_answers(string program)
    {
        await using var one = await FakeOdoo.StartAsync("one");
        await using var two = await FakeOdoo.StartAsync("two");
        var plan = new BalancerPlan { Nodes = [one.Node("odoo-1"), two.Node("odoo-2")], Sticky = true, HttpPort = TestPorts.Free() };
        await using var balancer = RunningBalancer.Start(program, TestDatabases.NewDirectory(program + "-notice"), plan);
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = true, PooledConnectionLifetime = TimeSpan.Zero }) { BaseAddress = new Uri($"http://127.0.0.1:{plan.HttpPort}") };
        await RunningBalancer.UntilAsync(async () => (await http.GetAsync("/web")).IsSuccessStatusCode, "it leads to Odoo");

        one.Status = two.Status = 503;
        using (var own = await http.GetAsync("/web"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, own.StatusCode);
            Assert.Null(own.Headers.RetryAfter);
            Assert.EndsWith(" http", (await own.Content.ReadAsStringAsync()).Split('\n')[0], StringComparison.Ordinal);
        }
        one.Status = two.Status = 200;
        // A node was given it, and may have done it.
        using (var cut = await http.PostAsync(FakeOdoo.CutPath, new StringContent("x")))
            await IsNoticeAsync(cut, HttpStatusCode.BadGateway, null);

        await one.GoneAsync();
        await two.GoneAsync();
        foreach (var (method, path) in new[] { (HttpMethod.Get, "/web"), (HttpMethod.Get, "/web/image/1/photo.jpg"), (HttpMethod.Post, "/jsonrpc"), (HttpMethod.Post, "/web/login"), (HttpMethod.Get, "/websocket") })
        {
            using var asked = new HttpRequestMessage(method, path) { Content = method == HttpMethod.Post ? new StringContent("{}", Encoding.UTF8, "application/json") : null };
            using var answer = await http.SendAsync(asked);
            await IsNoticeAsync(answer, HttpStatusCode.ServiceUnavailable, "5");
        }
        await one.BackAsync();
        await RunningBalancer.UntilAsync(async () => (await http.GetAsync("/web")).IsSuccessStatusCode, "it leads to Odoo again");
    }

    /// <summary>The first one that its container has, before it was told of anybody.</summary>
    [Theory, Installed("haproxy"), Installed("nginx")]
    public async Task One_that_was_told_of_nobody_says_that_nobody_answers(string program)
    {
        var port = TestPorts.Free();
        await using var balancer = RunningBalancer.StartFirst(program, TestDatabases.NewDirectory(program + "-first"), port);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await RunningBalancer.UntilAsync(async () => (await http.GetAsync("/web")).StatusCode == HttpStatusCode.ServiceUnavailable, "it listens");
        foreach (var path in (string[])["/web", "/web/image/1/photo.jpg"])
        {
            using var answer = await http.GetAsync(path);
            await IsNoticeAsync(answer, HttpStatusCode.ServiceUnavailable, "5");
        }
    }

    private static async Task IsNoticeAsync(HttpResponseMessage answer, HttpStatusCode status, string? again)
    {
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal((status, again, "text/html; charset=utf-8", BalancerPlan.Notice), (answer.StatusCode, answer.Headers.RetryAfter?.ToString(), answer.Content.Headers.ContentType?.ToString(), page));
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.DoesNotContain("ocore", $"{answer.Headers}{answer.Content.Headers}{page}", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>By TLS for whom there is a certificate, by name alone; the certificate authority is answered, and the others are served as they come.</summary>
    [Theory, Installed("haproxy"), Installed("nginx"), Installed("traefik")]
    public async Task The_real_program_ends_tls(string program)
    {
        var folder = TestDatabases.NewDirectory(program + "-tls");
        await using var one = await FakeOdoo.StartAsync("one");
        await using var two = await FakeOdoo.StartAsync("two");
        var (http, https) = (TestPorts.Free(), TestPorts.Free());
        var file = Path.Combine(folder, "erp.pem");
        using var certificate = SelfSigned("erp.example.com", file);
        await using var authority = await ChallengeAsync("Thumb-Print_1");
        var plan = new BalancerPlan
        {
            Nodes = [one.Node("odoo-1"), two.Node("odoo-2")], Sticky = true, Hosts = ["erp.example.com", "shop.example.com"], Folder = folder, ChallengeUrl = program == "traefik" ? authority.Urls.Single() : null,
            Tls = true, HttpPort = http, HttpsPort = https, OuterHttpsPort = https, Certificates = [new("erp.example.com", file)], Thumbprint = "Thumb-Print_1",
        };
        Assert.Null(await RunningBalancer.CheckAsync(program, folder, plan));
        await using (RunningBalancer.Start(program, folder, plan))
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
            await RunningBalancer.UntilAsync(async () => (await client.GetAsync($"https://erp.example.com:{https}/web")).IsSuccessStatusCode, "it leads to Odoo");
            using var secure = await client.GetAsync($"https://erp.example.com:{https}/web");
            var seen = await secure.Content.ReadAsStringAsync();
            Assert.Contains("X-Forwarded-Proto: https", seen, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("max-age=31536000", string.Join(' ', secure.Headers.GetValues("Strict-Transport-Security")), StringComparison.Ordinal);
            Assert.EndsWith("live", (await client.GetStringAsync($"https://erp.example.com:{https}/websocket")).Split('\n')[0], StringComparison.Ordinal);
            await LiveAsync(client, $"wss://erp.example.com:{https}/websocket");
            await LiveAsync(client, $"ws://shop.example.com:{http}/websocket");
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"https://erp.example.com:{https}/web/database/manager")).StatusCode);
            using var sent = await client.GetAsync($"http://erp.example.com:{http}/web/login?a=b%20c");
            // Traefik says it in an older word, which is the same for who asks for a page.
            Assert.Equal((program == "traefik" ? HttpStatusCode.MovedPermanently : HttpStatusCode.PermanentRedirect, $"https://erp.example.com:{https}/web/login?a=b%20c"), (sent.StatusCode, sent.Headers.Location?.OriginalString));
            // No certificate yet: as before, and no cookie that would never come back.
            using var open = await client.GetAsync($"http://shop.example.com:{http}/web");
            Assert.Contains("X-Forwarded-Proto: http\n", await open.Content.ReadAsStringAsync() + "\n", StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("secure", string.Join(' ', open.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync($"https://shop.example.com:{https}/web"));
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"http://evil.example.com:{http}/web")).StatusCode);
            foreach (var host in plan.Hosts)
                Assert.Equal("0123456789abcdefXYZ_-.Thumb-Print_1", await client.GetStringAsync($"http://{host}:{http}/.well-known/acme-challenge/0123456789abcdefXYZ_-"));
        }
    }

    /// <summary>What oCore runs beside a load balancer that cannot answer the certificate authority itself.</summary>
    private static async Task<WebApplication> ChallengeAsync(string thumbprint)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{TestPorts.Free()}");
        var web = builder.Build();
        web.Run(http => http.Response.WriteAsync($"{http.Request.Path.Value!.Split('/')[^1]}.{thumbprint}"));
        await web.StartAsync();
        return web;
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
        await LiveAsync(http, $"ws://{http.BaseAddress!.Authority}/websocket?version=19.0-1");
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
        // The same page to Odoo, and the same limit.
        refusedLogins = 0;
        for (var i = 0; i < 20; i++)
            refusedLogins += (await http.PostAsync("/web/login/", new StringContent("x"))).StatusCode == HttpStatusCode.TooManyRequests ? 1 : 0;
        Assert.True(refusedLogins > 5, $"{refusedLogins} of 20 logins at /web/login/ were refused");
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/web/login")).StatusCode);
    }

    /// <summary>A live connection to the port for them, and a word both ways.</summary>
    private static async Task LiveAsync(HttpClient http, string address)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri(address), http, patience.Token);
        await socket.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, true, patience.Token);
        var buffer = new byte[200];
        var heard = await socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
        Assert.EndsWith(" live: hello", Encoding.UTF8.GetString(buffer, 0, heard.Count), StringComparison.Ordinal);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
    }

    private static async Task LossAsync(HttpClient http, FakeOdoo two)
    {
        await two.GoneAsync();
        // Those that may be asked twice are, before the check has noticed.
        for (var i = 0; i < 60; i++)
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/web")).StatusCode);
    }

    /// <summary>The node that somebody is kept on is lost, with their session: they sign in again at another, and see no error.</summary>
    private static async Task LossOfTheirsAsync(HttpClient http, FakeOdoo one, FakeOdoo two)
    {
        async Task<string> AskAsync() => (await http.GetStringAsync("/web")).Split('\n')[0];
        var (theirs, other) = await AskAsync() == "one http" ? (one, "two http") : (two, "one http");
        await theirs.GoneAsync();
        for (var i = 0; i < 20; i++)
            Assert.Equal(other, await AskAsync());
        await LiveAsync(http, $"ws://{http.BaseAddress!.Authority}/websocket");
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

/// <summary>Needs the folder <c>src/schemas/json</c> of SchemaStore, whose path OCORE_TEST_TRAEFIK_SCHEMAS has; skipped, aloud, without it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TraefikSchemasFactAttribute : FactAttribute
{
    public TraefikSchemasFactAttribute() => Skip = (Folder is null ? "OCORE_TEST_TRAEFIK_SCHEMAS does not name the folder with Traefik's published schemas (github.com/SchemaStore/schemastore, src/schemas/json)." : null)!;

    internal static string? Folder => Environment.GetEnvironmentVariable("OCORE_TEST_TRAEFIK_SCHEMAS") is { Length: > 0 } folder ? folder : null;
}
