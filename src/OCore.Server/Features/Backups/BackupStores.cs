using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using Microsoft.EntityFrameworkCore;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

/// <summary>Opens the places where backups are kept, and the keys that they are sealed with.</summary>
internal sealed class BackupStores(Settings settings, SecretBox secrets, GuardedConnections guard, OCoreDbFactory databases, TimeProvider time)
{
    public const string TargetSecret = "backup.target";

    /// <summary>Where a backup is, or is to go, with the key of it.</summary>
    /// <exception cref="CryptographicException">The key is not here, or was sealed with another master key.</exception>
    public async Task<BackupPlace> OpenAsync(OCoreDb db, Backup backup, CancellationToken stop)
    {
        var key = backup.KeyId is { } id ? await KeyAsync(backup, id, stop) : await CurrentKeyAsync(backup, stop);
        return new(await OpenStoreAsync(db, backup, stop), backup, key);
    }

    /// <summary>Where a backup is, or is to go. The target may be the agency's though the backup is its client's.</summary>
    public async Task<IBackupStore> OpenStoreAsync(OCoreDb db, Backup backup, CancellationToken stop) => await OpenStoreAsync(db, backup.TargetId, stop);

    public async Task<IBackupStore> OpenStoreAsync(OCoreDb db, Guid? target, CancellationToken stop) =>
        target is { } id ? Open(await db.BackupTargets.AcrossTenants().AsNoTracking().SingleAsync(t => t.Id == id, stop)) : new LocalBackupStore(settings.BackupDirectory);

    public IBackupStore Open(BackupTarget target)
    {
        var way = new GuardedWay(guard, new Uri(target.Endpoint));
        return new S3BackupStore(new AmazonS3Client(new BasicAWSCredentials(target.AccessKey, secrets.Unseal(target.SecretKeySealed, TargetSecret, target.Id)), new AmazonS3Config
        {
            ServiceURL = target.Endpoint, AuthenticationRegion = target.Region ?? "us-east-1", ForcePathStyle = true,
            // Not every store that speaks S3 knows the newer checksums; ours are SHA-256 over everything, and read back.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED, ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            MaxErrorRetry = 3, Timeout = TimeSpan.FromMinutes(5), HttpClientFactory = way,
        }), way, target.Bucket, target.Prefix);
    }

    public byte[] Unseal(BackupKey key) => Convert.FromBase64String(secrets.Unseal(key.KeySealed, BackupKey.Secret, key.Id));

    public BackupKey Seal(byte[] key, Guid orgId, Guid rootId, bool isForeign)
    {
        var id = RowId.New();
        return new BackupKey
        {
            Id = id, OrgId = orgId, RootId = rootId, Fingerprint = BackupKey.FingerprintOf(key), KeySealed = secrets.Seal(Convert.ToBase64String(key), BackupKey.Secret, id), IsForeign = isForeign, CreatedAt = time.GetUtcNow(),
        };
    }

    private async Task<byte[]> KeyAsync(Backup backup, string id, CancellationToken stop)
    {
        await using var db = databases.System();
        // One that an agency keeps of a client that is gone has the agency's key.
        return await db.BackupKeys.AcrossTenants().AsNoTracking().FirstOrDefaultAsync(k => k.Fingerprint == id && (k.OrgId == backup.OrgId || k.OrgId == backup.RootId), stop) is { } key ? Unseal(key)
            : throw new CryptographicException($"The key {id} is not here.");
    }

    // Kept before anything is sealed with it. Two that are made in the same moment are both kept, and each backup says which is its own.
    private async Task<byte[]> CurrentKeyAsync(Backup backup, CancellationToken stop)
    {
        await using var db = databases.System();
        var key = await db.BackupKeys.AcrossTenants().AsNoTracking().Where(k => k.OrgId == backup.OrgId && !k.IsForeign).OrderBy(k => k.Id).FirstOrDefaultAsync(stop);
        if (key is null)
        {
            db.Add(key = Seal(RandomNumberGenerator.GetBytes(BackupKey.Length), backup.OrgId, backup.RootId, isForeign: false));
            await db.SaveChangesAsync(stop);
        }
        backup.KeyId = key.Fingerprint;
        return Unseal(key);
    }

    public static async Task<bool> IsAppendOnlyAsync(OCoreDb db, Backup backup, CancellationToken stop) =>
        backup.TargetId is { } id && await db.BackupTargets.AcrossTenants().AnyAsync(t => t.Id == id && t.AppendOnly, stop);

    /// <summary>The default of the organization, else that of its agency, else none: oCore's own directory.</summary>
    public static async Task<Guid?> DefaultAsync(OCoreDb db, Guid orgId, Guid rootId, CancellationToken stop) =>
        await db.BackupTargets.AcrossTenants().Where(t => t.IsDefault && (t.OrgId == orgId || t.OrgId == rootId)).OrderBy(t => t.OrgId == orgId ? 0 : 1).Select(t => (Guid?)t.Id).FirstOrDefaultAsync(stop);

    // Where people say to connect to is judged like every address that they name. One client for a store, or its connections would pile up.
    private sealed class GuardedWay(GuardedConnections guard, Uri address) : HttpClientFactory, IDisposable
    {
        private readonly HttpClient _http = new(guard.HandlerFor(address, connections: 4)) { Timeout = TimeSpan.FromMinutes(30) };

        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _http;
        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;
        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
        public void Dispose() => _http.Dispose();
    }
}
