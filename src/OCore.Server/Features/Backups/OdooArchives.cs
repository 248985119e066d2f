using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using OCore.Features.Servers;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

/// <summary>An uploaded archive is not one of Odoo; the message is for people.</summary>
internal sealed class ArchiveRefusedException(string message) : Exception(message);

/// <summary>
/// The zip that Odoo's own database manager makes and takes: <c>dump.sql</c>, <c>filestore/</c> and <c>manifest.json</c>. Both ways
/// as it comes; an upload lies on the disk sealed, and only until it was read.
/// </summary>
internal sealed class OdooArchives(BackupStores stores, ServerAccess servers, BackupPreflight preflight, Settings settings, TimeProvider time)
{
    public const long MaxBytes = 64L << 30;
    private const int ManifestLimit = 8 << 20, ShortestZip = 22, MostEntries = 1_000_000;

    /// <summary>Writes a backup as Odoo's archive. The dump is put into words by PostgreSQL's own program, in a container without a network.</summary>
    public async Task WriteAsync(OCoreDb db, Backup backup, Server server, Stream target, CancellationToken stop)
    {
        using var place = await stores.OpenAsync(db, backup, stop);
        await using var patient = new PatientStream(target);
        await using (var zip = await ZipArchive.CreateAsync(patient, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, stop))
            await WriteAsync(zip, place, backup, server, stop);
        await patient.FlushAsync(stop);
    }

