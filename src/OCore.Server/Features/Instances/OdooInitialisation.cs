using System.Text.Json;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Instances;

/// <summary>Odoo makes an empty database its own, where there is no initialised one to clone: in the PostgreSQL of a topology.</summary>
internal static class OdooInitialisation
{
    private const string Purpose = "install";

    /// <summary>Where it runs; one that an oCore left behind when it was killed goes on, and the same call waits for its end.</summary>
    public static DockerName ContainerOf(InstanceOnServer on) => DockerName.Parse($"ocore-{Purpose}-{on.Instance.Slug}");

    /// <exception cref="StepRefusedException"><c>initialisation_failed</c>, or <c>unknown_modules</c>: Odoo itself only warns of names it does not know.</exception>
    public static async Task RunAsync(InstanceOnServer on, IReadOnlyList<string> modules, IReadOnlyList<string> languages, bool demo, Action<string> log, CancellationToken stop)
    {
        log($"Initialising Odoo {on.Instance.OdooVersion} with {string.Join(", ", modules.DefaultIfEmpty("base"))}");
        List<string> arguments = ["-d", on.Plan.Database, "-i", string.Join(',', (string[])["base", .. modules])];
        if (languages.Count > 0)
            arguments.Add("--load-language=" + string.Join(',', languages));
        if (on.Plan.Major < 19 && !demo)
            arguments.Add("--without-demo=all");
        else if (on.Plan.Major >= 19 && demo)
            arguments.Add("--with-demo");
        var result = await InstanceHost.RunOdooAsync(on, Purpose, arguments, log, stop);
        if (!result.Ok)
            throw new StepRefusedException("initialisation_failed", $"Odoo could not initialise the database (exit code {result.ExitCode}): {OdooOutput.Complaint(result.Tail)}", "The operation's log has Odoo's own output.");
        var installed = JsonSerializer.Deserialize<HashSet<string>>(await on.SqlAsync(on.Plan.Database, OdooSql.ModulesInState, new Dictionary<string, string>(), stop)) ?? [];
        if (modules.Where(m => !installed.Contains(m)).ToList() is { Count: > 0 } missing)
            throw new StepRefusedException("unknown_modules", $"This Odoo has no module {string.Join(", ", missing)}.", "Correct the list of modules.");
        if (demo)
            await on.SqlAsync(on.Plan.Database, OdooSql.CloseDemoAccounts, new Dictionary<string, string>(), stop);
    }
}
