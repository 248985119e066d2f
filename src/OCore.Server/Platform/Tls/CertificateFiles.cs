using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Platform.Tls;

/// <summary>Certificates as servers other than ours read them: the chain and its key in one text.</summary>
internal static class CertificateFiles
{
    public static async Task<IReadOnlyDictionary<Guid, string>> ReadAsync(OCoreDb db, SecretBox secrets, IReadOnlyList<Guid> ids, CancellationToken stop)
    {
        var rows = await db.Certificates.AsNoTracking().Where(c => ids.Contains(c.Id) && c.Chain != null && c.KeySealed != null).Select(c => new { c.Id, c.Chain, c.KeySealed }).ToListAsync(stop);
        return rows.ToDictionary(r => r.Id, r => $"{r.Chain!.TrimEnd()}\n{secrets.Unseal(r.KeySealed!, "certificate.key", r.Id)}\n");
    }
}
