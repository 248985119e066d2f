using OCore.Client;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Docker;

namespace OCore.Tests.Topologies;

/// <summary>What an inspection of a container tells, compared with what was deployed.</summary>
public sealed class DriftOfNodes
{
    private static readonly Layout Layout = DeployScene.Failover().Layout();
    private static readonly TopologySecrets Secrets = new("a", "b", "c", "d");

    private static WantedContainer Wanted(string node) => new(NodeSpecs.Of(DeployScene.Id, Layout, Layout.Find(node)!, Secrets), []);

    private static ContainerState Seen(WantedContainer wanted, Func<ContainerState, ContainerState>? change = null)
    {
        var spec = wanted.Spec;
        var labels = new Dictionary<string, string>(spec.Labels) { [SpecHash.Label] = SpecHash.Of(spec), ["of.the.image"] = "x" };
        var seen = new ContainerState(spec.Name.Value, "1", spec.Image.Value, "running", "running", null, null, labels, spec.Networks.ToDictionary(n => n.Name.Value, _ => "172.18.0.2"), null)
        {
            Limits = new ContainerLimits(spec.MemoryBytes, spec.NanoCpus, spec.Restart),
        };
        return change is null ? seen : change(seen);
    }

    [Fact]
    public void As_it_was_deployed_nothing_differs()
    {
        foreach (var node in Layout.Nodes.Where(n => n.ServerId is not null && n.Type != NodeType.Odoo))
            Assert.Empty(NodeDrifts.Compare(Wanted(node.Id), Seen(Wanted(node.Id)), safe: true));
    }

    /// <summary>Who leads is no setting: what is compared is the same before and after another Redis was promoted, and lies beside the file that Redis writes.</summary>
    [Fact]
    public void A_promoted_Redis_is_no_difference()
    {
        var layout = DeployScene.Watched().Layout();
        foreach (var node in layout.Of(NodeType.Redis))
        {
            var wanted = new WantedContainer(NodeSpecs.Of(DeployScene.Id, layout, node, Secrets), []);
            Assert.Empty(NodeDrifts.Compare(wanted, Seen(wanted), safe: false));
            Assert.DoesNotContain(wanted.Files().Keys, f => f.StartsWith("/data/", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Each_way_of_changing_it_has_a_sentence()
    {
        var wanted = Wanted("lb");
        void Differs(NodeDriftKind kind, bool safe, string says, Func<ContainerState, ContainerState> change)
        {
            var found = Assert.Single(NodeDrifts.Compare(wanted, Seen(wanted, change), safe: true));
            Assert.Equal((kind, safe), (found.Kind, found.Safe));
            Assert.Contains(says, found.Message, StringComparison.Ordinal);
        }
        Dictionary<string, string> With(ContainerState seen, string label, string? value)
        {
            var labels = new Dictionary<string, string>(seen.Labels);
            if (value is null)
                labels.Remove(label);
            else
                labels[label] = value;
            return labels;
        }
        Differs(NodeDriftKind.Foreign, false, "did not make", s => s with { Labels = With(s, SpecHash.Label, null) });
        Differs(NodeDriftKind.Foreign, false, "did not make", s => s with { Labels = With(s, NodeSpecs.NodeLabel, "another") });
        Differs(NodeDriftKind.Changed, true, "other settings", s => s with { Labels = With(s, SpecHash.Label, "other") });
        Differs(NodeDriftKind.Changed, true, "haproxy:2.8 instead of haproxy:3.0", s => s with { Image = "haproxy:2.8" });
        Differs(NodeDriftKind.Stopped, true, "paused", s => s with { State = "paused" });
        Differs(NodeDriftKind.Stopped, true, "Exited (137)", s => s with { State = "exited", Status = "Exited (137)" });
        Differs(NodeDriftKind.Limits, true, "any amount of memory", s => s with { Limits = s.Limits! with { MemoryBytes = 0 } });
        Differs(NodeDriftKind.Limits, true, "0.5 processors", s => s with { Limits = s.Limits! with { NanoCpus = 500_000_000 } });
        Differs(NodeDriftKind.Limits, true, "starts again", s => s with { Limits = s.Limits! with { Restart = RestartRule.No } });
        Differs(NodeDriftKind.Network, true, "in the networks bridge, ocore", s => s with { Addresses = new Dictionary<string, string>(s.Addresses) { ["bridge"] = "172.17.0.2" } });
    }

    /// <summary>Nothing that keeps data is put right without a person, and that is also true of its start.</summary>
    [Fact]
    public void What_keeps_data_and_stands_still_waits_for_a_person()
    {
        foreach (var (node, safe) in new[] { ("postgres", false), ("redis", false), ("etcd-1", false), ("lb", true) })
        {
            var wanted = Wanted(node);
            foreach (var state in (string[])["exited", "paused"])
            {
                var found = Assert.Single(NodeDrifts.Compare(wanted, Seen(wanted, s => s with { State = state }), DriftHost.IsSafe(Layout.Find(node)!)));
                Assert.Equal((NodeDriftKind.Stopped, safe), (found.Kind, found.Safe));
            }
        }
    }

    [Fact]
    public void What_somebody_wants_is_no_difference()
    {
        var wanted = Wanted("lb") with { MayStand = true };
        Assert.Empty(NodeDrifts.Compare(wanted, Seen(wanted, s => s with { State = "exited" }), safe: true));
        // Settings that wait for a restart.
        wanted = Wanted("lb") with { Waits = true };
        Assert.Empty(NodeDrifts.Compare(wanted, Seen(wanted, s => s with { Labels = new Dictionary<string, string>(s.Labels) { [SpecHash.Label] = "before" }, Limits = s.Limits! with { MemoryBytes = 1 } }), safe: true));
    }
}
