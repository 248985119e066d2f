using System.CommandLine;
using System.Net.Http.Headers;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>The look of the agency's portals, or with <c>--client</c> of one client's.</summary>
internal static class BrandingCommands
{
    public static Command Noun() => new("branding", "The look of portals and mails")
    {
        Show(), Update(), Reset(), Upload(), Fonts(), UploadFont(), CssVersions(), CssRestore(), CheckSender(),
    };

    internal static Option<string?> Client() => Opt.Text("--client", "CLIENT", "Of this client (id or slug) instead of the agency");

    private static Route PathOf(Call call, Option<string?> client) => call.Get(client) is { } one ? $"/agency/clients/{one}/branding" : (Route)$"/agency/branding";

    private static Verb Show()
    {
        var client = Client();
        return new Verb("show", "Show the branding, what is inherited, and what will not read well") { client }
            .Calls("GET /agency/branding", "GET /agency/clients/{id}/branding")
            .Runs(async call =>
            {
                var (value, json) = await call.Fetch<BrandingView>(HttpMethod.Get, PathOf(call, client).ToString());
                return Print(call, value, json);
            });
    }

    private static Verb Update()
    {
        var client = Client();
        var (name, logo, logoDark) = (Opt.Text("--product-name", "NAME", "Name people know the portal by"), Opt.Text("--logo-url", "URL", "Logo: an https:// address, or that of an uploaded image"), Opt.Text("--logo-dark-url", "URL", "Logo on dark backgrounds"));
        var (favicon, login, loginDark) = (Opt.Text("--favicon-url", "URL", "Icon of the browser's tab"), Opt.Text("--login-bg-url", "URL", "Background of the login page"), Opt.Text("--login-bg-dark-url", "URL", "Background of the dark login page"));
        var (primary, accent) = (Opt.Text("--primary-color", "HEX", "Primary color, as #2563eb"), Opt.Text("--accent-color", "HEX", "Accent color"));
        var (primaryDark, accentDark) = (Opt.Text("--primary-color-dark", "HEX", "Primary color on dark backgrounds"), Opt.Text("--accent-color-dark", "HEX", "Accent color on dark backgrounds"));
        var (font, css, from) = (Opt.Text("--font-family", "NAME", "Font: one of 'ocore agency branding fonts'"), Opt.Text("--custom-css-file", "FILE", "Custom CSS from a file; - is standard input"), Opt.Text("--from-email", "EMAIL", "Sender of mails to clients"));
        var (footer, support) = (Opt.Text("--footer-text", "TEXT", "Text at the foot of the portal"), Opt.Text("--support-url", "URL", "Where people find help: https:// or mailto:"));
        var dry = Opt.Flag("--dry-run", "Show how it would be, and change nothing");
        return new Verb("update", "Change the branding; what is not given stays")
            { client, name, logo, logoDark, favicon, login, loginDark, primary, accent, primaryDark, accentDark, font, css, from, footer, support, dry }
            .Calls("PUT /agency/branding", "PUT /agency/clients/{id}/branding")
            .Example("ocore agency branding update --logo-url \"https://cdn.example.com/agency-logo.png\" --primary-color \"#2563eb\"")
            .Example("ocore agency branding update --client acme-corp --primary-color \"#0f766e\"")
            .Runs(async call =>
            {
                var body = new UpdateBranding();
                Take(name, v => body.ProductName = v);
                Take(logo, v => body.LogoUrl = v);
                Take(logoDark, v => body.LogoDarkUrl = v);
                Take(favicon, v => body.FaviconUrl = v);
                Take(login, v => body.LoginBgUrl = v);
                Take(loginDark, v => body.LoginBgDarkUrl = v);
                Take(primary, v => body.PrimaryColor = v);
                Take(accent, v => body.AccentColor = v);
                Take(primaryDark, v => body.PrimaryColorDark = v);
                Take(accentDark, v => body.AccentColorDark = v);
                Take(font, v => body.FontFamily = v);
                Take(from, v => body.FromEmail = v);
                Take(footer, v => body.FooterText = v);
                Take(support, v => body.SupportUrl = v);
                if (call.Get(css) is { } file)
                    body.CustomCss = await Files.Text(call, file);
                var path = Query.Add(PathOf(call, client).ToString(), ("dryRun", call.Get(dry) ? "true" : null));
                var (value, json) = await call.Fetch<BrandingView>(HttpMethod.Put, path, OCoreHttp.Body(body));
                return Print(call, value, json);

                void Take(Option<string?> option, Action<string> set)
                {
                    if (call.Get(option) is { } given)
                        set(given);
                }
            });
    }

