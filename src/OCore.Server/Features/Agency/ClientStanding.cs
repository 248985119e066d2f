using Microsoft.EntityFrameworkCore;
using OCore.Features.Organizations;
using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Features.Agency;

/// <summary>Whether anything may begin, or be started, for a client.</summary>
internal static class ClientStanding
{
    /// <summary>
    /// Why nothing may begin for an organization now; null where it may. Call it in the transaction that begins it: whoever suspends or
    /// deletes the client waits for that transaction and finds the work, or came first and is found here. What only removes needs no leave.
    /// </summary>
    public static async Task<Problem?> RefuseWorkAsync(this OCoreDb db, Guid orgId, CancellationToken stop)
    {
        await db.LockOrganizationAsync(orgId, stop);
        var now = await db.Organizations.Where(o => o.Id == orgId).Select(o => new { o.SuspendedAt, o.DeletingAt }).SingleOrDefaultAsync(stop);
        return now is null or { DeletingAt: not null } ? AgencyProblems.Deleting : now.SuspendedAt is not null ? AgencyProblems.Suspended : null;
    }

    /// <summary>Asked once more by whatever starts something: the client may have been suspended since that began.</summary>
    public static Task<bool> IsSuspendedAsync(this OCoreDb db, Guid orgId, CancellationToken stop) => db.Organizations.AnyAsync(o => o.Id == orgId && o.SuspendedAt != null, stop);
}
