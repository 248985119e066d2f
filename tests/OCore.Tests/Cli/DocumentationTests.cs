using System.CommandLine.Parsing;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using OCore.Cli;

namespace OCore.Tests.Cli;

/// <summary>A command that is printed somewhere can be typed.</summary>
[Collection("cli")]
public sealed partial class DocumentationTests
{
    public static TheoryData<string> Lines()
    {
        var data = new TheoryData<string>();
        var examples = HelpTests.Verbs(CommandLine.Root(), []).SelectMany(v => v.Verb.Examples).SelectMany(Typed);
        foreach (var line in Pages().SelectMany(Commands).Concat(examples).Distinct())
            data.Add(line);
        return data;
    }

    [Theory, MemberData(nameof(Lines))]
    public void A_printed_command_parses(string line) =>
        Assert.Empty(CommandLine.Root().Parse([.. CommandLineParser.SplitCommandLine(line).Skip(1)]).Errors.Select(e => e.Message));

    private static IEnumerable<string> Pages()
    {
        var root = Path.GetFullPath(Path.Combine(Here(), "../../.."));
        return Directory.GetFiles(root, "README.md").Concat(Directory.GetFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories));
    }

    private static IEnumerable<string> Commands(string page) =>
        Fence().Matches(File.ReadAllText(page)).SelectMany(fence => fence.Groups[1].Value.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')).SelectMany(Typed);

    /// <summary>The command in a line of shell, without comment, redirection and pipe; none where the line is of another program.</summary>
    private static IEnumerable<string> Typed(string line) =>
        line.StartsWith("ocore ", StringComparison.Ordinal) && !line.Contains("COMMAND", StringComparison.Ordinal) ? [Tail().Replace(line, "").Trim()] : [];

    private static string Here([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;

    [GeneratedRegex("```(?:sh|bash|console)?\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\s(#\s|[<>|]\s?).*$")]
    private static partial Regex Tail();
}
