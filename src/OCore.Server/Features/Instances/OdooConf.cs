using System.Text;
using OCore.Features.Servers;
using OCore.Features.Templates;

namespace OCore.Features.Instances;

/// <summary>Everything that decides an instance's container, secrets opened: the pure input of <see cref="OdooConf"/> and <see cref="OdooContainer"/>.</summary>
internal sealed record OdooPlan
{
    public required Guid InstanceId { get; init; }
    public required Guid OrgId { get; init; }
    public required Guid ServerId { get; init; }
    public required string Slug { get; init; }
    public required string Image { get; init; }
    public required int Major { get; init; }
    public required string Database { get; init; }
    /// <summary>The owner of its databases, called like the one that is served.</summary>
    public string Role { get => field ?? Database; init; }
    public required string DatabasePassword { get; init; }
    public required string MasterPassword { get; init; }
    public required string ConnectKey { get; init; }
    public required int Workers { get; init; }
    public required int MemoryMb { get; init; }
    public double? Cpus { get; init; }
    public required IReadOnlyDictionary<string, string> Settings { get; init; }
    /// <summary>Further add-on folders within the container, in order.</summary>
    public IReadOnlyList<string> AddonPaths { get; init; } = [];
    public IReadOnlyList<SourcePin> Sources { get; init; } = [];
    /// <summary>Of a topology: what its nodes share, and which of them this is.</summary>
    public OdooCluster? Cluster { get; init; }
    public ClusterNode? Node { get; init; }

    /// <summary>The same for a database that lies beside the one that is served.</summary>
    public OdooPlan Of(string database) => this with { Database = database, Role = Role };
}

/// <summary>odoo.conf, generated. The image's defaults are not used: no database list, a random master password, one database.</summary>
internal static class OdooConf
{
    // An instance is its client's to look into: nothing in it bears the name of oCore, or of an agency.
    public const string ConnectAddons = "/opt/hosting/addons";

    /// <summary>What decides how many connections it opens, with what it is where nobody says.</summary>
    public static readonly (string Key, string Usual) CronThreads = ("max_cron_threads", "1"), Connections = ("db_maxconn", "16");

    public static string Render(OdooPlan plan)
    {
        var text = new StringBuilder("[options]\n");
        foreach (var (key, value) in Entries(plan))
            text.Append(key).Append(" = ").Append(value).Append('\n');
        return text.ToString();
    }

    /// <summary>The same with every secret masked, for people.</summary>
    public static string RenderMasked(OdooPlan plan) =>
        "[options]\n" + string.Concat(Entries(plan).Select(e => $"{e.Key} = {(OdooSettings.IsSecret(e.Key) ? SealedSettings.Mask : e.Value)}\n"));

    private static SortedDictionary<string, string> Entries(OdooPlan plan)
    {
        var entries = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [CronThreads.Key] = CronThreads.Usual,
            ["proxy_mode"] = "True",
            [Connections.Key] = Connections.Usual,
            ["unaccent"] = "False",
        };
        foreach (var (key, value) in plan.Settings)
            entries[key] = value;
        // What follows is nobody's choice: it is what keeps instances apart.
        entries["workers"] = plan.Workers.ToString();
        entries["admin_passwd"] = plan.MasterPassword;
        entries["list_db"] = "False";
        entries["db_host"] = PostgresContainer.Host;
        entries["db_port"] = "5432";
        entries["db_user"] = plan.Role;
        entries["db_password"] = plan.DatabasePassword;
        entries["db_name"] = plan.Database;
        entries["dbfilter"] = $"^{plan.Database}$";
        entries["data_dir"] = "/var/lib/odoo";
        entries["addons_path"] = string.Join(',', [ConnectAddons, .. plan.AddonPaths, "/mnt/extra-addons"]);
        entries["http_interface"] = "0.0.0.0";
        entries["http_port"] = "8069";
        entries["gevent_port"] = "8072";
        entries["server_wide_modules"] = plan.Major >= 19 ? "base,rpc,web,hosting_connect" : "base,web,hosting_connect";
        if (plan is { Cluster: { } cluster, Node: { } node })
        {
            entries["db_host"] = cluster.DatabaseHosts;
            entries["db_port"] = cluster.DatabasePort.ToString();
            entries["db_maxconn"] = node.DbMaxConn.ToString();
            entries["max_cron_threads"] = node.CronThreads.ToString();
            entries["server_wide_modules"] += ClusterAddons.NamesOf(cluster);
        }
        return entries;
    }
}
