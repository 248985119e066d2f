using System.Text;
using OCore.Features.Backups;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Remote;

namespace OCore.Features.Databases;

/// <summary>
/// Copies a database of an instance with its files while people work in it: PostgreSQL's own copying would need it to have no
/// connections. As the instance's role, for what a dump holds is somebody's code.
/// </summary>
internal sealed class DatabaseCopier(BackupWorkers workers, ServerFiles files)
{
    private static readonly TimeSpan AtMost = TimeSpan.FromHours(12);

    // Both ends in one container: nothing of it passes through oCore. The arguments are the snapshot and the two names.
    private const string Pipe = """
        pg_dump -Fc -Z0 --no-owner --no-privileges --snapshot="$1" -d "$2" | pg_restore --no-owner --no-privileges --exit-on-error --single-transaction -d "$3"
        """;

    /// <summary>Into a database and a folder that are made anew, both of one moment.</summary>
    public async Task CopyAsync(InstanceOnServer on, string from, string to, Action<string> log, CancellationToken stop)
    {
        await using var worker = await workers.DatabaseAsync(on, "copy", stop);
        // Holds the moment, and keeps Odoo from sweeping files away until those are copied too.
        await using var session = await worker.OpenAsync(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", from], stop);
        var said = new BoundedLines(session.Out, "psql");
        await session.WriteAsync(Encoding.UTF8.GetBytes(BackupSql.Hold), stop);
        var snapshot = "";
        for (string? line = ""; line != "moment-held"; line = await said.ReadLineAsync(stop) ?? throw new RemoteCommandException("psql", new CommandResult(1, "", session.Complaint)))
            if (line.StartsWith("snapshot ", StringComparison.Ordinal))
                snapshot = line["snapshot ".Length..];
        await on.SqlAsync("postgres", BackupSql.CreateEmpty, new Dictionary<string, string> { ["db"] = to, ["owner"] = on.Plan.Role }, stop);
        await worker.RunAsync(["bash", "-o", "pipefail", "-c", Pipe, "bash", snapshot, from, to], "Copying the database", stop, AtMost);
        await worker.RunAsync(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", to, "-c", "ANALYZE"], "ANALYZE", stop, AtMost);
        log($"The database {from} is copied as {to}.");
        if (on.Plan.Cluster is { Bucket: not null } cluster)
        {
            await BucketFiles.CopyAsync(on, cluster, await BackupWriter.NamedAsync(session, said, stop), from, to, stop);
            log("Its files are copied in the bucket.");
            return;
        }
        // Linked: both are this instance's, in one folder that is all its Odoo's. What a template or another instance has is never linked.
        await FilesAsync(on, """
            set -eu; mkdir -p "$1/filestore"; cd "$1/filestore"
            rm -rf -- "$3"; mkdir -- "$3"
            if [ -d "$2" ]; then cp -al -- "$2/." "$3/"; fi
            if [ "$(id -u)" = 0 ]; then chown -- "$4" . "$3"; fi
            """, stop, from, to, (await FilestorePlace.OwnerAsync(files, on, stop)).ToString());
        log("Its files are copied: those that both have lie on the disk once.");
    }

    /// <summary>The files of a template database for one that was cloned from it.</summary>
    public Task TakeTemplateFilesAsync(InstanceOnServer on, string template, string to, CancellationToken stop) =>
        FilestorePlace.TakeTemplateAsync(files, on, "db-files-" + on.Instance.Slug, template, to, stop);

    /// <summary>Before the database has the new name, for in a bucket its files are those that it names.</summary>
    public async Task RenameFilesAsync(InstanceOnServer on, string from, string to, CancellationToken stop)
    {
        if (on.Plan.Cluster is not { Bucket: not null } cluster)
        {
            await FilesAsync(on, """
                set -eu; cd "$1/filestore" 2>/dev/null || exit 0
                if [ -e "$2" ] && [ ! -e "$3" ]; then mv -T -- "$2" "$3"; fi
                """, stop, from, to);
            return;
        }
        // Nobody's where it has the new name already. The role's own name may have changed before the row did.
        var owner = (await on.SqlAsync("postgres", DatabaseSql.Owner, new Dictionary<string, string> { ["db"] = from }, stop)).Trim();
        if (owner.Length == 0)
            return;
        await using var worker = await workers.DatabaseAsync(on.As(owner), "rename", stop);
        await using var session = await worker.OpenAsync(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", from], stop);
        var said = new BoundedLines(session.Out, "psql");
        await BucketFiles.CopyAsync(on, cluster, await BackupWriter.NamedAsync(session, said, stop), from, to, stop);
    }

    /// <summary>What a bucket has stays there, as what is deleted in Odoo does.</summary>
    public Task RemoveFilesAsync(InstanceOnServer on, string name, CancellationToken stop) => FilesAsync(on, """rm -rf -- "$1/filestore/$2" """, stop, name);

    private Task FilesAsync(InstanceOnServer on, string script, CancellationToken stop, params string[] names) =>
        FilestorePlace.RunAsync(files, on, "db-files-" + on.Instance.Slug, script, stop, names);
}
