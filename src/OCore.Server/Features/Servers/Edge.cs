using System.Collections.Concurrent;
using System.Net;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Remote;
using OCore.Platform.Security;
using OCore.Platform.Tls;

namespace OCore.Features.Servers;

/// <summary>Whether the edge's health check finds an instance. Unknown until its first check has ended.</summary>
internal enum EdgeHealth { Unknown, Up, Down, Maintenance }

/// <param name="Version">Of the configuration that runs, not of the one on the disk.</param>
/// <param name="Latencies">Milliseconds that the last health check took.</param>
internal sealed record EdgeStatus(string? Version, IReadOnlyDictionary<Guid, EdgeHealth> Instances, IReadOnlyDictionary<Guid, double> Latencies)
{
    public static readonly EdgeStatus Unknown = new(null, new Dictionary<Guid, EdgeHealth>(), new Dictionary<Guid, double>());
}

/// <summary>The HAProxy of a server: the one thing that listens on its port, and what knows which instance answers.</summary>
internal sealed class Edge(Settings settings, OCoreDbFactory databases, SecretBox secrets, AcmeAccounts accounts, EdgeLooks looks)
{
    public static readonly DockerName Name = DockerName.Parse("ocore-edge");
    private const int HaproxyUid = 99;
    private static readonly TimeSpan ReloadWithin = TimeSpan.FromSeconds(15);
    private readonly ConcurrentDictionary<Guid, SemaphoreSlim> _turns = new();

    public ImageRef Image => ImageRef.Parse(settings.Images.GetValueOrDefault("HAPROXY") ?? "haproxy:3.0");

    public static ContainerSpec Spec(ImageRef image, Server server) => new()
    {
        Name = Name,
        Image = image,
        Labels = ServerLabels.Of(server.Id),
        Networks = [new ContainerNetwork(ServerLabels.Network)],
        // Names under .localhost lead to the loopback address, and nobody else should reach a trial on this machine.
        Ports = [.. PortsOf(server).Select(p => new PublishedPort(server.IsLocal ? IPAddress.Loopback : IPAddress.Any, p.Outside, p.Inside))],
        Files = [ContainerFile.Text(RemotePath.Parse($"{EdgeConfig.Root}/haproxy.cfg"), FirstConfig)],
        DropCapabilities = ["ALL"],
        StopTimeout = TimeSpan.FromSeconds(5),
    };

    private static IEnumerable<(int Outside, int Inside)> PortsOf(Server server)
    {
        yield return (server.EdgePort, EdgeConfig.Port);
        if (server.EndsTls)
            yield return (server.EdgeTlsPort!.Value, EdgeConfig.TlsPort);
    }

    /// <summary>The configuration that a server's edge should run with.</summary>
    public async Task<EdgeConfig> RenderAsync(Server server, IReadOnlyList<EdgeRoute> routes, CancellationToken stop) =>
        EdgeConfig.Render(await looks.DressAsync(routes, stop), server.EdgeProxies, new EdgeTls(server.EndsTls ? server.EdgeTlsPort : null, await accounts.ThumbprintAsync(stop)));

    /// <summary>
    /// The edge runs with exactly these routes when this returns. Nothing happens where it does already; otherwise the new
    /// configuration is checked before the old one gives way, and no open connection is cut.
    /// </summary>
    public Task EnsureAsync(IServerConnection connection, Server server, IReadOnlyList<EdgeRoute> routes, CancellationToken stop) =>
        EnsureAsync(connection, server, _ => Task.FromResult(routes), stop);

