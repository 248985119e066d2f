using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>What stands before the Odoo nodes.</summary>
public enum LoadBalancerType { None, Traefik, Haproxy, Nginx }

/// <summary>Where attachments are kept.</summary>
public enum FilestoreType { Local, SharedNfs, S3 }

/// <summary>The bounds of a drawing.</summary>
public static class TopologyLimits
{
    public const int Nodes = 200, Edges = 1000;
    /// <summary>Of one node's <c>data</c>, in characters.</summary>
    public const int Data = 16 * 1024;
    /// <summary>Of all of it, in characters.</summary>
    public const int Drawing = 512 * 1024;
    /// <summary>Objects and lists within each other in <c>data</c>.</summary>
    public const int Depth = 8;
    public const string Id = @"^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,99}$";
    public const string Type = "^(loadBalancer|odoo|postgres|pgbouncer|etcd|redis|filestore|s3|backup|monitor)$";
}

/// <summary>Where the editor draws a node.</summary>
public sealed record TopologyPosition
{
    [Range(-1e7, 1e7)] public required double X { get; init; }
    [Range(-1e7, 1e7)] public required double Y { get; init; }
}

/// <summary>One part of a topology.</summary>
public sealed record TopologyNode
{
    /// <summary>Unique within the drawing, and stable: plans and findings name it.</summary>
    [Required, MaxLength(100), RegularExpression(TopologyLimits.Id)] public required string Id { get; init; }
    /// <summary><c>loadBalancer</c>, <c>odoo</c>, <c>postgres</c>, <c>pgbouncer</c>, <c>etcd</c>, <c>redis</c>, <c>filestore</c>, <c>s3</c>, <c>backup</c> or <c>monitor</c>.</summary>
    [Required, MaxLength(20), RegularExpression(TopologyLimits.Type)] public required string Type { get; init; }
    public TopologyPosition? Position { get; init; }
    /// <summary>An object: <c>serverId</c>, <c>label</c> and the settings of the type. What oCore does not know is kept as it is.</summary>
    public RawJson? Data { get; init; }
}

/// <summary>Who uses whom: from the user to the used.</summary>
public sealed record TopologyEdge
{
    [Required, MaxLength(100), RegularExpression(TopologyLimits.Id)] public required string Id { get; init; }
    [Required, MaxLength(100), RegularExpression(TopologyLimits.Id)] public required string Source { get; init; }
    [Required, MaxLength(100), RegularExpression(TopologyLimits.Id)] public required string Target { get; init; }
    /// <summary>An object that is kept as it is.</summary>
    public RawJson? Data { get; init; }
}

/// <summary>The drawing.</summary>
public sealed record TopologyData
{
    [Required, MaxLength(TopologyLimits.Nodes)] public required IReadOnlyList<TopologyNode> Nodes { get; init; }
    [Required, MaxLength(TopologyLimits.Edges)] public required IReadOnlyList<TopologyEdge> Edges { get; init; }
}

/// <summary>How high availability is reached.</summary>
public sealed record HaConfig
{
    public LoadBalancerType LbType { get; init; }
    public Guid? LbServerId { get; init; }
    public FilestoreType FilestoreType { get; init; }
    public bool RedisEnabled { get; init; }
    public Guid? RedisServerId { get; init; }
    public bool PgFailoverEnabled { get; init; }
}

/// <summary>What is not given stays as it is.</summary>
public sealed record UpdateHaConfig
{
    /// <summary><c>traefik</c>, <c>haproxy</c>, <c>nginx</c>, or <c>none</c>, which also forgets the server.</summary>
    public LoadBalancerType? LbType { get; init; }
    /// <summary>Server hosting the load balancer.</summary>
    public Guid? LbServerId { get; init; }
    /// <summary>Shared filestore: <c>shared_nfs</c>, <c>s3</c> or <c>local</c>.</summary>
    public FilestoreType? FilestoreType { get; init; }
    /// <summary>Redis for session storage; switching it off also forgets its server.</summary>
    public bool? RedisEnabled { get; init; }
    public Guid? RedisServerId { get; init; }
    /// <summary>PostgreSQL fails over by itself.</summary>
    public bool? PgFailoverEnabled { get; init; }
}

