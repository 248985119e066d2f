namespace OCore.Features.Plans;

internal static class PlanEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => _ = api;
}
