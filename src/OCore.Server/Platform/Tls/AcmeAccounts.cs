using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;
using OCore.Platform.Tls.Acme;

namespace OCore.Platform.Tls;

/// <summary>Who we are to certificate authorities: one key for each, made when it is first needed and kept.</summary>
internal sealed class AcmeAccounts(OCoreDbFactory databases, SecretBox secrets, Settings settings, TimeProvider time)
{
    private const string AccountKind = "acme.account";
    private volatile string? _thumbprint;

    /// <summary>Of our key at the certificate authority of this installation; null where there is none to ask.</summary>
    public async ValueTask<string?> ThumbprintAsync(CancellationToken stop)
    {
        if (_thumbprint is null && settings.AcmeDirectory is { } directory)
        {
            var (_, key) = await OfAsync(directory, stop);
            using (key)
                _thumbprint = key.Thumbprint;
        }
        return _thumbprint;
    }

    // The key is kept before the authority sees it: an account whose key is lost is one of few that an address may make.
    public async Task<(AcmeAccount, AcmeKey)> OfAsync(Uri directory, CancellationToken stop)
    {
        for (var attempt = 0; ; attempt++)
        {
            await using var db = databases.System();
            if (await db.AcmeAccounts.AsNoTracking().SingleOrDefaultAsync(a => a.Directory == directory.AbsoluteUri, stop) is { } known)
                return (known, AcmeKey.FromPem(secrets.Unseal(known.KeySealed, AccountKind, known.Id)));
            using var key = AcmeKey.New();
            var id = RowId.New();
            db.Add(new AcmeAccount { Id = id, Directory = directory.AbsoluteUri, KeySealed = secrets.Seal(key.ToPem(), AccountKind, id), CreatedAt = time.GetUtcNow() });
            try
            {
                await db.SaveChangesAsync(stop);
            }
            catch (DbUpdateException e) when (attempt == 0 && UniqueViolation.Of(e) is not null)
            {
                // Another process was first; its key is the account's.
            }
        }
    }
}
