using OCore.Platform.Remote;

namespace OCore.Platform.Docker;

internal sealed partial class DockerHost
{
    public const string OneOffLabel = "ocore.oneoff";
    private const int TailLines = 100;

    /// <summary>
    /// Runs a program in a container of its own to its end and removes the container. One of this name that oCore
    /// started before, say before it was restarted itself, is joined: its output comes again from the beginning.
    /// A cancelled one is removed, or with <paramref name="keepOnCancel"/> left running to be joined later.
    /// </summary>
    public async Task<OneOffResult> RunOnceAsync(
        ContainerSpec spec, CancellationToken stop, Action<string>? onOutput = null, bool keepOnCancel = false)
    {
        spec = spec with
        {
            Restart = RestartRule.No,
            Labels = new Dictionary<string, string>(spec.Labels) { [OneOffLabel] = "1" },
        };
        spec.Check();
        try
        {
            await StartOrJoinAsync(spec, stop);
            var tail = new Queue<string>();
            var code = await FollowToEndAsync(spec.Name, tail, onOutput, stop);
            await RemoveContainerAsync(spec.Name, stop);
            return new OneOffResult(code, [.. tail]);
        }
        catch (OperationCanceledException) when (!keepOnCancel)
        {
            await RemoveContainerAsync(spec.Name, CancellationToken.None);
            throw;
        }
    }

    private async Task StartOrJoinAsync(ContainerSpec spec, CancellationToken stop)
    {
        var hash = SpecHash.Of(spec);
        var seen = await FindAsync(spec.Name, stop);
        if (seen is not null && !seen.Labels.ContainsKey(OneOffLabel)) throw new DockerNameTakenException(spec.Name.Value, _where);
        if (seen is { IsRunning: true }) return;
        if (seen is { State: "exited" } && seen.SpecHash == hash) return; // it ended while nobody looked
        if (seen is not null && seen.State != "created" || seen is not null && seen.SpecHash != hash)
        {
            await RemoveByIdAsync(seen.Id, seen.Name, stop);
            seen = null;
        }
        await CompleteAsync(seen?.Id ?? await CreateAsync(spec, hash, stop), spec, stop);
        await StartAsync(spec.Name, stop);
    }

    private async Task<int> FollowToEndAsync(DockerName name, Queue<string> tail, Action<string>? onOutput, CancellationToken stop)
    {
        var lines = 0L;
        while (true)
        {
            var seenNow = 0L;
            await foreach (var line in LogsAsync(name, tail: -1, follow: true, stop))
            {
                // A log that broke off is read from its beginning again: say each line once.
                if (++seenNow <= lines) continue;
                lines = seenNow;
                if (tail.Count == TailLines) tail.Dequeue();
                tail.Enqueue(line);
                onOutput?.Invoke(line);
            }
            var state = await FindAsync(name, stop)
                ?? throw new DockerNotFoundException($"{name} on {_where} was removed by someone else while it ran.");
            if (state.ExitCode is { } code) return code;
            // The log also ends when the engine restarts or the log's file is rotated away.
            await Task.Delay(TimeSpan.FromMilliseconds(200), _clock, stop);
        }
    }
}
