using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using OCore.Client;

namespace OCore.Platform.Http;

/// <summary>A refusal as a value: a stable code, a sentence, and what to do. RFC 9457 on the wire.</summary>
internal sealed record Problem(int Status, string Code, string Detail, string? Hint = null) : IResult, IEndpointMetadataProvider
{
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
    public IReadOnlyDictionary<string, object?>? More { get; init; }

    public static readonly Problem NotFound = new(404, "not_found", "There is no such object here.");

    /// <summary>One field of the request is wrong.</summary>
    public static Problem Field(string field, string message, string code = "validation_failed") =>
        new(400, code, $"{field}: {message}") { Errors = new Dictionary<string, string[]> { [field] = [message] } };

    public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext);

    public async Task WriteAsync(HttpContext http)
    {
        http.Response.StatusCode = Status;
        if (Status == 429 && More?.GetValueOrDefault("retryAfter") is int seconds)
            http.Response.Headers.RetryAfter = seconds.ToString();
        var body = new ProblemDetails { Status = Status, Title = Title(Status), Detail = Detail, Type = "about:blank" };
        body.Extensions["code"] = Code;
        if (Hint is not null)
            body.Extensions["hint"] = Hint;
        if (Errors is not null)
            body.Extensions["errors"] = Errors;
        foreach (var (key, value) in More ?? new Dictionary<string, object?>())
            body.Extensions[key] = value;
        body.Extensions["traceId"] = Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier;
        await http.Response.WriteAsJsonAsync(body, body.GetType(), options: null, contentType: "application/problem+json", http.RequestAborted);
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        foreach (var status in (int[])[404, 409])
            builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(ProblemBody), ["application/problem+json"]));
    }

    private static string Title(int status) => Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status);
}
