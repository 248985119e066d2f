using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using OCore.Platform.Data;
using Xunit.Sdk;

namespace OCore.Tests;

/// <summary>
/// Where tests keep their data: <c>[Theory, Sqlite, Postgres] public async Task Rule(Database database)</c> runs on both.
/// <c>OCORE_TEST_DATABASES=sqlite</c> leaves PostgreSQL out, which <c>bin/test quick</c> does.
/// </summary>
public enum Database { Sqlite, Postgres }

/// <summary>This theory runs on a SQLite file.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SqliteAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[Database.Sqlite]];
}

/// <summary>This theory runs on a PostgreSQL database; skipped, with the reason, where none can be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresAttribute : DataAttribute
{
    private static bool Wanted => Environment.GetEnvironmentVariable("OCORE_TEST_DATABASES") is not "sqlite";

    public override string? Skip
    {
        get => Wanted ? PostgresServer.WhyAbsent : "OCORE_TEST_DATABASES=sqlite: PostgreSQL was not asked for.";
        set => base.Skip = value;
    }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[Database.Postgres]];
}

/// <summary>
/// Fresh databases with the schema that the real migrations make: they run once in a test run, and each test class gets a copy.
/// </summary>
internal static class TestDatabases
{
    private static readonly string Root = Directory.CreateTempSubdirectory("ocore-tests-").FullName;
    private static readonly Lazy<Task<string>> SqliteTemplate = new(MakeSqliteTemplateAsync);
    private static readonly Lazy<Task> PostgresTemplate = new(MakePostgresTemplateAsync);
    private static int _count;

    static TestDatabases() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(Root, recursive: true);
    };

    /// <summary>A directory of its own, removed when the run ends.</summary>
    public static string NewDirectory(string name) =>
        Directory.CreateDirectory(Path.Combine(Root, $"{name}-{Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture)}")).FullName;

    /// <summary>Makes the database of a data directory, and says what OCORE_DATABASE is for it.</summary>
    public static async Task<string> CreateAsync(Database database, string directory)
    {
        if (database == Database.Sqlite)
        {
            File.Copy(await SqliteTemplate.Value, Path.Combine(directory, "ocore.db"));
            return "sqlite";
        }
        await PostgresTemplate.Value;
        var name = $"t{Interlocked.Increment(ref _count)}";
        await PostgresServer.ExecuteAsync($"CREATE DATABASE {name} TEMPLATE template_ocore OWNER {PostgresServer.Owner}");
        return PostgresServer.ConnectionTo(name);
    }

    /// <summary>An empty database, for tests of the migrations themselves.</summary>
    public static async Task<string> CreateEmptyAsync(Database database)
    {
        if (database == Database.Sqlite)
            return "sqlite";
        var name = $"t{Interlocked.Increment(ref _count)}";
        await PostgresServer.ExecuteAsync($"CREATE DATABASE {name} OWNER {PostgresServer.Owner}");
        return PostgresServer.ConnectionTo(name);
    }

    public static async Task DropAsync(string connection)
    {
        if (connection == "sqlite")
            return;
        await using (var open = new NpgsqlConnection(connection))
            NpgsqlConnection.ClearPool(open);
        await PostgresServer.ExecuteAsync($"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(connection).Database} WITH (FORCE)");
    }

    private static async Task<string> MakeSqliteTemplateAsync()
    {
        var path = Path.Combine(Root, "template.db");
        var options = new DbContextOptionsBuilder<SqliteOCoreDb>().UseApplicationServiceProvider(DesignServices.Provider);
        DataSetup.UseSqlite(options, path);
        await using (var db = new SqliteOCoreDb(options.Options))
            await DataSetup.MigrateAsync(db, CancellationToken.None);
        // Closing the last connection folds the write-ahead log into the file.
        SqliteConnection.ClearAllPools();
        return path;
    }

    private static async Task MakePostgresTemplateAsync()
    {
        await PostgresServer.ExecuteAsync($"CREATE DATABASE template_ocore OWNER {PostgresServer.Owner}");
        var connection = PostgresServer.ConnectionTo("template_ocore") + ";Pooling=false";
        var options = new DbContextOptionsBuilder<PostgresOCoreDb>().UseApplicationServiceProvider(DesignServices.Provider);
        DataSetup.UsePostgres(options, connection);
        await using var db = new PostgresOCoreDb(options.Options);
        await DataSetup.MigrateAsync(db, CancellationToken.None);
    }
}

/// <summary>
/// A PostgreSQL of this test run: the one of <c>OCORE_TEST_POSTGRES</c>, or Debian's, started in a temporary directory without
/// fsync. It ends when the test process does, however that ends.
/// </summary>
internal static class PostgresServer
{
    private static readonly string? Given = Environment.GetEnvironmentVariable("OCORE_TEST_POSTGRES");
    private static readonly string? Programs = Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")).Where(d => File.Exists(Path.Combine(d, "initdb"))).Order(StringComparer.Ordinal).LastOrDefault()
        : null;
    private static readonly Lazy<Task<string>> Server = new(PrepareAsync);
    // Held for the life of this process: its input would be closed with it.
    private static Process? _shell;

    /// <summary>The role that the program signs in as. No superuser: nobody above the policies would notice that one is missing.</summary>
    public static readonly string Owner = $"ocore_{Environment.ProcessId}";

    /// <summary>Why tests on PostgreSQL are skipped; null where they run.</summary>
    public static string? WhyAbsent => Given is null && Programs is null
        ? "NOT TESTED ON POSTGRESQL: no server is installed (apt-get install postgresql) and OCORE_TEST_POSTGRES is not set." : null;

    public static string ConnectionTo(string database) =>
        new NpgsqlConnectionStringBuilder(Server.Value.GetAwaiter().GetResult()) { Database = database, Username = Owner, Password = Owner, MaxPoolSize = 30, IncludeErrorDetail = true }.ToString();

    public static async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(await Server.Value) { Pooling = false }.ToString());
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<string> PrepareAsync()
    {
        var server = await StartAsync();
        await using var connection = new NpgsqlConnection(server + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE ROLE {Owner} LOGIN PASSWORD '{Owner}'", connection);
        await command.ExecuteNonQueryAsync();
        return server;
    }

    private static async Task<string> StartAsync()
    {
        if (Given is not null)
            return Given;
        // Its shell waits for the end of its input, which the end of this process is, and then stops the server.
        const string script = """
            set -e
            dir=$(mktemp -d /tmp/ocore-pg-XXXXXX)
            as=()
            if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; as=(setpriv --reuid=postgres --regid=postgres --clear-groups); fi
            cd "$dir"
            "${as[@]}" "$1/initdb" -D "$dir/data" -U postgres --auth=trust --no-sync --locale=C --encoding=UTF8 >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
            "${as[@]}" "$1/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=400 >"$dir/log" 2>&1 &
            pid=$!
            echo "$dir"
            cat >/dev/null
            kill -INT $pid; wait $pid || true
            rm -rf "$dir"
            """;
        var start = new ProcessStartInfo("/bin/bash") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["-c", script, "postgres-of-tests", Programs!])
            start.ArgumentList.Add(argument);
        var shell = _shell = Process.Start(start)!;
        var directory = await shell.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("PostgreSQL could not be started; initdb's words are on standard error.");
        var connection = $"Host={directory};Username=postgres;Database=postgres";
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await using var probe = new NpgsqlConnection(connection + ";Pooling=false");
                await probe.OpenAsync();
                return connection;
            }
            catch (NpgsqlException) when (attempt < 100 && !shell.HasExited)
            {
                await Task.Delay(100);
            }
        }
    }
}
