using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Backups;
using OCore.Features.Branding;
using OCore.Features.Databases;
using OCore.Features.Domains;
using OCore.Features.Monitoring;
using OCore.Features.Portal;
using OCore.Features.PortalDomains;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Features.Webhooks;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Tests.Organizations;
using OCore.Tests.Topologies;
using Brand = OCore.Features.Branding.Branding;

namespace OCore.Tests.Agency;

public sealed class DeletionTests
{
    [Theory, Sqlite, Postgres]
    public async Task Nothing_of_a_deleted_client_is_left_but_the_audit_log(Database database)
    {
        var resources = new RecordedResources();
        await using var app = await StartAsync(database, resources);
        var agency = await app.AgencyAsync("Keeper");
        var client = await app.ClientOfAsync(agency, "Gone");
        var sibling = await app.ClientOfAsync(agency, "Stays");
        await FillAsync(app, agency, client);
        await FillAsync(app, agency, sibling);
        var only = $"{app.Slug("only")}@people.example";
        var token = await InvitationsTests.InviteAsync(app, agency.Owner, client, only, "viewer");
        await new OCoreHttp(app.HttpWith(null)).Post<AcceptInvitation, SessionTokens>("/api/invitations/accept", new() { Token = token, Name = "Only Here", Password = TestApp.Password });
        var http = app.As(agency.Owner, agency.Org);
        await http.EndOfAsync(await http.Post<OperationView>($"/api/agency/clients/{client.Slug}/suspend"));
        await AssertEveryTableHasRowsAsync(app, client);
        Assert.Contains("PortalDomains", (await DatabaseScan.MentionsAsync(app, PortalOf(client))).Keys);
        var before = await DatabaseScan.MentionsAsync(app, sibling.Id);

        var operation = await http.Delete<OperationView>($"/api/agency/clients/{client.Id}?keepBackupDays=30");
        var ended = await http.EndOfAsync(operation);

        Assert.Equal((OperationState.Succeeded, "client.delete", agency.Org.Id), (ended.State, ended.Kind, ended.Organization.Id));
        Assert.Equal(client.Id, operation.ClientId);
        Assert.Equal("remove, keep 30", resources.Calls[^1]);
        Assert.Equal(["AuditLog"], (await DatabaseScan.MentionsAsync(app, client.Id)).Keys);
        // Names of portals rest for a week, as those do that are deleted by hand: nobody else gets them, and the agency is told of one that still leads here.
        Assert.Equal(["AuditLog", "DomainTombstones"], (await DatabaseScan.MentionsAsync(app, PortalOf(client))).Keys);
        Assert.Equal(before, await DatabaseScan.MentionsAsync(app, sibling.Id));
        await http.Get<ClientView>($"/api/agency/clients/{client.Id}").IsRefusedAsync(404, "not_found");
        var log = (await http.Get<Page<AuditEntryView>>($"/api/audit-logs?objectId={client.Id}")).Data;
        Assert.Equal(["client.deleted", "client.deletion_started"], log.Take(2).Select(e => e.Action));
        Assert.Equal((agency.Owner.Email, "Gone"), (log[0].Actor, log[0].OnBehalfOf));
        await EachHasALineAsync(app, agency, operation, only);
        // The slug is free again.
        await http.Post<CreateClient, ClientView>("/api/agency/clients", new() { Name = "Next", Slug = client.Slug });
    }

    // What was removed with the client is named in its agency's log, as if each had been removed by hand.
    private static async Task EachHasALineAsync(TestApp app, TestAgency agency, OperationView deletion, string account)
    {
        await using var db = app.Databases.System();
        var lines = await db.AuditLog.AcrossTenants().AsNoTracking().Where(l => l.OperationId == deletion.Id).ToListAsync();
        foreach (var noun in (string[])["client", "member", "api_key", "invitation", "role", "server_grant", "template", "portal_domain", "user"])
            Assert.Contains(lines, l => l.Action == $"{noun}.deleted" && l.ObjectName is { Length: > 0 });
        Assert.All(lines, l => Assert.Equal((agency.Org.Id, agency.Owner.Email), (l.RootId, l.Actor)));
        Assert.Contains(lines, l => l.Action == "member.deleted" && l.ObjectName == account);
        Assert.Contains(lines, l => l.Action == "user.deleted" && l.ObjectName == account && l.Changes["passwordHash"].Before == "••••");
        Assert.Contains((await app.As(agency.Owner, agency.Org).Get<Page<AuditEntryView>>("/api/audit-logs?limit=200&action=member.deleted")).Data, l => l.ObjectName == account);
    }