public sealed record HaConfigView
{
    public required HaConfig HaConfig { get; init; }
    /// <summary>Nodes and edges that the settings name and the drawing lacks: <c>PUT /api/topologies/{id}</c> with these <c>changes</c> draws them.</summary>
    public required TopologyFix Proposal { get; init; }
    /// <summary>Where the drawing says something else than the settings.</summary>
    public required IReadOnlyList<HaConflict> Conflicts { get; init; }
}

/// <summary>A setting and a drawing that do not agree.</summary>
public sealed record HaConflict
{
    public required string Field { get; init; }
    public required IReadOnlyList<string> NodeIds { get; init; }
    public required string Message { get; init; }
}

/// <summary>Draw a new topology: empty, from a blueprint, or with nodes and edges.</summary>
public sealed record CreateTopology
{
    [Required, MinLength(1), MaxLength(100)] public required string Name { get; init; }
    [MaxLength(1000)] public string? Description { get; init; }
    public TopologyData? TopologyData { get; init; }
    /// <summary>A key of <c>GET /api/topologies/blueprints</c>, in place of <c>topologyData</c>.</summary>
    [MaxLength(40)] public string? Blueprint { get; init; }
    public UpdateHaConfig? HaConfig { get; init; }
}

/// <summary>What is not given stays as it is.</summary>
public sealed record UpdateTopology
{
    [MinLength(1), MaxLength(100)] public string? Name { get; init; }
    [MaxLength(1000)] public string? Description { get; init; }
    /// <summary>The whole drawing anew.</summary>
    public TopologyData? TopologyData { get; init; }
    /// <summary>Changes of the drawing and the settings, as fixes and proposals give them; made after <c>topologyData</c>.</summary>
    [MaxLength(2500)] public IReadOnlyList<TopologyChange>? Changes { get; init; }
    /// <summary>Whether nodes that keep nothing are put right without asking where somebody else changed them.</summary>
    public bool? RepairDrift { get; init; }
    /// <summary>The <c>version</c> that was read: refused when somebody else has changed the topology since.</summary>
    [Range(1, int.MaxValue)] public int? Version { get; init; }
}

public sealed record TopologyView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public string? Description { get; init; }
    public required TopologyData TopologyData { get; init; }
    public required HaConfig HaConfig { get; init; }
    /// <summary>Nodes that keep nothing are put right without asking where somebody else changed them.</summary>
    public required bool RepairDrift { get; init; }
    /// <summary>The servers that the drawing and the settings name, as far as they are still there.</summary>
    public required IReadOnlyList<Ref> Servers { get; init; }
    /// <summary>Grows with every change.</summary>
    public required int Version { get; init; }
    /// <summary>What runs of it; null while nothing does.</summary>
    public TopologyDeploymentView? Deployment { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>A topology in a list, without its drawing.</summary>
public sealed record TopologySummary
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public string? Description { get; init; }
    public required HaConfig HaConfig { get; init; }
    /// <summary>How many nodes of each type.</summary>
    public required IReadOnlyDictionary<string, int> Nodes { get; init; }
    public required IReadOnlyList<Ref> Servers { get; init; }
    /// <summary>What runs of it; absent where nothing does.</summary>
    public TopologyRunning? Running { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>A deployed topology in short.</summary>
public sealed record TopologyRunning
{
    /// <summary><c>deploying</c>, <c>active</c>, <c>changing</c> or <c>destroying</c>.</summary>
    public required string Status { get; init; }
    public required int Nodes { get; init; }
    /// <summary>Nodes that were found well when they were measured last.</summary>
    public required int NodesRunning { get; init; }
}

/// <summary>A drawing to start from.</summary>
public sealed record TopologyBlueprint
{
    public required string Key { get; init; }
    public required string Name { get; init; }
    public required string Description { get; init; }
    /// <summary>The machines it is drawn for: nodes whose <c>data.place</c> is the same share one.</summary>
    public required IReadOnlyList<string> Places { get; init; }
    public required TopologyData TopologyData { get; init; }
    public required HaConfig HaConfig { get; init; }
}
