using Amazon.Runtime;
using Amazon.S3;
using Microsoft.EntityFrameworkCore;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

/// <summary>Opens the places where backups are kept, and the keys that they are sealed with.</summary>
internal sealed class BackupStores(Settings settings, SecretBox secrets, GuardedConnections guard)
{
    public const string TargetSecret = "backup.target";

    public string KeyId => secrets.KeyId;

    /// <summary>Where a backup is, or is to go. The target may be the agency's though the backup is its client's.</summary>
    public async Task<IBackupStore> OpenAsync(OCoreDb db, Backup backup, CancellationToken stop) =>
        backup.TargetId is { } id ? Open(await db.BackupTargets.AcrossTenants().AsNoTracking().SingleAsync(t => t.Id == id, stop)) : new LocalBackupStore(settings.BackupDirectory);

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

    /// <summary>The key of one part of one backup. Each is used once.</summary>
    public byte[] KeyOf(Backup backup, string part) => secrets.Derive("backup." + part, backup.RootId, backup.Id.ToByteArray());

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
