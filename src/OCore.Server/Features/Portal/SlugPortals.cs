using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Portal;

/// <summary>
/// <c>{slug}.localhost</c> is the portal of the client or the agency of that slug: to look at on the machine oCore runs on, before
/// there is any domain. No browser asks another machine for such a name.
/// </summary>
internal sealed class SlugPortals(OCoreDbFactory databases, Settings settings, TimeProvider time) : PortalSource
{
    private const string Suffix = ".localhost";
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<string, (PortalPlace? Place, long Generation, long At)> _known = new();

    public override async ValueTask<PortalPlace?> FindAsync(string host, CancellationToken stop)
    {
        if (!host.EndsWith(Suffix, StringComparison.Ordinal) || host[..^Suffix.Length] is not { Length: >= 2 and <= 40 } slug || !SlugPattern.Fits(slug))
            return null;
        var generation = CallerCache.Generation;
        if (_known.TryGetValue(slug, out var entry) && entry.Generation == generation && time.GetElapsedTime(entry.At) < Lifetime)
            return entry.Place;
        await using var db = databases.System();
        var found = await db.Organizations.AcrossTenants().AsNoTracking().Where(o => o.Slug == slug)
            .Where(o => o.Kind == OrganizationKind.Client || o.AgencyEnabledAt != null).Select(o => new { o.Id, o.RootId, o.DeletingAt }).SingleOrDefaultAsync(stop);
        var place = found is null ? null : new PortalPlace(host, found.RootId, found.Id == found.RootId ? null : found.Id, found.DeletingAt is null ? PortalState.Active : PortalState.Inactive);
        if (_known.Count >= 1000)
            _known.Clear();
        _known[slug] = (place, generation, time.GetTimestamp());
        return place;
    }

    /// <summary>Only where the installation itself is at localhost, as for a demonstration.</summary>
    public override async ValueTask<Uri?> AddressOfAsync(Guid agencyId, Guid? clientId, CancellationToken stop)
    {
        if (settings.PublicUrl.Host != "localhost")
            return null;
        await using var db = databases.System();
        var id = clientId ?? agencyId;
        return await db.Organizations.AcrossTenants().Where(o => o.Id == id).Select(o => o.Slug).SingleOrDefaultAsync(stop) is { } slug
            ? new UriBuilder(settings.PublicUrl) { Host = slug + Suffix }.Uri : null;
    }
}
