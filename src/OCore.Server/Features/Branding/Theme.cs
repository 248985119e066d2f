using System.Text;
using OCore.Client;

namespace OCore.Features.Branding;

/// <summary>The stylesheet made from colours and font: variables that the portal's own styles use, and the font's face.</summary>
internal static class Theme
{
    public static string Make(BrandingValues values, IReadOnlyDictionary<string, BrandImage> images, string? fontUrl)
    {
        var css = new StringBuilder();
        var family = values.FontFamily ?? BrandFonts.Default;
        var font = BrandFonts.Find(family);
        if (font is not null)
            foreach (var file in font.Files)
                css.Append($"@font-face{{font-family:\"{font.Family}\";font-style:normal;font-display:swap;font-weight:{font.Weights};src:url(\"{BrandFonts.UrlOf(file)}\") format(\"woff2\");unicode-range:{file.UnicodeRange}}}\n");
        else if (fontUrl is not null)
            css.Append($"@font-face{{font-family:\"{family}\";font-style:normal;font-display:swap;font-weight:100 900;src:url(\"{fontUrl}\") format(\"woff2\")}}\n");
        var (primary, accent) = (values.PrimaryColor!, values.AccentColor!);
        css.Append(":root{");
        Colors(css, primary, accent);
        css.Append($"--oc-font:\"{family}\",system-ui,-apple-system,\"Segoe UI\",{font?.Fallback ?? "sans-serif"};");
        Background(css, images.GetValueOrDefault("loginBgUrl")?.Url);
        css.Append("}\n");
        var dark = new StringBuilder();
        Colors(dark, PrimaryDark(values), AccentDark(values));
        Background(dark, images.GetValueOrDefault("loginBgDarkUrl")?.Url);
        css.Append($":root[data-mantine-color-scheme=\"dark\"]{{{dark}}}\n");
        css.Append($"@media (prefers-color-scheme:dark){{:root:not([data-mantine-color-scheme=\"light\"]){{{dark}}}}}\n");
        return css.ToString();
    }

    /// <summary>The dark variant that was chosen, or a shade of the light one that reads on a dark surface.</summary>
    public static string PrimaryDark(BrandingValues values) => values.PrimaryColorDark ?? Contrast.Readable(values.PrimaryColor!, Contrast.DarkSurface);
    public static string AccentDark(BrandingValues values) => values.AccentColorDark ?? Contrast.Readable(values.AccentColor!, Contrast.DarkSurface);

    private static void Colors(StringBuilder css, string primary, string accent) => css
        .Append("--oc-primary:").Append(primary).Append(";--oc-primary-contrast:").Append(Contrast.TextOn(primary))
        .Append(";--oc-accent:").Append(accent).Append(";--oc-accent-contrast:").Append(Contrast.TextOn(accent)).Append(';');

    private static void Background(StringBuilder css, string? url)
    {
        if (url is not null)
            css.Append("--oc-login-bg:url(\"").Append(url).Append("\");");
    }
}
