using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;

namespace OCore.Features.Servers;

/// <summary>The brand of the pages that stand in for an instance.</summary>
/// <param name="Name">As people know the portal.</param>
/// <param name="Logo">As a <c>data:</c> address: a page that stands in asks nobody for anything. Null where there is none, or none that is small enough.</param>
/// <param name="Color">Hexadecimal, and readable on white; the other on dark.</param>
/// <param name="Support">Where people find help.</param>
internal sealed record EdgeLook(string Name, string? Logo, string Color, string ColorDark, string? Footer, string? Support)
{
    /// <summary>Of equal looks the same.</summary>
    public string Key { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', Name, Logo, Color, ColorDark, Footer, Support))).AsSpan(0, 8));
}

/// <summary>
/// What a visitor sees where no Odoo answers. The pages stand alone and are smaller than one of HAProxy's buffers. They have the
/// brand of whose instance it is; where that is nobody's, they name neither a tenant nor a product.
/// </summary>
internal static class EdgePages
{
    /// <summary>For a logo: what the rest of a page leaves of a buffer of HAProxy's (16 KiB, of which it keeps one for headers).</summary>
    public const int MaxLogo = 9_000;

    private static readonly SortedDictionary<string, (Words English, Words French, int Refresh)> Texts = new(StringComparer.Ordinal)
    {
        ["starting"] = (new("Starting", "This system is starting. The page loads by itself as soon as it is ready."), new("Démarrage", "Ce système démarre. La page se chargera d’elle-même dès qu’il sera prêt."), 5),
        ["stopped"] = (new("Stopped", "This system is switched off at the moment. Its administrator can start it again."), new("Arrêté", "Ce système est arrêté pour le moment. Son administrateur peut le redémarrer."), 0),
        ["suspended"] = (new("Suspended", "This system is suspended. Please contact your provider."), new("Suspendu", "Ce système est suspendu. Veuillez contacter votre prestataire."), 0),
        ["unavailable"] = (new("Not available", "This system does not answer right now. The page tries again by itself."), new("Indisponible", "Ce système ne répond pas en ce moment. La page réessaie d’elle-même."), 5),
        ["unknown"] = (new("Nothing here", "There is no system at this address."), new("Rien ici", "Il n’y a aucun système à cette adresse."), 0),
    };

    private sealed record Words(string Title, string Text);

    public static readonly IReadOnlyDictionary<string, string> All = new SortedDictionary<string, string>(Texts.Keys.ToDictionary(t => t, t => Make(t, null)), StringComparer.Ordinal);

    /// <summary>Both languages are in the page, and the visitor's is chosen there: what HAProxy answers with by itself cannot depend on the request.</summary>
    public static string Make(string page, EdgeLook? look)
    {
        var (english, french, refresh) = Texts[page];
        return $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            {{(refresh > 0 ? $"<meta http-equiv=\"refresh\" content=\"{refresh}\">\n" : "")}}<title>{{Title(english, look)}}</title>
            <style>
            :root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif }
            body { margin: 0; min-height: 100vh; display: grid; place-items: center; text-align: center }
            main { padding: 2rem; max-width: 28rem }
            h1 { font-size: 1.5rem; font-weight: 600; margin: 0 0 .5rem }
            p { margin: 0; opacity: .75 }
            html[lang=en] :lang(fr), html[lang=fr] :lang(en) { display: none }
            {{Style(look)}}</style>
            <script>
            for (const l of navigator.languages) { if (/^en\b/i.test(l)) break; if (/^fr\b/i.test(l)) { document.documentElement.lang = "fr"; document.title = "{{JavaScriptEncoder.Default.Encode(french.Title + (look is null ? "" : $" · {look.Name}"))}}"; break } }
            </script>
            </head>
            <body><main>{{Brand(look)}}{{Say("en", english, "Ask", look)}}{{Say("fr", french, "Demander à", look)}}{{Foot(look)}}</main></body>
            </html>

            """;
    }

    private static string Title(Words words, EdgeLook? look) => look is null ? words.Title : $"{Encode(words.Title)} · {Encode(look.Name)}";

    private static string Say(string language, Words words, string ask, EdgeLook? look) => $"<div lang=\"{language}\"><h1>{words.Title}</h1><p>{words.Text}</p>"
        + (look?.Support is { } support ? $"<p style=\"margin-top:1rem;opacity:1\"><a href=\"{Encode(support)}\" rel=\"noreferrer\">{ask} {Encode(look.Name)}</a></p>" : "") + "</div>";

    private static string Style(EdgeLook? look) => look is null ? ""
        : $".brand {{ margin: 0 0 2rem; opacity: 1; font-weight: 600; color: light-dark({look.Color}, {look.ColorDark}) }} .brand img {{ max-width: 14rem; max-height: 4.5rem }}\n"
            + $"a {{ color: light-dark({look.Color}, {look.ColorDark}) }} footer {{ margin-top: 2rem; font-size: .85rem; opacity: .75; white-space: pre-line }}\n";

    private static string Brand(EdgeLook? look) => look is null ? ""
        : look.Logo is { } logo ? $"<p class=\"brand\"><img src=\"{logo}\" alt=\"{Encode(look.Name)}\"></p>" : $"<p class=\"brand\">{Encode(look.Name)}</p>";

    private static string Foot(EdgeLook? look) => look?.Footer is { } footer ? $"<footer>{Encode(footer)}</footer>" : "";

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
