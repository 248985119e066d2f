using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ExCSS;
using OCore.Client;

namespace OCore.Features.Branding;

/// <summary>
/// CSS that an agency wrote, made harmless: parsed, and written anew from what is allowed of the tree. What a stylesheet could do
/// otherwise is read what people type (attribute selectors with an address), cover or hide what they must see, and load from
/// elsewhere. So only documented classes can be chosen, only properties that decorate can be set, with values that hold neither
/// addresses nor texts, and every selector is confined to the portal.
/// </summary>
internal static partial class CustomCss
{
    public const string Root = ".oc-portal";
    /// <summary>The classes that the portal puts on its parts; documented, and the only ones that can be chosen.</summary>
    public const string HookPrefix = ".oc-brand-";
    /// <summary>What the portal's root bears in one color scheme. People choose theirs in its menu, which a question to the device knows nothing of.</summary>
    private const string DarkHook = ".oc-brand-dark", LightHook = ".oc-brand-light";
    private const int MaxRules = 500, MaxMessages = 100;

    internal sealed record Outcome(string Css, IReadOnlyList<BrandingWarning> Messages);

    public static Outcome Make(string source)
    {
        var messages = new List<BrandingWarning>();
        // No part of the allowed language needs an escape, and every trick with names does.
        if (source.IndexOf('\\', StringComparison.Ordinal) is >= 0 and var escape)
            return Refused(source, escape, "Escapes with a backslash are not allowed; nothing of the stylesheet is applied.");
        if (source.AsSpan().IndexOfAnyInRange('\u007f', '\u009f') is >= 0 and var odd || (odd = IndexOfControl(source)) >= 0)
            return Refused(source, odd, "Control characters are not allowed; nothing of the stylesheet is applied.");
        if (Depth(source) > 8)
            return Refused(source, 0, "Rules are nested too deeply; nothing of the stylesheet is applied.");
        Stylesheet sheet;
        try
        {
            sheet = new StylesheetParser(includeUnknownRules: true, includeUnknownDeclarations: true, tolerateInvalidSelectors: true, tolerateInvalidValues: true, tolerateInvalidConstraints: true).Parse(source);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return Refused(source, 0, "This is no stylesheet that could be read.");
        }
        var (css, count) = (new StringBuilder(), 0);
        foreach (var rule in sheet.Children.OfType<IRule>())
            Write(rule, css, source, messages, ref count, inMedia: false, scheme: "");
        return new Outcome(css.ToString(), [.. messages.Take(MaxMessages)]);
    }

    private static void Write(IRule rule, StringBuilder css, string source, List<BrandingWarning> messages, ref int count, bool inMedia, string scheme)
    {
        if (++count > MaxRules)
        {
            if (count == MaxRules + 1)
                Say(messages, source, rule, $"Only the first {MaxRules} rules are applied.");
            return;
        }
        switch (rule)
        {
            case StyleRule style when style.StylesheetText is { } text && text.Text.AsSpan(1, Math.Max(0, text.Text.Length - 1)).Count('{') > 1:
                Say(messages, source, rule, "Rules within rules are not allowed.");
                break;
            case StyleRule style:
                WriteStyle(style, css, source, messages, scheme);
                break;
            case IMediaRule media when !inMedia:
                if (!MediaCondition().IsMatch(media.Media.MediaText))
                {
                    Say(messages, source, rule, "Of @media only widths and color schemes can be asked for: (max-width: 600px), (prefers-color-scheme: dark).");
                    break;
                }
                WriteMedia(media, css, source, messages, ref count);
                break;
            default:
                Say(messages, source, rule, $"{NameOf(rule)} is not allowed; only style rules and @media are.");
                break;
        }
    }

    private static void WriteMedia(IMediaRule media, StringBuilder css, string source, List<BrandingWarning> messages, ref int count)
    {
        var conditions = media.Media.MediaText.Split(" and ");
        var widths = conditions.Where(c => c.Contains("width", StringComparison.Ordinal)).ToList();
        var schemes = conditions.Where(c => c.Contains("scheme", StringComparison.Ordinal)).Select(c => c.Contains("dark", StringComparison.Ordinal) ? DarkHook : LightHook).Distinct().ToList();
        if (schemes.Count > 1)
        {
            Say(messages, source, (IRule)media, "Nothing is dark and light at once.");
            return;
        }
        var inner = new StringBuilder();
        foreach (var child in ((StylesheetNode)media).Children.OfType<IRule>())
            Write(child, inner, source, messages, ref count, inMedia: true, scheme: schemes.FirstOrDefault(""));
        if (inner.Length == 0 || widths.Count == 0)
            css.Append(inner);
        else
            css.Append("@media ").AppendJoin(" and ", widths).Append("{\n").Append(inner).Append("}\n");
    }

