using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using Docker.DotNet;
using Docker.DotNet.NativeHttp;
using OCore.Platform.Remote;

namespace OCore.Platform.Docker;

/// <summary>How to open a stream to an engine's socket.</summary>
internal interface IDockerWay
{
    /// <summary>Finds the way, and says how many streams it bears at once.</summary>
    ValueTask<DockerStreams> StreamsAsync(CancellationToken stop);

    ValueTask<Stream> DialAsync(CancellationToken stop);

    /// <summary>Ends a process of a container by its number on the server, with all it started.</summary>
    Task EndProcessAsync(long pid, string containerId, CancellationToken stop);
}

/// <param name="Calls">Kept open for calls.</param>
/// <param name="Readers">For logs that are read, beside those: who reads slowly holds up no call.</param>
internal readonly record struct DockerStreams(int Calls, int Readers);

/// <summary>
/// One server's Docker engine. Calls are typed and travel over a few pooled streams; whatever says "Ensure" looks
/// first and may be called again at any time. Works with engines from 20.10 on.
/// </summary>
internal sealed partial class DockerHost : IDisposable
{
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Slow = TimeSpan.FromMinutes(3);

    private readonly IDockerWay _way;
    private readonly string _where;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private Clients? _clients;
    private bool _disposed;

    public DockerHost(IDockerWay way, string where, TimeProvider clock)
    {
        _way = way;
        _where = where;
        _clock = clock;
    }

    /// <summary>Whose engine it is, for messages.</summary>
    public string Where => _where;

    public async Task<DockerVersion> VersionAsync(CancellationToken stop)
    {
        var seen = await CallAsync("Asking for the version", Quick, (docker, ended) => docker.System.GetVersionAsync(ended), stop);
        return new DockerVersion(seen.Version, seen.APIVersion, seen.Os, seen.Arch, seen.KernelVersion ?? "");
    }

    public async Task<DockerInfo> InfoAsync(CancellationToken stop)
    {
        var seen = await CallAsync("Asking the engine about itself", Quick, (docker, ended) => docker.System.GetSystemInfoAsync(ended), stop);
        return new DockerInfo(
            (int)seen.NCPU, seen.MemTotal, seen.DockerRootDir, seen.Driver, seen.OperatingSystem, seen.CgroupVersion ?? "1", seen.LiveRestoreEnabled);
    }

    public void Dispose()
    {
        Clients? clients;
        lock (_lock)
        {
            _disposed = true;
            clients = _clients;
        }
        clients?.Typed.Dispose();
        clients?.Raw.Dispose();
        clients?.Logs.Dispose();
    }

    private Task CallAsync(string what, TimeSpan within, Func<DockerClient, CancellationToken, Task> call, CancellationToken stop) =>
        CallAsync(what, within, async (docker, ended) =>
        {
            await call(docker, ended);
            return true;
        }, stop);

    /// <summary>One call with a time limit, its failures told as what they are for the caller.</summary>
    private async Task<T> CallAsync<T>(
        string what, TimeSpan within, Func<DockerClient, CancellationToken, Task<T>> call, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(within, _clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        try
        {
            return await call((await ClientsAsync(ended.Token)).Typed, ended.Token);
        }
        catch (Exception failed) when (failed is not ServerException)
        {
            stop.ThrowIfCancellationRequested();
            if (late.IsCancellationRequested)
                throw new DockerUnavailableException($"{what} on {_where} took longer than {within.TotalSeconds:0} s.", failed);
            throw Told(what, failed);
        }
    }

    private Exception Told(string what, Exception failed)
    {
        if (failed is DockerApiException refused) return DockerCallException.From(what, _where, refused);
        // The HTTP client wraps what went wrong while dialling.
        for (var inner = failed; inner is not null; inner = inner.InnerException)
            if (inner is ServerException)
                return inner;
        if (failed is HttpRequestException or IOException or SocketException or ObjectDisposedException or TimeoutException)
            return new DockerUnavailableException($"{what} on {_where}: the Docker engine did not answer ({failed.GetBaseException().Message})", failed);
        ExceptionDispatchInfo.Throw(failed);
        return failed;
    }

    private async ValueTask<Clients> ClientsAsync(CancellationToken stop)
    {
        if (_clients is { } ready) return ready;
        var streams = await _way.StreamsAsync(stop);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _clients ??= Build(streams);
        }
    }

    private Clients Build(DockerStreams streams)
    {
        // The host in the address means nothing; the streams end at the engine's socket.
        var address = new Uri("http://docker:80");
        var raw = new SocketsHttpHandler();
        Configure(raw, Math.Max(1, streams.Calls / 4));
        return new Clients(
            Typed(handler => Configure(handler, streams.Calls)),
            new HttpClient(raw) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan },
            Typed(handler =>
            {
                // Each log has a stream of its own, which ends with it.
                Configure(handler, int.MaxValue);
                handler.PooledConnectionLifetime = TimeSpan.Zero;
            }),
            new SemaphoreSlim(streams.Readers), streams.Readers);

        DockerClient Typed(Action<SocketsHttpHandler> configure) => new DockerClientBuilder().WithEndpoint(address)
            .WithTransportOptions(new NativeHttpTransportOptions { ConfigureHandler = handler => configure(handler) })
            .WithTimeout(Timeout.InfiniteTimeSpan) // each call has its own
            .Build();
    }

    private void Configure(SocketsHttpHandler handler, int streams)
    {
        handler.ConnectCallback = (_, stop) => _way.DialAsync(stop);
        handler.UseProxy = false;
        handler.UseCookies = false;
        handler.AllowAutoRedirect = false;
        handler.MaxConnectionsPerServer = streams;
        handler.PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1);
        handler.PooledConnectionLifetime = Timeout.InfiniteTimeSpan;
    }

    private sealed record Clients(DockerClient Typed, HttpClient Raw, DockerClient Logs, SemaphoreSlim Readers, int MostReaders);
}
