using OCore.Platform.Mail;

namespace OCore.Platform.Http;

/// <summary>The languages that a browser says its person reads.</summary>
internal static class HttpLanguages
{
    /// <summary>The first of them that there is; null where there is none of them, or nothing is said.</summary>
    public static string? Of(HttpContext http) => http.Request.GetTypedHeaders().AcceptLanguage.OrderByDescending(l => l.Quality ?? 1)
        .Select(l => l.Value.ToString().Split('-')[0].ToLowerInvariant()).FirstOrDefault(l => MailTexts.All.Any(t => t.Code == l));
}
