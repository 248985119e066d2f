using System.Net;
using System.Text;

namespace OCore.Platform.Mail;

/// <summary>What a mail says; how it looks is decided here, once for all mails.</summary>
/// <param name="Product">The name the recipient knows the platform by, which need not be oCore's.</param>
/// <param name="Subject">One line.</param>
/// <param name="Paragraphs">Plain text. It may quote names that people chose: nothing in it is markup.</param>
internal sealed record MailContent(string Product, string Subject, IReadOnlyList<string> Paragraphs)
{
    /// <summary>The one thing to do, for example <c>("Choose a new password", link)</c>.</summary>
    public (string Label, Uri Link)? Action { get; init; }

    /// <summary>A sentence in small print: why this mail came, what to do if it is unexpected.</summary>
    public string? Footnote { get; init; }

    /// <summary>Whose mail it is; oCore's own look where not given.</summary>
    public MailLook? Look { get; init; }

    public static MailContent For(MailLook look, string subject, IReadOnlyList<string> paragraphs) => new(look.Product, subject, paragraphs) { Look = look };

    public RenderedMail Render() => new(OneLine(Product), OneLine(Subject), Text(), Html()) { FromAddress = Look?.FromAddress, ReplyTo = Look?.ReplyTo };

    private string Text()
    {
        var text = new StringBuilder();
        foreach (var paragraph in Paragraphs)
            text.Append(paragraph).Append("\n\n");
        if (Action is { } action)
            text.Append(action.Label).Append(":\n").Append(action.Link.AbsoluteUri).Append("\n\n");
        if (Footnote is not null)
            text.Append(Footnote).Append("\n\n");
        text.Append("-- \n").Append(Product).Append('\n');
        if (Look?.Footer is { } footer)
            text.Append(footer).Append('\n');
        if (Look?.Support is { } support)
            text.Append(support.OriginalString).Append('\n');
        return text.ToString();
    }

    // Tables and inline styles: mail programs know little else. No images but the agency's logo, and nothing from elsewhere.
    private string Html()
    {
        var html = new StringBuilder($"<!doctype html><html lang=\"{Look?.Texts.Code ?? "en"}\">").Append("""
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
            <body style="margin:0;padding:24px;background:#f4f5f7;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;color:#1f2430">
            <table role="presentation" width="100%" style="max-width:560px;margin:0 auto;background:#ffffff;border-radius:8px"><tr><td style="padding:32px">
            """);
        if (Look?.Logo is { } logo)
            html.Append($"\n<p style=\"margin:0 0 24px\"><img src=\"{Encode(logo.AbsoluteUri)}\" alt=\"{Encode(Product)}\" style=\"max-width:200px;max-height:64px\"></p>\n");
        else
            html.Append("\n<p style=\"margin:0 0 24px;font-weight:600\">").Append(Encode(Product)).Append("</p>\n");
        foreach (var paragraph in Paragraphs)
            html.Append("<p style=\"margin:0 0 16px\">").Append(Encode(paragraph)).Append("</p>\n");
        if (Action is { } action)
        {
            var link = Encode(action.Link.AbsoluteUri);
            html.Append($"<p style=\"margin:24px 0\"><a href=\"{link}\" style=\"display:inline-block;padding:12px 20px;background:{Look?.Color ?? "#1f2430"};color:{Look?.TextOnColor ?? "#ffffff"};text-decoration:none;border-radius:6px\">{Encode(action.Label)}</a></p>\n");
            html.Append($"<p style=\"margin:0 0 16px;font-size:13px;color:#5b6270;word-break:break-all\">{link}</p>\n");
        }
        if (Footnote is not null)
            html.Append("<p style=\"margin:24px 0 0;font-size:13px;color:#5b6270\">").Append(Encode(Footnote)).Append("</p>\n");
        if (Look?.Footer is { } footer)
            html.Append("<p style=\"margin:24px 0 0;font-size:13px;color:#5b6270\">").Append(Encode(footer)).Append("</p>\n");
        if (Look?.Support is { } support)
            html.Append($"<p style=\"margin:8px 0 0;font-size:13px\"><a href=\"{Encode(support.OriginalString)}\" style=\"color:#5b6270\">{Encode(support.OriginalString)}</a></p>\n");
        return html.Append("</td></tr></table></body></html>\n").ToString();
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text).Replace("\n", "<br>", StringComparison.Ordinal);

    // A line break in a header would begin another header.
    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
}

internal sealed record RenderedMail(string From, string Subject, string Text, string Html)
{
    public string? FromAddress { get; init; }
    public string? ReplyTo { get; init; }
}
