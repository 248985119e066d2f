using OCore.Features.Servers;

namespace OCore.Tests.Servers;

/// <summary>The edge's files, word for word.</summary>
public sealed class EdgeConfigTests
{
    private static readonly EdgeRoute[] Routes =
    [
        new(new Guid("00000000-0000-7000-8000-000000000002"), "Shop.Example.com", "odoo-shop", true, EdgeRouteState.Serve),
        new(new Guid("00000000-0000-7000-8000-000000000001"), "acme.example.com", "odoo-acme", false, EdgeRouteState.Serve),
        new(new Guid("00000000-0000-7000-8000-000000000003"), "off.example.com", "odoo-off", false, EdgeRouteState.Stopped),
        new(new Guid("00000000-0000-7000-8000-000000000004"), "unpaid.example.com", "odoo-unpaid", true, EdgeRouteState.Suspended),
        new(new Guid("00000000-0000-7000-8000-000000000005"), "new.example.com", "odoo-new", false, EdgeRouteState.Starting),
    ];

    [Fact]
    public void No_instance() => IsGolden("edge-empty", EdgeConfig.Render([]));

    [Fact]
    public void One_of_each_state() => IsGolden("edge-states", EdgeConfig.Render(Routes));

    [Fact]
    public void Pages_in_the_brand_of_whose_instance_it_is()
    {
        var (one, other) = (new EdgeLook("Bea <Cloud>", null, "#7c3aed", "#a78bfa", "Bea Inc.\n\"Paris\"", "mailto:help@bea.example"), new EdgeLook("Vic", "data:image/webp;base64,AAAA", "#15803d", "#4ade80", null, null));
        var config = EdgeConfig.Render([Routes[0] with { Look = one }, Routes[1] with { Look = one }, Routes[2] with { Look = one }, Routes[3] with { Look = other }, Routes[4]]);
        IsGolden("edge-brands", config);
        Assert.All(config.Files.Where(f => f.Key.EndsWith(".html", StringComparison.Ordinal)), page => Assert.True(page.Value.Length < 15_000));
        // What everybody shares is there once, and what stands in for nobody is not there.
        Assert.Equal([$"stopped-{one.Key}.html", $"suspended-{other.Key}.html", $"unavailable-{one.Key}.html"], config.Files.Keys.Where(f => f.Contains('-')).Order(StringComparer.Ordinal));
        Assert.NotEqual(config.Version, EdgeConfig.Render([Routes[0] with { Look = other }, .. Routes[1..]]).Version);
    }

    [Fact]
    public void Names_with_a_certificate()
    {
        var certificate = new EdgeCertificate(new Guid("00000000-0000-7000-8000-000000000009"), "0A1B2C");
        EdgeRoute[] routes = [.. Routes, Routes[0] with { Domain = "erp.acme.com", Certificate = certificate }, Routes[2] with { Domain = "soon.acme.com" }];
        var config = EdgeConfig.Render(routes, tls: new EdgeTls(443, "thumb_print-1"));
        IsGolden("edge-https", config);
        Assert.Equal(certificate, Assert.Single(config.Certificates).Value);

        // A renewed certificate is another version, and so is a port that is to be published; without a port there is nothing of either.
        Assert.NotEqual(config.Version, EdgeConfig.Render([.. Routes, routes[5] with { Certificate = certificate with { SerialNumber = "0A1B2D" } }, routes[6]], tls: new EdgeTls(443, "thumb_print-1")).Version);
        Assert.NotEqual(EdgeConfig.Render(Routes).Version, EdgeConfig.Render(Routes, tls: new EdgeTls(443)).Version);
        Assert.Empty(EdgeConfig.Render(routes, tls: new EdgeTls()).Certificates);
        Assert.Contains("https://%[var(txn.host)]:8443%[pathq]", EdgeConfig.Render(routes, tls: new EdgeTls(8443)).Files["haproxy.cfg"], StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => EdgeConfig.Render(Routes, tls: new EdgeTls(443, "x\" ]\n")));
        Assert.Throws<ArgumentException>(() => EdgeConfig.Render([routes[5] with { Certificate = certificate with { SerialNumber = "../key" } }], tls: new EdgeTls(443)));
    }

