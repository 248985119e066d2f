using OCore.Platform.Operations;

namespace OCore.Platform.Remote;

/// <summary>
/// All connections to servers: one each, made when it is first needed, shared by all, made anew when it is dead or
/// when the target changed. Many callers of a server that is down wait for one attempt together.
/// </summary>
internal sealed class ServerConnections : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Entry> _entries = [];
    private readonly CancellationTokenSource _shutdown = new();
    private readonly Lazy<RuntimeFolder> _runtime;
    private readonly TimeProvider _clock;
    private readonly Incarnation _life;
    private bool _disposed;

    public ServerConnections(TimeProvider clock, string? dataFolder = null, Incarnation? life = null)
    {
        _clock = clock;
        _life = life ?? new Incarnation();
        _runtime = new(() => new RuntimeFolder(dataFolder));
    }

    /// <summary>The folder of this pool's sockets and keys.</summary>
    public string Folder => _runtime.Value.Root;

    /// <summary>A live connection. It is shared: disposing it does nothing, <see cref="Invalidate"/> ends it for all.</summary>
    public async ValueTask<IServerConnection> GetAsync(ServerTarget target, CancellationToken stop)
    {
        Entry entry;
        Entry? replaced = null;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_entries.TryGetValue(target.Id, out var found) || found.Target != target || found.IsDead)
            {
                replaced = found;
                // The attempt is everybody's, so no caller's cancellation may end it; its own time limits do.
                found = new Entry(target, Task.Run(() => OpenAsync(target, _shutdown.Token), CancellationToken.None));
                _entries[target.Id] = found;
            }
            entry = found;
        }
        replaced?.Close();
        return await entry.Opening.WaitAsync(stop);
    }

    /// <summary>Ends the server's connection; the next caller gets a new one.</summary>
    public void Invalidate(Guid server)
    {
        Entry? entry;
        lock (_lock) _entries.Remove(server, out entry);
        entry?.Close();
    }

    public async ValueTask DisposeAsync()
    {
        List<Entry> all;
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
            all = [.. _entries.Values];
            _entries.Clear();
        }
        await _shutdown.CancelAsync();
        await Task.WhenAll(all.Select(entry => entry.CloseAsync()));
        if (_runtime.IsValueCreated) _runtime.Value.Dispose();
        _shutdown.Dispose();
    }

    private async Task<SharedConnection> OpenAsync(ServerTarget target, CancellationToken stop)
    {
        // Everybody's, whichever step happened to need it first.
        Fence.Leave();
        if (target.IsLocal)
            return new SharedConnection(new LocalConnection(_clock, target.SudoPassword), _life);
        var connection = await SshConnection.OpenAsync(target, _runtime.Value, _clock, stop);
        try
        {
            // Without root nothing is changed there that would have to be kept from anybody.
            while (connection.RootAccess != RootAccess.None && !await EnterAsync(connection, target, stop))
            {
                // Under the next life; what was begun under the last is refused wherever it asks for a connection.
            }
            return new SharedConnection(connection, _life);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task<bool> EnterAsync(SshConnection connection, ServerTarget target, CancellationToken stop)
    {
        var life = _life.Id;
        try
        {
            await Fencing.EnterAsync(command => connection.RunAsync(command, stop), life, target.Host);
            return true;
        }
        catch (FencedException)
        {
            _life.End(life);
            return false;
        }
    }

    private sealed record Entry(ServerTarget Target, Task<SharedConnection> Opening)
    {
        public bool IsDead =>
            Opening.IsFaulted || Opening.IsCanceled || (Opening.IsCompletedSuccessfully && Opening.Result.Closed.IsCompleted);

        public void Close() => _ = CloseAsync();

        public async Task CloseAsync()
        {
            try
            {
                await (await Opening).EndAsync();
            }
            catch (Exception failed) when (failed is ServerException or OperationCanceledException or ArgumentException or InvalidOperationException)
            {
                // It never opened; whoever asked for it has been told.
            }
        }
    }

    /// <summary>Keeps one caller's <c>await using</c> from ending what others use, and a step that lost its lease from using it at all.</summary>
    private sealed class SharedConnection(IServerConnection inner, Incarnation life) : IServerConnection
    {
        public bool IsLocal => inner.IsLocal;
        public Docker.DockerHost Docker => Held.Docker;
        public Task Closed => inner.Closed;

        public Task<CommandResult> RunAsync(RemoteCommand command, CancellationToken stop) => Held.RunAsync(command, stop);
        public IAsyncEnumerable<string> StreamAsync(RemoteCommand command, CancellationToken stop) => Held.StreamAsync(command, stop);
        public Task WriteFileAsync(RemotePath path, ReadOnlyMemory<byte> content, UnixFileMode mode, CancellationToken stop) =>
            Held.WriteFileAsync(path, content, mode, stop);
        public Task<byte[]> ReadFileAsync(RemotePath path, CancellationToken stop) => Held.ReadFileAsync(path, stop);
        public Task<ITerminalProgram> OpenShellAsync(int columns, int rows, CancellationToken stop) => Held.OpenShellAsync(columns, rows, stop);
        public Task<TimeSpan> PingAsync(CancellationToken stop) => Held.PingAsync(stop);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        public ValueTask EndAsync() => inner.DisposeAsync();

        // A process cannot be cut off from its own machine as a connection is; there it looks for the mark before each use.
        private IServerConnection Held
        {
            get
            {
                var present = life.Id;
                if (inner.IsLocal && File.Exists(Path.Combine(Fencing.Marks, present)))
                    life.End(present);
                Fence.Current?.Check(life.Id);
                return inner;
            }
        }
    }
}
