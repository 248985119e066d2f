using System.Text.Json;
using System.Text.Json.Nodes;
using OCore.Features.Topologies.Rules;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// Patroni's file of one node. YAML has JSON as a part: written as JSON, no value can become another key. Times are those that the
/// drills of a cut network were passed with.
/// </summary>
internal static class PatroniConfig
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static string Render(Layout layout, LayoutNode node, TopologySecrets secrets) => new JsonObject
    {
        ["scope"] = node.Text("scope"),
        ["name"] = node.Container,
        ["restapi"] = new JsonObject
        {
            ["listen"] = "0.0.0.0:8008", ["connect_address"] = node.Endpoint(node.SecondPort),
            ["authentication"] = new JsonObject { ["username"] = "ocore", ["password"] = secrets.Rest },
        },
        ["etcd3"] = new JsonObject { ["hosts"] = new JsonArray([.. node.List("etcd").Select(e => (JsonNode)e)]) },
        ["bootstrap"] = new JsonObject
        {
            ["dcs"] = Promised(node, new JsonObject
            {
                ["ttl"] = node.Int("ttl"), ["loop_wait"] = node.Int("loopWait"), ["retry_timeout"] = node.Int("retryTimeout"), ["primary_start_timeout"] = node.Int("primaryStartTimeout"),
                ["maximum_lag_on_failover"] = 1048576, ["synchronous_mode"] = node.Is("synchronous", "true"),
                ["postgresql"] = new JsonObject
                {
                    ["use_pg_rewind"] = true, ["use_slots"] = true,
                    ["parameters"] = new JsonObject
                    {
                        ["max_connections"] = node.Int("maxConnections"), ["shared_buffers"] = $"{Math.Max(128, node.MemoryMb / 4)}MB", ["wal_level"] = "replica", ["hot_standby"] = "on", ["max_wal_senders"] = 10,
                        ["max_replication_slots"] = 10, ["wal_log_hints"] = "on", ["wal_keep_size"] = "512MB", ["wal_sender_timeout"] = "5s", ["wal_receiver_timeout"] = "5s", ["tcp_user_timeout"] = "5s",
                        ["random_page_cost"] = "1.1", ["password_encryption"] = "scram-sha-256",
                    },
                },
            }),
            ["initdb"] = new JsonArray(new JsonObject { ["encoding"] = "UTF8" }, "data-checksums", new JsonObject { ["locale"] = "C.UTF-8" }),
        },
        ["postgresql"] = Joining(node, new JsonObject
        {
            ["listen"] = "0.0.0.0:5432", ["connect_address"] = node.Endpoint(node.Port), ["data_dir"] = "/var/lib/postgresql/data/pg", ["bin_dir"] = "/usr/lib/postgresql/17/bin",
            ["pg_hba"] = new JsonArray("local all all trust", "host replication replicator all scram-sha-256", "host all all all scram-sha-256"),
            ["authentication"] = new JsonObject
            {
                ["superuser"] = new JsonObject { ["username"] = "postgres", ["password"] = secrets.Postgres },
                ["replication"] = new JsonObject { ["username"] = "replicator", ["password"] = secrets.Replication },
            },
        }),
    }.ToJsonString(Indented) + "\n";

    // Who comes to a cluster that works begins to copy at once, and not at its next checkpoint, which may be minutes away.
    private static JsonObject Joining(LayoutNode node, JsonObject postgresql)
    {
        if (node.Joined)
            postgresql["basebackup"] = new JsonArray(new JsonObject { ["checkpoint"] = "fast" });
        return postgresql;
    }

    // Without it a primary that has nobody left goes on alone; with it commits wait until somebody has them too. Patroni reads this once, when the
    // cluster is made, and PostgreSQL is not changed after that. What was made without it keeps its file byte for byte.
    private static JsonObject Promised(LayoutNode node, JsonObject dcs)
    {
        if (node.Is("zeroDataLoss", "true"))
            dcs["synchronous_mode_strict"] = true;
        return dcs;
    }

    /// <summary>How many etcd members have to answer.</summary>
    public static int Majority(Layout layout) => (layout.Of(NodeType.Etcd).Count() / 2) + 1;
}
