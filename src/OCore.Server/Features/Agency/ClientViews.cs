using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Platform.Data;

namespace OCore.Features.Agency;

/// <summary>Clients with what is counted of them: in two or three queries for any number of them, and one more where some are being deleted.</summary>
internal static class ClientViews
{
    private sealed record Row(Guid Id, string Name, string Slug, string? LogoUrl, DateTimeOffset? SuspendedAt, DateTimeOffset? DeletingAt, DateTimeOffset CreatedAt);

    /// <summary>Of one client: its instances of one version, or without a version its members.</summary>
    private sealed class Counts
    {
        public Guid OrgId { get; init; }
        public string? OdooVersion { get; init; }
        public int All { get; init; }
        public int Running { get; init; }
        public int Down { get; init; }
        public int Degraded { get; init; }
    }

    private static readonly Compiled<Func<OCoreDb, Guid, Guid, int, IAsyncEnumerable<Row>>> NextOf = new(() => EF.CompileAsyncQuery((OCoreDb db, Guid agency, Guid after, int count) =>
        db.Organizations.AcrossTenants().Where(o => o.RootId == agency && o.Kind == OrganizationKind.Client && o.Id > after).OrderBy(o => o.Id).Take(count)
            .Select(o => new Row(o.Id, o.Name, o.Slug, o.LogoImage ?? o.LogoUrl, o.SuspendedAt, o.DeletingAt, o.CreatedAt))));

    private static readonly Compiled<Func<OCoreDb, List<Guid>, IAsyncEnumerable<Row>>> RowsOf = new(() => EF.CompileAsyncQuery((OCoreDb db, List<Guid> seen) =>
        db.Organizations.AcrossTenants().Where(o => seen.Contains(o.Id)).OrderBy(o => o.Id)
            .Select(o => new Row(o.Id, o.Name, o.Slug, o.LogoImage ?? o.LogoUrl, o.SuspendedAt, o.DeletingAt, o.CreatedAt))));

    // Members are their organization's own, so an agency counts its clients' across tenants: of clients that were seen within it. In one
    // statement with the instances; a count beside each client's row would take the database twice as long.
    private static readonly Compiled<Func<OCoreDb, List<Guid>, IAsyncEnumerable<Counts>>> CountsOf = new(() => EF.CompileAsyncQuery((OCoreDb db, List<Guid> seen) =>
        db.Instances.AcrossTenants().Where(i => seen.Contains(i.OrgId)).GroupBy(i => new { i.OrgId, i.OdooVersion }).Select(g => new Counts
        {
            OrgId = g.Key.OrgId, OdooVersion = g.Key.OdooVersion, All = g.Count(), Running = g.Count(i => i.Status == InstanceStatus.Running),
            Down = g.AsQueryable().Count(ClientHealth.IsDown), Degraded = g.AsQueryable().Count(ClientHealth.IsDegraded),
        }).Concat(db.Members.Where(m => seen.Contains(m.OrgId)).GroupBy(m => m.OrgId).Select(g => new Counts
        {
            OrgId = g.Key, OdooVersion = null, All = g.Count(), Running = 0, Down = 0, Degraded = 0,
        }))));

    /// <summary>The next clients of an agency, in the order of their ids.</summary>
    public static async Task<List<ClientView>> NextAsync(OCoreDb db, Guid agency, Guid? after, int count, CancellationToken stop) =>
        await OfAsync(db, await NextOf.On(db)(db, agency, after ?? Guid.Empty, count).ToListAsync(stop), stop);

    /// <summary>Of clients that the tenant's filter lets be seen, in the order of their ids.</summary>
    public static async Task<List<ClientView>> OfAsync(OCoreDb db, IQueryable<Organization> clients, CancellationToken stop) =>
        await OfAsync(db, await RowsOf.On(db)(db, await clients.Select(o => o.Id).ToListAsync(stop)).ToListAsync(stop), stop);

    private static async Task<List<ClientView>> OfAsync(OCoreDb db, List<Row> rows, CancellationToken stop)
    {
        var counts = (await CountsOf.On(db)(db, rows.ConvertAll(o => o.Id)).ToListAsync(stop)).ToLookup(c => c.OrgId);
        var deletions = await DeletionsAsync(db, rows, stop);
        return rows.ConvertAll(client =>
        {
            var instances = counts[client.Id].Where(c => c.OdooVersion is not null).ToList();
            var count = instances.Sum(i => i.All);
            return new ClientView
            {
                Id = client.Id, Name = client.Name, Slug = client.Slug, LogoUrl = client.LogoUrl,
                MemberCount = counts[client.Id].Where(c => c.OdooVersion is null).Sum(c => c.All), InstanceCount = count, InstancesRunning = instances.Sum(i => i.Running),
                Health = ClientHealth.Of(client.DeletingAt is not null, client.SuspendedAt is not null, count, instances.Sum(i => i.Down), instances.Sum(i => i.Degraded)),
                OdooVersions = [.. instances.Select(i => i.OdooVersion!).OrderDescending(StringComparer.Ordinal)],
                Suspended = client.SuspendedAt is not null, CreatedAt = client.CreatedAt,
                DeleteOperationId = deletions.TryGetValue(client.Id, out var operation) ? operation : null,
            };
        });
    }

    private static async Task<Dictionary<Guid, Guid>> DeletionsAsync(OCoreDb db, List<Row> clients, CancellationToken stop)
    {
        var ids = clients.Where(c => c.DeletingAt is not null).Select(c => c.Id).ToList();
        if (ids.Count == 0)
            return [];
        var open = await ClientRemoval.OpenFor(db.Operations.Where(o => o.ClientId != null && ids.Contains(o.ClientId.Value)), null).Select(o => new { o.ClientId, o.Id }).ToListAsync(stop);
        return open.GroupBy(o => o.ClientId!.Value).ToDictionary(g => g.Key, g => g.First().Id);
    }
}
