using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OCore.Client;
using OCore.Features.Branding;
using SkiaSharp;

namespace OCore.Tests.Branding;

/// <summary>The fields of a brand: set in part, inherited, returned, checked; and the literal request of the documentation.</summary>
public sealed class BrandingTests(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task The_request_of_the_documentation_works_as_written(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Pages");
        using var http = app.HttpAs(agency.Owner, agency.Slug);
        using var answer = await http.PutAsync("/api/agency/branding", new StringContent("""
            {"logoUrl":"https://cdn.example.com/agency-logo.png","primaryColor":"#2563eb","accentColor":"#7c3aed","fontFamily":"Inter","fromEmail":"support@agency.com","footerText":"Powered by Agency Inc."}
            """, Encoding.UTF8, "application/json"));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var view = await app.As(agency.Owner, agency.Org).Get<BrandingView>("/api/agency/branding");
        Assert.Equal(("https://cdn.example.com/agency-logo.png", "#2563eb", "#7c3aed", "Inter", "support@agency.com", "Powered by Agency Inc."),
            (view.LogoUrl, view.PrimaryColor, view.AccentColor, view.FontFamily, view.FromEmail, view.FooterText));
        // Nobody answers there, so it is kept and said.
        Assert.Contains(view.Warnings, w => w is { Field: "logoUrl", Code: "image_not_fetched" });
    }

    [Theory, Sqlite, Postgres]
    public async Task A_part_is_changed_and_the_rest_stays_and_null_returns_to_the_inherited(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Parts");
        var client = await app.ClientOfAsync(agency, "Part");
        var api = app.As(agency.Owner, agency.Org);
        var before = await api.Get<BrandingView>("/api/agency/branding");
        Assert.Equal((agency.Org.Name, "#2563eb", "Inter"), (before.ProductName, before.PrimaryColor, before.FontFamily));
        Assert.Empty(before.Overridden);
        await api.Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { PrimaryColor = "#0A0", FooterText = "One" });
        var after = await api.Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { ProductName = "Cloud" });
        Assert.Equal(("#00aa00", "One", "Cloud"), (after.PrimaryColor, after.FooterText, after.ProductName));
        Assert.Equal(["productName", "primaryColor", "footerText"], after.Overridden);

        var path = $"/api/agency/clients/{client.Slug}/branding";
        var inherited = await api.Get<BrandingView>(path);
        Assert.Equal(("#00aa00", "Cloud"), (inherited.PrimaryColor, inherited.ProductName));
        Assert.Empty(inherited.Overridden);
        var own = await api.Put<UpdateBranding, BrandingView>(path, new UpdateBranding { PrimaryColor = "#123456" });
        Assert.Equal(("#123456", "#00aa00", "One"), (own.PrimaryColor, own.Inherited.PrimaryColor, own.FooterText));
        Assert.Equal(["primaryColor"], own.Overridden);
        using var http = app.HttpAs(agency.Owner, agency.Slug);
        using var reset = await http.PutAsync(path, new StringContent("{\"primaryColor\":null}", Encoding.UTF8, "application/json"));
        Assert.Equal("#00aa00", (await reset.Content.ReadFromJsonAsync(WireJson.Default.BrandingView))!.PrimaryColor);
        var clean = await api.Post<ResetBranding, BrandingView>("/api/agency/branding/reset", new ResetBranding());
        Assert.Equal((agency.Org.Name, "#2563eb"), (clean.ProductName, clean.PrimaryColor));
    }

    [Theory, Sqlite, Postgres]
    public async Task What_is_wrong_is_refused_by_its_field(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Strict");
        var api = app.As(agency.Owner, agency.Org);
        foreach (var (field, body) in new (string, UpdateBranding)[]
                 {
                     ("primaryColor", new() { PrimaryColor = "blue" }), ("primaryColor", new() { PrimaryColor = "#12345" }), ("accentColor", new() { AccentColor = "#fff;}body{" }),
                     ("fontFamily", new() { FontFamily = "Inter;}body{display:none" }), ("fontFamily", new() { FontFamily = "Comic Sans" }),
                     ("logoUrl", new() { LogoUrl = "javascript:alert(1)" }), ("logoUrl", new() { LogoUrl = "file:///etc/passwd" }), ("logoUrl", new() { LogoUrl = "/brand/" + new string('a', 64) + ".png" }),
                     ("fromEmail", new() { FromEmail = "a@b" }), ("fromEmail", new() { FromEmail = "a@b.example\r\nBcc: c@d.example" }), ("fromEmail", new() { FromEmail = "Name <a@b.example>" }),
                     ("productName", new() { ProductName = "  " }), ("productName", new() { ProductName = "support@bank.example" }), ("productName", new() { ProductName = "a\u202eb" }), ("footerText", new() { FooterText = "a\u0007b" }),
                     ("supportUrl", new() { SupportUrl = "http://help.example" }), ("supportUrl", new() { SupportUrl = "javascript:alert(1)" }), ("supportUrl", new() { SupportUrl = "https://a:b@help.example" }),
                 })
            await api.Put<UpdateBranding, BrandingView>("/api/agency/branding", body).IsRefusedAsync(400, field is "logoUrl" && body.LogoUrl![0] == '/' ? "validation_failed" : "validation_failed", field);
        await api.Post<ResetBranding, BrandingView>("/api/agency/branding/reset", new ResetBranding { Fields = ["nothing"] }).IsRefusedAsync(400, "validation_failed", "fields");
        await app.As(await app.MemberAsync(agency.Org, "viewer"), agency.Org).Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { FooterText = "x" }).IsRefusedAsync(403, "forbidden");
    }

    [Theory, Sqlite, Postgres]
    public async Task Colors_that_do_not_read_well_are_warned_of_with_one_that_does(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Pale");
        var view = await app.As(agency.Owner, agency.Org).Put<UpdateBranding, BrandingView>("/api/agency/branding?dryRun=true", new UpdateBranding { PrimaryColor = "#ffd400", PrimaryColorDark = "#202020", AccentColor = "#1d4ed8" });
        var light = Assert.Single(view.Warnings, w => w.Field == "primaryColor");
        Assert.True(Contrast.Between(light.Suggestion!, "#ffffff") >= 4.5);
        var dark = Assert.Single(view.Warnings, w => w.Field == "primaryColorDark");
        Assert.True(Contrast.Between(dark.Suggestion!, Contrast.DarkSurface) >= 4.5);
        Assert.DoesNotContain(view.Warnings, w => w.Field == "accentColor");
        Assert.Empty((await app.As(agency.Owner, agency.Org).Get<BrandingView>("/api/agency/branding")).Overridden);
    }

    [Theory, Sqlite, Postgres]
    public async Task An_uploaded_image_is_served_under_the_hash_of_its_content(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Images");
        using var http = app.HttpAs(agency.Owner, agency.Slug);
        var image = await UploadAsync(http, Picture(2400, 1000, SKEncodedImageFormat.Jpeg), "logoUrl");
        Assert.Equal(("image/png", 1200, 500), (image.MediaType, image.Width, image.Height));
        var view = await app.As(agency.Owner, agency.Org).Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { LogoUrl = image.Url });
        Assert.Equal(image.Url, view.Images["logoUrl"].Url);
        using var served = await app.Anonymous.GetAsync(image.Url);
        Assert.Equal("image/png", served.Content.Headers.ContentType!.MediaType);
        Assert.Contains("immutable", served.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.Equal("nosniff", served.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("sandbox", served.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        var other = await app.AgencyAsync("Other");
        await app.As(other.Owner, other.Org).Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { LogoUrl = image.Url }).IsRefusedAsync(400, "validation_failed", "logoUrl");
    }

    [Theory, Sqlite, Postgres]
    public async Task Images_that_nothing_uses_are_removed_after_a_week(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Sweeping");
        using var http = app.HttpAs(agency.Owner, agency.Slug);
        var (used, unused) = (await UploadAsync(http, Picture(20, 10, SKEncodedImageFormat.Png), "logoUrl"), await UploadAsync(http, Picture(30, 10, SKEncodedImageFormat.Png), "logoUrl"));
        await app.As(agency.Owner, agency.Org).Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { LogoUrl = used.Url });
        var sweep = app.Services.GetServices<IHostedService>().OfType<UnusedAssets>().Single();
        Assert.Equal(0, await sweep.SweepAsync(default));
        app.Clock.Advance(TimeSpan.FromDays(8));
        Assert.Equal(1, await sweep.SweepAsync(default));
        Assert.Equal(System.Net.HttpStatusCode.OK, (await app.Anonymous.GetAsync(used.Url)).StatusCode);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await app.Anonymous.GetAsync(unused.Url)).StatusCode);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_clients_logo_is_served_by_ocore(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Logos");
        var client = await app.ClientOfAsync(agency, "Logo");
        // Nobody answers there: kept as it is, until it is set again.
        Assert.Equal("https://cdn.example.com/logo.png", (await app.As(agency.Owner, agency.Org).Put<UpdateClient, ClientView>($"/api/agency/clients/{client.Slug}", new UpdateClient { LogoUrl = "https://cdn.example.com/logo.png" })).LogoUrl);
        await app.As(agency.Owner, agency.Org).Put<UpdateClient, ClientView>($"/api/agency/clients/{client.Slug}", new UpdateClient { LogoUrl = "http://169.254.169.254/latest/meta-data" }).IsRefusedAsync(400, "image_refused", "logoUrl");
    }

    [Theory, Sqlite, Postgres]
    public async Task An_uploaded_image_is_a_logo_of_the_agency_and_of_its_clients_and_of_nobody_else(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, other) = (await app.AgencyAsync("Logos"), await app.AgencyAsync("Others"));
        var client = await app.ClientOfAsync(agency, "Logo");
        using var upload = app.HttpAs(agency.Owner, agency.Slug);
        var image = await UploadAsync(upload, Picture(300, 100, SKEncodedImageFormat.Png), null);
        using var http = app.As(agency.Owner, agency.Org);

        Assert.Equal(image.Url, (await http.Put<UpdateClient, ClientView>($"/api/agency/clients/{client.Slug}", new UpdateClient { LogoUrl = image.Url })).LogoUrl);
        // As it is shown, it comes back.
        Assert.Equal(image.Url, (await http.Put<UpdateClient, ClientView>($"/api/agency/clients/{client.Slug}", new UpdateClient { Name = "Logo Inc.", LogoUrl = image.Url })).LogoUrl);
        Assert.Equal(image.Url, (await http.Post<CreateClient, ClientView>("/api/agency/clients", new CreateClient { Name = "Made", Slug = app.Slug("made"), LogoUrl = image.Url })).LogoUrl);
        Assert.Equal(image.Url, (await http.Put<UpdateOrganization, OrganizationView>("/api/organizations/current", new UpdateOrganization { LogoUrl = image.Url })).LogoUrl);
        Assert.Null((await http.Put<UpdateClient, ClientView>($"/api/agency/clients/{client.Slug}", new UpdateClient { LogoUrl = "" })).LogoUrl);

        using var elsewhere = app.As(other.Owner, other.Org);
        var foreign = await app.ClientOfAsync(other, "Foreign");
        await elsewhere.Put<UpdateClient, ClientView>($"/api/agency/clients/{foreign.Slug}", new UpdateClient { LogoUrl = image.Url }).IsRefusedAsync(400, "validation_failed", "logoUrl");
        await elsewhere.Post<CreateClient, ClientView>("/api/agency/clients", new CreateClient { Name = "Taken", Slug = app.Slug("taken"), LogoUrl = image.Url }).IsRefusedAsync(400, "validation_failed", "logoUrl");
        await elsewhere.Put<UpdateOrganization, OrganizationView>("/api/organizations/current", new UpdateOrganization { LogoUrl = image.Url }).IsRefusedAsync(400, "validation_failed", "logoUrl");
        foreach (var none in (string[])[image.Url.Replace(".png", ".svg"), "/brand/theme.css", "/brand/" + new string('a', 64) + ".png", image.Url + "/..", "//evil.example/x.png"])
            await http.Put<UpdateClient, ClientView>($"/api/agency/clients/{client.Slug}", new UpdateClient { LogoUrl = none }).IsRefusedAsync(400, "validation_failed", "logoUrl");
    }

    [Theory, Sqlite, Postgres]
    public async Task Custom_css_is_kept_in_versions_and_can_be_returned_to(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Sheets");
        var api = app.As(agency.Owner, agency.Org);
        foreach (var css in (string[])[".oc-brand-card{padding:1px}", ".oc-brand-card{padding:2px;position:fixed}"])
            await api.Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { CustomCss = css });
        var view = await api.Get<BrandingView>("/api/agency/branding");
        Assert.Equal(2, view.CustomCssVersion);
        Assert.Contains(view.Warnings, w => w is { Field: "customCss", Line: 1 });
        Assert.DoesNotContain("position", view.CustomCssApplied!, StringComparison.Ordinal);
        var back = await api.Post<BrandingView>("/api/agency/branding/css-versions/1/restore");
        Assert.Equal((3, ".oc-brand-card{padding:1px}"), (back.CustomCssVersion, back.CustomCss));
        Assert.Equal([3, 2, 1], (await api.Get<Page<CssVersionView>>("/api/agency/branding/css-versions")).Data.Select(v => v.Version));
        using var page = await app.Anonymous.SendAsync(OnHost("/api/portal", agency.Slug));
        var portal = (await page.Content.ReadFromJsonAsync(WireJson.Default.PortalView))!;
        using var sheet = await app.Anonymous.SendAsync(OnHost(portal.CustomStylesheet!, agency.Slug));
        Assert.Equal("text/css", sheet.Content.Headers.ContentType!.MediaType);
        Assert.Contains(".oc-portal .oc-brand-card", await sheet.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var safe = await app.Anonymous.SendAsync(OnHost("/api/portal?safe=1", agency.Slug));
        Assert.Null((await safe.Content.ReadFromJsonAsync(WireJson.Default.PortalView))!.CustomStylesheet);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_client_has_custom_css_of_its_own_with_versions_of_its_own(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Sewn");
        var (client, sibling) = (await app.ClientOfAsync(agency, "Own"), await app.ClientOfAsync(agency, "Sibling"));
        var (api, path) = (app.As(agency.Owner, agency.Org), $"/api/agency/clients/{client.Slug}/branding");
        await api.Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { CustomCss = ".oc-brand-card{padding:1px}" });
        foreach (var css in (string[])[".oc-brand-card{padding:7px}", ".oc-brand-card{padding:8px}"])
            await api.Put<UpdateBranding, BrandingView>(path, new UpdateBranding { CustomCss = css });
        Assert.Equal([2, 1], (await api.Get<Page<CssVersionView>>($"{path}/css-versions")).Data.Select(v => v.Version));
        Assert.Single((await api.Get<Page<CssVersionView>>("/api/agency/branding/css-versions")).Data);
        Assert.Equal((3, ".oc-brand-card{padding:7px}"), await api.Post<BrandingView>($"{path}/css-versions/1/restore") is var back ? (back.CustomCssVersion, back.CustomCss) : default);
        Assert.Contains("7px", await SheetAsync(client.Slug), StringComparison.Ordinal);
        Assert.Contains("1px", await SheetAsync(sibling.Slug), StringComparison.Ordinal);
        await api.Post<ResetBranding, BrandingView>($"{path}/reset", new ResetBranding { Fields = ["customCss"] });
        Assert.Contains("1px", await SheetAsync(client.Slug), StringComparison.Ordinal);
        await api.Post<BrandingView>($"{path}/css-versions/9/restore").IsRefusedAsync(404, "not_found");
        var other = await app.AgencyAsync("Foreign");
        await app.As(other.Owner, other.Org).Get<Page<CssVersionView>>($"{path}/css-versions").IsRefusedAsync(404, "not_found");

        async Task<string> SheetAsync(string slug)
        {
            using var page = await app.Anonymous.SendAsync(OnHost("/api/portal", slug));
            var portal = (await page.Content.ReadFromJsonAsync(WireJson.Default.PortalView))!;
            using var sheet = await app.Anonymous.SendAsync(OnHost(portal.CustomStylesheet!, slug));
            return await sheet.Content.ReadAsStringAsync();
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task A_mail_is_shown_as_it_would_go_out(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Shown");
        using var http = app.HttpAs(agency.Owner, agency.Slug);
        var image = await UploadAsync(http, Picture(300, 100, SKEncodedImageFormat.Png), "logoUrl");
        var view = await app.As(agency.Owner, agency.Org).Put<UpdateBranding, BrandingView>("/api/agency/branding?dryRun=true", new UpdateBranding
        {
            ProductName = "Shown <b>", PrimaryColor = "#0f766e", FooterText = "Shown Inc.", FromEmail = "help@shown.example", LogoUrl = image.Url,
        });
        Assert.Equal(("Shown <b>", "help@shown.example"), (view.Mail.Name, view.Mail.ReplyTo));
        foreach (var piece in (string[])[$"src=\"{image.Url}\"", "#0f766e", "Shown Inc.", "Shown &lt;b&gt;", "72 hours"])
            Assert.Contains(piece, view.Mail.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", view.Mail.Html, StringComparison.Ordinal);
    }

    internal static HttpRequestMessage OnHost(string path, string slug, HttpMethod? method = null)
    {
        var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.Host = $"{slug}.localhost";
        return request;
    }

    internal static byte[] Picture(int width, int height, SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(width, height);
        using (var canvas = new SKCanvas(bitmap))
            canvas.Clear(SKColors.OrangeRed);
        using var image = SKImage.FromBitmap(bitmap);
        using var data = image.Encode(format, 90);
        return data.ToArray();
    }

    internal static async Task<HttpResponseMessage> SendFileAsync(HttpClient http, byte[] content, string? purpose, string name = "logo.png")
    {
        var file = new ByteArrayContent(content);
        file.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        using var form = new MultipartFormDataContent { { file, "file", name } };
        return await http.PostAsync($"/api/agency/branding/images{(purpose is null ? "" : $"?purpose={purpose}")}", form);
    }

    internal static async Task<BrandImage> UploadAsync(HttpClient http, byte[] content, string? purpose)
    {
        using var answer = await SendFileAsync(http, content, purpose);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonSerializer.Deserialize(text, WireJson.Default.BrandImage)!;
    }
}
