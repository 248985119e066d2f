using System.Text;

namespace OCore.Platform.Dns;

/// <summary>
/// RFC 3492. The framework's own conversion follows the older IDNA of 2003, which turns "ß" into "ss", and works differently where the
/// program runs without ICU.
/// </summary>
internal static class Punycode
{
    private const int Start = 36, TMin = 1, TMax = 26, Skew = 38, Damp = 700, InitialBias = 72, InitialN = 128;

    public static string Encode(string label)
    {
        var runes = label.EnumerateRunes().Select(r => r.Value).ToArray();
        var output = new StringBuilder();
        foreach (var rune in runes.Where(r => r < 128))
            output.Append((char)rune);
        var (basic, handled) = (output.Length, output.Length);
        if (basic > 0)
            output.Append('-');
        var (n, delta, bias) = (InitialN, 0, InitialBias);
        while (handled < runes.Length)
        {
            var next = runes.Where(r => r >= n).Min();
            delta += (next - n) * (handled + 1);
            n = next;
            foreach (var rune in runes)
            {
                if (rune < n)
                    delta++;
                if (rune != n)
                    continue;
                var q = delta;
                for (var k = Start; ; k += Start)
                {
                    var t = Threshold(k, bias);
                    if (q < t)
                        break;
                    output.Append(Digit(t + (q - t) % (Start - t)));
                    q = (q - t) / (Start - t);
                }
                output.Append(Digit(q));
                bias = Adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled++;
            }
            delta++;
            n++;
        }
        return output.ToString();
    }

    /// <summary>Null where the text is no punycode.</summary>
    public static string? Decode(string text)
    {
        var basic = text.LastIndexOf('-');
        var runes = new List<int>(text[..Math.Max(0, basic)].Select(c => (int)c));
        var (n, i, bias) = (InitialN, 0L, InitialBias);
        for (var at = basic < 0 ? 0 : basic + 1; at < text.Length;)
        {
            var (before, weight) = (i, 1L);
            for (var k = Start; ; k += Start)
            {
                if (at >= text.Length || Value(text[at++]) is not (>= 0 and var digit))
                    return null;
                i += digit * weight;
                var t = Threshold(k, bias);
                if (digit < t)
                    break;
                weight *= Start - t;
                if (i > int.MaxValue || weight > int.MaxValue)
                    return null;
            }
            if (i > int.MaxValue)
                return null;
            bias = Adapt((int)(i - before), runes.Count + 1, before == 0);
            n += (int)(i / (runes.Count + 1));
            i %= runes.Count + 1;
            if (!Rune.IsValid(n))
                return null;
            runes.Insert((int)i++, n);
        }
        return string.Concat(runes.Select(r => new Rune(r).ToString()));
    }

    private static int Threshold(int k, int bias) => Math.Clamp(k - bias, TMin, TMax);

    private static char Digit(int value) => (char)(value < 26 ? 'a' + value : '0' + value - 26);

    private static int Value(char c) => c is >= 'a' and <= 'z' ? c - 'a' : c is >= '0' and <= '9' ? c - '0' + 26 : -1;

    private static int Adapt(int delta, int points, bool first)
    {
        delta = first ? delta / Damp : delta / 2;
        delta += delta / points;
        var k = 0;
        for (; delta > (Start - TMin) * TMax / 2; k += Start)
            delta /= Start - TMin;
        return k + (Start - TMin + 1) * delta / (delta + Skew);
    }
}
