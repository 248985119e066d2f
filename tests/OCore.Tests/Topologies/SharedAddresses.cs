using OCore.Client;
using OCore.Features.Topologies.Deployments;

namespace OCore.Tests.Topologies;

/// <summary>One address of several load balancers: what its holders are told, and what is made of what they say.</summary>
public sealed class SharedAddresses
{
    private const string Address = "10.0.0.100";
    private static readonly Layout Layout = DeployScene.Sharing(Address).Layout();
    private static readonly LayoutNode First = Layout.Find("lb")!, Second = Layout.Find("lb-2")!;
    private static readonly HolderState Having = new("MASTER", true), Waiting = new("BACKUP", false), Faulty = new("FAULT", false), None = new("", false);

    [Fact]
    public void Holders_know_each_other_and_the_address()
    {
        Assert.Empty(LayoutMaker.NotBuilt(DeployScene.Sharing(Address).Snapshot()));
        string HostOf(string place) => DeployScene.Sharing(Address).Servers.Values.Single(s => s.Name == place).Host;
        var (edge, app) = (HostOf("edge"), HostOf("app-2"));
        var (first, second) = (SharedAddress.ConfigOf(First), SharedAddress.ConfigOf(Second));
        Assert.Contains($"unicast_src_ip {edge}\n", first, StringComparison.Ordinal);
        Assert.Contains($"unicast_peer {{\n        {app}\n    }}", first, StringComparison.Ordinal);
        Assert.Contains($"unicast_src_ip {app}\n", second, StringComparison.Ordinal);
        Assert.Contains($"unicast_peer {{\n        {edge}\n    }}", second, StringComparison.Ordinal);
        Assert.Contains("priority 100\n", first, StringComparison.Ordinal);
        Assert.Contains("priority 90\n", second, StringComparison.Ordinal);
        Assert.Contains($"{Address}/32", first, StringComparison.Ordinal);
        Assert.Contains($"answers {edge} 80\"", first, StringComparison.Ordinal);
        Assert.Equal(RouterOf(first), RouterOf(second));
        var spec = SharedAddress.Spec(DeployScene.Id, First);
        spec.Check();
        Assert.True(spec.HoldsAddresses);
        Assert.Equal(["hold", Address], spec.Command);
        Assert.Null(SharedAddress.Of(DeployScene.Pair().Layout().Find("lb")!));
        static string RouterOf(string config) => config.Split('\n').Single(l => l.Contains("virtual_router_id", StringComparison.Ordinal));
    }

    [Fact]
    public void Who_has_it_and_who_would_take_it_are_well()
    {
        Assert.Equal((TopologyNodeState.Running, "active", null), Judged(First, Having, Waiting));
        Assert.Equal((TopologyNodeState.Running, "standby", null), Judged(First, Waiting, Having));
        // What does not answer may have it.
        Assert.Equal((TopologyNodeState.Running, "standby", null), Judged(First, Waiting, null));
        Assert.Equal((TopologyNodeState.Running, "active", null), Judged(First, Having, None));
    }

    [Theory]
    [InlineData("", "does not run")]
    [InlineData("FAULT", "own port")]
    public void Who_has_no_part_in_it_is_not_well(string word, string why)
    {
        var (state, role, message) = Judged(First, new HolderState(word, false), Having);
        Assert.Equal((TopologyNodeState.Degraded, null), (state, role));
        Assert.Contains(why, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_that_have_it_and_none_that_has_it_are_named()
    {
        Assert.Equal((TopologyNodeState.Degraded, "active"), (Judged(First, Having, Having).State, Judged(First, Having, Having).Role));
        Assert.Contains("both hold 10.0.0.100", Judged(Second, Having, Having).Message, StringComparison.Ordinal);
        Assert.Equal((TopologyNodeState.Degraded, "standby", $"Nobody holds {Address}."), Judged(First, Waiting, Faulty));
    }

    [Fact]
    public void What_it_was_not_well_of_before_is_still_said()
    {
        var seen = SharedAddress.Judge(First, new NodeMeasure(TopologyNodeState.Degraded, "1 of 2 nodes behind it answer.", null, new() { ["nodes"] = "2" }), [(First, Having), (Second, Waiting)]);
        Assert.Equal((TopologyNodeState.Degraded, "1 of 2 nodes behind it answer.", "active"), (seen.State, seen.Message, seen.Role));
        Assert.Equal(("2", Address), (seen.Figures!["nodes"], seen.Figures["sharedAddress"]));
    }

    private static (TopologyNodeState State, string? Role, string? Message) Judged(LayoutNode node, HolderState? own, HolderState? other)
    {
        var seen = SharedAddress.Judge(node, new NodeMeasure(TopologyNodeState.Running, null), [(node, own), (node == First ? Second : First, other)]);
        return (seen.State, seen.Role, seen.Message);
    }
}
