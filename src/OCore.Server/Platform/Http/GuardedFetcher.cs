using System.Net.Sockets;

namespace OCore.Platform.Http;

internal sealed record Fetched(byte[] Content, string? MediaType, Uri Address);

/// <summary>
/// Fetches what a user named by its address, over guarded connections: redirects are judged again, and there are bounds on time and
/// size.
/// </summary>
internal sealed class GuardedFetcher(GuardedConnections connections)
{
    private const int MaxRedirects = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <exception cref="FetchRefusedException">It was not fetched.</exception>
    public async Task<Fetched> GetAsync(Uri address, int maxBytes, string accept, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        try
        {
            for (var hop = 0; hop <= MaxRedirects; hop++)
            {
                if (connections.Objection(address) is { } objection)
                    throw new FetchRefusedException(objection);
                using var http = new HttpClient(connections.HandlerFor(address));
                http.DefaultRequestHeaders.UserAgent.ParseAdd("oCore");
                http.DefaultRequestHeaders.Accept.ParseAdd(accept);
                using var response = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, limit.Token);
                if ((int)response.StatusCode is 301 or 302 or 303 or 307 or 308)
                {
                    if (response.Headers.Location is not { } location)
                        throw new FetchRefusedException($"{address.Host} redirects to nowhere.");
                    address = new Uri(address, location);
                    continue;
                }
                if (!response.IsSuccessStatusCode)
                    throw new FetchRefusedException($"{address.Host} answered {(int)response.StatusCode}.", isAway: true);
                if (response.Content.Headers.ContentLength > maxBytes)
                    throw new FetchRefusedException($"It is larger than {Sizes.Of(maxBytes)}.");
                return new Fetched(await ReadAsync(response, maxBytes, limit.Token), response.Content.Headers.ContentType?.MediaType, address);
            }
            throw new FetchRefusedException($"There are more than {MaxRedirects} redirects.");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new FetchRefusedException($"{address.Host} did not answer within {Patience.TotalSeconds:0} seconds.", isAway: true);
        }
        catch (HttpRequestException e)
        {
            throw e.InnerException as FetchRefusedException ?? new FetchRefusedException($"{address.Host} could not be reached over {address.Scheme}.", isAway: true);
        }
        catch (Exception e) when (e is IOException or UriFormatException or SocketException)
        {
            throw new FetchRefusedException($"{address.Host} could not be read.", isAway: true);
        }
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, int maxBytes, CancellationToken stop)
    {
        await using var body = await response.Content.ReadAsStreamAsync(stop);
        using var content = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, stop)) > 0)
        {
            if (content.Length + read > maxBytes)
                throw new FetchRefusedException($"It is larger than {Sizes.Of(maxBytes)}.");
            content.Write(buffer, 0, read);
        }
        return content.ToArray();
    }
}
