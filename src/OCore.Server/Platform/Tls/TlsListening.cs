using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Platform.Tls;

/// <summary>Where the program listens, and with which certificate it answers whom.</summary>
internal static class TlsListening
{
    public static void AddTls(this WebApplicationBuilder builder, Settings settings)
    {
        builder.Services.AddSingleton<AcmeHttp>();
        builder.Services.AddSingleton<CertificateStore>();
        builder.Services.AddSingleton<AcmeAccounts>();
        builder.Services.AddSingleton<CaaCheck>();
        builder.Services.AddSingleton(services => new ChallengeProbe(services.GetRequiredService<OCoreDbFactory>(), address => services.GetRequiredService<GuardedConnections>().HandlerFor(address), services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<CertificateIssuer>();
        if (!settings.ListensHttps)
        {
            builder.WebHost.UseUrls(settings.Listen.Split(';'));
            return;
        }
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            foreach (var address in settings.Listen.Split(';'))
                Listen(kestrel, BindingAddress.Parse(address), settings);
        });
    }

    private static void Listen(KestrelServerOptions kestrel, BindingAddress address, Settings settings)
    {
        void Configure(ListenOptions listen)
        {
            if (address.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase))
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = context => Choose(context, kestrel.ApplicationServices.GetRequiredService<CertificateStore>(), settings) });
        }

        if (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip))
            kestrel.Listen(ip, address.Port, Configure);
        else if (address.Host == "localhost")
            kestrel.ListenLocalhost(address.Port, Configure);
        else
            kestrel.ListenAnyIP(address.Port, Configure);
    }

    // A name without a certificate gets no connection: nothing is said about what is here.
    private static ValueTask<SslServerAuthenticationOptions> Choose(TlsHandshakeCallbackContext context, CertificateStore store, Settings settings)
    {
        var name = context.ClientHelloInfo.ServerName is { Length: > 0 } asked ? asked.TrimEnd('.').ToLowerInvariant() : settings.PublicUrl.IdnHost;
        var certificate = store.Find(name) ?? throw new AuthenticationException("There is no certificate for this name.");
        return ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = certificate, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 });
    }
}
