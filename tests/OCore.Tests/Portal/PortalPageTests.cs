using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Tests.Branding;
using SkiaSharp;

namespace OCore.Tests.Portal;

/// <summary>What a browser gets from a portal before anything has run: the brand, and nothing of anybody else's.</summary>
public sealed class PortalPageTests : IAsyncLifetime
{
    private TestApp _app = null!;
    private string _files = null!;

    public async Task InitializeAsync()
    {
        _files = Directory.CreateTempSubdirectory("ocore-page-").FullName;
        await File.WriteAllTextAsync(Path.Combine(_files, "index.html"), "<!doctype html><html><head><link rel=\"icon\" href=\"/favicon.svg\"><title>oCore</title></head><body><div id=\"root\"></div></body></html>");
    }

    private async Task StartAsync(Database database) =>
        _app = await TestApp.StartAsync(database, a => a.Route(app => app.Environment.WebRootFileProvider = new Microsoft.Extensions.FileProviders.PhysicalFileProvider(_files)));

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_files, recursive: true);
    }

    [Theory, Sqlite, Postgres]
    public async Task The_brand_is_in_the_first_byte_of_html(Database database)
    {
        await StartAsync(database);
        var agency = await _app.AgencyAsync("First");
        var client = await _app.ClientOfAsync(agency, "Byte");
        var api = _app.As(agency.Owner, agency.Org);
        await api.Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { ProductName = "A & <b>B</b>", PrimaryColor = "#0f766e", FooterText = "</script><script>alert(1)</script>" });
        foreach (var (path, slug) in new[] { ("/", client.Slug), ("/index.html", client.Slug), ("/instances/some-thing", agency.Slug) })
        {
            using var answer = await _app.Anonymous.SendAsync(BrandingTests.OnHost(path, slug));
            var html = await answer.Content.ReadAsStringAsync();
            Assert.Contains("<title>A &amp; &lt;b&gt;B&lt;/b&gt;</title>", html, StringComparison.Ordinal);
            Assert.DoesNotContain("oCore", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
            Assert.DoesNotContain("/favicon.svg", html, StringComparison.Ordinal);
            Assert.Contains("#0f766e", html, StringComparison.Ordinal);
            Assert.Contains("Host", answer.Headers.Vary);
            var data = Regex.Match(html, "<script type=\"application/json\" id=\"oc-portal\">(.*?)</script>").Groups[1].Value;
            var view = JsonSerializer.Deserialize(data, WireJson.Default.PortalView)!;
            Assert.Equal(("portal", "active", "A & <b>B</b>"), (view.Kind, view.State, view.ProductName));
            using var sheet = await _app.Anonymous.SendAsync(BrandingTests.OnHost(view.Stylesheets.Single(), slug));
            Assert.Contains("--oc-primary:#0f766e", await sheet.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Contains("immutable", sheet.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
            using var font = await _app.Anonymous.SendAsync(BrandingTests.OnHost(Regex.Match(html, "as=\"font\"[^>]*href=\"([^\"]+)\"").Groups[1].Value, slug));
            Assert.Equal("font/woff2", font.Content.Headers.ContentType!.MediaType);
        }
        // The platform's own page is as it was.
        var own = await _app.Anonymous.GetStringAsync("/");
        Assert.Contains("<title>oCore</title>", own, StringComparison.Ordinal);
        Assert.DoesNotContain("oc-brand-theme", own, StringComparison.Ordinal);
    }

    [Theory, Sqlite, Postgres]
    public async Task The_icon_and_the_picture_behind_the_sign_in_are_those_of_the_brand(Database database)
    {
        await StartAsync(database);
        var agency = await _app.AgencyAsync("Pictures");
        var client = await _app.ClientOfAsync(agency, "Framed");
        using var files = _app.HttpAs(agency.Owner, agency.Slug);
        var icon = await BrandingTests.UploadAsync(files, BrandingTests.Picture(64, 64, SKEncodedImageFormat.Png), "faviconUrl");
        var background = await BrandingTests.UploadAsync(files, BrandingTests.Picture(800, 600, SKEncodedImageFormat.Jpeg), "loginBgUrl");
        await _app.As(agency.Owner, agency.Org).Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { FaviconUrl = icon.Url, LoginBgUrl = background.Url });

        using var answer = await _app.Anonymous.SendAsync(BrandingTests.OnHost("/", client.Slug));
        var html = await answer.Content.ReadAsStringAsync();
        Assert.Contains($"<link rel=\"icon\" href=\"{icon.Url}\">", html, StringComparison.Ordinal);
        var view = JsonSerializer.Deserialize(Regex.Match(html, "<script type=\"application/json\" id=\"oc-portal\">(.*?)</script>").Groups[1].Value, WireJson.Default.PortalView)!;
        Assert.Equal((icon.Url, background.Url), (view.Brand!.FaviconUrl, view.Brand.LoginBgUrl));
        using var sheet = await _app.Anonymous.SendAsync(BrandingTests.OnHost(view.Stylesheets.Single(), client.Slug));
        Assert.Contains($"--oc-login-bg:url(\"{background.Url}\")", await sheet.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_clients_own_brand_is_over_its_agencys(Database database)
    {
        await StartAsync(database);
        var agency = await _app.AgencyAsync("Over");
        var (client, sibling) = (await _app.ClientOfAsync(agency, "Own"), await _app.ClientOfAsync(agency, "Sibling"));
        var api = _app.As(agency.Owner, agency.Org);
        await api.Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { ProductName = "Agency Cloud", PrimaryColor = "#111111" });
        await api.Put<UpdateBranding, BrandingView>($"/api/agency/clients/{client.Slug}/branding", new UpdateBranding { ProductName = "Shop Cloud" });
        Assert.Equal(("Shop Cloud", "#111111"), await PortalAsync(client.Slug));
        Assert.Equal(("Agency Cloud", "#111111"), await PortalAsync(sibling.Slug));
        Assert.Equal(("Agency Cloud", "#111111"), await PortalAsync(agency.Slug));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_suspended_client_is_told_whom_to_ask_and_nobody_is_told_of_a_deleted_one(Database database)
    {
        await StartAsync(database);
        var agency = await _app.AgencyAsync("Told");
        var client = await _app.ClientOfAsync(agency, "Late");
        await _app.As(agency.Owner, agency.Org).Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { ProductName = "Told Cloud", SupportUrl = "https://help.told.example", FooterText = "Told Inc." });
        await _app.SuspendAsync(client);
        using var suspended = await _app.Anonymous.SendAsync(BrandingTests.OnHost("/", client.Slug));
        var html = await suspended.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.Forbidden, suspended.StatusCode);
        foreach (var piece in (string[])["Told Cloud", "https://help.told.example", "Told Inc.", "suspended", "/brand/theme.css"])
            Assert.Contains(piece, html, StringComparison.Ordinal);
        Assert.DoesNotContain("oCore", html, StringComparison.Ordinal);
        using var api = await _app.Anonymous.SendAsync(BrandingTests.OnHost("/api/portal", client.Slug));
        Assert.Equal("suspended", (await api.Content.ReadFromJsonAsync(WireJson.Default.PortalView))!.State);
        var gone = await _app.ClientOfAsync(agency, "Gone");
        await using (var db = _app.Databases.System())
        {
            var row = await db.Organizations.AcrossTenants().SingleAsync(o => o.Id == gone.Id);
            row.DeletingAt = _app.Clock.GetUtcNow();
            await db.SaveChangesAsync();
        }
        using var neutral = await _app.Anonymous.SendAsync(BrandingTests.OnHost("/api/portal", gone.Slug));
        var text = await neutral.Content.ReadAsStringAsync();
        Assert.DoesNotContain("Told", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Gone", text, StringComparison.Ordinal);
        Assert.Contains("unavailable", text, StringComparison.Ordinal);
        using var page = await _app.Anonymous.SendAsync(BrandingTests.OnHost("/", gone.Slug));
        Assert.Equal(HttpStatusCode.NotFound, page.StatusCode);
        html = await page.Content.ReadAsStringAsync();
        Assert.Contains("not in use", html, StringComparison.Ordinal);
        Assert.DoesNotContain("oCore", html, StringComparison.Ordinal);
        using var refused = await _app.Anonymous.SendAsync(BrandingTests.OnHost("/api/user", gone.Slug));
        await refused.IsProblemAsync(404, "portal_unavailable");
    }

    [Theory, Sqlite, Postgres]
    public async Task Who_reads_French_is_told_in_French(Database database)
    {
        await StartAsync(database);
        var agency = await _app.AgencyAsync("French");
        var client = await _app.ClientOfAsync(agency, "Tard");
        await _app.As(agency.Owner, agency.Org).Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { ProductName = "Nuage", SupportUrl = "https://help.example" });
        await _app.SuspendAsync(client);
        foreach (var (slug, languages, sentence, lang) in new[]
                 {
                     (client.Slug, "fr-CA,fr;q=0.9,en;q=0.8", "est suspendu", "fr"), (client.Slug, "en,fr;q=0.5", "is suspended", "en"), (client.Slug, "de", "is suspended", "en"), (client.Slug, "de,fr;q=0.3", "Contacter Nuage", "fr"),
                 })
        {
            using var request = BrandingTests.OnHost("/", slug);
            request.Headers.TryAddWithoutValidation("Accept-Language", languages);
            using var answer = await _app.Anonymous.SendAsync(request);
            var html = System.Net.WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
            Assert.Contains(sentence, html, StringComparison.Ordinal);
            Assert.Contains($"<html lang=\"{lang}\">", html, StringComparison.Ordinal);
            Assert.Contains("Accept-Language", answer.Headers.Vary);
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task An_uploaded_font_is_there_before_the_first_line_is(Database database)
    {
        await StartAsync(database);
        var agency = await _app.AgencyAsync("Typed");
        using var http = _app.HttpAs(agency.Owner, agency.Slug);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(await FontAsync()), "file", "own.woff2" }, { new StringContent("Own Sans"), "family" } };
        using var uploaded = await http.PostAsync("/api/agency/branding/fonts", form);
        Assert.True(uploaded.IsSuccessStatusCode, await uploaded.Content.ReadAsStringAsync());
        await _app.As(agency.Owner, agency.Org).Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { FontFamily = "Own Sans" });
        using var page = await _app.Anonymous.SendAsync(BrandingTests.OnHost("/", agency.Slug));
        var file = Regex.Match(await page.Content.ReadAsStringAsync(), "rel=\"preload\" as=\"font\"[^>]*href=\"([^\"]+)\"").Groups[1].Value;
        using var font = await _app.Anonymous.SendAsync(BrandingTests.OnHost(file, agency.Slug));
        Assert.Equal("font/woff2", font.Content.Headers.ContentType!.MediaType);
    }

    // One of those that come with oCore, as if it were somebody's own.
    private async Task<byte[]> FontAsync() => await _app.Anonymous.GetByteArrayAsync("/brand/fonts/lora-latin-wght-normal.woff2");

    private async Task<(string, string?)> PortalAsync(string slug)
    {
        using var answer = await _app.Anonymous.SendAsync(BrandingTests.OnHost("/api/portal", slug));
        var view = (await answer.Content.ReadFromJsonAsync(WireJson.Default.PortalView))!;
        return (view.ProductName, view.Brand?.PrimaryColor);
    }
}
