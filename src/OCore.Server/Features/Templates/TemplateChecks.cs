using System.Text.RegularExpressions;
using OCore.Client;
using OCore.Platform.Http;
using OCore.Platform.Remote;

namespace OCore.Features.Templates;

/// <summary>The rules of a template, each a sentence to whoever broke it.</summary>
internal static partial class TemplateChecks
{
    /// <param name="env">As it was given, where it was; the template holds it sealed.</param>
    /// <param name="config">The same.</param>
    public static Problem? Check(Template template, OdooCatalog catalog, IReadOnlyDictionary<string, string>? env, IReadOnlyDictionary<string, string>? config)
    {
        if (template.Image is null && catalog.Find(template.OdooVersion) is null)
            return TemplateProblems.VersionNotSupported(template.OdooVersion, catalog.Versions);
        if (template.ModuleList.Find(m => !Module().IsMatch(m)) is { } module)
            return Problem.Field("moduleList", $"{Printable(module)} is no name of an Odoo module: lower case letters, digits and underscores.");
        if (CheckLanguages(template.Languages) is { } language)
            return language;
        if (template.Image is { } image && !ImageRef.TryParse(image, out _))
            return Problem.Field("image", "This is no name of a Docker image, such as odoo:18.0.");
        if (template.Repositories.Find(r => !GitUrl.TryParse(r.Url, out _)) is { } repository)
            return Problem.Field("addonRepositories", $"{Printable(repository.Url)} is no https or ssh address of a Git repository.");
        if (template.Repositories.Find(r => r.Branch is { } b && !GitRef.TryParse(b, out _)) is { } branch)
            return Problem.Field("addonRepositories", $"{Printable(branch.Branch!)} is no name of a branch.");
        return OdooSettings.Check("defaultEnvVars", env, upperCase: true) ?? OdooSettings.Check("config", config, upperCase: false);
    }

    /// <summary>What a public template sets gets into the instances of clients, who can read it there. It is looked at as the template holds it.</summary>
    public static Problem? CheckOffer(Template template) => !template.IsPublic ? null
        : template.DefaultEnvVars.Keys.FirstOrDefault(OdooSettings.IsSecret) is { } variable ? TemplateProblems.SecretIsPublic("defaultEnvVars", variable)
        : template.Config.Keys.FirstOrDefault(OdooSettings.IsSecret) is { } key ? TemplateProblems.SecretIsPublic("config", key) : null;

    public static Problem? CheckLanguages(IEnumerable<string> languages) => languages.FirstOrDefault(l => !Language().IsMatch(l)) is { } language
        ? Problem.Field("languages", $"{Printable(language)} is no language code such as fr_FR.") : null;

    private static string Printable(string text) => string.Concat(text.Take(80).Select(c => char.IsControl(c) ? '·' : c));

    [GeneratedRegex(Patterns.Module)]
    private static partial Regex Module();

    [GeneratedRegex(Patterns.Language)]
    private static partial Regex Language();
}
