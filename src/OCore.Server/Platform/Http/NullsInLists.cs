using System.Collections;
using System.Text.Json.Serialization.Metadata;
using OCore.Client;

namespace OCore.Platform.Http;

/// <summary>
/// The serializer refuses null where a field cannot be null, and not among the items of a list or the values of a dictionary: there it
/// is refused here, so that no handler meets one.
/// </summary>
internal static class NullsInLists
{
    public static ValueTask<object?> RefuseAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        foreach (var argument in context.Arguments)
            if (argument is not null && Find(argument, WireJson.Default.GetTypeInfo(argument.GetType()), "") is { } field)
                return ValueTask.FromResult<object?>(Problem.Field(field, "It cannot be null."));
        return next(context);
    }

    private static string? Find(object value, JsonTypeInfo? type, string at) => type?.Kind switch
    {
        JsonTypeInfoKind.Object => type.Properties.Select(p => p.Get?.Invoke(value) is { } inner ? Find(inner, WireJson.Default.GetTypeInfo(p.PropertyType), at.Length == 0 ? p.Name : $"{at}.{p.Name}") : null).FirstOrDefault(f => f is not null),
        JsonTypeInfoKind.Enumerable when value is IEnumerable items && type.ElementType is { IsValueType: false } element =>
            items.Cast<object?>().Select((item, i) => item is null ? $"{at}[{i}]" : Find(item, WireJson.Default.GetTypeInfo(element), $"{at}[{i}]")).FirstOrDefault(f => f is not null),
        JsonTypeInfoKind.Dictionary when value is IDictionary entries && type.ElementType is { IsValueType: false } element =>
            entries.Keys.Cast<object>().Select(key => entries[key] is { } item ? Find(item, WireJson.Default.GetTypeInfo(element), $"{at}.{key}") : $"{at}.{key}").FirstOrDefault(f => f is not null),
        _ => null,
    };
}
