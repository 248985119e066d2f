using System.Text.RegularExpressions;
using OCore.Client;
using OCore.Platform.Http;

namespace OCore.Features.Topologies;

internal static partial class TopologyProblems
{
    [GeneratedRegex(TopologyLimits.Id)]
    private static partial Regex NodeId();

    /// <summary>Null where all of them could be ids of nodes.</summary>
    public static Problem? NoNodeIds(string field, IReadOnlyList<string>? ids) =>
        ids?.Any(i => !NodeId().IsMatch(i)) == true ? Problem.Field(field, "Each has to be the id of a node.") : null;

    /// <summary>Somebody else's server and none at all are one answer.</summary>
    public static Problem ServerNotFound(string field) => Problem.Field(field, "There is no such server that you may use.", "server_not_found") with { Status = 404 };

    public static Problem UnknownBlueprint(string keys) => Problem.Field("blueprint", $"There is no such blueprint. There are {keys}.", "blueprint_not_found") with { Status = 404 };

    public static readonly Problem BlueprintOrDrawing = Problem.Field("blueprint", "Give topologyData or a blueprint, not both.");

    public static Problem ChangeDoesNotFit(int index, string why) => new(409, "change_does_not_fit", $"changes[{index}]: {why}", "Validate again: the drawing has changed since this fix was made.")
    { Errors = new Dictionary<string, string[]> { [$"changes[{index}]"] = [why] } };

    public static readonly Problem IsDeployed = new(409, "topology_deployed", "This topology runs.", "Destroy it first: a plan with destroy, and its deployment.");

    public static Problem Invalid(IReadOnlyList<TopologyFinding> findings) => new(409, "topology_invalid", $"{findings.Count} rules keep this topology from being deployed: {string.Join(" ", findings.Take(5).Select(f => $"{f.Code}: {f.Message}"))}", "POST …/validate gives each with its fix.")
    { Errors = findings.GroupBy(f => f.Code).ToDictionary(g => g.Key, g => g.Select(f => f.Message).ToArray()) };

    public static Problem NotBuilt(IReadOnlyDictionary<string, string> why) => new(409, "not_deployable", $"This cannot be deployed: {string.Join(" ", why.Select(w => $"{w.Key}: {w.Value}"))}", "Change the drawing, and plan again.")
    { Errors = why.ToDictionary(w => w.Key, w => new[] { w.Value }) };

    public static readonly Problem PlanStale = new(409, "plan_stale", "What this plan was made from has changed since.", "Plan again, and look at what is different.");
    public static readonly Problem PlanUnknown = Problem.Field("planHash", "There is no such plan of this topology.", "plan_not_found") with { Status = 404 };
    public static readonly Problem NothingToDo = new(409, "nothing_to_do", "Everything runs as the plan has it.");
    public static readonly Problem NothingToRepair = new(409, "nothing_to_repair", "Nothing differs from what was deployed, as it was seen last.", "POST …/nodes/{nodeId}/status looks now; name the nodes to have them looked at and put right.");
    public static readonly Problem CannotLead = new(409, "cannot_lead", "Only a PostgreSQL of a topology with fail-over can be made to lead.", "Choose a PostgreSQL node; deploy with pgFailoverEnabled.");
    public static readonly Problem NotDeployed = new(409, "not_deployed", "This topology does not run.", "Plan it, and deploy the plan.");
    public static Problem ConfirmByName(string name) => Problem.Field("confirm", $"Data is lost by this. Type the topology's name, {name}, to confirm.", "confirm_by_name") with { Status = 409 };
    public static Problem CredentialMissing(string node, string name) => new(409, "credential_missing", $"{node} names the credential {name}, which this topology does not have.", "PUT /api/topologies/{id}/credentials/{name} with accessKey and secretKey.");

    public static readonly Problem ProbeRunning = new(409, "probe_running", "The servers of this topology are being looked at already.", "Wait for that to end, and ask again.");
    public static readonly Problem ProbeBusy = new(409, "topology_busy", "An operation works on this topology: a look at its servers would stand in its way.", "Wait for the operation to end, and ask again.");

    public static readonly Problem ChangedMeanwhile = new(409, "changed_meanwhile", "Somebody changed this topology in the meantime.", "Load it again and repeat the change.")
    { Errors = new Dictionary<string, string[]> { ["version"] = ["It is not the newest."] } };
}
