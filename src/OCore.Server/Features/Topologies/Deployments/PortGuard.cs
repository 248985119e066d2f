using System.Net;
using System.Net.Sockets;
using System.Text;
using OCore.Features.Servers;
using OCore.Features.Topologies.Rules;

namespace OCore.Features.Topologies.Deployments;

/// <summary>A port of a node, and the servers from which somebody comes to it.</summary>
internal sealed record GuardedPort(IPAddress Address, int Port, IReadOnlyList<Guid> Users);

/// <summary>
/// The rules that let exactly those come to a node's port who use it. They stand in the table <c>raw</c>, before Docker leads what
/// arrives to a container: a rule in <c>INPUT</c>, where firewalls have theirs, never sees that. Pure.
/// </summary>
internal static class PortGuard
{
    public static string ChainOf(Guid topology) => FirewallLeftovers.Prefix + Layout.KeyOf(topology, "guard");

    /// <summary>What listens on a server and is for other nodes alone. Of several layouts who comes gets what it needs from who goes.</summary>
    public static IReadOnlyList<GuardedPort> Of(Guid server, params IReadOnlyList<Layout> layouts) =>
    [
        .. layouts.SelectMany(l => l.Nodes.Where(n => n.ServerId == server && n.Address is not null && !n.IsBalancer).SelectMany(n => PortsOf(l, n, [.. layouts.SelectMany(of => of.Nodes)])))
            .GroupBy(p => (p.Address, p.Port)).OrderBy(g => g.Key.Address.ToString(), StringComparer.Ordinal).ThenBy(g => g.Key.Port)
            .Select(g => new GuardedPort(g.Key.Address, g.Key.Port, [.. g.SelectMany(p => p.Users).Distinct().Order()])),
    ];

    /// <summary>What listens on other servers for nodes of this one.</summary>
    public static IReadOnlyList<GuardedPort> AbroadOf(Guid server, params IReadOnlyList<Layout> layouts) =>
        [.. layouts.SelectMany(l => l.Servers).Distinct().Where(id => id != server).SelectMany(id => Of(id, layouts)).Where(p => p.Users.Contains(server)).OrderBy(p => p.Address.ToString(), StringComparer.Ordinal).ThenBy(p => p.Port)];

    private static IEnumerable<GuardedPort> PortsOf(Layout layout, LayoutNode node, IReadOnlyList<LayoutNode> all)
    {
        var address = IPAddress.Parse(node.Address!);
        GuardedPort By(int port, Func<LayoutNode, bool> uses) => new(address, port, [.. all.Where(uses).Select(n => n.ServerId).OfType<Guid>()]);
        bool Member(LayoutNode n) => layout.Failover && n.Type == NodeType.Postgres;
        bool Leads(LayoutNode n) => n.Type is NodeType.LoadBalancer or NodeType.Pgbouncer && n.List("nodes").Contains(node.Id);
        bool Watches(LayoutNode n) => n.Type == NodeType.Monitor && n.List("nodes").Contains(node.Id);
        switch (node.Type)
        {
            case NodeType.Odoo when node.IsWeb:
                yield return By(node.Port, n => Leads(n) || Watches(n));
                if (node.SecondPort > 0)
                    yield return By(node.SecondPort, Leads);
                break;
            case NodeType.Odoo:
                yield return By(node.Port, Watches);
                break;
            case NodeType.Postgres:
                yield return By(node.Port, n => n.Type == NodeType.Odoo || Leads(n) || Member(n) || Watches(n));
                if (node.SecondPort > 0)
                    yield return By(node.SecondPort, n => Leads(n) || Member(n));
                break;
            case NodeType.Etcd:
                yield return By(node.Port, n => n.Type == NodeType.Etcd || Member(n) || Watches(n));
                yield return By(node.SecondPort, n => n.Type == NodeType.Etcd);
                break;
            // Whoever may become the primary is come to by all; a sentinel by its like and by those who ask it.
            case NodeType.Redis:
                yield return By(node.Port, n => n.Type == NodeType.Odoo || n.Type == NodeType.Redis && (n.Id != node.Id || n.ServerId != node.ServerId) && (!node.IsSentinel || n.IsSentinel) || Watches(n));
                break;
            default:
                yield return By(node.Port, n => n.Type == NodeType.Odoo || Leads(n) || Watches(n));
                break;
        }
    }

    /// <summary>For <c>iptables-restore --noflush</c>: the chain anew, as one act.</summary>
    /// <param name="ports">What listens on this server.</param>
    /// <param name="abroad">What listens on others and lets this one in: whatever else is in a container here would come with its address.</param>
    /// <param name="addresses">The addresses that each server sends from.</param>
    /// <param name="bridge">The interface of the topology's own network on this server: its nodes come by it, here and to other servers.</param>
    public static string Render(string chain, Guid server, IReadOnlyList<GuardedPort> ports, IReadOnlyList<GuardedPort> abroad, IReadOnlyDictionary<Guid, IReadOnlyList<IPAddress>> addresses, string bridge, AddressFamily family)
    {
        var text = new StringBuilder($"*raw\n:{chain} - [0:0]\n-A {chain} -i lo -j RETURN\n");
        foreach (var port in ports.Where(p => p.Address.AddressFamily == family))
        {
            var to = $"-d {port.Address} -p tcp --dport {port.Port}";
            if (port.Users.Contains(server))
                text.Append($"-A {chain} -i {bridge} {to} -j RETURN\n");
            foreach (var from in SourcesOf(port.Users, addresses, family))
                text.Append($"-A {chain} -s {from} {to} -j RETURN\n");
            text.Append($"-A {chain} {to} -j DROP\n");
        }
        foreach (var port in abroad.Where(p => p.Address.AddressFamily == family))
        {
            var to = $"-d {port.Address} -p tcp --dport {port.Port}";
            text.Append($"-A {chain} -i {bridge} {to} -j RETURN\n");
            // Whom it is forwarded for: a container of this server has its bridge's address here, and not one of these.
            foreach (var from in SourcesOf(port.Users.Where(u => u != server), addresses, family))
                text.Append($"-A {chain} -s {from} {to} -j RETURN\n");
            text.Append($"-A {chain} {to} -j DROP\n");
        }
        return text.Append("COMMIT\n").ToString();
    }

    private static IEnumerable<string> SourcesOf(IEnumerable<Guid> users, IReadOnlyDictionary<Guid, IReadOnlyList<IPAddress>> addresses, AddressFamily family) =>
        users.SelectMany(u => addresses.GetValueOrDefault(u) ?? []).Where(a => a.AddressFamily == family).Select(a => a.ToString()).Distinct().Order(StringComparer.Ordinal);
}
