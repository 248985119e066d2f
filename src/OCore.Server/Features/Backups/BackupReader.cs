using System.IO.Compression;
using System.Security.Cryptography;
using OCore.Client;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

/// <summary>What is wrong with a backup: a word that does not change, and a sentence.</summary>
internal sealed record BackupFault(string Code, string Message);

/// <summary>Reads backups back: nothing counts as stored that was not.</summary>
internal sealed class BackupReader(BackupStores stores, TimeProvider time)
{
    /// <summary>
    /// Reads every byte of it from where it is kept and holds it against what was written: sizes and checksums, the seal of every
    /// block, and the content of every file against its name. The row says afterwards how good it is.
    /// </summary>
    /// <exception cref="StoreAwayException">It could not be looked at, which says nothing of the backup.</exception>
    public async Task<BackupFault?> CheckAsync(OCoreDb db, Backup backup, Action<string> log, CancellationToken stop)
    {
        var fault = await FindAsync(db, backup, log, stop);
        backup.CheckedAt = time.GetUtcNow();
        (backup.Fault, backup.FaultCode) = (fault?.Message, fault?.Code);
        if (fault is not null)
            backup.State = BackupState.Damaged;
        else if (backup.State != BackupState.Verified)
            backup.State = BackupState.Intact;
        await db.SaveChangesAsync(stop);
        return fault;
    }

    private async Task<BackupFault?> FindAsync(OCoreDb db, Backup backup, Action<string> log, CancellationToken stop)
    {
        if (backup.Manifest is not { } manifest)
            return new("never_finished", "It was never finished.");
        try
        {
            using var place = await stores.OpenAsync(db, backup, stop);
            return await FindAsync(db, place, backup, manifest, log, stop);
        }
        catch (CryptographicException wrong)
        {
            return new("wrong_key", $"It was sealed with the key {backup.KeyId}, which does not open: {wrong.Message}");
        }
    }

    private static async Task<BackupFault?> FindAsync(OCoreDb db, BackupPlace place, Backup backup, BackupManifest manifest, Action<string> log, CancellationToken stop)
    {
        var there = await place.ListAsync(stop);
        if (await ManifestAsync(place, manifest, there, stop) is { } wrong)
            return wrong;
        foreach (var part in manifest.Parts)
        {
            if (!there.TryGetValue(part.Name, out var bytes))
                return new("missing_part", $"{part.Name} is not there any more.");
            if (bytes != part.StoredBytes)
                return new("wrong_size", $"{part.Name} has {bytes} bytes and not {part.StoredBytes}.");
            if (await PartAsync(place, manifest, part, stop) is { } broken)
                return broken;
        }
        if (backup.State == BackupState.Taken)
        {
            backup.State = BackupState.Stored;
            await db.SaveChangesAsync(stop);
        }
        log($"Read back {Sizes.Of(manifest.Parts.Sum(p => p.StoredBytes))}: all of it is what was written.");
        return null;
    }

    private static async Task<BackupFault?> ManifestAsync(BackupPlace place, BackupManifest wanted, Dictionary<string, long> there, CancellationToken stop)
    {
        if (!there.TryGetValue(BackupManifest.FileName, out var bytes))
            return new("missing_manifest", "Its manifest is not there any more.");
        if (bytes > 4 << 20)
            return new("altered_manifest", "Its manifest was changed.");
        await using var source = await place.OpenAsync(BackupManifest.FileName, stop);
        using var text = new MemoryStream();
        await source.CopyToAsync(text, stop);
        var key = place.KeyOf(BackupManifest.FileName);
        return BackupManifest.Read(text.ToArray(), key) is not { } found ? new("altered_manifest", "Its manifest was changed.")
            : !found.Write(key).AsSpan().SequenceEqual(wanted.Write(key)) ? new("other_manifest", "Its manifest is one of another backup, or of another time.")
            : null;
    }

    private static async Task<BackupFault?> PartAsync(BackupPlace place, BackupManifest manifest, BackupPart part, CancellationToken stop)
    {
        try
        {
            await using var source = await OpenPartAsync(place, part, stop);
            if (part == manifest.FilesPart && await FilesAsync(source, manifest, stop) is { } amiss)
                return amiss;
            await source.CopyToAsync(Stream.Null, 128 << 10, stop);
            return source.PlainSha256 == part.Sha256 && source.PlainBytes == part.Bytes && source.SealedSha256 == part.StoredSha256 ? null
                : new("wrong_checksum", $"{part.Name} does not have the checksum it was written with.");
        }
        catch (CryptographicException)
        {
            return new("altered_part", $"{part.Name} was changed: a block of it does not open.");
        }
        catch (FileNotFoundException)
        {
            return new("missing_part", $"{part.Name} is not there any more.");
        }
    }

    private static async Task<BackupFault?> FilesAsync(Stream source, BackupManifest manifest, CancellationToken stop)
    {
        try
        {
            await using var packed = new GZipStream(source, CompressionMode.Decompress, leaveOpen: true);
            var files = await FileArchive.CopyAsync(packed, Stream.Null, stop);
            await packed.CopyToAsync(Stream.Null, stop);
            return files.Files != manifest.FileCount || files.Bytes != manifest.FileBytes ? new("missing_files", $"The archive holds {files.Files} files and not {manifest.FileCount}.")
                : files.Amiss != manifest.FilesAmiss ? new("file_amiss", $"{files.Amiss} files do not have the content that their names say.")
                : null;
        }
        catch (Exception broken) when (broken is InvalidDataException or EndOfStreamException or FormatException)
        {
            return new("broken_archive", $"The archive of the files does not open: {broken.Message}");
        }
    }

    /// <summary>One part, opened as it comes.</summary>
    public static async Task<UnsealingStream> OpenPartAsync(BackupPlace place, BackupPart part, CancellationToken stop) => new(await place.OpenAsync(part.Name, stop), place.KeyOf(part.Name));

    public async Task<BackupSettings> SettingsAsync(OCoreDb db, Backup backup, CancellationToken stop)
    {
        using var place = await stores.OpenAsync(db, backup, stop);
        await using var source = await OpenPartAsync(place, backup.Manifest!.SettingsPart, stop);
        using var text = new MemoryStream();
        await source.CopyToAsync(text, stop);
        return BackupSettings.Read(text.ToArray());
    }

    /// <exception cref="StepRefusedException">It is damaged.</exception>
    public async Task DemandIntactAsync(OCoreDb db, Backup backup, Action<string> log, CancellationToken stop)
    {
        if (await CheckAsync(db, backup, log, stop) is { } fault)
            throw new StepRefusedException("backup_damaged", $"{fault.Code}: {fault.Message}", "Use another backup. Nothing was changed.");
    }
}
