using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;

namespace OCore.Features.Organizations;

internal static class OrganizationLock
{
    /// <summary>
    /// Until the transaction ends, nobody else passes here for the same organization: for rules that count before they write, as
    /// "the last owner" and the plan's limits do. Writing a row to itself is a row lock on both databases.
    /// </summary>
    public static Task LockOrganizationAsync(this OCoreDb db, Guid organizationId, CancellationToken stop)
    {
        if (db.Database.CurrentTransaction is null)
            throw new InvalidOperationException("A lock without a transaction holds nothing.");
        return db.Organizations.AcrossTenants().Where(o => o.Id == organizationId).ExecuteUpdateAsync(s => s.SetProperty(o => o.CreatedAt, o => o.CreatedAt), stop);
    }
}
