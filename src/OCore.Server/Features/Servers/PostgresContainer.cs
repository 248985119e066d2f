using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;
using OCore.Platform;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Servers;

/// <summary>
/// The PostgreSQL that a server's instances share, each with its own role and database. It is reached over the network
/// <c>ocore</c> only; oCore itself works in it through <c>docker exec</c>, as the superuser on the local socket.
/// </summary>
internal static partial class PostgresContainer
{
    public static readonly DockerName Name = DockerName.Parse("ocore-postgres");
    /// <summary>What it is called on the network: odoo.conf says it, which clients read.</summary>
    public const string Host = "postgres";
    public static readonly DockerName Volume = DockerName.Parse("ocore-postgres");
    private static readonly RemotePath PasswordFile = RemotePath.Parse("/etc/ocore-postgres-password");
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(2);
    /// <summary>Of all instances of a server together.</summary>
    public const int MaxConnections = 500;
    /// <summary>The user <c>postgres</c> of the image.</summary>
    public const int PostgresUid = 999;

    public static ImageRef Image(Settings settings) => ImageRef.Parse(settings.Images.GetValueOrDefault("POSTGRES") ?? "postgres:17");

    /// <param name="password">The superuser's. It goes in as a file, so that no <c>docker inspect</c> shows it.</param>
    public static ContainerSpec Spec(ImageRef image, Guid server, string password) => new()
    {
        Name = Name,
        Image = image,
        // Modest on purpose: a small server runs a dozen instances beside it.
        Command =
        [
            "postgres", "-c", $"max_connections={MaxConnections}", "-c", "shared_buffers=256MB", "-c", "effective_cache_size=1GB", "-c", "work_mem=8MB",
            "-c", "maintenance_work_mem=128MB", "-c", "random_page_cost=1.1", "-c", "wal_compression=on", "-c", "max_wal_size=2GB",
            "-c", "checkpoint_completion_target=0.9", "-c", "log_min_duration_statement=5s",
            // Its log is of all databases; each line names its own.
            "-c", "log_line_prefix=%m [%p] %d ",
        ],
        Env = new Dictionary<string, string> { ["POSTGRES_PASSWORD_FILE"] = PasswordFile.Value },
        Labels = ServerLabels.Of(server),
        Networks = [new ContainerNetwork(ServerLabels.Network, Host)],
        Mounts = [ContainerMount.Volume(Volume, RemotePath.Parse("/var/lib/postgresql/data"))],
        Files = [ContainerFile.Text(PasswordFile, password, UnixFileMode.UserRead, PostgresUid, PostgresUid)],
        ShmBytes = 256L << 20,
        PidsLimit = 4096,
        StopTimeout = TimeSpan.FromSeconds(60),
    };

    /// <summary>There, as the spec has it, and taking connections. The network and the image have to be there.</summary>
    public static async Task EnsureAsync(IServerConnection connection, ContainerSpec spec, CancellationToken stop)
    {
        await connection.Docker.EnsureVolumeAsync(Volume, spec.Labels, stop);
        await connection.Docker.EnsureContainerAsync(spec, stop);
        using var late = new CancellationTokenSource(ReadyWithin);
        // Over TCP: while the cluster is being made, a temporary server answers on the socket.
        while (!await IsReadyAsync(connection, stop))
        {
            if (late.IsCancellationRequested)
                throw new ServerException($"PostgreSQL did not become ready within {ReadyWithin.TotalMinutes:0} minutes: {await LastWordsAsync(connection, stop)}");
            await Task.Delay(TimeSpan.FromMilliseconds(250), stop);
        }
        await SqlAsync(connection, "postgres", KeepTurns, new Dictionary<string, string>(), stop);
    }

    /// <summary>
    /// oCore's scripts take turns by advisory locks of the database <c>postgres</c>. Every role may come in there, for Odoo listens in it, but
    /// the locks are oCore's: whoever could take one would hold up what is done to somebody else's database. A privilege counts in its database only.
    /// </summary>
    public const string KeepTurns =
        """
        SELECT EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^pg_(try_)?advisory_' AND has_function_privilege('public', oid, 'EXECUTE')) AS open \gset
        \if :open
        BEGIN;
        LOCK TABLE pg_proc IN SHARE ROW EXCLUSIVE MODE;
        SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', oid::regprocedure) FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^pg_(try_)?advisory_' AND has_function_privilege('public', oid, 'EXECUTE') \gexec
        COMMIT;
        \endif
        """;

