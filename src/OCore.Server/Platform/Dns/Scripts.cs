using System.Globalization;
using System.Text;

namespace OCore.Platform.Dns;

/// <summary>
/// The characters of names, by script. What is not in a range is refused: ligatures, full-width and mathematical letters, joiners and
/// everything else that looks like something it is not.
/// </summary>
internal static class Scripts
{
    private static readonly (int From, int To, string Script)[] Ranges =
    [
        (0x61, 0x7A, "Latin"), (0xDF, 0xF6, "Latin"), (0xF8, 0x131, "Latin"), (0x134, 0x13E, "Latin"), (0x141, 0x148, "Latin"), (0x14A, 0x17E, "Latin"),
        (0x180, 0x1C3, "Latin"), (0x1CD, 0x1F0, "Latin"), (0x1F4, 0x24F, "Latin"), (0x1E01, 0x1E99, "Latin"), (0x1EA0, 0x1EFF, "Latin"),
        (0x390, 0x390, "Greek"), (0x3AC, 0x3CE, "Greek"), (0x430, 0x45F, "Cyrillic"), (0x48A, 0x52F, "Cyrillic"),
        (0x561, 0x586, "Armenian"), (0x5D0, 0x5EA, "Hebrew"), (0x620, 0x63A, "Arabic"), (0x641, 0x64A, "Arabic"), (0x671, 0x674, "Arabic"), (0x679, 0x6D3, "Arabic"),
        (0x900, 0x963, "Devanagari"), (0x966, 0x97F, "Devanagari"), (0x980, 0x9FF, "Bengali"), (0xA00, 0xA7F, "Gurmukhi"), (0xA80, 0xAFF, "Gujarati"), (0xB00, 0xB7F, "Oriya"),
        (0xB80, 0xBFF, "Tamil"), (0xC00, 0xC7F, "Telugu"), (0xC80, 0xCFF, "Kannada"), (0xD00, 0xD7F, "Malayalam"), (0xD80, 0xDFF, "Sinhala"),
        (0xE01, 0xE32, "Thai"), (0xE34, 0xE3A, "Thai"), (0xE40, 0xE4E, "Thai"), (0xE81, 0xEB2, "Lao"), (0xEB4, 0xEDB, "Lao"), (0x1000, 0x109F, "Myanmar"), (0x10D0, 0x10FA, "Georgian"),
        (0x1200, 0x135A, "Ethiopic"), (0x1780, 0x17DD, "Khmer"), (0x3041, 0x3096, "Hiragana"), (0x30A1, 0x30FA, "Katakana"), (0x30FC, 0x30FE, "Katakana"), (0x3105, 0x312F, "Bopomofo"),
        (0x3005, 0x3007, "Han"), (0x3400, 0x4DBF, "Han"), (0x4E00, 0x9FFF, "Han"), (0x20000, 0x323AF, "Han"), (0xAC00, 0xD7A3, "Hangul"),
    ];

    // What people of one language write together (UTS 39, "highly restrictive").
    private static readonly string[][] Together = [["Latin", "Han", "Hiragana", "Katakana"], ["Latin", "Han", "Bopomofo"], ["Latin", "Han", "Hangul"]];

    /// <summary>The script of a lower-case letter or mark; "" for digits and the hyphen; null where names have no such character.</summary>
    public static string? Of(Rune rune)
    {
        if (rune.Value is '-' or >= '0' and <= '9')
            return "";
        var category = Rune.GetUnicodeCategory(rune);
        if (category is not (UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark))
            return null;
        foreach (var (from, to, script) in Ranges)
            if (rune.Value >= from && rune.Value <= to)
                return script;
        return null;
    }

    public static bool MayStandTogether(IReadOnlyCollection<string> scripts) => scripts.Count < 2 || Together.Any(set => scripts.All(set.Contains));

    // The letter that each of these is taken for at a glance.
    private static readonly Dictionary<int, char> Alike = Pairs(
        "аa", "сc", "ԁd", "еe", "ԍg", "һh", "іi", "јj", "ӏl", "оo", "рp", "ԛq", "ѕs", "ԝw", "хx", "уy", "ѵv", "пn", "гr", "кk", "мm", "тt", "вb", "нh", "ьb", "ёe", "їi", "ҽe", "ү" + "y",
        "αa", "οo", "νv", "ιi", "κk", "ρp", "τt", "υu", "χx", "εe", "ηn", "ωw", "γy", "σo", "άa", "έe", "ήn", "ίi", "όo", "ύu", "ώw",
        "0o", "1l", "il", "ıl");

    private static readonly (string Letters, char Plain)[] Accented =
    [
        ("àáâãäåāăąǎạảấầẩẫậắằẳẵặ", 'a'), ("çćĉċč", 'c'), ("ďđ", 'd'), ("èéêëēĕėęěẹẻẽếềểễệ", 'e'), ("ĝğġģ", 'g'), ("ĥħ", 'h'), ("ìíîïĩīĭįỉị", 'l'), ("ĵ", 'j'), ("ķ", 'k'), ("ĺļľł", 'l'),
        ("ñńņňŋ", 'n'), ("òóôõöøōŏőơọỏốồổỗộớờởỡợ", 'o'), ("ŕŗř", 'r'), ("śŝşšș", 's'), ("ţťŧț", 't'), ("ùúûüũūŭůűųưụủứừửữự", 'u'), ("ŵẁẃẅ", 'w'), ("ýÿŷỳỵỷỹ", 'y'), ("źżž", 'z'),
    ];

    /// <summary>The same for all names that look alike.</summary>
    public static string Skeleton(string name)
    {
        var plain = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
            plain.Append(Alike.TryGetValue(rune.Value, out var like) ? like == 'i' ? 'l' : like
                : rune.IsBmp && Accented.FirstOrDefault(a => a.Letters.Contains((char)rune.Value, StringComparison.Ordinal)) is { Letters: not null } accented ? accented.Plain : rune.ToString());
        return plain.Replace("rn", "m").Replace("vv", "w").ToString();
    }

    /// <summary>What the whole label would be read as in Latin letters; null where some letter gives it away.</summary>
    public static string? ReadAsLatin(string label)
    {
        var read = new StringBuilder();
        foreach (var rune in label.EnumerateRunes())
        {
            if (Of(rune) is "Latin")
                return null;
            if (rune.IsAscii)
                read.Append(rune.ToString());
            else if (Alike.TryGetValue(rune.Value, out var like))
                read.Append(like);
            else
                return null;
        }
        return read.ToString();
    }

    private static Dictionary<int, char> Pairs(params string[] pairs) => pairs.ToDictionary(p => (int)p[0], p => p[1]);
}
