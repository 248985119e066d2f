using System.Buffers.Binary;
using Npgsql;
using OCore.Platform;

namespace OCore.Features.Servers;

/// <summary>
/// Which replica looks after which server. On PostgreSQL a lock of the session, which ends with the process that holds it; on
/// SQLite there is one process, and every turn is its own.
/// </summary>
internal sealed class ServerTurns(Settings settings) : IAsyncDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly HashSet<Guid> _held = [];
    private NpgsqlConnection? _connection;

    /// <summary>True where the turn is this process's, now or still.</summary>
    public async Task<bool> TakeAsync(Guid server, CancellationToken stop)
    {
        if (settings.UsesSqlite)
            return true;
        await _one.WaitAsync(stop);
        try
        {
            var connection = await OpenAsync(stop);
            // Asked even for a turn that is held: it is lost when the connection is, and only a question tells that.
            await using var command = new NpgsqlCommand(_held.Contains(server) ? "SELECT true" : "SELECT pg_try_advisory_lock($1)", connection);
            if (!_held.Contains(server))
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = Key(server) });
            var mine = (bool)(await command.ExecuteScalarAsync(stop))!;
            if (mine)
                _held.Add(server);
            return mine;
        }
        catch (NpgsqlException)
        {
            await CloseAsync();
            return false;
        }
        finally
        {
            _one.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _one.Dispose();
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken stop)
    {
        if (_connection is { State: System.Data.ConnectionState.Open } open)
            return open;
        await CloseAsync();
        // Not of the pool, which would reset the session and with it the locks.
        _connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(settings.Database) { Pooling = false, KeepAlive = 5, ApplicationName = "ocore-reconciler" }.ToString());
        await _connection.OpenAsync(stop);
        return _connection;
    }

    private async Task CloseAsync()
    {
        _held.Clear();
        if (_connection is { } connection)
            await connection.DisposeAsync();
        _connection = null;
    }

    // The end of a version 7 id is its random part.
    private static long Key(Guid server) => BinaryPrimitives.ReadInt64BigEndian(server.ToByteArray(bigEndian: true).AsSpan(8));
}
