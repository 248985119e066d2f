using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Features.Backups;

/// <summary>Puts what a backup holds into a database and a filestore of an instance, beside what is there.</summary>
internal sealed class BackupRestorer(BackupStores stores, BackupWorkers workers, ServerFiles serverFiles)
{
    private const int LineLimit = 300;
    internal const string Empty = """set -eu; rm -rf -- "$1"; mkdir -p -- "$1" """;

    /// <summary>Into a database that is made anew. As the instance's own role: a dump is code, and what it does it may only do to itself.</summary>
    public async Task DatabaseAsync(OCoreDb db, InstanceOnServer on, Backup backup, string database, Action<string> log, CancellationToken stop)
    {
        var manifest = backup.Manifest!;
        var version = (await on.SqlAsync("postgres", BackupSql.ServerVersion, new Dictionary<string, string>(), stop)).Trim();
        if (MajorOf(manifest.PostgresVersion) is { } dumped && int.Parse(version) / 10000 is var here && dumped > here)
            throw new StepRefusedException("postgres_too_old", $"The backup is of PostgreSQL {dumped}, and {on.Server.Name} has {here}.", "Restore it on a server with the same or a newer PostgreSQL.");
        await on.SqlAsync("postgres", OdooSql.EnsureRole, new Dictionary<string, string> { ["db"] = on.Plan.Role, ["password"] = on.Plan.DatabasePassword, ["connections"] = RoleConnections.Of(on.Plan) }, stop);
        await on.SqlAsync("postgres", BackupSql.CreateEmpty, new Dictionary<string, string> { ["db"] = database, ["owner"] = on.Plan.Role }, stop);
        await using var worker = await workers.DatabaseAsync(on, "restore", stop);
        // Of one in words psql makes commands of its own too. An older psql has no way to forbid them; what they start is nobody, and may nothing.
        var words = manifest.DatabaseFormat == "sql" && RestrictedDump.IsKnownTo(await worker.RunAsync(["psql", "--version"], "psql", stop)) ? new RestrictedDump() : null;
        string[] program = manifest.DatabaseFormat == "sql"
            ? ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-o", "/dev/null", "-d", database]
            : ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "-d", database];
        await using (var run = await worker.OpenAsync(program, stop))
        {
            var code = await run.FeedAsync(target => CopyAsync(db, backup, manifest.DatabasePart, (source, ended) => words is null ? source.CopyToAsync(target, 128 << 10, ended) : words.CopyAsync(source, target, ended), stop), stop);
            if (code != 0)
                throw new StepRefusedException("restore_failed", $"PostgreSQL did not take the dump: {LastOf(run.Complaint)}", "Nothing of the instance was changed.");
        }
        await worker.RunAsync(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", "ANALYZE"], "ANALYZE", stop);
        log($"The database is restored as {database}.");
    }

    /// <summary>Into a folder that is made anew; of a topology with a bucket into the bucket, where they replace nothing.</summary>
    public async Task FilesAsync(OCoreDb db, InstanceOnServer on, Backup backup, string folder, Action<string> log, CancellationToken stop)
    {
        if (on.Plan.Cluster is { Bucket: not null } cluster)
        {
            await using var bucket = await BackupWorkers.BucketAsync(on, cluster, "restore", stop);
            await FeedAsync(db, bucket, backup, BucketFiles.WriteProgram(on), "The bucket did not take the files", "See that the topology's bucket takes its keys.", log, stop);
            return;
        }
        if (!FilestorePlace.AreShared(on.Plan))
            await ServerFiles.MakeFoldersAsync(on.Connection, [OdooContainer.FolderOf(on.Plan.InstanceId)], stop);
        await using var worker = await workers.FilesAsync(on, "restore", readOnly: false, stop);
        var path = $"{FilestorePlace.Folder}/filestore/{folder}";
        await worker.RunAsync(["/bin/sh", "-c", Empty, "sh", path], "Making the folder", stop);
        await FeedAsync(db, worker, backup, ["tar", "-x", "--no-same-owner", "-C", path, "-f", "-"], "The files could not be written", "See that the disk of the server is not full.", log, stop);
        if (!FilestorePlace.AreShared(on.Plan))
            await worker.RunAsync(["chown", "-R", (await FilestorePlace.OwnerAsync(serverFiles, on, stop)).ToString(), FilestorePlace.Folder.Value], "Giving the files to Odoo", stop);
    }

    private async Task FeedAsync(OCoreDb db, Worker worker, Backup backup, IReadOnlyList<string> argv, string failure, string hint, Action<string> log, CancellationToken stop)
    {
        await using var program = await worker.OpenAsync(argv, stop);
        var code = await program.FeedAsync(target => CopyAsync(db, backup, backup.Manifest!.FilesPart, async (source, ended) =>
        {
            await using var packed = new GZipStream(source, CompressionMode.Decompress, leaveOpen: true);
            var files = await FileArchive.CopyAsync(packed, target, ended);
            await FileArchive.EndAsync(target, ended);
            await packed.CopyToAsync(Stream.Null, ended);
            log($"{files.Files} files of {Sizes.Of(files.Bytes)}.");
        }, stop), stop);
        if (code != 0)
            throw new StepRefusedException("restore_failed", $"{failure}: {LastOf(program.Complaint)}", hint);
    }

