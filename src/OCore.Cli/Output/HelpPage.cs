using System.CommandLine;
using System.CommandLine.Invocation;

namespace OCore.Cli.Output;

/// <summary>Help in our own words: what it does, how to write it, examples. The options that all share come last.</summary>
internal sealed class HelpPage : SynchronousCommandLineAction
{
    public override bool Terminating => true;
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.CommandResult.Command, parseResult.InvocationConfiguration.Output);
        return ExitCode.Ok;
    }

    public static void Write(Command command, TextWriter to)
    {
        to.WriteLine(command.Description);
        to.WriteLine();
        to.WriteLine("Usage:");
        to.WriteLine($"  {Usage(command)}");
        Section(to, "Commands", command.Subcommands.Where(c => !c.Hidden).Select(c => (c.Name, c.Description ?? "")));
        Section(to, "Arguments", command.Arguments.Where(a => !a.Hidden).Select(a => (ArgumentName(a), a.Description ?? "")));
        Section(to, "Options", OwnOptions(command).Select(OptionRow));
        Section(to, "Shared options", CommandLine.SharedOptions.Select(OptionRow).Append(("-h, --help", "Show help")));
        if (command is RootCommand)
            Foot(to);
        if (command is Verb { Examples.Count: > 0 } verb)
        {
            to.WriteLine();
            to.WriteLine("Examples:");
            foreach (var example in verb.Examples)
                to.WriteLine($"  {example}");
        }
    }

    public static string PathOf(Command command) => command is RootCommand ? "ocore" : $"{PathOf(command.Parents.OfType<Command>().First())} {command.Name}";

    public static string Usage(Command command)
    {
        List<string> words = [PathOf(command)];
        if (command.Subcommands.Any(c => !c.Hidden))
            words.Add("COMMAND");
        words.AddRange(command.Arguments.Select(ArgumentName));
        words.AddRange(OwnOptions(command).Where(o => o.Required).Select(o => $"{o.Name} {ValueName(o)}"));
        if (OwnOptions(command).Any(o => !o.Required))
            words.Add("[options]");
        return string.Join(' ', words);
    }

    public static IEnumerable<Option> OwnOptions(Command command) => command is RootCommand ? [] : command.Options.Where(o => !o.Hidden && !o.Recursive);

    public static string ArgumentName(Argument argument)
    {
        var name = argument.Name;
        if (argument.Arity.MaximumNumberOfValues > 1)
            name += "...";
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    public static (string Names, string Text) OptionRow(Option option)
    {
        var names = string.Join(", ", option.Aliases.Where(a => a.Length == 2).Append(option.Name));
        return ($"{names} {ValueName(option)}".TrimEnd(), option.Description + (option.Required ? " (required)" : ""));
    }

    private static string ValueName(Option option) => option.ValueType == typeof(bool) ? "" : option.HelpName ?? "VALUE";

    private static void Section(TextWriter to, string title, IEnumerable<(string Name, string Text)> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0)
            return;
        to.WriteLine();
        to.WriteLine($"{title}:");
        var width = Math.Min(all.Max(r => r.Name.Length), 34);
        foreach (var (name, text) in all)
            to.WriteLine($"  {name.PadRight(width)}  {text}");
    }

    private static void Foot(TextWriter to)
    {
        Section(to, "Environment",
        [
            ("OCORE_URL", "Address of the installation, over the context's"),
            ("OCORE_TOKEN", "API key or access token, over the context's"),
            ("OCORE_ORG", "Organization to act in, over the context's"),
        ]);
        Section(to, "Exit codes", ExitCode.All.Select(e => (e.Code.ToString(), e.Meaning)));
    }
}
