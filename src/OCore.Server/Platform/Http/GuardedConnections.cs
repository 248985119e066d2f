using System.Net;
using System.Net.Sockets;

namespace OCore.Platform.Http;

/// <summary>Which addresses a name has. A seam at the edge of the world: tests answer with names that change their mind.</summary>
internal delegate Task<IPAddress[]> HostLookup(string host, CancellationToken stop);

/// <summary>It was not asked; the message says why, and never what an inner address answered.</summary>
internal sealed class FetchRefusedException(string message, bool isAway = false) : Exception(message)
{
    /// <summary>Nothing is wrong with the address itself: nobody answers there now.</summary>
    public bool IsAway => isAway;
}

/// <summary>
/// Connections to what a user named by its address, without becoming their way into this network: http and https on their usual
/// ports, a name resolved once and every address of it judged, and the connection made to that very address.
/// </summary>
internal sealed class GuardedConnections(HostLookup lookup, Settings settings)
{
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    /// <summary>What can be said against an address before anybody is asked; null where nothing can.</summary>
    public string? Objection(Uri address) =>
        !address.IsAbsoluteUri || address.Scheme is not ("https" or "http") ? "It has to be an address beginning with https:// or http://."
        : address.UserInfo.Length > 0 ? "A user name in the address is not allowed."
        : !address.IsDefaultPort && !IsAllowed(address) ? "Only the usual ports, 443 and 80, are connected to."
        : null;

    /// <summary>For requests to this address alone; nothing is followed, kept or taken from the surroundings.</summary>
    public SocketsHttpHandler HandlerFor(Uri address, int connections = 1) => new()
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

    private bool IsAllowed(Uri address) => settings.FetchAllow.Contains(address.IdnHost.ToLowerInvariant()) || settings.FetchAllow.Contains($"{address.IdnHost.ToLowerInvariant()}:{address.Port}");

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
}
