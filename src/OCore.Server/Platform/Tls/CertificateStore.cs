using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Platform.Tls;

/// <summary>
/// Every certificate that is served, in memory: beginning a connection asks no database. Opened when it is first needed, and read
/// again when a row changed, by this process at once and by others within seconds.
/// </summary>
internal sealed class CertificateStore(OCoreDbFactory databases, SecretBox secrets, ILogger<CertificateStore> log)
{
    private sealed record Entry(string SerialNumber, Lazy<SslStreamCertificateContext?> Context);

    private readonly ConcurrentDictionary<string, Entry> _byHost = new(StringComparer.Ordinal);
    private DateTimeOffset _seen = DateTimeOffset.UnixEpoch;

    public int Count => _byHost.Count;

    /// <summary>Null where this host has none: the connection is not begun.</summary>
    public SslStreamCertificateContext? Find(string host) => _byHost.TryGetValue(host, out var entry) ? entry.Context.Value : null;

    public bool Has(string host) => _byHost.ContainsKey(host);

    /// <summary>Reads what changed since the last time.</summary>
    public async Task RefreshAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        // Clocks of processes differ a little: what is near the edge is read twice.
        var since = _seen - TimeSpan.FromSeconds(10);
        var rows = await db.Certificates.AsNoTracking().Where(c => c.ChangedAt >= since).Select(c => new { c.Id, c.Host, c.Wanted, c.Chain, c.KeySealed, c.SerialNumber, c.ChangedAt }).ToListAsync(stop);
        foreach (var row in rows)
        {
            if (!row.Wanted || row.Chain is null || row.KeySealed is null)
                _byHost.TryRemove(row.Host, out _);
            else if (!_byHost.TryGetValue(row.Host, out var known) || known.SerialNumber != row.SerialNumber)
                _byHost[row.Host] = new Entry(row.SerialNumber!, new Lazy<SslStreamCertificateContext?>(() => Open(row.Id, row.Host, row.Chain, row.KeySealed)));
            if (row.ChangedAt > _seen)
                _seen = row.ChangedAt;
        }
    }

    private SslStreamCertificateContext? Open(Guid id, string host, string chain, string keySealed)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(chain);
            using var bare = all[0];
            var leaf = X509Certificate2.CreateFromPem(bare.ExportCertificatePem(), secrets.Unseal(keySealed, "certificate.key", id));
            all.RemoveAt(0);
            return SslStreamCertificateContext.Create(leaf, all, offline: true);
        }
        catch (System.Security.Cryptography.CryptographicException e)
        {
            log.LogError(e, "The certificate of {Host} cannot be opened", host);
            return null;
        }
    }
}
