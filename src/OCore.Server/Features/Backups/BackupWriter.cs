using System.IO.Compression;
using System.Text;
using System.Text.Json;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

/// <summary>
/// Takes a backup: the database first, then the files, both of one moment, then a manifest of what was written. Everything passes
/// through oCore as it comes and is sealed here, so that no server holds a key or the way to a bucket.
/// </summary>
internal sealed class BackupWriter(BackupStores stores, BackupWorkers workers, SecretBox secrets, TimeProvider time)
{
    internal const string Pack = """if [ -d "$1" ]; then exec tar -C "$1" -cf - .; fi""";

    public async Task TakeAsync(OCoreDb db, InstanceOnServer on, Backup backup, Action<string> log, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        using var place = await stores.OpenAsync(db, backup, stop);
        await using var worker = await workers.DatabaseAsync(on, "backup", stop);
        await using var session = await worker.OpenAsync(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", on.Plan.Database], stop);
        var said = new BoundedLines(session.Out, "psql");
        await session.WriteAsync(Encoding.UTF8.GetBytes(BackupSql.Hold), stop);
        var moment = await Moment.ReadAsync(said, session.Complaint, stop);

        var database = await WritePartAsync(place, BackupManifest.Database, async target =>
        {
            await using var dump = await worker.OpenAsync(["pg_dump", "-Fc", "-Z", "5", "--no-owner", "--no-privileges", "--snapshot=" + moment.Snapshot, "-d", on.Plan.Database], stop);
            await dump.Out.CopyToAsync(target, 128 << 10, stop);
            await dump.EndedWellAsync(stop);
        }, stop);
        log($"The database takes {Sizes.Of(database.Bytes)}.");

        FileCount? files = null;
        var named = on.Plan.Cluster is { Bucket: not null } ? await NamedAsync(session, said, stop) : null;
        var archive = await WritePartAsync(place, BackupManifest.Files, async target => files = await ArchiveAsync(on, named, target, stop), stop);
        int missing;
        if (named is not null)
            missing = named.Count(name => !files!.Names.Contains(name));
        else
        {
            await session.WriteAsync(Encoding.UTF8.GetBytes(BackupSql.Files), stop);
            missing = await CountMissingAsync(said, files!.Names, stop);
        }
        log($"{files!.Files} files of {Sizes.Of(files.Bytes)}.");
        Warn(files, missing, log);

        backup.TakeSeconds = time.GetElapsedTime(began).TotalSeconds;
        var settings = await WritePartAsync(place, BackupManifest.Settings, async target => await target.WriteAsync(BackupSettings.Of(on.Instance, secrets).Write(), stop), stop);
        await FinishAsync(db, place, backup, new BackupManifest
        {
            Backup = backup.Id, Instance = on.Instance.Id, InstanceName = on.Instance.Name, TakenAt = time.GetUtcNow(), OdooVersion = on.Instance.OdooVersion, OdooEdition = on.Instance.OdooEdition,
            Image = on.Instance.Image, PostgresVersion = moment.Server, DatabaseName = on.Plan.Database, Modules = moment.Modules, Rows = moment.Rows, DatabaseFormat = "custom",
            DatabasePart = database, FilesPart = archive, SettingsPart = settings, FileCount = files.Files, FileBytes = files.Bytes, FilesAmiss = files.Amiss, FilesMissing = missing, KeyId = backup.KeyId!,
        }, stop);
    }

    /// <summary>The manifest goes last: a backup without one was never finished.</summary>
    public static async Task FinishAsync(OCoreDb db, BackupPlace place, Backup backup, BackupManifest manifest, CancellationToken stop)
    {
        await using var write = await place.CreateAsync(BackupManifest.FileName, stop);
        await write.Content.WriteAsync(manifest.Write(place.KeyOf(BackupManifest.FileName)), stop);
        await write.CompleteAsync(stop);
        (backup.State, backup.Manifest, backup.TakenAt, backup.Bytes) = (BackupState.Taken, manifest, manifest.TakenAt, manifest.Parts.Sum(p => p.StoredBytes));
        (backup.Fault, backup.FaultCode) = (null, null);
        await db.SaveChangesAsync(stop);
    }

    public static async Task<BackupPart> WritePartAsync(BackupPlace place, string part, Func<Stream, Task> write, CancellationToken stop)
    {
        // Each try has a key of its own, by a name of its own: a key must not seal two contents.
        var name = $"{part}.{Guid.CreateVersion7().ToString("N")[16..]}";
        await using var stored = await place.CreateAsync(name, stop);
        await using var sealing = new SealingStream(stored.Content, place.KeyOf(name));
        await write(sealing);
        await sealing.CompleteAsync(stop);
        await stored.CompleteAsync(stop);
        return new BackupPart(name, sealing.PlainBytes, sealing.PlainSha256, sealing.SealedBytes, sealing.SealedSha256);
    }

    /// <summary>Whatever was stored of it. One that was never begun is fine, and where nothing is to be deleted it stays.</summary>
    public async Task RemoveStoredAsync(OCoreDb db, Backup backup, CancellationToken stop)
    {
        if (await BackupStores.IsAppendOnlyAsync(db, backup, stop))
            return;
        using var store = await stores.OpenStoreAsync(db, backup, stop);
        foreach (var (name, _) in await store.ListAsync(backup.Folder, stop))
            await store.DeleteAsync(name, stop);
    }

    /// <summary>What the database of a session names: a bucket is asked for that, and not for what is in it.</summary>
    public static async Task<HashSet<FileName>> NamedAsync(DockerProgram session, BoundedLines said, CancellationToken stop)
    {
        await session.WriteAsync(Encoding.UTF8.GetBytes(BackupSql.Files), stop);
        var names = new HashSet<FileName>();
        while (await said.ReadLineAsync(stop) is { } line && line != "list-done")
            if (FileArchive.ShaOf(line) is { } sha && names.Add(FileName.Of(sha)) && names.Count > FileArchive.MostFiles)
                throw new RemoteCommandException("psql", $"the database names more than {FileArchive.MostFiles} files.");
        return names;
    }

    private async Task<FileCount> ArchiveAsync(InstanceOnServer on, HashSet<FileName>? named, Stream target, CancellationToken stop)
    {
        if (named is not null)
        {
            await using var whole = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true);
            var found = await BucketFiles.ReadAsync(on, on.Plan.Cluster!, named, whole, stop);
            await FileArchive.EndAsync(whole, stop);
            return found;
        }
        await using var worker = await workers.FilesAsync(on, "backup", readOnly: true, stop);
        await using var tar = await worker.OpenAsync(["/bin/sh", "-c", Pack, "sh", $"{FilestorePlace.Folder}/filestore/{on.Plan.Database}"], stop);
        FileCount files;
        await using (var packed = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true))
        {
            files = await FileArchive.CopyAsync(tar.Out, packed, stop);
            await FileArchive.EndAsync(packed, stop);
        }
        await tar.Out.CopyToAsync(Stream.Null, stop);
        // 1 is "a directory changed while it was read", which uploads do.
        if (await tar.ExitCodeAsync(stop) is not (0 or 1))
            throw new RemoteCommandException("tar", new CommandResult(2, "", tar.Complaint));
        return files;
    }

    internal static async Task<int> CountMissingAsync(BoundedLines said, HashSet<FileName> names, CancellationToken stop)
    {
        var missing = 0;
        while (await said.ReadLineAsync(stop) is { } line && line != "list-done")
            if (FileArchive.ShaOf(line) is { } sha && !names.Contains(FileName.Of(sha)))
                missing++;
        return missing;
    }

    private static void Warn(FileCount files, int missing, Action<string> log)
    {
        if (missing > 0)
            log($"{missing} files that the database names are not in the filestore: they were missing before.");
        if (files.Amiss > 0)
            log($"{files.Amiss} files do not have the content that their names say: they were damaged before.");
        if (files.Left > 0)
            log($"{files.Left} entries of the filestore are no files of Odoo and were left behind.");
    }

    /// <summary>What was true in the moment that the backup is of.</summary>
    private sealed record Moment(string Snapshot, string Server, IReadOnlyDictionary<string, string> Modules, IReadOnlyDictionary<string, long> Rows)
    {
        public static async Task<Moment> ReadAsync(BoundedLines said, string complaint, CancellationToken stop)
        {
            var (snapshot, server, modules, rows) = ("", "", new Dictionary<string, string>(), new Dictionary<string, long>());
            while (await said.ReadLineAsync(stop) is { } line)
            {
                if (line == "moment-held")
                    return new Moment(snapshot, server, modules, rows);
                var (word, rest) = line.IndexOf(' ', StringComparison.Ordinal) is > 0 and var at ? (line[..at], line[(at + 1)..]) : (line, "");
                if (word == "snapshot")
                    snapshot = rest;
                else if (word == "server")
                    server = rest.Split(' ')[0];
                else if (word == "modules")
                    modules = JsonSerializer.Deserialize<Dictionary<string, string>>(rest)!;
                else if (word == "rows")
                    rows[rest.Split(' ')[0]] = long.Parse(rest.Split(' ')[1]);
            }
            throw new RemoteCommandException("psql", new CommandResult(1, "", complaint.Length > 0 ? complaint : "PostgreSQL ended the session."));
        }
    }
}