    [Theory, Sqlite, Postgres]
    public async Task From_the_request_on_nobody_gets_in_and_it_waits_for_a_server_that_is_away(Database database)
    {
        var resources = new RecordedResources();
        await using var app = await StartAsync(database, resources);
        var agency = await app.AgencyAsync("Waiting");
        var client = await app.ClientOfAsync(agency, "Waits");
        var member = app.As(await app.MemberAsync(client, "owner"), client);
        await app.InstanceAsync(client, await app.ServerAsync(agency));
        var http = app.As(agency.Owner, agency.Org);
        resources.Failures.Enqueue(new TryLaterException("Server one does not answer."));
        resources.Failures.Enqueue(new TryLaterException("Server one does not answer."));

        var operation = await http.Delete<OperationView>($"/api/agency/clients/{client.Slug}");

        await member.Get<OrganizationView>("/api/organizations/current").IsRefusedAsync(404, "organization_not_found");
        await app.As(agency.Owner, client).Get<OrganizationView>("/api/organizations/current").IsRefusedAsync(404, "organization_not_found");
        var view = await http.Get<ClientView>($"/api/agency/clients/{client.Slug}");
        Assert.Equal(("deleting", operation.Id), (view.Health, view.DeleteOperationId));
        Assert.Equal(operation.Id, (await http.Delete<OperationView>($"/api/agency/clients/{client.Slug}")).Id);
        await http.Put<UpdateClient, ClientView>($"/api/agency/clients/{client.Slug}", new() { Name = "No" }).IsRefusedAsync(409, "client_deleting");
        await http.Post<OperationView>($"/api/operations/{operation.Id}/cancel").IsRefusedAsync(409, "not_cancellable");
        Assert.Equal(OperationState.Succeeded, (await http.EndOfAsync(operation)).State);
        Assert.Equal(3, resources.Calls.Count);
    }

    /// <summary>Who cannot have the last backups may give them up: that is said in so many words, and a repeated request alone gives nothing up.</summary>
    [Theory, Sqlite, Postgres]
    public async Task A_deletion_that_is_stuck_on_its_last_backup_goes_on_without_it(Database database)
    {
        var resources = new RecordedResources();
        await using var app = await StartAsync(database, resources);
        var agency = await app.AgencyAsync("Giving up");
        var client = await app.ClientOfAsync(agency, "Given up");
        await app.InstanceAsync(client, await app.ServerAsync(agency));
        var http = app.As(agency.Owner, agency.Org);
        var path = $"/api/agency/clients/{client.Slug}";
        resources.Failures.Enqueue(new StepRefusedException("last_backup_failed", "The last backup failed."));

        var operation = await http.Delete<OperationView>($"{path}?keepBackupDays=30");
        Assert.Equal(OperationState.Stuck, (await http.EndOfAsync(operation)).State);
        foreach (var same in (string[])[path, $"{path}?keepBackupDays=30"])
        {
            var again = await http.Delete<OperationView>(same);
            Assert.Equal((operation.Id, OperationState.Stuck), (again.Id, again.State));
        }
        Assert.Equal(operation.Id, (await http.Delete<OperationView>($"{path}?keepBackupDays=0")).Id);

        Assert.Equal(OperationState.Succeeded, (await http.EndOfAsync(operation)).State);
        Assert.Equal(["remove, keep 30", "remove, keep "], resources.Calls);
        var line = Assert.Single((await http.Get<Page<AuditEntryView>>($"/api/audit-logs?objectId={client.Id}&action=client.deletion_changed")).Data);
        Assert.Equal(("30", "0"), (line.Changes!["keepBackupDays"].Before, line.Changes!["keepBackupDays"].After));
        // No days are none from the beginning, too.
        var other = await app.ClientOfAsync(agency, "No days");
        Assert.Equal(OperationState.Succeeded, (await http.EndOfAsync(await http.Delete<OperationView>($"/api/agency/clients/{other.Slug}?keepBackupDays=0"))).State);
        Assert.Equal("remove, keep ", resources.Calls[^1]);
    }

