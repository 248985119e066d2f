using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>What a plan is for.</summary>
public enum TopologyPlanKind { Deploy, Change, Destroy }

/// <summary>What happens to a node.</summary>
public enum PlanActionKind { Create, Change, Replace, Destroy, Keep }

/// <summary><c>waiting</c> and <c>working</c> while an operation builds it; then as it was measured. <c>unknown</c>: its server does not answer.</summary>
public enum TopologyNodeState { Waiting, Working, Running, Degraded, Failed, Missing, Unknown }

/// <summary>What of a topology does its work: all of it, enough of it for people to work, not even that; or nobody can tell.</summary>
public enum TopologyHealth { Healthy, Degraded, Down, Unknown }

/// <summary>
/// How somebody else's hand shows: the container is gone, stands still, is nobody's, was made otherwise, has other limits, other networks or
/// other files than were deployed.
/// </summary>
public enum NodeDriftKind { Missing, Stopped, Foreign, Changed, Limits, Network, File }

/// <summary>A difference between what was deployed and what is there.</summary>
public sealed record NodeDrift
{
    public required NodeDriftKind Kind { get; init; }
    /// <summary>In a sentence, for people.</summary>
    public required string Message { get; init; }
    /// <summary>Putting it right loses nothing, for the node keeps nothing. Where <c>repairDrift</c> is on, it is done without asking.</summary>
    public required bool Safe { get; init; }
}

/// <summary>Put right what differs from what was deployed.</summary>
public sealed record RepairTopology
{
    /// <summary>Only these nodes; all that differ where none is named.</summary>
    [MaxLength(TopologyLimits.Nodes)] public IReadOnlyList<string>? NodeIds { get; init; }
}

/// <summary>Work out what a deployment would do. Nothing is changed on any server.</summary>
public sealed record PlanTopology
{
    /// <summary>Whose Odoo it is, by id or slug: a client of the agency. Without it the caller's own organization. Counts for the first deployment.</summary>
    [MaxLength(100)] public string? Organization { get; init; }
    /// <summary>Of the instance; the topology's name when it is not given.</summary>
    [MinLength(1), MaxLength(100)] public string? Name { get; init; }
    /// <summary>The address people use. Without it the first host of the load balancer, or a name under its server's base domain.</summary>
    [MaxLength(253), RegularExpression(Patterns.Domain)] public string? Domain { get; init; }
    /// <summary>Id of a template: its Odoo version, image, modules, languages and settings are used. Without one the newest Odoo, plain.</summary>
    public Guid? TemplateId { get; init; }
    /// <summary>Ids of nodes whose data may be lost by the change.</summary>
    [MaxLength(TopologyLimits.Nodes)] public IReadOnlyList<string>? AgreeToLose { get; init; }
    /// <summary>Take everything down and remove it, with its data.</summary>
    public bool? Destroy { get; init; }
}

/// <summary>A difference in what a node runs with.</summary>
public sealed record PlanChange
{
    public required string Setting { get; init; }
    public string? Before { get; init; }
    public string? After { get; init; }
}

/// <summary>What happens to one node.</summary>
public sealed record PlanAction
{
    public required string NodeId { get; init; }
    public required string Label { get; init; }
    public required string Type { get; init; }
    public Ref? Server { get; init; }
    public required PlanActionKind Action { get; init; }
    /// <summary>In a sentence, for people.</summary>
    public required string Message { get; init; }
    public required IReadOnlyList<PlanChange> Changes { get; init; }
    /// <summary>What people notice; null where nobody does.</summary>
    public string? Downtime { get; init; }
    /// <summary>What may be lost; null where nothing can.</summary>
    public string? DataRisk { get; init; }
}

/// <summary>The Odoo that a topology carries.</summary>
public sealed record PlannedInstance
{
    public required string Name { get; init; }
    public required Ref Organization { get; init; }
    public required string Domain { get; init; }
    public required string Url { get; init; }
    public required string OdooVersion { get; init; }
    public required string Image { get; init; }
    public required IReadOnlyList<string> Modules { get; init; }
}

