using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Instances;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Tests.Servers;

namespace OCore.Tests.Agency;

/// <summary>Nothing of a suspended client is started, and suspending takes its turn on each instance.</summary>
public sealed class SuspendedClients
{
    [Theory, Sqlite, Postgres]
    public async Task Nothing_begins_for_a_client_that_is_suspended_or_going(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var (agency, client, instance) = await WorldAsync(app);
        using var http = app.As(agency.Owner, agency.Org);
        var template = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Plain", OdooVersion = "19.0" });
        var topology = await http.Post<CreateTopology, TopologyView>("/api/topologies", new CreateTopology { Name = "Drawn", Blueprint = "single" });
        var backup = await BackupAsync(app, instance);
        // As the request leaves it, before the operation has come to the instance: its row says that it runs.
        await SetAsync(app, client, suspended: app.Clock.GetUtcNow(), deleting: null);

        foreach (var verb in (string[])["start", "restart", "stop"])
            await http.Post<OperationView>($"/api/instances/{instance.Id}/{verb}").IsRefusedAsync(409, "client_suspended");
        await http.Post<ChangeModules, OperationView>($"/api/instances/{instance.Id}/modules", new ChangeModules { Update = ["base"] }).IsRefusedAsync(409, "client_suspended");
        await http.Post<RenameInstanceDatabase, OperationView>($"/api/instances/{instance.Id}/databases/{instance.Database}/rename", new RenameInstanceDatabase { Name = "another" }).IsRefusedAsync(409, "client_suspended");
        await http.Post<RestoreBackup, OperationView>($"/api/backups/{backup}/restore", new RestoreBackup { Confirm = instance.Slug }).IsRefusedAsync(409, "client_suspended");
        await http.Post<CopyBackup, OperationView>($"/api/backups/{backup}/copy", new CopyBackup { Name = "Copy" }).IsRefusedAsync(409, "client_suspended");
        await http.Post<ProvisionInstance, OperationView>($"/api/templates/{template.Id}/provision", new ProvisionInstance { ServerId = instance.ServerId.ToString(), Organization = client.Slug }).IsRefusedAsync(409, "client_suspended");
        await http.Post<PlanTopology, TopologyPlanView>($"/api/topologies/{topology.Id}/plan", new PlanTopology { Organization = client.Slug }).IsRefusedAsync(409, "client_suspended");
        Assert.DoesNotContain((await http.Get<Page<OperationView>>("/api/operations")).Data, o => o.InstanceId is not null || o.TopologyId is not null);

        await SetAsync(app, client, suspended: null, deleting: app.Clock.GetUtcNow());
        await http.Post<OperationView>($"/api/instances/{instance.Id}/start").IsRefusedAsync(409, "client_deleting");
    }

    /// <summary>Whoever suspends or deletes the client first is found in the transaction that begins the work, also where it was not there before.</summary>
    [Theory, Sqlite, Postgres]
    public async Task Work_that_begins_beside_a_suspension_waits_for_it_and_is_refused(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var (agency, client, instance) = await WorldAsync(app);
        using var http = app.As(agency.Owner, agency.Org);
        await http.Get<InstanceView>($"/api/instances/{instance.Id}");
        await using var db = app.Databases.System();
        Task<OperationView>? start = null;
        await db.InTransactionAsync(async () =>
        {
            var now = app.Clock.GetUtcNow();
            await db.Organizations.AcrossTenants().Where(o => o.Id == client.Id).ExecuteUpdateAsync(s => s.SetProperty(o => o.SuspendedAt, now));
            start = http.Post<OperationView>($"/api/instances/{instance.Id}/start");
            await Task.WhenAny(start, Task.Delay(700));
            Assert.False(start.IsCompleted);
            return 0;
        }, CancellationToken.None);

        await start!.IsRefusedAsync(409, "client_suspended");
        Assert.Empty((await http.Get<Page<OperationView>>("/api/operations")).Data);
    }

