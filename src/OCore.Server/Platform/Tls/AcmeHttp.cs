using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace OCore.Platform.Tls;

/// <summary>The connection to the certificate authority; with roots of its own beside the system's where they are given.</summary>
internal sealed class AcmeHttp(Settings settings) : IDisposable
{
    private readonly Lazy<HttpClient> _client = new(() => Make(settings));

    public HttpClient Client => _client.Value;

    private static HttpClient Make(Settings settings)
    {
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(10), AllowAutoRedirect = false };
        if (settings.AcmeCaFile is { } file)
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(file);
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, chain, errors) => errors == SslPolicyErrors.None
                    || errors == SslPolicyErrors.RemoteCertificateChainErrors && IsOf(roots, (X509Certificate2)certificate!, chain),
            };
        }
        var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("oCore/1.0");
        return client;
    }

    private static bool IsOf(X509Certificate2Collection roots, X509Certificate2 certificate, X509Chain? sent)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        return chain.Build(certificate);
    }

    public void Dispose()
    {
        if (_client.IsValueCreated)
            _client.Value.Dispose();
    }
}