    /// <param name="routes">Asked when it is this caller's turn, so that nobody puts an older answer over a newer one.</param>
    public async Task EnsureAsync(IServerConnection connection, Server server, Func<CancellationToken, Task<IReadOnlyList<EdgeRoute>>> routes, CancellationToken stop)
    {
        var turn = _turns.GetOrAdd(server.Id, _ => new SemaphoreSlim(1));
        await turn.WaitAsync(stop);
        try
        {
            var config = await RenderAsync(server, await routes(stop), stop);
            await EnsureContainerAsync(connection, server, stop);
            if (await RunsAsync(connection, config, stop))
                return;
            await ReplaceAsync(connection, config, stop);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>The container alone, with the routes it has: nobody's are lost where it runs already.</summary>
    public Task EnsureContainerAsync(IServerConnection connection, Server server, CancellationToken stop) =>
        connection.Docker.EnsureContainerAsync(Spec(Image, server), stop);

    /// <summary>What runs and which instances answer, with one command however many there are.</summary>
    public static async Task<EdgeStatus> StatusAsync(IServerConnection connection, CancellationToken stop)
    {
        // The runtime API, on the container's own loopback; bash is what the image has that speaks TCP.
        const string ask = "exec 3<>/dev/tcp/127.0.0.1/8404; printf 'show info;show stat -1 4 -1\\n' >&3; cat <&3";
        var answer = await connection.Docker.ExecAsync(Name, ["bash", "-c", ask], null, stop, new ExecOptions { Timeout = TimeSpan.FromSeconds(10) });
        return Read(answer.ThrowIfFailed("Asking the edge for its state").Out);
    }

    internal static EdgeStatus Read(string answer)
    {
        string? version = null;
        var instances = new Dictionary<Guid, EdgeHealth>();
        var latencies = new Dictionary<Guid, double>();
        List<string>? columns = null;
        foreach (var line in answer.Split('\n'))
        {
            if (line.StartsWith("description:", StringComparison.OrdinalIgnoreCase))
                version = line.Split(':', 2)[1].Trim();
            else if (line.StartsWith("# pxname", StringComparison.Ordinal))
                columns = [.. line[2..].Split(',')];
            else if (columns is not null && line.Split(',') is { Length: > 20 } row && EdgeConfig.InstanceOf(row[0]) is { } instance)
            {
                instances[instance] = Health(row[columns.IndexOf("status")], row[columns.IndexOf("check_status")]);
                if (double.TryParse(row.ElementAtOrDefault(columns.IndexOf("check_duration")), out var took))
                    latencies[instance] = took;
            }
        }
        return new EdgeStatus(version, instances, latencies);
    }

    // A server counts as up before its first check, which would be a guess. "no check" and MAINT are no addresses yet.
    private static EdgeHealth Health(string status, string check) => status.Split(' ')[0] switch
    {
        _ when check.TrimStart('*', ' ') is "INI" or "" && !status.StartsWith("MAINT", StringComparison.Ordinal) => EdgeHealth.Unknown,
        "UP" => EdgeHealth.Up,
        "DOWN" => EdgeHealth.Down,
        "MAINT" => EdgeHealth.Maintenance,
        _ => EdgeHealth.Unknown,
    };

    private static async Task<bool> RunsAsync(IServerConnection connection, EdgeConfig config, CancellationToken stop)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return (await StatusAsync(connection, stop)).Version == config.Version;
            }
            catch (RemoteCommandException) when (attempt < 20)
            {
                // It is starting.
                await Task.Delay(TimeSpan.FromMilliseconds(100), stop);
            }
        }
    }

    private async Task ReplaceAsync(IServerConnection connection, EdgeConfig config, CancellationToken stop)
    {
        var folder = RemotePath.Parse($"{EdgeConfig.Root}/{config.Version}");
        await connection.Docker.PutFilesAsync(Name, [.. config.Files.Select(f => ContainerFile.Text(folder.Combine(f.Key), f.Value)), .. await CertificatesAsync(config, folder, stop)], stop);
        await SwitchAsync(connection, SwitchScript, config.Version, stop);
        await connection.Docker.KillAsync(Name, "SIGUSR2", stop);
        using var late = new CancellationTokenSource(ReloadWithin);
        while (!await RunsAsync(connection, config, stop))
        {
            if (late.IsCancellationRequested)
            {
                await SwitchAsync(connection, BackScript, config.Version, stop);
                throw new ServerException($"The edge did not take its new configuration within {ReloadWithin.TotalSeconds:0} s; it goes on with the one before.");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), stop);
        }
    }

    // Read by HAProxy, and by root in the container, which checks the configuration and may not read what is another's alone.
    private async Task<IEnumerable<ContainerFile>> CertificatesAsync(EdgeConfig config, RemotePath folder, CancellationToken stop)
    {
        if (config.Certificates.Count == 0)
            return [];
        await using var db = databases.System();
        var texts = await CertificateFiles.ReadAsync(db, secrets, [.. config.Certificates.Values.Select(c => c.Id)], stop);
        return config.Certificates.Select(c => texts.TryGetValue(c.Value.Id, out var text)
            ? ContainerFile.Text(folder.Combine(c.Key), text, UnixFileMode.UserRead | UnixFileMode.GroupRead, HaproxyUid, 0)
            : throw new ServerException("A certificate was taken back while the edge was to get it; it is tried again."));
    }

    private static async Task SwitchAsync(IServerConnection connection, string script, string version, CancellationToken stop)
    {
        var answer = await connection.Docker.ExecAsync(Name, ["bash", "-c", script, "ocore", version], null, stop, new ExecOptions { User = "0", Timeout = TimeSpan.FromMinutes(1) });
        answer.ThrowIfFailed("Checking the edge's new configuration");
    }

    // Folders that neither the new nor the previous configuration reads are swept.
    private const string SwitchScript = """
        set -eu
        cd /usr/local/etc/haproxy
        haproxy -c -q -f "$1/haproxy.cfg"
        cp -f haproxy.cfg haproxy.cfg.previous
        cp -f "$1/haproxy.cfg" haproxy.cfg.next
        mv -f haproxy.cfg.next haproxy.cfg
        for folder in ocore-*; do
          if [ "$folder" != "$1" ] && ! grep -qF "$folder" haproxy.cfg.previous; then rm -rf -- "$folder"; fi
        done
        """;

    private const string BackScript = "set -eu; cd /usr/local/etc/haproxy; cp -f haproxy.cfg.previous haproxy.cfg.next; mv -f haproxy.cfg.next haproxy.cfg";

    // Only until the routes are there, right after the container was made.
    private const string FirstConfig = """
        global
            description first
            stats socket ipv4@127.0.0.1:8404 level user

        defaults
            mode http
            timeout connect 5s
            timeout client 30s
            timeout server 30s

        frontend edge
            bind :8080
            http-request return status 503 content-type "text/plain" string "Starting" hdr Retry-After 2

        """;
}
