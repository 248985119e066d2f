using System.Net;
using System.Text.Json;
using OCore.Client;

namespace OCore.Tests;

/// <summary>What a test expects of an answer; a failure shows the body.</summary>
internal static class TestRefusals
{
    /// <summary>The call is refused with this status and code, and names the field where one is given.</summary>
    public static async Task<ProblemBody> IsRefusedAsync(this Task call, int status, string code, string? field = null)
    {
        try
        {
            await call;
        }
        catch (OCoreException refused)
        {
            Assert.True((int)refused.Status == status && refused.Problem.Code == code,
                $"Expected {status} {code}, got {(int)refused.Status} {refused.Problem.Code}: {refused.Problem.Detail}");
            if (field is not null)
                Assert.Contains(field, refused.Problem.Errors?.Keys ?? []);
            return refused.Problem;
        }
        Assert.Fail($"Expected {status} {code}, but the call succeeded.");
        throw new InvalidOperationException();
    }

    /// <summary>A problem document with this status (and code, and field).</summary>
    public static async Task<ProblemBody> IsProblemAsync(this HttpResponseMessage response, int status, string? code = null, string? field = null)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"Expected {status}, got {(int)response.StatusCode}: {body}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonSerializer.Deserialize(body, WireJson.Default.ProblemBody)!;
        Assert.Equal(status, problem.Status);
        Assert.False(string.IsNullOrEmpty(problem.Code), body);
        Assert.False(string.IsNullOrEmpty(problem.TraceId), body);
        if (code is not null)
            Assert.Equal(code, problem.Code);
        if (field is not null)
            Assert.Contains(field, problem.Errors?.Keys ?? []);
        return problem;
    }

    public static async Task<HttpResponseMessage> IsAsync(this Task<HttpResponseMessage> call, HttpStatusCode status)
    {
        var response = await call;
        Assert.True(response.StatusCode == status, $"Expected {(int)status}, got {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        return response;
    }
}
