using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using OCore.Platform.Data;

namespace OCore.Platform.Observability;

internal static class Health
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/healthz", () => "ok").ExcludeFromDescription();
        app.MapGet("/readyz", Ready).ExcludeFromDescription();
    }

    /// <summary>Ready when the schema is in place and the database answers.</summary>
    private static async Task<Results<Ok<string>, StatusCodeHttpResult>> Ready([FromServices] Startup startup, OCoreDbFactory databases, CancellationToken stop)
    {
        await using var db = databases.System();
        return startup.Completed && await db.Database.CanConnectAsync(stop) ? TypedResults.Ok("ready") : TypedResults.StatusCode(503);
    }
}
