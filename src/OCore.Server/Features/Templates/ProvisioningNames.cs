using System.Net;
using Microsoft.EntityFrameworkCore;
using OCore.Features.Servers;
using OCore.Platform.Data;

namespace OCore.Features.Templates;

/// <summary>The names that an instance gets where a person chose none.</summary>
internal static class ProvisioningNames
{
    /// <summary>Where a server has no name of its own, sslip.io resolves the address that the name contains.</summary>
    internal static string BaseDomain(Server server) => server.BaseDomain
        ?? (server.IsLocal ? "localhost" : IPAddress.TryParse(server.Host, out var address) ? $"{address.ToString().Replace('.', '-').Replace(':', '-')}.sslip.io" : server.Host);

    /// <summary>With a number where it is in use, anywhere.</summary>
    public static async Task<string> FreeSlugAsync(OCoreDb db, string wish, CancellationToken stop)
    {
        var slug = wish;
        for (var n = 2; await db.Instances.AcrossTenants().AnyAsync(i => i.Slug == slug, stop); n++)
            slug = $"{(wish.Length > 36 ? wish[..36].TrimEnd('-') : wish)}-{n}";
        return slug;
    }

    public static string Slugify(string name)
    {
        var slug = System.Text.RegularExpressions.Regex.Replace(name.ToLowerInvariant(), "[^a-z0-9]+", "-").Trim('-');
        slug = slug.Length > 38 ? slug[..38].Trim('-') : slug;
        return slug.Length >= 2 && char.IsAsciiLetter(slug[0]) ? slug : "odoo-" + slug.TrimStart('-');
    }
}
