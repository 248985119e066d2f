using System.Data.Common;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Templates;

/// <summary>
/// The passwords among settings as rows hold them: sealed value by value, beside what is nobody's secret. They are the agency's, as the
/// keys of repositories are, so that a template's go into its instances as they are.
/// </summary>
internal static class SealedSettings
{
    /// <summary>In place of a secret, wherever settings are shown; what comes back like this stays as it was.</summary>
    public const string Mask = "••••";

    private const int AtOnce = 200;

    /// <summary>What was given, as a row is to hold it. A secret that comes back masked, or is the one that is there, is no change.</summary>
    /// <param name="before">As the row, or the template, holds them.</param>
    public static Dictionary<string, string> Sealed(this SecretBox secrets, IReadOnlyDictionary<string, string>? given, IReadOnlyDictionary<string, string>? before, Guid root)
    {
        var settings = new Dictionary<string, string>();
        foreach (var (key, value) in given ?? new Dictionary<string, string>())
            settings[key] = Kept(key, value, before?.GetValueOrDefault(key));
        return settings;

        string Kept(string key, string value, string? old)
        {
            if (value == Mask && old is not null)
                value = old;
            if (!OdooSettings.IsSecret(key))
                return value;
            return old is not null && SecretBox.IsSealed(old) && (value == old || value == Open(secrets, key, old, root)) ? old : secrets.Seal(value, KindOf(key), root);
        }
    }

    /// <summary>As Odoo is told them. Before an upgrade they were kept in clear.</summary>
    public static Dictionary<string, string> Opened(this SecretBox secrets, IReadOnlyDictionary<string, string> settings, Guid root) =>
        settings.ToDictionary(s => s.Key, s => Open(secrets, s.Key, s.Value, root));

    private static string Open(SecretBox secrets, string key, string value, Guid root) =>
        OdooSettings.IsSecret(key) && SecretBox.IsSealed(value) ? secrets.Unseal(value, KindOf(key), root) : value;

    // In either case, since one goes over the other.
    private static string KindOf(string key) => "setting." + key.ToLowerInvariant();

    private static readonly (string Read, string Write)[] Statements =
    [
        ("""SELECT "Id", "RootId", "DefaultEnvVars", "Config" FROM "Templates" WHERE "DefaultEnvVars" <> '{}' OR "Config" <> '{}'""",
            """UPDATE "Templates" SET "DefaultEnvVars" = @env, "Config" = @config WHERE "Id" = @id AND "DefaultEnvVars" = @envBefore AND "Config" = @configBefore"""),
        ("""SELECT "Id", "RootId", "EnvVars", "Config" FROM "Instances" WHERE "EnvVars" <> '{}' OR "Config" <> '{}'""",
            """UPDATE "Instances" SET "EnvVars" = @env, "Config" = @config WHERE "Id" = @id AND "EnvVars" = @envBefore AND "Config" = @configBefore"""),
    ];

    /// <summary>
    /// What an earlier oCore kept in clear. Each start asks; the statements are plain, since Entity Framework would take longer to learn
    /// the questions than the database to answer them.
    /// </summary>
    /// <param name="box">Asked where there is something to seal only.</param>
    /// <returns>How many rows had one.</returns>
    public static async Task<int> SealOldAsync(OCoreDb db, Func<SecretBox> box, CancellationToken stop)
    {
        var count = 0;
        await db.Database.OpenConnectionAsync(stop);
        try
        {
            if (db.Database.IsNpgsql())
                await RunAsync(db, $"SET {RowSecurity.Setting} = '{RowSecurity.Everything}'", stop);
            foreach (var (read, write) in Statements)
                foreach (var rows in (await OldAsync(db, read, stop)).Chunk(AtOnce))
                    count += await db.InTransactionAsync(() => SealAsync(db, box(), write, rows, stop), stop);
            return count;
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }

    /// <summary>Writes the tables anew: what was there before would lie on in pages that nobody reads.</summary>
    /// <exception cref="DbException">Somebody else is at work in them.</exception>
    public static async Task ForgetOldAsync(OCoreDb db, CancellationToken stop)
    {
        await db.Database.OpenConnectionAsync(stop);
        try
        {
            foreach (var statement in (string[])(db.Database.IsSqlite() ? ["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"] : ["""VACUUM FULL "Templates" """, """VACUUM FULL "Instances" """]))
                await RunAsync(db, statement, stop);
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }

    private sealed record Row(Guid Id, Guid Root, string Env, string Config);

    private static async Task<List<Row>> OldAsync(OCoreDb db, string question, CancellationToken stop)
    {
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = question;
        await using var reader = await command.ExecuteReaderAsync(stop);
        var rows = new List<Row>();
        while (await reader.ReadAsync(stop))
        {
            var row = new Row(reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2), reader.GetString(3));
            if (Parse(row.Env).Concat(Parse(row.Config)).Any(s => OdooSettings.IsSecret(s.Key) && !SecretBox.IsSealed(s.Value)))
                rows.Add(row);
        }
        return rows;
    }

    private static async Task<int> SealAsync(OCoreDb db, SecretBox secrets, string write, IReadOnlyList<Row> rows, CancellationToken stop)
    {
        var count = 0;
        foreach (var row in rows)
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.Transaction = db.Database.CurrentTransaction!.GetDbTransaction();
            command.CommandText = write;
            foreach (var (name, value) in (ReadOnlySpan<(string, object)>)[("@id", row.Id), ("@envBefore", row.Env), ("@configBefore", row.Config), ("@env", Again(row.Env)), ("@config", Again(row.Config))])
            {
                var parameter = command.CreateParameter();
                (parameter.ParameterName, parameter.Value) = (name, value);
                command.Parameters.Add(parameter);
            }
            count += await command.ExecuteNonQueryAsync(stop);

            // What is sealed already is given with itself before it, and stays.
            string Again(string text)
            {
                var settings = Parse(text);
                return JsonSerializer.Serialize(secrets.Sealed(settings, settings, row.Root), JsonSerializerOptions.Web);
            }
        }
        return count;
    }

    private static async Task RunAsync(OCoreDb db, string statement, CancellationToken stop)
    {
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync(stop);
    }

    private static Dictionary<string, string> Parse(string text) => JsonSerializer.Deserialize<Dictionary<string, string>>(text, JsonSerializerOptions.Web) ?? [];
}
