using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Features.Organizations;

/// <summary>
/// An organization's slug becomes the name of its portal's host, and may stand wherever an id may; so it is unique in the
/// installation, is none of the names that mail and browsers treat specially, and never looks like an id.
/// </summary>
internal static class Slugs
{
    internal static readonly IReadOnlySet<string> Reserved = new HashSet<string>(StringComparer.Ordinal)
    {
        "www", "api", "app", "apps", "admin", "administrator", "login", "logout", "auth", "account", "accounts", "user", "users", "new", "current", "all",
        "agency", "client", "clients", "portal", "portals", "docs", "help", "support", "status", "static", "assets", "cdn", "files",
        "mail", "smtp", "imap", "pop", "pop3", "mx", "ns", "ns1", "ns2", "dns", "ftp", "sftp", "ssh", "vpn", "webmail",
        "autodiscover", "autoconfig", "wpad", "isatap", "localhost", "local", "acme-challenge", "well-known", "dev", "test", "staging", "ocore",
        "security", "abuse", "postmaster", "hostmaster", "webmaster", "root", "system", "billing", "internal", "public", "private",
    };

    /// <summary>Why a new organization cannot have this slug; null where it can.</summary>
    public static async Task<Problem?> RefusalAsync(OCoreDb db, string slug, CancellationToken stop)
    {
        if (Reserved.Contains(slug))
            return Problem.Field("slug", "This name is reserved. Choose another.", "slug_reserved");
        if (Guid.TryParse(slug, out _))
            return Problem.Field("slug", "This looks like an id. Choose another.", "slug_reserved");
        return await db.Organizations.AcrossTenants().AnyAsync(o => o.Slug == slug, stop) ? OrganizationProblems.SlugTaken : null;
    }
}
