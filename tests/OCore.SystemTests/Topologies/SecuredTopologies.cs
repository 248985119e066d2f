using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Topologies.Deployments;
using OCore.SystemTests.Instances;
using OCore.SystemTests.PortalDomains;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>A name of its owner's own leads to a topology's load balancer and is under HTTPS there: a real name server, certificate authority, load balancer and Odoo.</summary>
public sealed class SecuredTopologies(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Host = "erp.balanced.test";
    private readonly LabServer[] _machines = [new("tls1"), new("tls2")];
    private readonly string _root = Path.GetTempFileName();
    private NameServer _dns = null!;
    private CertificateAuthority _authority = null!;
    private OdooScene _scene = null!;

    public async Task InitializeAsync()
    {
        if (Lab.WhyNot is not null)
            return; // the test says so
        await Lab.RunAsync(Path.Combine(Lab.Bin, "docker-engine"));
        await Lab.RunProgramAsync(Path.Combine(Lab.Bin, "images"), "odoo", "postgres", "haproxy", "nginx");
        await Lab.RunAsync("create", "2", "--prefix", "tls");
        foreach (var machine in _machines)
            await machine.ForgetOCoreAsync();
        _dns = await NameServer.StartAsync();
        _authority = await CertificateAuthority.StartAsync(_dns, 80);
        using (var root = await _authority.RootAsync())
            await File.WriteAllTextAsync(_root, root.ExportCertificatePem());
        _scene = await OdooScene.StartEmptyAsync(_machines, a =>
        {
            foreach (var (name, value) in PortalScene.SettingsOf(_dns, _authority, 0, 0).Where(s => s.Name is "DNS_SERVERS" or "ACME_DIRECTORY" or "ACME_CA_FILE" or "ACME_TERMS" or "ACME_CONTACT"))
                a.Set(name, value);
        });
    }

    [LabFact]
    public Task By_haproxy() => SecureAsync(LoadBalancerType.Haproxy, "440 99 0");

    [LabFact]
    public Task By_nginx() => SecureAsync(LoadBalancerType.Nginx, "440 0 0");

    private async Task SecureAsync(LoadBalancerType type, string owner)
    {
        var sketch = Sketch.Of("shared").Without("filestore").Without("odoo-2").Ha(h => h with { LbType = type, FilestoreType = FilestoreType.Local }).Set("lb", "tls", true).Set("odoo-1", "workers", 1).Set("odoo-1", "users", null);
        var places = new Dictionary<string, Guid> { ["edge"] = _scene.Servers[0].Id, ["app-1"] = _scene.Servers[1].Id, ["db"] = _scene.Servers[1].Id };
        var topology = await _scene.Http.Post<CreateTopology, TopologyView>("/api/topologies", sketch.Drawing($"Secured by {type}", places));
        await DeployAsync(topology, new PlanTopology { Organization = _scene.Client.Slug, Domain = "balanced.shop.example" });
        var id = (await _scene.Http.Get<TopologyView>($"/api/topologies/{topology.Id}")).Deployment!.InstanceId!.Value;
        using var stop = new CancellationTokenSource();
        var failures = new ConcurrentQueue<string>();
        var asking = AskOnAsync(failures, stop.Token);

        // The name leads to the load balancer's server, and to no other.
        var domain = await _scene.Http.Post<AddInstanceDomain, InstanceDomainView>($"/api/instances/{id}/domains", new AddInstanceDomain { Domain = Host });
        Assert.Contains(domain.Records, r => r.Type == "A" && r.Value == _machines[0].Host.Value);
        foreach (var record in domain.Records.Where(r => !r.IsAlternative))
            await _dns.SetAsync(record.Name, record.Type == "TXT" ? $"TXT \"{record.Value}\"" : $"{record.Type} {record.Value}");
        await _scene.Http.Post<InstanceDomainView>($"/api/instances/{id}/domains/{Host}/verify");
        await _scene.UntilAsync(async () => (await GetAsync(id)).SslStatus == SslStatus.Active, $"{Host} has a certificate: {(await GetAsync(id)).Certificate.Error}", 60);
        await _scene.App.Services.GetRequiredService<TopologyWatch>().LookAsync(default);
        await _scene.UntilAsync(async () => (await CurlAsync("https", "/web/login", "-f")).Contains("odoo", StringComparison.OrdinalIgnoreCase), "Odoo answers by HTTPS", 30);
        Assert.Contains("Pebble", await CurlAsync("https", "/web/login", "-v"), StringComparison.Ordinal);
        Assert.Equal($"308 https://{Host}/web/login?a=b", (await CurlAsync("http", "/web/login?a=b", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}")).Trim());
        // The key is the load balancer's alone.
        Assert.Equal(owner, (await _machines[0].ShellAsync("docker exec -u 0 $(docker ps -q --filter label=ocore.node=lb) sh -c 'stat -c \"%a %u %g\" /usr/local/etc/haproxy/*.pem /etc/nginx/*.pem 2>/dev/null || true'")).Trim());
        Assert.DoesNotContain("PRIVATE KEY", await _machines[0].ShellAsync("docker ps -q | xargs docker inspect; docker logs $(docker ps -q --filter label=ocore.node=lb) 2>&1"), StringComparison.Ordinal);

        await _scene.EndOfAsync(await _scene.Http.Post<OperationView>($"/api/instances/{id}/domains/{Host}/primary"));
        Assert.Equal($"https://{Host}", (await _scene.InstanceAsync(id)).Url);
        await _scene.EndOfAsync(await _scene.Http.Post<OperationView>($"/api/instances/{id}/domains/balanced.shop.example/primary"));
        Assert.Equal("http://balanced.shop.example", (await _scene.InstanceAsync(id)).Url);
        await stop.CancelAsync();
        var asked = await asking;
        output.WriteLine($"{asked} requests beside it, {failures.Count} failed");
        Assert.True(failures.IsEmpty && asked > 20, $"{asked} requests: {string.Join('\n', failures.Take(5))}");

        // Given up, it is under HTTPS no more.
        await _scene.Http.SendForJson(HttpMethod.Delete, $"/api/instances/{id}/domains/{Host}", null, CancellationToken.None);
        await _scene.App.Services.GetRequiredService<TopologyWatch>().LookAsync(default);
        await _scene.UntilAsync(async () => (await CurlAsync("https", "/", "-o", "/dev/null", "-w", "%{http_code}")).Trim().EndsWith("000", StringComparison.Ordinal), "nobody has the name any more", 20);
        Assert.Equal("", (await _machines[0].ShellAsync("docker exec -u 0 $(docker ps -q --filter label=ocore.node=lb) sh -c 'ls /usr/local/etc/haproxy/*.pem /etc/nginx/*.pem 2>/dev/null; true'")).Trim());
        await DeployAsync(topology, new PlanTopology { Destroy = true });
    }

    private async Task DeployAsync(TopologyView topology, PlanTopology wish)
    {
        var plan = await _scene.Http.Post<PlanTopology, TopologyPlanView>($"/api/topologies/{topology.Id}/plan", wish);
        await _scene.EndOfAsync(await _scene.Http.Post<DeployTopology, OperationView>($"/api/topologies/{topology.Id}/deploy", new() { PlanHash = plan.Hash, Confirm = topology.Name }), true, 420);
    }

    private Task<InstanceDomainView> GetAsync(Guid instance) => _scene.Http.Get<InstanceDomainView>($"/api/instances/{instance}/domains/{Host}");

    /// <summary>People who come by the name it was made with notice nothing.</summary>
    private async Task<int> AskOnAsync(ConcurrentQueue<string> failures, CancellationToken stop)
    {
        using var visitor = new OdooVisitor($"http://{_machines[0].Host.Value}", "balanced.shop.example");
        var asked = 0;
        for (; !stop.IsCancellationRequested; asked++)
        {
            try
            {
                using var answer = await visitor.GetAsync("/web/login");
                if (!answer.IsSuccessStatusCode)
                    failures.Enqueue($"{(int)answer.StatusCode}");
            }
            catch (HttpRequestException e)
            {
                failures.Enqueue(e.Message);
            }
            await Task.Delay(100, CancellationToken.None);
        }
        return asked;
    }

    // As a visitor who trusts the test's certificate authority and nobody else.
    private Task<string> CurlAsync(string scheme, string path, params string[] options) =>
        Lab.RunProgramAsync("sh", ["-c", "curl -s -m 10 \"$@\" 2>&1 || true", "curl", "--cacert", _root, "--resolve", $"{Host}:443:{_machines[0].Host.Value}", "--resolve", $"{Host}:80:{_machines[0].Host.Value}", .. options, $"{scheme}://{Host}{path}"]);

    public async Task DisposeAsync()
    {
        if (_scene is { } scene)
            await scene.DisposeAsync();
        if (_authority is { } authority)
            await authority.DisposeAsync();
        if (_dns is { } dns)
            await dns.DisposeAsync();
        File.Delete(_root);
    }
}
