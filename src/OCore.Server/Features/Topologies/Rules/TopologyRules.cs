using OCore.Client;

namespace OCore.Features.Topologies.Rules;

/// <summary>
/// The rules of a topology: pure, on a value that holds all they look at. The API, the command line and the editor ask the same
/// rules, and a deployment asks them again on the snapshot it works from.
/// </summary>
internal static class TopologyRules
{
    /// <summary>Every code, in the order in which findings are listed.</summary>
    public static readonly IReadOnlyList<(string Code, string About)> Codes =
    [
        ("TP-S01", "ids are unique, types are known, and what is said in data can be read"),
        ("TP-S02", "edges join two nodes that may be joined, once"),
        ("TP-S03", "nothing depends on itself"),
        ("TP-S04", "every node takes part"),
        ("TP-S05", "servers are there, and yours"),
        ("TP-S06", "every node has a server, and S3 has its bucket"),
        ("TP-S07", "there is an Odoo, and one PostgreSQL that every Odoo reaches"),
        ("TP-S08", "all Odoo nodes are the same"),
        ("TP-S09", "the settings name what is drawn"),
        ("TP-L01", "several Odoo nodes have a load balancer before them"),
        ("TP-L02", "the load balancer's settings and its node agree"),
        ("TP-L03", "live connections are routed"),
        ("TP-L04", "a single load balancer"),
        ("TP-L05", "the load balancer stands on its own"),
        ("TP-L06", "TLS can be had: hosts are proven, ports are free"),
        ("TP-L07", "a load balancer before a single Odoo"),
        ("TP-F01", "several Odoo nodes share their files"),
        ("TP-F02", "NFS is complete"),
        ("TP-F03", "a single NFS server"),
        ("TP-F04", "S3 is complete and its place is nobody else's"),
        ("TP-F05", "files can be brought back"),
        ("TP-F06", "files stay where they are while it runs"),
        ("TP-R01", "sessions find their Odoo"),
        ("TP-R02", "sessions survive the loss of a node"),
        ("TP-R03", "Redis is there, and reached by every Odoo"),
        ("TP-R04", "Redis is guarded"),
        ("TP-R05", "Redis survives a loss"),
        ("TP-R06", "people sign in again when Redis is switched on or off"),
        ("TP-R07", "Redis Cluster"),
        ("TP-P01", "fail-over has somewhere to go"),
        ("TP-P02", "etcd has a majority to lose"),
        ("TP-P03", "pg_auto_failover has its monitor"),
        ("TP-P04", "what PostgreSQL nodes can promise"),
        ("TP-P05", "replicas can follow one primary"),
        ("TP-P06", "Odoo follows the primary"),
        ("TP-P07", "etcd stands on its own"),
        ("TP-P08", "two sites have no majority"),
        ("TP-P09", "Patroni's times fit each other"),
        ("TP-P10", "how long a fail-over takes"),
        ("TP-P11", "PostgreSQL has enough connections"),
        ("TP-P12", "pooling leaves live messages working"),
        ("TP-P13", "PostgreSQL is backed up"),
        ("TP-P14", "a single PostgreSQL"),
        ("TP-P15", "the cluster's name is its own"),
        ("TP-C01", "scheduled actions run"),
        ("TP-C02", "scheduled actions run where they should"),
        ("TP-C03", "a node for scheduled actions"),
        ("TP-K01", "ports are free"),
        ("TP-K02", "what is inside stays inside"),
        ("TP-K03", "servers can carry it"),
        ("TP-K04", "workers fit the machine and the people"),
        ("TP-K05", "the rest can carry the load"),
        ("TP-A01", "servers are ready"),
        ("TP-A02", "members are apart"),
        ("TP-A03", "a role that a server has once"),
        ("TP-A04", "nothing is destroyed by accident"),
        ("TP-A05", "etcd changes one member at a time"),
        ("TP-A06", "clocks agree"),
        ("TP-N01", "every part reaches what it uses"),
        ("TP-N02", "the way between servers is short"),
        ("TP-N03", "what is inside is closed to others"),
        ("TP-N04", "servers have what their nodes need"),
        ("TP-N05", "nothing else listens on the ports"),
        ("TP-N06", "servers answer"),
        ("TP-N07", "measured clocks agree"),
        ("TP-N08", "load balancer and Redis answer"),
        ("TP-N09", "disks are quick enough"),
        ("TP-N10", "shared addresses can be held"),
    ];

    private static readonly Dictionary<string, int> Places = Codes.Select((c, i) => (c.Code, i)).ToDictionary(c => c.Code, c => c.i);

    public static int PlaceOf(string code) => Places[code];

    public static IReadOnlyList<TopologyFinding> Check(TopologySnapshot topology)
    {
        var report = new Report();
        ShapeRules.Check(topology, report);
        BalancerRules.Check(topology, report);
        FilestoreRules.Check(topology, report);
        SessionRules.Check(topology, report);
        PostgresRules.Check(topology, report);
        PatroniRules.Check(topology, report);
        CronRules.Check(topology, report);
        CapacityRules.Check(topology, report);
        PlacementRules.Check(topology, report);
        ChangeRules.Check(topology, report);
        LiveRules.Check(topology, report);
        return report.Findings;
    }
}
