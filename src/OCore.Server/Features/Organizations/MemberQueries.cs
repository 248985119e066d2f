using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Organizations;

internal static class MemberQueries
{
    /// <summary>The addresses of those in an organization who could do something about what they are told: mails nobody asked for go to no others.</summary>
    public static async Task<IReadOnlyList<string>> EmailsOfThoseWhoMayAsync(this OCoreDb db, Guid organization, PermissionSet may, CancellationToken stop)
    {
        var members = await db.Members.AcrossTenants().AsNoTracking().Where(m => m.OrgId == organization && m.User.DisabledAt == null)
            .Join(db.OrgRoles.AcrossTenants(), m => m.RoleId, r => r.Id, (m, r) => new { m.User.Email, r.Permissions }).ToListAsync(stop);
        return [.. members.Where(m => Permissions.Of(m.Permissions).Has(may)).Select(m => m.Email!)];
    }
}
