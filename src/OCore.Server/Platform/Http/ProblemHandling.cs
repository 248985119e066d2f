using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;

namespace OCore.Platform.Http;

/// <summary>
/// The boundary: what a client did wrong becomes a problem that names the field; anything else a 500 with a trace id and no more.
/// </summary>
internal sealed partial class ProblemHandling(ILogger<ProblemHandling> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested)
            return true;
        var problem = exception switch
        {
            BadHttpRequestException { StatusCode: 413 } => TooLarge(httpContext),
            BadHttpRequestException bad => FromBadRequest(bad),
            ProblemException refused => refused.Problem,
            DbUpdateConcurrencyException => new Problem(409, "changed_meanwhile", "Somebody changed or deleted this object in the meantime.", "Load it again and repeat the change."),
            DbUpdateException update when UniqueViolation.Of(update) is { } table => UniqueViolation.ToProblem(table),
            TenantViolationException => Problem.NotFound,
            _ => null,
        };
        if (problem is null || exception is TenantViolationException)
            log.LogError(exception, "Request {Method} {Path} failed", httpContext.Request.Method, httpContext.Request.Path);
        if (HtmlPages.IsWanted(httpContext.Request) && !httpContext.Response.HasStarted)
        {
            await httpContext.RequestServices.GetRequiredService<HtmlPages>().WriteErrorAsync(httpContext, problem?.Status ?? 500, problem?.Detail ?? "", System.Diagnostics.Activity.Current?.TraceId.ToString() ?? httpContext.TraceIdentifier);
            return true;
        }
        await (problem ?? new Problem(500, "internal_error", "Something went wrong on the server.", "Repeat the request; if it fails again, give the trace id to the operator.")).WriteAsync(httpContext);
        return true;
    }

    internal static Problem TooLarge(HttpContext http) => new(413, "too_large", "The request body is larger than allowed.",
        http.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize is { } most ? $"Bodies may have up to {Sizes.Of(most)} here." : null);

    private static Problem FromBadRequest(BadHttpRequestException bad)
    {
        if (bad.InnerException is JsonException json)
        {
            var field = FieldOf(json.Path);
            return Missing(json, field) ?? Problem.Field(field, JsonMessage(json), "invalid_json");
        }
        if (bad.StatusCode == 415)
            return new Problem(415, "unsupported_media_type", "The request body has to be JSON.", "Send it with Content-Type: application/json.");
        if (bad.StatusCode == 400 && Parameter().Match(bad.Message) is { Success: true } parameter)
            return Problem.Field(JsonNamingPolicy.CamelCase.ConvertName(parameter.Groups["name"].Value is "request" ? "body" : parameter.Groups["name"].Value),
                bad.Message.Contains("was not provided", StringComparison.Ordinal) ? "A value is required." : "This value cannot be read.");
        return new Problem(bad.StatusCode, "bad_request", bad.Message);
    }

    // $.envVars['A=B'] is envVars.A=B, as the rules of the fields name it.
    private static string FieldOf(string? path) => path is { Length: > 1 } ? QuotedPart().Replace(path[1..], part => "." + part.Groups[1].Value.Replace("\\'", "'", StringComparison.Ordinal)).TrimStart('.') : "body";

    [System.Text.RegularExpressions.GeneratedRegex(@"\['(.*?)'\](?=[.\[]|$)", System.Text.RegularExpressions.RegexOptions.Singleline)]
    private static partial System.Text.RegularExpressions.Regex QuotedPart();

    // Each missing field is named by itself, as a form wants to show it.
    private static Problem? Missing(JsonException json, string parent)
    {
        if (!json.Message.Contains("missing required properties", StringComparison.Ordinal))
            return null;
        var names = Quoted().Matches(json.Message[json.Message.IndexOf("including", StringComparison.Ordinal)..]).Select(m => parent == "body" ? m.Groups[1].Value : $"{parent}.{m.Groups[1].Value}").ToList();
        return new Problem(400, "validation_failed", "Required fields are missing: " + string.Join(", ", names) + ".") { Errors = names.ToDictionary(n => n, _ => (string[])["This field is required."]) };
    }

    // Failed to bind parameter "Nullable<int> Limit" from "x".  Required parameter "string q" was not provided from query string.
    [System.Text.RegularExpressions.GeneratedRegex("parameter \"[^\"]*?(?<name>\\w+)\"")]
    private static partial System.Text.RegularExpressions.Regex Parameter();

    [System.Text.RegularExpressions.GeneratedRegex("'([^']+)'")]
    private static partial System.Text.RegularExpressions.Regex Quoted();

    // The serializer's own words name .NET types, which say nothing to a caller.
    private static string JsonMessage(JsonException json) => json.Message switch
    {
        var m when m.Contains("could not be mapped to any .NET member", StringComparison.Ordinal) => "This field is not known.",
        var m when m.Contains("could not be converted", StringComparison.Ordinal) => "The value has the wrong type.",
        _ => "This is not valid JSON.",
    };
}

