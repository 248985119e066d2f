namespace OCore.Features.Agency;

internal static class AgencyEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => _ = api;
}
