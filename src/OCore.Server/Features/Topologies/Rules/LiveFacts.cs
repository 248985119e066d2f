namespace OCore.Features.Topologies.Rules;

/// <summary>A program that listens on a server: where, and its name as far as the server tells.</summary>
internal sealed record Listening(string Address, int Port, string? Program);

/// <summary>A server as it was found when it was looked at.</summary>
internal sealed record LiveServer
{
    /// <summary>Why it does not answer; null where it does.</summary>
    public string? Why { get; init; }
    public bool Answers => Why is null;
    /// <summary>Against oCore's own clock.</summary>
    public long? ClockSkewMs { get; init; }
    public string? DockerVersion { get; init; }
    /// <summary>As Docker calls it: <c>amd64</c>.</summary>
    public string? Architecture { get; init; }
    /// <summary>The kernel can mount NFS; null where that was not asked.</summary>
    public bool? MountsNfs { get; init; }
    /// <summary>The kernel takes the rules that close nodes' ports; null where that was not asked.</summary>
    public bool? Guards { get; init; }
    /// <summary>Milliseconds within which 99 of 100 small writes are on the disk; null where it was not measured.</summary>
    public double? SyncMs { get; init; }
    /// <summary>What listens there that is no node of this topology.</summary>
    public IReadOnlyList<Listening> Taken { get; init; } = [];
    /// <summary>Addresses that its load balancer is to share, and why that cannot be.</summary>
    public IReadOnlyDictionary<string, string> NotShared { get; init; } = new Dictionary<string, string>();
    /// <summary>Images its nodes run, with the architecture they are for; null where the image is nowhere within reach yet.</summary>
    public IReadOnlyDictionary<string, string?> Images { get; init; } = new Dictionary<string, string?>();
    /// <summary>What its Odoo nodes would run, by the content of the image that is there; null where none is there yet.</summary>
    public string? OdooContent { get; init; }
}

/// <summary>From a server to an address and a port.</summary>
internal sealed record LiveWay(Guid From, string Address, int Port);

/// <summary>How it went.</summary>
/// <param name="Why">Null where it was reached.</param>
/// <param name="Milliseconds">Until the other had answered, the best of three.</param>
internal sealed record LiveTry(string? Why, double? Milliseconds);

/// <summary>What a running node said when it was asked.</summary>
internal sealed record LiveNode(bool Answers, bool IsWhole, string? Message);

/// <summary>Everything that a look at the servers of a topology saw.</summary>
internal sealed record LiveFacts
{
    public IReadOnlyDictionary<Guid, LiveServer> Servers { get; init; } = new Dictionary<Guid, LiveServer>();
    public IReadOnlyDictionary<LiveWay, LiveTry> Ways { get; init; } = new Dictionary<LiveWay, LiveTry>();
    /// <summary>Ports of running nodes that somebody reached who has no business there: the node, and who it was.</summary>
    public IReadOnlyList<(string NodeId, int Port, string Who)> Open { get; init; } = [];
    /// <summary>Buckets that refused the few bytes that were written into them, by node, and what they said.</summary>
    public IReadOnlyDictionary<string, string> Buckets { get; init; } = new Dictionary<string, string>();
    /// <summary>The load balancers and the Redis that run.</summary>
    public IReadOnlyDictionary<string, LiveNode> Nodes { get; init; } = new Dictionary<string, LiveNode>();
}
