using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Docker.DotNet.Models;
using OCore.Platform.Remote;

namespace OCore.Platform.Docker;

internal sealed partial class DockerHost
{
    private static readonly TimeSpan FirstWordOfRegistry = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SilenceOfRegistry = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ForgetDeadRegistry = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestTransfer = TimeSpan.FromMinutes(60);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _imageLocks = new();
    private readonly ConcurrentDictionary<string, (long At, string Why)> _deadRegistries = new();

    public async Task<bool> HasImageAsync(ImageRef image, CancellationToken stop) => await ImageIdAsync(image, stop) is not null;

    /// <summary>Which image the name stands for now: a tag may be given to another one. Null where it is not there.</summary>
    public async Task<string?> ImageIdAsync(ImageRef image, CancellationToken stop)
    {
        try
        {
            return (await CallAsync($"Looking for the image {image}", Quick, (docker, ended) => docker.Images.InspectImageAsync(image.Value, ended), stop)).ID;
        }
        catch (DockerNotFoundException)
        {
            return null;
        }
    }

    /// <summary>What the image is for, in Docker's words (<c>amd64</c>, <c>arm64</c>); null where it is not there.</summary>
    public async Task<string?> ArchitectureOfAsync(ImageRef image, CancellationToken stop) => (await InspectAsync(image, stop))?.Architecture;

    /// <summary>The same wherever the same files are under this name, however an engine keeps them; null where nothing is.</summary>
    public async Task<string?> ContentOfAsync(ImageRef image, CancellationToken stop) => (await InspectAsync(image, stop))?.RootFS?.Layers is { Count: > 0 } layers
        ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', layers)))) : null;

    private async Task<ImageInspectResponse?> InspectAsync(ImageRef image, CancellationToken stop)
    {
        try
        {
            return await CallAsync($"Looking at the image {image}", Quick, (docker, ended) => docker.Images.InspectImageAsync(image.Value, ended), stop);
        }
        catch (DockerNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Whether the registry says that it gives the image. Nothing is fetched; where a mirror stands between, only fetching tells.</summary>
    public async Task<bool> IsOfferedAsync(ImageRef image, CancellationToken stop)
    {
        if (_deadRegistries.TryGetValue(image.Registry, out var dead) && _clock.GetElapsedTime(dead.At) < ForgetDeadRegistry)
            return false;
        try
        {
            await CallAsync($"Asking for the image {image}", FirstWordOfRegistry, (docker, ended) => docker.Distribution.InspectAsync(image.Value, ended), stop);
            return true;
        }
        catch (Exception refused) when (refused is DockerCallException or DockerUnavailableException)
        {
            return false;
        }
    }

    /// <summary>
    /// The image on this server: there already, pulled where its registry answers, or carried from
    /// <paramref name="source"/>, so that a server without a way out gets it too.
    /// </summary>
    public async Task EnsureImageAsync(ImageRef image, DockerHost? source, Action<string>? onOutput, CancellationToken stop)
    {
        if (await HasImageAsync(image, stop)) return;
        // One transfer an image: instances that start together need the same one.
        var turn = _imageLocks.GetOrAdd(image.Value, _ => new SemaphoreSlim(1));
        await turn.WaitAsync(stop);
        try
        {
            if (await HasImageAsync(image, stop)) return;
            var tried = new List<string>();
            if (await TryPullAsync(image, tried, onOutput, stop)) return;
            if (await TryCarryAsync(image, source, tried, onOutput, stop)) return;
            throw new ImageNotAccessibleException(image, _where, tried);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<bool> TryPullAsync(ImageRef image, List<string> tried, Action<string>? onOutput, CancellationToken stop)
    {
        if (_deadRegistries.TryGetValue(image.Registry, out var dead) && _clock.GetElapsedTime(dead.At) < ForgetDeadRegistry)
        {
            tried.Add($"{image.Registry} did not answer a moment ago ({dead.Why})");
            return false;
        }
        onOutput?.Invoke($"Pulling {image}");
        using var silence = new CancellationTokenSource(FirstWordOfRegistry, _clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, silence.Token);
        var progress = new TransferProgress(onOutput, () => silence.CancelAfter(SilenceOfRegistry));
        string why;
        try
        {
            // Without a tag Docker would fetch every one there is.
            var tag = image.Digest ?? image.Tag ?? "latest";
            var parameters = new ImagesCreateParameters { FromImage = image.Repository, Tag = tag };
            await CallAsync($"Pulling {image}", LongestTransfer, (docker, late) =>
                docker.Images.CreateImageAsync(parameters, new AuthConfig(), progress, late), ended.Token);
            if (progress.Error is null && await HasImageAsync(image, stop)) return true;
            why = progress.Error ?? "the registry sent something else";
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            why = $"{image.Registry} did not answer in time";
        }
        catch (DockerCallException refused)
        {
            why = refused.Message;
        }
        tried.Add($"pulling it ({Redaction.Of(why)})");
        if (!progress.Started && LooksUnreachable(why)) _deadRegistries[image.Registry] = (_clock.GetTimestamp(), "no connection");
        return false;
    }

    private async Task<bool> TryCarryAsync(ImageRef image, DockerHost? source, List<string> tried, Action<string>? onOutput, CancellationToken stop)
    {
        if (source is null || ReferenceEquals(source, this)) return false;
        if (!await source.HasImageAsync(image, stop))
        {
            tried.Add($"copying it from {source._where} (it is not there either)");
            return false;
        }
        onOutput?.Invoke($"Copying {image} from {source._where}");
        var progress = new TransferProgress(onOutput, null);
        // Streamed straight through: the image is neither in oCore's memory nor on its disk.
        await source.CallAsync($"Saving {image}", LongestTransfer, async (from, late) =>
        {
            await using var archive = await from.Images.SaveImageAsync(image.Value, late);
            await CallAsync($"Loading {image}", LongestTransfer, (to, ended) =>
                to.Images.LoadImageAsync(new ImageLoadParameters { Quiet = true }, archive, progress, ended), late);
        }, stop);
        if (await HasImageAsync(image, stop)) return true;
        tried.Add($"copying it from {source._where} ({progress.Error ?? "a copy has no digest to be found by"})");
        return false;
    }

    private static bool LooksUnreachable(string why) =>
        UnreachableWords.Any(word => why.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static readonly string[] UnreachableWords =
        ["did not answer", "no such host", "timeout", "timed out", "connection refused", "unreachable", "server misbehaving", "failure in name resolution", "EOF"];

    /// <summary>Told while the call runs; the usual <c>Progress</c> tells later, when the failure has been missed.</summary>
    private sealed class TransferProgress(Action<string>? onOutput, Action? onWord) : IProgress<JSONMessage>
    {
        public string? Error { get; private set; }
        public bool Started { get; private set; }

        public void Report(JSONMessage message)
        {
            onWord?.Invoke();
            if (message.Error is { Message: { Length: > 0 } error }) Error = error;
            if (message.Progress?.Current is > 0) Started = true;
            // One line a layer and state, not one a kilobyte.
            else if (message.Status is { Length: > 0 } status) onOutput?.Invoke(message.ID is { Length: > 0 } id ? $"{id}: {status}" : status);
        }
    }
}
