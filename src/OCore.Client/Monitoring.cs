using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>What was measured over a time, as columns of equal length.</summary>
public sealed record MetricsView
{
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }
    /// <summary>15 is as it was measured; 300 and 3600 are averages.</summary>
    public required int ResolutionSeconds { get; init; }
    /// <summary>Seconds since 1970, ascending. Where nothing was measured there is no time.</summary>
    public required IReadOnlyList<long> Times { get; init; }
    public required IReadOnlyList<MetricSeries> Series { get; init; }
    /// <summary>Operations on it in this time.</summary>
    public required IReadOnlyList<MetricMark> Marks { get; init; }
}

public sealed record MetricSeries
{
    /// <summary>For example <c>cpu</c>, <c>memory</c>, <c>latency</c>.</summary>
    public required string Metric { get; init; }
    /// <summary><c>percent</c>, <c>bytes</c>, <c>bytes_per_second</c>, <c>milliseconds</c>, <c>seconds</c>, <c>hours</c>, <c>days</c>, <c>load</c> or <c>count</c>.</summary>
    public required string Unit { get; init; }
    /// <summary>One for each time; null where this was not measured then.</summary>
    public required IReadOnlyList<double?> Values { get; init; }
}

public sealed record MetricMark
{
    public required Guid OperationId { get; init; }
    public required string Title { get; init; }
    public required OperationState State { get; init; }
    public required DateTimeOffset At { get; init; }
    public DateTimeOffset? Until { get; init; }
}

/// <summary>Tell people when a figure of a server or an instance stays on the wrong side of a threshold.</summary>
public sealed record CreateAlertRule
{
    [Required, MinLength(1), MaxLength(100)] public required string Name { get; init; }
    /// <summary><c>server</c> or <c>instance</c>.</summary>
    [Required, RegularExpression("^(server|instance)$")] public required string Subject { get; init; }
    /// <summary>Only this server or instance; all of the organization (for an agency: its clients' too) where not given.</summary>
    public Guid? SubjectId { get; init; }
    /// <summary>Of a server: cpu, memory, memory_percent, disk, disk_percent, load, network_in, network_out, health, uptime. Of an instance: cpu, memory, memory_percent, network_in, network_out, health, latency, restarts, connections, database, filestore, uptime, certificate_days, backup_age, drift.</summary>
    [Required, MaxLength(30)] public required string Metric { get; init; }
    /// <summary><c>above</c> or <c>below</c>.</summary>
    [Required, RegularExpression("^(above|below)$")] public required string When { get; init; }
    [Range(0, 1e15)] public required double Threshold { get; init; }
    /// <summary>For how long it has to stay so: 0 to 86400, 300 where not given.</summary>
    [Range(0, 86400)] public int? ForSeconds { get; init; }
    /// <summary>Who gets a mail; nobody where not given. Webhooks get <c>alert.raised</c> and <c>alert.cleared</c> in any case.</summary>
    [MaxLength(20)] public IReadOnlyList<string>? Emails { get; init; }
}

public sealed record UpdateAlertRule : Partial
{
    protected override IReadOnlyList<string> Needed => [nameof(Name), nameof(Threshold), nameof(ForSeconds), nameof(IsActive)];

    [MinLength(1), MaxLength(100)] public string? Name { get; set => field = Given(value); }
    [Range(0, 1e15)] public double? Threshold { get; set => field = Given(value); }
    [Range(0, 86400)] public int? ForSeconds { get; set => field = Given(value); }
    [MaxLength(20)] public IReadOnlyList<string>? Emails { get; set => field = Given(value); }
    public bool? IsActive { get; set => field = Given(value); }
}

public sealed record AlertRuleView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Subject { get; init; }
    /// <summary>The one it is about; all where not given.</summary>
    public Ref? Of { get; init; }
    public required string Metric { get; init; }
    public required string Unit { get; init; }
    public required string When { get; init; }
    public required double Threshold { get; init; }
    public required int ForSeconds { get; init; }
    public required IReadOnlyList<string> Emails { get; init; }
    public required bool IsActive { get; init; }
    /// <summary>How many are raised now.</summary>
    public required int Raised { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

public sealed record AlertView
{
    public required Guid Id { get; init; }
    public required Guid RuleId { get; init; }
    public required string Rule { get; init; }
    public required string Subject { get; init; }
    public required Guid SubjectId { get; init; }
    public required string SubjectName { get; init; }
    public required string Metric { get; init; }
    public required string Unit { get; init; }
    /// <summary>When it was raised.</summary>
    public required double Value { get; init; }
    public required DateTimeOffset RaisedAt { get; init; }
    public DateTimeOffset? ClearedAt { get; init; }
}
