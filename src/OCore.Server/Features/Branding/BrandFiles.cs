using System.Text;
using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Features.Branding;

/// <summary>What a brand consists of, served to anybody: images and fonts by the hash of their content, stylesheets by the host.</summary>
internal static class BrandFiles
{
    private const string ForEver = "public, max-age=31536000, immutable";

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/brand/fonts/{name}", Font).ExcludeFromDescription();
        app.MapGet("/brand/theme.css", (HttpContext http, BrandBook book, CancellationToken stop) => SheetAsync(http, book, brand => (brand.ThemeCss, brand.ThemeVersion), stop)).ExcludeFromDescription();
        app.MapGet("/brand/custom.css", (HttpContext http, BrandBook book, CancellationToken stop) => SheetAsync(http, book, brand => (brand.CustomCss, brand.CustomCssVersion), stop)).ExcludeFromDescription();
        app.MapGet("/brand/page.css", PageSheet).ExcludeFromDescription();
        app.MapGet("/brand/{file}", File).ExcludeFromDescription();
    }

    private static async Task<IResult> File(string file, HttpContext http, OCoreDbFactory databases, CancellationToken stop)
    {
        var (hash, extension) = (Path.GetFileNameWithoutExtension(file), Path.GetExtension(file));
        if (hash.Length != 64 || !hash.All(char.IsAsciiHexDigitLower))
            return Missing();
        var etag = new Microsoft.Net.Http.Headers.EntityTagHeaderValue($"\"{hash}\"");
        await using var db = databases.System();
        var asset = await db.BrandAssets.AcrossTenants().AsNoTracking().Where(a => a.Hash == hash && a.Extension == extension).Select(a => new { a.Content, a.MediaType }).FirstOrDefaultAsync(stop);
        if (asset is null)
            return Missing();
        Harden(http);
        return TypedResults.Bytes(asset.Content, asset.MediaType, entityTag: etag);
    }

    private static IResult Font(string name, HttpContext http)
    {
        if (BrandFonts.All.SelectMany(f => f.Files).All(f => f.Name + ".woff2" != name) || BrandFonts.Open(name) is not { } font)
            return Missing();
        Harden(http);
        return TypedResults.Stream(font, "font/woff2");
    }

    // By the host, so that any replica can answer; kept for ever only under the address of this very content.
    private static async Task<IResult> SheetAsync(HttpContext http, BrandBook book, Func<AppliedBrand, (string? Css, string? Version)> choose, CancellationToken stop)
    {
        if (http.Portal() is not { State: PortalState.Active } place || await book.FindAsync(place.OrgId, stop) is not { } brand || choose(brand) is not ({ Length: > 0 } css, var version))
            return Missing();
        Harden(http);
        http.Response.Headers.CacheControl = http.Request.Query["v"] == version ? ForEver : "no-cache";
        http.Response.Headers.Vary = "Host";
        return TypedResults.Text(css, "text/css; charset=utf-8", Encoding.UTF8);
    }

    // Of the pages that stand by themselves: suspended, not in use, went wrong.
    private static IResult PageSheet(HttpContext http)
    {
        Harden(http);
        http.Response.Headers.CacheControl = "public, max-age=3600";
        return TypedResults.Text("""
            :root{color-scheme:light dark}
            body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.5 var(--oc-font,system-ui,sans-serif);background:light-dark(#f4f5f7,#141517);color:light-dark(#1f2430,#e9ecef)}
            main{max-width:34rem;margin:2rem;padding:2.5rem;border-radius:12px;background:light-dark(#fff,#1a1b1e);text-align:center}
            .logo{max-width:14rem;max-height:5rem}.name{font-weight:600}h1{font-size:1.4rem;margin:1.5rem 0 .5rem}
            a{color:var(--oc-primary,currentcolor)}footer{margin-top:2rem;font-size:.85rem;opacity:.75;white-space:pre-line}
            """, "text/css; charset=utf-8", Encoding.UTF8);
    }

    private static void Harden(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.CacheControl = ForEver;
        // Opened by itself, an image runs nothing and loads nothing.
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        headers["Cross-Origin-Resource-Policy"] = "cross-origin";
    }

    private static IResult Missing() => TypedResults.Text("Not found", "text/plain", Encoding.UTF8, 404);
}
