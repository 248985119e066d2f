using System.Data.Common;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Diagnostics;
using OCore.Platform.Security;

namespace OCore.Platform.Data;

internal static class DataSetup
{
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
        .UseSqlite(new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true, DefaultTimeout = 30 }.ToString())
        .AddInterceptors(new SqlitePragmas(), new AccessChanges())
        .ConfigureWarnings(w => w.Ignore(RelationalEventId.CommandError).Log((CoreEventId.QueryIterationFailed, LogLevel.Debug)));

    internal static void UsePostgres(DbContextOptionsBuilder options, string connection) => options
        .UseNpgsql(connection).AddInterceptors(new AccessChanges())
        .ConfigureWarnings(w => w.Ignore(RelationalEventId.CommandError).Log((CoreEventId.QueryIterationFailed, LogLevel.Debug)));

    /// <summary>Brings the schema up to date. Asks one cheap question first: the whole check costs two seconds of every start.</summary>
    public static async Task MigrateAsync(OCoreDb db, CancellationToken stop)
    {
        var newest = db.Database.GetMigrations().Last();
        try
        {
            var applied = await db.Database.SqlQuery<string>($"""SELECT "MigrationId" AS "Value" FROM "__EFMigrationsHistory" ORDER BY "MigrationId" DESC LIMIT 1""")
                .ToListAsync(stop);
            if (applied is [var last] && last == newest)
                return;
        }
        catch (DbException)
        {
            // A new database has no history yet.
        }
        await db.Database.MigrateAsync(stop);
    }
}

/// <summary>Write-ahead log, and every commit on the disk: a lost commit is a lost intent of an operation.</summary>
internal sealed class SqlitePragmas : DbConnectionInterceptor
{
    public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=30000;";
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
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
