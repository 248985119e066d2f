using OCore.Client;

namespace OCore.Platform.Security;

/// <summary>What an agency can switch off for the people of its clients, by the name of the setting.</summary>
internal static class PortalFeatures
{
    public const string Terminal = "featureTerminal", FileEditor = "featureFileEditor", OdooShell = "featureOdooShell", Monitoring = "featureMonitoring",
        Backups = "featureBackups", Domains = "featureDomains", Logs = "featureLogs", Databases = "featureDatabases", Team = "teamManagementEnabled";

    /// <summary>As sentences name them.</summary>
    public static readonly IReadOnlyDictionary<string, string> Names = new Dictionary<string, string>
    {
        [Terminal] = "the terminal", [FileEditor] = "the file editor", [OdooShell] = "the Odoo shell", [Monitoring] = "monitoring", [Backups] = "backups",
        [Domains] = "domains", [Logs] = "logs", [Databases] = "databases", [Team] = "managing the team",
    };
}

/// <summary>The switches that bind a caller. Nobody but a client's people, and whoever looks as one, has any.</summary>
internal sealed record PortalSwitches(PortalConfigValues Values)
{
    public InfrastructureVisibility Infrastructure => Values.InfrastructureVisibility;

    public bool Allows(string feature) => feature switch
    {
        PortalFeatures.Terminal => Values.FeatureTerminal,
        PortalFeatures.FileEditor => Values.FeatureFileEditor,
        PortalFeatures.OdooShell => Values.FeatureOdooShell,
        PortalFeatures.Monitoring => Values.FeatureMonitoring,
        PortalFeatures.Backups => Values.FeatureBackups,
        PortalFeatures.Domains => Values.FeatureDomains,
        PortalFeatures.Logs => Values.FeatureLogs,
        PortalFeatures.Databases => Values.FeatureDatabases,
        PortalFeatures.Team => Values.TeamManagementEnabled,
        _ => throw new ArgumentException($"{feature} is no switch of a portal."),
    };
}
