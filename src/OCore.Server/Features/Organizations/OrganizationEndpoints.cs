namespace OCore.Features.Organizations;

internal static class OrganizationEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => _ = api;
}
