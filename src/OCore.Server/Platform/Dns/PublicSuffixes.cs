namespace OCore.Platform.Dns;

/// <summary>Names under which anybody can register: <c>com</c>, <c>co.uk</c>, <c>github.io</c>. Nobody owns such a name.</summary>
internal static class PublicSuffixes
{
    private static readonly Lazy<HashSet<string>> Rules = new(Read);

    public static bool Contains(string asciiName) => SuffixOf(asciiName) == asciiName;

    /// <summary>The suffix and one label more: whoever registered that owns all beneath it. The name itself where it is a suffix.</summary>
    public static string RegisteredDomain(string asciiName)
    {
        var suffix = SuffixOf(asciiName);
        if (suffix.Length == asciiName.Length)
            return asciiName;
        var rest = asciiName[..^(suffix.Length + 1)];
        return rest[(rest.LastIndexOf('.') + 1)..] + "." + suffix;
    }

    // The longest rule wins, an exception beats all, and a name without a rule ends in a suffix of one label.
    private static string SuffixOf(string name)
    {
        for (var rest = name; ; rest = rest[(rest.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            var dot = rest.IndexOf('.', StringComparison.Ordinal);
            var parent = dot < 0 ? "" : rest[(dot + 1)..];
            if (Rules.Value.Contains("!" + rest))
                return parent;
            if (Rules.Value.Contains(rest) || dot >= 0 && Rules.Value.Contains("*." + parent) || dot < 0)
                return rest;
        }
    }

    private static HashSet<string> Read()
    {
        using var reader = new StreamReader(typeof(PublicSuffixes).Assembly.GetManifestResourceStream("public-suffixes.txt")!);
        var rules = new HashSet<string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
            if (!line.StartsWith("//", StringComparison.Ordinal))
                rules.Add(line);
        return rules;
    }
}
