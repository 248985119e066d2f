namespace OCore.Features.Instances;

internal static class InstanceEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => _ = api;
}
