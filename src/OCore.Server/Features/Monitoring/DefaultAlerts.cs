using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Monitoring;

/// <summary>Rules that are there without anybody's asking. Once made they are rules like all others: changed, switched off and deleted at will.</summary>
internal static class DefaultAlerts
{
    // Longer than a fail-over, or an Odoo that starts anew, and not so long that people tell first.
    private const int Seconds = 120, MostAddresses = 20, LongestName = 80;
    private static readonly PermissionSet MayManage = Permissions.Of(["manage:monitoring"]);

    /// <summary>Those who run a topology hear of it when one of its nodes is not well. Saved by the caller, with what makes the topology one that runs.</summary>
    public static async Task AddAsync(OCoreDb db, Guid agency, Guid instance, string name, DateTimeOffset now, CancellationToken stop)
    {
        var people = await db.Members.AsNoTracking().Where(m => m.OrgId == agency && m.User.DisabledAt == null).OrderBy(m => m.Id)
            .Join(db.OrgRoles, m => m.RoleId, r => r.Id, (m, r) => new { m.User.Email, r.Permissions }).ToListAsync(stop);
        db.Add(new AlertRule
        {
            OrgId = agency, Name = $"{name[..Math.Min(name.Length, LongestName)]} is degraded", Subject = "instance", SubjectId = instance, Metric = "health", Above = false, Threshold = 100, ForSeconds = Seconds,
            Emails = [.. people.Where(m => Permissions.Of(m.Permissions).Has(MayManage)).Select(m => m.Email!).Distinct().Take(MostAddresses)], CreatedAt = now,
        });
    }

    /// <summary>What rules on all instances said of one. It goes at once.</summary>
    public static Task RemoveToldAsync(OCoreDb db, Guid instance, CancellationToken stop) => db.Set<Alert>().Where(a => a.SubjectId == instance).ExecuteDeleteAsync(stop);

    /// <summary>What watches an instance alone goes with it. Saved by the caller.</summary>
    public static async Task RemoveAsync(OCoreDb db, Guid instance, CancellationToken stop) =>
        db.RemoveRange(await db.Set<AlertRule>().Where(r => r.SubjectId == instance).ToListAsync(stop));
}
