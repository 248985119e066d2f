using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OCore.Client;
using OCore.SystemTests.Browser;
using OCore.SystemTests.Remote;
using OCore.Tests;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.PortalDomains;

/// <summary>An installation under HTTPS with a real name server, certificate authority and mail server, and a server for Odoo.</summary>
public sealed class WhiteLabelInstallation : InstallationWithServer
{
    internal NameServer Dns { get; private set; } = null!;
    internal CertificateAuthority Authority { get; private set; } = null!;
    internal MailServer Mail { get; private set; } = null!;
    internal int HttpsPort { get; } = TestPorts.Free();

    protected override IEnumerable<(string Name, string Value)> Settings =>
    [
        .. base.Settings, .. PortalScene.SettingsOf(Dns, Authority, Url.Port, HttpsPort), ("LISTEN", $"http://localhost:{Url.Port};https://{PortalScene.Here}:{HttpsPort}"),
        ("SMTP_URL", $"smtp://127.0.0.1:{Mail.Port}?starttls=none"), ("MAIL_FROM", "oCore <no-reply@panel.test>"), ("MAIL_SPF", "ip4:192.0.2.25"),
    ];

    public override async Task InitializeAsync()
    {
        if (Lab.WhyNot is not null)
            return; // each test says so
        Dns = await NameServer.StartAsync();
        Authority = await CertificateAuthority.StartAsync(Dns, Url.Port);
        Mail = await MailServer.StartAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var peer in (IAsyncDisposable?[])[Mail, Authority, Dns])
            if (peer is not null)
                await peer.DisposeAsync();
    }
}

/// <summary>The whole of white label, as an agency and its client meet it.</summary>
[Collection(BrowserGroup.Name)]
public sealed class WhiteLabelTests(BrowserLab lab, WhiteLabelInstallation at) : IClassFixture<WhiteLabelInstallation>
{
    private const string Host = "erp.acme.test", Member = "lea@client.test";

    [LabFact]
    public async Task From_a_brand_and_a_name_to_a_client_who_never_hears_of_oCore()
    {
        var boss = await at.AgencyAsync("Bea", "Acme Corp");
        using var api = boss.Api();
        var client = (await api.Get<Page<ClientView>>("/api/agency/clients")).Data[0];
        await api.Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding
        {
            ProductName = "Bea Cloud", PrimaryColor = "#7c3aed", FooterText = "Bea Inc.", FromEmail = "support@bea.test", SupportUrl = "https://help.bea.test", CustomCss = ".oc-brand-header { border-bottom: 3px solid #7c3aed; }",
        });
        var instance = await ProvisionAsync(api, client);
        await SenderIsProvenAsync(api);
        var address = await NameIsServedAsync(api, client);

        using var delegated = boss.Api(client.Slug);
        await delegated.Post<InviteMember, InvitationView>("/api/invitations", new InviteMember { Email = Member, Role = "owner" });
        var mail = await at.Mail.MailAsync(Member);
        Assert.Equal(("Bea Cloud", "support@bea.test"), (mail.From.Mailboxes.Single().Name, mail.From.Mailboxes.Single().Address));
        Assert.DoesNotMatch(new Regex("ocore", RegexOptions.IgnoreCase), $"{mail.Subject} {mail.TextBody} {mail.HtmlBody}");
        var link = Regex.Match(mail.TextBody ?? "", @"https?://\S+").Value;
        Assert.StartsWith(address, link, StringComparison.Ordinal);

