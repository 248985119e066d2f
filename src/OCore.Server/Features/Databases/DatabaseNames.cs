using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Features.Databases;

/// <summary>Which names a database of an instance may have. A server's instances share a PostgreSQL, so a name is one's on the server.</summary>
internal static class DatabaseNames
{
    // PostgreSQL's own, oCore's own, and words that no role may be called: a served database and its role bear one name.
    private static readonly HashSet<string> Reserved = ["postgres", "template0", "template1", "hosting_template", "hosting", "ocore", "none", "public"];

    /// <summary>Of oCore's own databases: template databases, copies while modules change, backups that are verified or restored, and what was before.</summary>
    private static readonly string[] Prefixes = ["tpl_", "s_", "v_", "r_", "o_", "pg_", "ocore_", "hosting_"];

    /// <summary>Null where a person may give this name; its form was checked before.</summary>
    public static Problem? Refusal(string field, string name) => Reserved.Contains(name) || Prefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal))
        ? Problem.Field(field, $"This name is reserved. Choose one that does not begin with {string.Join(", ", Prefixes)}, and is none of PostgreSQL's own.", "name_reserved") : null;

    /// <summary>Whoever's it is. Ask in the transaction that takes the name, after the organization was locked.</summary>
    public static async Task<bool> IsTakenAsync(OCoreDb db, Guid server, string name, CancellationToken stop) =>
        await db.Instances.AcrossTenants().AnyAsync(i => i.ServerId == server && (i.Database == name || i.ReservedDatabase == name), stop)
        || await db.InstanceDatabases.AcrossTenants().AnyAsync(d => d.ServerId == server && (d.Name == name || d.ReservedName == name), stop);

    /// <summary>With a number where it is in use.</summary>
    public static async Task<string> FreeAsync(OCoreDb db, Guid server, string wish, CancellationToken stop)
    {
        var name = wish;
        for (var n = 2; await IsTakenAsync(db, server, name, stop); n++)
            name = $"{(wish.Length > 58 ? wish[..58] : wish)}_{n}";
        return name;
    }
}
