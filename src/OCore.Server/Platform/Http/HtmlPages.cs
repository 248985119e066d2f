namespace OCore.Platform.Http;

/// <summary>The pages for people, which a feature dresses for the host they are asked of.</summary>
internal abstract class HtmlPages
{
    /// <summary>The dashboard's page, for every address that is none of the API's.</summary>
    public abstract Task ServeAsync(HttpContext http);

    /// <summary>A page that says what is wrong, in place of a problem document.</summary>
    public abstract Task WriteErrorAsync(HttpContext http, int status, string detail, string? traceId);

    /// <summary>Somebody opens an address in a browser.</summary>
    public static bool IsWanted(HttpRequest request) => HttpMethods.IsGet(request.Method) && !request.Path.StartsWithSegments("/api")
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
