using OCore.Client;

namespace OCore.Tests.PortalDomains;

/// <summary>Proof by a TXT record: how it is found, kept, lost, and taken over.</summary>
public sealed class ProvingNamesTests
{
    [Theory, Sqlite, Postgres]
    public async Task The_record_is_found_wherever_it_may_stand(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var agency = await world.AgencyAsync("Places");
        var (prefixed, bare, many, split, alias) = (await world.ClaimAsync(agency, "a.example.com"), await world.ClaimAsync(agency, "b.example.com"), await world.ClaimAsync(agency, "c.example.com"),
            await world.ClaimAsync(agency, "d.example.com"), await world.ClaimAsync(agency, "e.example.com"));
        world.Dns.SetTxt("_ocore-verify.a.example.com", prefixed.DnsVerificationToken);
        world.Dns.SetTxt("b.example.com", "v=spf1 -all", bare.DnsVerificationToken);
        world.Dns.SetTxt("_ocore-verify.c.example.com", new string('x', 200), "something else", many.DnsVerificationToken);
        world.Dns.SetTxtOf("_ocore-verify.d.example.com", split.DnsVerificationToken[..10], split.DnsVerificationToken[10..]);
        world.Dns.SetCname("_ocore-verify.e.example.com", "elsewhere.example.net");
        world.Dns.SetTxt("elsewhere.example.net", alias.DnsVerificationToken);

        foreach (var domain in new[] { prefixed, bare, many, split, alias })
            Assert.Equal(DnsStatus.Verified, (await world.VerifyAsync(agency, domain)).DnsStatus);
    }

    [Theory, Sqlite, Postgres]
    public async Task What_DNS_says_is_told_apart(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var agency = await world.AgencyAsync("Faults");

        async Task<string> SaysAsync(string name, Action arrange)
        {
            var domain = await world.ClaimAsync(agency, name);
            arrange();
            var view = await world.VerifyAsync(agency, domain);
            Assert.Equal(DnsStatus.Pending, view.DnsStatus);
            return view.Ownership.Message;
        }

        Assert.Equal("There is no _ocore-verify.none.example.com in DNS.", await SaysAsync("none.example.com", () => { }));
        Assert.Equal("_ocore-verify.empty.example.com has no TXT record.", await SaysAsync("empty.example.com", () => world.Dns.SetA("_ocore-verify.empty.example.com", "192.0.2.1")));
        Assert.Equal("There are TXT records, but none of them is the expected one.", await SaysAsync("wrong.example.com", () => world.Dns.SetTxt("_ocore-verify.wrong.example.com", "ocore-verify=0.0")));
        Assert.Contains("SERVFAIL", await SaysAsync("fail.example.com", () => world.Dns.Break("_ocore-verify.fail.example.com", 2)), StringComparison.Ordinal);
        Assert.Contains("REFUSED", await SaysAsync("refused.example.com", () => world.Dns.Break("_ocore-verify.refused.example.com", 5)), StringComparison.Ordinal);
        Assert.Contains("in time", await SaysAsync("mute.example.com", () => world.Dns.Break("_ocore-verify.mute.example.com", -1)), StringComparison.Ordinal);
        Assert.Contains("could not be", await SaysAsync("broken.example.com", () => world.Dns.Break("_ocore-verify.broken.example.com", -2)), StringComparison.Ordinal);
    }

    [Theory, Sqlite, Postgres]
    public async Task Routing_is_a_state_of_its_own(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var agency = await world.AgencyAsync("Routes");
        var domain = await world.ClaimAsync(agency, "erp.example.com");
        world.Dns.SetTxt("_ocore-verify.erp.example.com", domain.DnsVerificationToken);

        async Task<DomainRouting> WithAsync(Action arrange)
        {
            arrange();
            var view = await world.LookAsync(agency, domain);
            Assert.Equal(DnsStatus.Verified, view.DnsStatus);
            return view.Routing;
        }

        Assert.Equal(RoutingStatus.Pending, (await WithAsync(() => { })).Status);
        var elsewhere = await WithAsync(() => world.Dns.SetA("erp.example.com", "198.51.100.7"));
        Assert.Equal((RoutingStatus.Elsewhere, "198.51.100.7", true), (elsewhere.Status, elsewhere.Seen.Single(), elsewhere.Expected.Contains(PortalDomainsApp.Here)));
        Assert.Equal(RoutingStatus.Elsewhere, (await WithAsync(() => world.Dns.SetA("erp.example.com", "198.51.100.7", PortalDomainsApp.Here))).Status);
        Assert.Equal(RoutingStatus.Ok, (await WithAsync(() => world.Dns.SetA("erp.example.com", PortalDomainsApp.Here))).Status);
        Assert.Equal(RoutingStatus.Unknown, (await WithAsync(() => world.Dns.Break("erp.example.com", 2))).Status);
        world.Dns.Mend("erp.example.com");
        world.Dns.Remove("erp.example.com");
        world.Dns.SetCname("erp.example.com", "hop.example.net");
        world.Dns.SetCname("hop.example.net", "panel.ocore.example");
        world.Dns.SetA("panel.ocore.example", PortalDomainsApp.Here);
        Assert.Equal(RoutingStatus.Ok, (await WithAsync(() => { })).Status);
    }

