using System.Diagnostics;
using System.Text.RegularExpressions;

namespace OCore.Tests;

/// <summary>The files of this repository, for rules about them and for what is kept in Golden.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>C# of a folder, by its path from the root; what tools wrote is left out.</summary>
    public static IEnumerable<(string Path, string Text)> Sources(string folder) => Directory.EnumerateFiles(PathOf(folder), "*.cs", SearchOption.AllDirectories)
        .Select(path => (Path.GetRelativePath(Root, path), path))
        .Where(f => !f.Item1.Split('/').Any(part => part is "obj" or "bin" or "Migrations" or "node_modules") && !f.Item1.EndsWith(".gen.cs", StringComparison.Ordinal))
        .Select(f => (f.Item1, File.ReadAllText(f.path)));

    /// <summary>The files that Git keeps, by their path from the root.</summary>
    public static IReadOnlyList<string> Kept()
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", Root, "ls-files", "-z"]) { RedirectStandardOutput = true })!;
        var files = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return files.Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Without comments and the text of strings.</summary>
    public static string Code(string text) =>
        Regex.Replace(Regex.Replace(text, @"^\s*//.*$|(?<=[\s;{}])//.*$", "", RegexOptions.Multiline), "\"(?:[^\"\\\\\\n]|\\\\.)*\"", "\"\"");

    /// <summary>The lines of a list kept in Golden; text after # is a comment.</summary>
    public static IReadOnlyList<string> List(string name)
    {
        var path = PathOf("tests", "OCore.Tests", "Golden", name);
        return File.Exists(path) ? [.. File.ReadAllLines(path).Select(l => l.Split('#')[0].Trim()).Where(l => l.Length > 0)] : [];
    }

    /// <summary>Compares with the file in Golden. OCORE_TEST_GOLDEN=write writes it instead, for a person to review as a diff.</summary>
    public static void IsGolden(string name, string actual)
    {
        var path = PathOf("tests", "OCore.Tests", "Golden", name);
        if (Environment.GetEnvironmentVariable("OCORE_TEST_GOLDEN") == "write")
            File.WriteAllText(path, actual);
        var expected = File.Exists(path) ? File.ReadAllText(path) : "";
        if (expected == actual)
            return;
        var before = expected.Split('\n').ToHashSet();
        var after = actual.Split('\n').ToHashSet();
        Assert.Fail($"tests/OCore.Tests/Golden/{name} differs. Read the difference; if it is meant, run the test with OCORE_TEST_GOLDEN=write.\n"
            + string.Join('\n', before.Except(after).Take(40).Select(l => "- " + l).Concat(after.Except(before).Take(40).Select(l => "+ " + l))));
    }

    private static string Find()
    {
        for (var directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
            if (File.Exists(Path.Combine(directory, "OCore.slnx")))
                return directory;
        throw new InvalidOperationException("These tests run in a checkout.");
    }
}