    /// <summary>
    /// Runs a script in a database and answers what it printed: rows as lines, columns between <c>|</c>. What varies comes as psql
    /// variables only, written <c>:'name'</c> for a value and <c>:"name"</c> for an identifier.
    /// </summary>
    /// <param name="role">Who runs it; the superuser where it is null. Tables, views and triggers of a database are their owner's code, and nothing reaches into one as anybody else.</param>
    /// <exception cref="RemoteCommandException">A statement failed; those before it stay done unless the script has a transaction.</exception>
    public static async Task<string> SqlAsync(
        IServerConnection connection, string database, [ConstantExpected] string script, IReadOnlyDictionary<string, string> variables, CancellationToken stop, TimeSpan? timeout = null, DockerName? container = null, string? role = null)
    {
        // psql would read "a=b" as where to connect.
        if (!DatabaseName().IsMatch(database) || role is not null && !DatabaseName().IsMatch(role))
            throw new ArgumentException($"'{database}' is not the name of a database, or '{role}' not of a role.");
        var options = new ExecOptions { User = "postgres", Timeout = timeout ?? TimeSpan.FromMinutes(5) };
        var answer = await connection.Docker.ExecAsync(container ?? Name, ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", role ?? "postgres", "-d", database], Encoding.UTF8.GetBytes(Input(script, variables, role is null)), stop, options);
        return answer.ThrowIfFailed($"SQL in {database}").Out;
    }

    /// <summary>What each database takes on the disk, and how many are connected to it.</summary>
    public static async Task<IReadOnlyDictionary<string, DatabaseUse>> DatabasesAsync(IServerConnection connection, CancellationToken stop)
    {
        const string script = "SELECT datname, pg_database_size(oid), (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = d.oid) FROM pg_database d WHERE datallowconn AND datname <> 'template1';";
        var lines = await SqlAsync(connection, "postgres", script, new Dictionary<string, string>(), stop);
        return lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('|')).Where(row => row.Length == 3)
            .ToDictionary(row => row[0], row => new DatabaseUse(long.Parse(row[1]), long.Parse(row[2])));
    }

    /// <summary>
    /// The variables go by stdin too and not as arguments, which any user of the server can list. A failed statement is told
    /// without its text, for passwords stand in it; what the server logs of it only the superuser can say.
    /// </summary>
    internal static string Input(string script, IReadOnlyDictionary<string, string> variables, bool asSuperuser = true)
    {
        var input = new StringBuilder("\\set VERBOSITY terse\n\\set SHOW_CONTEXT never\n");
        if (asSuperuser)
            input.Append("SET log_min_error_statement TO panic;\nSET log_min_duration_statement TO -1;\n");
        foreach (var (name, value) in variables.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            if (!VariableName().IsMatch(name) || value.Contains('\0'))
                throw new ArgumentException($"'{name}' is not the name of a variable, or its value holds NUL.");
            input.Append("\\set ").Append(name).Append(" '")
                .Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal))
                .Append("'\n");
        }
        return input.Append(script).Append('\n').ToString();
    }

    private static async Task<bool> IsReadyAsync(IServerConnection connection, CancellationToken stop)
    {
        try
        {
            return (await connection.Docker.ExecAsync(Name, ["pg_isready", "-q", "-h", "127.0.0.1", "-t", "2"], null, stop)).Ok;
        }
        catch (DockerConflictException)
        {
            // It ended and Docker starts it again.
            return false;
        }
    }

    private static async Task<string> LastWordsAsync(IServerConnection connection, CancellationToken stop)
    {
        var last = "";
        await foreach (var line in connection.Docker.LogsAsync(Name, 5, false, stop))
            last = line;
        return Redaction.Of(last);
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,62}\z")]
    private static partial Regex DatabaseName();

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,30}\z")]
    private static partial Regex VariableName();
}

internal sealed record DatabaseUse(long Bytes, long Connections);
