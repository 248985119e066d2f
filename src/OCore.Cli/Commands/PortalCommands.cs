using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>What clients can see and use in their portals.</summary>
internal static class PortalCommands
{
    public static Command Config() => new("portal-config", "What clients can see and use in their portals") { Show(), Update() };

    private static Route PathOf(Call call, Option<string?> client) => call.Get(client) is { } one ? $"/agency/clients/{one}/portal-config" : (Route)$"/agency/portal-config";

    private static Verb Show()
    {
        var client = BrandingCommands.Client();
        return new Verb("show", "Show the switches, and what is inherited") { client }
            .Calls("GET /agency/portal-config", "GET /agency/clients/{id}/portal-config")
            .Runs(call => call.Show(PathOf(call, client), Views.PortalConfig));
    }

    private static Verb Update()
    {
        var client = BrandingCommands.Client();
        var (terminal, files, shell) = (Opt.Switch("--feature-terminal", "Web terminal"), Opt.Switch("--feature-file-editor", "File editor"), Opt.Switch("--feature-odoo-shell", "Odoo shell"));
        var (monitoring, backups, domains) = (Opt.Switch("--feature-monitoring", "Monitoring"), Opt.Switch("--feature-backups", "Backups"), Opt.Switch("--feature-domains", "Domains"));
        var (logs, databases, team) = (Opt.Switch("--feature-logs", "Logs"), Opt.Switch("--feature-databases", "Databases"), Opt.Switch("--team-management-enabled", "Managing their own team"));
        var servers = Opt.Among("--infrastructure-visibility", "How much of the servers they see", "full", "limited", "none");
        return new Verb("update", "Change what clients can see and use; what is not given stays") { client, terminal, files, shell, monitoring, backups, domains, logs, databases, team, servers }
            .Calls("PUT /agency/portal-config", "PUT /agency/clients/{id}/portal-config")
            .Example("ocore agency portal-config update --feature-odoo-shell false --infrastructure-visibility limited")
            .Runs(call =>
            {
                var body = new UpdatePortalConfig();
                Take(terminal, v => body.FeatureTerminal = v);
                Take(files, v => body.FeatureFileEditor = v);
                Take(shell, v => body.FeatureOdooShell = v);
                Take(monitoring, v => body.FeatureMonitoring = v);
                Take(backups, v => body.FeatureBackups = v);
                Take(domains, v => body.FeatureDomains = v);
                Take(logs, v => body.FeatureLogs = v);
                Take(databases, v => body.FeatureDatabases = v);
                Take(team, v => body.TeamManagementEnabled = v);
                if (call.Get(servers) is { } visibility)
                    body.InfrastructureVisibility = Enum.Parse<InfrastructureVisibility>(visibility, ignoreCase: true);
                return call.Send(HttpMethod.Put, PathOf(call, client), body, Views.PortalConfig);

                void Take(Option<bool?> option, Action<bool> set)
                {
                    if (call.Has(option))
                        set(call.Get(option) ?? true);
                }
            });
    }

    /// <summary>What anybody sees at the installation's address.</summary>
    public static Verb Portal() => new Verb("portal", "Show what the address in use shows before sign-in: the platform, or a portal and its brand")
        .Calls("GET /portal")
        .Runs(call => call.Show($"/portal", Views.Portal));

    public static Verb ViewAs()
    {
        var client = Opt.Arg("CLIENT", "Id or slug");
        var changes = Opt.Flag("--allow-changes", "Act as well, not only look");
        return new Verb("view-as", "Get a token to look at a client's portal as its people do (header X-OCore-View); audited") { client, changes }
            .Calls("POST /agency/clients/{id}/view-as")
            .Runs(call => call.Send(HttpMethod.Post, $"/agency/clients/{call.Get(client)}/view-as", new ViewAsClient { AllowChanges = call.Get(changes) ? true : null }, Views.Viewing));
    }
}
