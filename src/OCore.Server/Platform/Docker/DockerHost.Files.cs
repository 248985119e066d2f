using System.Formats.Tar;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Docker.DotNet.Models;
using OCore.Platform.Remote;

namespace OCore.Platform.Docker;

internal sealed partial class DockerHost
{
    public Task PutFilesAsync(DockerName container, IReadOnlyList<ContainerFile> files, CancellationToken stop) =>
        PutFilesAsync(container.Value, files, stop);

    /// <summary>One file out of a container, running or not.</summary>
    /// <exception cref="FileNotFoundException">It has no such file.</exception>
    public async Task<byte[]> ReadFileAsync(DockerName container, RemotePath path, CancellationToken stop, long limit = 64 << 20)
    {
        try
        {
            return await CallAsync($"Reading {path} of {container}", Slow, async (docker, ended) =>
            {
                var answer = await docker.Containers.GetArchiveFromContainerAsync(container.Value, new() { Path = path.Value }, false, ended);
                await using var stream = answer.Stream!;
                await using var archive = new TarReader(stream);
                while (await archive.GetNextEntryAsync(copyData: false, ended) is { } entry)
                    if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                        return await ContentAsync(entry, limit, ended);
                throw new FileNotFoundException($"{path} of {container} is not a file.", path.Value);
            }, stop);
        }
        catch (DockerNotFoundException missing)
        {
            if (await FindAsync(container, stop) is null) throw;
            throw new FileNotFoundException($"{container} has no {path}.", path.Value, missing);
        }
    }

    private Task PutFilesAsync(string container, IReadOnlyList<ContainerFile> files, CancellationToken stop) =>
        PutArchiveAsync(container, (archive, ended) => WriteFilesAsync(files, archive, ended), Slow + TimeSpan.FromSeconds(files.Sum(file => (long)file.Content.Length) >> 20), stop);

    private async Task PutArchiveAsync(string container, Func<TarWriter, CancellationToken, Task> write, TimeSpan within, CancellationToken stop)
    {
        await CallAsync($"Putting files into {container}", within, async (docker, ended) =>
        {
            // Written while it is sent, so that nothing large is in memory as a whole.
            var pipe = new Pipe();
            using var broken = CancellationTokenSource.CreateLinkedTokenSource(ended);
            var writing = WriteArchiveAsync(pipe.Writer, write, broken);
            await using var reader = pipe.Reader.AsStream();
            try
            {
                await docker.Containers.ExtractArchiveToContainerAsync(container, new CopyToContainerParameters { Path = "/" }, reader, broken.Token);
            }
            catch (Exception) when (writing.IsFaulted || broken.IsCancellationRequested && !ended.IsCancellationRequested)
            {
                // What could not be written is the reason, not the call that was broken off for it.
            }
            finally
            {
                await reader.DisposeAsync();
                await writing.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
            await writing;
        }, stop);
    }

    // An archive that could not be written to its end must not look like a whole one: the call is broken off.
    private static async Task WriteArchiveAsync(PipeWriter target, Func<TarWriter, CancellationToken, Task> write, CancellationTokenSource broken)
    {
        try
        {
            await using var archive = new TarWriter(target.AsStream(leaveOpen: true), TarEntryFormat.Pax, leaveOpen: true);
            await write(archive, broken.Token);
        }
        catch (Exception failed)
        {
            await broken.CancelAsync();
            await target.CompleteAsync(failed);
            throw;
        }
        await target.CompleteAsync();
    }

    private async Task WriteFilesAsync(IReadOnlyList<ContainerFile> files, TarWriter archive, CancellationToken stop)
    {
        foreach (var file in files)
        {
            using var content = Reader(file.Content);
            await archive.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, file.Path.Value.TrimStart('/'))
            {
                Mode = file.Mode,
                Uid = file.Uid,
                Gid = file.Gid,
                ModificationTime = _clock.GetUtcNow(),
                DataStream = content,
            }, stop);
        }
    }

    private static async Task<byte[]> ContentAsync(TarEntry entry, long limit, CancellationToken stop)
    {
        if (entry.Length > limit) throw new ServerException($"The file has {entry.Length} bytes; oCore reads at most {limit}.");
        using var content = new MemoryStream((int)entry.Length);
        if (entry.DataStream is { } data) await data.CopyToAsync(content, stop);
        return content.ToArray();
    }

    private static MemoryStream Reader(ReadOnlyMemory<byte> content) =>
        MemoryMarshal.TryGetArray(content, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(content.ToArray());
}
