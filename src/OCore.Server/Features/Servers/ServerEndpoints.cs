namespace OCore.Features.Servers;

internal static class ServerEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => _ = api;
}
