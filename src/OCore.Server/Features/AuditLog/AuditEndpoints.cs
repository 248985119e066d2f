namespace OCore.Features.AuditLog;

internal static class AuditEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => _ = api;
}
