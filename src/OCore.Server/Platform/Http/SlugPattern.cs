using System.Text.RegularExpressions;
using OCore.Client;

namespace OCore.Platform.Http;

/// <summary>What can be a slug at all; whether there is one, and whether it may be taken, is asked elsewhere.</summary>
internal static partial class SlugPattern
{
    public static bool Fits(string text) => Pattern().IsMatch(text);

    [GeneratedRegex(Patterns.Slug)]
    private static partial Regex Pattern();
}
