namespace OCore.Features.Plans;

/// <summary>What a plan can include. A self-hosted installation starts with all of them.</summary>
internal static class PlanFeatures
{
    public const string Agency = "agency", Topologies = "topologies", Templates = "templates", WhiteLabel = "white_label", Backups = "backups";
    public static readonly IReadOnlyList<string> All = [Agency, Topologies, Templates, WhiteLabel, Backups];
}
