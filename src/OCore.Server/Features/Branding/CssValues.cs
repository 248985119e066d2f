using System.Globalization;
using System.Text.RegularExpressions;

namespace OCore.Features.Branding;

/// <summary>Which properties custom CSS may set, and to what. Everything decorates; nothing moves, covers, hides, loads or says anything.</summary>
internal static partial class CssValues
{
    private const double MaxPixels = 400, MaxEms = 25, MinFontPixels = 8, MinFontEms = 0.5, MinAlpha = 0.5;

    private static readonly HashSet<string> Properties =
    [
        "color", "background-color", "background",
        "border", "border-top", "border-right", "border-bottom", "border-left", "border-color", "border-style", "border-width",
        "border-top-color", "border-right-color", "border-bottom-color", "border-left-color", "border-top-style", "border-right-style", "border-bottom-style", "border-left-style",
        "border-top-width", "border-right-width", "border-bottom-width", "border-left-width",
        "border-radius", "border-top-left-radius", "border-top-right-radius", "border-bottom-left-radius", "border-bottom-right-radius",
        "padding", "padding-top", "padding-right", "padding-bottom", "padding-left", "margin", "margin-top", "margin-right", "margin-bottom", "margin-left",
        "gap", "row-gap", "column-gap",
        "font-size", "font-weight", "font-style", "font-variant", "font-stretch", "letter-spacing", "word-spacing", "line-height",
        "text-align", "text-decoration", "text-decoration-color", "text-decoration-line", "text-decoration-style", "text-transform",
        "box-shadow", "text-shadow", "outline", "outline-color", "outline-style", "outline-width", "outline-offset", "opacity",
        "background-image", "background-position", "background-repeat", "background-size", "background-attachment", "background-clip", "background-origin",
    ];

    private static readonly HashSet<string> Functions = ["rgb", "rgba", "hsl", "hsla", "linear-gradient", "radial-gradient"];

    /// <summary>Why a declaration is left out; null where it may stand.</summary>
    public static string? Refusal(string name, string value)
    {
        name = name.ToLowerInvariant();
        if (!Properties.Contains(name))
            return "this property is not allowed.";
        if (value.Length > 300 || !AllowedCharacters().IsMatch(value))
            return "this value holds what is not allowed: quotes, addresses or unusual characters.";
        value = value.ToLowerInvariant();
        foreach (Match function in FunctionName().Matches(value))
            if (!Functions.Contains(function.Groups[1].Value))
                return $"the function {(function.Groups[1].Value is { Length: > 0 } called ? called : "of no name")}() is not allowed.";
        if (value.Count(c => c == '(') != value.Count(c => c == ')') || value.Contains("//", StringComparison.Ordinal) || value.Contains("/*", StringComparison.Ordinal))
            return "this value cannot be read.";
        if (name == "background-attachment" && value.Contains("fixed", StringComparison.Ordinal))
            return "a fixed background is not allowed.";
        if (name is "color" && IsFaint(value))
            return "text has to stay visible.";
        return OfNumbers(name, value);
    }

    private static string? OfNumbers(string name, string value)
    {
        foreach (Match number in Numbers().Matches(OutsideColors(value)))
        {
            if (!double.TryParse(number.Groups["n"].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) || double.IsInfinity(n))
                return "this number cannot be read.";
            var unit = number.Groups["u"].Value;
            if (unit is not ("" or "px" or "em" or "rem" or "%" or "deg" or "pt"))
                return $"the unit {unit} is not allowed; use px, em, rem or %.";
            if (n < 0 && name is not ("box-shadow" or "text-shadow" or "background-position" or "letter-spacing") && unit != "deg")
                return "negative values are not allowed.";
            if (name == "letter-spacing" && n < -2 || name is "box-shadow" or "text-shadow" && Math.Abs(n) > (unit is "em" or "rem" ? 4 : 60))
                return "this value is too large.";
            if (unit is "px" or "pt" && Math.Abs(n) > MaxPixels || unit is "em" or "rem" && Math.Abs(n) > MaxEms || unit == "%" && Math.Abs(n) > 200)
                return "this value is too large.";
            if (name == "font-size" && (n < (unit is "em" or "rem" or "" ? MinFontEms : unit == "%" ? 50 : MinFontPixels) || unit is "px" or "pt" && n > 120 || unit is "em" or "rem" && n > 8))
                return "text has to stay readable: 8 to 120 px.";
            if (name == "line-height" && n < (unit is "px" or "pt" ? 8 : unit == "%" ? 80 : 0.8))
                return "text has to stay readable.";
            if (name == "opacity" && n < (unit == "%" ? 100 * MinAlpha : MinAlpha))
                return "what is there has to stay visible: 0.5 at least.";
        }
        return null;
    }

    private static string OutsideColors(string value) => ColorFunction().Replace(HexColor().Replace(value, " "), " ");

    private static bool IsFaint(string value) => value.Contains("transparent", StringComparison.Ordinal)
        || HexColor().Match(value) is { Success: true } hex && hex.Value.Length is 5 or 9 && AlphaOf(hex.Value) < MinAlpha
        || ColorFunction().Match(value) is { Success: true } function && function.Value.Split([',', '/', ' ', '(', ')'], StringSplitOptions.RemoveEmptyEntries) is { Length: 5 } parts
            && !(double.TryParse(parts[4].TrimEnd('%'), NumberStyles.Float, CultureInfo.InvariantCulture, out var alpha) && alpha >= (parts[4].EndsWith('%') ? 100 * MinAlpha : MinAlpha));

    private static double AlphaOf(string hex) => hex.Length == 5 ? Convert.ToInt32(hex[4..], 16) / 15.0 : Convert.ToInt32(hex[7..], 16) / 255.0;

    [GeneratedRegex(@"^[A-Za-z0-9#%.,()\s+/-]*$", RegexOptions.NonBacktracking)]
    private static partial Regex AllowedCharacters();

    [GeneratedRegex(@"([A-Za-z0-9_-]*)\s*\(")]
    private static partial Regex FunctionName();

    [GeneratedRegex(@"(?<![\w#])(?<n>[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?<u>[a-z%]*)")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"#[0-9a-f]{3,8}(?![0-9a-z])")]
    private static partial Regex HexColor();

    [GeneratedRegex(@"(?:rgb|hsl)a?\([^()]*\)")]
    private static partial Regex ColorFunction();
}
