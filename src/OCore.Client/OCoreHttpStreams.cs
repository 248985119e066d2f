using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OCore.Client;

/// <summary>Bodies as they were sent, and streams of events.</summary>
public sealed partial class OCoreHttp
{
    /// <summary>Send, and keep the body as the server wrote it. An empty body gives null.</summary>
    public async Task<JsonElement?> SendForJson(HttpMethod method, string path, HttpContent? content, CancellationToken stop)
    {
        using var response = await SendRaw(method, path, content, stop).ConfigureAwait(false);
        var body = await response.Content.ReadAsByteArrayAsync(stop).ConfigureAwait(false);
        if (body.Length == 0)
            return null;
        using var document = JsonDocument.Parse(body);
        return document.RootElement.Clone();
    }

    /// <summary>Copy a body that may be long to where it belongs, as it comes.</summary>
    public async Task Download(string path, TextWriter to, CancellationToken stop)
    {
        using var response = await SendRaw(HttpMethod.Get, path, null, stop).ConfigureAwait(false);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false));
        var buffer = new char[16 * 1024];
        for (int read; (read = await reader.ReadAsync(buffer, stop).ConfigureAwait(false)) > 0;)
            await to.WriteAsync(buffer.AsMemory(0, read), stop).ConfigureAwait(false);
    }

    /// <summary>The same for what is not text.</summary>
    public async Task Download(string path, Stream to, CancellationToken stop)
    {
        using var response = await SendRaw(HttpMethod.Get, path, null, stop).ConfigureAwait(false);
        await response.Content.CopyToAsync(to, stop).ConfigureAwait(false);
    }

    /// <summary>A wire record as the body of a request.</summary>
    public static HttpContent Body<T>(T body) => Content(body);

    /// <summary>Read a wire record out of a body.</summary>
    public static T Read<T>(JsonElement json) =>
        json.Deserialize(Info<T>()) ?? throw new JsonException($"The answer holds no {typeof(T).Name}.");

    /// <summary>The events of a stream, until the server ends it. Give the id of the last event seen to go on after it.</summary>
    public async IAsyncEnumerable<SseItem<string>> Events(
        string path, string? lastEventId = null, [EnumeratorCancellation] CancellationToken stop = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (lastEventId is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw new OCoreException(response.StatusCode, await ReadProblem(response, stop).ConfigureAwait(false));
        using var stream = await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(stop).ConfigureAwait(false))
            yield return item;
    }
}
