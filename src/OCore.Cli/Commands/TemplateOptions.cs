using System.CommandLine;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>The settings that <c>template create</c> and <c>template update</c> share.</summary>
internal sealed class TemplateOptions(bool isNew)
{
    public readonly Option<string?> Description = Opt.Text("--description", "TEXT", "What the template is for");
    public readonly Option<string?> Edition = Opt.Among("--edition", "Community (the default) or Enterprise", "ce", "ee");
    public readonly Option<int?> Workers = Opt.Int("--workers", "N", "HTTP worker processes; 0 is threaded mode");
    public readonly MapOptions Env = new("env", "A setting of odoo.conf by its upper-case name, for example PROXY_MODE=True; repeat for more", isNew);
    public readonly Option<string[]?> Modules = Opt.List("--modules", "LIST", "Modules to install, with commas between them");
    public readonly Option<bool?> Public = Opt.Switch("--public", "Visible to the agency's clients");
    public readonly Option<string?> Image = Opt.Text("--image", "IMAGE", "Container image, in place of the catalogue's");
    public readonly Option<string[]?> Addon = Opt.Repeat("--addon", "URL[#BRANCH]", "Git repository of add-ons; all of them, one option each");
    public readonly Option<string[]?> AddonKey = Opt.Settings("--addon-key", "URL=FILE", "Private key that may read that repository");
    public readonly Option<string[]?> AddonToken = Opt.Settings("--addon-token", "URL=FILE", "File with a token that may read that repository by https");
    public readonly Option<int?> Memory = Opt.Int("--memory", "MB", "Memory of each instance in megabytes");
    public readonly Option<double?> Cpus = Opt.Number("--cpus", "N", "Processor cores of each instance");
    public readonly Option<string[]?> Languages = Opt.List("--languages", "LIST", "Languages to load, for example fr_FR,de_DE");
    public readonly Option<bool?> Demo = Opt.Switch("--demo", "Load demonstration data");
    public readonly MapOptions Config = new("config", "A further key of odoo.conf by its own name; repeat for more", isNew);

    public Verb AddTo(Verb verb)
    {
        Option[] options = [Description, Edition, Workers, .. Env.All, Modules, Public, Image, Addon, AddonKey, AddonToken, Memory, Cpus, Languages, Demo, .. Config.All];
        foreach (var option in options)
            verb.Add(option);
        return verb;
    }

    public async Task<IReadOnlyList<AddonRepository>?> Addons(Call call)
    {
        var (keys, tokens) = (Opt.Pairs(call.Get(AddonKey) ?? []), Opt.Pairs(call.Get(AddonToken) ?? []));
        if (call.Get(Addon) is not { Length: > 0 } given)
            return keys.Count + tokens.Count == 0 ? null : throw new CliException(ExitCode.Usage, "--addon-key and --addon-token go with --addon.");
        List<AddonRepository> all = [];
        foreach (var text in given)
        {
            var at = text.LastIndexOf('#');
            var url = at < 0 ? text : text[..at];
            keys.Remove(url, out var file);
            tokens.Remove(url, out var secret);
            all.Add(new AddonRepository
            {
                Url = url, Branch = at < 0 ? null : text[(at + 1)..], DeployKey = file is null ? null : await Files.Text(call, file), Token = secret is null ? null : (await Files.Text(call, secret)).Trim(),
            });
        }
        return keys.Keys.Concat(tokens.Keys).FirstOrDefault() is { } other ? throw new CliException(ExitCode.Usage, $"No --addon has the address {other}.") : all;
    }
}

/// <summary><c>--set-x K=V</c> and <c>--unset-x K</c>: a map is changed key by key, the rest of it stays.</summary>
internal sealed class MapOptions(string what, string description, bool isNew = false)
{
    private readonly Option<string[]?> set = Opt.Settings($"--set-{what}", "KEY=VALUE", description);
    private readonly Option<string[]?> unset = Opt.Repeat($"--unset-{what}", "KEY", $"Take a key set by --set-{what} away");

    public IEnumerable<Option> All => isNew ? [set] : [set, unset];

    public bool Given(Call call) => call.Has(set) || call.Has(unset);

    public IReadOnlyDictionary<string, string> Over(Call call, IReadOnlyDictionary<string, string> current) =>
        Opt.Merge(current, call.Get(set), call.Get(unset));
}

/// <summary><c>--clear x</c>: back to what a setting is without a value.</summary>
/// <param name="settings">The word of the command line, and the field of the API.</param>
internal sealed class ClearOption(params (string Word, string Field)[] settings)
{
    public Option<string[]?> Option { get; } = Among([.. settings.Select(s => s.Word)]);

    public IReadOnlyCollection<string> Fields(Call call) => [.. (call.List(Option) ?? []).Select(word => settings.First(s => s.Word == word).Field)];

    private static Option<string[]?> Among(string[] words)
    {
        var option = Opt.List("--clear", string.Join('|', words), "Take this away again; repeat for more");
        option.AcceptOnlyFromAmong(words);
        return option;
    }
}
