namespace OCore.Features.Branding;

/// <summary>A file of a font: one script of it.</summary>
internal sealed record FontFile(string Name, string UnicodeRange);

internal sealed record BrandFont(string Family, string Stem, string Weights, string Fallback)
{
    private const string Latin = "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD";
    private const string LatinExtended = "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,U+0329,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF";

    public IReadOnlyList<FontFile> Files { get; } = [new($"{Stem}-latin-ext-wght-normal", LatinExtended), new($"{Stem}-latin-wght-normal", Latin)];
}

/// <summary>Fonts that come with oCore, so that no visitor's browser asks anybody else for one. Their licence is in THIRD-PARTY-NOTICES.txt.</summary>
internal static class BrandFonts
{
    public const string Default = "Inter";

    public static readonly IReadOnlyList<BrandFont> All =
    [
        new("Inter", "inter", "100 900", "sans-serif"), new("Lora", "lora", "400 700", "serif"), new("Merriweather", "merriweather", "300 900", "serif"),
        new("Montserrat", "montserrat", "100 900", "sans-serif"), new("Nunito", "nunito", "200 1000", "sans-serif"), new("Open Sans", "open-sans", "300 800", "sans-serif"),
        new("Roboto", "roboto", "100 900", "sans-serif"), new("Source Sans 3", "source-sans-3", "200 900", "sans-serif"),
    ];

    public static BrandFont? Find(string family) => All.FirstOrDefault(f => f.Family.Equals(family, StringComparison.OrdinalIgnoreCase));

    public static string UrlOf(FontFile file) => $"{BrandAsset.Prefix}fonts/{file.Name}.woff2";

    public static Stream? Open(string fileName) => typeof(BrandFonts).Assembly.GetManifestResourceStream($"fonts/{fileName}");

    /// <summary>A WOFF2 file by its own account: signature, length and a plausible table count. Browsers check the rest before they use it.</summary>
    public static bool IsWoff2(ReadOnlySpan<byte> content) => content.Length > 48 && content[..4].SequenceEqual("wOF2"u8)
        && System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(content[8..]) == content.Length
        && System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(content[12..]) is > 0 and < 100;
}
