using System.CommandLine;

namespace OCore.Cli;

/// <summary>Options and arguments, each in one line where it is used.</summary>
internal static class Opt
{
    public static Option<string?> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    public static Option<string?> Need(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description, Required = true };

    public static Option<string?> Among(string name, string description, params string[] words)
    {
        var option = new Option<string?>(name) { HelpName = string.Join('|', words), Description = description };
        option.AcceptOnlyFromAmong(words);
        return option;
    }

    public static Option<int?> Int(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    public static Option<double?> Number(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    /// <summary>Yes, no, or not said: <c>--public</c>, <c>--public false</c>.</summary>
    public static Option<bool?> Switch(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.ZeroOrOne, HelpName = "true|false" };

    /// <summary>May be repeated, and takes several with commas between them.</summary>
    public static Option<string[]?> List(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };

    /// <summary>May be repeated; the value is taken as it is.</summary>
    public static Option<string[]?> Repeat(string name, string value, string description) => List(name, value, description);

    /// <summary>Like <see cref="Repeat"/>, of <c>KEY=VALUE</c>.</summary>
    public static Option<string[]?> Settings(string name, string value, string description)
    {
        var option = Repeat(name, value, description);
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => t.Value.IndexOf('=', StringComparison.Ordinal) <= 0))
                result.AddError($"'{token.Value}' is not a setting: write {name} {value}.");
        });
        return option;
    }

    public static Argument<string> Arg(string name, string description) => new(name) { Description = description };

    public static Argument<string[]> Args(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.OneOrMore };

    public static Argument<string?> Maybe(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.ZeroOrOne };

    public static Option<string?> Confirm(string noun) =>
        Text("--confirm", "NAME", $"The name of the {noun}, in place of typing it when asked");

    public static Option<bool> PasswordStdin(string what) =>
        Flag("--password-stdin", $"Read {what} from the first line of standard input");

    /// <summary><c>K=V</c> pairs into a map; the last of a key counts.</summary>
    public static Dictionary<string, string> Pairs(IEnumerable<string> pairs)
    {
        var map = new Dictionary<string, string>();
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            map[pair[..at]] = pair[(at + 1)..];
        }
        return map;
    }

    /// <summary>A map that is changed and not replaced: what was there, with some set and some taken away.</summary>
    public static IReadOnlyDictionary<string, string> Merge(
        IReadOnlyDictionary<string, string> current, IEnumerable<string>? set, IEnumerable<string>? unset)
    {
        var map = new Dictionary<string, string>(current);
        foreach (var (key, value) in Pairs(set ?? []))
            map[key] = value;
        foreach (var key in unset ?? [])
            map.Remove(key);
        return map;
    }
}
