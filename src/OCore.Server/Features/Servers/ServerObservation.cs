using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Servers;

/// <summary>What one look at a server saw. What was not looked at this time is null: figures cost more than states and come less often.</summary>
internal sealed record ServerObservation
{
    public required DateTimeOffset At { get; init; }
    /// <summary>False: the server is away, and nothing else here is known.</summary>
    public required bool Reachable { get; init; }
    /// <summary>All containers that oCore made there, also those that stand still.</summary>
    public IReadOnlyList<ContainerState> Containers { get; init; } = [];
    /// <summary>By the edge's own health checks. An instance that the edge does not serve is missing.</summary>
    public IReadOnlyDictionary<Guid, EdgeHealth> Health { get; init; } = new Dictionary<Guid, EdgeHealth>();
    /// <summary>Of the containers that carry the label <see cref="ServerLabels.Instance"/>.</summary>
    public IReadOnlyList<ContainerStats>? Stats { get; init; }
    public IReadOnlyDictionary<string, long>? DatabaseSizes { get; init; }
    public IReadOnlyDictionary<string, long>? DatabaseConnections { get; init; }
    /// <summary>By the name of the folder under <c>instances</c>.</summary>
    public IReadOnlyDictionary<string, long>? FolderSizes { get; init; }
    /// <summary>Milliseconds that the edge's last health check of an instance took.</summary>
    public IReadOnlyDictionary<Guid, double> Latencies { get; init; } = new Dictionary<Guid, double>();
    /// <summary>How often Docker restarted each instance's container, by its name.</summary>
    public IReadOnlyDictionary<string, long>? Restarts { get; init; }
    /// <summary>Since when each instance's container runs, by its name; asked as seldom.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset>? Started { get; init; }
    /// <summary>Of the machine itself.</summary>
    public ServerFigures? Figures { get; init; }
}

/// <summary>What a machine says of itself; processor time and traffic are counted since it started.</summary>
/// <param name="Uptime">Seconds; 0 where it does not say.</param>
internal sealed record ServerFigures(double Load, long MemoryUsed, long DiskUsed, long CpuTotal, long CpuIdle, long NetworkIn, long NetworkOut, long Uptime = 0);

/// <summary>
/// Where those whose things run on servers join the reconciler: servers know nothing of instances. Filled at start, before the
/// reconciler begins.
/// </summary>
internal sealed class ServerWatch
{
    /// <summary>The routes that a server's edge should have now. Until somebody says, the reconciler leaves an edge's routes alone.</summary>
    public Func<OCoreDb, Server, CancellationToken, Task<IReadOnlyList<EdgeRoute>>>? Routes { get; set; }

    /// <summary>Containers that should run on a server now, and on which nobody is working.</summary>
    public Func<OCoreDb, Server, CancellationToken, Task<IReadOnlyList<DockerName>>>? ShouldRun { get; set; }

    /// <summary>Takes over what was seen. It gets a context of the system and saves by itself.</summary>
    public List<Func<OCoreDb, Server, ServerObservation, CancellationToken, Task>> Observers { get; } = [];
}
