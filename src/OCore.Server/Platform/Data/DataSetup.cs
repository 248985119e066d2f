using System.Data.Common;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using OCore.Platform.Security;

namespace OCore.Platform.Data;

internal static class DataSetup
{
    // SQLite would count its memory under one lock for all connections. It takes this before its first use only; where something else was
    // quicker, nothing is lost but the speed.
    static DataSetup()
    {
        SQLitePCL.Batteries_V2.Init();
        _ = SQLitePCL.raw.sqlite3_config(SQLitePCL.raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    public static IServiceCollection AddData(this IServiceCollection services, Settings settings)
    {
        // Passkeys are part of the model only at this version of Identity's schema.
        services.Configure<IdentityOptions>(o => o.Stores.SchemaVersion = IdentitySchemaVersions.Version3);
        if (settings.UsesSqlite)
            services.AddPooledDbContextFactory<SqliteOCoreDb>(options => UseSqlite(options, settings.SqlitePath));
        else
            services.AddPooledDbContextFactory<PostgresOCoreDb>(options => UsePostgres(options, settings.Database));
        services.AddSingleton(provider => new OCoreDbFactory(settings.UsesSqlite
            ? provider.GetRequiredService<IDbContextFactory<SqliteOCoreDb>>().CreateDbContext
            : provider.GetRequiredService<IDbContextFactory<PostgresOCoreDb>>().CreateDbContext));
        services.AddScoped(provider =>
        {
            var caller = provider.GetRequiredService<Caller>();
            return provider.GetRequiredService<OCoreDbFactory>().For(caller.Tenant, caller.AsActor());
        });
        return services;
    }

    internal static void UseSqlite(DbContextOptionsBuilder options, string path) => options
        .UseSqlite(new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true, DefaultTimeout = 30 }.ToString(),
            // A list of ids is one parameter: with one for each, every length would be another query to make.
            o => o.UseParameterizedCollectionMode(ParameterTranslationMode.Parameter))
        .AddInterceptors(new SqlitePragmas(), new AccessChanges())
        .ConfigureWarnings(w => w.Ignore(RelationalEventId.CommandError).Log((CoreEventId.QueryIterationFailed, LogLevel.Debug)));

    internal static void UsePostgres(DbContextOptionsBuilder options, string connection) => options
        .UseNpgsql(Prepared(connection)).AddInterceptors(new AccessChanges(), new TenantSetting())
        .ConfigureWarnings(w => w.Ignore(RelationalEventId.CommandError).Log((CoreEventId.QueryIterationFailed, LogLevel.Debug)));

    /// <summary>
    /// Queries that come again are planned once for a connection; whoever has a pooler between that cannot do so says <c>Max Auto Prepare=0</c>.
    /// A connection is not reset between two uses: each statement says for whom it runs (<see cref="TenantSetting"/>), nothing else is
    /// left in a session, and the reset would be seven statements before every query.
    /// </summary>
    internal static string Prepared(string connection)
    {
        // Npgsql's own builder counts every keyword it knows as there.
        var written = new DbConnectionStringBuilder { ConnectionString = connection };
        var given = new NpgsqlConnectionStringBuilder(connection);
        if (!Says("Max Auto Prepare"))
            given.MaxAutoPrepare = 100;
        if (!Says("No Reset On Close"))
            given.NoResetOnClose = true;
        return given.ToString();

        bool Says(string keyword) => written.ContainsKey(keyword) || written.ContainsKey(keyword.Replace(" ", "", StringComparison.Ordinal));
    }

    /// <summary>Brings the schema up to date. Asks one cheap question first: the whole check costs two seconds of every start.</summary>
    public static async Task MigrateAsync(OCoreDb db, CancellationToken stop)
    {
        try
        {
            if (await AskAsync(db, """SELECT "MigrationId" FROM "__EFMigrationsHistory" ORDER BY "MigrationId" DESC LIMIT 1""", stop) as string == db.Database.GetMigrations().Last())
            {
                await SecureAsync(db, stop);
                return;
            }
        }
        catch (DbException)
        {
            // A new database has no history yet.
        }
        await db.Database.MigrateAsync(stop);
        await SecureAsync(db, stop);
    }

    private static Task SecureAsync(OCoreDb db, CancellationToken stop) => db.Database.IsNpgsql() ? RowSecurity.EnsureAsync(db, stop) : Task.CompletedTask;

    public static async Task<bool> HasUsersAsync(OCoreDb db, CancellationToken stop) =>
        await AskAsync(db, """SELECT 1 FROM "Users" LIMIT 1""", stop) is not null;

    // Every start asks this, and Entity Framework would take longer to learn the question than the database to answer it.
    private static async Task<object?> AskAsync(OCoreDb db, string question, CancellationToken stop)
    {
        await db.Database.OpenConnectionAsync(stop);
        try
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.CommandText = question;
            return await command.ExecuteScalarAsync(stop);
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }
}

/// <summary>
/// Write-ahead log, and every commit on the disk: a lost commit is a lost intent of an operation. Said once to each connection of the
/// pool, which keeps it: a request opens its connection once for each query.
/// </summary>
internal sealed class SqlitePragmas : DbConnectionInterceptor
{
    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<SQLitePCL.sqlite3, object> Told = [];

    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        ConnectionOpened(connection, eventData);
        return Task.CompletedTask;
    }

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        if (connection is not SqliteConnection { Handle: { } handle } || !Told.TryAdd(handle, Told))
            return;
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=30000;";
        command.ExecuteNonQuery();
    }
}

internal sealed class SqliteDesign : IDesignTimeDbContextFactory<SqliteOCoreDb>
{
    public SqliteOCoreDb CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<SqliteOCoreDb>().UseApplicationServiceProvider(DesignServices.Provider);
        DataSetup.UseSqlite(options, "design.db");
        return new SqliteOCoreDb(options.Options);
    }
}

internal sealed class PostgresDesign : IDesignTimeDbContextFactory<PostgresOCoreDb>
{
    public PostgresOCoreDb CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<PostgresOCoreDb>().UseApplicationServiceProvider(DesignServices.Provider);
        DataSetup.UsePostgres(options, "Host=localhost;Database=design");
        return new PostgresOCoreDb(options.Options);
    }
}

internal static class DesignServices
{
    // Without Identity's options here the passkey table would be missing from the migrations.
    public static readonly IServiceProvider Provider = new ServiceCollection()
        .Configure<IdentityOptions>(o => o.Stores.SchemaVersion = IdentitySchemaVersions.Version3).BuildServiceProvider();
}
