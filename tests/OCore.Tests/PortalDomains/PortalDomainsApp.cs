using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.PortalDomains;
using OCore.Platform.Mail;

namespace OCore.Tests.PortalDomains;

/// <summary>The program with a DNS server that a test fills. Names are looked at when a test asks for it, unless it wants the reconciler.</summary>
internal sealed class PortalDomainsApp : IAsyncDisposable
{
    public const string Here = "127.0.0.1";

    public required TestApp App { get; init; }
    public DnsPeer Dns { get; private init; } = new();

    public static async Task<PortalDomainsApp> StartAsync(Database database, bool reconciling = false, Action<TestApp>? arrange = null)
    {
        var dns = new DnsPeer();
        var app = await TestApp.StartAsync(database, a =>
        {
            a.Set("DNS_SERVERS", dns.Address);
            a.Set("PORTAL_ADDRESSES", Here);
            a.Set("PUBLIC_URL", "https://panel.ocore.example");
            a.Set("PORTAL_BASE_DOMAIN", "portals.ocore.example");
            // What was sent is forgotten; the tests read what was to be sent.
            a.Adjust(services => services.Remove(services.Single(s => s.ImplementationType == typeof(MailSender))));
            if (!reconciling)
                a.Adjust(services => services.Remove(services.Single(s => s.ImplementationType == typeof(PortalDomainReconciler))));
            arrange?.Invoke(a);
        });
        return new PortalDomainsApp { App = app, Dns = dns };
    }

    private readonly Dictionary<Guid, string> _keys = [];

    /// <summary>An agency whose owner has a key that lasts longer than the days of a test.</summary>
    public async Task<TestAgency> AgencyAsync(string name)
    {
        var agency = await App.AgencyAsync(name);
        _keys[agency.Org.Id] = await App.ApiKeyAsync(agency.Owner, agency.Org);
        return agency;
    }

    public OCoreHttp As(TestAgency agency) => new(App.HttpWith(_keys[agency.Org.Id], agency.Slug));

    public Task<PortalDomainView> ClaimAsync(TestAgency agency, string domain, string? client = null) =>
        As(agency).Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { CustomDomain = domain, ClientId = client });

    public Task<PortalDomainView> VerifyAsync(TestAgency agency, PortalDomainView domain) => As(agency).Post<PortalDomainView>($"/api/agency/portal-domains/{domain.Id}/verify");

    public Task<PortalDomainView> GetAsync(TestAgency agency, PortalDomainView domain) => As(agency).Get<PortalDomainView>($"/api/agency/portal-domains/{domain.Id}");

    public async Task DeleteAsync(TestAgency agency, string path) => await As(agency).SendForJson(HttpMethod.Delete, path, null, CancellationToken.None);

    /// <summary>The records that its owner would set.</summary>
    public void SetRecords(PortalDomainView domain)
    {
        Dns.SetTxt("_ocore-verify." + domain.Host, domain.DnsVerificationToken);
        Dns.SetA(domain.Host!, Here);
    }

    /// <summary>Claimed, with its records, and verified.</summary>
    public async Task<PortalDomainView> ProvenAsync(TestAgency agency, string domain, string? client = null)
    {
        var claim = await ClaimAsync(agency, domain, client);
        SetRecords(claim);
        var verified = await VerifyAsync(agency, claim);
        Assert.True(verified.DnsVerified, verified.Ownership.Message);
        return verified;
    }

    /// <summary>As the reconciler does, without the limit that people have.</summary>
    public async Task<PortalDomainView> LookAsync(TestAgency agency, PortalDomainView domain)
    {
        Assert.True(await App.Services.GetRequiredService<PortalDomainLooks>().LookAsync(domain.Id, CancellationToken.None));
        return await GetAsync(agency, domain);
    }

    public async Task<IReadOnlyList<string>> MailsAboutAsync(PortalDomainView domain)
    {
        await using var db = App.Databases.System();
        var outbox = App.Services.GetRequiredService<Outbox>();
        return [.. (await db.Set<OutgoingMail>().Where(m => m.AboutId == domain.Id).OrderBy(m => m.Id).ToListAsync()).Select(m => $"{m.To}: {outbox.Open(m).Subject}")];
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Dns.DisposeAsync();
    }
}
