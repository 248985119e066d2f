using OCore.Client;

namespace OCore.Cli.Output;

/// <summary>Branding, portals and their switches.</summary>
internal static partial class Views
{
    public static readonly View<BrandingView> Branding = new View<BrandingView>(b => b.ProductName ?? "")
        .Field("Product name", b => Own(b, "productName", b.ProductName))
        .Field("Logo", b => Own(b, "logoUrl", b.LogoUrl))
        .Field("Logo (dark)", b => Own(b, "logoDarkUrl", b.LogoDarkUrl))
        .Field("Favicon", b => Own(b, "faviconUrl", b.FaviconUrl))
        .Field("Login background", b => Own(b, "loginBgUrl", b.LoginBgUrl))
        .Field("Login background (dark)", b => Own(b, "loginBgDarkUrl", b.LoginBgDarkUrl))
        .Field("Primary color", b => Own(b, "primaryColor", b.PrimaryColor))
        .Field("Primary color (dark)", b => Own(b, "primaryColorDark", b.PrimaryColorDark))
        .Field("Accent color", b => Own(b, "accentColor", b.AccentColor))
        .Field("Accent color (dark)", b => Own(b, "accentColorDark", b.AccentColorDark))
        .Field("Font", b => Own(b, "fontFamily", b.FontFamily))
        .Field("Custom CSS", b => b.CustomCss is null ? new Cell(null) : Own(b, "customCss", $"{b.CustomCss.Length} characters, version {b.CustomCssVersion}"))
        .Field("From", b => Own(b, "fromEmail", b.FromEmail is null ? null : $"{b.FromEmail} ({(b.Sender is { Verified: true } ? "verified" : "not verified: mails go out from the platform's address")})"))
        .Field("Footer", b => Own(b, "footerText", b.FooterText))
        .Field("Support", b => Own(b, "supportUrl", b.SupportUrl));

    public static readonly View<BrandImage> BrandImage = new View<BrandImage>(i => i.Url)
        .Field("Url", i => i.Url)
        .Field("Type", i => i.MediaType)
        .Field("Size", i => i.Width is null ? null : $"{i.Width} × {i.Height}");

    public static readonly View<FontView> Font = new View<FontView>(f => f.Family)
        .Column("family", f => f.Family)
        .Column("source", f => f.Source)
        .Column("fallback", f => f.Fallback)
        .Field("Family", f => f.Family)
        .Field("Source", f => f.Source)
        .Field("Files", f => Cell.Of(f.Files));

    public static readonly View<CssVersionView> CssVersion = new View<CssVersionView>(v => v.Version.ToString())
        .Column("version", v => v.Version)
        .Column("at", v => v.At)
        .Column("by", v => v.By)
        .Column("characters", v => v.Css.Length)
        .Column("current", v => v.Current);

    public static readonly View<SenderView> Sender = new View<SenderView>(s => s.FromEmail)
        .Field("From", s => s.FromEmail)
        .Field("Verified", s => s.Verified ? new Cell("yes", Tone.Good) : new Cell("no", Tone.Warn))
        .Field("Domain proven", s => s.Ownership)
        .Field("SPF", s => s.Spf)
        .Field("DMARC", s => s.Dmarc)
        .Field("Why", s => s.Explanation);

    public static readonly View<PortalConfigView> PortalConfig = new View<PortalConfigView>(_ => "")
        .Field("featureTerminal", c => Own(c, "featureTerminal", c.FeatureTerminal))
        .Field("featureFileEditor", c => Own(c, "featureFileEditor", c.FeatureFileEditor))
        .Field("featureOdooShell", c => Own(c, "featureOdooShell", c.FeatureOdooShell))
        .Field("featureMonitoring", c => Own(c, "featureMonitoring", c.FeatureMonitoring))
        .Field("featureBackups", c => Own(c, "featureBackups", c.FeatureBackups))
        .Field("featureDomains", c => Own(c, "featureDomains", c.FeatureDomains))
        .Field("featureLogs", c => Own(c, "featureLogs", c.FeatureLogs))
        .Field("featureDatabases", c => Own(c, "featureDatabases", c.FeatureDatabases))
        .Field("teamManagementEnabled", c => Own(c, "teamManagementEnabled", c.TeamManagementEnabled))
        .Field("infrastructureVisibility", c => $"{Words.Snake(c.InfrastructureVisibility.ToString())}{Mark(c.Overridden, "infrastructureVisibility")}");

    public static readonly View<PortalView> Portal = new View<PortalView>(p => p.ProductName)
        .Field("Kind", p => p.Kind)
        .Field("State", p => Cell.Status(p.State))
        .Field("Product name", p => p.ProductName)
        .Field("Client", p => p.Client?.Name)
        .Field("Message", p => p.Message);

    public static readonly View<ClientViewing> Viewing = new View<ClientViewing>(v => v.Token)
        .Field("Client", v => v.Client.Name)
        .Field("Read-only", v => v.ReadOnly)
        .Field("Until", v => v.ExpiresAt)
        .Field("X-OCore-View", v => v.Token);

    private static Cell Own(BrandingView branding, string field, string? value) => value is null ? new Cell(null) : value + Mark(branding.Overridden, field);

    private static Cell Own(PortalConfigView config, string setting, bool on) => new((on ? "on" : "off") + Mark(config.Overridden, setting), on ? Tone.Good : Tone.Dim);

    private static string Mark(IReadOnlyList<string> overridden, string field) => overridden.Contains(field) ? "" : " (inherited)";
}
