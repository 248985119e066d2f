using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Backups;
using OCore.Features.Instances;
using OCore.Features.Monitoring;
using OCore.Features.Topologies;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Platform.Security;
using OCore.Tests.Topologies;

namespace OCore.Tests.Agency;

/// <summary>A client goes whose Odoo is on a topology of its agency. Its machines were given up, so that no server is asked: what is known of it is rows.</summary>
public sealed class DeletedTopologies
{
    private sealed record Deployed(TestOrg Client, Instance Instance, Topology Topology, Guid Target);

    [Theory, Sqlite, Postgres]
    public async Task Nothing_is_left_of_a_client_on_a_topology_of_its_agency(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Drawing");
        var (gone, stays) = (await DeployAsync(app, agency, "Leavers and Sons"), await DeployAsync(app, agency, "Remaining"));
        var before = await DatabaseScan.MentionsAsync(app, stays.Client.Id);
        // Asked for in the one's name after the topology had become the other's.
        await AddAsync(app, agency, PlanOf(stays.Topology, stays.Client, gone.Client.Slug));
        foreach (var (id, tables) in ((Guid, string[])[])[(gone.Client.Id, ["TopologyPlans"]), (gone.Instance.Id, ["Alerts", "AlertRules", "TopologyDeployments"]), (gone.Target, ["BackupTargets", "Backups", "BackupSchedules"])])
            Assert.Empty(tables.Except((await DatabaseScan.MentionsAsync(app, id)).Keys));
        // Each of the two steps is done, and done again by whoever goes on after that was not written down.
        var cut = new HashSet<string>();
        app.Services.GetRequiredService<StepProbe>().Reached = (operation, step, point) =>
            operation.Kind == ClientRemoval.KindName && point == StepPoint.AfterEffect && step.Name is "Remove its instances" or "Remove its records" && cut.Add(step.Name)
                ? throw new IOException("Cut off by the test.") : Task.CompletedTask;

        var http = app.As(agency.Owner, agency.Org);
        var ended = await http.EndOfAsync(await http.Delete<OperationView>($"/api/agency/clients/{gone.Client.Slug}"));

        Assert.True(ended.State == OperationState.Succeeded && cut.Count == 2, $"{ended.State} {ended.Error?.Message}");
        foreach (var word in (string[])[gone.Client.Id.ToString(), gone.Client.Slug, gone.Instance.Id.ToString(), gone.Instance.Domain, gone.Target.ToString()])
            Assert.Empty((await DatabaseScan.MentionsAsync(app, word)).Keys.Except(["AuditLog"]).Select(table => $"{word} in {table}"));
        // The deletion's own title says whom it deleted.
        Assert.Equal(["AuditLog", "Operations"], (await DatabaseScan.MentionsAsync(app, gone.Client.Name)).Keys);
        // The drawing is the agency's, and the keys of its buckets are; and of the other client nothing is missing.
        var drawing = await http.Get<TopologyView>($"/api/topologies/{gone.Topology.Id}");
        Assert.Null(drawing.Deployment);
        Assert.NotEmpty(drawing.TopologyData.Nodes);
        Assert.Equal(["offsite"], (await http.Get<Page<TopologyCredentialView>>($"/api/topologies/{gone.Topology.Id}/credentials")).Data.Select(c => c.Name));
        Assert.Equal(before, await DatabaseScan.MentionsAsync(app, stays.Client.Id));
        await http.Get<BackupTargetView>($"/api/backup-targets/{stays.Target}");
        await using var db = app.Databases.System();
        var lines = await db.AuditLog.AcrossTenants().AsNoTracking().Where(l => l.OperationId == ended.Id).Select(l => l.Action).ToListAsync();
        foreach (var noun in (string[])["instance", "topology_deployment", "backup", "backup_target", "backup_schedule", "alert_rule"])
            Assert.Contains($"{noun}.deleted", lines);
    }

