using System.Reflection;
using Microsoft.AspNetCore.Mvc;

namespace OCore.Platform.Http;

/// <summary>
/// Whoever asks what would be done must not find it done: <c>?dryRun=true</c> is refused by every endpoint that cannot answer that.
/// </summary>
internal static class DryRuns
{
    private const string Name = "dryRun";

    public static Task RefuseElsewhereAsync(HttpContext http, RequestDelegate next) =>
        http.Request.Query.TryGetValue(Name, out var given) && !given.All(v => "false".Equals(v, StringComparison.OrdinalIgnoreCase))
        && http.GetEndpoint() is { } endpoint && endpoint.Metadata.GetMetadata<AccessRule>() is not null && !Answers(endpoint)
            ? NotSupported.WriteAsync(http) : next(http);

    private static bool Answers(Endpoint endpoint) => endpoint.Metadata.GetMetadata<MethodInfo>() is { } handler
        && handler.GetParameters().Any(p => p.Name == Name && p.IsDefined(typeof(FromQueryAttribute)));

    private static readonly Problem NotSupported = Problem.Field(Name, "This call cannot say what it would do. Nothing was done.", "dry_run_not_supported") with
    {
        Hint = "Leave dryRun out to do it. Provisioning, restoring and copying a backup, the settings of an instance and branding take it; what a topology would become, POST /api/topologies/{id}/plan says.",
    };
}
