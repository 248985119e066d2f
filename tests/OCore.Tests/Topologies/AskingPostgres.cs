using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Topologies.Rules;

namespace OCore.Tests.Topologies;

/// <summary>What a PostgreSQL and its Patroni say of themselves, as it is read: who is behind, and where nobody would take the primary's place.</summary>
public sealed class AskingPostgres
{
    private static readonly Layout Cluster = DeployScene.Failover().Layout();
    private const string Primary = """{"state": "running", "role": "primary", "timeline": 3}""", Replica = """{"state": "running", "role": "replica", "timeline": 3}""";

    private static string Of(bool recovery, long lag = 0, long late = 0, int synchronous = 1, int receiving = 1, string followers = "[]") => $$"""
        {"recovery": {{(recovery ? "true" : "false")}}, "connections": 4, "max": 300, "replicas": 2, "synchronous": {{synchronous}}, "receiving": {{receiving}}, "lag": {{lag}}, "late": {{late}}, "followers": {{followers}}, "bytes": 1000}
        """;

    private static NodeMeasure Read(string said, string? patroni, Layout? layout = null) => PostgresNodes.Read(layout ?? Cluster, (layout ?? Cluster).Find("postgres")!, said, patroni);

    [Fact]
    public void One_that_does_well_says_its_part_its_timeline_and_its_lag_in_bytes_and_seconds()
    {
        var seen = Read(Of(recovery: false, lag: 2048, late: 2), Primary);
        Assert.Equal((TopologyNodeState.Running, (string?)null, "primary"), (seen.State, seen.Message, seen.Role));
        Assert.Equal(("2048", "2", "2", "1", "3"), (seen.Figures!["lagBytes"], seen.Figures["lagSeconds"], seen.Figures["replicas"], seen.Figures["synchronousReplicas"], seen.Figures["timeline"]));
        seen = Read(Of(recovery: true), Replica);
        Assert.Equal((TopologyNodeState.Running, "replica"), (seen.State, seen.Role));
        Assert.DoesNotContain("replicas", seen.Figures!.Keys);
        // One alone has no Patroni.
        var alone = DeployScene.Pair().Layout();
        Assert.Equal(TopologyNodeState.Running, Read(Of(recovery: false), null, alone).State);
    }

    [Theory]
    [InlineData(false, """{"pause": true}""", "Patroni is paused: when the primary is lost, nobody takes its place.", "paused")]
    [InlineData(true, """{"pause": true}""", "Patroni is paused: when the primary is lost, nobody takes its place.", "paused")]
    [InlineData(true, """{"tags": {"nofailover": true}}""", "It is tagged nofailover: it never takes the primary's place.", "tags")]
    [InlineData(true, """{"tags": {"failover_priority": 0}}""", "It is tagged nofailover: it never takes the primary's place.", "tags")]
    [InlineData(true, """{"tags": {"nosync": true}}""", "It is tagged nosync: it is never in sync, and so never takes the primary's place.", "tags")]
    // Who leads has nobody's place to take, and a restart that waits keeps nobody from anything.
    [InlineData(false, """{"tags": {"nofailover": true}}""", null, "tags")]
    [InlineData(true, """{"tags": {"clonefrom": true}, "pending_restart": true}""", null, "pendingRestart")]
    [InlineData(true, null, "Patroni does not answer in it: it takes nobody's place, and nobody takes its in order.", null)]
    public void Where_nobody_would_take_over_it_is_said(bool replica, string? patroni, string? message, string? figure)
    {
        var seen = Read(Of(replica), patroni);
        Assert.Equal((message is null ? TopologyNodeState.Running : TopologyNodeState.Degraded, message), (seen.State, seen.Message));
        if (figure is not null)
            Assert.Contains(figure, seen.Figures!.Keys);
    }

    [Fact]
    public void One_that_is_far_behind_is_named_by_the_primary_and_says_it_itself()
    {
        var third = Cluster.Find("postgres-3")!;
        string Follower(long bytes, int late) => $$"""[{"name": "{{third.Container}}", "bytes": {{bytes}}, "late": {{late}}}]""";
        Assert.Equal($"{third.Label} is 90 s and 64 MiB behind it.", Read(Of(recovery: false, followers: Follower(64 << 20, 90)), Primary).Message);
        Assert.Equal("It is 90 s and 64 MiB behind.", Read(Of(recovery: true, lag: 64 << 20, late: 90), Replica).Message);
        // Much at once, and the first row after a quiet hour.
        Assert.Equal(TopologyNodeState.Running, Read(Of(recovery: false, followers: Follower(64 << 20, 10)), Primary).State);
        Assert.Equal(TopologyNodeState.Running, Read(Of(recovery: true, lag: 8192, late: 3600), Replica).State);
        Assert.Equal("It follows nobody.", Read(Of(recovery: true, receiving: 0), Replica).Message);
    }

    [Fact]
    public void People_can_work_as_long_as_the_primary_takes_what_they_write()
    {
        var strict = DeployScene.Failover().Set("postgres", "zeroDataLoss", true).Layout();
        TopologyHealth Health(NodeMeasure primary) => DeploymentViews.HealthOf([Row("odoo-1", NodeType.Odoo, new NodeMeasure(TopologyNodeState.Running, null)), Row("postgres", NodeType.Postgres, primary),
            Row("postgres-2", NodeType.Postgres, new NodeMeasure(TopologyNodeState.Failed, "Its container does not run.", "replica"))]);
        Assert.Equal(TopologyHealth.Degraded, Health(Read(Of(recovery: false), """{"pause": true}""")));
        Assert.Equal(TopologyHealth.Degraded, Health(Read(Of(recovery: false, synchronous: 0), Primary)));
        Assert.Equal(TopologyHealth.Down, Health(Read(Of(recovery: false, synchronous: 0), Primary, strict)));
        Assert.Equal(TopologyHealth.Down, Health(Read(Of(recovery: true, receiving: 0), Replica)));
    }

    [Theory, Postgres]
    public async Task A_real_one_answers_what_it_is_asked(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        await using var db = app.Databases.System();
        await db.Database.OpenConnectionAsync();
        await using var ask = db.Database.GetDbConnection().CreateCommand();
        ask.CommandText = PostgresNodes.Script;
        var seen = Read((string)(await ask.ExecuteScalarAsync())!, Primary);
        Assert.Equal((TopologyNodeState.Running, "primary", "0", "0"), (seen.State, seen.Role, seen.Figures!["lagBytes"], seen.Figures["lagSeconds"]));
        Assert.NotEqual("0", seen.Figures["connections"]);
    }

    private static DeployedNode Row(string id, NodeType type, NodeMeasure seen) =>
        new() { NodeId = id, Type = type, Label = id, Container = id, State = seen.State, Message = seen.Message, Role = seen.Role, Figures = seen.Figures ?? [] };
}
