using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Databases;
using OCore.Features.Servers;
using OCore.Features.Topologies;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Tests.Agency;

namespace OCore.Tests.Operations;

/// <summary>What an operation worked on, after a person ended it: nothing is left that only it could have moved. Nobody knows its kind here.</summary>
public sealed class AfterResolving(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task An_instance_can_be_deleted_whatever_was_being_done_to_it(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, server) = await WorldAsync(app);
        var client = await app.ClientOfAsync(agency, "Bakery");
        var http = app.As(agency.Owner, agency.Org);
        foreach (var (status, outcome) in new[] { (InstanceStatus.Creating, ResolvedOutcome.RolledBack), (InstanceStatus.Restarting, ResolvedOutcome.RolledBack), (InstanceStatus.Removing, ResolvedOutcome.Succeeded) })
        {
            var instance = await app.InstanceAsync(client, server, status, change: i => i.ReservedDatabase = "another");
            await ResolveAsync(app, http, client, outcome, $"instance:{instance.Id}");
            var view = await http.Get<InstanceView>($"/api/instances/{instance.Id}");
            Assert.Equal((InstanceStatus.Failed, "Its operation was resolved by hand. Restart the instance, or delete it.", null), (view.Status, view.StatusMessage, view.OperationId));
            await using (var db = app.Databases.System())
                Assert.Null((await db.Instances.AcrossTenants().SingleAsync(i => i.Id == instance.Id)).ReservedDatabase);
            Assert.Equal("instance.delete", (await http.Delete<OperationView>($"/api/instances/{instance.Id}")).Kind);
        }
        // What it did not move stays what it is measured.
        var running = await app.InstanceAsync(client, server);
        await ResolveAsync(app, http, client, ResolvedOutcome.RolledBack, $"instance:{running.Id}");
        Assert.Equal(InstanceStatus.Running, (await http.Get<InstanceView>($"/api/instances/{running.Id}")).Status);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_client_resolves_what_is_its_own(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, server) = await WorldAsync(app);
        var client = await app.ClientOfAsync(agency, "Florist");
        var instance = await app.InstanceAsync(client, server, InstanceStatus.Restarting);
        var owner = app.As(await app.MemberAsync(client, "owner"), client);
        await ResolveAsync(app, owner, client, ResolvedOutcome.RolledBack, $"instance:{instance.Id}");
        Assert.Equal(InstanceStatus.Failed, (await owner.Get<InstanceView>($"/api/instances/{instance.Id}")).Status);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_server_is_looked_at_again_or_waits_for_its_validation(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, _) = await WorldAsync(app);
        var http = app.As(agency.Owner, agency.Org);
        foreach (var (status, prepared, expected) in new[] { (ServerStatus.Validating, true, ServerStatus.Unreachable), (ServerStatus.Validating, false, ServerStatus.Failed), (ServerStatus.Removing, true, ServerStatus.Failed) })
        {
            var server = await app.ServerAsync(agency, s =>
            {
                s.Status = status;
                if (prepared)
                    (s.PostgresPasswordSealed, s.Facts) = ("x", new ServerFacts { Os = "Debian", Kernel = "6", Architecture = "x86_64", Cpus = 2, MemoryBytes = 8L << 30, DiskBytes = 500L << 30, DockerVersion = "27" });
            });
            await ResolveAsync(app, http, agency.Org, ResolvedOutcome.Succeeded, $"server:{server.Id}");
            Assert.Equal(expected, (await http.Get<ServerView>($"/api/servers/{server.Id}")).Status);
            Assert.Equal("server.remove", (await http.Delete<OperationView>($"/api/servers/{server.Id}?forget=true")).Kind);
        }
    }

    [Theory]
    [InlineData(ResolvedOutcome.RolledBack, "removing renaming")]
    [InlineData(ResolvedOutcome.Succeeded, "creating renaming")]
    public async Task A_database_is_there_or_not_as_the_person_says(ResolvedOutcome outcome, string left)
    {
        var app = await apps.OnAsync(Database.Sqlite);
        var (agency, server) = await WorldAsync(app);
        var instance = await app.InstanceAsync(agency.Org, server);
        var suffix = app.Slug("x").Replace('-', '_');
        await using (var db = app.Databases.System())
        {
            foreach (var status in new[] { DatabaseStatus.Creating, DatabaseStatus.Removing, DatabaseStatus.Renaming })
                db.Add(new InstanceDatabase { OrgId = instance.OrgId, RootId = instance.RootId, InstanceId = instance.Id, ServerId = server.Id, Name = WireWord.Of(status) + suffix, ReservedName = status == DatabaseStatus.Renaming ? "another" + suffix : null, Status = status, CreatedAt = app.Clock.GetUtcNow() });
            await db.SaveChangesAsync();
        }
        await ResolveAsync(app, app.As(agency.Owner, agency.Org), agency.Org, outcome, $"instance:{instance.Id}");
        await using var after = app.Databases.System();
        var rows = await after.InstanceDatabases.AcrossTenants().Where(d => d.InstanceId == instance.Id).OrderBy(d => d.Name).ToListAsync();
        Assert.Equal(left.Split(' ').Order(StringComparer.Ordinal).Select(n => n + suffix), rows.Select(d => d.Name));
        Assert.All(rows, d => Assert.Equal((DatabaseStatus.Ready, null), (d.Status, d.ReservedName)));
    }

    [Theory, Sqlite]
    public async Task A_backup_that_was_not_finished_has_failed(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, server) = await WorldAsync(app);
        var instance = await app.InstanceAsync(agency.Org, server);
        var backup = Backup.Of(instance, null, "manual", null, app.Clock.GetUtcNow());
        await using (var db = app.Databases.System())
        {
            db.Add(backup);
            await db.SaveChangesAsync();
        }
        var http = app.As(agency.Owner, agency.Org);
        await ResolveAsync(app, http, agency.Org, ResolvedOutcome.Succeeded, $"backup:{backup.Id}", $"instance:{instance.Id}");
        Assert.Equal(BackupState.Failed, (await http.Get<BackupView>($"/api/backups/{backup.Id}")).State);
        Assert.Equal("backup.delete", (await http.Delete<OperationView>($"/api/backups/{backup.Id}")).Kind);
    }

    [Theory]
    [InlineData("changing", ResolvedOutcome.RolledBack, "before", 1)]
    [InlineData("changing", ResolvedOutcome.Succeeded, "after", 2)]
    [InlineData("deploying", ResolvedOutcome.RolledBack, "after", 1)]
    [InlineData("destroying", ResolvedOutcome.Succeeded, "after", 1)]
    public async Task A_topology_is_active_with_what_the_person_says(string status, ResolvedOutcome outcome, string runs, int generation)
    {
        var app = await apps.OnAsync(Database.Sqlite);
        var (agency, _) = await WorldAsync(app);
        Layout Of(string node) => new() { Nodes = [new LayoutNode { Id = node, Label = node, Type = NodeType.Odoo, Container = node }] };
        var topology = new Topology { OrgId = agency.Org.Id, RootId = agency.Org.RootId, Name = app.Slug("drawing"), CreatedAt = app.Clock.GetUtcNow() };
        await using (var db = app.Databases.System())
        {
            db.Add(topology);
            db.Add(new TopologyDeployment { OrgId = topology.OrgId, RootId = topology.RootId, TopologyId = topology.Id, Name = topology.Name, Status = status, Generation = 1, PlanHash = "x", DrawingDigest = "", SecretsSealed = "x", Layout = Of("after"), Before = status == "changing" ? Of("before") : null });
            foreach (var node in status == "changing" ? new[] { "before", "after" } : ["after"])
                db.Add(new DeployedNode { OrgId = topology.OrgId, RootId = topology.RootId, TopologyId = topology.Id, NodeId = node, Label = node, Container = node });
            await db.SaveChangesAsync();
        }
        await ResolveAsync(app, app.As(agency.Owner, agency.Org), agency.Org, outcome, $"topology:{topology.Id}");
        await using var after = app.Databases.System();
        var deployment = await after.TopologyDeployments.AcrossTenants().SingleAsync(d => d.TopologyId == topology.Id);
        Assert.Equal(("active", generation, runs), (deployment.Status, deployment.Generation, Assert.Single(deployment.Layout.Nodes).Id));
        Assert.Null(deployment.Before);
        Assert.Equal(runs, (await after.DeployedNodes.AcrossTenants().SingleAsync(n => n.TopologyId == topology.Id)).NodeId);
    }

    private static async Task<(TestAgency, Server)> WorldAsync(TestApp app)
    {
        var agency = await app.AgencyAsync("Settled");
        // Nobody looks at it, and nothing begins by itself.
        return (agency, await app.ServerAsync(agency, s => s.Status = ServerStatus.Failed));
    }

    private static async Task ResolveAsync(TestApp app, OCoreHttp http, TestOrg org, ResolvedOutcome outcome, params string[] locks)
    {
        var operation = new Operation { OrgId = org.Id, RootId = org.RootId, Kind = "gone.kind", Title = "Something", InputSealed = "x", Actor = "Test", State = OperationState.Stuck, ErrorCode = "unknown_definition", CreatedAt = app.Clock.GetUtcNow() };
        await using (var db = app.Databases.System())
        {
            db.Add(operation);
            foreach (var key in locks)
                db.Add(new ResourceLock { Key = key, OperationId = operation.Id });
            await db.SaveChangesAsync();
        }
        var ended = await http.Post<ResolveOperation, OperationView>($"/api/operations/{operation.Id}/resolve", new() { Reason = "By hand.", Outcome = outcome });
        Assert.Equal(outcome == ResolvedOutcome.Succeeded ? OperationState.Succeeded : OperationState.RolledBack, ended.State);
        await using var after = app.Databases.System();
        Assert.False(await after.ResourceLocks.AnyAsync(l => l.OperationId == operation.Id));
    }
}
