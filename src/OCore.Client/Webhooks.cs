using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>Have events of the organization (for an agency: of its clients too) sent to an address.</summary>
public sealed record CreateWebhook
{
    [Required, MinLength(1), MaxLength(100)] public required string Name { get; init; }
    /// <summary>An <c>https://</c> or <c>http://</c> address on the public internet.</summary>
    [Required, MaxLength(1000)] public required string Url { get; init; }
    /// <summary>Events by their names, or by their beginning with a dot at its end: <c>operation.</c>; all where not given.</summary>
    [MaxLength(20)] public IReadOnlyList<string>? Events { get; init; }
}

public sealed record UpdateWebhook : Partial
{
    protected override IReadOnlyList<string> Needed => [nameof(Name), nameof(Url), nameof(IsActive)];

    [MinLength(1), MaxLength(100)] public string? Name { get; set => field = Given(value); }
    [MaxLength(1000)] public string? Url { get; set => field = Given(value); }
    [MaxLength(20)] public IReadOnlyList<string>? Events { get; set => field = Given(value); }
    /// <summary>Whether events are sent.</summary>
    public bool? IsActive { get; set => field = Given(value); }
}

public sealed record WebhookView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Url { get; init; }
    public required IReadOnlyList<string> Events { get; init; }
    public required bool IsActive { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>How the newest delivery went.</summary>
    public WebhookDeliveryView? Last { get; init; }
}

public sealed record CreatedWebhook
{
    public required WebhookView Webhook { get; init; }
    /// <summary>Signs each delivery. Shown this once.</summary>
    public required string Secret { get; init; }
}

public sealed record WebhookDeliveryView
{
    public required Guid Id { get; init; }
    /// <summary>For example <c>operation.succeeded</c>.</summary>
    public required string Event { get; init; }
    /// <summary><c>pending</c>, <c>delivered</c> or <c>failed</c>.</summary>
    public required string State { get; init; }
    public required int Attempts { get; init; }
    public int? ResponseStatus { get; init; }
    public string? Error { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? DeliveredAt { get; init; }
    /// <summary>When it is tried (again).</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }
    /// <summary>The delivery that this one repeats.</summary>
    public Guid? ReplayOf { get; init; }
    /// <summary>What is sent, word for word.</summary>
    public required string Body { get; init; }
}
