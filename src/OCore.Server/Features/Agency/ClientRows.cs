using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using OCore.Platform.Data;

namespace OCore.Features.Agency;

/// <summary>What belongs to a client, in the database and beyond.</summary>
internal static class ClientRows
{
    private static readonly MethodInfo RemoveMethod = typeof(ClientRows).GetMethod(nameof(RemoveAsync), BindingFlags.Static | BindingFlags.NonPublic)!;

    public static async Task<bool> HasResourcesAsync(OCoreDb db, Guid clientId, CancellationToken stop) =>
        await db.Instances.AnyAsync(i => i.OrgId == clientId, stop) || await db.Servers.AnyAsync(s => s.OrgId == clientId, stop);

    /// <summary>
    /// Every row of the client in every table that organizations have rows in, those first to which no other refers: a table that is
    /// added later needs no line here. Call it in the client's scope.
    /// </summary>
    public static async Task RemoveAllAsync(OCoreDb db, Guid clientId, CancellationToken stop)
    {
        foreach (var type in ReferringFirst(db.Model))
            await (Task)RemoveMethod.MakeGenericMethod(type).Invoke(null, [db, clientId, stop])!;
    }

    // What somebody made, and may ask after, goes with a line in the audit log that says what it was; what was measured goes without.
    private static async Task RemoveAsync<T>(OCoreDb db, Guid clientId, CancellationToken stop) where T : class, IOrgOwned
    {
        var rows = db.Set<T>().Where(row => row.OrgId == clientId);
        if (!typeof(IAudited).IsAssignableFrom(typeof(T)))
        {
            await rows.ExecuteDeleteAsync(stop);
            return;
        }
        db.RemoveRange(await rows.ToListAsync(stop));
        await db.SaveChangesAsync(stop);
        db.ChangeTracker.Clear();
    }

    private static List<Type> ReferringFirst(IModel model)
    {
        var (ordered, seen) = (new List<Type>(), new HashSet<IEntityType>());
        void Visit(IEntityType type)
        {
            if (!seen.Add(type))
                return;
            foreach (var key in type.GetReferencingForeignKeys())
                Visit(key.DeclaringEntityType);
            if (typeof(IOrgOwned).IsAssignableFrom(type.ClrType))
                ordered.Add(type.ClrType);
        }
        foreach (var type in model.GetEntityTypes())
            Visit(type);
        return ordered;
    }
}
