using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Organizations;

/// <summary>
/// What a person may do to the people and the roles of an organization: nobody gives, changes or takes away more than they have, and
/// owners are made and removed by owners (of a client: by its agency's too).
/// </summary>
/// <param name="OwnRoleId">Their role here; null for an agency's people in a client's organization.</param>
internal sealed record Standing(PermissionSet Permissions, bool MayMakeOwners, Guid? OwnRoleId)
{
    public const string OwnerSlug = "owner";

    /// <summary>Of the caller in the organization of the request, within the scopes of their key.</summary>
    public static async Task<Standing> OfAsync(OCoreDb db, Caller caller, CancellationToken stop)
    {
        var stored = await OfAsync(db, caller.UserId, caller.OrgId, stop);
        return stored with { Permissions = caller.Access.Permissions };
    }

    /// <summary>Of anybody, as it is now: whoever sent an invitation may have left since.</summary>
    public static async Task<Standing> OfAsync(OCoreDb db, Guid userId, Guid organizationId, CancellationToken stop)
    {
        var organization = await db.Organizations.AcrossTenants().AsNoTracking().SingleAsync(o => o.Id == organizationId, stop);
        var roles = await db.Members.AcrossTenants().AsNoTracking().Where(m => m.UserId == userId && m.User.DisabledAt == null && (m.OrgId == organization.Id || m.OrgId == organization.RootId))
            .Join(db.OrgRoles, m => m.RoleId, r => r.Id, (m, r) => r)
            .Join(db.Organizations, r => r.OrgId, o => o.Id, (r, o) => new { Role = r, Agency = o.AgencyEnabledAt != null }).ToListAsync(stop);
        var own = roles.Find(r => r.Role.OrgId == organization.Id)?.Role;
        var agency = organization.Kind != OrganizationKind.Client ? null : roles.Find(r => r.Role.OrgId == organization.RootId && r.Agency)?.Role;
        var permissions = own is null ? PermissionSet.None : Platform.Security.Permissions.Of(own.Permissions);
        var delegated = agency is null ? PermissionSet.None : Platform.Security.Permissions.Of(agency.Permissions);
        if (!delegated.Has(ViewAgency))
            delegated = PermissionSet.None;
        return new Standing(permissions | delegated, own is { IsSystem: true, Slug: OwnerSlug } || delegated.Has(Platform.Security.Permissions.Everything), own?.Id);
    }

    /// <summary>Why they may not give or take this role.</summary>
    public Problem? RefusalFor(Role role)
    {
        if (role is { IsSystem: true, Slug: OwnerSlug } && !MayMakeOwners)
            return OrganizationProblems.OwnersOnly;
        return RefusalFor(role.Permissions);
    }

    public Problem? RefusalFor(IEnumerable<string> permissions)
    {
        var missing = permissions.Where(p => Platform.Security.Permissions.TryParse(p, out var set) && !Permissions.Has(set)).ToList();
        return missing.Count > 0 ? OrganizationProblems.GrantsMore(missing) : null;
    }

    private static readonly PermissionSet ViewAgency = Platform.Security.Permissions.Of(["view:agency"]);
}
