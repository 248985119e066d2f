using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Plans;

/// <summary>What the plan allows of each thing, counted over an organization and its clients together.</summary>
internal static class Limits
{
    public const string Clients = "clients", Instances = "instances", Servers = "servers", Members = "members", StorageGb = "storageGb";

    /// <summary>
    /// Whether one more <paramref name="name"/> fits into the plan: null, or 403 <c>limit_reached</c>. Call it in the transaction that
    /// inserts (<see cref="OCoreDb.InTransactionAsync"/>): it holds the organization until that ends, so two requests cannot both take the last place.
    /// </summary>
    public static Task<Problem?> CheckAsync(OCoreDb db, Caller caller, string name, CancellationToken stop = default) => CheckAsync(db, caller.Access.RootId, name, stop);

    /// <param name="rootId">The organization whose plan counts: the agency of a client.</param>
    /// <param name="reserved">Places that are promised already, such as those of open invitations; for storage what is about to come, in GB.</param>
    public static async Task<Problem?> CheckAsync(OCoreDb db, Guid rootId, string name, CancellationToken stop, double reserved = 0)
    {
        await db.LockOrganizationAsync(rootId, stop);
        var plan = await PlanAsync(db, rootId, stop);
        if (LimitOf(plan.Limits, name) is not { } limit)
            return null;
        var used = await UsedAsync(db, rootId, name, stop) + reserved;
        return used < limit ? null : PlanProblems.LimitReached(plan.Name, name, used, limit);
    }

    public static Task<Plan> PlanAsync(OCoreDb db, Guid rootId, CancellationToken stop) =>
        db.Organizations.AcrossTenants().AsNoTracking().Where(o => o.Id == rootId).Join(db.Plans, o => o.PlanId, p => p.Id, (_, p) => p).SingleAsync(stop);

    public static async Task<double> UsedAsync(OCoreDb db, Guid rootId, string name, CancellationToken stop) => name switch
    {
        Clients => await db.Organizations.AcrossTenants().CountAsync(o => o.RootId == rootId && o.Kind == OrganizationKind.Client, stop),
        Instances => await db.Instances.AcrossTenants().CountAsync(i => i.RootId == rootId, stop),
        Servers => await db.Servers.AcrossTenants().CountAsync(s => s.RootId == rootId, stop),
        // Somebody who works for several clients of one agency is one person.
        Members => await db.Members.AcrossTenants().Where(m => db.Organizations.Any(o => o.Id == m.OrgId && o.RootId == rootId)).Select(m => m.UserId).Distinct().CountAsync(stop),
        StorageGb => await StorageAsync(db, rootId, stop),
        _ => throw new ArgumentException($"{name} is nothing that a plan limits."),
    };

    /// <summary>Somebody who is a member of one of its organizations takes no further place in another.</summary>
    public static Task<bool> CountsAlreadyAsync(OCoreDb db, Guid rootId, string normalizedEmail, CancellationToken stop) =>
        db.Members.AcrossTenants().AnyAsync(m => m.User.NormalizedEmail == normalizedEmail && db.Organizations.Any(o => o.Id == m.OrgId && o.RootId == rootId), stop);

    public static int? LimitOf(PlanLimits limits, string name) => name switch
    {
        Clients => limits.Clients,
        Instances => limits.Instances,
        Servers => limits.Servers,
        Members => limits.Members,
        StorageGb => limits.StorageGb,
        _ => throw new ArgumentException($"{name} is nothing that a plan limits."),
    };

    // What was measured last is kept as JSON, which is not queried into.
    private static async Task<double> StorageAsync(OCoreDb db, Guid rootId, CancellationToken stop)
    {
        var uses = await db.Instances.AcrossTenants().AsNoTracking().Where(i => i.RootId == rootId).Select(i => i.Use).ToListAsync(stop);
        var further = await db.InstanceDatabases.AcrossTenants().Where(d => d.RootId == rootId).SumAsync(d => d.Bytes ?? 0, stop);
        var archives = await db.EnterpriseSources.AcrossTenants().AsNoTracking().Where(e => e.OrgId == rootId).Select(e => e.Archives).ToListAsync(stop);
        // What lies in a bucket of their own is theirs.
        var backups = await db.Backups.AcrossTenants().Where(b => b.RootId == rootId && b.TargetId == null).SumAsync(b => b.Bytes, stop);
        return Math.Round((uses.Sum(u => (u?.DatabaseBytes ?? 0) + (u?.FilestoreBytes ?? 0)) + further + archives.Sum(a => a.Values.Sum(v => v.Bytes)) + backups) / 1e9, 2);
    }
}
