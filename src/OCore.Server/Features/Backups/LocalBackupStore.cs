namespace OCore.Features.Backups;

/// <summary>A directory of the machine that oCore runs on.</summary>
internal sealed class LocalBackupStore(string directory) : IBackupStore
{
    private readonly string _root = Path.TrimEndingDirectorySeparator(directory);

    public Task<IStoredWrite> CreateAsync(string name, CancellationToken stop)
    {
        var path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return Task.FromResult<IStoredWrite>(new LocalWrite(path));
    }

    public Task<Stream> OpenAsync(string name, CancellationToken stop)
    {
        try
        {
            return Task.FromResult<Stream>(new FileStream(PathOf(name), FileMode.Open, FileAccess.Read, FileShare.Read, 128 << 10, FileOptions.Asynchronous | FileOptions.SequentialScan));
        }
        catch (DirectoryNotFoundException missing)
        {
            throw new FileNotFoundException($"There is no {name}.", name, missing);
        }
    }

    public Task<IReadOnlyList<(string Name, long Bytes)>> ListAsync(string prefix, CancellationToken stop)
    {
        var folder = new DirectoryInfo(prefix.Length == 0 ? _root : PathOf(prefix.TrimEnd('/')));
        IReadOnlyList<(string, long)> found = folder.Exists
            ? [.. folder.EnumerateFiles("*", SearchOption.AllDirectories).Select(f => (Path.GetRelativePath(_root, f.FullName), f.Length)).Order()] : [];
        return Task.FromResult(found);
    }

    public Task DeleteAsync(string name, CancellationToken stop)
    {
        var path = PathOf(name);
        if (File.Exists(path))
            File.Delete(path);
        var folder = Path.GetDirectoryName(path)!;
        if (Directory.Exists(folder) && folder != _root && !Directory.EnumerateFileSystemEntries(folder).Any())
            Directory.Delete(folder);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        // Nothing is open between calls.
    }

    private string PathOf(string name)
    {
        var path = Path.GetFullPath(Path.Combine(_root, name));
        return path.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? path : throw new ArgumentException($"{name} is not in the directory of backups.");
    }

    private sealed class LocalWrite : IStoredWrite
    {
        private readonly string _path, _part;
        private readonly FileStream _file;
        private bool _complete;

        public LocalWrite(string path)
        {
            (_path, _part) = (path, $"{path}.{Guid.CreateVersion7():N}.part");
            _file = new FileStream(_part, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous, BufferSize = 128 << 10,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }

        public Stream Content => _file;

        public async Task CompleteAsync(CancellationToken stop)
        {
            await _file.FlushAsync(stop);
            _file.Flush(flushToDisk: true);
            await _file.DisposeAsync();
            File.Move(_part, _path, overwrite: true);
            _complete = true;
        }

        public async ValueTask DisposeAsync()
        {
            await _file.DisposeAsync();
            if (!_complete && File.Exists(_part))
                File.Delete(_part);
        }
    }
}
