using System.CommandLine;
using OCore.Cli.Output;

namespace OCore.Cli.Commands;

/// <summary>Commands about the command line itself.</summary>
internal static class ToolCommands
{
    public static Command Completion() => new("completion", "Scripts that let a shell complete commands")
    {
        Script("bash", CompletionScripts.Bash, "eval \"$(ocore completion bash)\""),
        Script("zsh", CompletionScripts.Zsh, "eval \"$(ocore completion zsh)\""),
        Script("fish", CompletionScripts.Fish, "ocore completion fish > ~/.config/fish/completions/ocore.fish"),
    };

    public static Command VersionVerb() => Print("version", "Show the version of the command line", call => call.Line($"ocore {CommandLine.Version}"));

    /// <summary>Writes docs/reference/cli.md.</summary>
    public static Command Docs()
    {
        var docs = new Verb("docs", "Print the reference of all commands as Markdown") { Hidden = true };
        return docs.Runs(call =>
        {
            Reference.Write(docs.Parents.OfType<RootCommand>().First(), call.Io.Out);
            return Task.FromResult(ExitCode.Ok);
        });
    }

    private static Verb Script(string shell, string text, string example) =>
        Print(shell, $"Completion for {shell}", printer => printer.Line(text)).Example(example);

    private static Verb Print(string name, string description, Action<Printer> print) => new Verb(name, description).Runs(call =>
    {
        print(call.Out);
        return Task.FromResult(ExitCode.Ok);
    });
}