/// <summary>A refusal found where no result can be returned: in an interceptor or deep in a helper.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem => problem;
}

internal static class UniqueViolation
{
    /// <summary>The table (and columns or constraint) that already had such a row; null for any other failure.</summary>
    public static string? Of(DbUpdateException exception) => exception.InnerException switch
    {
        Npgsql.PostgresException { SqlState: "23505" } pg => $"{pg.TableName}.{pg.ConstraintName}",
        Microsoft.Data.Sqlite.SqliteException { SqliteExtendedErrorCode: 2067 or 1555 } lite => lite.Message[(lite.Message.IndexOf("failed:", StringComparison.Ordinal) + 7)..].Trim(' ', '\'', '.'),
        _ => null,
    };

    public static Problem ToProblem(string where)
    {
        if (where.Contains("ResourceLocks", StringComparison.Ordinal))
            return new Problem(409, "operation_in_progress", "Another operation is working on this object.", "Wait until it has ended, or cancel it.");
        foreach (var (column, field) in (ReadOnlySpan<(string, string)>)[("Slug", "slug"), ("Name", "name"), ("Domain", "domain"), ("Database", "database"), ("Email", "email"), ("UserId", "user")])
            if (where.Contains(column, StringComparison.Ordinal))
                return new Problem(409, $"{field}_taken", $"This {field} is in use already.", $"Choose another {field}.") { Errors = new Dictionary<string, string[]> { [field] = ["It is in use already."] } };
        return new Problem(409, "already_exists", "There is such an object already.");
    }
}

internal static class ValidationProblems
{
    /// <summary>Gives the framework's own validation failures our code and the fields' JSON names.</summary>
    public static void Customize(ProblemDetailsContext context)
    {
        context.ProblemDetails.Extensions["traceId"] = System.Diagnostics.Activity.Current?.TraceId.ToString() ?? context.HttpContext.TraceIdentifier;
        context.ProblemDetails.Type = "about:blank";
        if (context.ProblemDetails is HttpValidationProblemDetails validation)
        {
            validation.Errors = validation.Errors.ToDictionary(e => string.Join('.', e.Key.Split('.').Select(JsonNamingPolicy.CamelCase.ConvertName)), e => e.Value);
            validation.Extensions["code"] = "validation_failed";
            validation.Detail = string.Join(" ", validation.Errors.Select(e => $"{e.Key}: {string.Join(" ", e.Value)}"));
        }
        else if (context.ProblemDetails.Status == 413)
        {
            var large = ProblemHandling.TooLarge(context.HttpContext);
            context.ProblemDetails.Detail = large.Detail;
            context.ProblemDetails.Extensions["code"] = large.Code;
            context.ProblemDetails.Extensions["hint"] = large.Hint;
        }
        else
            context.ProblemDetails.Extensions.TryAdd("code", context.ProblemDetails.Status switch
            {
                404 => "not_found", 405 => "method_not_allowed", 415 => "unsupported_media_type", _ => "error",
            });
    }
}
