using System.CommandLine;

namespace OCore.Cli;

/// <summary>What cannot be undone wants its name typed.</summary>
internal static class Confirming
{
    public static void Name(Call call, Option<string?> confirm, string what, params string?[] names) =>
        Typed(call, confirm, $"This deletes {what} for good. Type its name", "nothing was deleted", names);

    /// <param name="ask">What happens, and what to type.</param>
    /// <param name="spared">What did not happen where something else is typed.</param>
    public static void Typed(Call call, Option<string?> confirm, string ask, string spared, params string?[] names)
    {
        var accepted = names.OfType<string>().ToArray();
        var typed = call.Get(confirm) ?? call.Io.Ask($"{ask} ({accepted[0]}) to go on:", $"Give --confirm \"{accepted[0]}\".");
        if (!accepted.Contains(typed))
            throw new CliException(ExitCode.Usage, $"'{typed}' is not its name: {spared}.", $"Its name is {accepted[0]}.");
    }
}
