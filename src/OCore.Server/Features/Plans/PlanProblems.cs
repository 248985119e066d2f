using OCore.Platform.Http;

namespace OCore.Features.Plans;

internal static class PlanProblems
{
    public static readonly Problem SlugTaken = new(409, "slug_taken", "A plan with this slug exists already.", "Choose another slug.")
    {
        Errors = new Dictionary<string, string[]> { ["slug"] = ["It is in use already."] },
    };
    public static readonly Problem DefaultNeeded = new(409, "default_plan_needed", "New organizations start on this plan.", "Make another plan the default first.");
    public static readonly Problem PlanNotFound = Problem.Field("plan", "There is no such plan.", "plan_not_found");
    public static readonly Problem ClientUsesAgencys = new(409, "client_uses_agency_plan", "A client uses its agency's plan.", "Assign the plan to the agency.");

    public static Problem InUse(int organizations) => new(409, "plan_in_use", $"{organizations} organizations are on this plan.", "Assign them another plan first: PUT /api/admin/organizations/{id}/plan.");

    public static Problem UnknownFeatures(IEnumerable<string> names) => Problem.Field("features", $"These are no features: {string.Join(", ", names)}. There are {string.Join(", ", PlanFeatures.All)}.");

    public static Problem LimitReached(string plan, string name, double used, int limit) =>
        new(403, "limit_reached", $"The plan {plan} allows {limit} {name}, and {used:0.##} are in use.", "Remove what is not needed any more, or ask the operator for a larger plan.")
        {
            More = new Dictionary<string, object?> { ["limit"] = name, ["used"] = used, ["allowed"] = limit },
        };
}
