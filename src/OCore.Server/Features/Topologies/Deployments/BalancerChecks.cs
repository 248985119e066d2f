using System.Globalization;
using OCore.Client;
using OCore.Features.Topologies.Balancers;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// What free nginx has not: somebody who asks the nodes behind it how they do. A program beside it, in its container, which works
/// whether or not oCore does; what it reads and what it makes is said in it.
/// </summary>
internal static class BalancerChecks
{
    // Seconds. It looks every four of them, and waits at most five for an answer and thirty for oCore, which changes what it works with.
    private const int StandsStill = 60;

    public static readonly ContainerFile Program = ContainerFile.Text(NodeSpecs.Nginx.Combine("ocore.checker"), ReadProgram());
    /// <summary>nginx itself, with the program beside it.</summary>
    public static readonly IReadOnlyList<string> Command = ["bash", Program.Path.Value, "run", NodeSpecs.Nginx.Value];

    // Each line of its answer is a word and what it is about. Of a container of before this program it says nothing.
    private const string StateScript = """
        cd /etc/nginx && [ -e ocore.looked ] || exit 0
        echo "age $(($(date +%s) - $(stat -c %Y ocore.looked)))"
        sed 's/^/asked /' ocore.checks 2>/dev/null
        sed 's/^/failed /' ocore.failed
        """;

    public static async Task<NodeMeasure> AskAsync(IServerConnection connection, DockerName name, Layout layout, LayoutNode balancer, CancellationToken stop) =>
        Read(layout, balancer, await NodeProbes.ExecAsync(connection, name, ["sh", "-c", StateScript], null, stop));

    /// <summary>Whom it has taken out. Pure.</summary>
    public static NodeMeasure Read(Layout layout, LayoutNode balancer, string answer)
    {
        var said = answer.Split('\n').Select(l => l.Split(' ')).Where(w => w.Length > 1).ToLookup(w => w[0], w => w[1]);
        if (said["age"].FirstOrDefault() is not { } age)
            return new NodeMeasure(TopologyNodeState.Running, null);
        var (asked, failed) = (said["asked"].ToList(), said["failed"].ToHashSet());
        var nodes = asked.Where(n => !IsLive(n)).ToList();
        var lost = nodes.Where(failed.Contains).ToList();
        var silent = asked.Where(n => IsLive(n) && failed.Contains(n) && !failed.Contains(NodeOf(n))).ToList();
        var figures = new Dictionary<string, string> { ["nodesUp"] = Number(nodes.Count - lost.Count), ["nodes"] = Number(nodes.Count) };
        var labels = layout.BalancerOf(balancer).Nodes.ToDictionary(n => n.Key, n => layout.Find(n.Id)!.Label);
        string Names(IEnumerable<string> of) => string.Join(", ", of.Select(n => labels.GetValueOrDefault(NodeOf(n), n)));
        var why = int.Parse(age, CultureInfo.InvariantCulture) > StandsStill ? "What asks the nodes behind it how they do stands still."
            : lost.Count > 0 && lost.Count == nodes.Count ? "None of the nodes behind it answers."
            : lost.Count > 0 ? $"{nodes.Count - lost.Count} of {nodes.Count} nodes behind it answer; it has taken out {Names(lost)}."
            : silent.Count > 0 ? $"Live connections are not answered by {Names(silent)}." : null;
        return new NodeMeasure(why is null ? TopologyNodeState.Running : TopologyNodeState.Degraded, why, null, figures);
    }

    private static bool IsLive(string check) => check.EndsWith(NginxBalancer.LiveCheck, StringComparison.Ordinal);
    private static string NodeOf(string check) => IsLive(check) ? check[..^NginxBalancer.LiveCheck.Length] : check;
    private static string Number(int n) => n.ToString(CultureInfo.InvariantCulture);

    private static string ReadProgram()
    {
        using var stream = typeof(BalancerChecks).Assembly.GetManifestResourceStream("nginx-checks.sh") ?? throw new InvalidOperationException("The checks of nginx are not in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
