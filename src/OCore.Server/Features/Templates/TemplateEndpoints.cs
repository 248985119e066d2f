namespace OCore.Features.Templates;

internal static class TemplateEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => _ = api;
}
