using System.Globalization;
using OCore.Client;
using OCore.Platform.Remote;

namespace OCore.Features.Servers;

/// <summary>What a machine is and how busy it is, read with one constant command each.</summary>
internal static class ServerFactsReader
{
    private const string IdentifyScript = """
        if [ -r /etc/os-release ]; then (. /etc/os-release; printf 'id=%s\nversion=%s\nname=%s\n' "${ID:-}" "${VERSION_ID:-}" "${PRETTY_NAME:-${NAME:-}}"); fi
        printf 'kernel=%s\narch=%s\ncpus=%s\n' "$(uname -r)" "$(uname -m)" "$(getconf _NPROCESSORS_ONLN)"
        awk '/^MemTotal:/ { printf "memory=%.0f\n", $2 * 1024 }' /proc/meminfo
        df -P -k -- "$1" | awk 'NR == 2 { printf "disk=%.0f\n", ($3 + $4) * 1024 }'
        """;

    private const string MeasureScript = """
        awk '{ printf "load=%s\n", $1 }' /proc/loadavg
        awk '/^MemTotal:/ { t = $2 } /^MemAvailable:/ { a = $2 } END { printf "memory=%.0f\n", (t - a) * 1024 }' /proc/meminfo
        df -P -k -- "$1" | awk 'NR == 2 { printf "disk=%.0f\n", $3 * 1024 }'
        awk '/^cpu / { t = 0; for (i = 2; i <= 9; i++) t += $i; printf "cpu=%.0f\nidle=%.0f\n", t, $5 + $6 }' /proc/stat
        awk 'NR > 2 { sub(":", " "); if ($1 !~ /^(lo|docker|br-|veth)/) { i += $2; o += $10 } } END { printf "in=%.0f\nout=%.0f\n", i, o }' /proc/net/dev
        awk '{ printf "uptime=%.0f\n", $1 }' /proc/uptime
        """;

    public static RemoteCommand Identify(string folder) => RemoteCommand.Script(IdentifyScript, folder);

    /// <summary>Also the reconciler's sign of life.</summary>
    public static RemoteCommand Measure(string folder) => RemoteCommand.Script(MeasureScript, folder);

    /// <summary>Without Docker, before it is there.</summary>
    public static async Task<HostSystem> IdentifyAsync(IServerConnection connection, CancellationToken stop)
    {
        var answer = await connection.RunAsync(Identify("/"), stop);
        return HostSystem.Read(answer.ThrowIfFailed("Identifying the system").Out);
    }

    /// <summary>All of it, with the disk on which Docker keeps its data.</summary>
    public static async Task<ServerFacts> ReadAsync(IServerConnection connection, CancellationToken stop) =>
        await ReadAsync(connection, (await connection.Docker.InfoAsync(stop)).RootFolder, stop);

    /// <param name="folder">Where Docker keeps its data.</param>
    public static async Task<ServerFacts> ReadAsync(IServerConnection connection, string folder, CancellationToken stop)
    {
        var version = await connection.Docker.VersionAsync(stop);
        var answer = await connection.RunAsync(Identify(folder), stop);
        return HostSystem.Read(answer.ThrowIfFailed("Identifying the system").Out).ToFacts(version.Version);
    }

    public static ServerFigures ReadMeasure(string answer)
    {
        var values = Values(answer);
        long Counted(string name) => long.TryParse(values.GetValueOrDefault(name), out var count) ? count : 0;
        return new ServerFigures(double.Parse(values["load"], CultureInfo.InvariantCulture), long.Parse(values["memory"]), long.Parse(values["disk"]), Counted("cpu"), Counted("idle"), Counted("in"), Counted("out"), Counted("uptime"));
    }

    internal static Dictionary<string, string> Values(string answer) => answer.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).GroupBy(pair => pair[0]).ToDictionary(g => g.Key, g => g.Last()[1].Trim());
}

/// <summary>What a machine said of itself.</summary>
internal sealed record HostSystem(string Id, string Version, string Name, string Kernel, string Architecture, int Cpus, long MemoryBytes, long DiskBytes)
{
    public static HostSystem Read(string answer)
    {
        var values = ServerFactsReader.Values(answer);
        string Get(string name) => values.GetValueOrDefault(name) is { Length: > 0 and <= 200 } value ? value : throw new ServerException($"The server did not say its {name}; oCore supports Linux only.");
        return new HostSystem(values.GetValueOrDefault("id") ?? "", values.GetValueOrDefault("version") ?? "", values.GetValueOrDefault("name") is { Length: > 0 } name ? name : "Linux",
            Get("kernel"), Get("arch"), int.Parse(Get("cpus")), long.Parse(Get("memory")), long.Parse(Get("disk")));
    }

    public ServerFacts ToFacts(string? docker) => new()
    {
        Os = Name, Kernel = Kernel, Architecture = Architecture, Cpus = Cpus, MemoryBytes = MemoryBytes, DiskBytes = DiskBytes, DockerVersion = docker,
    };

    public bool IsSupportedArchitecture => Architecture is "x86_64" or "aarch64";

    /// <summary>Where oCore installs Docker by itself.</summary>
    public bool HasKnownPackages => Id switch
    {
        "debian" => !decimal.TryParse(Version, CultureInfo.InvariantCulture, out var version) || version >= 11,
        "ubuntu" => decimal.TryParse(Version, CultureInfo.InvariantCulture, out var version) && version >= 20.04m,
        _ => false,
    };
}
