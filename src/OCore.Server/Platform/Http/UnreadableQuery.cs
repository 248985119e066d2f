using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Mvc;

namespace OCore.Platform.Http;

/// <summary>
/// Handlers that are bound at build time answer an optional query value they cannot read with 400 and nothing else (required ones throw).
/// Whoever sent it wants to know which one: it is looked for when it has happened.
/// </summary>
internal static class UnreadableQuery
{
    public static async Task NameItAsync(HttpContext http, RequestDelegate next)
    {
        await next(http);
        if (http.Response is { StatusCode: 400, HasStarted: false, ContentType: null } && http.GetEndpoint()?.Metadata.GetMetadata<MethodInfo>() is { } handler)
            await Problem.Field(Values(handler).FirstOrDefault(v => http.Request.Query[v.Name] is { Count: > 0 } given && given.Any(text => !CanBeRead(v.Type, text))).Name ?? "query",
                "This value cannot be read.").WriteAsync(http);
    }

    private static IEnumerable<(string Name, Type Type)> Values(MethodInfo handler) => handler.GetParameters().SelectMany(p => p.GetCustomAttribute<AsParametersAttribute>() is null
        ? [(p.GetCustomAttribute<FromQueryAttribute>()?.Name ?? p.Name!, p.ParameterType)]
        : p.ParameterType.GetProperties().Select(m => (m.GetCustomAttribute<FromQueryAttribute>()?.Name ?? m.Name, m.PropertyType)));

    private static bool CanBeRead(Type type, string? text)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return string.IsNullOrEmpty(text) || (type.IsEnum ? Enum.TryParse(type, text, ignoreCase: true, out _)
            : type == typeof(int) ? int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _)
            : type == typeof(long) ? long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _)
            : type == typeof(double) ? double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            : type == typeof(bool) ? bool.TryParse(text, out _)
            : type == typeof(Guid) ? Guid.TryParse(text, CultureInfo.InvariantCulture, out _)
            : type != typeof(DateTimeOffset) || DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out _));
    }
}
