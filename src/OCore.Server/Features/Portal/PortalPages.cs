using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OCore.Client;
using OCore.Features.Branding;
using OCore.Platform.Http;

namespace OCore.Features.Portal;

/// <summary>
/// The pages of a portal, with its brand from the first byte: a page that dressed itself by a second request would show another
/// brand first. Where there is nothing to start, the page is complete by itself.
/// </summary>
internal sealed class PortalPages(BrandBook book, IWebHostEnvironment environment) : HtmlPages
{
    private const string NoIcon = "data:,";
    private (DateTimeOffset Modified, string Text)? _dashboard;

    public override async Task ServeAsync(HttpContext http)
    {
        var (view, texts) = (await PortalViews.OfAsync(http, book, http.RequestAborted), PageTexts.Of(http));
        if (view.State == "unavailable")
            await WriteAsync(http, 404, null, texts, texts.Unavailable.Title, texts.Unavailable.Text);
        else if (view.State == "suspended")
            await WriteAsync(http, 403, view, texts, texts.Suspended(view.Client?.Name ?? view.ProductName), view.Message is { } why ? $"{why} {texts.NothingLost}" : texts.NothingLost);
        else if (Dashboard() is { } page)
            await WriteAsync(http, 200, Dress(http, page, view));
        else
            http.Response.StatusCode = 404;
    }

    public override async Task WriteErrorAsync(HttpContext http, int status, string detail, string? traceId)
    {
        var (view, texts) = (await PortalViews.OfAsync(http, book, http.RequestAborted), PageTexts.Of(http));
        await WriteAsync(http, status, view.State == "unavailable" ? null : view, texts, status >= 500 ? texts.Wrong : texts.Refused(status, detail), traceId is null ? "" : texts.Tell(traceId));
    }

    private string? Dashboard()
    {
        var file = environment.WebRootFileProvider.GetFileInfo("index.html");
        if (!file.Exists)
            return null;
        if (_dashboard is { } kept && kept.Modified == file.LastModified)
            return kept.Text;
        using var reader = new StreamReader(file.CreateReadStream(), Encoding.UTF8);
        var text = reader.ReadToEnd();
        _dashboard = (file.LastModified, text);
        return text;
    }

    /// <summary>The dashboard's page with the brand in its head.</summary>
    private static string Dress(HttpContext http, string page, PortalView view)
    {
        // Styles that the page's own scripts write carry it; what somebody managed to write into the page does not. An attribute reaches
        // its own element only, and the preview of a mail consists of them.
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = headers.ContentSecurityPolicy.ToString().Replace("style-src 'self'", $"style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'", StringComparison.Ordinal);
        var head = new StringBuilder();
        if (view.Brand is { } brand)
        {
            head.Append("<title>").Append(Encode(view.ProductName)).Append("</title>");
            head.Append("<link rel=\"icon\" href=\"").Append(Encode(brand.FaviconUrl ?? brand.LogoUrl ?? NoIcon)).Append("\">");
            head.Append("<meta name=\"theme-color\" media=\"(prefers-color-scheme: light)\" content=\"").Append(brand.PrimaryColor).Append("\">");
            head.Append("<meta name=\"theme-color\" media=\"(prefers-color-scheme: dark)\" content=\"").Append(brand.PrimaryColorDark).Append("\">");
            foreach (var sheet in view.Stylesheets)
                head.Append("<link rel=\"stylesheet\" id=\"oc-brand-theme\" href=\"").Append(Encode(sheet)).Append("\">");
            if ((BrandFonts.Find(brand.FontFamily) is { } font ? BrandFonts.UrlOf(font.Files[^1]) : brand.FontUrl) is { } file)
                head.Append("<link rel=\"preload\" as=\"font\" type=\"font/woff2\" crossorigin href=\"").Append(Encode(file)).Append("\">");
            page = WithoutIcon(page);
        }
        head.Append("<meta name=\"csp-nonce\" content=\"").Append(nonce).Append("\">");
        // A block of data is not run, whatever is in it; its < is escaped all the same.
        head.Append("<script type=\"application/json\" id=\"oc-portal\">").Append(JsonSerializer.Serialize(view, WireJson.Default.PortalView)).Append("</script>");
        return page.Replace("</head>", head.Append("</head>").ToString(), StringComparison.Ordinal);
    }

    // oCore's own icon and title are not the agency's.
    private static string WithoutIcon(string page)
    {
        foreach (var (start, end) in ((string, string)[])[("<link rel=\"icon\"", ">"), ("<title>", "</title>")])
            while (page.IndexOf(start, StringComparison.Ordinal) is >= 0 and var from && page.IndexOf(end, from, StringComparison.Ordinal) is >= 0 and var to)
                page = page.Remove(from, to + end.Length - from);
        return page;
    }

    private static async Task WriteAsync(HttpContext http, int status, PortalView? view, PageTexts texts, string title, string text)
    {
        var html = new StringBuilder($"<!doctype html><html lang=\"{texts.Code}\">").Append("<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\">");
        html.Append("<title>").Append(Encode(view is null ? title : view.ProductName)).Append("</title><link rel=\"icon\" href=\"").Append(Encode(view?.Brand?.FaviconUrl ?? NoIcon)).Append("\">");
        foreach (var sheet in view?.Stylesheets ?? [])
            html.Append("<link rel=\"stylesheet\" href=\"").Append(Encode(sheet)).Append("\">");
        html.Append("<link rel=\"stylesheet\" href=\"/brand/page.css\"></head><body><main>");
        if (view?.Brand?.LogoUrl is { } logo)
            html.Append("<img class=\"logo\" src=\"").Append(Encode(logo)).Append("\" alt=\"").Append(Encode(view.ProductName)).Append("\">");
        else if (view is not null)
            html.Append("<p class=\"name\">").Append(Encode(view.ProductName)).Append("</p>");
        html.Append("<h1>").Append(Encode(title)).Append("</h1><p>").Append(Encode(text)).Append("</p>");
        if (view?.Brand is { } brand && (brand.SupportUrl ?? (brand.SupportEmail is { } mail ? "mailto:" + mail : null)) is { } support)
            html.Append("<p><a href=\"").Append(Encode(support)).Append("\" rel=\"noreferrer\">").Append(Encode(texts.Ask(view.ProductName))).Append("</a></p>");
        if (view?.Brand?.FooterText is { } footer)
            html.Append("<footer>").Append(Encode(footer)).Append("</footer>");
        await WriteAsync(http, status, html.Append("</main></body></html>").ToString());
    }

    private static Task WriteAsync(HttpContext http, int status, string html)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers.Vary = "Host, Accept-Language";
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.WriteAsync(html, http.RequestAborted);
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
