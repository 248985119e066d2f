using OCore.Client;
using OCore.Features.Branding;
using OCore.Platform.Http;

namespace OCore.Features.Portal;

internal static class PortalViews
{
    private static readonly PortalView OfPlatform = new() { Kind = "platform", State = "active", ProductName = OCore.Platform.Mail.Brand.Product, Stylesheets = [] };

    // Says nothing of whose it was or is.
    private static readonly PortalView Unavailable = new() { Kind = "portal", State = "unavailable", ProductName = "", Stylesheets = [] };

    public static async ValueTask<PortalView> OfAsync(HttpContext http, BrandBook book, CancellationToken stop)
    {
        if (http.Portal() is not { } place)
            return OfPlatform;
        if (place.State != PortalState.Active || await book.FindAsync(place.OrgId, stop) is not { Gone: false } brand)
            return Unavailable;
        return Of(brand, safe: http.Request.Query["safe"] == "1");
    }

    public static PortalView Of(AppliedBrand brand, bool safe = false) => new()
    {
        Kind = "portal", State = brand.Suspended ? "suspended" : "active", Message = brand.Suspended ? brand.SuspendedReason : null, ProductName = brand.ProductName,
        Client = brand.IsClient ? new PortalClient { Name = brand.OrgName, Slug = brand.OrgSlug, LogoUrl = brand.OrgLogo } : null,
        Brand = new PortalBrand
        {
            LogoUrl = brand.Image("logoUrl"), LogoDarkUrl = brand.Image("logoDarkUrl"), FaviconUrl = brand.Image("faviconUrl"), LoginBgUrl = brand.Image("loginBgUrl"), LoginBgDarkUrl = brand.Image("loginBgDarkUrl"),
            PrimaryColor = brand.Values.PrimaryColor!, AccentColor = brand.Values.AccentColor!, PrimaryColorDark = Theme.PrimaryDark(brand.Values), AccentColorDark = Theme.AccentDark(brand.Values),
            FontFamily = brand.Values.FontFamily!, FontUrl = brand.FontUrl, FooterText = brand.Values.FooterText, SupportUrl = brand.Values.SupportUrl, SupportEmail = brand.Values.FromEmail,
        },
        Stylesheets = [$"/brand/theme.css?v={brand.ThemeVersion}"],
        CustomStylesheet = !safe && brand.CustomCssVersion is { } version ? $"/brand/custom.css?v={version}" : null,
    };
}