    [Theory, Sqlite, Postgres]
    public async Task Suspending_waits_for_what_works_on_an_instance_and_has_it_then(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var (agency, client, instance) = await WorldAsync(app);
        using var http = app.As(agency.Owner, agency.Org);
        var (there, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        app.Services.GetRequiredService<StepProbe>().Reached = (operation, _, point) =>
        {
            if (operation.Kind != "instance.restart" || point != StepPoint.BeforeIntent)
                return Task.CompletedTask;
            there.TrySetResult();
            return go.Task;
        };
        var restart = await http.Post<OperationView>($"/api/instances/{instance.Id}/restart");
        await there.Task.WaitAsync(TimeSpan.FromSeconds(30));

        var suspension = await http.Post<SuspendClient, OperationView>($"/api/agency/clients/{client.Slug}/suspend", new SuspendClient());
        await UntilAsync(async () => (await http.Get<OperationView>($"/api/operations/{suspension.Id}")).RetryAt is not null, "the suspension waits");
        Assert.Contains(restart.Title, (await http.Get<OperationView>($"/api/operations/{suspension.Id}")).Error!.Message, StringComparison.Ordinal);
        Assert.Equal(InstanceStatus.Running, (await http.Get<InstanceView>($"/api/instances/{instance.Id}")).Status);
        await http.Post<OperationView>($"/api/operations/{restart.Id}/cancel");
        go.SetResult();
        Assert.Equal(OperationState.Cancelled, (await http.EndOfAsync(restart)).State);

        // Its server does not answer, so it is not done; and the instance is nobody else's.
        await UntilAsync(async () => (await http.Get<InstanceView>($"/api/instances/{instance.Id}")).Status == InstanceStatus.Suspended, "the instance is suspended");
        var refused = await http.Delete<OperationView>($"/api/instances/{instance.Id}").IsRefusedAsync(409, "operation_in_progress");
        Assert.Equal(suspension.Id, refused.More!["operationId"].GetGuid());
    }

    /// <summary>A server that is away holds the resumption up, and nobody else: what is to be removed meanwhile can be.</summary>
    [Theory, Sqlite, Postgres]
    public async Task Resuming_holds_no_instance_while_it_waits(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var (agency, client, instance) = await WorldAsync(app);
        using var http = app.As(agency.Owner, agency.Org);
        await SetAsync(app, client, suspended: app.Clock.GetUtcNow(), deleting: null);
        await using (var db = app.Databases.System())
            await db.Instances.AcrossTenants().Where(i => i.Id == instance.Id).ExecuteUpdateAsync(s => s.SetProperty(i => i.Status, InstanceStatus.Suspended));

        var resumption = await http.Post<OperationView>($"/api/agency/clients/{client.Slug}/resume");
        await UntilAsync(async () => (await http.Get<OperationView>($"/api/operations/{resumption.Id}")).RetryAt is not null, "the resumption waits for the server");

        Assert.Equal("instance.delete", (await http.Delete<OperationView>($"/api/instances/{instance.Id}")).Kind);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var look = 0; !await condition(); look++)
        {
            Assert.True(look < 300, $"Not within 30 seconds: {what}");
            await Task.Delay(100);
        }
    }

    private static async Task<(TestAgency, TestOrg, Instance)> WorldAsync(TestApp app)
    {
        var agency = await app.AgencyAsync("Suspending");
        var client = await app.ClientOfAsync(agency, "Suspended");
        var (server, _) = await ServersAndInstances.InsertAsync(app, agency);
        return (agency, client, await ServersAndInstances.InsertInstanceAsync(app, agency, server, org: client.Id));
    }

    private static async Task SetAsync(TestApp app, TestOrg client, DateTimeOffset? suspended, DateTimeOffset? deleting)
    {
        await using var db = app.Databases.System();
        await db.Organizations.AcrossTenants().Where(o => o.Id == client.Id).ExecuteUpdateAsync(s => s.SetProperty(o => o.SuspendedAt, suspended).SetProperty(o => o.DeletingAt, deleting));
    }

    private static async Task<Guid> BackupAsync(TestApp app, Instance instance)
    {
        await using var db = app.Databases.System();
        var (now, part) = (app.Clock.GetUtcNow(), new BackupPart("database", 1, "", 1, ""));
        var backup = new Backup
        {
            OrgId = instance.OrgId, RootId = instance.RootId, InstanceId = instance.Id, ServerId = instance.ServerId, InstanceName = instance.Name, Reason = "manual", OdooVersion = "19.0", OdooEdition = "ce", State = BackupState.Verified, TakenAt = now, CreatedAt = now,
            Manifest = new BackupManifest { Backup = Guid.Empty, InstanceName = "x", TakenAt = now, OdooVersion = "19.0", OdooEdition = "ce", Image = "odoo:19.0", PostgresVersion = "17.0", DatabaseName = "x", Modules = new Dictionary<string, string>(), Rows = new Dictionary<string, long>(), DatabasePart = part, FilesPart = part, SettingsPart = part, DatabaseFormat = "custom", FileCount = 0, FileBytes = 0, KeyId = "x" },
        };
        db.Add(backup);
        await db.SaveChangesAsync();
        return backup.Id;
    }
}
