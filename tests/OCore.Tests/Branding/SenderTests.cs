using OCore.Client;
using OCore.Tests.PortalDomains;

namespace OCore.Tests.Branding;

/// <summary>Whether mails may go out from an agency's address, by what a DNS server says of its domain.</summary>
public sealed class SenderTests
{
    private sealed class Scene : IAsyncDisposable
    {
        public required DnsPeer Dns { get; init; }
        public required TestApp App { get; init; }
        public required TestAgency Agency { get; init; }

        public static async Task<Scene> StartAsync()
        {
            var dns = new DnsPeer();
            var app = await TestApp.StartAsync(arrange: a => { a.Set("DNS_SERVERS", dns.Address); a.Set("SMTP_URL", "smtp://relay.platform.example:25?starttls=none"); });
            dns.SetA("relay.platform.example", "192.0.2.25");
            return new Scene { Dns = dns, App = app, Agency = await app.AgencyAsync("Sender") };
        }

        public async Task<SenderView> CheckAsync(string from)
        {
            var api = App.As(Agency.Owner, Agency.Org);
            await api.Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { FromEmail = from });
            return await api.Post<SenderView>("/api/agency/branding/sender/check");
        }

        public async ValueTask DisposeAsync()
        {
            await App.DisposeAsync();
            await Dns.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(null, "fail"), InlineData("v=spf1 -all", "fail"), InlineData("v=spf1 a:relay.platform.example -all", "pass"), InlineData("v=spf1 ip4:192.0.2.25 ~all", "pass"), InlineData("v=spf1 ip4:192.0.2.0/24 ~all", "pass")]
    [InlineData("v=spf1 ip4:192.0.2.26 ~all", "fail"), InlineData("v=spf1 include:_spf.other.example ~all", "pass"), InlineData("v=spf1 redirect=_spf.other.example", "pass"), InlineData("v=spf1 -ip4:192.0.2.25 ~all", "fail"), InlineData("v=spf2 ip4:192.0.2.25", "fail")]
    public async Task Spf_lets_the_relay_send_or_not(string? record, string expected)
    {
        await using var scene = await Scene.StartAsync();
        var domain = $"{scene.App.Slug("d")}.example";
        scene.Dns.SetTxt("_spf.other.example", "v=spf1 ip4:192.0.2.25 -all");
        scene.Dns.SetTxt($"_dmarc.{domain}", "v=DMARC1; p=reject");
        if (record is not null)
            scene.Dns.SetTxt(domain, "something else", record);
        var sender = await scene.CheckAsync($"help@{domain}");
        Assert.True(sender.Spf == expected && sender.Dmarc == "pass" && sender.Verified == (expected == "pass"), $"{sender.Spf} {sender.Dmarc}: {sender.Explanation}");
        Assert.Contains("a:relay.platform.example", sender.Records[0].Value + record, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_could_not_be_asked_takes_nothing_away()
    {
        await using var scene = await Scene.StartAsync();
        scene.Dns.SetTxt("steady.example", "v=spf1 a:relay.platform.example ~all");
        scene.Dns.SetTxt("_dmarc.steady.example", "v=DMARC1; p=none");
        Assert.True((await scene.CheckAsync("help@steady.example")).Verified);
        scene.Dns.Break("steady.example", 2);
        var unsure = await scene.CheckAsync("help@steady.example");
        Assert.Equal(("unknown", true), (unsure.Spf, unsure.Verified));
        scene.Dns.Mend("steady.example");
        scene.Dns.Remove("steady.example");
        Assert.False((await scene.CheckAsync("help@steady.example")).Verified);
    }

    [Fact]
    public async Task Dmarc_of_the_domain_above_counts_and_mailbox_providers_do_not_pass()
    {
        await using var scene = await Scene.StartAsync();
        scene.Dns.SetTxt("mail.above.example", "v=spf1 a:relay.platform.example ~all");
        Assert.Equal("fail", (await scene.CheckAsync("help@mail.above.example")).Dmarc);
        scene.Dns.SetTxt("_dmarc.above.example", "v=DMARC1; p=quarantine");
        Assert.True((await scene.CheckAsync("help@mail.above.example")).Verified);
        Assert.False((await scene.CheckAsync("agency@gmail.com")).Verified);
    }
}