    [Fact]
    public void What_a_proxy_in_front_says_is_taken_over_from_that_proxy_alone()
    {
        var config = EdgeConfig.Render(Routes, ["10.1.0.0/16", "10.0.0.5/32"]);
        Assert.Equal("10.0.0.5/32\n10.1.0.0/16\n", config.Files["proxies.list"]);
        Assert.Equal("", EdgeConfig.Render(Routes).Files["proxies.list"]);
        Assert.NotEqual(EdgeConfig.Render(Routes).Version, config.Version);
        Assert.ThrowsAny<FormatException>(() => EdgeConfig.Render(Routes, ["10.0.0.5\n0.0.0.0/0"]));
    }

    [Fact]
    public void The_order_of_routes_is_of_no_matter() => Assert.Equal(EdgeConfig.Render(Routes).Version, EdgeConfig.Render(Routes.Reverse()).Version);

    [Fact]
    public void Any_difference_is_another_version()
    {
        var versions = new List<string> { EdgeConfig.Render(Routes).Version, EdgeConfig.Render(Routes[1..]).Version };
        foreach (var state in Enum.GetValues<EdgeRouteState>().Where(s => s != EdgeRouteState.Serve))
            versions.Add(EdgeConfig.Render([Routes[0] with { State = state }, .. Routes[1..]]).Version);
        versions.Add(EdgeConfig.Render([Routes[0] with { HasGevent = false }, .. Routes[1..]]).Version);
        Assert.Equal(versions.Count, versions.Distinct().Count());
    }

    [Theory]
    [InlineData("a.example.com\n    http-request return", "odoo")]
    [InlineData("a example.com", "odoo")]
    [InlineData("", "odoo")]
    [InlineData("::1", "odoo")]
    [InlineData("a.example.com", "odoo:8069 check\n    server evil")]
    [InlineData("a.example.com", "-odoo")]
    [InlineData("a:b", "odoo")]
    [InlineData("a..b", "odoo")]
    public void Names_that_are_none_are_left_out_and_the_others_served(string domain, string container) =>
        Assert.Equal(EdgeConfig.Render(Routes).Version, EdgeConfig.Render([.. Routes, new EdgeRoute(Guid.CreateVersion7(), domain, container, false, EdgeRouteState.Serve)]).Version);

    [Fact]
    public void A_page_fits_into_a_buffer_and_names_nobody()
    {
        foreach (var page in EdgePages.All.Values)
        {
            Assert.InRange(page.Length, 200, 8000);
            Assert.DoesNotContain("oCore", page, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("Odoo", page, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void What_HAProxy_says_is_read()
    {
        var id = Guid.CreateVersion7();
        string Row(Guid instance, string suffix, string status, string check) => $"{EdgeConfig.BackendOf(instance)}{suffix},odoo,0,0,0,0,,0,0,0,,0,,0,0,0,0,{status},1,1,0,0,0,5,0,,1,3,1,,0,,2,0,,0,{check},200\n";
        const string head = "Name: HAProxy\nVersion: 3.0.11\ndescription: ocore-abc\n\n# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code\n";
        EdgeHealth Read(string status, string check) => Edge.Read(head + Row(id, "-live", "DOWN", "L4CON") + Row(id, "", status, check)).Instances[id];
        Assert.Equal("ocore-abc", Edge.Read(head).Version);
        Assert.Equal(EdgeHealth.Up, Read("UP", "L7OK"));
        Assert.Equal(EdgeHealth.Up, Read("UP 1/3", "L7STS"));
        Assert.Equal(EdgeHealth.Up, Read("UP", "* L7OK"));
        Assert.Equal(EdgeHealth.Down, Read("DOWN", "L7STS"));
        Assert.Equal(EdgeHealth.Down, Read("DOWN 1/2", "L7OK"));
        Assert.Equal(EdgeHealth.Unknown, Read("UP", "INI"));
        Assert.Equal(EdgeHealth.Maintenance, Read("MAINT (resolution)", ""));
        Assert.Empty(Edge.Read("nonsense").Instances);
    }

    private static void IsGolden(string name, EdgeConfig config) => Repository.IsGolden(name + ".txt", string.Concat(
        config.Files.Where(f => !f.Key.EndsWith(".html", StringComparison.Ordinal)).OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"# {f.Key}\n{f.Value}\n")).Replace(config.Version, "VERSION", StringComparison.Ordinal));
}