    private static void WriteStyle(StyleRule rule, StringBuilder css, string source, List<BrandingWarning> messages, string scheme)
    {
        var selectors = new List<string>();
        foreach (var one in (rule.SelectorText ?? "").Split(','))
        {
            if (Confine(one.Trim()) is { } confined)
                selectors.Add(confined.Insert(Root.Length, scheme));
            else
                Say(messages, source, rule, $"The selector {Short(one)} is left out: choose {Root} or classes beginning with {HookPrefix}, which may have :hover, :focus, :active, :first-child, :last-child or :nth-child(…).");
        }
        var declarations = new StringBuilder();
        foreach (var property in rule.Style.Declarations)
        {
            if (CssValues.Refusal(property.Name, property.Value) is { } refusal)
                Say(messages, source, rule, $"{Short(property.Name)}: {refusal}", property.Name);
            else
                declarations.Append(property.Name.ToLowerInvariant()).Append(':').Append(property.Value.Trim()).Append(property.IsImportant ? "!important;" : ";");
        }
        if (selectors.Count > 0 && declarations.Length > 0)
            css.AppendJoin(',', selectors).Append('{').Append(declarations).Append("}\n");
    }

    /// <summary>The selector within the portal's root; null where it chooses anything but documented classes.</summary>
    private static string? Confine(string selector)
    {
        if (selector.Length is 0 or > 300 || !AllowedSelector().IsMatch(selector))
            return null;
        var text = Spaces().Replace(selector, " ");
        if (text.StartsWith(":root", StringComparison.Ordinal))
            text = Root + text[5..];
        return text.StartsWith(Root, StringComparison.Ordinal) && (text.Length == Root.Length || !IsNamePart(text[Root.Length])) ? text : $"{Root} {text}";
    }

    private static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    private static Outcome Refused(string source, int at, string message)
    {
        var (line, column) = PlaceOf(source, at);
        return new Outcome("", [new BrandingWarning { Field = "customCss", Code = "css_refused", Message = $"Line {line}: {message}", Line = line, Column = column }]);
    }

    private static void Say(List<BrandingWarning> messages, string source, IRule rule, string message, string? property = null)
    {
        var start = rule.StylesheetText is { } text ? Math.Clamp(text.Range.Start.Position - 1, 0, source.Length) : 0;
        if (property is not null && Regex.Match(source[start..], $@"(?<![\w-]){Regex.Escape(property)}\s*:", RegexOptions.IgnoreCase, TimeSpan.FromMilliseconds(200)) is { Success: true } match)
            start += match.Index;
        var (line, column) = PlaceOf(source, start);
        messages.Add(new BrandingWarning { Field = "customCss", Code = "css_left_out", Message = $"Line {line}: {message}", Line = line, Column = column });
    }

    private static (int Line, int Column) PlaceOf(string source, int at)
    {
        var before = source.AsSpan(0, at);
        return (before.Count('\n') + 1, at - (before.LastIndexOf('\n') + 1) + 1);
    }

    private static int IndexOfControl(string source)
    {
        for (var i = 0; i < source.Length; i++)
            if (char.IsControl(source[i]) && source[i] is not ('\n' or '\r' or '\t'))
                return i;
        return -1;
    }

    private static int Depth(string source)
    {
        var (depth, most) = (0, 0);
        foreach (var c in source)
        {
            depth = c is '{' or '(' or '[' ? depth + 1 : c is '}' or ')' or ']' ? Math.Max(0, depth - 1) : depth;
            most = Math.Max(most, depth);
        }
        return most;
    }

    private static string NameOf(IRule rule) => rule.StylesheetText?.Text.TrimStart() is { Length: > 0 } text && text[0] == '@' ? Short(text.Split([' ', '{', ';', '\n', '(', '"'], 2)[0]) : "This rule";

    private static string Short(string text) => string.Create(CultureInfo.InvariantCulture, $"“{(text.Length > 60 ? text[..60] + "…" : text).Trim()}”");

    // One or more compounds of hooks and states, joined by combinators.
    [GeneratedRegex(@"^(?::root|\.oc-portal|\.oc-brand-[a-z0-9-]{1,40})(?:\.oc-brand-[a-z0-9-]{1,40})*(?::(?:hover|focus|focus-visible|focus-within|active|first-child|last-child|only-child|nth-child\((?:odd|even|\d{0,3}n?(?: ?[+-] ?\d{1,3})?)\)))*(?:(?: *[>+~] *| +)(?:\.oc-brand-[a-z0-9-]{1,40})+(?::(?:hover|focus|focus-visible|focus-within|active|first-child|last-child|only-child|nth-child\((?:odd|even|\d{0,3}n?(?: ?[+-] ?\d{1,3})?)\)))*)*$", RegexOptions.NonBacktracking)]
    private static partial Regex AllowedSelector();

    [GeneratedRegex(@"^(?:(?:only )?(?:screen|all) and )?\((?:(?:min|max)-width: ?\d{1,4}(?:\.\d{1,2})?(?:px|em|rem)|prefers-color-scheme: ?(?:dark|light))\)(?: and \((?:(?:min|max)-width: ?\d{1,4}(?:\.\d{1,2})?(?:px|em|rem)|prefers-color-scheme: ?(?:dark|light))\))?$", RegexOptions.NonBacktracking)]
    private static partial Regex MediaCondition();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
