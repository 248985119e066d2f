using System.Net;
using OCore.Platform.Tls;

namespace OCore.Platform.Http;

/// <summary>
/// Lets in who names a host that is ours: the platform's or a portal's. Anybody else gets a page that says nothing, before a cookie
/// is read or an organization chosen. Where the program ends TLS itself, portals are sent to HTTPS.
/// </summary>
internal sealed class HostDoor(Settings settings, PortalHosts portals, CertificateStore certificates)
{
    private readonly HashSet<string> _own = new([settings.PublicUrl.IdnHost, "localhost", .. settings.AllowedHosts], StringComparer.OrdinalIgnoreCase);

    public static Task PassAsync(HttpContext http, RequestDelegate next) => http.RequestServices.GetRequiredService<HostDoor>().OpenAsync(http, next);

    private async Task OpenAsync(HttpContext http, RequestDelegate next)
    {
        var host = http.Request.Host.Host.ToLowerInvariant();
        if (IsProbe(http.Request.Path) || IPAddress.TryParse(host.Trim('[', ']'), out _) || _own.Contains(host) && !MustBeSecured(http, host))
        {
            await next(http);
            return;
        }
        if (_own.Contains(host))
        {
            Redirect(http, host);
            return;
        }
        if (await portals.FindAsync(host, http.RequestAborted) is not { } place)
        {
            await SayAsync(http, 421, Misdirected);
            return;
        }
        if (!settings.ListensHttps || http.Request.IsHttps || host.EndsWith(".localhost", StringComparison.Ordinal))
            await next(http);
        else if (certificates.Has(host))
            Redirect(http, host);
        else if (place.State == PortalState.Active)
        {
            http.Response.Headers.RetryAfter = "30";
            await SayAsync(http, 503, Preparing);
        }
        else
            await next(http);
    }

    // The platform's own host too, once it can be reached that way.
    private bool MustBeSecured(HttpContext http, string host) =>
        settings.ListensHttps && !http.Request.IsHttps && settings.PublicUrl.Scheme == "https" && host == settings.PublicUrl.IdnHost && certificates.Has(host);

    private void Redirect(HttpContext http, string host)
    {
        var port = settings.PublicUrl is { Scheme: "https", IsDefaultPort: false } url ? $":{url.Port}" : "";
        http.Response.StatusCode = StatusCodes.Status308PermanentRedirect;
        http.Response.Headers.Location = $"https://{host}{port}{http.Request.Path.ToUriComponent()}{http.Request.QueryString.ToUriComponent()}";
    }

    // Load balancers ask for these by whatever name they have.
    private static bool IsProbe(PathString path) => path.Equals("/healthz") || path.Equals("/readyz") || path.Equals("/metrics");

    private static readonly Problem Misdirected = new(421, "unknown_host", "There is nothing at this address.", "Check the address. If this is your installation, name the host in OCORE_PUBLIC_URL or OCORE_ALLOWED_HOSTS.");
    private static readonly Problem Preparing = new(503, "portal_preparing", "This address is being prepared.", "Try again in a minute.");

    private static Task SayAsync(HttpContext http, int status, Problem problem)
    {
        if (http.Request.Path.StartsWithSegments("/api"))
            return problem.WriteAsync(http);
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.WriteAsync(problem.Detail + "\n", http.RequestAborted);
    }
}
