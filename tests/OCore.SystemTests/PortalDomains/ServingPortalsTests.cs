using System.Net;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Tests;
using Xunit;

namespace OCore.SystemTests.PortalDomains;

/// <summary>From a name in DNS to a portal under HTTPS, with a name server and a certificate authority that are real.</summary>
public sealed class ServingPortalsTests
{
    [Theory, Sqlite, Postgres]
    public async Task A_proven_name_gets_a_certificate_and_is_served(Database database)
    {
        await using var scene = await PortalScene.StartAsync(database);
        var domain = await scene.ClaimAsync("erp.acme.test");
        await Assert.ThrowsAsync<HttpRequestException>(() => scene.VisitAsync("erp.acme.test"));
        await scene.SetRecordsAsync(domain);
        await scene.Http.Post<PortalDomainView>($"/api/agency/portal-domains/{domain.Id}/verify");

        var served = await scene.UntilAsync(domain, d => d.SslStatus == SslStatus.Active);

        Assert.Equal((true, true, RoutingStatus.Ok, (string?)null), (served.DnsVerified, served.IsActive, served.Routing.Status, served.Certificate.Error));
        Assert.Contains("Pebble", served.Certificate.Issuer, StringComparison.Ordinal);
        var life = served.Certificate.ValidUntil - served.Certificate.ValidFrom;
        Assert.InRange((served.Certificate.RenewAt - served.Certificate.ValidFrom)!.Value / life!.Value, 0.66, 0.67);
        Assert.All(served.Records.Where(r => !r.IsAlternative), r => Assert.True(r.Found || r.Type == "CNAME"));

        var answer = await scene.VisitAsync("erp.acme.test", "/api/user");
        Assert.Equal((HttpStatusCode.Unauthorized, new Version(2, 0)), (answer.StatusCode, answer.Version));
        Assert.Equal("max-age=31536000", answer.Headers.GetValues("Strict-Transport-Security").Single());
        var redirect = await scene.VisitAsync("erp.acme.test", "/sign-in?x=1", plain: true);
        Assert.Equal((HttpStatusCode.PermanentRedirect, $"https://erp.acme.test:{scene.HttpsPort}/sign-in?x=1"), (redirect.StatusCode, redirect.Headers.Location?.OriginalString));

        await scene.Http.Post<PortalDomainView>($"/api/agency/portal-domains/{domain.Id}/deactivate");
        Assert.Equal(HttpStatusCode.NotFound, (await scene.VisitAsync("erp.acme.test", "/api/user")).StatusCode);
        await scene.Http.Post<PortalDomainView>($"/api/agency/portal-domains/{domain.Id}/activate");
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.VisitAsync("erp.acme.test", "/api/user")).StatusCode);

        await scene.Http.SendForJson(HttpMethod.Delete, $"/api/agency/portal-domains/{domain.Id}", null, CancellationToken.None);
        await Peer.UntilAsync(async () =>
        {
            try
            {
                await scene.VisitAsync("erp.acme.test");
                return false;
            }
            catch (HttpRequestException)
            {
                return true;
            }
        }, "the deleted name is still served");
        Assert.Equal((HttpStatusCode)421, (await scene.VisitAsync("erp.acme.test", "/", plain: true)).StatusCode);
        await using var db = scene.App.Databases.System();
        var rows = await db.Certificates.Select(c => c.KeySealed).ToListAsync();
        Assert.All(rows.Concat(await db.AcmeAccounts.Select(a => a.KeySealed).ToListAsync()), key => Assert.StartsWith("v1.", key ?? "v1.", StringComparison.Ordinal));
        Assert.Empty(await db.AcmeChallenges.ToListAsync());
    }

    [Fact]
    public async Task Names_that_are_nobodys_get_neither_certificate_nor_tenant()
    {
        await using var scene = await PortalScene.StartAsync();
        await scene.ServedAsync("real.test");
        var orders = scene.Authority.Orders;
        for (var i = 0; i < 100; i++)
            await Assert.ThrowsAsync<HttpRequestException>(() => scene.VisitAsync($"random{i}.test"));
        // The right certificate does not let in who then asks for another host.
        foreach (var host in new[] { "other.test", "panel.test.evil.test", "real.test.evil.test", "xreal.test", "*.test", "" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{scene.HttpPort}/api/user");
            request.Headers.TryAddWithoutValidation("Host", host.Length == 0 ? " " : host);
            request.Headers.TryAddWithoutValidation("X-Forwarded-Host", "real.test");
            request.Headers.TryAddWithoutValidation("Cookie", "__Host-signin=x");
            var answer = await scene.App.Anonymous.SendAsync(request);
            Assert.True(answer.StatusCode is (HttpStatusCode)421 or HttpStatusCode.BadRequest, $"{host}: {answer.StatusCode}");
            Assert.False(answer.Headers.Contains("Set-Cookie"));
        }
        Assert.Equal(orders, scene.Authority.Orders);
    }

    [Fact]
    public async Task A_burst_of_wishes_and_visits_is_one_order_with_half_of_the_nonces_refused()
    {
        await using var scene = await PortalScene.StartAsync(badNonces: 50);
        var domain = await scene.ClaimAsync("burst.test");
        await scene.SetRecordsAsync(domain);
        var asking = Enumerable.Range(0, 20).Select(_ => scene.Http.Post<PortalDomainView>($"/api/agency/portal-domains/{domain.Id}/verify"));
        var visiting = Enumerable.Range(0, 30).Select(async _ =>
        {
            try
            {
                await scene.VisitAsync("burst.test");
            }
            catch (HttpRequestException)
            {
                // There is no certificate yet.
            }
        });
        await Task.WhenAll(Task.WhenAll(asking), Task.WhenAll(visiting));
        await scene.UntilAsync(domain, d => d.SslStatus == SslStatus.Active);
        Assert.Equal(1, await scene.AttemptsAsync("burst.test"));
        Assert.Contains(scene.Authority.Log, l => l.Contains("badNonce", StringComparison.OrdinalIgnoreCase) || l.Contains("nonce", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task What_the_authority_says_is_shown_and_it_is_asked_again_later_and_later()
    {
        await using var scene = await PortalScene.StartAsync();
        var domain = await scene.ClaimAsync("portal.blocked.test");
        await scene.SetRecordsAsync(domain);
        await scene.Http.Post<PortalDomainView>($"/api/agency/portal-domains/{domain.Id}/verify");

        var refused = await scene.UntilAsync(domain, d => d.SslStatus == SslStatus.Error);

        Assert.Contains("blocked", refused.Certificate.Error, StringComparison.OrdinalIgnoreCase);
        Assert.InRange(Minutes(refused), 0.5, 1.1);
        // The name is proven all the same, and nothing is served without a certificate.
        Assert.True(refused.DnsVerified);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await scene.VisitAsync("portal.blocked.test", "/", plain: true)).StatusCode);

        scene.App.Clock.Advance(TimeSpan.FromMinutes(2));
        var again = await scene.UntilAsync(domain, d => d.Certificate.Message.Contains("2 times", StringComparison.Ordinal));
        Assert.InRange(Minutes(again), 9, 10.1);
        Assert.Equal(2, await scene.AttemptsAsync("portal.blocked.test"));

        double Minutes(PortalDomainView view) => (view.Certificate.NextAttemptAt!.Value - scene.App.Clock.GetUtcNow()).TotalMinutes;
    }

    [Fact]
    public async Task A_certificate_is_renewed_at_two_thirds_of_its_life_without_a_gap()
    {
        await using var scene = await PortalScene.StartAsync(days: 30);
        var first = await scene.ServedAsync("renewed.test");

        scene.App.Clock.Advance(TimeSpan.FromDays(19));
        await scene.Http.Post<PortalDomainView>($"/api/agency/portal-domains/{first.Id}/verify");
        Assert.Equal(first.Certificate.SerialNumber, (await scene.GetAsync(first)).Certificate.SerialNumber);

        scene.App.Clock.Advance(TimeSpan.FromDays(1.5));
        var renewed = await scene.UntilAsync(first, d => d.Certificate.SerialNumber != first.Certificate.SerialNumber);
        Assert.Equal(SslStatus.Active, renewed.SslStatus);
        Assert.Equal(HttpStatusCode.OK, (await scene.VisitAsync("renewed.test")).StatusCode);
        // Once: what was ordered weeks ago is forgotten.
        Assert.Equal(1, await scene.AttemptsAsync("renewed.test"));
    }

    [Fact]
    public async Task A_failing_renewal_is_told_before_the_certificate_runs_out()
    {
        await using var scene = await PortalScene.StartAsync(days: 30);
        var domain = await scene.ServedAsync("unlucky.test");
        await scene.Authority.StopAsync();

        scene.App.Clock.Advance(TimeSpan.FromDays(25));
        var failing = await scene.UntilAsync(domain, d => d.Certificate.Error is not null);
        Assert.Equal(SslStatus.Active, failing.SslStatus);
        scene.App.Clock.Advance(TimeSpan.FromMinutes(11));
        await Peer.UntilAsync(async () =>
        {
            await using var db = scene.App.Databases.System();
            return await db.Set<OCore.Platform.Mail.OutgoingMail>().AnyAsync(m => m.AboutId == domain.Id && m.To == scene.Agency.Owner.Email);
        }, "nobody was told");
        scene.App.Clock.Advance(TimeSpan.FromDays(6));
        await scene.UntilAsync(domain, d => d.SslStatus == SslStatus.Expired);
    }

    [Postgres, Theory]
    public async Task Any_replica_answers_the_authority_and_serves_what_another_got(Database database)
    {
        await using var scene = await PortalScene.StartAsync(database);
        // The other replica listens elsewhere: the authority never comes to it.
        var other = TestApp.Beside(scene.App);
        await using var _ = other;
        var (http, https) = (TestPorts.Free(), TestPorts.Free());
        foreach (var (name, value) in PortalScene.SettingsOf(scene.Dns, scene.Authority, http, https))
            other.Set(name, value);
        await other.InitializeAsync();

        var domains = new List<PortalDomainView>();
        for (var i = 0; i < 6; i++)
        {
            var domain = await scene.ClaimAsync($"shared{i}.test");
            await scene.SetRecordsAsync(domain);
            domains.Add(domain);
        }
        await Task.WhenAll(domains.Select(d => scene.Http.Post<PortalDomainView>($"/api/agency/portal-domains/{d.Id}/verify")));
        foreach (var domain in domains)
        {
            await scene.UntilAsync(domain, d => d.SslStatus == SslStatus.Active);
            Assert.Equal(1, await scene.AttemptsAsync(domain.Host!));
        }
        await Peer.UntilAsync(async () =>
        {
            using var socket = new System.Net.Sockets.TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, https);
            await using var tls = new System.Net.Security.SslStream(socket.GetStream(), false, (_, certificate, _, _) => certificate is not null);
            try
            {
                await tls.AuthenticateAsClientAsync("shared0.test");
                return tls.RemoteCertificate!.GetSerialNumberString() == (await scene.GetAsync(domains[0])).Certificate.SerialNumber;
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                return false;
            }
        }, "the other replica does not serve it");
    }
}
