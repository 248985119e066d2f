using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Configuration;
using OCore.Features.Servers;
using OCore.Platform;
using OCore.Platform.Docker;
using OCore.Platform.Remote;
using OCore.Platform.Tls;
using OCore.SystemTests.Remote;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Servers;

/// <summary>The edge's configuration in a real HAProxy, before two programs that say what reached them.</summary>
[Collection(ServerLabCollection.Name)]
public sealed class EdgeTests(ServerLab lab, ITestOutputHelper output)
{
    private static readonly CancellationToken Stop = CancellationToken.None;

    [LabFact]
    public async Task Domains_lead_to_their_instances()
    {
        await using var connections = new ServerConnections(TimeProvider.System);
        var connection = await connections.GetAsync(lab.First.Target(), Stop);
        var settings = Settings.Load(new ConfigurationBuilder().Build(), []);
        var edge = new Edge(settings, null!, null!, new AcmeAccounts(null!, null!, settings, TimeProvider.System), new EdgeLooks(null!, null!));
        var server = new Server { Name = "edge", Host = lab.First.Host.Value, User = "deploy", EdgePort = 8088 };
        var local = new LocalConnection(TimeProvider.System);
        await connection.Docker.EnsureNetworkAsync(ServerLabels.Network, ServerLabels.Of(server.Id), Stop);
        await connection.Docker.EnsureImageAsync(edge.Image, local.Docker, null, Stop);
        await connection.Docker.RemoveContainerAsync(Edge.Name, Stop);
        try
        {
            await connection.Docker.EnsureContainerAsync(Fake(edge.Image, server, "up"), Stop);
            EdgeRoute up = new(Guid.CreateVersion7(), "up.example.com", "fake-up", true, EdgeRouteState.Serve), absent = new(Guid.CreateVersion7(), "absent.example.com", "fake-absent", false, EdgeRouteState.Serve);
            EdgeRoute[] routes = [up, absent, new(Guid.CreateVersion7(), "stopped.example.com", "fake-s", false, EdgeRouteState.Stopped),
                new(Guid.CreateVersion7(), "suspended.example.com", "fake-s", false, EdgeRouteState.Suspended), new(Guid.CreateVersion7(), "starting.example.com", "fake-s", false, EdgeRouteState.Starting)];
            var clock = Stopwatch.StartNew();
            await edge.EnsureAsync(connection, server, routes, Stop);
            output.WriteLine($"first {clock.ElapsedMilliseconds} ms");
            clock.Restart();
            await edge.EnsureAsync(connection, server, [.. routes.Reverse()], Stop);
            output.WriteLine($"unchanged {clock.ElapsedMilliseconds} ms");

            await SaysAsync("up.example.com", "/web", 200, "8069 ");
            await SaysAsync("UP.example.com:8088", "/web", 200, "8069 ");
            await SaysAsync("up.example.com", "/websocket", 200, "8072 ");
            await SaysAsync("nobody.example.com", "/", 404, "no system at this address");
            await SaysAsync("stopped.example.com", "/", 503, "switched off");
            await SaysAsync("suspended.example.com", "/", 503, "suspended");
            var starting = await SaysAsync("starting.example.com", "/", 503, "http-equiv=\"refresh\"");
            Assert.Equal("5", starting.Headers.GetValues("Retry-After").Single());
            await SaysAsync("absent.example.com", "/", 503, "does not answer");
            foreach (var path in (string[])["/web/database/manager", "/web/database", "//web//database/selector", "/%77eb/database/manager", "/web%2Fdatabase/manager"])
                Assert.Equal(404, (int)(await AskAsync("up.example.com", path)).StatusCode);
            await SaysAsync("up.example.com", "/web/databases", 200, "8069 ");
            await SpoofedHeadersAreReplacedAsync();
            await HealthIsMeasuredAsync(connection, up.InstanceId, absent.InstanceId);
            await NoRequestIsLostAsync(edge, connection, server, routes);
            await TheAddressIsFollowedAsync(connection, edge.Image, server);
        }
        finally
        {
            await connection.Docker.RemoveByLabelAsync(ServerLabels.Server, server.Id.ToString(), Stop);
        }
    }

    private async Task SpoofedHeadersAreReplacedAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address("/web")) { Headers = { Host = "up.example.com" } };
        request.Headers.Add("X-Forwarded-For", "6.6.6.6");
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Real-IP", "6.6.6.6");
        using var http = new HttpClient();
        var said = await (await http.SendAsync(request)).Content.ReadAsStringAsync();
        Assert.Contains("host=up.example.com proto=http", said, StringComparison.Ordinal);
        Assert.DoesNotContain("6.6.6.6", said, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", said, StringComparison.Ordinal);
    }

    private async Task HealthIsMeasuredAsync(IServerConnection connection, Guid up, Guid absent)
    {
        var clock = Stopwatch.StartNew();
        EdgeStatus status;
        do
        {
            await Task.Delay(200);
            status = await Edge.StatusAsync(connection, Stop);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), string.Join(", ", status.Instances));
        }
        while (status.Instances[up] != EdgeHealth.Up || status.Instances[absent] is not (EdgeHealth.Maintenance or EdgeHealth.Down));
        output.WriteLine($"states {string.Join(", ", status.Instances.Values)} after {clock.Elapsed.TotalSeconds:0.0} s");
    }

    private async Task NoRequestIsLostAsync(Edge edge, IServerConnection connection, Server server, EdgeRoute[] routes)
    {
        using var end = new CancellationTokenSource();
        var (good, bad) = (0, 0);
        using var http = new HttpClient();
        var load = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, Address("/web")) { Headers = { Host = "up.example.com" } };
                try
                {
                    using var answer = await http.SendAsync(request);
                    if (answer.StatusCode == HttpStatusCode.OK) good++;
                    else bad++;
                }
                catch (HttpRequestException)
                {
                    bad++;
                }
            }
        });
        for (var i = 0; i < 5; i++)
        {
            var clock = Stopwatch.StartNew();
            await edge.EnsureAsync(connection, server, [.. routes, new EdgeRoute(Guid.CreateVersion7(), $"new{i}.example.com", "fake-s", false, EdgeRouteState.Stopped)], Stop);
            output.WriteLine($"reload {clock.ElapsedMilliseconds} ms");
            await SaysAsync($"new{i}.example.com", "/", 503, "switched off");
        }
        await end.CancelAsync();
        await load;
        output.WriteLine($"{good} answers during five reloads, {bad} lost");
        Assert.Equal(0, bad);
    }

    private async Task TheAddressIsFollowedAsync(IServerConnection connection, ImageRef image, Server server)
    {
        var name = DockerName.Parse("fake-up");
        var before = (await connection.Docker.FindAsync(name, Stop))!.Addresses["ocore"];
        await connection.Docker.RemoveContainerAsync(name, Stop);
        await connection.Docker.EnsureContainerAsync(Fake(image, server, "filler"), Stop); // takes the old address
        await connection.Docker.EnsureContainerAsync(Fake(image, server, "up"), Stop);
        Assert.NotEqual(before, (await connection.Docker.FindAsync(name, Stop))!.Addresses["ocore"]);
        var clock = Stopwatch.StartNew();
        while (!(await (await AskAsync("up.example.com", "/web")).Content.ReadAsStringAsync()).Contains("fake-up", StringComparison.Ordinal))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20));
            await Task.Delay(100);
        }
        output.WriteLine($"a new address is followed after {clock.Elapsed.TotalSeconds:0.0} s");
    }

    // Says on which port it was asked and with what headers. It answers the health check only with a Host header, as Odoo does.
    private static ContainerSpec Fake(ImageRef image, Server server, string name) => new()
    {
        Name = DockerName.Parse("fake-" + name), Image = image, Labels = ServerLabels.Of(server.Id), Networks = [new ContainerNetwork(ServerLabels.Network)],
        Files = [ContainerFile.Text(RemotePath.Parse("/usr/local/etc/haproxy/haproxy.cfg"), $$"""
            defaults
                mode http
                timeout connect 5s
                timeout client 30s
                timeout server 30s
            frontend odoo
                bind :8069
                bind :8072
                http-request deny deny_status 500 if { path /web/health } !{ req.hdr(host) -m found }
                http-request return status 200 content-type text/plain lf-string "%[dst_port] fake-{{name}} for=%[req.hdr(x-forwarded-for)] host=%[req.hdr(x-forwarded-host)] proto=%[req.hdr(x-forwarded-proto)] real=%[req.hdr(x-real-ip)]"

            """)],
    };

    private Uri Address(string path) => new($"http://{lab.First.Host}:8088{path}");

    private async Task<HttpResponseMessage> AskAsync(string host, string path)
    {
        using var http = new HttpClient();
        // The handler would tidy the path.
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{lab.First.Host}:8088{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })) { Headers = { Host = host } };
        return await http.SendAsync(request);
    }

    private async Task<HttpResponseMessage> SaysAsync(string host, string path, int status, string text)
    {
        var answer = await AskAsync(host, path);
        var said = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status && said.Contains(text, StringComparison.Ordinal), $"{host}{path}: {(int)answer.StatusCode} {said}");
        return answer;
    }
}
