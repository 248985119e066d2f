using System.Globalization;
using System.Security.Cryptography;
using OCore.Client;
using OCore.Platform;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>How a node's container should be, with the files that were put into it after it started in place of those it started with.</summary>
internal sealed record WantedContainer(ContainerSpec Spec, IReadOnlyList<ContainerFile> Later)
{
    /// <summary>Somebody wants it to stand still, or will start it anew himself: settings that wait for that are not compared.</summary>
    public bool MayStand { get; init; }
    public bool Waits { get; init; }

    public IReadOnlyDictionary<string, string> Files()
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Spec.Files.Concat(Later))
            files[file.Path.Value] = Convert.ToHexStringLower(SHA256.HashData(file.Content.Span));
        return files;
    }
}

/// <summary>
/// What somebody else did to a node's container, compared with what was deployed. A server that does not answer says nothing: then
/// what was found before stays.
/// </summary>
internal static class NodeDrifts
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <param name="safe">Nothing is kept in it: making it anew loses nothing.</param>
    public static async Task<IReadOnlyList<NodeDrift>> LookAsync(IServerConnection connection, WantedContainer wanted, bool safe, CancellationToken stop)
    {
        var spec = wanted.Spec;
        if (await connection.Docker.FindAsync(spec.Name, stop) is not { } seen)
            return wanted.MayStand ? [] : [new NodeDrift { Kind = NodeDriftKind.Missing, Message = "Its container was removed from the server.", Safe = safe }];
        var found = Compare(wanted, seen, safe);
        if (!seen.IsRunning || found.Any(d => d.Kind == NodeDriftKind.Foreign))
            return found;
        return [.. found, .. await FilesAsync(connection, wanted, safe, stop)];
    }

    /// <summary>What its inspection tells. Pure.</summary>
    public static List<NodeDrift> Compare(WantedContainer wanted, ContainerState seen, bool safe)
    {
        var (spec, found) = (wanted.Spec, new List<NodeDrift>());
        void Say(NodeDriftKind kind, string message, bool mends = true) => found.Add(new NodeDrift { Kind = kind, Message = message, Safe = safe && mends });
        if (seen.SpecHash is null || spec.Labels.Any(l => seen.Labels.GetValueOrDefault(l.Key) != l.Value))
        {
            Say(NodeDriftKind.Foreign, "A container of its name is there that oCore did not make.", mends: false);
            return found;
        }
        if (!wanted.Waits && seen.SpecHash != SpecHash.Of(spec))
            Say(NodeDriftKind.Changed, "Its container was made with other settings than were deployed.");
        else if (!wanted.Waits && seen.Image != spec.Image.Value)
            Say(NodeDriftKind.Changed, $"Its container runs {seen.Image} instead of {spec.Image}.");
        if (!seen.IsRunning)
        {
            // Whatever it keeps is there when it is started again; but whoever stopped it may be at work on just that.
            if (!wanted.MayStand)
                Say(NodeDriftKind.Stopped, seen.State == "paused" ? "Its container was paused." : $"Its container was stopped: {seen.Status}.");
            return found;
        }
        if (seen.Limits is { } limits && !wanted.Waits)
        {
            if (limits.MemoryBytes != spec.MemoryBytes)
                Say(NodeDriftKind.Limits, $"It may use {Size(limits.MemoryBytes)} of memory instead of {Size(spec.MemoryBytes)}.");
            if (limits.NanoCpus != spec.NanoCpus)
                Say(NodeDriftKind.Limits, $"It may use {Cpus(limits.NanoCpus)} instead of {Cpus(spec.NanoCpus)}.");
            if (limits.Restart != spec.Restart)
                Say(NodeDriftKind.Limits, "Docker was told otherwise whether it starts again by itself.");
        }
        var networks = spec.Networks.Select(n => n.Name.Value).ToHashSet(StringComparer.Ordinal);
        if (networks.Count > 0 && !networks.SetEquals(seen.Addresses.Keys))
            Say(NodeDriftKind.Network, $"It is in the networks {Words(seen.Addresses.Keys)} instead of {Words(networks)}.");
        return found;
    }

    private const string Gone = "gone";
    // Each line of its answer is "hash  path" or "gone  path". Of what could not be read, nothing is said.
    private const string HashScript = """for f; do if [ -e "$f" ]; then sha256sum -- "$f"; else echo "gone  $f"; fi; done""";

    private static async Task<IReadOnlyList<NodeDrift>> FilesAsync(IServerConnection connection, WantedContainer wanted, bool safe, CancellationToken stop)
    {
        var files = wanted.Files();
        if (files.Count == 0 || wanted.Waits)
            return [];
        var answer = await connection.Docker.ExecAsync(wanted.Spec.Name, ["sh", "-c", HashScript, "ocore", .. files.Keys], null, stop, new ExecOptions { User = "0", Timeout = Patience });
        var seen = answer.Out.Split('\n').Select(l => l.Split("  ", 2)).Where(l => l.Length == 2).ToDictionary(l => l[1], l => l[0], StringComparer.Ordinal);
        return [.. files.Where(f => seen.TryGetValue(f.Key, out var hash) && hash != f.Value).Select(f => new NodeDrift
        {
            Kind = NodeDriftKind.File, Message = seen[f.Key] == Gone ? $"{f.Key} was removed from its container." : $"{f.Key} was changed in its container.", Safe = safe,
        })];
    }

    private static string Size(long bytes) => bytes == 0 ? "any amount" : Sizes.Of(bytes);
    private static string Cpus(long nano) => nano == 0 ? "all processors" : string.Create(CultureInfo.InvariantCulture, $"{nano / 1e9:0.##} processors");
    private static string Words(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal).DefaultIfEmpty("none"));
}