    [Theory, Sqlite, Postgres]
    public async Task Its_last_backup_is_not_lost_with_the_target_that_its_drawing_made(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Keeping");
        var gone = await DeployAsync(app, agency, "Kept");
        // Taken by a try before this one.
        var (last, now) = (RowId.New(), app.Clock.GetUtcNow());
        await AddAsync(app, agency, new Backup
        {
            Id = last, OrgId = agency.Org.Id, RootId = agency.Org.Id, InstanceId = gone.Instance.Id, InstanceName = gone.Instance.Name, TargetId = gone.Target, Reason = LastBackups.Reason, OdooVersion = "19.0", OdooEdition = "ce",
            State = BackupState.Intact, CreatedAt = now, TakenAt = now, KeepUntil = now.AddDays(30),
        });

        var http = app.As(agency.Owner, agency.Org);
        var ended = await http.EndOfAsync(await http.Delete<OperationView>($"/api/agency/clients/{gone.Client.Slug}?keepBackupDays=30"));

        Assert.True(ended.State == OperationState.Succeeded, ended.Error?.Message);
        var kept = Assert.Single((await http.Get<Page<BackupView>>("/api/backups")).Data);
        Assert.Equal((last, gone.Target), (kept.Id, kept.Target!.Id));
        Assert.Equal(1, (await http.Get<BackupTargetView>($"/api/backup-targets/{gone.Target}")).Backups);
        Assert.Equal(["AuditLog"], (await DatabaseScan.MentionsAsync(app, gone.Client.Id)).Keys);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_target_that_others_use_by_now_stays(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Sharing");
        var (standard, second) = (await DeployAsync(app, agency, "Standard"), await DeployAsync(app, agency, "Second"));
        var other = await app.InstanceAsync(await app.ClientOfAsync(agency, "Other"), await app.ServerAsync(agency, s => s.Status = ServerStatus.Removing));
        await AddAsync(app, agency, new BackupSchedule { OrgId = other.OrgId, RootId = agency.Org.Id, InstanceId = other.Id, InstanceName = other.Name, Cron = "0 2 * * *", TimeZone = "UTC", Copies = true, CopyTargetId = second.Target });
        await using (var db = app.Databases.System())
            await db.BackupTargets.AcrossTenants().Where(t => t.Id == standard.Target).ExecuteUpdateAsync(s => s.SetProperty(t => t.IsDefault, true));

        var http = app.As(agency.Owner, agency.Org);
        foreach (var gone in (Deployed[])[standard, second])
        {
            Assert.Equal(OperationState.Succeeded, (await http.EndOfAsync(await http.Delete<OperationView>($"/api/agency/clients/{gone.Client.Slug}"))).State);
            Assert.Equal(0, (await http.Get<BackupTargetView>($"/api/backup-targets/{gone.Target}")).Backups);
        }
    }

    /// <summary>What works on the topology is the agency's operation, and none of the client's: it is found by whom it is about.</summary>
    [Theory, Sqlite, Postgres]
    public async Task What_works_on_its_topology_is_cancelled_first_and_nothing_begins_any_more(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Working");
        var http = app.As(agency.Owner, agency.Org);
        (string Kind, Func<Guid, Task<OperationView>> Begin)[] works =
        [
            ("topology.repair", id => http.Post<RepairTopology, OperationView>($"/api/topologies/{id}/repair", new RepairTopology { NodeIds = ["odoo-2"] })),
            ("topology.switch_over", id => http.Post<OperationView>($"/api/topologies/{id}/nodes/postgres-2/switchover")),
        ];
        foreach (var (kind, begin) in works)
        {
            var gone = await DeployAsync(app, agency, "Worked on");
            var member = app.As(await app.MemberAsync(gone.Client, "owner"), gone.Client);
            var (there, go) = (new TaskCompletionSource(), new TaskCompletionSource());
            app.Services.GetRequiredService<StepProbe>().Reached = (operation, _, point) =>
            {
                if (operation.Kind != kind || point != StepPoint.BeforeIntent)
                    return Task.CompletedTask;
                there.TrySetResult();
                return go.Task;
            };
            var begun = await begin(gone.Topology.Id);
            Assert.Equal((kind, gone.Client.Id, agency.Org.Id), (begun.Kind, begun.ClientId, begun.Organization.Id));
            await there.Task.WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Contains((await http.Get<Page<OperationView>>($"/api/operations?client={gone.Client.Slug}")).Data, o => o.Id == begun.Id);
            // That it is about the client shows the client no more than before.
            await member.Get<OperationView>($"/api/operations/{begun.Id}").IsRefusedAsync(404, "not_found");
            Assert.DoesNotContain((await member.Get<Page<OperationView>>("/api/operations")).Data, o => o.Id == begun.Id);

            var deletion = await http.Delete<OperationView>($"/api/agency/clients/{gone.Client.Slug}");
            await UntilAsync(async () => (await http.Get<OperationView>($"/api/operations/{deletion.Id}")).RetryAt is not null, "the deletion waits");
            Assert.True((await http.Get<OperationView>($"/api/operations/{begun.Id}")).CancelRequested);
            foreach (var (_, again) in works)
                await again(gone.Topology.Id).IsRefusedAsync(409, "client_deleting");
            go.SetResult();

            Assert.Equal(OperationState.Succeeded, (await http.EndOfAsync(deletion)).State);
            await http.Get<OperationView>($"/api/operations/{begun.Id}").IsRefusedAsync(404, "not_found");
            Assert.Equal(["AuditLog"], (await DatabaseScan.MentionsAsync(app, gone.Client.Id)).Keys);
        }
    }

    /// <summary>Destroying a topology is refused to nobody, also while its client is being deleted: each of the two waits for the other.</summary>
    [Theory, Sqlite, Postgres]
    public async Task What_has_its_topology_since_is_waited_for(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Meeting");
        var gone = await DeployAsync(app, agency, "Met");
        var (since, key) = (RowId.New(), DeploymentViews.LockOf(gone.Topology.Id));
        // Held by nobody until the test lets go.
        await AddAsync(app, agency, new Operation { Id = since, OrgId = agency.Org.Id, RootId = agency.Org.Id, Kind = "topology.destroy", Version = 1, Title = "Destroy it", InputSealed = "", Actor = "Test", LeaseUntil = app.Clock.GetUtcNow().AddHours(1), State = OperationState.Running, CreatedAt = app.Clock.GetUtcNow() },
            new ResourceLock { Key = key, OperationId = since });
        var http = app.As(agency.Owner, agency.Org);

        var deletion = await http.Delete<OperationView>($"/api/agency/clients/{gone.Client.Slug}");
        await UntilAsync(async () => (await http.Get<OperationView>($"/api/operations/{deletion.Id}")).RetryAt is not null, "the deletion waits");
        Assert.Contains("Destroy it", (await http.Get<OperationView>($"/api/operations/{deletion.Id}")).Error!.Message, StringComparison.Ordinal);
        Assert.Equal(InstanceStatus.Running, (await http.Get<InstanceView>($"/api/instances/{gone.Instance.Id}")).Status);
        await using (var db = app.Databases.System())
        {
            await db.ResourceLocks.Where(l => l.Key == key).ExecuteDeleteAsync();
            await db.Operations.AcrossTenants().Where(o => o.Id == since).ExecuteUpdateAsync(s => s.SetProperty(o => o.State, OperationState.Cancelled));
        }

        Assert.Equal(OperationState.Succeeded, (await http.EndOfAsync(deletion)).State);
    }

    /// <summary>As a deployment leaves it, with what an agency has beside: another drawing that was only planned for the client, and an alert.</summary>
    private static async Task<Deployed> DeployAsync(TestApp app, TestAgency agency, string name)
    {
        var client = await app.ClientOfAsync(agency, name);
        var instance = await app.InstanceAsync(client, await app.ServerAsync(agency, s => s.Status = ServerStatus.Removing));
        var (sketch, org, id, now) = (DeployScene.Failover().BackedUp(), agency.Org.Id, RowId.New(), app.Clock.GetUtcNow());
        var layout = sketch.Layout();
        Topology topology = new() { OrgId = org, RootId = org, Name = app.Slug("drawing"), CreatedAt = now }, planned = new() { OrgId = org, RootId = org, Name = app.Slug("planned"), CreatedAt = now };
        topology.Draw(sketch.Data, sketch.Settings, now);
        var target = DrawnBackups.TargetOf(topology.Id, "backup");
        var rule = new AlertRule { OrgId = org, Name = "Busy", Subject = "instance", Metric = "cpu", Above = true, IsActive = false };
        await using var db = app.Databases.For(new Tenant(org, org, false), AuditActor.System);
        db.AddRange(topology, planned, PlanOf(topology, client, client.Slug), PlanOf(planned, client, client.Id.ToString()), rule);
        db.Add(new TopologyDeployment
        {
            Id = id, OrgId = org, RootId = org, TopologyId = topology.Id, Name = topology.Name, InstanceId = instance.Id, Status = "active", PlanHash = "", DrawingDigest = topology.DrawingDigest, Layout = layout,
            SecretsSealed = app.Services.GetRequiredService<TopologyHost>().Seal(new TopologySecrets("a", "b", "c", "d", "e"), id),
        });
        foreach (var node in layout.Nodes)
            db.Add(new DeployedNode { OrgId = org, RootId = org, TopologyId = topology.Id, NodeId = node.Id, Type = node.Type, Label = node.Label, ServerId = node.ServerId, Container = node.Id == layout.Home.Id ? $"ocore-i-{client.Slug}" : node.Container });
        db.Add(new TopologyCredential { OrgId = org, RootId = org, TopologyId = topology.Id, Name = "offsite", AccessKey = "AK", SecretKeySealed = "x" });
        // Nothing is deleted there, so that no bucket is asked.
        db.Add(new BackupTarget
        {
            Id = target, OrgId = org, RootId = org, Name = $"{topology.Name}: Backup", Endpoint = "https://backups.example.com", Bucket = "backups", Prefix = "", AccessKey = "AK", AppendOnly = true, CreatedAt = now,
            SecretKeySealed = app.Services.GetRequiredService<SecretBox>().Seal("SK", BackupStores.TargetSecret, target),
        });
        db.Add(new BackupSchedule { OrgId = client.Id, RootId = org, InstanceId = instance.Id, InstanceName = instance.Name, Cron = "0 2 * * *", TimeZone = "UTC", TargetId = target, TargetChosen = true });
        db.Add(Backup.Of(instance, target, "schedule", null, now));
        db.Add(new Alert { OrgId = org, RuleId = rule.Id, SubjectId = instance.Id, SubjectName = client.Name, Since = now });
        await DefaultAlerts.AddAsync(db, org, instance.Id, topology.Name, now, CancellationToken.None);
        await db.SaveChangesAsync();
        await db.Instances.Where(i => i.Id == instance.Id).ExecuteUpdateAsync(s => s.SetProperty(i => i.TopologyId, topology.Id));
        return new Deployed(client, instance, topology, target);
    }

    private static TopologyPlan PlanOf(Topology topology, TestOrg client, string asked) => new()
    {
        OrgId = topology.OrgId, RootId = topology.RootId, TopologyId = topology.Id, Hash = "", Request = new PlanTopology { Organization = asked, Name = "ERP" },
        View = new TopologyPlanView
        {
            Id = RowId.New(), Hash = "", Kind = TopologyPlanKind.Deploy, Snapshot = "", Generation = 0, Actions = [], Findings = [], Downtime = false, DataRisk = false, CreatedAt = default,
            Instance = new PlannedInstance { Name = "ERP", Organization = new Ref { Id = client.Id, Name = client.Name, Slug = client.Slug }, Domain = "erp.example.com", Url = "http://erp.example.com", OdooVersion = "19.0", Image = "odoo:19.0", Modules = [] },
        },
    };

    private static async Task AddAsync(TestApp app, TestAgency agency, params object[] rows)
    {
        await using var db = app.Databases.For(new Tenant(agency.Org.Id, agency.Org.Id, false), AuditActor.System);
        db.AddRange(rows);
        await db.SaveChangesAsync();
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var look = 0; !await condition(); look++)
        {
            Assert.True(look < 300, $"Not within 30 seconds: {what}");
            await Task.Delay(100);
        }
    }
}
