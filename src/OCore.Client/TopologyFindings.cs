using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>An error keeps a topology from being deployed; a warning is a choice to be made with open eyes.</summary>
public enum FindingSeverity { Error, Warning, Info }

public enum TopologyChangeKind { AddNode, RemoveNode, SetNode, AddEdge, RemoveEdge, SetHa }

/// <summary>One change of a drawing or of its settings.</summary>
public sealed record TopologyChange
{
    /// <summary><c>add_node</c> (<c>node</c>), <c>remove_node</c> (<c>id</c>; its edges go along), <c>set_node</c> (<c>id</c>, <c>member</c> of its data, <c>value</c>), <c>add_edge</c> (<c>edge</c>), <c>remove_edge</c> (<c>id</c>), <c>set_ha</c> (<c>member</c>, <c>value</c>).</summary>
    public required TopologyChangeKind Op { get; init; }
    public TopologyNode? Node { get; init; }
    public TopologyEdge? Edge { get; init; }
    /// <summary>Of the node or edge.</summary>
    [MaxLength(100)] public string? Id { get; init; }
    /// <summary>A member of the node's data, or of the settings.</summary>
    [MaxLength(100)] public string? Member { get; init; }
    /// <summary>Without it the member is taken out.</summary>
    public RawJson? Value { get; init; }
}

/// <summary>What would mend it. Where a machine cannot know the answer there are words and no changes.</summary>
public sealed record TopologyFix
{
    public required string Title { get; init; }
    /// <summary>For <c>PUT /api/topologies/{id}</c>.</summary>
    public required IReadOnlyList<TopologyChange> Changes { get; init; }
}

/// <summary>What a rule says of a topology.</summary>
public sealed record TopologyFinding
{
    /// <summary>Stable: <c>TP-L01</c>.</summary>
    public required string Code { get; init; }
    public required FindingSeverity Severity { get; init; }
    public required IReadOnlyList<string> NodeIds { get; init; }
    public required IReadOnlyList<string> EdgeIds { get; init; }
    public required string Message { get; init; }
    /// <summary>Where to look first.</summary>
    public string? Hint { get; init; }
    public required TopologyFix Fix { get; init; }
}

/// <summary>Look at a drawing that is not saved; what is not given is taken from the topology.</summary>
public sealed record ValidateTopology
{
    public TopologyData? TopologyData { get; init; }
    public UpdateHaConfig? HaConfig { get; init; }
    /// <summary>Also look at the servers themselves, as a second pass with the codes TP-N: some seconds, and <c>manage:topologies</c>.</summary>
    public bool? Probe { get; init; }
}

public sealed record TopologyValidation
{
    /// <summary>There is no error; there may be warnings.</summary>
    public required bool Valid { get; init; }
    public required int Errors { get; init; }
    public required int Warnings { get; init; }
    /// <summary>Errors first within each rule, rules in the order of their codes: the same input gives the same list.</summary>
    public required IReadOnlyList<TopologyFinding> Findings { get; init; }
    /// <summary>Of all that was looked at: the drawing, the settings and the servers.</summary>
    public required string Snapshot { get; init; }
    public required DateTimeOffset CheckedAt { get; init; }
    /// <summary>What was measured, where that was asked for.</summary>
    public TopologyProbe? Probe { get; init; }
}

/// <summary>What a look at the servers of a drawing saw.</summary>
public sealed record TopologyProbe
{
    public required IReadOnlyList<ProbedServer> Servers { get; init; }
    /// <summary>Each way from a node to one it uses, as it was tried from server to server.</summary>
    public required IReadOnlyList<ProbedWay> Ways { get; init; }
}

public sealed record ProbedServer
{
    public required Ref Server { get; init; }
    public required bool Answers { get; init; }
    /// <summary>How far its clock is ahead of oCore's.</summary>
    public long? ClockSkewMilliseconds { get; init; }
    public string? DockerVersion { get; init; }
    /// <summary>As Docker calls it: <c>amd64</c>.</summary>
    public string? Architecture { get; init; }
    /// <summary>Whether its kernel can mount NFS, where Odoo would.</summary>
    public bool? MountsNfs { get; init; }
    /// <summary>Until 99 of 100 small writes are on the disk, where PostgreSQL or etcd would write.</summary>
    public double? SyncMilliseconds { get; init; }
}

public sealed record ProbedWay
{
    public required string From { get; init; }
    public required string To { get; init; }
    public required string Address { get; init; }
    public required int Port { get; init; }
    public required bool Reached { get; init; }
    /// <summary>Until the other had taken the connection, the best of three.</summary>
    public double? Milliseconds { get; init; }
}
