using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace OCore.Bench;

/// <summary>Debian's PostgreSQL with its own defaults, in a temporary directory; reached by its socket, as on one machine it would be.</summary>
public sealed class PostgresUnderTest : IAsyncDisposable
{
    private readonly Process _shell;
    private readonly string _directory;
    private int _databases;

    private PostgresUnderTest(Process shell, string directory, int id) => (_shell, _directory, Id) = (shell, directory, id);

    /// <summary>The postmaster; each connection is a child of it.</summary>
    public int Id { get; }
    public string Version { get; private set; } = "";

    public static async Task<PostgresUnderTest> StartAsync()
    {
        var programs = (Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : []).Select(d => Path.Combine(d, "bin"))
            .Where(d => File.Exists(Path.Combine(d, "initdb"))).Order(StringComparer.Ordinal).LastOrDefault() ?? throw new BenchException("PostgreSQL is not installed (apt-get install postgresql).");
        // Its shell waits for the end of its input, which the end of this process is, and then stops the server.
        const string script = """
            set -e
            dir=$(mktemp -d /tmp/ocore-bench-pg-XXXXXX)
            as=()
            if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; as=(setpriv --reuid=postgres --regid=postgres --clear-groups); fi
            cd "$dir"
            "${as[@]}" "$1/initdb" -D "$dir/data" -U postgres --auth=trust --no-sync --locale=C --encoding=UTF8 >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
            "${as[@]}" "$1/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= >"$dir/log" 2>&1 &
            pid=$!
            echo "$dir $pid"
            cat >/dev/null
            kill -INT $pid; wait $pid || true
            rm -rf "$dir"
            """;
        var shell = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script, "postgres-of-bench", programs]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var words = (await shell.StandardOutput.ReadLineAsync() ?? throw new BenchException("PostgreSQL could not be started.")).Split(' ');
        var server = new PostgresUnderTest(shell, words[0], int.Parse(words[1], CultureInfo.InvariantCulture));
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                server.Version = await server.ExecuteAsync("SHOW server_version");
                return server;
            }
            catch (NpgsqlException) when (attempt < 100 && !shell.HasExited)
            {
                await Task.Delay(100);
            }
        }
    }

    /// <summary>A new database, as OCORE_DATABASE names it.</summary>
    public async Task<string> CreateAsync()
    {
        var name = $"bench{++_databases}";
        await ExecuteAsync($"CREATE DATABASE {name}");
        return ConnectionTo(name);
    }

    /// <summary>The postmaster and everything it runs.</summary>
    public IEnumerable<int> Processes() => ProcessUse.ChildrenOf(Id).Append(Id);

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    private string ConnectionTo(string database) => $"Host={_directory};Username=postgres;Database={database}";

    /// <summary>The first value of what a statement of the superuser answers.</summary>
    public async Task<string> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionTo("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() as string ?? "";
    }
}
