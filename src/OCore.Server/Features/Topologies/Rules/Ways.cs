namespace OCore.Features.Topologies.Rules;

/// <summary>One node comes to another by a port: drawn as an edge, or needed by what they are.</summary>
/// <param name="EdgeId">Null for members of one cluster, which speak to each other without being joined.</param>
/// <param name="Address">Where the other listens; a host name only for a bucket.</param>
internal sealed record Way(DrawnNode From, DrawnNode To, string Address, int Port, string? EdgeId);

/// <summary>Who comes to whom, by which port. What is tried before a deployment, and what servers let in afterwards.</summary>
internal static class Ways
{
    public static IReadOnlyList<Way> Of(TopologySnapshot topology)
    {
        var ways = new List<Way>();
        foreach (var edge in topology.Edges)
            if (topology.ById.TryGetValue(edge.Source, out var from) && topology.ById.TryGetValue(edge.Target, out var to) && from != to)
                Add(from, to, PortsOf(topology, from, to), edge.Id);
        // Members of one etcd, and of one Patroni cluster, all come to each other.
        var members = topology.UsesPatroni ? topology.Postgres : [];
        foreach (var (from, to) in Pairs(topology.Of(NodeType.Etcd)))
            Add(from, to, [to.Int("peerPort", 2380)], null);
        foreach (var (from, to) in Pairs(members))
            Add(from, to, [to.Int("port", 5432), to.Int("restPort", 8008)], null);
        // By sentinels an Odoo finds the Redis that leads, which may come to be any of them.
        var (redis, sentinels) = topology.Sentinels.Count > 0 ? (topology.RedisData, topology.Sentinels) : ([], []);
        foreach (var (from, to) in Pairs([.. redis, .. sentinels]).Where(p => p.From.IsSentinel || !p.To.IsSentinel).Concat(from odoo in topology.Odoo from one in redis.Concat(sentinels) select (odoo, one)))
            Add(from, to, to.Ports(), null);
        return [.. ways.DistinctBy(w => (w.From.Id, w.To.Id, w.Port))];

        void Add(DrawnNode from, DrawnNode to, IEnumerable<int> ports, string? edge)
        {
            foreach (var port in ports)
                if (AddressOf(topology, to) is { } address && from.ServerId is not null)
                    ways.Add(new Way(from, to, address, port, edge));
        }
    }

    private static IEnumerable<(DrawnNode From, DrawnNode To)> Pairs(IReadOnlyList<DrawnNode> nodes) => from a in nodes from b in nodes where a != b select (a, b);

    private static string? AddressOf(TopologySnapshot topology, DrawnNode node) => node.Type == NodeType.S3
        ? EndpointOf(node)?.DnsSafeHost : CapacityRules.AddressOf(topology, node) is { } address && CapacityRules.IsPrivate(address) ? address.ToString() : null;

    private static Uri? EndpointOf(DrawnNode node) => node.Text("endpoint") is { } text && Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri : null;

    private static IEnumerable<int> PortsOf(TopologySnapshot topology, DrawnNode from, DrawnNode to) => to.Type switch
    {
        // It comes to each by the port that tells whether it does its work. A load balancer's is the edge's until it runs, and open to all.
        _ when from.Type == NodeType.Monitor => to.IsHttp ? [] : to.Type == NodeType.Odoo ? [to.Int("port", 8069)] : to.Ports().Take(1),
        NodeType.S3 => EndpointOf(to) is { } endpoint ? [endpoint.Port] : [],
        NodeType.Postgres when from.IsPgEntry && topology.UsesPatroni => [to.Int("port", 5432), to.Int("restPort", 8008)],
        NodeType.Postgres => [to.Int("port", 5432)],
        // Patroni is a client of etcd; its members are joined for the drawing's sake only.
        NodeType.Etcd => [to.Int(from.Type == NodeType.Etcd ? "peerPort" : "port", from.Type == NodeType.Etcd ? 2380 : 2379)],
        _ => to.Ports(),
    };
}
