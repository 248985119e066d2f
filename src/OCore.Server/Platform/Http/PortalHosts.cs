namespace OCore.Platform.Http;

internal enum PortalState
{
    Active,
    /// <summary>Known, but not to be served: its proof lapsed, or somebody switched it off.</summary>
    Inactive,
}

/// <summary>What a host name is the portal of.</summary>
/// <param name="Host">Lower case, punycode, without port.</param>
/// <param name="ClientId">Null on a portal of all clients of the agency.</param>
internal sealed record PortalPlace(string Host, Guid AgencyId, Guid? ClientId, PortalState State = PortalState.Active)
{
    /// <summary>Whose branding it shows.</summary>
    public Guid OrgId => ClientId ?? AgencyId;
}

/// <summary>Where portals come from: a feature registers one as a singleton. The first that knows a host wins.</summary>
internal abstract class PortalSource
{
    /// <summary>Asked for every request: answer from memory.</summary>
    public virtual ValueTask<PortalPlace?> FindAsync(string host, CancellationToken stop) => default;

    /// <summary>Where the people of a client (of the agency's clients, where null) sign in; for links in mails.</summary>
    public virtual ValueTask<Uri?> AddressOfAsync(Guid agencyId, Guid? clientId, CancellationToken stop) => default;
}

/// <summary>Which portal a request is for, by nothing but its host.</summary>
internal sealed class PortalHosts(IEnumerable<PortalSource> sources, Settings settings)
{
    private readonly PortalSource[] _sources = [.. sources];

    public async ValueTask<PortalPlace?> FindAsync(string host, CancellationToken stop)
    {
        if (IsPlatform(host))
            return null;
        foreach (var source in _sources)
            if (await source.FindAsync(host, stop) is { } place)
                return place;
        return null;
    }

    /// <summary>Never from a request's Host header: from what the organization has proven, or the configured address.</summary>
    public async ValueTask<Uri> AddressOfAsync(Guid agencyId, Guid? clientId, CancellationToken stop)
    {
        foreach (var source in _sources)
            if (await source.AddressOfAsync(agencyId, clientId, stop) is { } address)
                return address;
        return settings.PublicUrl;
    }

    private bool IsPlatform(string host) => host.Length == 0 || host == "localhost" || host.Equals(settings.PublicUrl.IdnHost, StringComparison.OrdinalIgnoreCase) || System.Net.IPAddress.TryParse(host.Trim('[', ']'), out _);

    /// <summary>Before the gate: every later part asks <see cref="PortalRequests.Portal"/>.</summary>
    public static async Task ChooseAsync(HttpContext http, RequestDelegate next)
    {
        var host = http.Request.Host.Host.ToLowerInvariant();
        if (await http.RequestServices.GetRequiredService<PortalHosts>().FindAsync(host, http.RequestAborted) is { } place)
        {
            http.Features.Set(place);
            if (place.State == PortalState.Inactive && http.Request.Path.StartsWithSegments("/api") && !http.Request.Path.Equals("/api/portal"))
            {
                await Unavailable.WriteAsync(http);
                return;
            }
        }
        await next(http);
    }

    private static readonly Problem Unavailable = new(404, "portal_unavailable", "There is no portal at this address.", "Ask whoever gave you the address.");
}

internal static class PortalRequests
{
    /// <summary>The portal that the request's host is; null at the platform's own address.</summary>
    public static PortalPlace? Portal(this HttpContext http) => http.Features.Get<PortalPlace>();
}