    [Theory, Sqlite, Postgres]
    public async Task Twenty_who_verify_at_once_are_one_look(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var agency = await world.AgencyAsync("Many");
        var domain = await world.ClaimAsync(agency, "many.example.com");
        world.SetRecords(domain);
        world.Dns.Delay = TimeSpan.FromMilliseconds(700);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.VerifyAsync(agency, domain)));

        Assert.All(answers, a => Assert.True(a.DnsVerified));
        Assert.Single(world.Dns.Questions, "_ocore-verify.many.example.com 16");
        world.Dns.Delay = TimeSpan.Zero;
        for (var i = 0; i < 5; i++)
            await world.VerifyAsync(agency, domain);
        await world.VerifyAsync(agency, domain).IsRefusedAsync(429, "too_many_checks");
    }

    [Theory, Sqlite, Postgres]
    public async Task Of_many_claims_the_first_that_is_proven_wins(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var agencies = new List<TestAgency>();
        for (var i = 0; i < 12; i++)
            agencies.Add(await world.AgencyAsync($"Racer {i}"));
        var claims = new List<PortalDomainView>();
        foreach (var agency in agencies)
            claims.Add(await world.ClaimAsync(agency, "prize.example.com"));
        world.Dns.SetTxt("_ocore-verify.prize.example.com", [.. claims.Select(c => c.DnsVerificationToken)]);

        var answers = await Task.WhenAll(agencies.Zip(claims).Select(p => world.VerifyAsync(p.First, p.Second)));

        Assert.Single(answers, a => a.DnsVerified);
        Assert.All(answers.Where(a => !a.DnsVerified), a => Assert.Contains("proven this domain before you", a.Ownership.Message, StringComparison.Ordinal));
        Assert.Empty(world.App.Log.Lines);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_lost_record_begins_a_time_of_grace_and_ends_the_portal_after_it(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var agency = await world.AgencyAsync("Leased");
        var viewer = await world.App.MemberAsync(agency.Org, "viewer");
        var domain = await world.ProvenAsync(agency, "erp.leased.example");

        // Nobody could be asked: nothing changes, however long it lasts.
        world.Dns.Break("_ocore-verify.erp.leased.example", 2);
        world.App.Clock.Advance(TimeSpan.FromDays(30));
        Assert.Equal(("verified", true), await StateAsync());
        world.Dns.Mend("_ocore-verify.erp.leased.example");

        world.Dns.Remove("_ocore-verify.erp.leased.example");
        var grace = await world.LookAsync(agency, domain);
        Assert.Equal(("grace", true, DnsStatus.Verified), (grace.Ownership.State, grace.IsActive, grace.DnsStatus));
        Assert.Equal([$"{agency.Owner.Email}: The DNS record of erp.leased.example is gone"], await world.MailsAboutAsync(domain));
        Assert.DoesNotContain(viewer.Email, string.Concat(await world.MailsAboutAsync(domain)), StringComparison.Ordinal);

        // It comes back in time.
        world.SetRecords(domain);
        Assert.Equal(("verified", true), await StateAsync());

        world.Dns.Remove("_ocore-verify.erp.leased.example");
        Assert.Equal(("grace", true), await StateAsync());
        world.App.Clock.Advance(TimeSpan.FromDays(6.9));
        Assert.Equal(("grace", true), await StateAsync());
        world.App.Clock.Advance(TimeSpan.FromDays(0.2));
        world.Dns.Break("_ocore-verify.erp.leased.example", 2);
        Assert.Equal(("grace", true), await StateAsync());
        world.Dns.Mend("_ocore-verify.erp.leased.example");
        var lapsed = await world.LookAsync(agency, domain);
        Assert.Equal(("lapsed", false, DnsStatus.Failed), (lapsed.Ownership.State, lapsed.IsActive, lapsed.DnsStatus));
        Assert.Contains($"{agency.Owner.Email}: The portal at erp.leased.example was switched off", await world.MailsAboutAsync(domain));

        world.App.Clock.Advance(TimeSpan.FromDays(7.1));
        var released = await world.LookAsync(agency, domain);
        Assert.Equal("failed", released.Ownership.State);

        // It still leads here: that is looked at each day, and said, until it does not any more. Then nobody looks.
        Assert.InRange(released.NextCheckAt!.Value - world.App.Clock.GetUtcNow(), TimeSpan.FromHours(22), TimeSpan.FromHours(26));
        Assert.Contains((await world.As(agency).Get<AgencyView>("/api/agency")).Attention, a => a.Code == "domain_dangling" && a.ObjectId == domain.Id);
        world.Dns.Remove("erp.leased.example");
        Assert.Null((await world.LookAsync(agency, domain)).NextCheckAt);
        Assert.DoesNotContain((await world.As(agency).Get<AgencyView>("/api/agency")).Attention, a => a.Code == "domain_dangling");

        // Asked for, it is looked for again.
        world.SetRecords(domain);
        Assert.True((await world.VerifyAsync(agency, domain)).IsActive);

        async Task<(string, bool)> StateAsync() => await world.LookAsync(agency, domain) is var view ? (view.Ownership.State, view.IsActive) : default;
    }

    [Theory, Sqlite, Postgres]
    public async Task A_name_that_was_taken_away_is_switched_off_at_once(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var agency = await world.AgencyAsync("Sold");
        var domain = await world.ProvenAsync(agency, "erp.sold.example");

        world.Dns.Remove("_ocore-verify.erp.sold.example");
        world.Dns.SetA("erp.sold.example", "198.51.100.7");

        var view = await world.LookAsync(agency, domain);
        Assert.Equal(("lapsed", false), (view.Ownership.State, view.IsActive));
    }

    [Theory, Sqlite, Postgres]
    public async Task Another_takes_a_name_over_only_when_the_first_has_let_it_go(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var (first, second) = (await world.AgencyAsync("First"), await world.AgencyAsync("Second"));
        var held = await world.ProvenAsync(first, "erp.moving.example");
        var claim = await world.ClaimAsync(second, "erp.moving.example");
        world.Dns.SetTxt("_ocore-verify.erp.moving.example", held.DnsVerificationToken, claim.DnsVerificationToken);

        var waiting = await world.VerifyAsync(second, claim);
        Assert.Equal((false, "pending"), (waiting.DnsVerified, waiting.Ownership.State));
        Assert.Contains("so is that of another organization", waiting.Ownership.Message, StringComparison.Ordinal);
        Assert.Equal([$"{first.Owner.Email}: Somebody else has proven erp.moving.example"], await world.MailsAboutAsync(held));

        // While both records are there, the first keeps the name for ever, and is not told again.
        world.App.Clock.Advance(TimeSpan.FromDays(10));
        await world.LookAsync(first, held);
        Assert.False((await world.LookAsync(second, claim)).DnsVerified);
        Assert.True((await world.GetAsync(first, held)).IsActive);
        Assert.Single(await world.MailsAboutAsync(held));

        world.Dns.SetTxt("_ocore-verify.erp.moving.example", claim.DnsVerificationToken);
        Assert.Equal("grace", (await world.LookAsync(first, held)).Ownership.State);
        Assert.True((await world.LookAsync(second, claim)).DnsVerified);
        Assert.Equal(("lapsed", false), await world.GetAsync(first, held) is var lost ? (lost.Ownership.State, lost.IsActive) : default);
        Assert.Contains($"{first.Owner.Email}: The portal at erp.moving.example was switched off", await world.MailsAboutAsync(held));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_new_proof_waits_three_days_for_the_old_one_to_come_back(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var (first, second) = (await world.AgencyAsync("Old"), await world.AgencyAsync("New"));
        var held = await world.ProvenAsync(first, "erp.slow.example");
        var claim = await world.ClaimAsync(second, "erp.slow.example");
        world.Dns.SetTxt("_ocore-verify.erp.slow.example", claim.DnsVerificationToken);

        Assert.Equal("grace", (await world.LookAsync(first, held)).Ownership.State);
        Assert.False((await world.LookAsync(second, claim)).DnsVerified);
        world.App.Clock.Advance(TimeSpan.FromHours(71));
        Assert.False((await world.LookAsync(second, claim)).DnsVerified);
        Assert.True((await world.GetAsync(first, held)).IsActive);
        world.App.Clock.Advance(TimeSpan.FromHours(2));
        Assert.True((await world.LookAsync(second, claim)).DnsVerified);
        Assert.False((await world.GetAsync(first, held)).IsActive);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_lapsed_name_is_nobodys_without_a_record_of_their_own(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var (first, thief) = (await world.AgencyAsync("Owner"), await world.AgencyAsync("Thief"));
        var held = await world.ProvenAsync(first, "erp.dangling.example");

        // The name still leads here, the client is gone, and somebody else would like to have it.
        await world.DeleteAsync(first, $"/api/agency/portal-domains/{held.Id}");
        var claim = await world.ClaimAsync(thief, "erp.dangling.example");
        Assert.NotEqual(held.DnsVerificationToken, claim.DnsVerificationToken);
        var view = await world.VerifyAsync(thief, claim);
        Assert.Equal((false, false, RoutingStatus.Ok), (view.DnsVerified, view.IsActive, view.Routing.Status));
        await world.As(thief).Post<PortalDomainView>($"/api/agency/portal-domains/{claim.Id}/activate").IsRefusedAsync(409, "dns_not_verified");

        // Nor does proof of the name above it help, as long as the other had it lately.
        await world.ProvenAsync(thief, "dangling.example");
        Assert.False((await world.LookAsync(thief, claim)).DnsVerified);
        world.App.Clock.Advance(TimeSpan.FromDays(8));
        Assert.True((await world.LookAsync(thief, claim)).DnsVerified);
    }

    [Theory, Sqlite, Postgres]
    public async Task Names_are_looked_at_without_anybody_asking(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database, reconciling: true);
        var agency = await world.AgencyAsync("Patient");
        var domain = await world.ClaimAsync(agency, "erp.patient.example");
        await UntilAsync(async () => (await world.GetAsync(agency, domain)).LastCheckedAt is not null);
        world.SetRecords(domain);
        world.App.Clock.Advance(TimeSpan.FromSeconds(30));
        await UntilAsync(async () => (await world.GetAsync(agency, domain)).IsActive);

        // A proven name is looked for once a day.
        var next = (await world.GetAsync(agency, domain)).NextCheckAt!.Value - world.App.Clock.GetUtcNow();
        Assert.InRange(next.TotalHours, 22, 26);
        world.Dns.Remove("_ocore-verify.erp.patient.example");
        world.App.Clock.Advance(TimeSpan.FromHours(26));
        await UntilAsync(async () => (await world.GetAsync(agency, domain)).Ownership.State == "grace");
    }

    [Fact]
    public async Task Several_servers_have_to_agree()
    {
        await using var other = new DnsPeer();
        await using var world = await PortalDomainsApp.StartAsync(Database.Sqlite, arrange: app => app.Set("DNS_SERVERS", $"{First(app)},{other.Address}"));
        var agency = await world.AgencyAsync("Agreed");
        var domain = await world.ClaimAsync(agency, "erp.agreed.example");
        world.SetRecords(domain);

        var partly = await world.LookAsync(agency, domain);
        Assert.Equal((false, "1 of 2 DNS servers have the TXT record: the change is still spreading."), (partly.DnsVerified, partly.Ownership.Message));
        other.SetTxt("_ocore-verify.erp.agreed.example", domain.DnsVerificationToken);
        Assert.True((await world.LookAsync(agency, domain)).DnsVerified);

        // One that fails does not count, and one that has lost the record does not take it away alone.
        other.Break("_ocore-verify.erp.agreed.example", 2);
        Assert.Equal("verified", (await world.LookAsync(agency, domain)).Ownership.State);
        other.Mend("_ocore-verify.erp.agreed.example");
        other.Remove("_ocore-verify.erp.agreed.example");
        Assert.Equal("verified", (await world.LookAsync(agency, domain)).Ownership.State);
    }

    private static string First(TestApp app) => app.SettingOf("DNS_SERVERS")!;

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
            await Task.Delay(100, patience.Token);
    }
}
