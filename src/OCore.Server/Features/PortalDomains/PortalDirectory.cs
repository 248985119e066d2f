using System.Collections.Frozen;
using Microsoft.EntityFrameworkCore;
using OCore.Features.Domains;
using OCore.Platform.Data;

namespace OCore.Features.PortalDomains;

/// <summary>
/// Every portal name in memory, so that choosing the tenant of a request asks no database. Written anew at once by what changes it in
/// this process; other processes notice within two seconds by one cheap question.
/// </summary>
internal sealed class PortalDirectory(OCoreDbFactory databases) : IDisposable
{
    /// <param name="Host">The name in DNS.</param>
    /// <param name="AgencyId">Whose it is.</param>
    /// <param name="ClientId">The client whose portal it is; null for the agency's own.</param>
    /// <param name="IsActive">The portal is served there.</param>
    /// <param name="IsMain">People are sent to this name rather than to the other of the same portal.</param>
    internal sealed record Entry(string Host, Guid AgencyId, Guid? ClientId, bool IsActive, bool IsMain);

    private sealed record Snapshot(FrozenDictionary<string, Entry> ByHost, FrozenDictionary<(Guid Agency, Guid? Client), string> MainOf, (int Count, DateTimeOffset? Newest) Stamp);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile Snapshot? _snapshot;

    /// <summary>The portal of this name; null where it is none's.</summary>
    public async ValueTask<Entry?> FindAsync(string host, CancellationToken stop) => (_snapshot ?? await FirstAsync(stop)).ByHost.GetValueOrDefault(host);

    /// <summary>Without waiting: for the beginning of a TLS connection.</summary>
    public Entry? Find(string host) => _snapshot?.ByHost.GetValueOrDefault(host);

    /// <summary>The name under which a client's people, or the agency's, find their portal.</summary>
    public async ValueTask<string?> HostOfAsync(Guid agencyId, Guid? clientId, CancellationToken stop) => (_snapshot ?? await FirstAsync(stop)).MainOf.GetValueOrDefault((agencyId, clientId));

    public void Dispose() => _turn.Dispose();

    /// <summary>Reads everything again: a row was changed here.</summary>
    public async Task RefreshAsync(CancellationToken stop)
    {
        await _turn.WaitAsync(stop);
        try
        {
            _snapshot = await ReadAsync(stop);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Reads everything again where another process changed something.</summary>
    public async Task RefreshIfStaleAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        if (_snapshot is null || _snapshot.Stamp != await StampAsync(db, stop))
            await RefreshAsync(stop);
    }

    // Only the first of many requests that come before the directory is read does the reading.
    private async Task<Snapshot> FirstAsync(CancellationToken stop)
    {
        await _turn.WaitAsync(stop);
        try
        {
            return _snapshot ??= await ReadAsync(stop);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<Snapshot> ReadAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        // The stamp first: what changes while we read is read again.
        var stamp = await StampAsync(db, stop);
        var rows = await db.PortalDomains.AcrossTenants().AsNoTracking().OrderBy(d => d.Id)
            .Select(d => new { d.OrgId, d.ClientId, d.SubdomainHost, d.CustomHost, d.Enabled, d.Proof, d.OrphanedAt, d.IsBase }).ToListAsync(stop);
        var (byHost, mains) = (new Dictionary<string, Entry>(StringComparer.Ordinal), new Dictionary<(Guid, Guid?), string>());
        // The agency's own names under which its subdomains live, and whose proof is not there any more: whoever has such a name now serves no portal of theirs.
        var proof = rows.Where(r => r.CustomHost is not null).ToLookup(r => (r.OrgId, r.CustomHost!), r => r.Proof is DomainProof.Verified or DomainProof.Grace);
        bool IsLost(Guid agency, string subdomain) => proof[(agency, subdomain[(subdomain.IndexOf('.', StringComparison.Ordinal) + 1)..])].ToList() is { Count: > 0 } above && !above.Contains(true);
        foreach (var row in rows)
        {
            var enabled = row.Enabled && row.OrphanedAt is null;
            var subdomain = row.SubdomainHost is { } below && !IsLost(row.OrgId, below) ? row.SubdomainHost : null;
            if (subdomain is not null)
                byHost[subdomain] = new Entry(subdomain, row.OrgId, row.ClientId, enabled, row.CustomHost is null);
            var proven = row.Proof is DomainProof.Verified or DomainProof.Grace;
            // A claim that is not proven is nothing yet, or nothing any more: whoever pointed the name here gets no portal.
            if (row.CustomHost is not null && proven)
                byHost[row.CustomHost] = new Entry(row.CustomHost, row.OrgId, row.ClientId, enabled, true);
            var main = row.CustomHost is not null && proven ? row.CustomHost : subdomain;
            if (enabled && main is not null && !row.IsBase && (!mains.TryGetValue((row.OrgId, row.ClientId), out var other) || row.CustomHost is not null && !byHost[other].IsMain))
                mains[(row.OrgId, row.ClientId)] = main;
        }
        return new Snapshot(byHost.ToFrozenDictionary(StringComparer.Ordinal), mains.ToFrozenDictionary(), stamp);
    }

    private static async Task<(int, DateTimeOffset?)> StampAsync(OCoreDb db, CancellationToken stop)
    {
        var newest = await db.PortalDomains.AcrossTenants().OrderByDescending(d => d.ChangedAt).Select(d => (DateTimeOffset?)d.ChangedAt).FirstOrDefaultAsync(stop);
        return (await db.PortalDomains.AcrossTenants().CountAsync(stop), newest);
    }
}
