namespace OCore.Features.Servers;

/// <summary>
/// What a visitor sees where no Odoo answers. The pages stand alone, name neither a tenant nor a product, and are smaller
/// than one of HAProxy's buffers.
/// </summary>
internal static class EdgePages
{
    public static readonly IReadOnlyDictionary<string, string> All = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["starting"] = Page("Starting", "This system is starting. The page loads by itself as soon as it is ready.", 5),
        ["stopped"] = Page("Stopped", "This system is switched off at the moment. Its administrator can start it again.", 0),
        ["suspended"] = Page("Suspended", "This system is suspended. Please contact your provider.", 0),
        ["unavailable"] = Page("Not available", "This system does not answer right now. The page tries again by itself.", 5),
        ["unknown"] = Page("Nothing here", "There is no system at this address.", 0),
    };

    private static string Page(string title, string text, int refresh) => $$"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        {{(refresh > 0 ? $"<meta http-equiv=\"refresh\" content=\"{refresh}\">\n" : "")}}<title>{{title}}</title>
        <style>
        :root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif }
        body { margin: 0; min-height: 100vh; display: grid; place-items: center; text-align: center }
        main { padding: 2rem; max-width: 28rem }
        h1 { font-size: 1.5rem; font-weight: 600; margin: 0 0 .5rem }
        p { margin: 0; opacity: .75 }
        </style>
        </head>
        <body><main><h1>{{title}}</h1><p>{{text}}</p></main></body>
        </html>

        """;
}
