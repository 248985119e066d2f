using System.CommandLine;

namespace OCore.Cli;

/// <summary>What cannot be undone wants its name typed.</summary>
internal static class Confirming
{
    public static void Name(Call call, Option<string?> confirm, string what, params string?[] names)
    {
        var accepted = names.OfType<string>().ToArray();
        var typed = call.Get(confirm)
            ?? call.Io.Ask($"This deletes {what} for good. Type its name ({accepted[0]}) to go on:", $"Give --confirm \"{accepted[0]}\".");
        if (!accepted.Contains(typed))
            throw new CliException(ExitCode.Usage, $"'{typed}' is not its name: nothing was deleted.", $"Its name is {accepted[0]}.");
    }
}
