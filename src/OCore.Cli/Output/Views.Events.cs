using OCore.Client;

namespace OCore.Cli.Output;

/// <summary>Webhooks and what they were sent.</summary>
internal static partial class Views
{
    public static readonly View<WebhookView> Webhook = new View<WebhookView>(w => w.Id.ToString())
        .Column("id", w => w.Id)
        .Column("name", w => w.Name)
        .Column("url", w => w.Url)
        .Column("events", w => w.Events.Count == 0 ? "all" : string.Join(", ", w.Events))
        .Column("active", w => w.IsActive)
        .Column("last", w => w.Last is { } last ? Delivered(last.State) : new Cell("", Tone.Dim))
        .Field("Id", w => w.Id)
        .Field("Name", w => w.Name)
        .Field("Url", w => w.Url)
        .Field("Events", w => w.Events.Count == 0 ? "all" : string.Join(", ", w.Events))
        .Field("Active", w => w.IsActive)
        .Field("Last delivery", w => w.Last is { } last ? $"{last.Event}, {last.State}{(last.Error is null ? "" : $": {last.Error}")}" : null)
        .Field("Created", w => w.CreatedAt);

    // With --quiet the secret alone is printed.
    public static readonly View<CreatedWebhook> CreatedWebhook = new View<CreatedWebhook>(c => c.Secret)
        .Field("Id", c => c.Webhook.Id)
        .Field("Name", c => c.Webhook.Name)
        .Field("Url", c => c.Webhook.Url)
        .Field("Secret", c => c.Secret);

    public static readonly View<WebhookDeliveryView> WebhookDelivery = new View<WebhookDeliveryView>(d => d.Id.ToString())
        .Column("id", d => d.Id)
        .Column("event", d => d.Event)
        .Column("state", d => Delivered(d.State))
        .Column("answer", d => d.Error ?? d.ResponseStatus?.ToString())
        .Column("attempts", d => d.Attempts)
        .Column("when", d => d.CreatedAt)
        .Field("Id", d => d.Id)
        .Field("Event", d => d.Event)
        .Field("State", d => Delivered(d.State))
        .Field("Answer", d => d.Error ?? d.ResponseStatus?.ToString())
        .Field("Attempts", d => d.Attempts)
        .Field("Again at", d => d.NextAttemptAt)
        .Field("Repeats", d => d.ReplayOf)
        .Field("Body", d => d.Body);

    private static Cell Delivered(string state) => new(state, state switch { "delivered" => Tone.Good, "failed" => Tone.Bad, _ => Tone.Dim });
}
