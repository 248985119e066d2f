using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Features.Agency;

/// <summary>What belongs to a client, in the database and beyond.</summary>
internal static class ClientRows
{
    private static readonly MethodInfo RemoveMethod = typeof(ClientRows).GetMethod(nameof(RemoveAsync), BindingFlags.Static | BindingFlags.NonPublic)!;

    /// <summary>A context in the client's own scope, for an operation of its agency.</summary>
    public static OCoreDb OpenDb(StepContext context, Guid clientId) => context.Get<OCoreDbFactory>().For(new Tenant(clientId, context.Tenant.RootId, false), null);

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

    private static Task RemoveAsync<T>(OCoreDb db, Guid clientId, CancellationToken stop) where T : class, IOrgOwned =>
        db.Set<T>().Where(row => row.OrgId == clientId).ExecuteDeleteAsync(stop);

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
