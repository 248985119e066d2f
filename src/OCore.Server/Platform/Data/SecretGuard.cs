using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using OCore.Platform.Security;

namespace OCore.Platform.Data;

/// <summary>What is secret among the values of a column is saved sealed, or not at all.</summary>
internal static class SecretGuard
{
    private static readonly ConcurrentDictionary<Type, (PropertyInfo Property, SecretValuesAttribute Keys)[]> Columns = new();

    /// <exception cref="InvalidOperationException">One would be saved in clear.</exception>
    public static void Check(EntityEntry entry)
    {
        if (entry.State == EntityState.Deleted)
            return;
        foreach (var (property, keys) in Columns.GetOrAdd(entry.Metadata.ClrType, static type => [.. type.GetProperties().Where(p => p.IsDefined(typeof(SecretValuesAttribute), true)).Select(p => (p, p.GetCustomAttribute<SecretValuesAttribute>(true)!))]))
            if ((entry.State == EntityState.Added || entry.Property(property.Name).IsModified) && property.GetValue(entry.Entity) is IReadOnlyDictionary<string, string> values
                && values.FirstOrDefault(v => keys.IsSecret(v.Key) && !SecretBox.IsSealed(v.Value)).Key is { } key)
                throw new InvalidOperationException($"{property.Name} of {entry.Metadata.ClrType.Name} holds {key} in clear; it has to be sealed before it is saved.");
    }
}
