using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Tests;

namespace OCore.SystemTests.PortalDomains;

/// <summary>The program with real DNS and a real certificate authority, and a visitor who trusts that authority and nobody else.</summary>
internal sealed class PortalScene : IAsyncDisposable
{
    public const string Here = "127.0.0.1";
    private string _key = "";

    public required NameServer Dns { get; init; }
    public required CertificateAuthority Authority { get; init; }
    public required TestApp App { get; init; }
    public required int HttpPort { get; init; }
    public required int HttpsPort { get; init; }
    public required X509Certificate2 Root { get; init; }
    public TestAgency Agency { get; private set; } = null!;
    public OCoreHttp Http => new(App.HttpWith(_key, Agency.Slug));

    public static async Task<PortalScene> StartAsync(Database database = Database.Sqlite, int badNonces = 5, int days = 90, int sleep = 0)
    {
        var (http, https) = (TestPorts.Free(), TestPorts.Free());
        var dns = await NameServer.StartAsync();
        var authority = await CertificateAuthority.StartAsync(dns, http, badNonces, sleep, days);
        var app = await TestApp.StartAsync(database, a =>
        {
            foreach (var (name, value) in SettingsOf(dns, authority, http, https))
                a.Set(name, value);
        });
        var scene = new PortalScene { Dns = dns, Authority = authority, App = app, HttpPort = http, HttpsPort = https, Root = await authority.RootAsync() };
        scene.Agency = await app.AgencyAsync("Acme");
        scene._key = await app.ApiKeyAsync(scene.Agency.Owner, scene.Agency.Org);
        return scene;
    }

    public static IEnumerable<(string Name, string Value)> SettingsOf(NameServer dns, CertificateAuthority authority, int http, int https) =>
    [
        ("LISTEN", $"http://{Here}:{http};https://{Here}:{https}"), ("PUBLIC_URL", $"https://panel.test:{https}"), ("PORTAL_BASE_DOMAIN", "portals.test"), ("PORTAL_ADDRESSES", Here),
        ("DNS_SERVERS", dns.Address), ("ACME_DIRECTORY", authority.DirectoryUrl), ("ACME_CA_FILE", authority.CaFile), ("ACME_TERMS", "agreed"), ("ACME_CONTACT", "ops@ocore.example"),
    ];

    public Task<PortalDomainView> ClaimAsync(string domain) => Http.Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { CustomDomain = domain });

    public Task SetRecordsAsync(PortalDomainView domain) => Task.WhenAll(Dns.SetAsync($"_ocore-verify.{domain.Host}", $"TXT \"{domain.DnsVerificationToken}\""), Dns.SetAsync(domain.Host!, $"A {Here}"));

    public Task<PortalDomainView> GetAsync(PortalDomainView domain) => Http.Get<PortalDomainView>($"/api/agency/portal-domains/{domain.Id}");

    /// <summary>Claimed, set in DNS, verified, and with a certificate.</summary>
    public async Task<PortalDomainView> ServedAsync(string name)
    {
        var domain = await ClaimAsync(name);
        await SetRecordsAsync(domain);
        await Http.Post<PortalDomainView>($"/api/agency/portal-domains/{domain.Id}/verify");
        return await UntilAsync(domain, d => d.SslStatus == SslStatus.Active);
    }

    public async Task<PortalDomainView> UntilAsync(PortalDomainView domain, Func<PortalDomainView, bool> condition)
    {
        var last = domain;
        await Peer.UntilAsync(async () => condition(last = await GetAsync(domain)), $"{domain.Host} did not get there");
        return last;
    }

    /// <summary>What a visitor gets. Every name leads to this machine, as DNS says.</summary>
    public async Task<HttpResponseMessage> VisitAsync(string host, string path = "/healthz", bool plain = false, HttpMethod? method = null)
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectCallback = async (_, stop) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, plain ? HttpPort : HttpsPort, stop);
                return new NetworkStream(socket, ownsSocket: true);
            },
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = Trusting(Root) },
        });
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, plain ? $"http://{host}{path}" : $"https://{host}:{HttpsPort}{path}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        return await http.SendAsync(request);
    }

    /// <summary>How many orders were begun for a host, by our own count.</summary>
    public async Task<int> AttemptsAsync(string host)
    {
        await using var db = App.Databases.System();
        return await db.AcmeAttempts.CountAsync(a => a.Host == host);
    }

    private static X509ChainPolicy Trusting(X509Certificate2 root)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(root);
        return policy;
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Authority.DisposeAsync();
        await Dns.DisposeAsync();
        Root.Dispose();
    }
}
