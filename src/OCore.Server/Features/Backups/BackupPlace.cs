namespace OCore.Features.Backups;

/// <summary>A place, opened for one backup with the key that it is sealed with.</summary>
internal sealed class BackupPlace(IBackupStore store, Backup backup, byte[] key) : IDisposable
{
    public string Folder => backup.Folder;

    public byte[] KeyOf(string part) => BackupKey.ForPart(key, backup.SealedAs, part);

    /// <param name="part">Of the backup, by its name.</param>
    public Task<IStoredWrite> CreateAsync(string part, CancellationToken stop) => store.CreateAsync(Folder + part, stop);

    /// <inheritdoc cref="IBackupStore.OpenAsync"/>
    public Task<Stream> OpenAsync(string part, CancellationToken stop) => store.OpenAsync(Folder + part, stop);

    /// <summary>What is there of the backup, with its size.</summary>
    public async Task<Dictionary<string, long>> ListAsync(CancellationToken stop) => (await store.ListAsync(Folder, stop)).ToDictionary(o => o.Name[Folder.Length..], o => o.Bytes);

    public void Dispose() => store.Dispose();
}
