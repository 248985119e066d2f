using Microsoft.Extensions.DependencyInjection;
using OCore.Platform.Tls;

namespace OCore.Tests.PortalDomains;

/// <summary>Whether a certificate authority may issue for a name, by what a DNS server says of it and of the names above.</summary>
public sealed class CaaTests
{
    private static readonly string[] Us = ["ca.example", "ca.example.net"];

    [Fact]
    public async Task The_nearest_name_with_a_record_decides()
    {
        await using var world = await PortalDomainsApp.StartAsync(Database.Sqlite);
        var (dns, caa) = (world.Dns, world.App.Services.GetRequiredService<CaaCheck>());
        Assert.Null(await caa.RefusalAsync("erp.free.example", Us, default));

        dns.SetCaa("acme.example", ("iodef", "mailto:ops@acme.example"), ("issue", "other.example"));
        var refusal = await caa.RefusalAsync("erp.acme.example", Us, default);
        Assert.Equal("The CAA record of acme.example lets only other.example issue certificates. Add the record acme.example CAA 0 issue \"ca.example\".", refusal);
        dns.SetCaa("erp.acme.example", ("issue", "CA.Example.net; accounturi=https://ca.example/1"));
        Assert.Null(await caa.RefusalAsync("erp.acme.example", Us, default));
        dns.SetCaa("acme.example", ("issue", ";"));
        Assert.Contains("lets nobody issue", await caa.RefusalAsync("shop.acme.example", Us, default), StringComparison.Ordinal);

        // Only other things are said, the authority does not name itself, or nobody could be asked: it looks itself.
        dns.SetCaa("mute.example", ("iodef", "mailto:ops@mute.example"));
        Assert.Null(await caa.RefusalAsync("erp.mute.example", Us, default));
        Assert.Null(await caa.RefusalAsync("shop.acme.example", [], default));
        dns.Break("shop.acme.example", 2);
        Assert.Null(await caa.RefusalAsync("shop.acme.example", Us, default));
    }
}
