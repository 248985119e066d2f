using OCore.Client;
using OCore.Tests.PortalDomains;

namespace OCore.Tests.Branding;

/// <summary>Whether mails may go out from an agency's address, by what a DNS server says of its domain.</summary>
public sealed class SenderTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly DnsPeer _dns = new();
    private TestApp _app = null!;
    private TestAgency _agency = null!;

    public async Task InitializeAsync()
    {
        _app = await TestApp.StartAsync(arrange: a => { a.Set("DNS_SERVERS", _dns.Address); a.Set("SMTP_URL", "smtp://relay.platform.example:25?starttls=none"); });
        _agency = await _app.AgencyAsync("Sender");
        _dns.SetA("relay.platform.example", "192.0.2.25");
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _dns.DisposeAsync();
    }

    ValueTask IAsyncDisposable.DisposeAsync() => new(DisposeAsync());

    [Theory]
    [InlineData(null, "fail"), InlineData("v=spf1 -all", "fail"), InlineData("v=spf1 a:relay.platform.example -all", "pass"), InlineData("v=spf1 ip4:192.0.2.25 ~all", "pass"), InlineData("v=spf1 ip4:192.0.2.0/24 ~all", "pass")]
    [InlineData("v=spf1 ip4:192.0.2.26 ~all", "fail"), InlineData("v=spf1 include:_spf.other.example ~all", "pass"), InlineData("v=spf1 redirect=_spf.other.example", "pass"), InlineData("v=spf1 -ip4:192.0.2.25 ~all", "fail"), InlineData("v=spf2 ip4:192.0.2.25", "fail")]
    public async Task Spf_lets_the_relay_send_or_not(string? record, string expected)
    {
        var domain = $"{_app.Slug("d")}.example";
        _dns.SetTxt("_spf.other.example", "v=spf1 ip4:192.0.2.25 -all");
        _dns.SetTxt($"_dmarc.{domain}", "v=DMARC1; p=reject");
        if (record is not null)
            _dns.SetTxt(domain, "something else", record);
        var sender = await CheckAsync($"help@{domain}");
        Assert.True(sender.Spf == expected && sender.Dmarc == "pass" && sender.Verified == (expected == "pass"), $"{sender.Spf} {sender.Dmarc}: {sender.Explanation}");
        Assert.Contains("a:relay.platform.example", sender.Records[0].Value + record, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_could_not_be_asked_takes_nothing_away()
    {
        _dns.SetTxt("steady.example", "v=spf1 a:relay.platform.example ~all");
        _dns.SetTxt("_dmarc.steady.example", "v=DMARC1; p=none");
        Assert.True((await CheckAsync("help@steady.example")).Verified);
        _dns.Break("steady.example", 2);
        var unsure = await CheckAsync("help@steady.example");
        Assert.Equal(("unknown", true), (unsure.Spf, unsure.Verified));
        _dns.Mend("steady.example");
        _dns.Remove("steady.example");
        Assert.False((await CheckAsync("help@steady.example")).Verified);
    }

    [Fact]
    public async Task Dmarc_of_the_domain_above_counts_and_mailbox_providers_do_not_pass()
    {
        _dns.SetTxt("mail.above.example", "v=spf1 a:relay.platform.example ~all");
        Assert.Equal("fail", (await CheckAsync("help@mail.above.example")).Dmarc);
        _dns.SetTxt("_dmarc.above.example", "v=DMARC1; p=quarantine");
        Assert.True((await CheckAsync("help@mail.above.example")).Verified);
        Assert.False((await CheckAsync("agency@gmail.com")).Verified);
    }

    private async Task<SenderView> CheckAsync(string from)
    {
        var api = _app.As(_agency.Owner, _agency.Org);
        await api.Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { FromEmail = from });
        return await api.Post<SenderView>("/api/agency/branding/sender/check");
    }
}
