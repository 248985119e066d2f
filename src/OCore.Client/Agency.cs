using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>The agency at a glance.</summary>
public sealed record AgencyView
{
    public required Guid OrganizationId { get; init; }
    public required string Name { get; init; }
    public required bool Enabled { get; init; }
    public DateTimeOffset? EnabledAt { get; init; }
    public required AgencyTotals Totals { get; init; }
    public required IReadOnlyList<AttentionItem> Attention { get; init; }
}

public sealed record AgencyTotals
{
    public required int Clients { get; init; }
    public required int SuspendedClients { get; init; }
    public required int Instances { get; init; }
    public required int InstancesRunning { get; init; }
    public required int Servers { get; init; }
    public required int ServersActive { get; init; }
    public required int Templates { get; init; }
    public required int OperationsRunning { get; init; }
}

/// <summary>Something a person of the agency should look at.</summary>
public sealed record AttentionItem
{
    /// <summary>For example <c>server_unreachable</c>, <c>instance_failed</c>, <c>operation_stuck</c>, <c>disk_low</c>.</summary>
    public required string Code { get; init; }
    /// <summary><c>warning</c> or <c>error</c>.</summary>
    public required string Severity { get; init; }
    public required string Message { get; init; }
    public required string Hint { get; init; }
    public required string ObjectType { get; init; }
    public required Guid ObjectId { get; init; }
    public required string ObjectName { get; init; }
    public string? Client { get; init; }
}

public sealed record CreateClient
{
    [Required, MinLength(1), MaxLength(100)] public required string Name { get; init; }
    [Required, MinLength(2), MaxLength(40), RegularExpression(Patterns.Slug)] public required string Slug { get; init; }
    [MaxLength(2000)] public string? LogoUrl { get; init; }
}

public sealed record UpdateClient : Partial
{
    protected override IReadOnlyList<string> Needed => [nameof(Name)];

    [MinLength(1), MaxLength(100)] public string? Name { get; set => field = Given(value); }
    [MaxLength(2000)] public string? LogoUrl { get; set => field = Given(value); }
}

public sealed record ClientView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Slug { get; init; }
    public string? LogoUrl { get; init; }
    public required int MemberCount { get; init; }
    public required int InstanceCount { get; init; }
    public required int InstancesRunning { get; init; }
    /// <summary>The worst of its instances: <c>healthy</c>, <c>degraded</c>, <c>down</c>, <c>none</c>, <c>suspended</c>, <c>deleting</c>.</summary>
    public required string Health { get; init; }
    public required IReadOnlyList<string> OdooVersions { get; init; }
    public required bool Suspended { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>The operation that is deleting it, if one is.</summary>
    public Guid? DeleteOperationId { get; init; }
}

public sealed record SuspendClient
{
    /// <summary>Shown to the client's people.</summary>
    [MaxLength(500)] public string? Reason { get; init; }
}