/// <summary>What a deployment will do: it does not change any more, and is refused when what it was made from has changed.</summary>
public sealed record TopologyPlanView
{
    public required Guid Id { get; init; }
    /// <summary>Of everything below it that decides what is done; <c>POST …/deploy</c> names it.</summary>
    public required string Hash { get; init; }
    public required TopologyPlanKind Kind { get; init; }
    /// <summary>Of the drawing, the settings and the servers it was made from.</summary>
    public required string Snapshot { get; init; }
    /// <summary>How often the topology was deployed before.</summary>
    public required int Generation { get; init; }
    public required PlannedInstance Instance { get; init; }
    /// <summary>In the order in which they are done.</summary>
    public required IReadOnlyList<PlanAction> Actions { get; init; }
    public required bool Downtime { get; init; }
    public required bool DataRisk { get; init; }
    /// <summary>Warnings of the rules: choices to make with open eyes.</summary>
    public required IReadOnlyList<TopologyFinding> Findings { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Do what a plan says.</summary>
public sealed record DeployTopology
{
    /// <summary>The <c>hash</c> of the plan. Without it one is made now, for the caller's own organization, and done.</summary>
    [MinLength(64), MaxLength(64)] public string? PlanHash { get; init; }
    /// <summary>The topology's name, typed: needed where data may be lost.</summary>
    [MaxLength(100)] public string? Confirm { get; init; }
}

/// <summary>How a node does, as it was measured.</summary>
public sealed record TopologyNodeStatus
{
    public required string NodeId { get; init; }
    public required string Type { get; init; }
    public required string Label { get; init; }
    public Ref? Server { get; init; }
    public required TopologyNodeState State { get; init; }
    /// <summary>In a sentence, for people.</summary>
    public string? Message { get; init; }
    /// <summary><c>primary</c>, <c>replica</c>, <c>leader</c>, <c>member</c>… as the node itself says.</summary>
    public string? Role { get; init; }
    /// <summary>Figures by name: <c>connections</c>, <c>lagBytes</c>, <c>sessions</c>, <c>milliseconds</c>…</summary>
    public required IReadOnlyDictionary<string, string> Figures { get; init; }
    /// <summary>How it differs from what was deployed, as it was seen last.</summary>
    public required IReadOnlyList<NodeDrift> Drift { get; init; }
    public DateTimeOffset? MeasuredAt { get; init; }
}

/// <summary>A node of an instance's architecture, where it is drawn and how it does.</summary>
public sealed record InstanceTopologyNode
{
    public TopologyPosition? Position { get; init; }
    public required TopologyNodeStatus Status { get; init; }
}

/// <summary>The architecture of an instance that runs on several servers, as far as whoever asks may see it.</summary>
public sealed record InstanceTopologyView
{
    /// <summary><c>full</c>, or <c>limited</c>: without servers, figures and differences.</summary>
    public required InfrastructureVisibility Shown { get; init; }
    public required TopologyHealth Health { get; init; }
    public required IReadOnlyList<InstanceTopologyNode> Nodes { get; init; }
    /// <summary>From the user to the used.</summary>
    public required IReadOnlyList<TopologyEdge> Edges { get; init; }
}

/// <summary>What runs of a topology.</summary>
public sealed record TopologyDeploymentView
{
    /// <summary><c>deploying</c>, <c>active</c>, <c>changing</c> or <c>destroying</c>.</summary>
    public required string Status { get; init; }
    /// <summary>Of all its nodes together.</summary>
    public required TopologyHealth Health { get; init; }
    public required int Generation { get; init; }
    public required string PlanHash { get; init; }
    public Guid? InstanceId { get; init; }
    /// <summary>The operation that works on it now.</summary>
    public Guid? OperationId { get; init; }
    /// <summary>The drawing has changed since: a plan would say what that means.</summary>
    public required bool Changed { get; init; }
    public DateTimeOffset? DeployedAt { get; init; }
    public required IReadOnlyList<TopologyNodeStatus> Nodes { get; init; }
}

/// <summary>The keys of a bucket, kept sealed and never shown again.</summary>
public sealed record SetTopologyCredential
{
    [Required, MinLength(1), MaxLength(200)] public required string AccessKey { get; init; }
    [Required, MinLength(1), MaxLength(200)] public required string SecretKey { get; init; }
}

/// <summary>A credential without its secrets.</summary>
public sealed record TopologyCredentialView
{
    /// <summary>As <c>credential</c> of an S3 node says.</summary>
    public required string Name { get; init; }
    public required string AccessKey { get; init; }
}