    [Theory, Sqlite, Postgres, Trait("Kind", "exhaustive")]
    public async Task It_goes_on_where_it_stopped_when_a_step_fails_before_or_after_its_effect(Database database)
    {
        var resources = new RecordedResources();
        await using var app = await StartAsync(database, resources);
        var agency = await app.AgencyAsync("Crashing");
        foreach (var (seq, point) in Enumerable.Range(1, 5).SelectMany(seq => ((StepPoint[])[StepPoint.BeforeEffect, StepPoint.AfterEffect]).Select(point => (seq, point))))
        {
            var client = await app.ClientOfAsync(agency, "Crashed");
            await FillAsync(app, agency, client);
            var failed = false;
            app.Services.GetRequiredService<StepProbe>().Reached = (_, step, at) =>
            {
                if (failed || at != point || step != ClientSteps(app)[seq])
                    return Task.CompletedTask;
                failed = true;
                throw new IOException("Cut off by the test.");
            };

            var http = app.As(agency.Owner, agency.Org);
            var ended = await http.EndOfAsync(await http.Delete<OperationView>($"/api/agency/clients/{client.Slug}"));

            Assert.True(failed && ended.State == OperationState.Succeeded, $"{point} of step {seq}: {ended.State} {ended.Error?.Message}");
            Assert.Equal(["AuditLog"], (await DatabaseScan.MentionsAsync(app, client.Id)).Keys);
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task Work_in_progress_is_cancelled_first(Database database)
    {
        var resources = new RecordedResources();
        await using var app = await StartAsync(database, resources);
        var agency = await app.AgencyAsync("Busy");
        var client = await app.ClientOfAsync(agency, "Worked on");
        Guid running;
        await using (var db = app.Databases.System())
        {
            // Of a kind that waits: held by nobody until the test lets go.
            var operation = new Operation { OrgId = client.Id, RootId = agency.Org.Id, Kind = "client.suspend", Version = 1, Title = "Other work", InputSealed = "", Actor = "Test", LeaseUntil = app.Clock.GetUtcNow().AddHours(1), State = OperationState.Running, CreatedAt = app.Clock.GetUtcNow() };
            db.Add(operation);
            await db.SaveChangesAsync();
            running = operation.Id;
        }
        var http = app.As(agency.Owner, agency.Org);

        var deletion = await http.Delete<OperationView>($"/api/agency/clients/{client.Slug}");
        for (var n = 0; n < 100 && (await http.Get<OperationView>($"/api/operations/{deletion.Id}")).RetryAt is null; n++)
            await Task.Delay(50);
        Assert.True((await http.Get<OperationView>($"/api/operations/{running}")).CancelRequested);
        await using (var db = app.Databases.System())
            await db.Operations.AcrossTenants().Where(o => o.Id == running).ExecuteUpdateAsync(s => s.SetProperty(o => o.State, OperationState.Cancelled));

        Assert.Equal(OperationState.Succeeded, (await http.EndOfAsync(deletion)).State);
        await http.Get<OperationView>($"/api/operations/{running}").IsRefusedAsync(404, "not_found");
    }

    // Rows are compared here, so nothing else writes any: the feed notices instances also for webhooks that are switched off.
    private static Task<TestApp> StartAsync(Database database, RecordedResources resources) => TestApp.StartAsync(database, a => a.Adjust(s =>
    {
        s.Replace(ServiceDescriptor.Singleton<IClientResources>(resources));
        _ = s.Remove(s.Single(d => d.ImplementationType == typeof(WebhookFeed)));
    }));

    private static IReadOnlyList<Step> ClientSteps(TestApp app) => app.Services.GetRequiredService<OperationKinds>().Get<ClientRemoval>().Steps;

    // One row at least in every table that belongs to organizations; a new table has to be added here.
    private static async Task FillAsync(TestApp app, TestAgency agency, TestOrg client)
    {
        var owner = await app.MemberAsync(client, "owner");
        await app.MemberAsync(client, "custom", "view:instances");
        await app.ApiKeyAsync(owner, client);
        await app.ApiKeyAsync(agency.Owner, client);
        await InvitationsTests.InviteAsync(app, agency.Owner, client, $"{app.Slug("guest")}@people.example", "viewer");
        var shared = await app.ServerAsync(agency);
        var own = await app.ServerAsync(agency, s => s.OrgId = client.Id);
        await app.InstanceAsync(client, shared);
        var instance = await app.InstanceAsync(client, own);
        await using var db = app.Databases.System();
        var (id, root) = (client.Id, client.RootId);
        db.Add(new ServerGrant { OrgId = root, ServerId = shared.Id, ClientId = id });
        db.Add(new Template { OrgId = id, RootId = root, Name = "Own", OdooVersion = "18.0", OdooEdition = "ce" });
        db.Add(new TemplateCache { OrgId = id, RootId = root, ServerId = shared.Id, Image = "odoo:18.0", Wish = "k", Key = app.Slug("key"), Database = "t", Status = "ready" });
        db.Add(new EnterpriseSource { OrgId = id });
        db.Add(new PortalDomain { OrgId = root, ClientId = id, SubdomainHost = $"{PortalOf(client)}.localhost", CustomHost = $"{PortalOf(client)}.example.org", Proof = DomainProof.Verified, Token = "", Warnings = [] });
        db.Add(new PortalDomain { OrgId = id, SubdomainHost = $"{app.Slug("odd")}.localhost", Token = "", Warnings = [] });
        db.Add(new InstanceDatabase { OrgId = id, RootId = root, InstanceId = instance.Id, ServerId = instance.ServerId, Name = app.Slug("beside").Replace('-', '_') });
        db.Add(new InstanceDomain { OrgId = id, RootId = root, InstanceId = instance.Id, CustomHost = $"{app.Slug("erp")}.example.org", Token = "", Warnings = [] });
        db.Add(new DomainTombstone { OrgId = id, RootId = root, Host = "odd.localhost", Until = app.Clock.GetUtcNow().AddDays(7) });
        db.Add(new Brand { OrgId = id, RootId = root, ProductName = "Odd" });
        db.Add(new BrandAsset { OrgId = id, RootId = root, Hash = app.Slug("hash"), Extension = ".png", MediaType = "image/png", Content = [1] });
        db.Add(new BrandCssVersion { OrgId = id, RootId = root, Version = 1, Css = "", By = "Test" });
        db.Add(new PortalConfig { OrgId = id, RootId = root });
        db.AddRange(TopologyRows.Of(id, root, "Odd"));
        db.Add(new ServerSource { OrgId = id, RootId = root, ServerId = shared.Id, Key = app.Slug("key"), Origin = "archive", Commit = "x" });
        // Of an instance that is there, and switched off.
        var measured = await db.Instances.AcrossTenants().Where(i => i.OrgId == id).Select(i => i.Id).FirstAsync();
        db.Add(new MetricSample { OrgId = id, RootId = root, SubjectId = measured, Resolution = Resolutions.Hours, At = app.Clock.GetUtcNow().ToUnixTimeSeconds() });
        var rule = new AlertRule { OrgId = id, Name = "Odd", Subject = "instance", Metric = "cpu", Above = true, IsActive = false };
        db.Add(rule);
        db.Add(new Alert { OrgId = id, RuleId = rule.Id, SubjectId = measured, SubjectName = "Odd" });
        // Switched off: nothing is told by it.
        var webhook = new Webhook { OrgId = id, Name = "Odd", Url = "https://example.com", SecretSealed = "x", IsActive = false };
        db.Add(webhook);
        db.Add(new WebhookDelivery { OrgId = id, WebhookId = webhook.Id, Key = "x", Event = "webhook.test", Body = "{}" });
        db.Add(new WebhookSeen { Id = RowId.New(), OrgId = id, RootId = root, Kind = "instance", Name = "Odd", State = "x" });
        db.Add(new Backup { OrgId = id, RootId = root, InstanceName = "Odd", Reason = "manual", OdooVersion = "18.0", OdooEdition = "ce" });
        db.Add(new BackupKey { OrgId = id, RootId = root, Fingerprint = "odd", KeySealed = "x" });
        db.Add(new BackupTarget { OrgId = id, RootId = root, Name = "Odd", Endpoint = "https://s3.example.com", Bucket = "odd", Prefix = "", AccessKey = "x", SecretKeySealed = "x" });
        db.Add(new BackupSchedule { OrgId = id, RootId = root, InstanceId = RowId.New(), InstanceName = "Odd", Cron = "0 2 * * *", TimeZone = "UTC" });
        foreach (var org in (Guid[])[id, root])
        {
            var operation = new Operation { OrgId = org, RootId = root, ClientId = id, Kind = "instance.start", Title = "Start", InputSealed = "", Actor = "Test", State = org == id ? OperationState.Stuck : OperationState.Succeeded };
            operation.Steps.Add(new OperationStep { OperationId = operation.Id, Name = "One" });
            db.Add(operation);
            db.Add(new OperationEvent { OperationId = operation.Id, Kind = "log", Message = "A line." });
            db.Add(new ResourceLock { Key = $"client:{id}:{org}", OperationId = operation.Id });
        }
        await db.SaveChangesAsync();
    }

    // The label of its portal's names.
    private static string PortalOf(TestOrg client) => $"portal-of-{client.Slug}";

    private static async Task AssertEveryTableHasRowsAsync(TestApp app, TestOrg client)
    {
        await using var db = app.Databases.System();
        var mentions = await DatabaseScan.MentionsAsync(app, client.Id);
        var empty = db.Model.GetEntityTypes().Where(t => typeof(IOrgOwned).IsAssignableFrom(t.ClrType)).Select(t => t.GetTableName()!).Where(t => !mentions.ContainsKey(t));
        Assert.Empty(empty);
    }
}
