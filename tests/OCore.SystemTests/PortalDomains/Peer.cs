using System.Collections.Concurrent;
using System.Diagnostics;

namespace OCore.SystemTests.PortalDomains;

/// <summary>A program beside the test, which ends with it.</summary>
internal sealed class Peer : IAsyncDisposable
{
    private readonly Process _process;

    private Peer(Process process) => _process = process;

    public ConcurrentQueue<string> Output { get; } = new();

    public static Peer Start(string program, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        var peer = new Peer(process);
        process.OutputDataReceived += (_, line) => peer.Output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => peer.Output.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return peer;
    }

    public static async Task RunAsync(string program, IEnumerable<string> arguments)
    {
        await using var peer = Start(program, arguments, []);
        await peer._process.WaitForExitAsync();
        if (peer._process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {peer._process.ExitCode}: {string.Join('\n', peer.Output)}");
    }

    /// <summary>As a power cut would.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, string otherwise, int seconds = 60)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(seconds))
                throw new TimeoutException(otherwise);
            await Task.Delay(100);
        }
    }

    public static Task UntilAsync(Func<bool> condition, string otherwise) => UntilAsync(() => Task.FromResult(condition()), otherwise);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }
}
