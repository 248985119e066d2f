using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Platform.Data;

namespace OCore.Features.Branding;

/// <summary>The rows of a brand: the organization's own over its agency's.</summary>
internal sealed record BrandRows(Organization Organization, Organization Agency, Branding? OfAgency, Branding? OfClient)
{
    public bool IsClient => Organization.Id != Agency.Id;
    public Branding? Own => IsClient ? OfClient : OfAgency;

    public static async Task<BrandRows> LoadAsync(OCoreDb db, Organization organization, CancellationToken stop)
    {
        var agency = organization.RootId == organization.Id ? organization : await db.Organizations.SingleAsync(o => o.Id == organization.RootId, stop);
        var rows = await db.Brandings.Where(b => b.OrgId == organization.Id || b.OrgId == agency.Id).ToListAsync(stop);
        return new BrandRows(organization, agency, rows.Find(b => b.OrgId == agency.Id), organization.Id == agency.Id ? null : rows.Find(b => b.OrgId == organization.Id));
    }

    public BrandRows With(Branding own) => IsClient ? this with { OfClient = own } : this with { OfAgency = own };
}

internal static class BrandViews
{
    public static async Task<BrandingView> OfAsync(OCoreDb db, BrandBook book, BrandRows rows, CancellationToken stop)
    {
        var defaults = BrandFields.Defaults(rows.Agency.Name);
        var inherited = rows.IsClient ? BrandFields.Over(rows.OfAgency, defaults) : defaults;
        var font = await BrandBook.FontAsync(db, rows.Agency.Id, rows.OfClient?.FontFamily ?? rows.OfAgency?.FontFamily, stop);
        var brand = book.Compose(rows.Organization, rows.Agency, rows.OfAgency, rows.OfClient, font);
        var values = brand.Values;
        var ofCss = rows.OfClient?.CustomCss is not null ? rows.OfClient : rows.OfAgency;
        var ofSender = rows.OfClient?.FromEmail is not null ? rows.OfClient : rows.OfAgency;
        return new BrandingView
        {
            ProductName = values.ProductName, LogoUrl = values.LogoUrl, LogoDarkUrl = values.LogoDarkUrl, FaviconUrl = values.FaviconUrl, LoginBgUrl = values.LoginBgUrl,
            LoginBgDarkUrl = values.LoginBgDarkUrl, PrimaryColor = values.PrimaryColor, AccentColor = values.AccentColor, PrimaryColorDark = values.PrimaryColorDark,
            AccentColorDark = values.AccentColorDark, FontFamily = values.FontFamily, CustomCss = values.CustomCss, FromEmail = values.FromEmail, FooterText = values.FooterText,
            SupportUrl = values.SupportUrl,
            Overridden = BrandFields.SetIn(rows.Own), Inherited = inherited, Images = brand.Images, Warnings = [.. Warnings(values, brand.Images)],
            CustomCssApplied = brand.CustomCss, CustomCssVersion = ofCss?.CustomCssVersion, ThemeCss = brand.ThemeCss, Mail = book.Sample(brand),
            Sender = ofSender?.FromEmail is { } from ? ofSender.Sender ?? book.PendingSender(rows.Agency.Id, from) : null, UpdatedAt = rows.Own?.UpdatedAt,
        };
    }

    private static IEnumerable<BrandingWarning> Warnings(BrandingValues values, IReadOnlyDictionary<string, BrandImage> images)
    {
        foreach (var (field, url) in ((string, string?)[])[("logoUrl", values.LogoUrl), ("logoDarkUrl", values.LogoDarkUrl), ("faviconUrl", values.FaviconUrl), ("loginBgUrl", values.LoginBgUrl), ("loginBgDarkUrl", values.LoginBgDarkUrl)])
            if (url is not null && !images.ContainsKey(field))
                yield return new BrandingWarning { Field = field, Code = "image_not_fetched", Message = $"No image could be fetched from {url}, so none is shown. Set it again when it can be reached, or upload the image." };
        foreach (var (field, color, surface, where) in ((string, string?, string, string)[])
            [
                ("primaryColor", values.PrimaryColor, Contrast.LightSurface, "white"), ("accentColor", values.AccentColor, Contrast.LightSurface, "white"),
                ("primaryColorDark", values.PrimaryColorDark, Contrast.DarkSurface, "the dark background"), ("accentColorDark", values.AccentColorDark, Contrast.DarkSurface, "the dark background"),
            ])
            if (color is not null && Contrast.Between(color, surface) is < Contrast.Enough and var contrast)
                yield return new BrandingWarning
                {
                    Field = field, Code = "low_contrast", Suggestion = Contrast.Readable(color, surface),
                    Message = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{color} has a contrast of {Math.Floor(contrast * 10) / 10:0.0}:1 with {where}; people need 4.5:1 to read it (WCAG 2, 1.4.3)."),
                };
        if (values.CustomCss is { } css)
            foreach (var message in CustomCss.Make(css).Messages)
                yield return message;
        if (values.FromEmail is { } from && SenderCheck.IsFreeMail(from))
            yield return new BrandingWarning { Field = "fromEmail", Code = "free_mail", Message = $"Mails cannot go out from {from.Split('@')[1]}: its owner does not allow it. Answers go there." };
    }
}
