using Microsoft.EntityFrameworkCore;

namespace OCore.Platform.Data;

/// <summary>Contexts for work outside a request. Dispose each: they go back to a pool.</summary>
internal sealed class OCoreDbFactory(Func<OCoreDb> create)
{
    /// <summary>For reconcilers, sign-in and the operation engine, which belong to no organization.</summary>
    public OCoreDb System() => create().Enter(Tenant.System, AuditActor.System);

    /// <summary>For an operation or a request, which acts within one organization.</summary>
    public OCoreDb For(Tenant tenant, AuditActor? actor) => create().Enter(tenant, actor);
}

internal static class AcrossTenantsExtensions
{
    /// <summary>
    /// Reads without the tenant's filter. For sign-in, reconcilers and what an agency shares with its clients; a rule test keeps
    /// the list of files that may call it.
    /// </summary>
    public static IQueryable<T> AcrossTenants<T>(this IQueryable<T> rows) where T : class =>
        rows.IgnoreQueryFilters([OCoreDb.TenantFilter]).Where(_ => RowSecurity.Across());
}
