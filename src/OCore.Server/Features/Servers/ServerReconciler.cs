using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Servers;

/// <summary>
/// Keeps what is known of servers true, and what has to run on them running. One loop and one connection a server, so that a
/// slow one delays nobody; what it costs does not grow with the instances but for their figures.
/// </summary>
internal sealed class ServerReconciler(
    OCoreDbFactory databases, ServerAccess access, ServerPreparation preparation, Edge edges, ServerWatch watch, ServerTurns turns, TimeProvider time, ILogger<ServerReconciler> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5), AnswersWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FiguresEvery = TimeSpan.FromSeconds(15), SizesEvery = TimeSpan.FromSeconds(60), FoldersEvery = TimeSpan.FromMinutes(10), FactsEvery = TimeSpan.FromMinutes(10), MarkEvery = TimeSpan.FromSeconds(30);

    /// <summary>After so long a replica that looks after its own machine counts as gone.</summary>
    internal static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    /// <summary>The others are an operation's, or wait for a person.</summary>
    private static readonly ServerStatus[] Watched = [ServerStatus.Active, ServerStatus.Draining, ServerStatus.Unreachable];

    private static readonly Task Never = new TaskCompletionSource().Task;

    private readonly Dictionary<Guid, Task> _loops = [];
    private readonly HashSet<Guid> _blind = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = ServerSignals.Next;
            try
            {
                foreach (var ended in _loops.Where(l => l.Value.IsCompleted).Select(l => l.Key).ToList())
                    _loops.Remove(ended);
                await using var db = databases.System();
                await ForgetHealthAsync(db, stoppingToken);
                foreach (var id in await db.ServersOfAll().Where(s => Watched.Contains(s.Status)).Select(s => s.Id).ToListAsync(stoppingToken))
                    if (!_loops.ContainsKey(id))
                        _loops[id] = Task.Run(() => WatchAsync(id, stoppingToken), CancellationToken.None);
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
            {
                log.LogError(e, "Looking for servers failed");
            }
            await Task.WhenAny(next, Task.Delay(Every, time, stoppingToken));
        }
        await Task.WhenAll(_loops.Values);
    }

    // Nobody looks at these, so what was last seen on them is no longer known.
    private async Task ForgetHealthAsync(OCoreDb db, CancellationToken stop)
    {
        var blind = await db.ServersOfAll().Where(s => s.Status == ServerStatus.Failed || s.Status == ServerStatus.HostKeyChanged).ToListAsync(stop);
        _blind.IntersectWith(blind.Select(s => s.Id));
        foreach (var server in blind.Where(s => _blind.Add(s.Id)))
            await TellAsync(server, new ServerObservation { At = time.GetUtcNow(), Reachable = false }, stop);
    }

    private async Task WatchAsync(Guid id, CancellationToken stop)
    {
        var seen = new Seen();
        while (!stop.IsCancellationRequested)
        {
            // Whoever needs the server looked at now says so; a connection that ends is a reason too.
            var next = ServerSignals.Next;
            var lost = Never;
            try
            {
                await using var db = databases.System();
                if (await db.ServersOfAll().SingleOrDefaultAsync(s => s.Id == id, stop) is not { } server || !Watched.Contains(server.Status))
                    return;
                if (access.IsElsewhere(server))
                    await CheckSilenceAsync(db, server, seen, stop);
                else if (await turns.TakeAsync(id, stop) && await LookAsync(db, server, seen, stop) is { } connection)
                    lost = connection.Closed;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                log.LogError(e, "Looking at server {Id} failed", id);
            }
            await Task.WhenAny(next, lost, Task.Delay(Every, time, stop));
        }
    }

    // The machine of another replica, which looks after it for as long as it lives.
    private async Task CheckSilenceAsync(OCoreDb db, Server server, Seen seen, CancellationToken stop)
    {
        if (time.GetUtcNow() - (server.LastSeenAt ?? server.CreatedAt) > Silence)
            await AwayAsync(db, server, seen, "This is another machine: the one on which another process of oCore ran, and that one is not heard of.", stop);
        else
            seen.Reachable = null;
    }

    /// <returns>The connection, where the server answers.</returns>
    private async Task<IServerConnection?> LookAsync(OCoreDb db, Server server, Seen seen, CancellationToken stop)
    {
        try
        {
            var (connection, measure) = await GreetAsync(server, seen, stop);
            await TendAsync(db, connection, server, seen, measure, stop);
            return connection;
        }
        catch (StepRefusedException refused) when (refused.Code == "host_key_changed")
        {
            log.LogWarning("Server {Name}: {Message}", server.Name, refused.Message);
            await AwayAsync(db, server, seen, null, stop);
        }
        catch (Exception away) when (away is StepRefusedException or TryLaterException or ServerException or TimeoutException)
        {
            await AwayAsync(db, server, seen, away is TimeoutException ? $"{server.Host} does not answer." : away.Message, stop);
        }
        return null;
    }

    private async Task<(IServerConnection, ServerFigures)> GreetAsync(Server server, Seen seen, CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            // The first time there is no connection yet, and to make one takes a busy server longer.
            var connection = await access.ConnectAsync(server, stop).AsTask().WaitAsync(seen.Reachable is null ? 3 * AnswersWithin : AnswersWithin, time, stop);
            try
            {
                seen.DockerFolder ??= (await connection.Docker.InfoAsync(stop)).RootFolder;
                var answer = await connection.RunAsync(ServerFactsReader.Measure(seen.DockerFolder).WithTimeout(AnswersWithin), stop);
                return (connection, ServerFactsReader.ReadMeasure(answer.ThrowIfFailed("Measuring").Out));
            }
            catch (ServerUnreachableException) when (attempt == 1)
            {
                // The connection broke: perhaps only sshd was restarted.
                await Task.WhenAny(connection.Closed, Task.Delay(500, stop));
            }
        }
    }

    private async Task TendAsync(OCoreDb db, IServerConnection connection, Server server, Seen seen, ServerFigures measure, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        if (Seen.IsDue(ref seen.MarkAt, MarkEvery, time) && !await ServerPreparation.KeepAsync(connection, server, stop))
        {
            await db.ChangeStatusAsync(server.Id, server.Status, ServerStatus.Failed, "Another oCore has taken this machine over. Remove the server here, or there and validate it again here.", stop);
            return;
        }
        var containers = await connection.Docker.ListAsync(new Dictionary<string, string?> { [ServerLabels.Server] = server.Id.ToString() }, stop);
        await RestoreAsync(db, connection, server, containers, stop);
        await StartAsync(db, connection, server, seen, containers, stop);
        var edge = await TendEdgeAsync(db, connection, server, stop);
        // Whoever gives a machine more memory, or another Docker, mostly starts it anew for that.
        if (seen.Reachable != true)
            seen.FactsAt = 0;
        if (Seen.IsDue(ref seen.FactsAt, FactsEvery, time))
            await RefreshFactsAsync(db, connection, server, seen, stop);
        var figures = Seen.IsDue(ref seen.FiguresAt, FiguresEvery, time);
        var sizes = Seen.IsDue(ref seen.SizesAt, SizesEvery, time);
        var instances = containers.Where(c => c.IsRunning && c.Labels.ContainsKey(ServerLabels.Instance)).Select(c => DockerName.Parse(c.Name)).ToList();
        var databases = sizes ? await DatabasesAsync(connection, stop) : null;
        var asked = sizes ? await AskedAsync(connection, containers, stop) : null;
        var observation = new ServerObservation
        {
            At = now, Reachable = true, Containers = containers, Health = edge.Instances, Latencies = edge.Latencies, Figures = measure,
            Stats = figures ? await connection.Docker.StatsAsync(instances, stop) : null,
            DatabaseSizes = databases?.ToDictionary(d => d.Key, d => d.Value.Bytes), DatabaseConnections = databases?.ToDictionary(d => d.Key, d => d.Value.Connections),
            Restarts = asked?.ToDictionary(c => c.Name, c => c.RestartCount ?? 0),
            Started = asked?.Where(c => c is { IsRunning: true, StartedAt: not null }).ToDictionary(c => c.Name, c => c.StartedAt!.Value),
            FolderSizes = Seen.IsDue(ref seen.FoldersAt, FoldersEvery, time) ? await FoldersAsync(connection, stop) : null,
        };
        if (figures || server.Status == ServerStatus.Unreachable)
        {
            var promised = await db.PromisedAsync(server.Id, stop);
            await db.SaveUseAsync(server.Id, new ServerUse
            {
                At = now, Load = measure.Load, MemoryUsedBytes = measure.MemoryUsed, DiskUsedBytes = measure.DiskUsed,
                MemoryReservedBytes = promised.MemoryBytes, CpusReserved = promised.Cpus, ContainersRunning = containers.Count(c => c.IsRunning),
            }, stop);
        }
        if (server.Status == ServerStatus.Unreachable && await db.ChangeStatusAsync(server.Id, ServerStatus.Unreachable, server.Draining ? ServerStatus.Draining : ServerStatus.Active, null, stop))
            log.LogInformation("Server {Name} is back", server.Name);
        seen.Reachable = true;
        await TellAsync(server, observation, stop);
    }

    private async Task RestoreAsync(OCoreDb db, IServerConnection connection, Server server, IReadOnlyList<ContainerState> containers, CancellationToken stop)
    {
        // What is missing may just have been removed by the operation that removes the server.
        bool Runs(DockerName name) => containers.Any(c => c.Name == name.Value && (c.IsRunning || c.State == "restarting"));
        if (Runs(PostgresContainer.Name) && (Runs(Edge.Name) || server.EdgeTakenBy is not null) || !await IsWatchedAsync(db, server, stop))
            return;
        if (!Runs(PostgresContainer.Name))
        {
            log.LogWarning("Server {Name}: PostgreSQL does not run and is started", server.Name);
            await preparation.RestorePostgresAsync(connection, server, stop);
        }
        if (!Runs(Edge.Name) && server.EdgeTakenBy is null)
        {
            log.LogWarning("Server {Name}: the edge does not run and is started", server.Name);
            await preparation.EnsureEdgeAsync(db, connection, server, stop);
        }
    }

    // Docker's own policy does this, but an engine that was killed may forget it (20.10 does), and a person at the console may stop what
    // should run. Not at once again where it did not help: Docker restarts by itself what ends by itself.
    private async Task StartAsync(OCoreDb db, IServerConnection connection, Server server, Seen seen, IReadOnlyList<ContainerState> containers, CancellationToken stop)
    {
        var still = containers.Where(c => c.State is "exited" or "created" && c.Labels.ContainsKey(ServerLabels.Instance) && seen.MayStart(c.Name, time)).Select(c => c.Name).ToHashSet();
        if (still.Count == 0 || watch.ShouldRun is not { } wanted)
            return;
        foreach (var name in (await wanted(db, server, stop)).Where(n => still.Contains(n.Value)))
            try
            {
                seen.Started[name.Value] = time.GetTimestamp();
                log.LogWarning("Server {Name}: {Container} should run, does not, and is started", server.Name, name);
                await connection.Docker.StartAsync(name, stop);
            }
            catch (DockerCallException refused)
            {
                log.LogWarning("Server {Name}: {Message}", server.Name, refused.Message);
            }
    }

    private async Task<EdgeStatus> TendEdgeAsync(OCoreDb db, IServerConnection connection, Server server, CancellationToken stop)
    {
        if (server.EdgeTakenBy is not null)
            return EdgeStatus.Unknown;
        try
        {
            var edge = await Edge.StatusAsync(connection, stop);
            if (watch.Routes is not { } routes || (await edges.RenderAsync(server, await routes(db, server, stop), stop)).Version == edge.Version)
                return edge;
            if (!await IsWatchedAsync(db, server, stop))
                return edge;
            await preparation.EnsureEdgeAsync(db, connection, server, stop);
            return await Edge.StatusAsync(connection, stop);
        }
        catch (Exception e) when (e is RemoteCommandException or StepRefusedException)
        {
            // The server is well and its edge is not: that is no reason to call the server away.
            log.LogWarning("Server {Name}: {Message}", server.Name, e.Message);
            return EdgeStatus.Unknown;
        }
    }

    private static Task<bool> IsWatchedAsync(OCoreDb db, Server server, CancellationToken stop) =>
        db.ServersOfAll().AnyAsync(s => s.Id == server.Id && Watched.Contains(s.Status), stop);

    private static async Task<IReadOnlyList<ContainerState>?> AskedAsync(IServerConnection connection, IReadOnlyList<ContainerState> containers, CancellationToken stop)
    {
        try
        {
            // A list does not say it; the container is asked.
            return [.. (await Task.WhenAll(containers.Where(c => c.Labels.ContainsKey(ServerLabels.Instance)).Select(c => connection.Docker.FindAsync(DockerName.Parse(c.Name), stop)))).OfType<ContainerState>()];
        }
        catch (DockerCallException)
        {
            return null;
        }
    }

    // What the machine is, by which its room is counted. Who waits for the next look has what is known.
    private async Task RefreshFactsAsync(OCoreDb db, IServerConnection connection, Server server, Seen seen, CancellationToken stop)
    {
        try
        {
            seen.DockerFolder = (await connection.Docker.InfoAsync(stop)).RootFolder;
            var facts = await ServerFactsReader.ReadAsync(connection, seen.DockerFolder, stop);
            if (facts != server.Facts)
                await db.SaveFactsAsync(server.Id, facts, stop);
        }
        catch (Exception e) when (e is RemoteCommandException or RemoteTimeoutException or DockerCallException)
        {
            log.LogWarning("Server {Name} does not say what it is: {Message}", server.Name, e.Message);
        }
    }

    private static async Task<IReadOnlyDictionary<string, DatabaseUse>?> DatabasesAsync(IServerConnection connection, CancellationToken stop)
    {
        try
        {
            return await PostgresContainer.DatabasesAsync(connection, stop);
        }
        catch (ServerException e) when (e is RemoteCommandException or DockerCallException)
        {
            return null;
        }
    }

    // Each folder by itself. What two databases of an instance share by hard links lies on the disk once, and counts once.
    private const string FoldersScript = """
        cd /var/lib/ocore/instances 2>/dev/null || exit 0
        for folder in *; do [ -d "$folder" ] && nice -n 19 du -s -B1 -- "$folder" 2>/dev/null; done
        exit 0
        """;

    private static async Task<IReadOnlyDictionary<string, long>?> FoldersAsync(IServerConnection connection, CancellationToken stop)
    {
        try
        {
            var answer = await connection.RunAsync(RemoteCommand.Script(FoldersScript).AsRoot().WithTimeout(TimeSpan.FromSeconds(30)), stop);
            return answer.Out.Split('\n').Select(line => line.Split('\t')).Where(row => row.Length == 2 && long.TryParse(row[0], out _)).ToDictionary(row => row[1], row => long.Parse(row[0]));
        }
        catch (ServerException e) when (e is RemoteCommandException or RemoteTimeoutException or ServerAuthenticationException)
        {
            return null;
        }
    }

    private async Task AwayAsync(OCoreDb db, Server server, Seen seen, string? message, CancellationToken stop)
    {
        if (message is not null && (server.Status != ServerStatus.Unreachable || server.StatusMessage != message)
            && await db.ChangeStatusAsync(server.Id, server.Status, ServerStatus.Unreachable, message, stop) && server.Status != ServerStatus.Unreachable)
            log.LogWarning("Server {Name} is unreachable: {Message}", server.Name, message);
        if (seen.Reachable == false)
            return;
        seen.Reachable = false;
        await TellAsync(server, new ServerObservation { At = time.GetUtcNow(), Reachable = false }, stop);
    }

    private async Task TellAsync(Server server, ServerObservation observation, CancellationToken stop)
    {
        foreach (var observer in watch.Observers)
            try
            {
                await using var db = databases.System();
                await observer(db, server, observation, stop);
            }
            catch (Exception e) when (e.IsFault(stop))
            {
                log.LogError(e, "What was seen of server {Name} could not be taken over", server.Name);
            }
    }

    /// <summary>What a loop remembers between two looks.</summary>
    private sealed class Seen
    {
        public string? DockerFolder;
        public bool? Reachable;
        public long FiguresAt, SizesAt, MarkAt, FoldersAt, FactsAt;
        public readonly Dictionary<string, long> Started = [];

        public bool MayStart(string container, TimeProvider time) => !Started.TryGetValue(container, out var at) || time.GetElapsedTime(at) > TimeSpan.FromMinutes(1);

        public static bool IsDue(ref long at, TimeSpan every, TimeProvider time)
        {
            if (at != 0 && time.GetElapsedTime(at) < every)
                return false;
            at = time.GetTimestamp();
            return true;
        }
    }
}
