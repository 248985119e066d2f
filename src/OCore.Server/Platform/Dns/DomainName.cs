using System.Net;
using System.Text;

namespace OCore.Platform.Dns;

/// <summary>
/// A host's name, checked: as DNS has it (lower case, punycode), as people write it, and what is odd about it. IDNA of 2008 without
/// mappings but lower case and the dots of Chinese and Japanese keyboards.
/// </summary>
internal sealed record DomainName(string Ascii, string Display, IReadOnlyList<string> Warnings)
{
    private const int MaxName = 253, MaxLabel = 63;
    // Names that never are a customer's in the public DNS (RFC 6761, RFC 6762, RFC 7686, RFC 8375).
    private static readonly string[] Special = ["localhost", "local", "internal", "invalid", "onion", "arpa", "alt"];

    public string Registered => PublicSuffixes.RegisteredDomain(Ascii);

    /// <summary>Reads a whole name. Null, and a sentence in <paramref name="refusal"/>, where it is none that somebody could own.</summary>
    public static DomainName? Parse(string text, out string? refusal)
    {
        if ((refusal = Shape(text)) is not null)
            return null;
        var name = text.Trim().Replace('。', '.').Replace('．', '.').Replace('｡', '.');
        if (name.EndsWith('.'))
            name = name[..^1];
        if (IPAddress.TryParse(name.Trim('[', ']'), out _) || LooksLikeAnAddress(name))
            return Refuse("It has to be a name, not an IP address.", out refusal);
        var (labels, warnings) = (new List<(string Ascii, string Display)>(), new List<string>());
        foreach (var part in name.Split('.'))
        {
            if (Label(part, out refusal) is not { } label)
                return null;
            labels.Add(label);
        }
        if (labels.Count < 2)
            return Refuse("It has to be a whole name such as erp.example.com.", out refusal);
        var result = new DomainName(string.Join('.', labels.Select(l => l.Ascii)), string.Join('.', labels.Select(l => l.Display)), warnings);
        if (result.Ascii.Length > MaxName)
            return Refuse($"It may have at most {MaxName} characters in DNS.", out refusal);
        if (Special.Contains(labels[^1].Ascii))
            return Refuse($"Names under .{labels[^1].Ascii} are not in the public DNS.", out refusal);
        if (PublicSuffixes.Contains(result.Ascii))
            return Refuse("Anybody can register names under this one, so nobody can own it.", out refusal);
        foreach (var label in labels.Where(l => l.Ascii != l.Display && labels[^1].Ascii == labels[^1].Display))
            if (Scripts.ReadAsLatin(label.Display) is { } latin)
                warnings.Add($"\"{label.Display}\" can be taken for \"{latin}\". Browsers will show this name as {result.Ascii}.");
        return result;
    }

    /// <summary>Reads one label, as DNS has it and as people write it.</summary>
    public static (string Ascii, string Display)? Label(string text, out string? refusal)
    {
        refusal = null;
        if (text.Length == 0)
            return RefuseLabel("It has an empty part between two dots.", out refusal);
        var lower = string.Concat(text.EnumerateRunes().Select(r => Rune.ToLowerInvariant(r).ToString()));
        if (lower.StartsWith("xn--", StringComparison.Ordinal))
        {
            // Only what we would write that way ourselves: another spelling would be another name for the same.
            if (Punycode.Decode(lower[4..]) is not { } decoded || decoded.All(char.IsAscii) || Label(decoded, out refusal) is not { } same || same.Ascii != lower)
                return RefuseLabel(refusal ?? $"\"{text}\" is no valid international name.", out refusal);
            return same;
        }
        if (lower.StartsWith('-') || lower.EndsWith('-'))
            return RefuseLabel($"\"{text}\" begins or ends with a hyphen.", out refusal);
        if (lower.Length > 3 && lower[2] == '-' && lower[3] == '-')
            return RefuseLabel($"\"{text}\" has two hyphens in its third and fourth place, which DNS keeps for itself.", out refusal);
        var scripts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rune in lower.EnumerateRunes())
        {
            if (Scripts.Of(rune) is not { } script)
                return RefuseLabel(rune.Value is '_' ? $"\"{text}\" holds an underscore, which names of hosts have not." : $"\"{text}\" holds a character that names have not (U+{rune.Value:X4}).", out refusal);
            if (script.Length > 0)
                scripts.Add(script);
        }
        if (!Scripts.MayStandTogether(scripts))
            return RefuseLabel($"\"{text}\" mixes {string.Join(" and ", scripts.Order(StringComparer.Ordinal))} letters, as names do that want to be taken for others.", out refusal);
        if (Rune.GetUnicodeCategory(lower.EnumerateRunes().First()) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark)
            return RefuseLabel($"\"{text}\" begins with a mark.", out refusal);
        var ascii = lower.All(char.IsAscii) ? lower : "xn--" + Punycode.Encode(lower);
        return ascii.Length > MaxLabel ? RefuseLabel($"A part between dots may have at most {MaxLabel} characters in DNS.", out refusal) : (ascii, lower);
    }

    /// <summary>Whether <paramref name="name"/> is <paramref name="domain"/> or beneath it.</summary>
    public static bool IsWithin(string name, string domain) => name == domain || name.EndsWith("." + domain, StringComparison.Ordinal);

    private static string? Shape(string text)
    {
        if (text.Trim().Length == 0)
            return "It cannot be blank.";
        if (text.Contains("://", StringComparison.Ordinal) || text.Contains('/', StringComparison.Ordinal) || text.Contains('\\', StringComparison.Ordinal))
            return "Give only the name, without https:// and without a path.";
        if (text.Contains('*', StringComparison.Ordinal))
            return "A wildcard is no name. Give each name by itself.";
        if (text.Contains('@', StringComparison.Ordinal))
            return "This looks like an e-mail address. Give only the name of the host.";
        if (text.Contains(':', StringComparison.Ordinal) && !IPAddress.TryParse(text.Trim('[', ']', ' '), out _))
            return "Give only the name, without a port.";
        return text.Trim().Any(char.IsWhiteSpace) || text.Any(char.IsControl) ? "A name has no blanks in it." : null;
    }

    // 127.1, 2130706433 and 0x7f.1 are addresses to many programs, and no top-level domain is a number.
    private static bool LooksLikeAnAddress(string name)
    {
        var last = name[(name.LastIndexOf('.') + 1)..];
        return last.Length > 0 && last.All(char.IsAsciiDigit) || last.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && last[2..].All(char.IsAsciiHexDigit);
    }

    private static DomainName? Refuse(string why, out string? refusal)
    {
        refusal = why;
        return null;
    }

    private static (string, string)? RefuseLabel(string why, out string? refusal)
    {
        refusal = why;
        return null;
    }
}
