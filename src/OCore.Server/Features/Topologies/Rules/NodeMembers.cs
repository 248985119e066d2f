using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace OCore.Features.Topologies.Rules;

internal enum NodeType { LoadBalancer, Odoo, Postgres, Pgbouncer, Etcd, Redis, Filestore, S3, Backup, Monitor }

/// <summary>What a member of a node's data has to be.</summary>
internal sealed record NodeMember(string Says, Func<JsonElement, bool> Fits);

/// <summary>The members of <c>data</c> that oCore reads, by the type of the node. Everything else in it is the editor's.</summary>
internal static class NodeMembers
{
    private static readonly NodeMember Flag = new("true or false", v => v.ValueKind is JsonValueKind.True or JsonValueKind.False);
    private static readonly NodeMember Port = Whole(1, 65535);
    private static readonly NodeMember Address = new("an IP address", v => Text(v) is { } t && IPAddress.TryParse(t, out _));
    private static readonly NodeMember Id = new("the id of a server", v => Text(v) is { } t && Guid.TryParse(t, out _));
    private static readonly NodeMember Host = new("a host name", v => Text(v) is { } t && IsHost(t));

    private static readonly (string, NodeMember)[] Common =
    [
        ("label", Line(100)), ("serverId", Id), ("place", Line(40)), ("zone", Line(40)), ("bind", Address), ("port", Port),
        ("memoryMb", Whole(16, 4 << 20)), ("cpus", new("a number from 0.05 to 1024", v => v.ValueKind == JsonValueKind.Number && v.TryGetDouble(out var n) && n is >= 0.05 and <= 1024)),
    ];

    private static readonly Dictionary<NodeType, (string, NodeMember)[]> Own = new()
    {
        [NodeType.LoadBalancer] =
        [
            ("role", Among("http", "postgres")), ("httpPort", Port), ("httpsPort", Port), ("hosts", List(Host)), ("tls", Flag), ("sticky", Flag), ("websocket", Flag),
            ("allowDatabaseManager", Flag), ("virtualIp", Address), ("dns", Flag), ("bodyMb", Whole(128, 4096)),
        ],
        [NodeType.Odoo] =
        [
            ("role", Among("web", "cron")), ("image", new("the name of an image", v => Text(v) is { Length: > 0 and <= 200 } t && Platform.Remote.ImageRef.TryParse(t, out _))), ("odooVersion", new("a version such as 19.0", v => Text(v) is { Length: 4 } t && t.EndsWith(".0", StringComparison.Ordinal) && char.IsAsciiDigit(t[0]) && char.IsAsciiDigit(t[1]))),
            ("addonsRevision", Line(100)), ("database", new("a database name", v => Text(v) is { Length: > 0 and <= 63 } t && t.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_') && char.IsAsciiLetter(t[0]))),
            ("dbFilter", Line(200)), ("dataDir", Line(200)), ("secrets", Line(100)), ("workers", Whole(0, 64)), ("cronThreads", Whole(0, 32)), ("dbMaxConn", Whole(1, 1000)), ("users", Whole(0, 1_000_000)),
            ("websocketPort", Port), ("queueJob", Among("none", "single", "locked")), ("targetSessionAttrs", Among("any", "read-write")), ("environment", Among("production", "staging", "test")), ("uid", Whole(0, 1 << 30)), ("gid", Whole(0, 1 << 30)),
        ],
        [NodeType.Postgres] =
        [
            ("role", Among("primary", "replica")), ("failover", Among("patroni", "pg_auto_failover")), ("version", Whole(10, 99)), ("locale", Line(40)), ("checksums", Flag), ("maxConnections", Whole(10, 100_000)),
            ("scope", Line(60)), ("namespace", Line(60)), ("synchronous", Flag), ("zeroDataLoss", Flag), ("ttl", Whole(1, 3600)), ("loopWait", Whole(1, 3600)), ("retryTimeout", Whole(1, 3600)),
            ("primaryStartTimeout", Whole(0, 3600)), ("datasetMb", Whole(0, 1 << 30)), ("restPort", Port),
        ],
        [NodeType.Pgbouncer] = [("poolMode", Among("session", "transaction", "statement")), ("sessionDatabases", List(Line(63)))],
        [NodeType.Etcd] = [("peerPort", Port), ("ownDisk", Flag)],
        [NodeType.Redis] = [("role", Among("primary", "replica", "sentinel")), ("mode", Among("standalone", "sentinel", "cluster")), ("auth", Flag), ("prefix", Line(60)), ("aclUser", Line(60)), ("url", Line(200))],
        [NodeType.Filestore] = [("export", new("a folder", v => Text(v) is { Length: > 0 and <= 200 } t && t[0] == '/')), ("clients", List(Address)), ("uid", Whole(0, 1 << 30)), ("gid", Whole(0, 1 << 30)), ("snapshots", Flag), ("datasetMb", Whole(0, 1 << 30))],
        [NodeType.S3] = [("endpoint", new("an https or http address", v => Text(v) is { Length: <= 200 } t && Uri.TryCreate(t, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http")), ("bucket", Line(63)), ("region", Line(40)), ("prefix", Line(100)), ("credential", Line(100)), ("versioning", Flag)],
        [NodeType.Backup] = [("pitr", Flag), ("path", Line(200))],
        [NodeType.Monitor] = [("role", Among("metrics", "pg_auto_failover"))],
    };

    private static readonly FrozenDictionary<NodeType, FrozenDictionary<string, NodeMember>> All =
        Enum.GetValues<NodeType>().ToFrozenDictionary(t => t, t => Common.Concat(Own[t]).ToFrozenDictionary(m => m.Item1, m => m.Item2, StringComparer.Ordinal));

    public static FrozenDictionary<string, NodeMember> Of(NodeType type) => All[type];

    public static NodeMember? Find(NodeType type, string member) => All[type].GetValueOrDefault(member);

    private static readonly FrozenDictionary<string, NodeType> Types =
        Enum.GetValues<NodeType>().ToFrozenDictionary(Word, StringComparer.Ordinal);

    public static bool TryParse(string word, out NodeType type) => Types.TryGetValue(word, out type);

    public static string Word(NodeType type) => type == NodeType.LoadBalancer ? "loadBalancer" : type.ToString().ToLowerInvariant();

    /// <summary>Text of an element; null where it is none, or none that can be read (half a surrogate pair).</summary>
    public static string? Text(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return value.GetString() is { } text && !text.Any(char.IsControl) ? text : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public static bool IsHost(string text) => text.Length <= 253 && Uri.CheckHostName(text) == UriHostNameType.Dns && text.Contains('.') && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-');

    private static NodeMember Line(int length) => new($"text of up to {length} characters", v => Text(v) is { } t && t.Length <= length);

    private static NodeMember Whole(int from, int to) => new($"a whole number from {from.ToString(CultureInfo.InvariantCulture)} to {to.ToString(CultureInfo.InvariantCulture)}",
        v => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var n) && n >= from && n <= to);

    private static NodeMember Among(params string[] words) => new($"one of {string.Join(", ", words)}", v => Text(v) is { } t && words.Contains(t));

    private static NodeMember List(NodeMember item) => new($"a list, each {item.Says}", v => v.ValueKind == JsonValueKind.Array && v.GetArrayLength() <= 200 && v.EnumerateArray().All(item.Fits));
}
