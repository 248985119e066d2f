using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>What an organization may use on this installation.</summary>
public sealed record PlanView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Slug { get; init; }
    /// <summary>Among <c>agency</c>, <c>topologies</c>, <c>templates</c>, <c>white_label</c>, <c>backups</c>.</summary>
    public required IReadOnlyList<string> Features { get; init; }
    public required PlanLimits Limits { get; init; }
    public required bool IsDefault { get; init; }
    public required int Organizations { get; init; }
}

/// <summary>The most of each; null is without limit.</summary>
public sealed record PlanLimits
{
    [Range(0, 1000000)] public int? Clients { get; init; }
    [Range(0, 1000000)] public int? Instances { get; init; }
    [Range(0, 1000000)] public int? Servers { get; init; }
    [Range(0, 1000000)] public int? Members { get; init; }
    [Range(0, 1000000)] public int? StorageGb { get; init; }
}

public sealed record CreatePlan
{
    [Required, MinLength(1), MaxLength(60)] public required string Name { get; init; }
    [Required, MinLength(2), MaxLength(40), RegularExpression(Patterns.Slug)] public required string Slug { get; init; }
    [Required, MaxLength(32)] public required IReadOnlyList<string> Features { get; init; }
    public PlanLimits? Limits { get; init; }
    /// <summary>New organizations start on it.</summary>
    public bool? IsDefault { get; init; }
}

public sealed record UpdatePlan : Partial
{
    protected override IReadOnlyList<string> Needed => [nameof(Name), nameof(IsDefault)];

    [MinLength(1), MaxLength(60)] public string? Name { get; set => field = Given(value); }
    [MaxLength(32)] public IReadOnlyList<string>? Features { get; set => field = Given(value); }
    public PlanLimits? Limits { get; set => field = Given(value); }
    public bool? IsDefault { get; set => field = Given(value); }
}

public sealed record AssignPlan
{
    /// <summary>Id or slug.</summary>
    [Required, MaxLength(64)] public required string Plan { get; init; }
}

/// <summary>The organization's plan and how much of it is used.</summary>
public sealed record SubscriptionView
{
    public required string Plan { get; init; }
    public required IReadOnlyList<string> Features { get; init; }
    public required IReadOnlyList<LimitUse> Limits { get; init; }
}

public sealed record LimitUse
{
    /// <summary><c>clients</c>, <c>instances</c>, <c>servers</c>, <c>members</c> or <c>storageGb</c>.</summary>
    public required string Name { get; init; }
    public required double Used { get; init; }
    public int? Limit { get; init; }
}

public sealed record AdminOrganizationView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Slug { get; init; }
    public required OrganizationKind Kind { get; init; }
    public required string Plan { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}
