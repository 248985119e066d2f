using System.Reflection;

namespace OCore.Tests.Rules;

/// <summary>The handlers of the server, found by the rule that each is a method of a type whose name ends with Endpoints.</summary>
internal static class Endpoints
{
    public static IEnumerable<MethodInfo> Handlers() => typeof(OCoreApp).Assembly.GetTypes()
        .Where(t => t.Namespace?.StartsWith("OCore.Features", StringComparison.Ordinal) == true && t.IsAbstract && t.IsSealed)
        .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly));
}
