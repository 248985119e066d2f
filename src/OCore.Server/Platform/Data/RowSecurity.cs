using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Metadata;

namespace OCore.Platform.Data;

/// <summary>
/// PostgreSQL's row-level security behind the query filters: a query that forgot its filter still sees the rows of its own
/// organization only. The policies are made from the model, so a table that is added later has one by itself.
/// </summary>
internal static class RowSecurity
{
    /// <summary>The setting that says for whom a statement runs. Without it there are no rows.</summary>
    public const string Setting = "ocore.org";

    /// <summary>In place of an organization, for what reads and writes across them.</summary>
    public const string Everything = "ffffffff-ffff-ffff-ffff-ffffffffffff";

    /// <summary>In the SQL of every query that lifts the tenant's filter. A tag would do, if bulk updates kept theirs.</summary>
    public const string AcrossMark = "/* across tenants */";

    /// <summary>True, and leaves <see cref="AcrossMark"/> in the statement. Only within a query.</summary>
    public static bool Across() => throw new InvalidOperationException("It is translated to SQL, and not called.");

    public static IEnumerable<IEntityType> Tables(IModel model) => model.GetEntityTypes().Where(t => t.FindDeclaredQueryFilter(OCoreDb.TenantFilter) is not null);

    public static string Script(IModel model)
    {
        const string me = $"(SELECT nullif(current_setting('{Setting}', true), '')::uuid)", all = $"(SELECT current_setting('{Setting}', true) = '{Everything}')";
        var script = new StringBuilder("SELECT pg_advisory_xact_lock(7305504812);\n");
        foreach (var type in Tables(model).OrderBy(t => t.GetTableName(), StringComparer.Ordinal))
        {
            var table = $"\"{type.GetTableName()}\"";
            string[] owners = [type.FindProperty(nameof(IOrgOwned.OrgId)) is null ? "Id" : nameof(IOrgOwned.OrgId), .. type.FindProperty(nameof(IAgencyShared.RootId)) is null ? Array.Empty<string>() : [nameof(IAgencyShared.RootId)]];
            var mine = string.Join(" OR ", owners.Select(o => $"\"{o}\" = {me}"));
            script.Append($"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\nALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n")
                .Append($"DROP POLICY IF EXISTS tenant ON {table};\nCREATE POLICY tenant ON {table} USING ({mine} OR {all});\n");
            // What is appended by whoever acts, as a line of the audit log, may speak of another organization.
            if (type.ClrType.IsDefined(typeof(GlobalEntityAttribute), false))
                script.Append($"DROP POLICY IF EXISTS append ON {table};\nCREATE POLICY append ON {table} FOR INSERT WITH CHECK (true);\n");
        }
        return script.ToString();
    }

    /// <summary>The policies as the model wants them. Asks first, and does nothing where they are.</summary>
    public static async Task EnsureAsync(OCoreDb db, CancellationToken stop)
    {
        var script = Script(db.Model);
        var version = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(script)))[..16];
        await db.Database.OpenConnectionAsync(stop);
        try
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.CommandText = "SELECT obj_description(oid, 'pg_policy') FROM pg_policy WHERE polname = 'tenant' AND polrelid = '\"Organizations\"'::regclass";
            if (await command.ExecuteScalarAsync(stop) as string == version)
                return;
            // One command is one transaction: all policies, or those before.
            command.CommandText = $"{script}COMMENT ON POLICY tenant ON \"Organizations\" IS '{version}';";
            await command.ExecuteNonQueryAsync(stop);
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }

    /// <summary>Whether the database's user stands above the policies, so that there is no second wall.</summary>
    public static async Task<bool> IsBypassedAsync(OCoreDb db, CancellationToken stop) =>
        await db.Database.SqlQuery<bool>($"""SELECT rolsuper OR rolbypassrls AS "Value" FROM pg_roles WHERE rolname = current_user""").SingleAsync(stop);
}

/// <summary>
/// Says with each statement for whom it runs. A query carries it in front of itself, so that it costs no round trip; a save says it
/// before, because its answers are counted by statement.
/// </summary>
internal sealed class TenantSetting : DbCommandInterceptor
{
    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        if (eventData.CommandSource == CommandSource.SaveChanges)
            await SayBeforeAsync(command, eventData, cancellationToken);
        else
            SayWith(command, eventData);
        return result;
    }

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        SayWith(command, eventData);
        return ValueTask.FromResult(result);
    }

    public override ValueTask<InterceptionResult<object>> ScalarExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<object> result, CancellationToken cancellationToken = default)
    {
        SayWith(command, eventData);
        return ValueTask.FromResult(result);
    }

    public override InterceptionResult<DbDataReader> ReaderExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result)
    {
        SayWith(command, eventData);
        return result;
    }

    public override InterceptionResult<int> NonQueryExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<int> result)
    {
        SayWith(command, eventData);
        return result;
    }

    public override InterceptionResult<object> ScalarExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<object> result)
    {
        SayWith(command, eventData);
        return result;
    }

    private static void SayWith(DbCommand command, CommandEventData eventData)
    {
        if (eventData.CommandSource != CommandSource.Migrations && eventData.Context is OCoreDb db)
            command.CommandText = string.Concat(Words(db, command.CommandText.Contains(RowSecurity.AcrossMark, StringComparison.Ordinal)), "\n", command.CommandText);
    }

    private static async Task SayBeforeAsync(DbCommand command, CommandEventData eventData, CancellationToken stop)
    {
        if (eventData.Context is not OCoreDb db)
            return;
        await using var words = command.Connection!.CreateCommand();
        words.Transaction = command.Transaction;
        words.CommandText = Words(db, across: false);
        await words.ExecuteNonQueryAsync(stop);
    }

    private static string Words(OCoreDb db, bool across) =>
        db.Tenant.IsSystem || across ? $"SET {RowSecurity.Setting} = '{RowSecurity.Everything}';" : string.Concat($"SET {RowSecurity.Setting} = '", db.Tenant.OrgId.ToString(), "';");
}
