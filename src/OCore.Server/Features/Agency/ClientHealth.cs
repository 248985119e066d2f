using System.Linq.Expressions;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Organizations;
using OCore.Platform.Data;

namespace OCore.Features.Agency;

/// <summary>One word for a client: the worst of its instances, as a query and as a value.</summary>
internal static class ClientHealth
{
    public const string Healthy = "healthy", Degraded = "degraded", Down = "down", None = "none", Suspended = "suspended", Deleting = "deleting";
    /// <summary>An instance's own word for it.</summary>
    public const string Unhealthy = "unhealthy";

    /// <summary>It should serve people and does not.</summary>
    public static readonly Expression<Func<Instance, bool>> IsDown = i =>
        i.Status == InstanceStatus.Failed || i.WantRunning && i.Status == InstanceStatus.Stopped || i.Status == InstanceStatus.Running && i.Health == Unhealthy;

    /// <summary>On its way, one hopes.</summary>
    public static readonly Expression<Func<Instance, bool>> IsDegraded = i => i.Status == InstanceStatus.Restarting || i.Status == InstanceStatus.Suspended;

    /// <summary>Only those of one health; null where there is no such word.</summary>
    public static IQueryable<Organization>? Where(OCoreDb db, IQueryable<Organization> clients, string health)
    {
        var (all, down, degraded) = (db.Instances.AsQueryable(), db.Instances.Where(IsDown), db.Instances.Where(IsDegraded));
        if (health == Deleting)
            return clients.Where(o => o.DeletingAt != null);
        clients = clients.Where(o => o.DeletingAt == null);
        if (health == Suspended)
            return clients.Where(o => o.SuspendedAt != null);
        clients = clients.Where(o => o.SuspendedAt == null);
        return health switch
        {
            None => clients.Where(o => !all.Any(i => i.OrgId == o.Id)),
            Down => clients.Where(o => down.Any(i => i.OrgId == o.Id)),
            Degraded => clients.Where(o => !down.Any(i => i.OrgId == o.Id) && degraded.Any(i => i.OrgId == o.Id)),
            Healthy => clients.Where(o => all.Any(i => i.OrgId == o.Id) && !down.Any(i => i.OrgId == o.Id) && !degraded.Any(i => i.OrgId == o.Id)),
            _ => null,
        };
    }

    public static string Of(bool deleting, bool suspended, int instances, int down, int degraded) =>
        deleting ? Deleting : suspended ? Suspended : instances == 0 ? None : down > 0 ? Down : degraded > 0 ? Degraded : Healthy;
}
