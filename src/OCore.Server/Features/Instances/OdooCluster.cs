using System.Text.Json.Serialization;
using OCore.Features.Servers;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Instances;

/// <summary>One Odoo of an instance that runs on several servers.</summary>
/// <param name="LivePort">Of the host, for live connections; 0 where the node is threaded.</param>
internal sealed record ClusterNode(string NodeId, Guid ServerId, string Container, string Address, int Port, int LivePort, int Workers, int CronThreads, int DbMaxConn, int MemoryMb, double? Cpus);

/// <summary>A container with PostgreSQL in it; which of several leads is asked when it matters.</summary>
internal sealed record ClusterPostgres(Guid ServerId, string Container);

/// <summary>Where sessions are kept.</summary>
internal sealed record ClusterRedis(string Host, int Port, string Password, string Prefix)
{
    /// <summary>Who say which of several Redis leads now; then host and port are only where it was at first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public IReadOnlyList<ClusterSentinel>? Sentinels { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Service { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? SentinelPassword { get; init; }
}

internal sealed record ClusterSentinel(string Host, int Port);

/// <summary>Where files are kept.</summary>
internal sealed record ClusterBucket(string Endpoint, string Bucket, string Region, string Prefix, string AccessKey, string SecretKey);

/// <summary>The NFS server on which files are kept, and what it exports.</summary>
internal sealed record ClusterNfs(string Host, int Port, string Export)
{
    /// <summary>
    /// Who writes waits for the server as long as it takes: giving up would lose files that Odoo believes to be there. That a file is
    /// missing is never remembered, since another node may have written it a moment ago.
    /// </summary>
    public string Options => $"addr={Host},port={Port},vers=4.2,proto=tcp,hard,timeo=150,retrans=2,lookupcache=pos,noatime,nosuid,nodev,noexec";
}

/// <summary>
/// What an instance of a topology is made of, as far as the instance's own tools have to know: sealed in its row, for it holds
/// passwords. The first node is the one that the tools work on.
/// </summary>
internal sealed record OdooCluster
{
    public const string Secret = "instance.cluster";

    public required Guid TopologyId { get; init; }
    public required IReadOnlyList<ClusterNode> Nodes { get; init; }
    public required IReadOnlyList<ClusterPostgres> Postgres { get; init; }
    /// <summary>As libpq takes them: several with commas between, of which the one that may be written to is used.</summary>
    public required string DatabaseHosts { get; init; }
    public required int DatabasePort { get; init; }
    public ClusterRedis? Redis { get; init; }
    public ClusterBucket? Bucket { get; init; }
    /// <summary>While a change gives it other keys: with those it had, to return to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public ClusterBucket? FormerBucket { get; init; }
    public ClusterNfs? Nfs { get; init; }

    /// <summary>The volume by which an Odoo has the shared files; another server is another volume, since Docker does not change one.</summary>
    public static DockerName FilesOf(string container, ClusterNfs nfs) =>
        DockerName.Parse($"{container}-files-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(nfs.Export + nfs.Options)))[..8]}");

    public bool HasManyHosts => DatabaseHosts.Contains(',', StringComparison.Ordinal);
}

/// <summary>The server-wide Odoo modules of a topology and what they read.</summary>
internal static class ClusterAddons
{
    public const string Primary = "hosting_primary", Sessions = "hosting_sessions", Files = "hosting_files";

    private static IEnumerable<string> Of(OdooCluster cluster)
    {
        if (cluster.HasManyHosts)
            yield return Primary;
        if (cluster.Redis is not null)
            yield return Sessions;
        if (cluster.Bucket is not null)
            yield return Files;
    }

    public static IEnumerable<ContainerFile> FilesOf(OdooCluster cluster)
    {
        foreach (var addon in Of(cluster))
            foreach (var name in (string[])["__init__.py", "__manifest__.py"])
                yield return ContainerFile.Text(RemotePath.Parse($"{OdooConf.ConnectAddons}/{addon}/{name}"), Read(addon, name));
        if (cluster.Redis is { } redis)
        {
            yield return Settings("sessions.json", redis);
            // What people read while Redis does not answer: the same as when no Odoo does.
            yield return ContainerFile.Text(RemotePath.Parse("/opt/hosting/unavailable.html"), EdgePages.All["unavailable"]);
        }
        if (cluster.Bucket is { } bucket)
            yield return Settings("files.json", bucket);
    }

    /// <summary>Names for <c>server_wide_modules</c>.</summary>
    public static string NamesOf(OdooCluster cluster) => string.Concat(Of(cluster).Select(name => "," + name));

    private static ContainerFile Settings<T>(string name, T value) =>
        ContainerFile.Text(RemotePath.Parse("/opt/hosting/" + name), System.Text.Json.JsonSerializer.Serialize(value, System.Text.Json.JsonSerializerOptions.Web));

    private static string Read(string addon, string name)
    {
        using var stream = typeof(ClusterAddons).Assembly.GetManifestResourceStream($"{addon}/{name}") ?? throw new InvalidOperationException($"{addon}/{name} is not in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
