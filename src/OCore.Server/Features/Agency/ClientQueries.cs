using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Agency;

internal static class ClientQueries
{
    public static IQueryable<Organization> ClientsOf(this OCoreDb db, Caller caller) => db.Organizations.Where(o => o.RootId == caller.OrgId && o.Kind == OrganizationKind.Client);

    public static IQueryable<Organization> Named(this IQueryable<Organization> organizations, string idOrSlug) =>
        Guid.TryParse(idOrSlug, out var id) ? organizations.Where(o => o.Id == id) : organizations.Where(o => o.Slug == idOrSlug);

    /// <summary>The client of the caller's agency with this id or slug.</summary>
    public static Task<Organization?> FindClientAsync(this OCoreDb db, Caller caller, string idOrSlug, CancellationToken stop) =>
        db.ClientsOf(caller).Named(idOrSlug).SingleOrDefaultAsync(stop);
}
