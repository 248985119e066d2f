using System.Runtime.CompilerServices;
using System.Text.Json;
using Docker.DotNet;
using Docker.DotNet.Models;
using OCore.Platform.Remote;

namespace OCore.Platform.Docker;

internal sealed partial class DockerHost
{
    private static readonly TimeSpan SampleGap = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// The last <paramref name="tail"/> lines (all where it is negative), and with <paramref name="follow"/> what comes
    /// after them until the container ends.
    /// </summary>
    public async IAsyncEnumerable<string> LogsAsync(
        DockerName container, int tail, bool follow, [EnumeratorCancellation] CancellationToken stop)
    {
        var parameters = new ContainerLogsParameters
        {
            ShowStdout = true,
            ShowStderr = true,
            Follow = follow,
            Tail = tail < 0 ? "all" : tail.ToString(),
        };
        using var stream = await OpenLogAsync(container, parameters, stop);
        LineSplitter output = new(LogLineLimit), error = new(LogLineLimit);
        var buffer = new byte[32 << 10];
        while (true)
        {
            var read = await ReadLogAsync(container, stream, buffer, stop);
            if (read.EOF) break;
            var splitter = read.Target == MultiplexedStream.TargetStream.StandardError ? error : output;
            foreach (var line in splitter.Feed(buffer.AsSpan(0, read.Count))) yield return line;
        }
        if (output.Rest() is { } last) yield return last;
        if (error.Rest() is { } lastError) yield return lastError;
    }

    private const int LogLineLimit = 64 << 10;

    /// <summary>
    /// Memory and processor use of these containers now. The processor's is measured over a third of a second; what
    /// does not run is left out.
    /// </summary>
    public async Task<IReadOnlyList<ContainerStats>> StatsAsync(IReadOnlyList<DockerName> containers, CancellationToken stop)
    {
        var first = await Task.WhenAll(containers.Select(name => SampleAsync(name, stop)));
        if (first.All(sample => sample is null)) return [];
        await Task.Delay(SampleGap, _clock, stop);
        var second = await Task.WhenAll(containers.Select((name, i) => first[i] is null ? Task.FromResult<Sample?>(null) : SampleAsync(name, stop)));
        return [.. containers.Select((name, i) => first[i] is { } before && second[i] is { } after ? Stats(name, before, after) : null).OfType<ContainerStats>()];
    }

    private async Task<MultiplexedStream.ReadResult> ReadLogAsync(
        DockerName container, MultiplexedStream stream, byte[] buffer, CancellationToken stop)
    {
        try
        {
            return await stream.ReadOutputAsync(buffer, 0, buffer.Length, stop);
        }
        catch (Exception broken) when (broken.IsFault(stop))
        {
            throw Told($"Reading the log of {container}", broken);
        }
    }

    private async Task<Sample?> SampleAsync(DockerName name, CancellationToken stop)
    {
        try
        {
            // one-shot: without it the engine itself waits a second for a second sample.
            using var answer = await GetJsonAsync($"Measuring {name}", $"/containers/{name}/stats?stream=false&one-shot=true", stop);
            return Sample.From(answer.RootElement);
        }
        catch (DockerCallException gone) when (gone is DockerNotFoundException or DockerConflictException)
        {
            return null;
        }
        catch (JsonException)
        {
            // It ended while the engine measured it, which then ends its answer without a word.
            return null;
        }
    }

    private static ContainerStats Stats(DockerName name, Sample before, Sample after)
    {
        var system = after.SystemTime - before.SystemTime;
        var used = after.CpuTime - before.CpuTime;
        // Docker's own measure: one busy processor is 100.
        var percent = system > 0 && used >= 0 ? 100.0 * used / system * after.Cpus : 0;
        return new ContainerStats(name.Value, after.Memory, after.MemoryLimit, Math.Round(percent, 1), after.Pids) { NetworkIn = after.NetworkIn, NetworkOut = after.NetworkOut };
    }

    private async Task<JsonDocument> GetJsonAsync(string what, string path, CancellationToken stop)
    {
        return await CallAsync(what, Slow, async (_, ended) =>
        {
            using var answer = await (await ClientsAsync(ended)).Raw.GetAsync(new Uri(path, UriKind.Relative), ended);
            if (!answer.IsSuccessStatusCode)
                throw DockerCallException.From(what, _where, answer.StatusCode, await answer.Content.ReadAsStringAsync(ended));
            return await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(ended), cancellationToken: ended);
        }, stop);
    }

    private static IEnumerable<JsonElement> Items(JsonElement of, string name) =>
        of.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : [];

    private static long Number(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var number) && number.ValueKind == JsonValueKind.Number
            ? (long)number.GetDouble()
            : 0;

    private sealed record Sample(long CpuTime, long SystemTime, int Cpus, long Memory, long MemoryLimit, long Pids, long NetworkIn, long NetworkOut)
    {
        /// <returns>Null for a container that does not run: the engine then answers without figures.</returns>
        public static Sample? From(JsonElement json)
        {
            if (!json.TryGetProperty("cpu_stats", out var cpu) || !json.TryGetProperty("memory_stats", out var memory)) return null;
            var system = Number(cpu, "system_cpu_usage");
            if (system == 0) return null;
            var usage = cpu.GetProperty("cpu_usage");
            var cpus = Number(cpu, "online_cpus") is > 0 and var online ? (int)online : Items(usage, "percpu_usage").Count();
            return new Sample(
                Number(usage, "total_usage"), system, Math.Max(1, cpus), Used(memory), Number(memory, "limit"),
                json.TryGetProperty("pids_stats", out var pids) ? Number(pids, "current") : 0, Traffic(json, "rx_bytes"), Traffic(json, "tx_bytes"));
        }

        private static long Traffic(JsonElement json, string name) =>
            json.TryGetProperty("networks", out var networks) && networks.ValueKind == JsonValueKind.Object ? networks.EnumerateObject().Sum(n => Number(n.Value, name)) : 0;

        // As `docker stats` does: files that the kernel merely keeps at hand are not the program's. The figure is
        // called inactive_file in control groups of version 2 and total_inactive_file in those of version 1.
        private static long Used(JsonElement memory)
        {
            var usage = Number(memory, "usage");
            if (!memory.TryGetProperty("stats", out var stats)) return usage;
            var cached = Number(stats, "total_inactive_file") is > 0 and var v1 ? v1 : Number(stats, "inactive_file");
            return cached < usage ? usage - cached : usage;
        }
    }
}