        await using var browser = await lab.TrustingAsync(await at.Authority.RootAsync());
        await Visitor.VisitAsync(browser, at, async visitor =>
        {
            var answer = await visitor.Page.GotoAsync(address);
            Assert.Matches("Pebble", (await answer!.SecurityDetailsAsync())!.Issuer!);
            Assert.Equal("Bea Cloud", await visitor.Page.TitleAsync());
            await visitor.SeesHeadingAsync("Sign in");
            await LooksRightAsync(visitor, "sign-in");

            await visitor.GoAsync(link);
            await visitor.SeesHeadingAsync("Join Acme Corp");
            await visitor.FillAsync("Your name", "Lea");
            await visitor.FillAsync("Choose a password", Installation.Password);
            await visitor.ClickAsync("Accept the invitation");
            await visitor.SeesHeadingAsync("Your Odoo");
            await Expect(visitor.Link("Shop")).ToBeVisibleAsync();
            await LooksRightAsync(visitor, "home");

            await visitor.FollowAsync("Shop");
            await visitor.SeesHeadingAsync("Shop");
            await Expect(visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Log", Exact = true })).ToBeVisibleAsync();
            await LooksRightAsync(visitor, "instance");
            await OdooOpensAsync(visitor, instance);
            await EveryPortalPage.LookRightAsync(visitor, api, address, instance.Id);
            await visitor.GoAsync($"{address}/instances/{instance.Id}");
            await StandInHasTheBrandAsync(api, visitor, instance);

            // What the agency switches off is gone, in the page and behind it.
            await api.Put<UpdatePortalConfig, PortalConfigView>($"/api/agency/clients/{client.Slug}/portal-config", new UpdatePortalConfig { FeatureLogs = false, InfrastructureVisibility = InfrastructureVisibility.None });
            await visitor.Page.ReloadAsync();
            await visitor.SeesHeadingAsync("Shop");
            await Expect(visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Log", Exact = true })).ToHaveCountAsync(0);
            var refused = await visitor.Page.EvaluateAsync<string>($"async () => (await (await fetch('/api/instances/{instance.Id}/logs', {{ headers: {{ 'X-Org-Slug': '{client.Slug}' }} }})).json()).code");
            Assert.Equal("feature_disabled", refused);
            await LooksRightAsync(visitor, "instance without log");
        });
    }

    private async Task<InstanceView> ProvisionAsync(OCoreHttp api, ClientView client)
    {
        var added = await api.Post<AddServer, OperationView>("/api/servers", new AddServer { Name = "fra-1", Host = at.Server.Host.Value, User = "deploy", PrivateKey = at.Server.Key, HostKeyFingerprint = at.Server.Pinned.Fingerprint });
        await EndAsync(api, added);
        var template = await api.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Standard", OdooVersion = "19.0" });
        var begun = await api.Post<ProvisionInstance, OperationView>($"/api/templates/{template.Id}/provision",
            new ProvisionInstance { ServerId = added.ServerId.ToString()!, Name = "Shop", Slug = "shop", Organization = client.Slug, Domain = at.Server.Host.Value });
        await EndAsync(api, begun);
        return await api.Get<InstanceView>($"/api/instances/{begun.InstanceId}");
    }

    private static async Task EndAsync(OCoreHttp api, OperationView operation)
    {
        var ended = operation;
        await Peer.UntilAsync(async () => (ended = await api.Get<OperationView>($"/api/operations/{operation.Id}")).FinishedAt is not null, $"{operation.Title} did not end", 240);
        Assert.True(ended.State == OperationState.Succeeded, $"{ended.Title}: {ended.State} {ended.Error?.Message} {ended.Error?.Hint}");
    }

    // The records are set as the answer names them.
    private async Task SenderIsProvenAsync(OCoreHttp api)
    {
        var look = await api.Post<SenderView>("/api/agency/branding/sender/check");
        Assert.False(look.Verified);
        foreach (var record in look.Records)
            await at.Dns.SetAsync(record.Name, $"{record.Type} \"{record.Value}\"");
        await Peer.UntilAsync(async () => (look = await api.Post<SenderView>("/api/agency/branding/sender/check")).Verified, $"the sender is not proven: {look.Explanation}");
    }

    private async Task<string> NameIsServedAsync(OCoreHttp api, ClientView client)
    {
        var domain = await api.Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { CustomDomain = Host, ClientId = client.Id.ToString() });
        await at.Dns.SetAsync("panel.test", $"A {PortalScene.Here}");
        foreach (var record in domain.Records.Where(r => !r.IsAlternative))
            await at.Dns.SetAsync(record.Name, record.Type == "TXT" ? $"TXT \"{record.Value}\"" : $"{record.Type} {record.Value.TrimEnd('.')}.");
        await api.Post<PortalDomainView>($"/api/agency/portal-domains/{domain.Id}/verify");
        await Peer.UntilAsync(async () => (domain = await api.Get<PortalDomainView>($"/api/agency/portal-domains/{domain.Id}")).SslStatus == SslStatus.Active, $"{Host} has no certificate", 60);
        Assert.Equal((true, true, RoutingStatus.Ok), (domain.DnsVerified, domain.IsActive, domain.Routing.Status));
        Assert.Equal($"https://{Host}:{at.HttpsPort}", domain.Url);
        return domain.Url!;
    }

    // Who opens a system that is switched off sees whose it is.
    private static async Task StandInHasTheBrandAsync(OCoreHttp api, Visitor visitor, InstanceView instance)
    {
        await api.Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { ProductName = "Bea Cloud", PrimaryColor = "#7c3aed", FooterText = "Bea Inc.", SupportUrl = "https://help.bea.test" });
        await EndAsync(api, await api.Post<OperationView>($"/api/instances/{instance.Id}/stop"));
        var page = "";
        await Peer.UntilAsync(async () =>
        {
            var answer = await visitor.Context.APIRequest.GetAsync(instance.Url.ToString());
            page = await answer.TextAsync();
            return answer.Status == 503 && page.Contains("Bea Cloud", StringComparison.Ordinal);
        }, "the page that stands in has no brand", 60);
        foreach (var piece in (string[])["switched off", "Bea Inc.", "https://help.bea.test", "#7c3aed"])
            Assert.Contains(piece, page, StringComparison.Ordinal);
        await EndAsync(api, await api.Post<OperationView>($"/api/instances/{instance.Id}/start"));
    }

    private static async Task OdooOpensAsync(Visitor visitor, InstanceView instance)
    {
        var odoo = await visitor.Context.RunAndWaitForPageAsync(() => visitor.Button("Open", exact: false).First.ClickAsync());
        await Expect(odoo).ToHaveURLAsync(new Regex($"^{Regex.Escape(instance.Url.ToString().TrimEnd('/'))}/odoo"), new() { Timeout = 30_000 });
        await odoo.CloseAsync();
    }

    private static async Task LooksRightAsync(Visitor visitor, string where)
    {
        await visitor.SettledAsync();
        await visitor.IsAccessibleAsync(where);
        await visitor.IsWalkedByKeyboardAsync(where);
        await visitor.FitsAsync(where);
        await visitor.PictureAsync("white-label-" + Installation.Slug(where));
        await visitor.NeverHearsOfOCoreAsync();
    }
}
