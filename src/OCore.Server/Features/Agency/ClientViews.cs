using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Platform.Data;

namespace OCore.Features.Agency;

/// <summary>Clients with what is counted of them: in two or three queries for any number of them, and one more where some are being deleted.</summary>
internal static class ClientViews
{
    private sealed record Row(Guid Id, string Name, string Slug, string? LogoUrl, DateTimeOffset? SuspendedAt, DateTimeOffset? DeletingAt, DateTimeOffset CreatedAt, int Members);
    private sealed record InstanceCounts(Guid OrgId, string OdooVersion, int All, int Running, int Down, int Degraded);

    // Members are their organization's own, so an agency counts its clients' across tenants: of an agency that the
    // query names, or of clients that were seen within it.
    private static readonly Compiled<Func<OCoreDb, Guid, Guid, int, IAsyncEnumerable<Row>>> NextOf = new(() => EF.CompileAsyncQuery((OCoreDb db, Guid agency, Guid after, int count) =>
        db.Organizations.AcrossTenants().Where(o => o.RootId == agency && o.Kind == OrganizationKind.Client && o.Id > after).OrderBy(o => o.Id).Take(count)
            .Select(o => new Row(o.Id, o.Name, o.Slug, o.LogoImage ?? o.LogoUrl, o.SuspendedAt, o.DeletingAt, o.CreatedAt, db.Members.Count(m => m.OrgId == o.Id)))));

    private static readonly Compiled<Func<OCoreDb, List<Guid>, IAsyncEnumerable<Row>>> RowsOf = new(() => EF.CompileAsyncQuery((OCoreDb db, List<Guid> seen) =>
        db.Organizations.AcrossTenants().Where(o => seen.Contains(o.Id)).OrderBy(o => o.Id)
            .Select(o => new Row(o.Id, o.Name, o.Slug, o.LogoImage ?? o.LogoUrl, o.SuspendedAt, o.DeletingAt, o.CreatedAt, db.Members.Count(m => m.OrgId == o.Id)))));

    private static readonly Compiled<Func<OCoreDb, List<Guid>, IAsyncEnumerable<InstanceCounts>>> InstancesOf = new(() => EF.CompileAsyncQuery((OCoreDb db, List<Guid> clients) =>
        db.Instances.Where(i => clients.Contains(i.OrgId)).GroupBy(i => new { i.OrgId, i.OdooVersion }).Select(g => new InstanceCounts(g.Key.OrgId, g.Key.OdooVersion, g.Count(),
            g.Count(i => i.Status == InstanceStatus.Running), g.AsQueryable().Count(ClientHealth.IsDown), g.AsQueryable().Count(ClientHealth.IsDegraded)))));

    /// <summary>The next clients of an agency, in the order of their ids.</summary>
    public static async Task<List<ClientView>> NextAsync(OCoreDb db, Guid agency, Guid? after, int count, CancellationToken stop) =>
        await OfAsync(db, await NextOf.On(db)(db, agency, after ?? Guid.Empty, count).ToListAsync(stop), stop);

    /// <summary>Of clients that the tenant's filter lets be seen, in the order of their ids.</summary>
    public static async Task<List<ClientView>> OfAsync(OCoreDb db, IQueryable<Organization> clients, CancellationToken stop) =>
        await OfAsync(db, await RowsOf.On(db)(db, await clients.Select(o => o.Id).ToListAsync(stop)).ToListAsync(stop), stop);

    private static async Task<List<ClientView>> OfAsync(OCoreDb db, List<Row> rows, CancellationToken stop)
    {
        var instances = (await InstancesOf.On(db)(db, rows.ConvertAll(o => o.Id)).ToListAsync(stop)).ToLookup(g => g.OrgId);
        var deletions = await DeletionsAsync(db, rows, stop);
        return rows.ConvertAll(client =>
        {
            var own = instances[client.Id];
            var count = own.Sum(i => i.All);
            return new ClientView
            {
                Id = client.Id, Name = client.Name, Slug = client.Slug, LogoUrl = client.LogoUrl,
                MemberCount = client.Members, InstanceCount = count, InstancesRunning = own.Sum(i => i.Running),
                Health = ClientHealth.Of(client.DeletingAt is not null, client.SuspendedAt is not null, count, own.Sum(i => i.Down), own.Sum(i => i.Degraded)),
                OdooVersions = [.. own.Select(i => i.OdooVersion).OrderDescending(StringComparer.Ordinal)],
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
