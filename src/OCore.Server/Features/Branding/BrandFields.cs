using OCore.Client;

namespace OCore.Features.Branding;

/// <summary>One field of a brand, by its name on the wire.</summary>
internal sealed record BrandField(string Name, Func<Branding, string?> Get, Action<Branding, string?> Set, Func<UpdateBranding, string?> Given, Func<UpdateBranding, bool> IsGiven)
{
    public bool IsImage { get; init; }
    public bool IsColor { get; init; }
}

internal static class BrandFields
{
    public static readonly IReadOnlyList<BrandField> All =
    [
        new("productName", b => b.ProductName, (b, v) => b.ProductName = v, r => r.ProductName, r => r.Has(r.ProductName)),
        new("logoUrl", b => b.LogoUrl, (b, v) => b.LogoUrl = v, r => r.LogoUrl, r => r.Has(r.LogoUrl)) { IsImage = true },
        new("logoDarkUrl", b => b.LogoDarkUrl, (b, v) => b.LogoDarkUrl = v, r => r.LogoDarkUrl, r => r.Has(r.LogoDarkUrl)) { IsImage = true },
        new("faviconUrl", b => b.FaviconUrl, (b, v) => b.FaviconUrl = v, r => r.FaviconUrl, r => r.Has(r.FaviconUrl)) { IsImage = true },
        new("loginBgUrl", b => b.LoginBgUrl, (b, v) => b.LoginBgUrl = v, r => r.LoginBgUrl, r => r.Has(r.LoginBgUrl)) { IsImage = true },
        new("loginBgDarkUrl", b => b.LoginBgDarkUrl, (b, v) => b.LoginBgDarkUrl = v, r => r.LoginBgDarkUrl, r => r.Has(r.LoginBgDarkUrl)) { IsImage = true },
        new("primaryColor", b => b.PrimaryColor, (b, v) => b.PrimaryColor = v, r => r.PrimaryColor, r => r.Has(r.PrimaryColor)) { IsColor = true },
        new("accentColor", b => b.AccentColor, (b, v) => b.AccentColor = v, r => r.AccentColor, r => r.Has(r.AccentColor)) { IsColor = true },
        new("primaryColorDark", b => b.PrimaryColorDark, (b, v) => b.PrimaryColorDark = v, r => r.PrimaryColorDark, r => r.Has(r.PrimaryColorDark)) { IsColor = true },
        new("accentColorDark", b => b.AccentColorDark, (b, v) => b.AccentColorDark = v, r => r.AccentColorDark, r => r.Has(r.AccentColorDark)) { IsColor = true },
        new("fontFamily", b => b.FontFamily, (b, v) => b.FontFamily = v, r => r.FontFamily, r => r.Has(r.FontFamily)),
        new("customCss", b => b.CustomCss, (b, v) => b.CustomCss = v, r => r.CustomCss, r => r.Has(r.CustomCss)),
        new("fromEmail", b => b.FromEmail, (b, v) => b.FromEmail = v, r => r.FromEmail, r => r.Has(r.FromEmail)),
        new("footerText", b => b.FooterText, (b, v) => b.FooterText = v, r => r.FooterText, r => r.Has(r.FooterText)),
        new("supportUrl", b => b.SupportUrl, (b, v) => b.SupportUrl = v, r => r.SupportUrl, r => r.Has(r.SupportUrl)),
    ];

    public static bool AnyGiven(UpdateBranding request) => All.Any(f => f.IsGiven(request));

    public static BrandField? Find(string name) => All.FirstOrDefault(f => f.Name == name);

    public static IReadOnlyList<string> SetIn(Branding? own) => own is null ? [] : [.. All.Where(f => f.Get(own) is not null).Select(f => f.Name)];

    /// <summary>What is oCore's own, where an agency has set nothing. The portal has the agency's name from the first day.</summary>
    public static BrandingValues Defaults(string agencyName) => new()
    {
        ProductName = agencyName, PrimaryColor = "#2563eb", AccentColor = "#7c3aed", FontFamily = BrandFonts.Default,
    };

    /// <summary>What is set here over what is inherited. A dark variant goes with its light one: who overrides one does not inherit the other's.</summary>
    public static BrandingValues Over(Branding? own, BrandingValues inherited) => own is null ? inherited : new BrandingValues
    {
        ProductName = own.ProductName ?? inherited.ProductName,
        LogoUrl = own.LogoUrl ?? inherited.LogoUrl,
        LogoDarkUrl = own.LogoDarkUrl ?? (own.LogoUrl is null ? inherited.LogoDarkUrl : null),
        FaviconUrl = own.FaviconUrl ?? inherited.FaviconUrl,
        LoginBgUrl = own.LoginBgUrl ?? inherited.LoginBgUrl,
        LoginBgDarkUrl = own.LoginBgDarkUrl ?? (own.LoginBgUrl is null ? inherited.LoginBgDarkUrl : null),
        PrimaryColor = own.PrimaryColor ?? inherited.PrimaryColor,
        AccentColor = own.AccentColor ?? inherited.AccentColor,
        PrimaryColorDark = own.PrimaryColorDark ?? (own.PrimaryColor is null ? inherited.PrimaryColorDark : null),
        AccentColorDark = own.AccentColorDark ?? (own.AccentColor is null ? inherited.AccentColorDark : null),
        FontFamily = own.FontFamily ?? inherited.FontFamily,
        CustomCss = own.CustomCss ?? inherited.CustomCss,
        FromEmail = own.FromEmail ?? inherited.FromEmail,
        FooterText = own.FooterText ?? inherited.FooterText,
        SupportUrl = own.SupportUrl ?? inherited.SupportUrl,
    };
}
