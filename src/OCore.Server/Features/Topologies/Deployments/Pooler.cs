using System.Globalization;
using System.Text;
using OCore.Client;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// PgBouncer between Odoo and PostgreSQL. Who may come in is asked of PostgreSQL itself, so that a role that is made later, or gets
/// another password, is known: only the verifiers are read, and with those it comes to PostgreSQL as the same role.
/// </summary>
internal static class Pooler
{
    public const int Inner = 6432;
    private const int Uid = 999;
    private static readonly RemotePath Config = RemotePath.Parse("/etc/pgbouncer/pgbouncer.ini"), Users = RemotePath.Parse("/etc/pgbouncer/users.txt");

    public static ContainerSpec Spec(ContainerSpec basis, Layout layout, LayoutNode node, TopologySecrets secrets) => basis with
    {
        Files =
        [
            ContainerFile.Text(Config, Render(layout, node), UnixFileMode.UserRead, Uid, Uid),
            ContainerFile.Text(Users, $"\"postgres\" \"{secrets.Postgres}\"\n", UnixFileMode.UserRead, Uid, Uid),
        ],
        DropCapabilities = ["ALL"], StopTimeout = TimeSpan.FromSeconds(10),
    };

    private static string Render(Layout layout, LayoutNode node)
    {
        var to = layout.Find(node.Text("nodes"))!;
        var text = new StringBuilder("[databases]\n");
        // Live messages and the like need whole sessions: there a connection stays with whoever opened it.
        foreach (var database in node.List("sessionDatabases"))
            text.Append($"{(CanName(database) ? database : throw new ArgumentException($"PgBouncer cannot name {database}."))} = host={to.Address} port={to.Port} pool_mode=session\n");
        text.Append($$"""
            * = host={{to.Address}} port={{to.Port}}

            [pgbouncer]
            listen_addr = 0.0.0.0
            listen_port = {{Inner}}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {{Users}}
            auth_user = postgres
            auth_dbname = postgres
            auth_query = SELECT rolname, CASE WHEN rolvaliduntil < now() THEN NULL ELSE rolpassword END FROM pg_authid WHERE rolname = $1 AND rolcanlogin
            admin_users = postgres
            pool_mode = {{node.Text("poolMode")}}
            max_client_conn = 4000
            default_pool_size = {{node.Text("poolSize")}}
            max_db_connections = {{node.Text("poolSize")}}
            server_idle_timeout = 60
            server_login_retry = 1
            server_check_delay = 5
            server_connect_timeout = 5
            tcp_keepalive = 1
            tcp_keepidle = 5
            tcp_keepintvl = 2
            tcp_keepcnt = 3
            tcp_user_timeout = 10000
            ignore_startup_parameters = extra_float_digits,options
            log_connections = 0
            log_disconnections = 0

            """);
        return text.ToString();
    }

    /// <summary>Its file has no way to write any other name.</summary>
    public static bool CanName(string database) => database.Length is > 0 and <= 63 && database.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');

    /// <summary>Through it to PostgreSQL and back, and what it counts.</summary>
    public static async Task<NodeMeasure> AskAsync(IServerConnection connection, DockerName name, TopologySecrets secrets, CancellationToken stop)
    {
        var env = new Dictionary<string, string> { ["PGPASSWORD"] = secrets.Postgres, ["PGCONNECT_TIMEOUT"] = "5" };
        string[] Ask(string database, string sql) => ["psql", "-XAtq", "-F", " ", "-h", "127.0.0.1", "-p", Inner.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-d", database, "-c", sql];
        var lists = (await NodeProbes.ExecAsync(connection, name, Ask("pgbouncer", "SHOW LISTS"), env, stop)).Split('\n').Select(l => l.Trim().Split(' ')).Where(w => w.Length == 2).ToDictionary(w => w[0], w => w[1]);
        string Of(string list) => lists.GetValueOrDefault(list, "0");
        var figures = new Dictionary<string, string> { ["connections"] = Of("used_clients"), ["serverConnections"] = Of("used_servers"), ["databases"] = Of("databases") };
        var through = await connection.Docker.ExecAsync(name, Ask("postgres", "SELECT 1"), null, stop, new ExecOptions { Timeout = TimeSpan.FromSeconds(12), Env = env });
        return through is { Ok: true } && through.Out.Trim() == "1" ? new NodeMeasure(TopologyNodeState.Running, null, null, figures)
            : new NodeMeasure(TopologyNodeState.Degraded, $"Through it, PostgreSQL does not answer: {Platform.Remote.Redaction.Of(through.Error.Trim())}", null, figures);
    }
}
