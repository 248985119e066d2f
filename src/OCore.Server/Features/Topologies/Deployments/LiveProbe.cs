using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// Looks at the servers of a drawing: what they have, what listens there, and whether each part would reach what it uses. For what
/// does not run yet a container listens in its place for as long as that takes, so that the way is tried that the real one will use,
/// with Docker's own rules on both sides. Nothing is left behind.
/// </summary>
internal sealed class LiveProbe(ServerAccess access, TopologyHost host, Edge edge, TimeProvider time, ILogger<LiveProbe> log)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(90), OneWay = TimeSpan.FromSeconds(60);
    private const int Inner = 8080;
    private static readonly RemotePath Config = RemotePath.Parse("/usr/local/etc/haproxy/ocore-probe.cfg");
    private readonly ConcurrentDictionary<Guid, bool> _busy = new();

    /// <summary>Where it may listen, and who listens.</summary>
    private sealed record Looked(ServerFact Fact, Server Row, IServerConnection? Connection, LiveServer Seen)
    {
        public string? NotListening { get; init; }
    }

    /// <param name="servers">Of the drawing, as far as the caller may see them.</param>
    /// <param name="work">What runs of it; null where nothing does.</param>
    /// <returns>Null where another look at this topology has not ended.</returns>
    public async Task<LiveFacts?> LookAsync(Guid topologyId, TopologySnapshot topology, IReadOnlyList<Server> servers, TopologyWork? work, LayoutImages images, CancellationToken stop)
    {
        if (!_busy.TryAdd(topologyId, true))
            return null;
        using var late = new CancellationTokenSource(Longest, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        var name = DockerName.Parse("ocore-probe-" + Layout.KeyOf(topologyId, "probe"));
        var looked = new List<Looked>();
        try
        {
            looked = [.. await Task.WhenAll(servers.Where(s => topology.ById.Values.Any(n => n.ServerId == s.Id)).Select(s => SeeAsync(topology, s, work, images, ended.Token)))];
            var token = Tokens.New();
            var ways = Ways.Of(topology);
            looked = [.. await Task.WhenAll(looked.Select(l => ListenAsync(l, topologyId, topology, name, token, work, ways, ended.Token)))];
            var tries = (await Task.WhenAll(looked.Select(l => TryAsync(l, name, token, ways, looked, work, ended.Token)))).SelectMany(t => t).ToDictionary();
            var synced = await Task.WhenAll(looked.Select(l => SyncAsync(l, name, topology, ended.Token)));
            return new LiveFacts
            {
                Servers = synced.ToDictionary(l => l.Fact.Id, l => l.Seen), Ways = tries,
                Open = work is null ? [] : [.. (await Task.WhenAll(looked.Select(l => UninvitedAsync(l, name, topology, ways, work, ended.Token)))).SelectMany(o => o), .. await FromHereAsync(topology, work, ended.Token)],
                Nodes = work is null ? new Dictionary<string, LiveNode>() : await AskAsync(topology, work, ended.Token),
            };
        }
        finally
        {
            foreach (var one in looked.Where(l => l.Connection is not null))
                await RemoveAsync(one, name);
            _busy.TryRemove(topologyId, out _);
        }
    }

    private async Task RemoveAsync(Looked one, DockerName name)
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(20), time);
        try
        {
            await one.Connection!.Docker.RemoveContainerAsync(name, soon.Token);
        }
        catch (Exception away) when (away is ServerException or OperationCanceledException)
        {
            // It ends by itself, and the next look or deployment removes what is left of it.
            log.LogInformation("The probe on {Server} could not be removed: {Why}", one.Fact.Name, away.Message);
        }
    }

    // ── What a server is and has ──

    private const string PortsScript = """
        if command -v ss >/dev/null 2>&1; then ss -Hltnp; else
          awk 'FNR > 1 && $4 == "0A" { print "proc", 0, 0, $2 }' /proc/net/tcp /proc/net/tcp6
        fi
        """;

    private async Task<Looked> SeeAsync(TopologySnapshot topology, Server row, TopologyWork? work, LayoutImages images, CancellationToken stop)
    {
        var fact = topology.Servers[row.Id];
        try
        {
            var connection = await access.ConnectAsync(row, stop);
            var docker = await connection.Docker.VersionAsync(stop);
            var nodes = topology.ById.Values.Where(n => n.ServerId == row.Id).ToList();
            return new Looked(fact, row, connection, new LiveServer
            {
                ClockSkewMs = await ClockAsync(connection, stop), DockerVersion = docker.Version, Architecture = docker.Architecture,
                MountsNfs = topology.Ha.FilestoreType == FilestoreType.SharedNfs && nodes.Any(n => n.Type == NodeType.Odoo)
                    ? await NfsServer.MountsAsync(connection, stop) : null,
                Taken = [.. ReadPorts((await connection.RunAsync(RemoteCommand.Script(PortsScript).AsRoot(), stop)).Out).Where(l => !IsOwn(l, row, work) && !IsMovingEdge(l, row, fact, nodes))],
                Images = await ImagesAsync(connection, [.. nodes.Select(n => LayoutMaker.ImageOf(topology, n, images)).Concat(nodes.Select(n => n.Has("virtualIp") ? images.Keepalived : null)).OfType<string>().Distinct()], stop),
                OdooContent = nodes.FirstOrDefault(n => n.Type == NodeType.Odoo) is { } odoo && LayoutMaker.ImageOf(topology, odoo, images) is { } runs ? await connection.Docker.ContentOfAsync(ImageRef.Parse(runs), stop) : null,
                Guards = await NodeFirewall.GuardsAsync(connection, stop),
                NotShared = await NotSharedAsync(connection, nodes, work, stop),
            });
        }
        catch (Exception away) when (away is TryLaterException or StepRefusedException or ServerException)
        {
            return new Looked(fact, row, null, new LiveServer { Why = Platform.Remote.Redaction.Of(away.Message) });
        }
    }

    // The answer comes half a round trip after it was made, whichever way is slower.
    private async Task<long?> ClockAsync(IServerConnection connection, CancellationToken stop)
    {
        var (before, began) = (time.GetUtcNow(), time.GetTimestamp());
        var answer = await connection.RunAsync(RemoteCommand.Of("date", "+%s%3N"), stop);
        return answer.Ok && long.TryParse(answer.Out.Trim(), CultureInfo.InvariantCulture, out var there) && there > 1_000_000_000_000
            ? there - (before + (time.GetElapsedTime(began) / 2)).ToUnixTimeMilliseconds() : null;
    }

    // What this topology holds already is answered for by its own.
    private static async Task<IReadOnlyDictionary<string, string>> NotSharedAsync(IServerConnection connection, IReadOnlyList<DrawnNode> nodes, TopologyWork? work, CancellationToken stop)
    {
        var found = new Dictionary<string, string>();
        foreach (var shared in nodes.Where(n => n.IsHttp).Select(n => n.Text("virtualIp")).OfType<string>().Distinct())
            if (await SharedAddress.WhyNotAsync(connection, shared, unused: work?.Layout.Nodes.Any(n => SharedAddress.Of(n) == shared) != true, stop) is { } why)
                found[shared] = why;
        return found;
    }

    // What runs already has its port with every right.
    private static bool IsOwn(Listening listening, Server row, TopologyWork? work) =>
        work?.Layout.Nodes.Any(n => n.ServerId == row.Id && (n.Port == listening.Port || n.SecondPort == listening.Port)) == true;

    // The edge makes way for a load balancer that wants a port of it, where it leads to nobody.
    private static bool IsMovingEdge(Listening listening, Server row, ServerFact fact, IEnumerable<DrawnNode> nodes) =>
        fact.Instances == 0 && row.EdgeTakenBy is null && fact.IsOfEdge(listening.Port) && nodes.Any(n => n.IsHttp && n.Ports().Any(fact.IsOfEdge));

    internal static IEnumerable<Listening> ReadPorts(string answer)
    {
        foreach (var line in answer.Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 4 || words[3].LastIndexOf(':') is not (> 0 and var colon))
                continue;
            var (address, number) = (words[3][..colon].Trim('[', ']').Split('%')[0], words[3][(colon + 1)..]);
            if (words[0] == "proc")
                (address, number) = (HexAddress(address), int.TryParse(number, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var hex) ? $"{hex}" : "");
            if (!int.TryParse(number, CultureInfo.InvariantCulture, out var port))
                continue;
            var program = words.Length > 5 && words[5].Split('"') is { Length: > 1 } quoted ? quoted[1] : null;
            if (!(IPAddress.TryParse(address, out var parsed) && IPAddress.IsLoopback(parsed)))
                yield return new Listening(address, port, program);
        }
    }

    // The kernel writes words in its own order of bytes.
    private static string HexAddress(string hex)
    {
        if (hex.Length is not (8 or 32) || !hex.All(char.IsAsciiHexDigit))
            return hex;
        var bytes = Convert.FromHexString(hex);
        for (var i = 0; i < bytes.Length; i += 4)
            Array.Reverse(bytes, i, 4);
        var address = new IPAddress(bytes);
        return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
    }

    private async Task<IReadOnlyDictionary<string, string?>> ImagesAsync(IServerConnection connection, IReadOnlyList<string> images, CancellationToken stop)
    {
        var found = new Dictionary<string, string?>();
        foreach (var image in images.Select(ImageRef.Parse))
            found[image.Value] = await connection.Docker.ArchitectureOfAsync(image, stop) ?? (access.LocalEngine is { } own ? await own.ArchitectureOfAsync(image, stop) : null);
        return found;
    }

    // ── Who reaches whom ──

    private static string ConfigOf(string token) => $"""
        global
            maxconn 1000
        defaults
            mode http
            timeout connect 5s
            timeout client 5s
            timeout server 5s
        frontend probe
            bind :{Inner}
            http-request return status 200 content-type text/plain string {token}

        """;

    /// <summary>Listens on every port that a node of this server would, as far as it is free; also where there is none, to try from.</summary>
    private async Task<Looked> ListenAsync(Looked one, Guid topologyId, TopologySnapshot topology, DockerName name, string token, TopologyWork? work, IReadOnlyList<Way> ways, CancellationToken stop)
    {
        if (one.Connection is not { } connection)
            return one;
        var ports = ways.Where(w => w.To.ServerId == one.Fact.Id && !Runs(work, w) && IPAddress.TryParse(w.Address, out _)).Select(w => (w.Address, w.Port)).Distinct()
            .Where(p => one.Seen.Taken.All(t => t.Port != p.Port)).ToList();
        var labels = new Dictionary<string, string>(ServerLabels.Of(one.Fact.Id)) { [NodeSpecs.TopologyLabel] = topologyId.ToString() };
        try
        {
            // From where its nodes come, on the servers that have some: nobody else is let to those that run.
            var network = work?.Layout.Servers.Contains(one.Fact.Id) == true ? TopologyNetwork.NameOf(topologyId) : ServerLabels.Network;
            if (network == ServerLabels.Network)
                await connection.Docker.EnsureNetworkAsync(network, ServerLabels.Of(one.Fact.Id), stop);
            else
                await TopologyNetwork.EnsureAsync(connection.Docker, topologyId, one.Fact.Id, stop);
            await connection.Docker.RemoveContainerAsync(name, stop);
            await connection.Docker.EnsureContainerAsync(new ContainerSpec
            {
                Name = name, Image = edge.Image, Labels = labels, Networks = [new ContainerNetwork(network)],
                // Should nobody come to remove it, it ends by itself and lets the ports go.
                Entrypoint = ["timeout", $"{Longest.TotalSeconds + 30:0}"], Command = ["haproxy", "-db", "-f", Config.Value],
                Ports = [.. ports.Select(p => new PublishedPort(IPAddress.Parse(p.Address), p.Port, Inner))],
                Files = [ContainerFile.Text(Config, ConfigOf(token))], Restart = RestartRule.No, MemoryBytes = 256L << 20, DropCapabilities = ["ALL"], StopTimeout = TimeSpan.FromSeconds(1),
            }, stop);
            // A container that runs does not listen yet, and on a busy server not for a while.
            var listens = await connection.Docker.ExecAsync(name, ["bash", "-c", WaitScript, "ocore", $"{Inner}"], null, stop, new ExecOptions { Timeout = OneWay });
            return listens.Ok ? one : one with { NotListening = "nothing could be made to listen there in time" };
        }
        catch (ServerException failed)
        {
            return one with { NotListening = Platform.Remote.Redaction.Of(failed.Message) };
        }
    }

    private static bool Runs(TopologyWork? work, Way way) => work?.Layout.Find(way.To.Id) is { } node && node.ServerId == way.To.ServerId && (node.Port == way.Port || node.SecondPort == way.Port);

    private const string WaitScript = """for turn in {1..150}; do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && exit 0; sleep 0.1; done; exit 1""";

    // Each line of its answer is "number microseconds" or "number no". Who did not answer is asked once more: busy is not closed. What listens in a node's place has to say the right word: an
    // address that is somebody else's would answer as well.
    private const string TryScript = """
        one() {
          timeout 5 bash -c '
            best=
            for turn in 1 2 3; do
              a=$EPOCHREALTIME
              exec 3<>"/dev/tcp/$1/$2" || exit 1
              b=$EPOCHREALTIME
              took=$(( ${b/[.,]/} - ${a/[.,]/} ))
              if [ -z "$best" ] || [ "$took" -lt "$best" ]; then best=$took; fi
              if [ "$turn" = 1 ] && [ "$3" != - ]; then
                printf "GET / HTTP/1.0\r\n\r\n" >&3
                said=$(cat <&3)
                case $said in *"$3"*) ;; *) exit 2 ;; esac
              fi
              exec 3<&- 3>&-
            done
            echo "$best"' probe "$2" "$3" "$4" 2>/dev/null
        }
        while [ $# -ge 4 ]; do
          while [ "$(jobs -rp | wc -l)" -ge 48 ]; do wait -n; done
          ( took=$(one "$@") || { sleep 0.3; took=$(one "$@"); }; code=$?; if [ "$code" = 0 ]; then echo "$1 $took"; else echo "$1 no $code"; fi ) &
          shift 4
        done
        wait
        """;

    private static async Task<Dictionary<LiveWay, LiveTry>> TryAsync(Looked one, DockerName name, string token, IReadOnlyList<Way> ways, IReadOnlyList<Looked> all, TopologyWork? work, CancellationToken stop)
    {
        var tries = new Dictionary<LiveWay, LiveTry>();
        if (one.Connection is not { } connection)
            return tries;
        var mine = ways.Where(w => w.From.ServerId == one.Fact.Id).DistinctBy(w => (w.Address, w.Port)).ToList();
        List<(Way Way, string Word)> asked = [];
        foreach (var way in mine)
        {
            var key = new LiveWay(one.Fact.Id, way.Address, way.Port);
            var there = way.To.Type == NodeType.S3 ? null : all.FirstOrDefault(l => l.Fact.Id == way.To.ServerId);
            if (way.To.Type != NodeType.S3 && there?.Connection is null)
                continue; // TP-N06 says so
            if (one.NotListening is { } mute)
                tries[key] = new LiveTry($"could not be tried: {mute}", null);
            else if (way.To.Type == NodeType.S3 || Runs(work, way))
                asked.Add((way, "-"));
            else if (there!.Seen.Taken.Any(t => t.Port == way.Port))
                continue; // TP-N05 says so
            else if (there.NotListening is { } why)
                tries[key] = new LiveTry($"cannot be listened on: {why}", null);
            else
                asked.Add((way, token));
        }
        foreach (var (way, seen) in await AskAsync(connection, name, asked, stop))
            tries[new LiveWay(one.Fact.Id, way.Address, way.Port)] = seen;
        return tries;
    }

    private static async Task<List<(Way Way, LiveTry Seen)>> AskAsync(IServerConnection connection, DockerName name, IReadOnlyList<(Way Way, string Word)> asked, CancellationToken stop)
    {
        if (asked.Count == 0)
            return [];
        var arguments = asked.SelectMany((a, i) => (string[])[$"{i}", a.Way.Address, $"{a.Way.Port}", a.Word]);
        try
        {
            var answer = (await connection.Docker.ExecAsync(name, ["bash", "-c", TryScript, "ocore", .. arguments], null, stop, new ExecOptions { Timeout = OneWay })).Out;
            var lines = answer.Split('\n').Select(l => l.Split(' ')).Where(l => l.Length > 1).ToDictionary(l => int.Parse(l[0], CultureInfo.InvariantCulture), l => l);
            return [.. asked.Select((a, i) => (a.Way, Read(lines.GetValueOrDefault(i))))];
        }
        catch (ServerException failed)
        {
            return [.. asked.Select(a => (a.Way, new LiveTry($"could not be tried: {Platform.Remote.Redaction.Of(failed.Message)}", null)))];
        }
    }

    private static LiveTry Read(string[]? words) => words switch
    {
        [_, "no", "2"] => new LiveTry("is answered by something else", null),
        [_, "no", ..] or null => new LiveTry("does not answer", null),
        [_, var took, ..] when double.TryParse(took, CultureInfo.InvariantCulture, out var microseconds) => new LiveTry(null, microseconds / 1000),
        _ => new LiveTry("does not answer", null),
    };

    /// <summary>Ports of running nodes that this server has no business with, tried all the same.</summary>
    private static async Task<IEnumerable<(string NodeId, int Port, string Who)>> UninvitedAsync(Looked one, DockerName name, TopologySnapshot topology, IReadOnlyList<Way> ways, TopologyWork work, CancellationToken stop)
    {
        if (one.Connection is not { } connection || one.NotListening is not null)
            return [];
        var closed = Inside(topology, work).Where(i => i.Node.ServerId != one.Fact.Id && !ways.Any(w => w.From.ServerId == one.Fact.Id && w.Address == i.Address && w.Port == i.Port))
            .Select(i => (new Way(i.Node, i.Node, i.Address, i.Port, null), "-")).ToList();
        return (await AskAsync(connection, name, closed, stop)).Where(t => t.Seen.Milliseconds is not null).Select(t => (t.Way.To.Id, t.Way.Port, one.Fact.Name));
    }

    private static IEnumerable<(DrawnNode Node, string Address, int Port)> Inside(TopologySnapshot topology, TopologyWork work) =>
        from node in topology.ById.Values
        where !node.IsHttp && node.ServerId is not null && work.Layout.Find(node.Id) is { Address: not null } running && running.ServerId == node.ServerId && work.HasServerOf(running)
        from port in node.Ports()
        select (node, work.Layout.Find(node.Id)!.Address!, port);

    // oCore reaches servers by ssh and nothing else; where it gets in, so may others.
    private static async Task<IEnumerable<(string NodeId, int Port, string Who)>> FromHereAsync(TopologySnapshot topology, TopologyWork work, CancellationToken stop)
    {
        var inside = Inside(topology, work).Where(i => !work.Servers[i.Node.ServerId!.Value].IsLocal).ToList();
        var reached = await Task.WhenAll(inside.Select(async i => (i, Open: await ConnectsAsync(i.Address, i.Port, stop))));
        return reached.Where(r => r.Open).Select(r => (r.i.Node.Id, r.i.Port, "oCore's own machine"));
    }

    private static async Task<bool> ConnectsAsync(string address, int port, CancellationToken stop)
    {
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(stop);
        soon.CancelAfter(TimeSpan.FromSeconds(2));
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Parse(address), port, soon.Token);
            return true;
        }
        catch (Exception closed) when (closed is SocketException || closed is OperationCanceledException && !stop.IsCancellationRequested)
        {
            return false;
        }
    }

    // ── How quick its disk is, and what runs ──

    // Perl writes, bash keeps the time: of the image's Perl only the core can be counted on.
    private const string SyncScript = """
        coproc disk { exec perl -MIO::Handle -e '$| = 1; open(F, ">", "/tmp/ocore-probe") or die; while (<STDIN>) { syswrite(F, "x" x 2048) == 2048 or die; F->sync or die; print "\n"; }'; }
        took=()
        for turn in {1..100}; do
          a=$EPOCHREALTIME
          echo >&"${disk[1]}"
          read -r -u "${disk[0]}" || exit 1
          b=$EPOCHREALTIME
          took+=("$(( ${b/[.,]/} - ${a/[.,]/} ))")
        done
        rm -f /tmp/ocore-probe
        printf '%s\n' "${took[@]}" | sort -n | sed -n 99p
        """;

    /// <summary>On the disk of the engine, where containers and volumes are.</summary>
    private async Task<Looked> SyncAsync(Looked one, DockerName name, TopologySnapshot topology, CancellationToken stop)
    {
        if (one.Connection is not { } connection || one.NotListening is not null || !topology.ById.Values.Any(n => n.ServerId == one.Fact.Id && n.Type is NodeType.Etcd or NodeType.Postgres))
            return one;
        try
        {
            var answer = await connection.Docker.ExecAsync(name, ["bash", "-c", SyncScript], null, stop, new ExecOptions { Timeout = TimeSpan.FromSeconds(30) });
            return answer.Ok && double.TryParse(answer.Out.Trim(), CultureInfo.InvariantCulture, out var microseconds) ? one with { Seen = one.Seen with { SyncMs = microseconds / 1000 } } : one;
        }
        catch (ServerException failed)
        {
            log.LogInformation("The disk of {Server} could not be measured: {Why}", one.Fact.Name, failed.Message);
            return one;
        }
    }

    private async Task<IReadOnlyDictionary<string, LiveNode>> AskAsync(TopologySnapshot topology, TopologyWork work, CancellationToken stop)
    {
        var asked = work.Layout.Nodes.Where(n => n.Type is NodeType.LoadBalancer or NodeType.Redis && topology.ById.ContainsKey(n.Id));
        var seen = await Task.WhenAll(asked.Select(async n => (n.Id, Seen: await host.MeasureAsync(work, n, stop))));
        return seen.ToDictionary(s => s.Id, s => new LiveNode(s.Seen.State is TopologyNodeState.Running or TopologyNodeState.Degraded, s.Seen.State == TopologyNodeState.Running, s.Seen.Message));
    }
}
