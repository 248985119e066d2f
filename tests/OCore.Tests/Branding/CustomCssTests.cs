using System.Text.RegularExpressions;
using OCore.Features.Branding;

namespace OCore.Tests.Branding;

/// <summary>What custom CSS can never do, whatever is written: a corpus of hostile lines, and properties of what comes out.</summary>
public sealed partial class CustomCssTests
{
    private static string[] Corpus => File.ReadAllLines(Repository.PathOf("tests", "OCore.Tests", "Branding", "hostile-css.txt"));

    [Fact]
    public void Nothing_hostile_comes_through()
    {
        Assert.True(Corpus.Length > 300);
        Assert.All(Corpus, line => IsHarmless(CustomCss.Make(line).Css, line));
        // Together as well: what one line leaves open, another could use.
        IsHarmless(CustomCss.Make(string.Join('\n', Corpus.Where(l => !l.Contains('\\') && !l.Any(c => c is >= '\u007f' and <= '\u009f')))).Css, "all of it");
        foreach (var line in Corpus)
            IsHarmless(CustomCss.Make(".oc-brand-card{color:#112233}\n" + line + "\n.oc-brand-nav{color:#112233}").Css, line);
    }

    [Fact]
    public void Making_it_safe_twice_changes_nothing()
    {
        foreach (var line in Corpus.Append(Good))
        {
            var once = CustomCss.Make(line).Css;
            Assert.Equal(once, CustomCss.Make(once).Css);
        }
    }

    [Fact]
    public void Random_mixtures_stay_harmless()
    {
        var random = new Random(4711);
        var pieces = Corpus.SelectMany(l => Regex.Split(l, @"(?<=[{}();:,])|(?=[{}();:,@])")).Where(p => p.Length > 0).Distinct().ToList();
        for (var i = 0; i < 3000; i++)
        {
            var css = string.Concat(Enumerable.Range(0, random.Next(2, 14)).Select(_ => pieces[random.Next(pieces.Count)]));
            IsHarmless(CustomCss.Make(css).Css, css);
        }
    }

    [Fact]
    public void What_decorates_stays()
    {
        var made = CustomCss.Make(Good);
        Assert.Empty(made.Messages.Select(m => m.Message));
        Assert.Contains(".oc-portal .oc-brand-card", made.Css, StringComparison.Ordinal);
        Assert.Contains("border-top-left-radius:", made.Css, StringComparison.Ordinal);
        Assert.Contains("@media", made.Css, StringComparison.Ordinal);
        Assert.Contains(".oc-brand-button:hover", made.Css, StringComparison.Ordinal);
        Assert.Contains("linear-gradient(", made.Css, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@media (prefers-color-scheme: dark) { .oc-brand-card { color: #eeeeee } }", ".oc-portal.oc-brand-dark .oc-brand-card{color:")]
    [InlineData("@media screen and (prefers-color-scheme:light) { :root, .oc-portal:hover { color: #111111 } }", ".oc-portal.oc-brand-light,.oc-portal.oc-brand-light:hover{color:")]
    [InlineData("@media (max-width: 600px) and (prefers-color-scheme: dark) { .oc-brand-card { color: #eeeeee } }", "@media (max-width: 600px){\n.oc-portal.oc-brand-dark .oc-brand-card{color:")]
    [InlineData("@media (prefers-color-scheme: dark) and (min-width: 40em) { .oc-portal .oc-brand-card { color: #eeeeee } }", "@media (min-width: 40em){\n.oc-portal.oc-brand-dark .oc-brand-card{color:")]
    public void What_asks_for_a_scheme_follows_the_one_that_is_shown(string css, string begin)
    {
        var made = CustomCss.Make(css);
        Assert.Empty(made.Messages);
        Assert.StartsWith(begin, made.Css, StringComparison.Ordinal);
        Assert.Equal(made.Css, CustomCss.Make(made.Css).Css);
    }

    [Fact]
    public void Dark_and_light_at_once_is_said()
    {
        var made = CustomCss.Make("@media (prefers-color-scheme: dark) and (prefers-color-scheme: light) { .oc-brand-card { color: #eeeeee } }");
        Assert.Equal("", made.Css);
        Assert.Contains("dark and light", Assert.Single(made.Messages).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_left_out_is_said_with_its_line()
    {
        var made = CustomCss.Make(".oc-brand-card { color: #123456; }\n\n.oc-brand-nav {\n  padding: 4px;\n  position: fixed;\n}\n@import \"x\";\nbody { color: red; }\n");
        Assert.Contains(made.Messages, m => m is { Line: 5, Code: "css_left_out" } && m.Message.Contains("position", StringComparison.Ordinal));
        Assert.Contains(made.Messages, m => m.Line == 7 && m.Message.Contains("@import", StringComparison.Ordinal));
        Assert.Contains(made.Messages, m => m.Line == 8 && m.Message.Contains("body", StringComparison.Ordinal));
        Assert.Contains("padding", made.Css, StringComparison.Ordinal);
    }

    [Fact]
    public void There_are_at_most_500_rules()
    {
        var made = CustomCss.Make(string.Join('\n', Enumerable.Range(0, 700).Select(i => $".oc-brand-card{{padding:{i % 9}px}}")));
        Assert.Equal(500, made.Css.Count(c => c == '{'));
        Assert.Contains(made.Messages, m => m.Message.Contains("500", StringComparison.Ordinal));
    }

    private const string Good = """
        .oc-brand-card { border-radius: 12px; box-shadow: 0 1px 4px rgba(0, 0, 0, 0.2); }
        .oc-brand-header > .oc-brand-nav .oc-brand-nav-item:first-child { font-weight: 600; letter-spacing: 0.5px; }
        .oc-brand-button:hover, .oc-brand-link:focus-visible { background-color: #0f766e; text-decoration: underline; }
        :root { color: #222222; }
        .oc-brand-footer { background-image: linear-gradient(90deg, #ffffff, #eeeeee); padding: 1rem 2em; }
        @media (max-width: 600px) { .oc-brand-card { border-radius: 0; } }
        """;

    private static void IsHarmless(string css, string source)
    {
        Assert.False(Forbidden().IsMatch(css), $"{source}\n→ {css}");
        foreach (Match rule in Rules().Matches(css))
            foreach (var selector in rule.Groups[1].Value.Split(','))
                Assert.True(Selector().IsMatch(selector.Trim()), $"{source}\n→ {selector}");
        Assert.Equal(css.Count(c => c == '{'), css.Count(c => c == '}'));
        Assert.Equal(css.Count(c => c == '('), css.Count(c => c == ')'));
    }

    [GeneratedRegex(@"[\\<>""'`\[\]*&|]|/\*|//|(?<![a-z-])url|src\(|image\(|image-set|(?<!!)import|expression|behavior|binding|(?<!background-)position|z-index|display|visibility|content|transform|filter|animation|pointer|cursor|@(?!media )|--|var\(|attr\(|env\(|calc\(|:has|:not|:is|:where|:visited|::|javascript|fixed", RegexOptions.IgnoreCase)]
    private static partial Regex ForbiddenWithoutChild();

    private static Regex Forbidden() => Combined;
    // The child combinator is the one > that may stand.
    private static readonly Regex Combined = new(ForbiddenWithoutChild().ToString().Replace("<>", "<", StringComparison.Ordinal), RegexOptions.IgnoreCase);

    [GeneratedRegex(@"(?:^|[{}\n])([^{}@]+)\{[^{}]*\}")]
    private static partial Regex Rules();

    [GeneratedRegex(@"^\.oc-portal(?=[\s.:>+~]|$)")]
    private static partial Regex Selector();
}
