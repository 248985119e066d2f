using OCore.Client;
using OCore.Platform.Http;

namespace OCore.Features.Instances;

internal static class InstanceProblems
{
    public static Problem NotNow(Instance instance) => new(409, instance.Status == InstanceStatus.Suspended ? "client_suspended" : "not_now", $"{instance.Name} is {WireWord.Of(instance.Status)}.", instance.Status switch
    {
        InstanceStatus.Suspended => "Its client is suspended; resume the client first.",
        InstanceStatus.Removing => "It is being deleted.",
        _ => "Wait until its operation has ended.",
    });

    public static readonly Problem AlreadyShown = new(409, "already_shown", "The administrator's first password was shown already.", "Reset it to get a new one.");

    public static readonly Problem PartOfTopology = new(409, "part_of_topology", "A topology carries this instance.", "Destroy the topology: its instance goes with it.");

    public static readonly Problem DrawnInTopology = new(409, "drawn_in_topology", "A topology carries this instance: workers, memory and processors are those of its Odoo nodes.", "Change it in the topology's drawing.");

    public static readonly Problem NotRunning = new(409, "not_running", "The instance is not running.", "Start it first.");

    public static Problem ServerAway(string detail) => new(503, "server_unreachable", detail, "Check that the server is up and reachable; its page shows when it was seen last.");
}
