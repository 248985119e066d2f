using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Docker.DotNet.Models;

namespace OCore.Platform.Docker;

/// <summary>A container as it was seen. <c>State</c> is Docker's word: created, running, paused, restarting, exited, dead.</summary>
internal sealed partial record ContainerState(
    string Name,
    string Id,
    string Image,
    string State,
    string Status,
    int? ExitCode,
    string? Health,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, string> Addresses,
    DateTimeOffset? StartedAt)
{
    public bool IsRunning => State is "running";
    /// <summary>By Docker itself since it was started last; null where a list was asked, which does not say.</summary>
    public long? RestartCount { get; init; }
    /// <summary>What it may use now, which may have been changed since it was made; null where a list was asked.</summary>
    public ContainerLimits? Limits { get; init; }
    public string? SpecHash => Labels.GetValueOrDefault(Docker.SpecHash.Label);

    internal static ContainerState From(ContainerInspectResponse seen)
    {
        var state = seen.State!; // the library allows none; every engine sends it
        return new ContainerState(
            seen.Name.TrimStart('/'), seen.ID, seen.Config!.Image, state.Status, Sentence(state),
            state.Status is "exited" or "dead" ? (int)state.ExitCode : null,
            state.Health?.Status is { Length: > 0 } health && health != "none" ? health : null,
            Copy(seen.Config.Labels), AddressesOf(seen.NetworkSettings?.Networks), Time(state.StartedAt)) { RestartCount = seen.RestartCount, Limits = ContainerLimits.From(seen.HostConfig) };
    }

    // A list has no member for the exit code, and older engines none for health: both stand in the sentence Docker
    // prints, such as "Exited (137) 2 minutes ago" and "Up 2 hours (healthy)".
    internal static ContainerState From(ContainerListResponse seen) => new(
        seen.Names.Select(name => name.TrimStart('/')).FirstOrDefault(name => !name.Contains('/')) ?? seen.ID,
        seen.ID, seen.Image, seen.State, seen.Status,
        Exited().Match(seen.Status) is { Success: true } exit ? int.Parse(exit.Groups[1].Value, CultureInfo.InvariantCulture) : null,
        HealthWord().Match(seen.Status) is { Success: true } health ? health.Groups[1].Value.Replace("health: ", "") : null,
        Copy(seen.Labels), AddressesOf(seen.NetworkSettings?.Networks), StartedAt: null);

    private static string Sentence(State state) =>
        state.Status is "exited" or "dead"
            ? $"Exited ({state.ExitCode}){(state.OOMKilled ? " out of memory" : "")}{(state.Error is { Length: > 0 } error ? ": " + error : "")}"
            : state.Status;

    private static Dictionary<string, string> Copy(IDictionary<string, string>? labels) =>
        labels is null ? [] : new Dictionary<string, string>(labels);

    private static Dictionary<string, string> AddressesOf(IDictionary<string, EndpointSettings>? networks) =>
        networks is null
            ? []
            : networks.Where(net => IPAddress.TryParse(net.Value.IPAddress, out _)).ToDictionary(net => net.Key, net => net.Value.IPAddress);

    // Docker writes the year 1 for "never".
    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time.Year > 1 ? time : null;

    [GeneratedRegex(@"\AExited \((\d+)\)")]
    private static partial Regex Exited();

    [GeneratedRegex(@"\((healthy|unhealthy|health: starting)\)")]
    private static partial Regex HealthWord();
}

/// <summary>What a container may use, by Docker's word of now.</summary>
internal sealed record ContainerLimits(long MemoryBytes, long NanoCpus, RestartRule Restart)
{
    internal static ContainerLimits? From(HostConfig? host) => host is null ? null : new(host.Memory, host.NanoCPUs, host.RestartPolicy?.Name switch
    {
        RestartPolicyKind.Always => RestartRule.Always, RestartPolicyKind.UnlessStopped => RestartRule.UnlessStopped, RestartPolicyKind.OnFailure => RestartRule.OnFailure, _ => RestartRule.No,
    });
}

internal sealed record ContainerStats(string Name, long MemoryBytes, long MemoryLimitBytes, double CpuPercent, long Pids)
{
    /// <summary>Bytes since the container started, over all its networks.</summary>
    public long NetworkIn { get; init; }
    public long NetworkOut { get; init; }
}

internal sealed record DockerVersion(string Version, string ApiVersion, string Os, string Architecture, string Kernel);

/// <summary>What the engine says of itself and its machine.</summary>
internal sealed record DockerInfo(
    int Cpus, long MemoryBytes, string RootFolder, string StorageDriver, string OperatingSystem, string CgroupVersion, bool LiveRestore);

/// <summary>Everything that carries one label.</summary>
internal sealed record DockerObjects(
    IReadOnlyList<ContainerState> Containers, IReadOnlyList<string> Volumes, IReadOnlyList<string> Networks)
{
    public bool IsEmpty => Containers.Count + Volumes.Count + Networks.Count == 0;
}

/// <summary>How a program that was run once ended, and the last it wrote.</summary>
internal sealed record OneOffResult(int ExitCode, IReadOnlyList<string> Tail)
{
    public bool Ok => ExitCode == 0;
}
