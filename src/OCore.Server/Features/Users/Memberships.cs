using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Users;

internal static class Memberships
{
    private static readonly PermissionSet ViewAgency = Permissions.Of(["view:agency"]);

    /// <summary>Where an account may act: its own organizations, then the clients of its agencies, each by name.</summary>
    public static async Task<IReadOnlyList<MembershipView>> OfAsync(OCoreDb db, Guid userId, CancellationToken stop)
    {
        var own = await db.Members.AcrossTenants().Where(m => m.UserId == userId)
            .Join(db.OrgRoles.AcrossTenants(), m => m.RoleId, r => r.Id, (m, r) => new { m.OrgId, Role = r.Name, r.Permissions })
            .Join(db.Organizations.AcrossTenants().Where(o => o.DeletingAt == null), m => m.OrgId, o => o.Id, (m, o) => new { Organization = o, m.Role, m.Permissions })
            .AsNoTracking().ToListAsync(stop);
        var agencies = own.Where(m => m.Organization.AgencyEnabled && Permissions.Of(m.Permissions).Has(ViewAgency)).Select(m => m.Organization.Id).ToList();
        var members = own.Select(m => m.Organization.Id).ToHashSet();
        var clients = agencies.Count == 0 ? [] : await db.Organizations.AcrossTenants().AsNoTracking()
            .Where(o => agencies.Contains(o.RootId) && o.Kind == OrganizationKind.Client && o.DeletingAt == null).ToListAsync(stop);
        return
        [
            .. own.OrderBy(m => m.Organization.Kind).ThenBy(m => m.Organization.Name, StringComparer.OrdinalIgnoreCase).Select(m => View(m.Organization, m.Role, delegated: false)),
            .. clients.Where(c => !members.Contains(c.Id)).OrderBy(c => c.Name, StringComparer.OrdinalIgnoreCase).Select(c => View(c, null, delegated: true)),
        ];
    }

    /// <summary>The organizations that these accounts are members of.</summary>
    public static async Task<ILookup<Guid, Organizations.Organization>> OfAllAsync(OCoreDb db, IReadOnlyCollection<Guid> users, CancellationToken stop) =>
        (await db.Members.AcrossTenants().Where(m => users.Contains(m.UserId)).Join(db.Organizations.AcrossTenants(), m => m.OrgId, o => o.Id, (m, o) => new { m.UserId, Organization = o })
            .AsNoTracking().ToListAsync(stop)).ToLookup(m => m.UserId, m => m.Organization);

    /// <summary>Removes those of these accounts that belong to no organization any more: nobody could use them, and they are personal data.</summary>
    public static async Task<int> RemoveHomelessAsync(OCoreDb db, IReadOnlyCollection<Guid> users, CancellationToken stop)
    {
        var members = db.Members.AcrossTenants();
        db.RemoveRange(await db.Users.Where(u => users.Contains(u.Id) && !u.IsOperator && !members.Any(m => m.UserId == u.Id)).ToListAsync(stop));
        return await db.SaveChangesAsync(stop);
    }

    private static MembershipView View(Organizations.Organization organization, string? role, bool delegated) => new()
    {
        Id = organization.Id, Slug = organization.Slug, Name = organization.Name, Kind = organization.Kind,
        AgencyEnabled = organization.AgencyEnabled, Role = role, Delegated = delegated, Suspended = organization.SuspendedAt is not null,
    };
}
