using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OCore.Client;
using OCore.Features.Branding;
using OCore.Platform.Data;
using OCore.Platform.Mail;
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

        public static async Task<Scene> StartAsync(Database database)
        {
            var dns = new DnsPeer();
            var app = await TestApp.StartAsync(database, a => { a.Set("DNS_SERVERS", dns.Address); a.Set("SMTP_URL", "smtp://relay.platform.example:25?starttls=none"); });
            dns.SetA("relay.platform.example", "192.0.2.25");
            return new Scene { Dns = dns, App = app, Agency = await app.AgencyAsync("Sender") };
        }

        /// <param name="proven">The record that proves the domain is set as the answer names it.</param>
        public async Task<SenderView> CheckAsync(string from, bool proven = true)
        {
            var api = App.As(Agency.Owner, Agency.Org);
            await api.Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { FromEmail = from });
            if (!proven)
                return await LookAsync();
            var domain = from[(from.IndexOf('@', StringComparison.Ordinal) + 1)..];
            Dns.SetTxt($"_mail-verify.{domain}", SenderCheck.ProofOf(Agency.Org.Id, domain).Value);
            return await LookAsync();
        }

        public Task<SenderView> LookAsync() => App.As(Agency.Owner, Agency.Org).Post<SenderView>("/api/agency/branding/sender/check");

        public async ValueTask DisposeAsync()
        {
            await App.DisposeAsync();
            await Dns.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(null, "fail"), InlineData("v=spf1 -all", "fail"), InlineData("v=spf1 a:relay.platform.example -all", "pass"), InlineData("v=spf1 ip4:192.0.2.25 ~all", "pass"), InlineData("v=spf1 ip4:192.0.2.0/24 ~all", "pass")]
    [InlineData("v=spf1 ip4:192.0.2.26 ~all", "fail"), InlineData("v=spf1 include:_spf.other.example ~all", "pass"), InlineData("v=spf1 redirect=_spf.other.example", "pass"), InlineData("v=spf1 -ip4:192.0.2.25 ~all", "fail"), InlineData("v=spf2 ip4:192.0.2.25", "fail"), InlineData("v=spf1 + ip4:192.0.2.25 ~all", "pass")]
    public async Task Spf_lets_the_relay_send_or_not(string? record, string expected)
    {
        await using var scene = await Scene.StartAsync(Database.Sqlite);
        var domain = $"{scene.App.Slug("d")}.example";
        scene.Dns.SetTxt("_spf.other.example", "v=spf1 ip4:192.0.2.25 -all");
        scene.Dns.SetTxt($"_dmarc.{domain}", "v=DMARC1; p=reject");
        if (record is not null)
            scene.Dns.SetTxt(domain, "something else", record);
        var sender = await scene.CheckAsync($"help@{domain}");
        Assert.True(sender.Spf == expected && sender.Dmarc == "pass" && sender.Verified == (expected == "pass"), $"{sender.Spf} {sender.Dmarc}: {sender.Explanation}");
        Assert.Contains("a:relay.platform.example", sender.Records.Single(r => r.Name == domain).Value + record, StringComparison.Ordinal);
    }

    [Theory, Sqlite, Postgres]
    public async Task What_could_not_be_asked_takes_nothing_away(Database database)
    {
        await using var scene = await Scene.StartAsync(database);
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

    /// <summary>A relay that many use lets the domains of all of them send: SPF alone would let one agency write in the name of another.</summary>
    [Theory, Sqlite, Postgres]
    public async Task A_domain_of_somebody_else_is_no_sender_whatever_its_SPF_says(Database database)
    {
        await using var scene = await Scene.StartAsync(database);
        scene.Dns.SetTxt("bank.example", "v=spf1 a:relay.platform.example ~all");
        scene.Dns.SetTxt("_dmarc.bank.example", "v=DMARC1; p=reject");
        var sender = await scene.CheckAsync("ceo@bank.example", proven: false);
        Assert.Equal(("fail", "pass", "pass", false), (sender.Ownership, sender.Spf, sender.Dmarc, sender.Verified));
        var wanted = Assert.Single(sender.Records, r => r.Name == "_mail-verify.bank.example");
        // The proof of one agency is no other's.
        var other = await scene.App.AgencyAsync("Other");
        Assert.NotEqual(wanted.Value, SenderCheck.ProofOf(other.Org.Id, "bank.example").Value);
        scene.Dns.SetTxt("_mail-verify.bank.example", "mail-verify=0", SenderCheck.ProofOf(other.Org.Id, "bank.example").Value);
        Assert.False((await scene.LookAsync()).Verified);
        scene.Dns.SetTxt("_mail-verify.bank.example", wanted.Value);
        Assert.True((await scene.LookAsync()).Verified);
        // What cannot be asked gives nothing either.
        await scene.App.As(scene.Agency.Owner, scene.Agency.Org).Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { FromEmail = "cfo@bank.example" });
        scene.Dns.Break("_mail-verify.bank.example", 2);
        Assert.Equal(("unknown", false), await scene.LookAsync() is var unsure ? (unsure.Ownership, unsure.Verified) : default);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_portal_domain_of_the_same_name_is_proof_enough(Database database)
    {
        await using var scene = await Scene.StartAsync(database);
        scene.Dns.SetTxt("shop.agency.example", "v=spf1 a:relay.platform.example ~all");
        scene.Dns.SetTxt("_dmarc.agency.example", "v=DMARC1; p=reject");
        var api = scene.App.As(scene.Agency.Owner, scene.Agency.Org);
        var domain = await api.Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new CreatePortalDomain { CustomDomain = "agency.example" });
        Assert.False((await scene.CheckAsync("help@shop.agency.example", proven: false)).Verified);
        scene.Dns.SetTxt("_ocore-verify.agency.example", domain.DnsVerificationToken);
        await api.Post<PortalDomainView>($"/api/agency/portal-domains/{domain.Id}/verify");
        var sender = await scene.LookAsync();
        Assert.True(sender is { Verified: true, Ownership: "pass" }, sender.Explanation);
        Assert.DoesNotContain(sender.Records, r => r.Name.StartsWith("_mail-verify", StringComparison.Ordinal));
    }

    [Theory, Sqlite, Postgres]
    public async Task Whoever_loses_the_sender_is_told_and_answers_still_come(Database database)
    {
        await using var scene = await Scene.StartAsync(database);
        scene.Dns.SetTxt("lost.example", "v=spf1 a:relay.platform.example ~all");
        scene.Dns.SetTxt("_dmarc.lost.example", "v=DMARC1; p=reject");
        Assert.True((await scene.CheckAsync("help@lost.example")).Verified);
        scene.Dns.Remove("lost.example");
        scene.App.Clock.Advance(TimeSpan.FromDays(1.1));
        await using var db = scene.App.Databases.System();
        var watch = scene.App.Services.GetServices<IHostedService>().OfType<SenderWatch>().Single();
        await watch.LookAsync(CancellationToken.None);
        await watch.LookAsync(CancellationToken.None);
        Assert.False((await db.Brandings.AcrossTenants().AsNoTracking().SingleAsync(b => b.OrgId == scene.Agency.Org.Id)).Sender!.Verified);
        Assert.Equal(1, await db.Set<OutgoingMail>().CountAsync(m => m.To == scene.Agency.Owner.Email));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_client_has_a_sender_of_its_own(Database database)
    {
        await using var scene = await Scene.StartAsync(database);
        var client = await scene.App.ClientOfAsync(scene.Agency, "Own");
        var (api, path) = (scene.App.As(scene.Agency.Owner, scene.Agency.Org), $"/api/agency/clients/{client.Slug}/branding");
        await api.Post<SenderView>($"{path}/sender/check").IsRefusedAsync(409, "no_from_email");
        await api.Put<UpdateBranding, BrandingView>(path, new UpdateBranding { FromEmail = "erp@client.example" });
        foreach (var record in (await api.Post<SenderView>($"{path}/sender/check")).Records)
            scene.Dns.SetTxt(record.Name, record.Value);
        Assert.True((await api.Post<SenderView>($"{path}/sender/check")).Verified);
        Assert.Null((await api.Get<BrandingView>("/api/agency/branding")).Sender);
        var other = await scene.App.AgencyAsync("Foreign");
        await scene.App.As(other.Owner, other.Org).Post<SenderView>($"{path}/sender/check").IsRefusedAsync(404, "not_found");
    }

    [Theory, Sqlite, Postgres]
    public async Task Dmarc_of_the_domain_above_counts_and_mailbox_providers_do_not_pass(Database database)
    {
        await using var scene = await Scene.StartAsync(database);
        scene.Dns.SetTxt("mail.above.example", "v=spf1 a:relay.platform.example ~all");
        Assert.Equal("fail", (await scene.CheckAsync("help@mail.above.example")).Dmarc);
        scene.Dns.SetTxt("_dmarc.above.example", "v=DMARC1; p=quarantine");
        Assert.True((await scene.CheckAsync("help@mail.above.example")).Verified);
        Assert.False((await scene.CheckAsync("agency@gmail.com")).Verified);
    }
}
