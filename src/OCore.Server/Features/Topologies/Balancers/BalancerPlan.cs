using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Features.Topologies.Rules;

namespace OCore.Features.Topologies.Balancers;

/// <param name="Draining">Gets nobody new; whoever is on it stays until they are done.</param>
/// <param name="LivePort">For live connections; null where the node is threaded and answers them on its one port.</param>
internal sealed record BalancedNode(string Id, IPAddress Address, int Port, int? LivePort, bool Draining = false)
{
    /// <summary>What the cookie says, and the name in configurations: stable, and no word of the drawing.</summary>
    public string Key => "n" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Id)))[..8];

    public string Http => Endpoint(Port);
    public string Live => Endpoint(LivePort ?? Port);

    internal string Endpoint(int port) => Address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Address}]:{port}" : $"{Address}:{port}";
}

/// <param name="File">Certificate and key in one, beside the configuration.</param>
internal sealed record BalancedCertificate(string Host, string File);

/// <summary>
/// What any load balancer does, whichever program it is: live connections to the port for them, all else to Odoo's; the database
/// manager closed; what visitors claim of themselves replaced; only nodes that answer with their database; people kept on their node
/// where sessions are files; whoever no node answers told so in nobody's name, with 503 and when to come again where no node was given the
/// request, and with 502 where one was and may have done it.
/// </summary>
internal sealed record BalancerPlan
{
    /// <summary>Odoo's own deployment guide gives proxies as long.</summary>
    public const int RequestSeconds = 720;
    public const int LoginsPerMinute = 20;
    public const string HealthPath = "/web/health?db_server_status=1";
    public const string LiveHealthPath = "/websocket/health";
    public const string Cookie = "hosting_node";
    /// <summary>What people see where no node answers: the page of any instance's, on one line, as configurations have it between single quotes.</summary>
    public static readonly string Notice = EdgePages.All["unavailable"].ReplaceLineEndings(" ").Trim();

    public required IReadOnlyList<BalancedNode> Nodes { get; init; }
    /// <summary>Without any, whatever host is asked for.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];
    public bool Sticky { get; init; }
    public int HttpPort { get; init; } = 80;
    public int HttpsPort { get; init; } = 443;
    /// <summary>It takes HTTPS: for hosts that have a certificate, to which HTTP is sent on. Others go on by HTTP until they have one.</summary>
    public bool Tls { get; init; }
    /// <summary>By which people come to <see cref="HttpsPort"/>, where that is another outside.</summary>
    public int OuterHttpsPort { get; init; } = 443;
    public IReadOnlyList<BalancedCertificate> Certificates { get; init; } = [];
    /// <summary>Of our account's key at the certificate authority: what its questions are answered with, without being told of an order.</summary>
    public string? Thumbprint { get; init; }
    /// <summary>Who answers these questions for a program that cannot; as <c>http://host:port</c>.</summary>
    public string? ChallengeUrl { get; init; }
    /// <summary>Where the files of the configuration lie, for those that name each other.</summary>
    public string Folder { get; init; } = "/etc/ocore";
    public bool AllowDatabaseManager { get; init; }
    public int BodyMb { get; init; } = 128;

    /// <summary>Nobody comes without TLS, so cookies may say so.</summary>
    public bool AllSecured => Tls && Hosts.Count > 0 && Hosts.All(h => Certificates.Any(c => c.Host == h));
    public string HealthHost => Hosts.Count > 0 ? Hosts[0] : "odoo";

    /// <summary>The configuration as files by name, the same for the same plan.</summary>
    public IReadOnlyDictionary<string, string> Render(LoadBalancerType type) => type switch
    {
        LoadBalancerType.Haproxy => HaproxyBalancer.Render(Checked()),
        LoadBalancerType.Nginx => NginxBalancer.Render(Checked()),
        LoadBalancerType.Traefik => TraefikBalancer.Render(Checked()),
        _ => throw new ArgumentException("There is no load balancer of this type."),
    };

    /// <summary>Of a load balancer as it is drawn. Nodes without a known address are left out: TP-K02 names them.</summary>
    public static BalancerPlan Of(TopologySnapshot topology, DrawnNode balancer) => new()
    {
        Nodes = [.. topology.Targets(balancer, NodeType.Odoo).Where(o => o.IsWeb).OrderBy(o => o.Id, StringComparer.Ordinal)
            .Select(o => (Node: o, Address: CapacityRules.AddressOf(topology, o))).Where(o => o.Address is not null)
            .Select(o => new BalancedNode(o.Node.Id, o.Address!, o.Node.Int("port", 8069), o.Node.Workers > 0 && balancer.Flag("websocket", true) ? o.Node.Int("websocketPort", 8072) : null))],
        Hosts = balancer.List("hosts"),
        Sticky = !topology.Ha.RedisEnabled && balancer.Flag("sticky", true),
        HttpPort = balancer.Int("httpPort", 80), HttpsPort = balancer.Int("httpsPort", 443), Tls = balancer.Flag("tls", false),
        AllowDatabaseManager = balancer.Flag("allowDatabaseManager", false), BodyMb = balancer.Int("bodyMb", 128),
    };

    // A space, a quote or a newline here would be another directive.
    private BalancerPlan Checked()
    {
        foreach (var host in Hosts)
            if (!NodeMembers.IsHost(host))
                throw new ArgumentException($"'{host}' is no host.");
        foreach (var certificate in Certificates)
            if (!NodeMembers.IsHost(certificate.Host) || !IsPath(certificate.File))
                throw new ArgumentException($"'{certificate.File}' of '{certificate.Host}' is no certificate of a host.");
        if (!IsPath(Folder) || ChallengeUrl is not null && !Uri.TryCreate(ChallengeUrl, UriKind.Absolute, out _) || Thumbprint?.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') == false)
            throw new ArgumentException("What answers the certificate authority is not in order.");
        return this with
        {
            Certificates = Tls ? [.. Certificates.Select(c => c with { Host = c.Host.ToLowerInvariant() }).DistinctBy(c => c.Host).OrderBy(c => c.Host, StringComparer.Ordinal)] : [],
            Hosts = [.. Hosts.Select(h => h.ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal)], Nodes = [.. Nodes.OrderBy(n => n.Id, StringComparer.Ordinal)],
        };
    }

    private static bool IsPath(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_');
}
