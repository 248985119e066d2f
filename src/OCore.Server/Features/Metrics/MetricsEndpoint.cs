using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Mail;
using OCore.Platform.Observability;
using OCore.Platform.Security;

namespace OCore.Features.Metrics;

/// <summary>
/// Figures of the installation for Prometheus: how many of what, in which state, and nothing of whose it is. For whoever has the token,
/// and for operators. An address says nothing about who asks: behind a proxy everybody comes from this machine.
/// </summary>
internal static class MetricsEndpoint
{
    private static readonly Problem Refused = new(401, "unauthenticated", "Figures are for whoever runs this installation.",
        "Send Authorization: Bearer with the token of OCORE_METRICS_TOKEN, or an operator's access token.");

    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/metrics", GetAsync).ExcludeFromDescription();

    private static async Task<IResult> GetAsync(HttpContext http, Settings settings, SignInReader signIn, Measurements measurements, OCoreDbFactory databases, TimeProvider time, CancellationToken stop)
    {
        if (!HasToken(http.Request, settings.MetricsToken) && (await signIn.ReadAsync(http, null)).Item1 is not { IsOperator: true, ApiKeyId: null })
            return Refused;
        var text = new PrometheusText();
        text.Family("ocore_info", "gauge", "The version that runs.").Sample("ocore_info", 1, ("version", typeof(MetricsEndpoint).Assembly.GetName().Version!.ToString(3)));
        await WriteAsync(text, databases, time.GetUtcNow(), stop);
        measurements.WriteTo(text);
        return TypedResults.Text(text.ToString(), PrometheusText.ContentType);
    }

    private static bool HasToken(HttpRequest request, string? token) => token is not null && request.Headers.Authorization.ToString() is { } header
        && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(header["Bearer ".Length..].Trim())), SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private static async Task WriteAsync(PrometheusText text, OCoreDbFactory databases, DateTimeOffset now, CancellationToken stop)
    {
        await using var db = databases.System();
        text.Family("ocore_operations", "gauge", "Operations by kind and state.");
        foreach (var group in await db.Operations.AcrossTenants().GroupBy(o => new { o.Kind, o.State }).Select(g => new { g.Key.Kind, g.Key.State, Count = g.Count() }).ToListAsync(stop))
            text.Sample("ocore_operations", group.Count, ("kind", group.Kind), ("state", WireWord.Of(group.State)));
        var oldest = await db.Operations.AcrossTenants().Where(o => o.State == OperationState.Pending).OrderBy(o => o.Id).Select(o => (DateTimeOffset?)o.CreatedAt).FirstOrDefaultAsync(stop);
        text.Family("ocore_operations_oldest_pending_seconds", "gauge", "For how long the oldest operation has been waiting for its turn.")
            .Sample("ocore_operations_oldest_pending_seconds", oldest is { } since ? Math.Max(0, (now - since).TotalSeconds) : 0);
        text.Family("ocore_servers", "gauge", "Servers by status.");
        foreach (var group in await db.Servers.AcrossTenants().GroupBy(s => s.Status).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(stop))
            text.Sample("ocore_servers", group.Count, ("status", WireWord.Of(group.Key)));
        text.Family("ocore_instances", "gauge", "Instances by status and health.");
        foreach (var group in await db.Instances.AcrossTenants().GroupBy(i => new { i.Status, i.Health }).Select(g => new { g.Key.Status, g.Key.Health, Count = g.Count() }).ToListAsync(stop))
            text.Sample("ocore_instances", group.Count, ("status", WireWord.Of(group.Status)), ("health", group.Health));
        text.Family("ocore_organizations", "gauge", "Organizations by kind.");
        foreach (var group in await db.Organizations.AcrossTenants().GroupBy(o => o.Kind).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(stop))
            text.Sample("ocore_organizations", group.Count, ("kind", WireWord.Of(group.Key)));
        text.Family("ocore_accounts", "gauge", "Accounts by state.");
        foreach (var group in await db.Users.GroupBy(u => u.DisabledAt != null).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(stop))
            text.Sample("ocore_accounts", group.Count, ("state", group.Key ? "disabled" : "active"));
        text.Family("ocore_mail", "gauge", "Mails that wait to go out, and those that did not.");
        text.Sample("ocore_mail", await db.Set<OutgoingMail>().CountAsync(m => m.SentAt == null && m.NextAttemptAt != null, stop), ("state", "waiting"));
        text.Sample("ocore_mail", await db.Set<OutgoingMail>().CountAsync(m => m.SentAt == null && m.NextAttemptAt == null, stop), ("state", "failed"));
    }

}
