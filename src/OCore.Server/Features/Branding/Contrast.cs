using System.Globalization;

namespace OCore.Features.Branding;

/// <summary>Contrast of colours as WCAG 2 defines it, and the nearest shade that has enough.</summary>
internal static class Contrast
{
    /// <summary>Of text that is not large (success criterion 1.4.3).</summary>
    public const double Enough = 4.5;
    public const string LightSurface = "#ffffff", DarkSurface = "#1a1b1e";

    /// <summary><c>#abc</c> and <c>#AABBCC</c> as <c>#aabbcc</c>.</summary>
    public static string Normal(string color)
    {
        var hex = color.TrimStart('#').ToLowerInvariant();
        return "#" + (hex.Length == 3 ? string.Concat(hex.Select(c => $"{c}{c}")) : hex);
    }

    public static double Between(string one, string other)
    {
        var (a, b) = (Luminance(one), Luminance(other));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    /// <summary>Black or white, whichever reads better on the colour.</summary>
    public static string TextOn(string color) => Between(color, "#ffffff") >= Between(color, "#000000") ? "#ffffff" : "#000000";

    /// <summary>The colour itself, or the nearest shade of it that reads on the surface.</summary>
    public static string Readable(string color, string surface)
    {
        if (Between(color, surface) >= Enough)
            return color;
        var (h, s, l) = Hsl(color);
        var step = Luminance(surface) > 0.5 ? -0.01 : 0.01;
        for (var lightness = l + step; lightness is >= 0 and <= 1; lightness += step)
            if (FromHsl(h, s, lightness) is var shade && Between(shade, surface) >= Enough)
                return shade;
        return step < 0 ? "#000000" : "#ffffff";
    }

    private static (int R, int G, int B) Rgb(string color) => (Part(color, 1), Part(color, 3), Part(color, 5));

    private static int Part(string color, int at) => int.Parse(color.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static double Luminance(string color)
    {
        var (r, g, b) = Rgb(color);
        return 0.2126 * Linear(r) + 0.7152 * Linear(g) + 0.0722 * Linear(b);

        static double Linear(int value) => value / 255.0 is var c && c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4);
    }

    private static (double H, double S, double L) Hsl(string color)
    {
        var (red, green, blue) = Rgb(color);
        var (r, g, b) = (red / 255.0, green / 255.0, blue / 255.0);
        var (max, min) = (Math.Max(r, Math.Max(g, b)), Math.Min(r, Math.Min(g, b)));
        var (l, d) = ((max + min) / 2, max - min);
        if (d == 0)
            return (0, 0, l);
        var h = max == r ? (g - b) / d + (g < b ? 6 : 0) : max == g ? (b - r) / d + 2 : (r - g) / d + 4;
        return (h / 6, l > 0.5 ? d / (2 - max - min) : d / (max + min), l);
    }

    private static string FromHsl(double h, double s, double l)
    {
        var q = l < 0.5 ? l * (1 + s) : l + s - l * s;
        var p = 2 * l - q;
        return $"#{Channel(h + 1 / 3.0):x2}{Channel(h):x2}{Channel(h - 1 / 3.0):x2}";

        int Channel(double t)
        {
            t = t < 0 ? t + 1 : t > 1 ? t - 1 : t;
            var value = t < 1 / 6.0 ? p + (q - p) * 6 * t : t < 0.5 ? q : t < 2 / 3.0 ? p + (q - p) * (2 / 3.0 - t) * 6 : p;
            return (int)Math.Round(Math.Clamp(value, 0, 1) * 255);
        }
    }
}
