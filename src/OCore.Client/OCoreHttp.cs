using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OCore.Client;

/// <summary>The API over HTTP: paths under <c>/api</c>, records of this assembly, refusals as <see cref="OCoreException"/>.</summary>
public sealed partial class OCoreHttp(HttpClient http) : IDisposable
{
    public HttpClient Http => http;

    /// <summary>A client for one installation.</summary>
    /// <param name="url">The public address, for example <c>https://ocore.example.com</c>.</param>
    /// <param name="token">An access token or an API key.</param>
    /// <param name="organization">The slug of the organization to act in; the caller's home where null.</param>
    public static OCoreHttp Connect(Uri url, string? token = null, string? organization = null)
    {
        var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(100) };
        if (token is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (organization is not null)
            http.DefaultRequestHeaders.Add("X-Org-Slug", organization);
        return new OCoreHttp(http);
    }

    public Task<TOut> Get<TOut>(string path, CancellationToken stop = default) => Send<TOut>(HttpMethod.Get, path, null, stop);

    public Task<TOut> Post<TIn, TOut>(string path, TIn body, CancellationToken stop = default) =>
        Send<TOut>(HttpMethod.Post, path, Content(body), stop);

    public Task<TOut> Post<TOut>(string path, CancellationToken stop = default) => Send<TOut>(HttpMethod.Post, path, null, stop);

    public Task<TOut> Put<TIn, TOut>(string path, TIn body, CancellationToken stop = default) =>
        Send<TOut>(HttpMethod.Put, path, Content(body), stop);

    public Task<TOut> Delete<TOut>(string path, CancellationToken stop = default) => Send<TOut>(HttpMethod.Delete, path, null, stop);

    /// <summary>Send and expect no body, as after a delete.</summary>
    public async Task Send(HttpMethod method, string path, HttpContent? content = null, CancellationToken stop = default)
    {
        using var response = await SendRaw(method, path, content, stop).ConfigureAwait(false);
    }

    public async Task<TOut> Send<TOut>(HttpMethod method, string path, HttpContent? content, CancellationToken stop)
    {
        using var response = await SendRaw(method, path, content, stop).ConfigureAwait(false);
        return await response.Content.ReadFromJsonAsync(Info<TOut>(), stop).ConfigureAwait(false)
            ?? throw new OCoreException(response.StatusCode, new ProblemBody { Code = "empty_answer", Detail = "The server answered without a body." });
    }

    /// <summary>The pages of a list, one item after another.</summary>
    public async IAsyncEnumerable<T> All<T>(string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop = default)
    {
        string? cursor = null;
        do
        {
            var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
            var page = await Get<Page<T>>(cursor is null ? path : $"{path}{separator}cursor={Uri.EscapeDataString(cursor)}", stop).ConfigureAwait(false);
            foreach (var item in page.Data)
                yield return item;
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    private async Task<HttpResponseMessage> SendRaw(HttpMethod method, string path, HttpContent? content, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw new OCoreException(response.StatusCode, await ReadProblem(response, stop).ConfigureAwait(false));
    }

    private static async Task<ProblemBody> ReadProblem(HttpResponseMessage response, CancellationToken stop)
    {
        try
        {
            var problem = await response.Content.ReadFromJsonAsync(WireJson.Default.ProblemBody, stop).ConfigureAwait(false);
            if (problem is not null)
                return problem;
        }
        catch (JsonException)
        {
            // A proxy in between may answer with a page of its own.
        }
        return new ProblemBody { Status = (int)response.StatusCode, Title = response.ReasonPhrase };
    }

    private static JsonContent Content<T>(T body)
    {
        if (body is not Partial { Clearing.Count: > 0 } change)
            return JsonContent.Create(body, Info<T>());
        var json = JsonSerializer.SerializeToNode(body, Info<T>())!.AsObject();
        foreach (var field in change.Clearing)
            json[field] = null;
        return JsonContent.Create(json, WireJson.Default.JsonObject);
    }

    private static JsonTypeInfo<T> Info<T>() =>
        (JsonTypeInfo<T>?)WireJson.Default.GetTypeInfo(typeof(T)) ?? throw new InvalidOperationException($"{typeof(T)} is not a wire record.");

    public void Dispose() => http.Dispose();
}

/// <summary>The server refused.</summary>
public sealed class OCoreException(HttpStatusCode status, ProblemBody problem)
    : Exception(problem.Detail ?? problem.Title ?? $"The server answered {(int)status}.")
{
    public HttpStatusCode Status => status;
    public ProblemBody Problem => problem;
}
