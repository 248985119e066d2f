using System.Text.Json;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Features.Backups;

/// <summary>
/// Finds backups in a place by nothing but their keys: on an oCore that knows nothing of them, because the one that took them is gone
/// or has lost its rows. What a key does not open stays unknown, whoever it may be of.
/// </summary>
internal sealed class BackupRecovery(BackupStores stores, TimeProvider time)
{
    public const string Reason = "recovered";
    private const int AtOnce = 8, LargestManifest = 4 << 20;

    /// <param name="keys">By the name that manifests give them.</param>
    /// <param name="known">The folders that rows speak of already.</param>
    /// <exception cref="StoreAwayException">The place does not answer, or refuses.</exception>
    public async Task<(List<Backup> Found, RecoveredBackups Counts)> LookAsync(OCoreDb db, Guid orgId, Guid rootId, Guid? target, IReadOnlyDictionary<string, byte[]> keys, IReadOnlySet<string> known, CancellationToken stop)
    {
        using var store = await stores.OpenStoreAsync(db, target, stop);
        var ending = "/" + BackupManifest.FileName;
        var all = (await store.ListAsync("", stop)).Where(o => o.Name.EndsWith(ending, StringComparison.Ordinal) && o.Bytes <= LargestManifest).Select(o => o.Name[..^BackupManifest.FileName.Length]).ToList();
        var found = new List<Backup>();
        var wanted = all.Where(folder => !known.Contains(folder)).ToList();
        foreach (var some in wanted.Chunk(AtOnce))
            found.AddRange((await Task.WhenAll(some.Select(folder => OpenAsync(store, folder, keys, stop)))).OfType<(string Folder, BackupManifest Manifest)>().Select(f => RowOf(f.Folder, f.Manifest)));
        return (found, new RecoveredBackups { Found = all.Count, Recovered = found.Count, Known = all.Count - wanted.Count, Closed = wanted.Count - found.Count });

        Backup RowOf(string folder, BackupManifest manifest) => new()
        {
            OrgId = orgId, RootId = rootId, InstanceName = manifest.InstanceName, TargetId = target, Reason = Reason, OdooVersion = manifest.OdooVersion, OdooEdition = manifest.OdooEdition, CreatedAt = time.GetUtcNow(),
            State = BackupState.Taken, Manifest = manifest, TakenAt = manifest.TakenAt, Bytes = manifest.Parts.Sum(p => p.StoredBytes), KeyId = manifest.KeyId, CopyOf = manifest.Backup, StoredIn = folder,
        };
    }

    private static async Task<(string Folder, BackupManifest Manifest)?> OpenAsync(IBackupStore store, string folder, IReadOnlyDictionary<string, byte[]> keys, CancellationToken stop)
    {
        using var text = new MemoryStream();
        try
        {
            await using var source = await store.OpenAsync(folder + BackupManifest.FileName, stop);
            await source.CopyToAsync(text, stop);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        var stored = text.ToArray();
        return Claim(stored) is var (backup, keyId) && keys.TryGetValue(keyId, out var key) && BackupManifest.Read(stored, BackupKey.ForPart(key, backup, BackupManifest.FileName)) is { } manifest ? (folder, manifest) : null;
    }

    /// <summary>What it says of itself, which nobody has to believe before the key does.</summary>
    private static (Guid Backup, string KeyId)? Claim(byte[] stored)
    {
        try
        {
            var reader = new Utf8JsonReader(stored);
            using var said = JsonDocument.ParseValue(ref reader);
            return said.RootElement.ValueKind == JsonValueKind.Object && said.RootElement.TryGetProperty("backup", out var id) && id.TryGetGuid(out var backup)
                && said.RootElement.TryGetProperty("keyId", out var key) && key.GetString() is { } keyId ? (backup, keyId) : null;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
