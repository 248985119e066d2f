using OCore.Client;
using OCore.SystemTests.Browser;
using Xunit;

namespace OCore.SystemTests.PortalDomains;

/// <summary>Every page of a portal, in the look that is there without any branding and in those of three agencies.</summary>
internal static class EveryPortalPage
{
    private static readonly (string Name, UpdateBranding? Brand)[] Looks =
    [
        ("unbranded", null),
        ("yellow", new UpdateBranding { ProductName = "Soleil", PrimaryColor = "#facc15", AccentColor = "#fde047", FontFamily = "Montserrat", FooterText = "Soleil SARL\nLyon", SupportUrl = "https://help.soleil.test/" }),
        ("night", new UpdateBranding
        {
            ProductName = "Night & Day", PrimaryColor = "#0b1f4b", AccentColor = "#1e3a8a", FontFamily = "Lora", FooterText = "Night & Day", SupportUrl = "mailto:help@night.test",
            CustomCss = "@media (prefers-color-scheme: light) { .oc-brand-header { background-color: #eef2ff; } } @media (prefers-color-scheme: dark) { .oc-brand-header { background-color: #101a33; } } .oc-brand-card { border-radius: 0; }",
        }),
        ("red", new UpdateBranding { ProductName = "Rouge", PrimaryColor = "#e11d48", AccentColor = "#0ea5e9", PrimaryColorDark = "#fb7185", FontFamily = "Roboto" }),
    ];

    public static async Task LookRightAsync(Visitor visitor, OCoreHttp agency, string address, Guid instance)
    {
        await visitor.Context.AddInitScriptAsync("""
            window.shift = 0; window.shifted = [];
            new PerformanceObserver((list) => {
              for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
                window.shift += entry.value;
                for (const { node, previousRect: from, currentRect: to } of entry.sources) window.shifted.push(`${Math.round(entry.startTime)} ms ${node?.nodeName} ${node?.className} "${node?.textContent?.slice(0, 40)}" ${from.x},${from.y} ${from.width}x${from.height} to ${to.x},${to.y} ${to.width}x${to.height}`);
              }
            }).observe({ type: 'layout-shift', buffered: true });
            """);
        string[] tools = ["overview", "monitoring", "activity", "log", "domains", "databases", "backups", "files", "terminal", "odoo-shell"];
        string[] pages = ["/", .. tools.Select(t => $"/instances/{instance}?tab={t}"), "/team", "/account", "/account?tab=password", "/account?tab=two-factor", "/account?tab=passkeys", "/account?tab=sessions", "/nowhere"];
        foreach (var (name, brand) in Looks)
        {
            await agency.Post<ResetBranding, BrandingView>("/api/agency/branding/reset", new ResetBranding());
            if (brand is not null)
                await agency.Put<UpdateBranding, BrandingView>("/api/agency/branding", brand);
            await visitor.Page.SetViewportSizeAsync(1280, 800);
            foreach (var page in pages)
            {
                var where = $"{page} {name}";
                await visitor.GoAsync(address + page);
                await visitor.SettledAsync();
                await visitor.FitsAsync(where);
                await visitor.NeverHearsOfOCoreAsync();
                var shift = await visitor.Page.EvaluateAsync<double>("() => window.shift");
                Assert.True(shift < 0.05, $"{where} moved by {shift}: {string.Join("; ", await visitor.Page.EvaluateAsync<string[]>("() => window.shifted"))}");
                foreach (var dark in (bool[])[true, false])
                {
                    await visitor.DarkensAsync(dark);
                    await visitor.IsAccessibleAsync($"{where}{(dark ? ", dark" : "")}");
                    await visitor.PictureAsync($"every-{name}-{Installation.Slug(page.Replace(instance.ToString(), "i", StringComparison.Ordinal))}{(dark ? "-dark" : "")}");
                }
                // What is typed in a terminal goes there: it has the keys to itself, and the way out is said on it.
                if (!page.EndsWith("terminal", StringComparison.Ordinal) && !page.EndsWith("odoo-shell", StringComparison.Ordinal))
                    await visitor.IsWalkedByKeyboardAsync(where);
            }
            await visitor.Page.SetViewportSizeAsync(390, 844);
            foreach (var page in pages)
            {
                await visitor.GoAsync(address + page);
                await visitor.SettledAsync();
                await visitor.FitsAsync($"{page} {name} on a phone");
                await visitor.PictureAsync($"every-{name}-{Installation.Slug(page.Replace(instance.ToString(), "i", StringComparison.Ordinal))}-phone");
            }
        }
        await visitor.Page.SetViewportSizeAsync(1280, 800);
    }
}
