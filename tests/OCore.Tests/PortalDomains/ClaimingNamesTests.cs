using System.Net.Http.Json;
using OCore.Client;

namespace OCore.Tests.PortalDomains;

/// <summary>Which names can be claimed, and what the answer says.</summary>
public sealed class ClaimingNamesTests
{
    [Theory, Sqlite, Postgres]
    public async Task The_published_call_works_from_claim_to_deletion(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var agency = await world.AgencyAsync("Acme");
        var http = world.App.HttpAs(agency.Owner, agency.Slug);

        var response = await http.PostAsJsonAsync("/api/agency/portal-domains", new { subdomain = "acme", customDomain = "erp.acme.com" });
        Assert.Equal(System.Net.HttpStatusCode.Created, response.StatusCode);
        var made = (await response.Content.ReadFromJsonAsync(WireJson.Default.PortalDomainView))!;

        Assert.Equal($"/api/agency/portal-domains/{made.Id}", response.Headers.Location?.ToString());
        Assert.Equal(("acme", "erp.acme.com", "acme.portals.ocore.example", "https://erp.acme.com"), (made.Subdomain, made.CustomDomain, made.SubdomainHost, made.Url));
        Assert.Equal((false, DnsStatus.Pending, SslStatus.Pending, false, true), (made.DnsVerified, made.DnsStatus, made.SslStatus, made.IsActive, made.Enabled));
        Assert.Equal(["TXT _ocore-verify.erp.acme.com " + made.DnsVerificationToken, "CNAME erp.acme.com panel.ocore.example", "A erp.acme.com 127.0.0.1"], made.Records.Select(r => $"{r.Type} {r.Name} {r.Value}"));
        Assert.Equal([false, false, true], made.Records.Select(r => r.IsAlternative));

        await world.As(agency).Post<PortalDomainView>($"/api/agency/portal-domains/{made.Id}/activate").IsRefusedAsync(409, "dns_not_verified");
        var early = await world.VerifyAsync(agency, made);
        Assert.Equal((DnsStatus.Pending, "There is no _ocore-verify.erp.acme.com in DNS."), (early.DnsStatus, early.Ownership.Message));
        Assert.NotNull(early.LastCheckedAt);
        Assert.True(early.NextCheckAt > early.LastCheckedAt);

        world.SetRecords(made);
        var verified = await world.VerifyAsync(agency, made);
        Assert.Equal((true, DnsStatus.Verified, true, RoutingStatus.Ok), (verified.DnsVerified, verified.DnsStatus, verified.IsActive, verified.Routing.Status));
        Assert.True(verified.Records[0].Found);

        var off = await world.As(agency).Post<PortalDomainView>($"/api/agency/portal-domains/erp.acme.com/deactivate");
        Assert.Equal((false, false, true), (off.IsActive, off.Enabled, off.DnsVerified));
        Assert.True((await world.As(agency).Post<PortalDomainView>($"/api/agency/portal-domains/{made.Id}/activate")).IsActive);
        Assert.Equal([made.Id], (await world.As(agency).Get<Page<PortalDomainView>>("/api/agency/portal-domains?q=erp.acme")).Data.Select(d => d.Id));

        Assert.Equal(System.Net.HttpStatusCode.NoContent, (await http.DeleteAsync($"/api/agency/portal-domains/{made.Id}")).StatusCode);
        await world.GetAsync(agency, made).IsRefusedAsync(404, "not_found");
        Assert.Empty((await world.As(agency).Get<Page<PortalDomainView>>("/api/agency/portal-domains")).Data);
        var actions = (await world.As(agency).Get<Page<AuditEntryView>>("/api/audit-logs?objectType=portal_domain")).Data.Select(a => a.Action).Reverse();
        Assert.Equal(["portal_domain.created", "portal_domain.verified", "portal_domain.deactivated", "portal_domain.activated", "portal_domain.deleted"], actions);
        Assert.Empty(world.App.Log.Lines);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_subdomain_is_the_platforms_and_works_at_once(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var (agency, other) = (await world.AgencyAsync("One"), await world.AgencyAsync("Two"));
        var client = await world.App.ClientOfAsync(agency, "Shop");

        var made = await world.As(agency).Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { Subdomain = "Shop", ClientId = client.Slug });

        Assert.Equal(("shop", "shop.portals.ocore.example", client.Id), (made.Subdomain, made.SubdomainHost, made.Client!.Id));
        Assert.Equal((true, true, true), (made.DnsVerified, made.IsActive, made.Records.Count == 0));
        await world.As(other).Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { Subdomain = "SHOP" }).IsRefusedAsync(409, "subdomain_taken", "subdomain");
        await world.As(other).Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { Subdomain = "x", ClientId = client.Id.ToString() }).IsRefusedAsync(400, "client_not_found", "clientId");
        Assert.Equal("x", (await world.As(other).Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { Subdomain = "x" })).Subdomain);
        Assert.Single((await world.As(agency).Get<Page<PortalDomainView>>($"/api/agency/portal-domains?client={client.Slug}")).Data);

        // What was given up rests a while for others, and not for who gave it up.
        await world.DeleteAsync(agency, $"/api/agency/portal-domains/{made.Id}");
        await world.As(other).Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { Subdomain = "shop" }).IsRefusedAsync(409, "subdomain_taken", "subdomain");
        world.App.Clock.Advance(TimeSpan.FromDays(8));
        Assert.Equal("shop", (await world.As(other).Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { Subdomain = "shop" })).Subdomain);
    }

    [Theory, Sqlite, Postgres]
    public async Task An_agency_has_a_portal_domain_of_its_own(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var agency = await world.AgencyAsync("White");
        var create = new CreatePortalDomain { CustomDomain = "white.example.com", IsBase = true };
        var root = await world.As(agency).Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", create);
        await world.As(agency).Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", create with { CustomDomain = "other.example.com" }).IsRefusedAsync(409, "portal_base_exists");
        world.SetRecords(root);
        await world.VerifyAsync(agency, root);

        var below = await world.As(agency).Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { Subdomain = "shop", CustomDomain = "erp.shop.example" });

        Assert.Equal("shop.white.example.com", below.SubdomainHost);
        // No client meets the platform's name.
        Assert.Contains(below.Records, r => r is { Type: "CNAME", Value: "white.example.com" });
        await world.DeleteAsync(agency, $"/api/agency/portal-domains/{root.Id}").IsRefusedAsync(409, "portal_base_in_use");
    }

    [Theory]
    [InlineData("https://erp.acme.com", "domain_invalid")]
    [InlineData("erp.acme.com/login", "domain_invalid")]
    [InlineData("erp.acme.com:8443", "domain_invalid")]
    [InlineData("admin@acme.com", "domain_invalid")]
    [InlineData("*.acme.com", "domain_invalid")]
    [InlineData("erp acme.com", "domain_invalid")]
    [InlineData("erp..acme.com", "domain_invalid")]
    [InlineData(".acme.com", "domain_invalid")]
    [InlineData("-erp.acme.com", "domain_invalid")]
    [InlineData("erp-.acme.com", "domain_invalid")]
    [InlineData("er--p.acme.com", "domain_invalid")]
    [InlineData("_dmarc.acme.com", "domain_invalid")]
    [InlineData("acme", "domain_invalid")]
    [InlineData("localhost", "domain_invalid")]
    [InlineData("erp.localhost", "domain_invalid")]
    [InlineData("erp.local", "domain_invalid")]
    [InlineData("db.internal", "domain_invalid")]
    [InlineData("erp.onion", "domain_invalid")]
    [InlineData("192.0.2.1", "domain_invalid")]
    [InlineData("192.0.2.1.", "domain_invalid")]
    [InlineData("[::1]", "domain_invalid")]
    [InlineData("2001:db8::1", "domain_invalid")]
    [InlineData("127.1", "domain_invalid")]
    [InlineData("0x7f.1", "domain_invalid")]
    [InlineData("erp.2130706433", "domain_invalid")]
    [InlineData("169。254。169。254", "domain_invalid")]
    [InlineData("com", "domain_invalid")]
    [InlineData("co.uk", "domain_invalid")]
    [InlineData("github.io", "domain_invalid")]
    [InlineData("xn--80ak6aa92e.", "domain_invalid")]
    [InlineData("xn--.acme.com", "domain_invalid")]
    [InlineData("xn--acme-.example.com", "domain_invalid")]
    [InlineData("аcme.example.com", "domain_invalid")] // a Cyrillic а among Latin letters
    [InlineData("αcme.example.com", "domain_invalid")]
    [InlineData("ａcme.example.com", "domain_invalid")] // full width
    [InlineData("ﬁnance.example.com", "domain_invalid")] // a ligature
    [InlineData("𝐚cme.example.com", "domain_invalid")] // mathematical
    [InlineData("erp\u200d.example.com", "domain_invalid")] // a joiner
    [InlineData("erp\u202emoc.example.com", "domain_invalid")] // written backwards
    [InlineData("e\u0301rp.example.com", "domain_invalid")] // a mark by itself
    [InlineData("\u0301erp.example.com", "domain_invalid")]
    [InlineData("panel.ocore.example", "domain_reserved")]
    [InlineData("x.panel.ocore.example", "domain_reserved")]
    [InlineData("portals.ocore.example", "domain_reserved")]
    [InlineData("shop.portals.ocore.example", "domain_reserved")]
    [InlineData("pane1.ocore.example", "domain_look_alike")]
    [InlineData("pànel.ocore.example", "domain_look_alike")]
    [InlineData("panel.0core.example", "domain_look_alike")]
    public async Task Names_that_nobody_could_own_are_refused(string name, string code)
    {
        var world = await Shared.Value;
        await world.ClaimAsync(await Agency.Value, name).IsRefusedAsync(400, code, "customDomain");
    }

    [Theory]
    [InlineData("ERP.Acme.COM", "erp.acme.com", "erp.acme.com")]
    [InlineData("erp.acme.net.", "erp.acme.net", "erp.acme.net")]
    [InlineData(" erp.acme.org ", "erp.acme.org", "erp.acme.org")]
    [InlineData("bücher.example.com", "xn--bcher-kva.example.com", "bücher.example.com")]
    [InlineData("XN--BCHER-KVA.example.net", "xn--bcher-kva.example.net", "bücher.example.net")]
    [InlineData("straße.example.com", "xn--strae-oqa.example.com", "straße.example.com")]
    [InlineData("例え。テスト。example.com", "xn--r8jz45g.xn--zckzah.example.com", "例え.テスト.example.com")]
    [InlineData("пример.испытание.example.org", "xn--e1afmkfd.xn--80akhbyknj4f.example.org", "пример.испытание.example.org")]
    [InlineData("אתר.example.org", "xn--4db2cf.example.org", "אתר.example.org")]
    [InlineData("1.example.org", "1.example.org", "1.example.org")]
    public async Task Names_are_kept_as_DNS_has_them_and_as_people_write_them(string name, string host, string display)
    {
        var world = await Shared.Value;
        var made = await world.ClaimAsync(await Agency.Value, name);
        Assert.Equal((host, display), (made.Host, made.CustomDomain));
        Assert.Equal(made.Id, (await world.As(await Agency.Value).Get<PortalDomainView>($"/api/agency/portal-domains/{Uri.EscapeDataString(display)}")).Id);
        await world.ClaimAsync(await Agency.Value, host).IsRefusedAsync(409, "domain_taken", "customDomain");
    }

    [Fact]
    public async Task A_name_that_reads_as_another_is_flagged()
    {
        var world = await Shared.Value;
        var made = await world.ClaimAsync(await Agency.Value, "аррӏе.example.com");
        Assert.Equal("xn--80ak6aa92e.example.com", made.Host);
        Assert.Contains("apple", Assert.Single(made.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("www", "subdomain_reserved")]
    [InlineData("admin", "subdomain_reserved")]
    [InlineData("ns7", "subdomain_reserved")]
    [InlineData("autodiscover", "subdomain_reserved")]
    [InlineData("_acme", "subdomain_invalid")]
    [InlineData("a.b", "subdomain_invalid")]
    [InlineData("-a", "subdomain_invalid")]
    [InlineData("a b", "subdomain_invalid")]
    [InlineData("асme", "subdomain_invalid")]
    public async Task Subdomains_that_would_mislead_are_refused(string name, string code) =>
        await (await Shared.Value).As(await Agency.Value).Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { Subdomain = name }).IsRefusedAsync(400, code, "subdomain");

    [Fact]
    public async Task Lengths_are_those_that_are_published()
    {
        var http = (await Shared.Value).App.HttpAs((await Agency.Value).Owner, (await Agency.Value).Slug);
        await (await http.PostAsJsonAsync("/api/agency/portal-domains", new { subdomain = new string('a', 64) })).IsProblemAsync(400, "validation_failed", "subdomain");
        await (await http.PostAsJsonAsync("/api/agency/portal-domains", new { subdomain = "" })).IsProblemAsync(400, "validation_failed", "subdomain");
        await (await http.PostAsJsonAsync("/api/agency/portal-domains", new { customDomain = new string('a', 256) })).IsProblemAsync(400, "validation_failed", "customDomain");
        await (await http.PostAsJsonAsync("/api/agency/portal-domains", new { customDomain = $"{new string('a', 64)}.example.com" })).IsProblemAsync(400, "domain_invalid", "customDomain");
        await (await http.PostAsJsonAsync("/api/agency/portal-domains", new { })).IsProblemAsync(400, "validation_failed", "subdomain");
        Assert.True((await http.PostAsJsonAsync("/api/agency/portal-domains", new { subdomain = new string('b', 63) })).IsSuccessStatusCode);
    }

    // One program for all lines of the tables: none of them changes what another sees.
    private static readonly Lazy<Task<PortalDomainsApp>> Shared = new(() => PortalDomainsApp.StartAsync(Database.Sqlite));
    private static readonly Lazy<Task<TestAgency>> Agency = new(async () => await (await Shared.Value).AgencyAsync("Table"));
}
