using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Domains;
using OCore.Features.PortalDomains;
using OCore.Tests.Data;

namespace OCore.Tests.PortalDomains;

/// <summary>Which host is let in, and what finding its portal costs.</summary>
public sealed class ReachingPortalsTests
{
    // Nobody is signed in: who is let in is asked to, on every path of the API.
    private const string Path = "/api/user";

    [Theory, Sqlite, Postgres]
    public async Task A_portal_is_reached_by_its_own_name_and_nothing_by_any_other(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database, arrange: app => app.Set("ALLOWED_HOSTS", "internal.ocore.example"));
        var agency = await world.AgencyAsync("Served");
        var domain = await world.ProvenAsync(agency, "erp.served.example");
        var pending = await world.ClaimAsync(agency, "erp.pending.example");
        await world.As(agency).Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { Subdomain = "served" });

        foreach (var host in new[] { "erp.served.example", "ERP.Served.EXAMPLE", "erp.served.example:8443", "served.portals.ocore.example", "panel.ocore.example", "internal.ocore.example", "localhost", "127.0.0.1", "[::1]" })
            Assert.Equal((host, 401), (host, await StatusAsync(world, host)));
        foreach (var host in new[] { "erp.pending.example", "evil.example", "served.example", "x.erp.served.example", "erp.served.example.evil.example", "other.portals.ocore.example", "portals.ocore.example", "panel.ocore.example.evil.example", "erp.served.example.", "xn--served.example" })
            Assert.Equal((host, 421), (host, await StatusAsync(world, host)));
        Assert.Equal("pending", (await world.GetAsync(agency, pending)).Ownership.State);

        // At once, and back.
        await world.As(agency).Post<PortalDomainView>($"/api/agency/portal-domains/{domain.Id}/deactivate");
        Assert.Equal(404, await StatusAsync(world, "erp.served.example"));
        await world.As(agency).Post<PortalDomainView>($"/api/agency/portal-domains/{domain.Id}/activate");
        Assert.Equal(401, await StatusAsync(world, "erp.served.example"));
        await world.DeleteAsync(agency, $"/api/agency/portal-domains/{domain.Id}");
        Assert.Equal(421, await StatusAsync(world, "erp.served.example"));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_subdomain_is_served_as_long_as_the_name_above_it_is_proven(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var agency = await world.AgencyAsync("White");
        var above = await world.As(agency).Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { CustomDomain = "white.example.com", IsBase = true });
        world.SetRecords(above);
        await world.VerifyAsync(agency, above);
        await world.As(agency).Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { Subdomain = "shop" });
        Assert.Equal(401, await StatusAsync(world, "shop.white.example.com"));

        world.Dns.Remove("_ocore-verify.white.example.com");
        await world.LookAsync(agency, above);
        Assert.Equal(401, await StatusAsync(world, "shop.white.example.com"));
        world.App.Clock.Advance(TimeSpan.FromDays(8));
        await world.LookAsync(agency, above);
        Assert.Equal(421, await StatusAsync(world, "shop.white.example.com"));
        world.SetRecords(above);
        await world.LookAsync(agency, above);
        Assert.Equal(401, await StatusAsync(world, "shop.white.example.com"));
    }

    [Fact]
    public async Task A_stranger_gets_a_page_that_says_nothing_and_no_cookie()
    {
        await using var world = await PortalDomainsApp.StartAsync(Database.Sqlite);
        foreach (var path in new[] { "/", "/index.html", "/sign-in", "/docs/api", "/openapi/v1.json", "/.well-known/acme-challenge/0123456789abcdef0123456789" })
        {
            using var answer = await AskAsync(world, "evil.example", path, ("Cookie", "__Host-signin=x; signin=x"));
            Assert.Equal(path.StartsWith("/.well-known", StringComparison.Ordinal) ? HttpStatusCode.NotFound : (HttpStatusCode)421, answer.StatusCode);
            Assert.False(answer.Headers.Contains("Set-Cookie"));
            Assert.DoesNotContain("ocore", await answer.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
        }
        // Load balancers ask by any name.
        using var probe = await AskAsync(world, "evil.example", "/healthz");
        Assert.Equal(HttpStatusCode.OK, probe.StatusCode);
    }

    [Theory]
    [InlineData("127.0.0.1,::1", 401)]
    [InlineData("192.0.2.1", 421)]
    public async Task A_forwarded_host_counts_from_trusted_proxies_only(string proxies, int status)
    {
        await using var world = await PortalDomainsApp.StartAsync(Database.Sqlite, arrange: app => app.Set("TRUSTED_PROXIES", proxies));
        var agency = await world.AgencyAsync("Proxied");
        await world.ProvenAsync(agency, "erp.proxied.example");

        using var forwarded = await AskAsync(world, "backend.invalid", Path, ("X-Forwarded-Host", "erp.proxied.example"), ("X-Forwarded-Proto", "https"));
        Assert.Equal(status, (int)forwarded.StatusCode);
        using var spoofed = await AskAsync(world, "backend.invalid", Path, ("X-Forwarded-Host", "evil.example"));
        Assert.Equal(421, (int)spoofed.StatusCode);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_thousand_portals_cost_no_query_once_they_are_known(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var agency = await world.AgencyAsync("Large");
        var hosts = Enumerable.Range(0, 1000).Select(i => $"portal{i}.large.example").ToList();
        await using (var db = world.App.Databases.System())
        {
            foreach (var host in hosts)
                db.Add(new PortalDomain { OrgId = agency.Org.Id, CustomHost = host, CustomDisplay = host, Token = host, Warnings = [], Proof = DomainProof.Verified, VerifiedAt = world.App.Clock.GetUtcNow(), ChangedAt = world.App.Clock.GetUtcNow() });
            await db.SaveChangesAsync();
        }
        await world.App.Services.GetRequiredService<PortalDirectory>().RefreshAsync(CancellationToken.None);
        using var commands = new CommandsByTrace();
        var asked = 0;
        foreach (var host in hosts.Append("evil.example"))
        {
            var trace = ActivityTraceId.CreateRandom();
            using var answer = await AskAsync(world, host, Path, ("traceparent", $"00-{trace.ToHexString()}-{ActivitySpanId.CreateRandom().ToHexString()}-01"));
            Assert.Equal(host == "evil.example" ? 421 : 401, (int)answer.StatusCode);
            asked += commands.Of(trace);
        }
        Assert.Equal(0, asked);
    }

    private static async Task<int> StatusAsync(PortalDomainsApp world, string host)
    {
        using var answer = await AskAsync(world, host, Path);
        return (int)answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> AskAsync(PortalDomainsApp world, string host, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Host", host);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await world.App.Anonymous.SendAsync(request);
    }
}
