using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OCore.Tests;

namespace OCore.SystemTests.PortalDomains;

/// <summary>Pebble, the test certificate authority of Let's Encrypt: it comes to look over HTTP as the real one does, and refuses nonces at random.</summary>
internal sealed class CertificateAuthority : IAsyncDisposable
{
    public const string Program = "/usr/bin/pebble";
    private readonly string _folder = Directory.CreateTempSubdirectory("ocore-pebble-").FullName;
    private readonly int _port = TestPorts.Free(), _management = TestPorts.Free(), _tls = TestPorts.Free();
    private int _seconds;
    private Peer? _process;

    public string DirectoryUrl => $"https://localhost:{_port}/dir";
    public string CaFile => Path.Combine(_folder, "ca.pem");
    /// <summary>What it said; <c>POST /order-plz</c> is a new order.</summary>
    public IEnumerable<string> Log => _process!.Output;
    public int Orders => Log.Count(l => l.Contains("POST /order-plz", StringComparison.Ordinal));

    /// <param name="dns">The name server that it asks.</param>
    /// <param name="httpPort">Where it comes to look.</param>
    /// <param name="badNonces">How many good nonces of a hundred it refuses.</param>
    /// <param name="sleep">Seconds that it takes before it comes to look.</param>
    /// <param name="days">How long its certificates last.</param>
    public static async Task<CertificateAuthority> StartAsync(NameServer dns, int httpPort, int badNonces = 5, int sleep = 0, int days = 90)
    {
        var authority = new CertificateAuthority();
        authority._seconds = days * 86400;
        authority.MakeOwnCertificate();
        await File.WriteAllTextAsync(authority.In("config.json"), $$"""
            {"pebble": {"listenAddress":"127.0.0.1:{{authority._port}}","managementListenAddress":"127.0.0.1:{{authority._management}}",
            "certificate":"{{authority.In("cert.pem")}}","privateKey":"{{authority.In("key.pem")}}","httpPort":{{httpPort}},"tlsPort":{{authority._tls}},
            "ocspResponderURL":"","externalAccountBindingRequired":false,"domainBlocklist":["blocked.test"],"retryAfter":{"authz":1,"order":1},"certificateValidityPeriod":{{authority._seconds}} } }
            """);
        (string, string)[] environment = [("PEBBLE_WFE_NONCEREJECT", $"{badNonces}"), ("PEBBLE_AUTHZREUSE", "0"), sleep == 0 ? ("PEBBLE_VA_NOSLEEP", "1") : ("PEBBLE_VA_SLEEPTIME", $"{sleep}")];
        authority._process = Peer.Start(Program, ["-config", authority.In("config.json"), "-dnsserver", dns.Address], environment);
        using var http = authority.NewHttp();
        await Peer.UntilAsync(async () =>
        {
            try
            {
                return (await http.GetAsync(authority.DirectoryUrl)).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "pebble did not start");
        return authority;
    }

    /// <summary>What browsers of the test have to trust.</summary>
    public async Task<X509Certificate2> RootAsync()
    {
        using var http = NewHttp();
        return X509Certificate2.CreateFromPem(await http.GetStringAsync($"https://localhost:{_management}/roots/0"));
    }

    private HttpClient NewHttp()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(File.ReadAllText(CaFile)));
        return new HttpClient(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } });
    }

    private void MakeOwnCertificate()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("CN=Test root", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = rootRequest.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(root, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), [1, 2, 3, 4]);
        File.WriteAllText(CaFile, root.ExportCertificatePem());
        File.WriteAllText(In("cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(In("key.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    private string In(string name) => Path.Combine(_folder, name);

    /// <summary>As if it were away.</summary>
    public Task StopAsync() => _process!.KillAsync();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
