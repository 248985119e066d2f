using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text;
using OCore.Cli;

namespace OCore.Tests.Cli;

/// <summary>Help is part of the contract. After a wanted change: <c>UPDATE_GOLDEN=1 dotnet test --filter HelpTests</c>.</summary>
[Collection("cli")]
public sealed class HelpTests
{
    public static TheoryData<string> Nouns()
    {
        var data = new TheoryData<string>();
        foreach (var noun in CommandLine.Root().Subcommands.Where(c => !c.Hidden))
            data.Add(noun.Name);
        return data;
    }

    [Fact]
    public Task Root() => Check("ocore", []);

    [Theory, MemberData(nameof(Nouns))]
    public Task Help_of_a_noun_is_as_reviewed(string noun) => Check(noun, [noun]);

    [Fact]
    public void No_reviewed_help_is_left_over()
    {
        var nouns = CommandLine.Root().Subcommands.Where(c => !c.Hidden).Select(c => c.Name).Append("ocore");
        Assert.Equal(nouns.Order(), Directory.GetFiles(Folder(), "*.txt").Select(Path.GetFileNameWithoutExtension).Order());
    }

    [Fact]
    public async Task The_reference_names_every_verb()
    {
        using var typist = new Typist();
        var reference = (await typist.Run("docs")).Out;
        foreach (var verb in Verbs(CommandLine.Root(), []))
            Assert.Contains($"ocore {string.Join(' ', verb.Path)}", reference);
    }

    [Fact]
    public async Task Shells_are_told_what_may_come_next()
    {
        using var typist = new Typist();
        const string line = "ocore agency client ";
        var replies = (await typist.Run($"[suggest:{line.Length}]", line)).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(r => r.Trim());
        Assert.Superset(new HashSet<string> { "create", "delete", "list", "resume", "show", "suspend", "update" }, replies.ToHashSet());
    }

    internal static IEnumerable<(Verb Verb, string[] Path)> Verbs(Command command, string[] path)
    {
        foreach (var child in command.Subcommands.Where(c => !c.Hidden))
        {
            string[] here = [.. path, child.Name];
            if (child is Verb verb)
                yield return (verb, here);
            foreach (var inner in Verbs(child, here))
                yield return inner;
        }
    }

    private static async Task Check(string name, string[] path)
    {
        var text = new StringBuilder();
        await Append(text, path);
        if (path.Length > 0)
            foreach (var command in Below(CommandLine.Root().Subcommands.Single(c => c.Name == path[0]), path))
                await Append(text, command);
        var file = Path.Combine(Folder(), name + ".txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") is { Length: > 0 })
            await File.WriteAllTextAsync(file, text.ToString());
        Assert.True(File.Exists(file), $"{file} was not reviewed yet.");
        Assert.Equal(await File.ReadAllTextAsync(file), text.ToString());
    }

    private static IEnumerable<string[]> Below(Command command, string[] path) =>
        command.Subcommands.Where(c => !c.Hidden).SelectMany(c => Below(c, [.. path, c.Name]).Prepend([.. path, c.Name]));

    private static async Task Append(StringBuilder text, string[] path)
    {
        using var typist = new Typist();
        var ran = await typist.Run([.. path, "--help"]);
        Assert.Equal((0, ""), (ran.ExitCode, ran.Err));
        text.Append("$ ocore ").Append(string.Join(' ', [.. path, "--help"])).Append('\n').Append(ran.Out).Append('\n');
    }

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Golden");
}