    private static Verb Reset()
    {
        var client = Client();
        var fields = Opt.List("--fields", "LIST", "Only these, such as logoUrl,primaryColor; all where not given");
        return new Verb("reset", "Return the branding to what is inherited") { client, fields }
            .Calls("POST /agency/branding/reset", "POST /agency/clients/{id}/branding/reset")
            .Example("ocore agency branding reset --client acme-corp --fields logoUrl")
            .Runs(async call =>
            {
                var (value, json) = await call.Fetch<BrandingView>(HttpMethod.Post, PathOf(call, client) + "/reset", OCoreHttp.Body(new ResetBranding { Fields = call.List(fields) }));
                return Print(call, value, json);
            });
    }

    private static Verb Upload()
    {
        var file = Opt.Arg("FILE", "A PNG, JPEG, WebP, GIF, ICO or SVG image");
        var purpose = Opt.Among("--for", "What it is for", "logoUrl", "logoDarkUrl", "faviconUrl", "loginBgUrl", "loginBgDarkUrl");
        return new Verb("upload", "Upload an image; its address can be set as logo, favicon or background") { file, purpose }
            .Calls("POST /agency/branding/images")
            .Runs(async call =>
            {
                using var form = await FormAsync(call, call.Get(file));
                var (value, json) = await call.Fetch<BrandImage>(HttpMethod.Post, Query.Add("/api/agency/branding/images", ("purpose", call.Get(purpose))), form);
                call.Out.Item(json, value, Views.BrandImage);
                return ExitCode.Ok;
            });
    }

    private static Verb Fonts() => Lists.Verb("fonts", "List the fonts a portal can have", "GET /agency/branding/fonts", Views.Font, _ => "/api/agency/branding/fonts");

    private static Verb UploadFont()
    {
        var file = Opt.Arg("FILE", "A WOFF2 font");
        var family = Opt.Need("--family", "NAME", "Name of the font");
        return new Verb("upload-font", "Upload a font; you need the right to use it") { file, family }
            .Calls("POST /agency/branding/fonts")
            .Runs(async call =>
            {
                using var form = await FormAsync(call, call.Get(file));
                form.Add(new StringContent(call.Need(family)), "family");
                var (value, json) = await call.Fetch<FontView>(HttpMethod.Post, "/api/agency/branding/fonts", form);
                call.Out.Item(json, value, Views.Font);
                return ExitCode.Ok;
            });
    }

    private static Verb CssVersions()
    {
        var client = Client();
        return Lists.Verb("css-versions", "List the custom CSS as it was", "GET /agency/branding/css-versions", Views.CssVersion, call => PathOf(call, client) + "/css-versions", [client])
            .Calls("GET /agency/clients/{id}/branding/css-versions");
    }

    private static Verb CssRestore()
    {
        var version = Opt.Arg("VERSION", "Number of the version");
        var client = Client();
        return new Verb("css-restore", "Apply the custom CSS as it was in a version") { version, client }
            .Calls("POST /agency/branding/css-versions/{version}/restore", "POST /agency/clients/{id}/branding/css-versions/{version}/restore")
            .Runs(async call =>
            {
                var (value, json) = await call.Fetch<BrandingView>(HttpMethod.Post, PathOf(call, client) + $"/css-versions/{Uri.EscapeDataString(call.Get(version))}/restore");
                return Print(call, value, json);
            });
    }

    private static Verb CheckSender()
    {
        var client = Client();
        return new Verb("check-sender", "Ask DNS now whether mails may go out from the address, and show what is missing") { client }
            .Calls("POST /agency/branding/sender/check", "POST /agency/clients/{id}/branding/sender/check")
            .Runs(async call =>
            {
                var (value, json) = await call.Fetch<SenderView>(HttpMethod.Post, PathOf(call, client) + "/sender/check");
                call.Out.Item(json, value, Views.Sender);
                if (call.Out is { Quiet: false, Format: OutputFormat.Table } && value.Records.Count > 0)
                    call.Out.Rows(["name", "type", "value", "ok"], [.. value.Records.Select(r => new Cell[] { r.Name, r.Type, r.Value, r.Ok ? new Cell("yes", Tone.Good) : new Cell("no", Tone.Bad) })]);
                return ExitCode.Ok;
            });
    }

    private static int Print(Call call, BrandingView value, System.Text.Json.JsonElement json)
    {
        call.Out.Item(json, value, Views.Branding);
        if (call.Out is { Quiet: false, Format: OutputFormat.Table } && value.Warnings.Count > 0)
            call.Out.Rows(["field", "warning", "try"], [.. value.Warnings.Select(w => new Cell[] { w.Field, new Cell(w.Message, Tone.Warn), w.Suggestion })]);
        return ExitCode.Ok;
    }

    private static async Task<MultipartFormDataContent> FormAsync(Call call, string path)
    {
        if (!File.Exists(path))
            throw new CliException(ExitCode.Usage, $"There is no file {path}.");
        var content = new ByteArrayContent(await File.ReadAllBytesAsync(path, call.Stop));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return new MultipartFormDataContent { { content, "file", "file" } };
    }
}
