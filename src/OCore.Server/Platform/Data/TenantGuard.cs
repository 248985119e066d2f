using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace OCore.Platform.Data;

/// <summary>
/// Query filters protect reads only; this protects writes. Together with OrgId as a concurrency token and composite foreign keys
/// it refuses stub updates, deletes, re-parenting and inserts for another organization.
/// </summary>
internal static class TenantGuard
{
    public static void Check(ChangeTracker tracker, Tenant tenant)
    {
        foreach (var entry in tracker.Entries())
        {
            if (entry.State is EntityState.Unchanged or EntityState.Detached)
                continue;
            SecretGuard.Check(entry);
            if (entry.Entity is ITenantRow organization && entry.State != EntityState.Added && !tenant.IsSystem && organization.Id != tenant.OrgId && organization.RootId != tenant.OrgId)
                throw new TenantViolationException("This is another organization.");
            if (entry.Entity is not IOrgOwned row)
                continue;
            if (entry.State == EntityState.Added)
                Adopt(row, tenant);
            else
                RefuseMove(entry);
            if (!tenant.IsSystem && !Within(row, tenant))
                throw new TenantViolationException($"{entry.Metadata.ClrType.Name} belongs to another organization.");
        }
    }

    private static bool Within(IOrgOwned row, Tenant tenant) =>
        row.OrgId == tenant.OrgId || row is IAgencyShared shared && shared.RootId == tenant.OrgId;

    private static void Adopt(IOrgOwned row, Tenant tenant)
    {
        if (row.OrgId == Guid.Empty)
            row.OrgId = tenant.OrgId;
        if (row is IAgencyShared shared && shared.RootId == Guid.Empty)
            shared.RootId = tenant.RootId;
    }

    private static void RefuseMove(EntityEntry entry)
    {
        if (entry.Property(nameof(IOrgOwned.OrgId)).IsModified || entry.Entity is IAgencyShared && entry.Property(nameof(IAgencyShared.RootId)).IsModified)
            throw new TenantViolationException($"{entry.Metadata.ClrType.Name} cannot move to another organization.");
    }
}
