using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OCore.Features.Organizations;
using OCore.Features.Portal;

namespace OCore.Features.Webhooks;

/// <summary>What can happen, and how it is told.</summary>
internal static class WebhookEvents
{
    // Bodies are looked at by people: an umlaut stays one.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static readonly IReadOnlyList<string> All =
    [
        "operation.pending", "operation.running", "operation.waiting", "operation.unwinding", "operation.succeeded", "operation.rolled_back", "operation.cancelled", "operation.stuck",
        "instance.created", "instance.status_changed", "instance.health_changed", "instance.deleted",
        "server.added", "server.status_changed", "server.removed",
        "alert.raised", "alert.cleared",
        "backup.overdue", "backup.odd",
    ];

    /// <param name="words">What of the servers is left out.</param>
    public static WebhookDelivery Delivery(Webhook webhook, string key, string happened, Organization organization, object data, DateTimeOffset at, ServerWords? words = null)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { type = happened, timestamp = at, organization = new { organization.Id, organization.Slug, organization.Name }, data }, Json);
        return new WebhookDelivery
        {
            OrgId = webhook.OrgId, WebhookId = webhook.Id, Key = key, Event = happened, CreatedAt = at, NextAttemptAt = at,
            Body = Encoding.UTF8.GetString(words is null ? body : words.ScreenJson(body)),
        };
    }
}
