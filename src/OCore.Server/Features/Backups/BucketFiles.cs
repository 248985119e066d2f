using System.IO.Pipelines;
using System.Text;
using OCore.Features.Instances;
using OCore.Platform.Remote;

namespace OCore.Features.Backups;

/// <summary>
/// The files of a topology that keeps them in a bucket. Nothing is ever removed from it, so what a database names is there for as long as a
/// backup takes; and files are named by their content, so putting them back replaces nothing.
/// </summary>
internal static class BucketFiles
{
    // The module's own client of the bucket, without what it needs of Odoo.
    private const string Prelude = """
        import json, sys
        source = open("/opt/hosting/addons/hosting_files/__init__.py", encoding="utf-8").read().split("def _object(")[0]
        source = "\n".join(line for line in source.split("\n") if not line.startswith("from odoo"))
        place = {}
        exec(source, place)
        bucket = place["Bucket"](json.load(open("/opt/hosting/files.json", encoding="utf-8")))
        database, cache = sys.argv[1], sys.argv[2]
        """;

    /// <summary>Names come in, an archive goes out: from the cache where it is whole, otherwise from the bucket, some at once.</summary>
    private const string ReadScript = Prelude + "\n" + """
        import hashlib, io, os, tarfile
        from collections import deque
        from concurrent.futures import ThreadPoolExecutor

        def content(name):
            try:
                with open(os.path.join(cache, name), "rb") as file:
                    data = file.read()
                if hashlib.sha1(data).hexdigest() == name[3:]:
                    return data
            except OSError:
                pass
            return bucket.get(database + "/" + name)

        archive = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.USTAR_FORMAT)

        def add(name, data):
            if data is not None:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))

        with ThreadPoolExecutor(4) as people:
            under_way = deque()
            for line in sys.stdin:
                name = line.strip()
                under_way.append((name, people.submit(content, name)))
                if len(under_way) >= 8:
                    name, data = under_way.popleft()
                    add(name, data.result())
            for name, data in under_way:
                add(name, data.result())
        archive.close()
        """;

    /// <summary>An archive comes in; what the bucket does not have is put into it.</summary>
    private const string WriteScript = Prelude + "\n" + """
        import tarfile
        archive = tarfile.open(fileobj=sys.stdin.buffer, mode="r|")
        for entry in archive:
            name = database + "/" + entry.name
            if bucket.call("HEAD", name)[0] != 200:
                bucket.put(name, archive.extractfile(entry).read())
        """;

    /// <summary>Names come in; what the bucket has under the first database and not under the second is put there too.</summary>
    private const string CopyScript = Prelude + "\n" + """
        from concurrent.futures import ThreadPoolExecutor

        def copy(line):
            name = line.strip()
            if bucket.call("HEAD", cache + "/" + name)[0] != 200:
                data = bucket.get(database + "/" + name)
                if data is not None:
                    bucket.put(cache + "/" + name, data)

        with ThreadPoolExecutor(4) as people:
            for _ in people.map(copy, sys.stdin):
                pass
        """;

    /// <summary>The files of one database under the name of another: those of the first stay, as everything does that is in a bucket.</summary>
    public static async Task CopyAsync(InstanceOnServer on, OdooCluster cluster, IReadOnlyCollection<FileName> names, string from, string to, CancellationToken stop)
    {
        await using var worker = await BackupWorkers.BucketAsync(on, cluster, "copy", stop);
        await using var program = await worker.OpenAsync(["python3", "-I", "-c", CopyScript, from, to], stop);
        var code = await program.FeedAsync(async target =>
        {
            foreach (var lines in Lines(names))
                await target.WriteAsync(lines, stop);
        }, stop);
        if (code != 0)
            throw new RemoteCommandException("Copying in the bucket", new CommandResult(code, "", program.Complaint));
    }

    /// <summary>The named files as an archive, in whatever order they come.</summary>
    public static async Task<FileCount> ReadAsync(InstanceOnServer on, OdooCluster cluster, IReadOnlyCollection<FileName> names, Stream target, CancellationToken stop)
    {
        await using var worker = await BackupWorkers.BucketAsync(on, cluster, "backup", stop);
        await using var program = await worker.OpenAsync(["python3", "-I", "-c", ReadScript, on.Plan.Database, $"{FilestorePlace.Folder}/filestore/{on.Plan.Database}"], stop);
        var pipe = new Pipe();
        var filling = FillAsync(pipe.Writer, names, stop);
        await using var list = pipe.Reader.AsStream();
        var feeding = FeedAsync(program, list, stop);
        var files = await FileArchive.CopyAsync(program.Out, target, stop);
        await program.Out.CopyToAsync(Stream.Null, stop);
        await feeding;
        await filling;
        await program.EndedWellAsync(stop);
        return files;
    }

    /// <summary>What puts files back, in a worker: it takes the archive as its input.</summary>
    public static IReadOnlyList<string> WriteProgram(InstanceOnServer on) => ["python3", "-I", "-c", WriteScript, on.Plan.Database, "-"];

    private static async Task FeedAsync(Platform.Docker.DockerProgram program, Stream list, CancellationToken stop)
    {
        await program.WriteAllAsync(list, stop);
        // Where it ended early nobody reads the rest.
        await list.DisposeAsync();
    }

    private static IEnumerable<byte[]> Lines(IReadOnlyCollection<FileName> names) => names.Chunk(1000).Select(part => Encoding.ASCII.GetBytes(string.Concat(part.Select(n => n.Path + "\n"))));

    private static async Task FillAsync(PipeWriter writer, IReadOnlyCollection<FileName> names, CancellationToken stop)
    {
        try
        {
            foreach (var lines in Lines(names))
                if ((await writer.WriteAsync(lines, stop)).IsCompleted)
                    break;
        }
        finally
        {
            await writer.CompleteAsync();
        }
    }
}
