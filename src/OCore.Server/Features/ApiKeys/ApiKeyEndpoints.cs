namespace OCore.Features.ApiKeys;

internal static class ApiKeyEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => _ = api;
}
