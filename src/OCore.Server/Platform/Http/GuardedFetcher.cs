using System.Net;
using System.Net.Sockets;

namespace OCore.Platform.Http;

/// <summary>Which addresses a name has. A seam at the edge of the world: tests answer with names that change their mind.</summary>
internal delegate Task<IPAddress[]> HostLookup(string host, CancellationToken stop);

/// <summary>It was not fetched; the message says why, and never what an inner address answered.</summary>
internal sealed class FetchRefusedException(string message, bool isAway = false) : Exception(message)
{
    /// <summary>Nothing is wrong with the address itself: nobody answers there now.</summary>
    public bool IsAway => isAway;
}

internal sealed record Fetched(byte[] Content, string? MediaType, Uri Address);

/// <summary>
/// Fetches what a user named by its address, without becoming their way into this network: http and https on their usual ports,
/// a name resolved once and every address of it judged, the connection made to that very address, redirects judged again, and
/// bounds on time and size.
/// </summary>
internal sealed class GuardedFetcher(HostLookup lookup, Settings settings)
{
    private const int MaxRedirects = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10), ConnectPatience = TimeSpan.FromSeconds(5);

    /// <exception cref="FetchRefusedException">It was not fetched.</exception>
    public async Task<Fetched> GetAsync(Uri address, int maxBytes, string accept, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        try
        {
            for (var hop = 0; hop <= MaxRedirects; hop++)
            {
                Check(address);
                using var http = new HttpClient(Handler(address));
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
                    throw new FetchRefusedException($"It is larger than {maxBytes >> 20} MB.");
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

    /// <summary>What can be said of an address before anybody is asked.</summary>
    private void Check(Uri address)
    {
        if (!address.IsAbsoluteUri || address.Scheme is not ("https" or "http"))
            throw new FetchRefusedException("Only https:// and http:// are fetched.");
        if (address.UserInfo.Length > 0)
            throw new FetchRefusedException("A user name in the address is not allowed.");
        if (!address.IsDefaultPort && !IsAllowed(address))
            throw new FetchRefusedException("Only the usual ports, 443 and 80, are fetched from.");
    }

    private bool IsAllowed(Uri address) => settings.FetchAllow.Contains(address.IdnHost.ToLowerInvariant()) || settings.FetchAllow.Contains($"{address.IdnHost.ToLowerInvariant()}:{address.Port}");

    /// <summary>For a client of its own that goes to this address and nowhere else; connections are judged as for what is fetched.</summary>
    public SocketsHttpHandler Handler(Uri address, int connections = 1) => new()
    {
        AllowAutoRedirect = false, UseCookies = false, UseProxy = false, AutomaticDecompression = DecompressionMethods.None, MaxConnectionsPerServer = connections,
        MaxResponseHeadersLength = 32, ConnectTimeout = ConnectPatience,
        // Resolved here, once, and connected to what was judged: a second answer of the name is never asked for.
        ConnectCallback = async (context, stop) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(await JudgedAsync(address, context.DnsEndPoint.Host, stop), context.DnsEndPoint.Port), stop);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    private async Task<IPAddress> JudgedAsync(Uri address, string host, CancellationToken stop)
    {
        IPAddress[] found;
        try
        {
            found = IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal] : await lookup(host, stop);
        }
        catch (SocketException)
        {
            found = [];
        }
        if (found.Length == 0)
            throw new FetchRefusedException($"The name {host} has no address.", isAway: true);
        // One closed address among open ones is how such a name begins.
        if (!IsAllowed(address) && !found.All(PublicAddresses.IsPublic))
            throw new FetchRefusedException($"{host} is not on the public internet.");
        return found[0];
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
                throw new FetchRefusedException($"It is larger than {maxBytes >> 20} MB.");
            content.Write(buffer, 0, read);
        }
        return content.ToArray();
    }
}
