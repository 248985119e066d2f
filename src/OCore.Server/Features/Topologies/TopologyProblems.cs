using OCore.Platform.Http;

namespace OCore.Features.Topologies;

internal static class TopologyProblems
{
    /// <summary>Somebody else's server and none at all are one answer.</summary>
    public static Problem ServerNotFound(string field) => Problem.Field(field, "There is no such server that you may use.", "server_not_found") with { Status = 404 };

    public static Problem UnknownBlueprint(string keys) => Problem.Field("blueprint", $"There is no such blueprint. There are {keys}.", "blueprint_not_found") with { Status = 404 };

    public static readonly Problem BlueprintOrDrawing = Problem.Field("blueprint", "Give topologyData or a blueprint, not both.");

    public static Problem ChangeDoesNotFit(int index, string why) => new(409, "change_does_not_fit", $"changes[{index}]: {why}", "Validate again: the drawing has changed since this fix was made.")
    { Errors = new Dictionary<string, string[]> { [$"changes[{index}]"] = [why] } };

    public static readonly Problem ChangedMeanwhile = new(409, "changed_meanwhile", "Somebody changed this topology in the meantime.", "Load it again and repeat the change.")
    { Errors = new Dictionary<string, string[]> { ["version"] = ["It is not the newest."] } };
}
