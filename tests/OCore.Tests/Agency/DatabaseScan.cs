using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace OCore.Tests.Agency;

/// <summary>Searches every column of every table that the model knows.</summary>
internal static class DatabaseScan
{
    /// <summary>How many rows of each table have this id in any column: ids by value, texts (and JSON) anywhere in them.</summary>
    public static async Task<SortedDictionary<string, long>> MentionsAsync(TestApp app, Guid id) =>
        await MentionsAsync(app, id.ToString());

    /// <summary>The same for any word, wherever it stands.</summary>
    public static async Task<SortedDictionary<string, long>> MentionsAsync(TestApp app, string word)
    {
        var isId = Guid.TryParse(word, out var id);
        await using var db = app.Databases.System();
        var found = new SortedDictionary<string, long>(StringComparer.Ordinal);
        await db.Database.OpenConnectionAsync();
        // The connection's commands below are nobody's; this one says on PostgreSQL that it may see every organization.
        await db.Database.ExecuteSqlAsync($"SELECT 1");
        foreach (var table in db.Model.GetRelationalModel().Tables)
            foreach (var column in table.Columns)
            {
                await using var command = db.Database.GetDbConnection().CreateCommand();
                if (column.PropertyMappings is [var mapping, ..] && mapping.TypeMapping.ClrType == typeof(Guid))
                {
                    if (!isId)
                        continue;
                    command.CommandText = $"SELECT COUNT(*) FROM \"{table.Name}\" WHERE \"{column.Name}\" = @id";
                    Add(command, id);
                }
                else if (column.StoreType.StartsWith("text", StringComparison.OrdinalIgnoreCase) || column.StoreType.StartsWith("character", StringComparison.OrdinalIgnoreCase))
                {
                    command.CommandText = $"SELECT COUNT(*) FROM \"{table.Name}\" WHERE LOWER(\"{column.Name}\") LIKE @id";
                    Add(command, $"%{word.ToLowerInvariant()}%");
                }
                else
                    continue;
                if ((long)(await command.ExecuteScalarAsync())! is > 0 and var count)
                    found[table.Name] = found.GetValueOrDefault(table.Name) + count;
            }
        return found;
    }

    private static void Add(DbCommand command, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("@id", value);
        command.Parameters.Add(parameter);
    }
}
