using System.CommandLine;

namespace OCore.Cli.Output;

/// <summary>The whole reference as Markdown, from the same tree that parses.</summary>
internal static class Reference
{
    public static void Write(Command root, TextWriter to)
    {
        to.WriteLine("# ocore: command reference");
        to.WriteLine();
        to.WriteLine("Written by `ocore docs`. Do not edit.");
        to.WriteLine();
        to.WriteLine(root.Description);
        Table(to, "Options that all commands share", ["Option", "Meaning"], CommandLine.SharedOptions.Select(o => Row(HelpPage.OptionRow(o))));
        Table(to, "Exit codes", ["Code", "Meaning"], ExitCode.All.Select(e => new[] { e.Code.ToString(), e.Meaning }));
        foreach (var command in root.Subcommands.Where(c => !c.Hidden))
        {
            to.WriteLine();
            to.WriteLine($"## ocore {command.Name}");
            Body(command, to);
        }
    }

    private static void Body(Command command, TextWriter to)
    {
        to.WriteLine();
        to.WriteLine(Cell(command.Description ?? ""));
        foreach (var child in command.Subcommands.Where(c => !c.Hidden))
        {
            to.WriteLine();
            to.WriteLine($"### {HelpPage.PathOf(child)}");
            Body(child, to);
        }
        if (command is not Verb verb)
            return;
        to.WriteLine();
        to.WriteLine($"`{HelpPage.Usage(verb)}`");
        Table(to, null, ["Argument", "Meaning"], verb.Arguments.Select(a => new[] { $"`{HelpPage.ArgumentName(a)}`", Cell(a.Description ?? "") }));
        Table(to, null, ["Option", "Meaning"], HelpPage.OwnOptions(verb).Select(o => Row(HelpPage.OptionRow(o))));
        if (verb.Operations.Count > 0)
        {
            to.WriteLine();
            to.WriteLine($"API: {string.Join(", ", verb.Operations.Select(o => $"`{o}`"))}");
        }
        if (verb.Examples.Count == 0)
            return;
        to.WriteLine();
        to.WriteLine("```sh");
        foreach (var example in verb.Examples)
            to.WriteLine(example);
        to.WriteLine("```");
    }

    private static string[] Row((string Names, string Text) option) => [$"`{Cell(option.Names)}`", Cell(option.Text)];

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static void Table(TextWriter to, string? title, string[] heads, IEnumerable<string[]> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0)
            return;
        to.WriteLine();
        if (title is not null)
        {
            to.WriteLine($"## {title}");
            to.WriteLine();
        }
        to.WriteLine($"| {string.Join(" | ", heads)} |");
        to.WriteLine($"|{string.Concat(heads.Select(_ => " --- |"))}");
        foreach (var row in all)
            to.WriteLine($"| {string.Join(" | ", row)} |");
    }
}