    private async Task WriteAsync(ZipArchive zip, BackupPlace place, Backup backup, Server server, CancellationToken stop)
    {
        var manifest = backup.Manifest!;
        await using (var entry = await zip.CreateEntry("manifest.json", CompressionLevel.Fastest).OpenAsync(stop))
            await entry.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(OdooManifest(manifest)), stop);
        await using (var entry = await zip.CreateEntry("dump.sql", CompressionLevel.Fastest).OpenAsync(stop))
        await using (var dump = await BackupReader.OpenPartAsync(place, manifest.DatabasePart, stop))
        {
            if (manifest.DatabaseFormat == "sql")
                await dump.CopyToAsync(entry, 128 << 10, stop);
            else
                await ToSqlAsync(await servers.ConnectAsync(server, stop), backup, dump, entry, stop);
        }
        await using var files = await BackupReader.OpenPartAsync(place, manifest.FilesPart, stop);
        await using var packed = new GZipStream(files, CompressionMode.Decompress);
        await using var tar = new System.Formats.Tar.TarReader(packed);
        while (await tar.GetNextEntryAsync(copyData: false, stop) is { } file)
        {
            if (FileArchive.ShaOf(file.Name) is null)
                continue;
            await using var entry = await zip.CreateEntry("filestore/" + file.Name, CompressionLevel.NoCompression).OpenAsync(stop);
            if (file.DataStream is { } content)
                await content.CopyToAsync(entry, 128 << 10, stop);
        }
    }

    private async Task ToSqlAsync(IServerConnection connection, Backup backup, Stream dump, Stream target, CancellationToken stop)
    {
        var name = DockerName.Parse($"ocore-unpack-{Guid.CreateVersion7().ToString("N")[16..]}");
        try
        {
            await connection.Docker.EnsureContainerAsync(new ContainerSpec
            {
                Name = name, Image = PostgresContainer.Image(settings), User = "root", NoNetwork = true, Entrypoint = ["sleep"], Command = ["21600"], Restart = RestartRule.No, PidsLimit = 16, Init = true,
                Labels = new Dictionary<string, string> { [ServerLabels.Instance] = backup.Id.ToString() },
            }, stop);
            await using var program = await connection.Docker.OpenProgramAsync(name, ["pg_restore", "--no-owner", "--no-privileges", "-f", "-"], stop);
            var feeding = program.WriteAllAsync(dump, stop);
            await program.Out.CopyToAsync(target, 128 << 10, stop);
            await feeding;
            await program.EndedWellAsync(stop);
        }
        finally
        {
            await connection.Docker.RemoveContainerAsync(name, CancellationToken.None);
        }
    }

    private static JsonObject OdooManifest(BackupManifest manifest)
    {
        var (major, minor) = (int.Parse(manifest.OdooVersion[..2]), 0);
        return new JsonObject
        {
            ["odoo_dump"] = "1", ["db_name"] = manifest.DatabaseName, ["version"] = manifest.OdooVersion, ["version_info"] = new JsonArray(major, minor, 0, "final", 0, ""), ["major_version"] = manifest.OdooVersion,
            ["pg_version"] = string.Join('.', manifest.PostgresVersion.Split('.').Take(2)), ["modules"] = new JsonObject(manifest.Modules.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value))),
        };
    }

    /// <summary>Seals an upload as it comes; it is removed when the file is disposed of.</summary>
    public async Task<Upload> ReceiveAsync(Stream body, CancellationToken stop)
    {
        var upload = new Upload(Path.Combine(UploadRoom.FolderOf(settings), Guid.CreateVersion7().ToString("N")), SealedFile.NewKey());
        try
        {
            await using var file = new FileStream(upload.Path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 128 << 10, FileOptions.Asynchronous);
            await SealedFile.WriteAsync(body, file, upload.Key, stop);
            return upload;
        }
        catch
        {
            upload.Dispose();
            throw;
        }
    }

    internal sealed record Upload(string Path, byte[] Key) : IDisposable
    {
        public void Dispose() => File.Delete(Path);
    }

    /// <summary>What an archive says of itself, before anything is made of it.</summary>
    /// <exception cref="ArchiveRefusedException">It is none of Odoo.</exception>
    public (string Version, string Database, string Postgres, Dictionary<string, string> Modules) Inspect(Upload upload, string? version)
    {
        using var zip = Open(upload);
        if (zip.GetEntry("dump.sql") is null)
            throw new ArchiveRefusedException("There is no dump.sql in it.");
        var manifest = ReadManifest(zip);
        var found = (string?)manifest?["major_version"] ?? version ?? throw new ArchiveRefusedException("It has no manifest.json that says of which version of Odoo it is.");
        if (preflight.ImageOf(found) is null)
            throw new ArchiveRefusedException($"It is of Odoo {found}; there are {preflight.Versions}.");
        var modules = manifest?["modules"] is JsonObject list ? list.Where(m => m.Value is JsonValue).ToDictionary(m => m.Key, m => m.Value!.ToString()) : [];
        return (found, (string?)manifest?["db_name"] ?? "imported", (string?)manifest?["pg_version"] ?? "0", modules);
    }

    /// <summary>Makes a backup of an archive: the parts are sealed and stored like those of our own.</summary>
    public async Task KeepAsync(OCoreDb db, Backup backup, Upload upload, (string Version, string Database, string Postgres, Dictionary<string, string> Modules) said, BackupSettings like, CancellationToken stop)
    {
        using var zip = Open(upload);
        // What a small archive may swell to has to end somewhere.
        var room = new FileInfo(upload.Path).Length * 60 + (1L << 30);
        using var place = await stores.OpenAsync(db, backup, stop);
        var database = await BackupWriter.WritePartAsync(place, BackupManifest.Database, async target => room -= await CopyAsync(zip.GetEntry("dump.sql")!, target, room, stop), stop);
        var (files, bytes, amiss, seen) = (0, 0L, 0, new HashSet<FileName>());
        var archive = await BackupWriter.WritePartAsync(place, BackupManifest.Files, async target =>
        {
            await using var packed = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true);
            foreach (var entry in zip.Entries.Where(e => e.FullName.StartsWith("filestore/", StringComparison.Ordinal)))
            {
                if (FileArchive.ShaOf(entry.FullName) is not { } sha || !seen.Add(FileName.Of(sha)))
                    continue;
                if ((room -= entry.Length) < 0)
                    throw new ArchiveRefusedException("It swells to more than an archive of Odoo does.");
                await using var content = entry.Open();
                if (!await FileArchive.WriteAsync(packed, $"{sha[..2]}/{sha}", entry.Length, content, sha, stop))
                    amiss++;
                files++;
                bytes += entry.Length;
            }
            await FileArchive.EndAsync(packed, stop);
        }, stop);
        var settingsPart = await BackupWriter.WritePartAsync(place, BackupManifest.Settings, async target => await target.WriteAsync(like.Write(), stop), stop);
        await BackupWriter.FinishAsync(db, place, backup, new BackupManifest
        {
            Backup = backup.Id, Instance = backup.InstanceId, InstanceName = backup.InstanceName, TakenAt = time.GetUtcNow(), OdooVersion = said.Version, OdooEdition = backup.OdooEdition, Image = like.Image,
            PostgresVersion = said.Postgres, DatabaseName = said.Database, Modules = said.Modules, Rows = new Dictionary<string, long>(), DatabaseFormat = "sql", DatabasePart = database, FilesPart = archive,
            SettingsPart = settingsPart, FileCount = files, FileBytes = bytes, FilesAmiss = amiss, FilesMissing = null, KeyId = backup.KeyId!,
        }, stop);
    }

    private static async Task<long> CopyAsync(ZipArchiveEntry entry, Stream target, long room, CancellationToken stop)
    {
        await using var content = entry.Open();
        var (buffer, total) = (new byte[128 << 10], 0L);
        int count;
        while ((count = await content.ReadAsync(buffer, stop)) > 0)
        {
            if ((total += count) > room)
                throw new ArchiveRefusedException("It swells to more than an archive of Odoo does.");
            await target.WriteAsync(buffer.AsMemory(0, count), stop);
        }
        return total;
    }

    private static ZipArchive Open(Upload upload)
    {
        var file = SealedFile.Open(upload.Path, upload.Key);
        try
        {
            // The least that a zip has is its end.
            if (file.Length < ShortestZip)
                throw new InvalidDataException();
            if (!ZipDirectory.HasAtMost(file, MostEntries))
                throw new ArchiveRefusedException($"It has more than {MostEntries} entries.");
            return new ZipArchive(file, ZipArchiveMode.Read);
        }
        catch (ArchiveRefusedException)
        {
            file.Dispose();
            throw;
        }
        catch (Exception broken) when (broken is InvalidDataException or CryptographicException or IOException or ArgumentException)
        {
            file.Dispose();
            throw new ArchiveRefusedException("It is no zip file, or one that was cut off.");
        }
    }

    private static JsonObject? ReadManifest(ZipArchive zip)
    {
        if (zip.GetEntry("manifest.json") is not { } entry || entry.Length > ManifestLimit)
            return null;
        try
        {
            using var content = entry.Open();
            return JsonNode.Parse(content) as JsonObject;
        }
        catch (Exception broken) when (broken is JsonException or InvalidDataException)
        {
            throw new ArchiveRefusedException("Its manifest.json does not open.");
        }
    }
}