    /// <summary>Held against the manifest: the rows of the tables that matter, and every file that the database names.</summary>
    public async Task<BackupFault?> CompareAsync(OCoreDb db, InstanceOnServer on, Backup backup, string database, CancellationToken stop)
    {
        var manifest = backup.Manifest!;
        await using var worker = await workers.DatabaseAsync(on, "compare", stop);
        await using var session = await worker.OpenAsync(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database], stop);
        var said = new BoundedLines(session.Out, "psql");
        await session.WriteAsync(Encoding.UTF8.GetBytes(BackupSql.Count + "\nSELECT 'rows-counted';\n"), stop);
        var rows = new Dictionary<string, long>();
        while (await said.ReadLineAsync(stop) is { } line && line != "rows-counted")
            if (line.Split(' ') is ["rows", var table, var count])
                rows[table] = long.Parse(count);
        foreach (var (table, count) in manifest.Rows)
            if (rows.GetValueOrDefault(table, -1) is var found && found != count)
                return new("wrong_counts", found < 0 ? $"The table {table} is not in the restored database." : $"{table} has {found} rows and not {count}.");
        HashSet<FileName>? names = null;
        await CopyAsync(db, backup, manifest.FilesPart, async (source, ended) =>
        {
            await using var packed = new GZipStream(source, CompressionMode.Decompress, leaveOpen: true);
            names = (await FileArchive.CopyAsync(packed, Stream.Null, ended)).Names;
            await packed.CopyToAsync(Stream.Null, ended);
        }, stop);
        await session.WriteAsync(Encoding.UTF8.GetBytes(BackupSql.Files), stop);
        var missing = await BackupWriter.CountMissingAsync(said, names!, stop);
        return missing > manifest.FilesMissing ? new("missing_files", $"{missing - manifest.FilesMissing.Value} files that the database names are not in the backup.") : null;
    }

    /// <summary>One part as it comes, to its end: the end is where a cut shows.</summary>
    private async Task CopyAsync(OCoreDb db, Backup backup, BackupPart part, Func<Stream, CancellationToken, Task> use, CancellationToken stop)
    {
        using var place = await stores.OpenAsync(db, backup, stop);
        await using var source = await BackupReader.OpenPartAsync(place, part, stop);
        try
        {
            await use(source, stop);
            await source.CopyToAsync(Stream.Null, stop);
        }
        catch (Exception broken) when (broken is CryptographicException or InvalidDataException)
        {
            throw new StepRefusedException("backup_damaged", $"{part.Name} of the backup does not open.", "Use another backup. Nothing was changed.", broken);
        }
        if (source.PlainSha256 != part.Sha256)
            throw new StepRefusedException("backup_damaged", $"{part.Name} of the backup does not have the checksum it was written with.", "Use another backup. Nothing was changed.");
    }

    /// <summary>
    /// Before the first start of a copy: no mail leaves it, nothing runs by schedule, nobody is charged. Odoo's own command does it for
    /// every module that is installed; what it did is then counted, and a copy that is not neutral does not start.
    /// </summary>
    public static async Task NeutralizeAsync(InstanceOnServer on, Action<string> log, CancellationToken stop)
    {
        if (on.Plan.Major < 16)
            throw new StepRefusedException("neutralize_unknown", $"Odoo {on.Plan.Major} has no way to neutralize a database.", "Copies can be neutralized from Odoo 16 on.");
        var run = await on.Connection.Docker.RunOnceAsync(OdooContainer.Tool(on.Plan, "neutralize", ["neutralize", "-d", on.Plan.Database]), stop, log);
        var counts = (await on.SqlAsync(on.Plan.Database, BackupSql.Neutral, new Dictionary<string, string>(), stop)).Trim();
        if (!run.Ok || counts != "1|0|0")
            throw new StepRefusedException("not_neutral", $"The copy could not be neutralized ({counts}): {(run.Tail.Count > 0 ? run.Tail[^1] : "Odoo said nothing")}", "It was not started.");
        log("Neutralized: no mail server, no scheduled action but Odoo's own cleaning.");
    }

    private static int? MajorOf(string version) => int.TryParse(version.Split('.')[0], out var major) ? major : null;

    private static string LastOf(string complaint)
    {
        var line = complaint.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault(l => l.Contains("error", StringComparison.OrdinalIgnoreCase)) ?? complaint.Split('\n')[^1];
        return line.Length > LineLimit ? line[..LineLimit] : line;
    }
}
