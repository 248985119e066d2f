using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Features.Portal;

/// <summary>
/// What an organization sets of its portal: an agency for all its clients, or for one of them, whose row it is then. Null is
/// "not set here": the agency's applies, and without one the default.
/// </summary>
internal sealed class PortalConfig : IAgencyShared, IAudited, IAffectsAccess
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public bool? FeatureTerminal { get; set; }
    public bool? FeatureFileEditor { get; set; }
    public bool? FeatureOdooShell { get; set; }
    public bool? FeatureMonitoring { get; set; }
    public bool? FeatureBackups { get; set; }
    public bool? FeatureDomains { get; set; }
    public bool? FeatureLogs { get; set; }
    public bool? FeatureDatabases { get; set; }
    public bool? TeamManagementEnabled { get; set; }
    public InfrastructureVisibility? InfrastructureVisibility { get; set; }
    [NotAudited] public DateTimeOffset UpdatedAt { get; set; }

    string IAudited.AuditNoun => "portal_config";
    string IAudited.AuditName => "Portal settings";

    /// <summary>Everything on and everything shown, as the documentation says.</summary>
    public static readonly PortalConfigValues Defaults = new()
    {
        FeatureTerminal = true, FeatureFileEditor = true, FeatureOdooShell = true, FeatureMonitoring = true, FeatureBackups = true, FeatureDomains = true,
        FeatureLogs = true, FeatureDatabases = true, TeamManagementEnabled = true, InfrastructureVisibility = Client.InfrastructureVisibility.Full,
    };

    /// <summary>What is set here over what is inherited.</summary>
    public static PortalConfigValues Over(PortalConfig? own, PortalConfigValues inherited) => own is null ? inherited : new PortalConfigValues
    {
        FeatureTerminal = own.FeatureTerminal ?? inherited.FeatureTerminal,
        FeatureFileEditor = own.FeatureFileEditor ?? inherited.FeatureFileEditor,
        FeatureOdooShell = own.FeatureOdooShell ?? inherited.FeatureOdooShell,
        FeatureMonitoring = own.FeatureMonitoring ?? inherited.FeatureMonitoring,
        FeatureBackups = own.FeatureBackups ?? inherited.FeatureBackups,
        FeatureDomains = own.FeatureDomains ?? inherited.FeatureDomains,
        FeatureLogs = own.FeatureLogs ?? inherited.FeatureLogs,
        FeatureDatabases = own.FeatureDatabases ?? inherited.FeatureDatabases,
        TeamManagementEnabled = own.TeamManagementEnabled ?? inherited.TeamManagementEnabled,
        InfrastructureVisibility = own.InfrastructureVisibility ?? inherited.InfrastructureVisibility,
    };

    public void Take(UpdatePortalConfig request)
    {
        FeatureTerminal = request.Or(request.FeatureTerminal, FeatureTerminal);
        FeatureFileEditor = request.Or(request.FeatureFileEditor, FeatureFileEditor);
        FeatureOdooShell = request.Or(request.FeatureOdooShell, FeatureOdooShell);
        FeatureMonitoring = request.Or(request.FeatureMonitoring, FeatureMonitoring);
        FeatureBackups = request.Or(request.FeatureBackups, FeatureBackups);
        FeatureDomains = request.Or(request.FeatureDomains, FeatureDomains);
        FeatureLogs = request.Or(request.FeatureLogs, FeatureLogs);
        FeatureDatabases = request.Or(request.FeatureDatabases, FeatureDatabases);
        TeamManagementEnabled = request.Or(request.TeamManagementEnabled, TeamManagementEnabled);
        InfrastructureVisibility = request.Or(request.InfrastructureVisibility, InfrastructureVisibility);
    }

    public IReadOnlyList<string> Overridden =>
    [
        .. new (string Name, object? Value)[]
        {
            ("featureTerminal", FeatureTerminal), ("featureFileEditor", FeatureFileEditor), ("featureOdooShell", FeatureOdooShell), ("featureMonitoring", FeatureMonitoring),
            ("featureBackups", FeatureBackups), ("featureDomains", FeatureDomains), ("featureLogs", FeatureLogs), ("featureDatabases", FeatureDatabases),
            ("teamManagementEnabled", TeamManagementEnabled), ("infrastructureVisibility", InfrastructureVisibility),
        }.Where(s => s.Value is not null).Select(s => s.Name),
    ];
}

internal sealed class PortalConfigMapping : IEntityTypeConfiguration<PortalConfig>
{
    public void Configure(EntityTypeBuilder<PortalConfig> entity)
    {
        entity.ToTable("PortalConfigs");
        entity.HasIndex(c => c.OrgId).IsUnique();
        entity.Ignore(c => c.Overridden);
    }
}
