using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Platform.Data;
using OCore.Tests.Agency;
using OCore.Tests.Organizations;
using OCore.Tests.Servers;

namespace OCore.Tests.AuditLog;

public sealed class AuditLogTests(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task It_tells_newest_first_who_did_what_and_can_be_narrowed(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var admin = await app.MemberAsync(org, "admin");
        var began = app.Clock.GetUtcNow();
        await app.As(owner, org).Post<CreateRole, RoleView>("/api/roles", new() { Name = "First", Slug = "first", Permissions = [] });
        await app.As(admin, org).Put<UpdateRole, RoleView>("/api/roles/first", new() { Name = "Renamed" });
        var role = await app.As(admin, org).Post<CreateRole, RoleView>("/api/roles", new() { Name = "Second", Slug = "second", Permissions = [] });

        var all = await ListAsync(app, owner, org, "");
        Assert.Equal(["role.created", "role.updated", "role.created"], all.Take(3).Select(e => e.Action));
        Assert.Equal(("First", "Renamed"), (all[1].Changes!["name"].Before, all[1].Changes!["name"].After));
        Assert.NotNull(all[0].Ip);
        Assert.Equal(2, (await ListAsync(app, owner, org, "action=role.created")).Count);
        Assert.Equal(3, (await ListAsync(app, owner, org, "action=role.")).Count);
        Assert.Equal(2, (await ListAsync(app, owner, org, $"actor={admin.Email.ToUpperInvariant()}")).Count);
        Assert.Single(await ListAsync(app, owner, org, $"actor={owner.Id}&objectType=role"));
        Assert.Equal("Second", Assert.Single(await ListAsync(app, owner, org, $"objectType=role&objectId={role.Id}")).ObjectName);
        Assert.Single(await ListAsync(app, owner, org, "q=RENAMED"));
        Assert.Empty(await ListAsync(app, owner, org, $"to={began.AddDays(-1):yyyy-MM-ddTHH:mm:ssZ}"));
        Assert.Empty(await ListAsync(app, owner, org, $"from={began.AddDays(1):yyyy-MM-ddTHH:mm:ssZ}"));
        Assert.Equal(all.Count, (await ListAsync(app, owner, org, $"from={began.AddDays(-1):yyyy-MM-ddTHH:mm:ssZ}&to={began.AddDays(1):yyyy-MM-ddTHH:mm:ssZ}")).Count);

        var first = await app.As(owner, org).Get<Page<AuditEntryView>>("/api/audit-logs?limit=2");
        var second = await app.As(owner, org).Get<Page<AuditEntryView>>($"/api/audit-logs?limit=2&cursor={first.NextCursor}");
        Assert.Equal(all.Take(4).Select(e => e.Id), first.Data.Concat(second.Data).Select(e => e.Id));
    }

    [Theory, Sqlite, Postgres]
    public async Task What_an_agency_does_in_a_client_is_recorded_as_delegated_and_both_see_it(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Acting");
        var client = await app.ClientOfAsync(agency, "Acted for");
        var member = await app.MemberAsync(client, "owner");
        var sibling = await app.MemberAsync(await app.ClientOfAsync(agency, "Sibling"), "owner");

        await app.As(agency.Owner, client).Post<CreateRole, RoleView>("/api/roles", new() { Name = "Delegated", Slug = "delegated", Permissions = [] });
        await app.As(member, client).Post<CreateRole, RoleView>("/api/roles", new() { Name = "Own", Slug = "own", Permissions = [] });

        foreach (var (person, org) in ((TestPerson, TestOrg)[])[(agency.Owner, agency.Org), (member, client), (agency.Owner, client)])
        {
            var log = await ListAsync(app, person, org, "action=role.created");
            var delegated = Assert.Single(log, e => e.ObjectName == "Delegated");
            Assert.Equal((agency.Owner.Email, "Acted for"), (delegated.Actor, delegated.OnBehalfOf));
            Assert.Null(Assert.Single(log, e => e.ObjectName == "Own").OnBehalfOf);
        }
        Assert.DoesNotContain((await app.As(sibling).Get<Page<AuditEntryView>>("/api/audit-logs")).Data, e => e.ObjectName is "Delegated" or "Own");
    }

    [Theory, Sqlite, Postgres]
    public async Task It_is_exported_as_csv_and_as_json_lines_by_those_who_may(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        await app.As(owner, org).Post<CreateRole, RoleView>("/api/roles", new() { Name = "=HYPERLINK(\"x\"),\r\nnext", Slug = "formula", Permissions = [] });
        var http = app.HttpAs(owner, org.Slug);

        using var csv = await http.GetAsync("/api/audit-logs/export?action=role.created");
        Assert.Equal("text/csv", csv.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith(".csv", csv.Content.Headers.ContentDisposition!.FileName!.Trim('"'), StringComparison.Ordinal);
        var text = await csv.Content.ReadAsStringAsync();
        Assert.StartsWith("id,at,action,actor,", text, StringComparison.Ordinal);
        Assert.Contains(",\"'=HYPERLINK(\"\"x\"\"),", text, StringComparison.Ordinal);

        var lines = (await http.GetStringAsync("/api/audit-logs/export?format=jsonl")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var entries = lines.Select(l => JsonSerializer.Deserialize(l, WireJson.Default.AuditEntryView)!).ToList();
        Assert.Equal("audit.exported", entries[0].Action);
        Assert.Contains(entries, e => e.Action == "role.created");

        await (await http.GetAsync("/api/audit-logs/export?format=xml")).IsProblemAsync(400, "validation_failed", "format");
        var viewer = app.HttpAs(await app.MemberAsync(org, "viewer"), org.Slug);
        (await viewer.GetAsync("/api/audit-logs")).EnsureSuccessStatusCode();
        await (await viewer.GetAsync("/api/audit-logs/export")).IsProblemAsync(403, "forbidden");
    }

    [Theory, Sqlite, Postgres]
    public async Task It_holds_no_password_not_even_hashed(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var email = $"{app.Slug("secretive")}@people.example";
        var token = await InvitationsTests.InviteAsync(app, owner, org, email, "viewer");
        await new OCoreHttp(app.HttpWith(null)).Post<AcceptInvitation, SessionTokens>("/api/invitations/accept", new() { Token = token, Name = "Secretive", Password = TestApp.Password });

        var made = Assert.Single(await ListAsync(app, owner, org, $"action=user.created&q={email}"));

        Assert.Equal("••••", made.Changes!["passwordHash"].After);
        Assert.DoesNotContain("securityStamp", made.Changes.Keys);
    }

    [Theory, Sqlite, Postgres]
    public async Task What_begins_and_changes_no_row_is_recorded_with_its_operation(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Begins");
        // On a machine of another oCore, to which what is begun is left.
        var (server, restarted) = await ServersAndInstances.InsertAsync(app, agency, machine: "elsewhere");
        var changed = await ServersAndInstances.InsertInstanceAsync(app, agency, server);
        // Of an Enterprise whose sources nobody gave no module is unknown, and no image is asked.
        await using (var db = app.Databases.System())
            await db.Instances.AcrossTenants().Where(i => i.Id == changed.Id).ExecuteUpdateAsync(s => s.SetProperty(i => i.OdooEdition, "ee"));
        using var http = app.As(agency.Owner, agency.Org);

        await http.Post<OperationView>($"/api/instances/{restarted}/restart");
        await http.Post<OperationView>($"/api/servers/{server}/validate");
        // As they are already: there is nothing of the row to change.
        var started = await ServersAndInstances.InsertInstanceAsync(app, agency, server);
        var stopped = await ServersAndInstances.InsertInstanceAsync(app, agency, server, wantRunning: false);
        var deleted = await ServersAndInstances.InsertInstanceAsync(app, agency, server, wantRunning: false);
        await http.Post<OperationView>($"/api/instances/{started.Id}/start");
        await http.Post<OperationView>($"/api/instances/{stopped.Id}/stop");
        await http.Send(HttpMethod.Delete, $"/api/instances/{deleted.Id}");
        var (gone, backup) = (await app.ServerAsync(agency), Backup.Of(started, null, "manual", null, app.Clock.GetUtcNow()));
        await using (var db = app.Databases.System())
        {
            db.Add(backup);
            await db.SaveChangesAsync();
        }
        await http.Send(HttpMethod.Delete, $"/api/servers/{gone.Id}?forget=true");
        await http.Send(HttpMethod.Delete, $"/api/backups/{backup.Id}");
        await http.Post<ChangeModules, OperationView>($"/api/instances/{changed.Id}/modules", new() { Update = ["base", "web"] });

        foreach (var (action, id) in ((string, Guid)[])
        [
            ("instance.restarted", restarted), ("server.validated", server), ("instance.modules_changed", changed.Id),
            ("instance.started", started.Id), ("instance.stopped", stopped.Id), ("instance.deletion_started", deleted.Id), ("server.removal_started", gone.Id), ("backup.deletion_started", backup.Id),
        ])
        {
            var line = Assert.Single(await ListAsync(app, agency.Owner, agency.Org, $"action={action}"));
            Assert.Equal((id.ToString(), agency.Owner.Email), (line.ObjectId, line.Actor));
            if (action == "instance.modules_changed")
                Assert.Equal(("update", "base, web"), (Assert.Single(line.Changes!.Keys), line.Changes!["update"].After));
        }
        // What is refused is no line.
        await http.Post<OperationView>($"/api/instances/{restarted}/restart").IsRefusedAsync(409, "operation_in_progress");
        Assert.Single(await ListAsync(app, agency.Owner, agency.Org, "action=instance.restarted"));
    }

    /// <summary>Whether it should run is the operation's to say when it begins; the line is of who asked for it, and there is no second one.</summary>
    [Theory, Sqlite, Postgres]
    public async Task Starting_and_stopping_an_instance_is_one_line_of_who_asked_for_it(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Switching");
        var (server, running) = await ServersAndInstances.InsertAsync(app, agency, machine: "elsewhere");
        var resting = (await ServersAndInstances.InsertInstanceAsync(app, agency, server, wantRunning: false)).Id;
        using var http = app.As(agency.Owner, agency.Org);
        await http.Post<OperationView>($"/api/instances/{running}/stop");
        await http.Post<OperationView>($"/api/instances/{resting}/start");
        foreach (var (id, action) in ((Guid, string)[])[(running, "instance.stopped"), (resting, "instance.started")])
            Assert.Equal(action, Assert.Single(await ListAsync(app, agency.Owner, agency.Org, $"objectId={id}"), l => l.Actor == agency.Owner.Email).Action);
    }

    private static async Task<IReadOnlyList<AuditEntryView>> ListAsync(TestApp app, TestPerson person, TestOrg org, string filter) =>
        (await app.As(person, org).Get<Page<AuditEntryView>>($"/api/audit-logs?limit=200&{filter}")).Data;

    private async Task<(TestApp, TestPerson, TestOrg)> OrganizationAsync(Database database)
    {
        var app = await apps.OnAsync(database);
        var owner = await app.PersonAsync("Aud");
        return (app, owner, await app.OrganizationAsync("Audited", owner));
    }
}
