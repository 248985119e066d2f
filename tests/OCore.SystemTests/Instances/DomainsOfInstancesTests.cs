using System.Collections.Concurrent;
using System.Net;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.SystemTests.PortalDomains;
using OCore.SystemTests.Remote;
using OCore.SystemTests.Topologies;
using OCore.Tests;
using OCore.Tests.Operations;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Instances;

/// <summary>From a name in DNS to an Odoo under HTTPS: a real name server, certificate authority, server, edge and Odoo, asked by curl.</summary>
public sealed class DomainsOfInstancesTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Host = "erp.acme.test";
    private readonly LabServer _machine = new("name1");
    private readonly string _root = Path.GetTempFileName();
    private NameServer _dns = null!;
    private CertificateAuthority _authority = null!;
    private OdooScene _scene = null!;

    public async Task InitializeAsync()
    {
        if (Lab.WhyNot is not null)
            return; // the test says so
        await Lab.RunAsync(Path.Combine(Lab.Bin, "docker-engine"));
        await Lab.RunAsync(Path.Combine(Lab.Bin, "images"));
        await Lab.RunAsync("create", "1", "--prefix", "name");
        await _machine.ForgetOCoreAsync();
        _dns = await NameServer.StartAsync();
        _authority = await CertificateAuthority.StartAsync(_dns, 80);
        using (var root = await _authority.RootAsync())
            await File.WriteAllTextAsync(_root, root.ExportCertificatePem());
        _scene = await OdooScene.StartEmptyAsync([_machine], a =>
        {
            foreach (var (name, value) in PortalScene.SettingsOf(_dns, _authority, 0, 0).Where(s => s.Name is "DNS_SERVERS" or "ACME_DIRECTORY" or "ACME_CA_FILE" or "ACME_TERMS" or "ACME_CONTACT"))
                a.Set(name, value);
        });
        _scene.Template = await _scene.TemplateAsync("Plain");
    }

    [LabFact]
    public async Task A_name_gets_a_certificate_and_is_the_address_of_its_Odoo()
    {
        var instance = await _scene.ProvisionAsync(_scene.Client, _scene.First);
        var generated = instance.Url;
        Assert.Equal(443, _scene.First.EdgeTlsPort);
        using var stop = new CancellationTokenSource();
        var failures = new ConcurrentQueue<string>();
        var asking = AskOnAsync(instance, failures, stop.Token);

        await ServedAsync(instance);
        await _scene.UntilAsync(async () => (await CurlAsync("https", "/web/login", "-f")).Contains("odoo", StringComparison.OrdinalIgnoreCase), "Odoo answers by HTTPS", 30);
        Assert.Contains("Pebble", await CurlAsync("https", "/web/login", "-v"), StringComparison.Ordinal);
        Assert.Equal($"308 https://{Host}/web/login?a=b", (await CurlAsync("http", "/web/login?a=b", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}")).Trim());
        // The key is HAProxy's alone.
        Assert.Equal("440 99 0", (await _machine.ShellAsync("docker exec -u 0 ocore-edge sh -c 'stat -c \"%a %u %g\" /usr/local/etc/haproxy/*/*.pem'")).Trim());
        Assert.DoesNotContain("PRIVATE KEY", await _machine.ShellAsync("docker inspect ocore-edge; docker logs ocore-edge 2>&1"), StringComparison.Ordinal);

        var admin = await _scene.Http.Post<AdminCredentials>($"/api/instances/{instance.Id}/admin-password/reveal");
        using var visitor = new OdooVisitor($"http://{_machine.Host.Value}", instance.Domain);
        await visitor.SignInAsync(admin.Login, admin.Password);
        async Task<string?> SeenByOdooAsync() => (await visitor.ExecuteAsync("ir.config_parameter", "get_param", new[] { "web.base.url" })).GetString();
        Assert.Equal(generated, await SeenByOdooAsync());
        await _scene.EndOfAsync(await _scene.Http.Post<OperationView>($"{PathOf(instance)}/primary"));
        // Odoo keeps what it has read in memory, and has to notice.
        Assert.Equal($"https://{Host}", await SeenByOdooAsync());
        Assert.Equal($"https://{Host}", (await _scene.InstanceAsync(instance.Id)).Url);
        Assert.Equal($"https://{Host}", await BaseUrlAsync(instance));
        Assert.True((await GetAsync(instance)).IsPrimary);
        await DeleteAsync(instance).IsRefusedAsync(409, "domain_is_primary");

        await _scene.EndOfAsync(await _scene.Http.Post<OperationView>($"/api/instances/{instance.Id}/domains/{instance.Domain}/primary"));
        Assert.Equal((generated, generated), ((await _scene.InstanceAsync(instance.Id)).Url, await BaseUrlAsync(instance)));
        await DeleteAsync(instance);
        await _scene.UntilAsync(async () => (await CurlAsync("https", "/", "-o", "/dev/null", "-w", "%{http_code}")).Trim().EndsWith("000", StringComparison.Ordinal), "nobody has the name any more", 20);
        Assert.Equal("404", (await CurlAsync("http", "/", "-o", "/dev/null", "-w", "%{http_code}")).Trim());
        Assert.Single((await _scene.Http.Get<Page<InstanceDomainView>>($"/api/instances/{instance.Id}/domains")).Data);

        await stop.CancelAsync();
        var asked = await asking;
        output.WriteLine($"{asked} requests beside it, {failures.Count} failed");
        Assert.True(failures.IsEmpty && asked > 20, $"{asked} requests: {string.Join('\n', failures.Take(5))}");
        await _scene.DeleteAsync(instance);
    }

    [LabFact]
    public async Task Sending_people_elsewhere_is_done_or_undone()
    {
        var instance = await _scene.ProvisionAsync(_scene.Client, _scene.First);
        await ServedAsync(instance);
        await _scene.ProveAsync(new OperationCase("instance.set_domain",
            async () => (await _scene.Http.Post<OperationView>($"{PathOf(instance)}/primary")).Id,
            async (id, state) =>
            {
                if (state == OperationState.Stuck)
                    await _scene.RetryAsync(id);
                var address = state == OperationState.RolledBack ? instance.Url : $"https://{Host}";
                Assert.Equal((address, address), ((await _scene.InstanceAsync(instance.Id)).Url, await BaseUrlAsync(instance)));
            },
            ArrangeAsync: async () =>
            {
                if ((await GetAsync(instance)).IsPrimary)
                    await _scene.EndOfAsync(await _scene.Http.Post<OperationView>($"/api/instances/{instance.Id}/domains/{instance.Domain}/primary"));
            }), output.WriteLine);
        // The name goes with the instance, also as its address.
        await _scene.DeleteAsync(instance);
        await using var db = _scene.App.Databases.System();
        Assert.Equal(0, await db.InstanceDomains.AcrossTenants().CountAsync());
        Assert.False(await db.Certificates.AnyAsync(c => c.Host == Host && c.Wanted));
    }

    /// <summary>Added, its records set as the answer names them, proven, and with a certificate.</summary>
    private async Task ServedAsync(InstanceView instance)
    {
        var domain = await _scene.Http.Post<AddInstanceDomain, InstanceDomainView>($"/api/instances/{instance.Id}/domains", new AddInstanceDomain { Domain = Host });
        Assert.Equal((DnsStatus.Pending, SslStatus.Pending, false), (domain.DnsStatus, domain.SslStatus, domain.IsPrimary));
        await _scene.Http.Post<OperationView>($"{PathOf(instance)}/primary").IsRefusedAsync(409, "dns_not_verified");
        // The records are set as the answer names them.
        foreach (var record in domain.Records.Where(r => !r.IsAlternative))
            await _dns.SetAsync(record.Name, record.Type == "TXT" ? $"TXT \"{record.Value}\"" : $"{record.Type} {record.Value}");
        var verified = await _scene.Http.Post<InstanceDomainView>($"{PathOf(instance)}/verify");
        Assert.Equal((DnsStatus.Verified, RoutingStatus.Ok), (verified.DnsStatus, verified.Routing.Status));
        await _scene.UntilAsync(async () => (await GetAsync(instance)).SslStatus == SslStatus.Active, $"{Host} has a certificate: {(await GetAsync(instance)).Certificate.Error}", 60);
    }

    private static string PathOf(InstanceView instance) => $"/api/instances/{instance.Id}/domains/{Host}";

    private Task<InstanceDomainView> GetAsync(InstanceView instance) => _scene.Http.Get<InstanceDomainView>(PathOf(instance));

    private Task DeleteAsync(InstanceView instance) => _scene.Http.SendForJson(HttpMethod.Delete, PathOf(instance), null, CancellationToken.None);

    private async Task<string> BaseUrlAsync(InstanceView instance) =>
        (await _machine.ShellAsync("""docker exec -u postgres ocore-postgres psql -XAtq -d "$1" -c "SELECT value FROM ir_config_parameter WHERE key = 'web.base.url'" """, instance.Database)).Trim();

    // As a visitor who trusts the test's certificate authority and nobody else.
    private async Task<string> CurlAsync(string scheme, string path, params string[] options)
    {
        var address = _machine.Host.Value;
        try
        {
            return await Lab.RunProgramAsync("curl", ["-sS", "--max-time", "10", "--cacert", _root, "--resolve", $"{Host}:443:{address}", "--resolve", $"{Host}:80:{address}", .. options, $"{scheme}://{Host}{path}"]);
        }
        catch (InvalidOperationException refused)
        {
            return refused.Message;
        }
    }

    // Somebody works in Odoo meanwhile; nothing of it may be lost while certificates come and go.
    private async Task<int> AskOnAsync(InstanceView instance, ConcurrentQueue<string> failures, CancellationToken stop)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        for (var asked = 0; ; asked++)
        {
            if (stop.IsCancellationRequested)
                return asked;
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{_machine.Host.Value}/web/health")) { Headers = { Host = instance.Domain, ConnectionClose = asked % 2 == 0 } };
                using var answer = await http.SendAsync(request, CancellationToken.None);
                if (answer.StatusCode != HttpStatusCode.OK)
                    failures.Enqueue($"{asked}: {answer.StatusCode}");
            }
            catch (HttpRequestException e)
            {
                failures.Enqueue($"{asked}: {e.Message}");
            }
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var part in (IAsyncDisposable?[])[_scene, _authority, _dns])
            if (part is not null)
                await part.DisposeAsync();
        File.Delete(_root);
    }
}
