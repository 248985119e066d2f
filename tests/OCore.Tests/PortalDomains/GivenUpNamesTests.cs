using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.PortalDomains;
using OCore.Platform.Data;
using OCore.Platform.Mail;
using OCore.Platform.Tls;

namespace OCore.Tests.PortalDomains;

/// <summary>Names that were given up and still lead here, names that lead elsewhere now, and what the certificate authority would meet.</summary>
public sealed class GivenUpNamesTests
{
    [Theory, Sqlite, Postgres]
    public async Task A_name_that_still_leads_here_is_told_once_and_remembered_until_it_does_not(Database database)
    {
        await using var world = await PortalDomainsApp.StartAsync(database);
        var agency = await world.AgencyAsync("Leavers");
        var (clean, left) = (await world.ProvenAsync(agency, "clean.example.com"), await world.ProvenAsync(agency, "left.example.com"));
        world.Dns.Remove("clean.example.com");
        foreach (var domain in new[] { clean, left })
            await world.DeleteAsync(agency, $"/api/agency/portal-domains/{domain.Id}");
        var looks = ActivatorUtilities.CreateInstance<PortalDomainReconciler>(world.App.Services);
        await looks.LookAtWhatWasGivenUpAsync(default);
        Assert.Empty(await DanglingAsync(world, agency));

        world.App.Clock.Advance(TimeSpan.FromDays(1));
        world.Dns.Break("left.example.com", 2);
        await looks.LookAtWhatWasGivenUpAsync(default);
        Assert.Empty(await DanglingAsync(world, agency));
        world.Dns.Mend("left.example.com");
        world.App.Clock.Advance(TimeSpan.FromDays(1));
        await looks.LookAtWhatWasGivenUpAsync(default);
        Assert.Equal(["left.example.com"], await DanglingAsync(world, agency));

        // Past the time in which nobody else gets it, too; and one mail is enough.
        for (var night = 0; night < 9; night++)
        {
            world.App.Clock.Advance(TimeSpan.FromDays(1.1));
            await looks.LookAtWhatWasGivenUpAsync(default);
        }
        Assert.Equal(["left.example.com"], await DanglingAsync(world, agency));
        await using (var db = world.App.Databases.System())
        {
            var outbox = world.App.Services.GetRequiredService<Outbox>();
            Assert.Single(await db.Set<OutgoingMail>().ToListAsync(), m => outbox.Open(m).Subject == "left.example.com still leads here");
            Assert.Equal(1, await db.AuditLog.AcrossTenants().CountAsync(a => a.Action == "domain.dangling"));
        }
        world.Dns.SetA("left.example.com", "192.0.2.9");
        world.App.Clock.Advance(TimeSpan.FromDays(1.1));
        await looks.LookAtWhatWasGivenUpAsync(default);
        Assert.Empty(await DanglingAsync(world, agency));
    }

    [Fact]
    public async Task A_proven_name_that_leads_elsewhere_needs_attention_after_a_day()
    {
        await using var world = await PortalDomainsApp.StartAsync(Database.Sqlite);
        var agency = await world.AgencyAsync("Movers");
        var domain = await world.ProvenAsync(agency, "moved.example.com");
        world.Dns.SetA("moved.example.com", "192.0.2.9");
        world.App.Clock.Advance(TimeSpan.FromDays(2));
        await world.LookAsync(agency, domain);
        var item = Assert.Single((await world.As(agency).Get<AgencyView>("/api/agency")).Attention, a => a.Code == "domain_elsewhere");
        Assert.Equal((domain.Id, "portal_domain"), (item.ObjectId, item.ObjectType));
        world.SetRecords(domain);
        await world.LookAsync(agency, domain);
        Assert.DoesNotContain((await world.As(agency).Get<AgencyView>("/api/agency")).Attention, a => a.Code == "domain_elsewhere");
    }

    [Theory]
    [InlineData("ours", null)]
    [InlineData("redirect", null)]
    [InlineData("nobody", null)]
    [InlineData("notfound", "status 404")]
    [InlineData("other", "status 200")]
    public async Task What_answers_in_the_place_of_the_proof_is_known_before_an_order(string who, string? refusal)
    {
        await using var world = await PortalDomainsApp.StartAsync(Database.Sqlite);
        using var key = OCore.Platform.Tls.Acme.AcmeKey.New();
        string? token = null;
        var probe = new ChallengeProbe(world.App.Databases, _ => new Answering(address =>
        {
            token = address.Segments[^1];
            return who switch
            {
                "ours" => (200, key.Answer(token) + "\n"),
                "redirect" => (308, ""),
                "notfound" => (404, "nothing here"),
                "other" => (200, "<html>another site</html>"),
                _ => throw new HttpRequestException("unreachable"),
            };
        }), world.App.Clock);
        var said = await probe.RefusalAsync("erp.example.com", key, default);
        if (refusal is null)
            Assert.Null(said);
        else
            Assert.Contains(refusal, said, StringComparison.Ordinal);
        Assert.InRange(token!.Length, 16, 200);
        await using var db = world.App.Databases.System();
        Assert.False(await db.AcmeChallenges.AnyAsync());
    }

    private static async Task<IEnumerable<string>> DanglingAsync(PortalDomainsApp world, TestAgency agency) =>
        (await world.As(agency).Get<AgencyView>("/api/agency")).Attention.Where(a => a.Code == "domain_dangling").Select(a => a.ObjectName);

    private sealed class Answering(Func<Uri, (int Status, string Text)> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var (status, text) = answer(request.RequestUri!);
            return Task.FromResult(new HttpResponseMessage((System.Net.HttpStatusCode)status) { Content = new StringContent(text) });
        }
    }
}
