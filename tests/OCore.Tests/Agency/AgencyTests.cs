using OCore.Client;
using OCore.Platform.Operations;
using OCore.Tests.Organizations;

namespace OCore.Tests.Agency;

public sealed class AgencyTests(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task Agency_mode_is_enabled_once_and_asking_again_changes_nothing(Database database)
    {
        var app = await apps.OnAsync(database);
        var person = await app.PersonAsync("Enabler");
        var http = app.As(person);
        Assert.False((await http.Get<AgencyView>("/api/agency")).Enabled);
        var off = await http.Get<Page<ClientView>>("/api/agency/clients").IsRefusedAsync(409, "agency_not_enabled");
        Assert.StartsWith("Check that agency mode has been enabled for your organization", off.Hint, StringComparison.Ordinal);

        var enabled = await http.Post<AgencyView>("/api/agency/enable");
        var again = await http.Post<AgencyView>("/api/agency/enable");

        Assert.Equal((person.Home.Id, true), (enabled.OrganizationId, enabled.Enabled));
        Assert.Equal(enabled.EnabledAt, again.EnabledAt);
        Assert.Empty((await http.Get<Page<ClientView>>("/api/agency/clients")).Data);
        Assert.Single((await http.Get<Page<AuditEntryView>>("/api/audit-logs?action=organization.agency_enabled")).Data);
    }

    [Theory, Sqlite, Postgres]
    public async Task It_takes_the_permission_and_no_client_can(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Only");
        var client = await app.ClientOfAsync(agency, "Never");

        var refused = await app.As(await app.MemberAsync(agency.Org, "viewer"), agency.Org).Post<AgencyView>("/api/agency/enable").IsRefusedAsync(403, "forbidden");
        Assert.StartsWith("Verify you have the manage:agency permission", refused.Hint, StringComparison.Ordinal);
        await app.As(await app.MemberAsync(client, "owner"), client).Post<AgencyView>("/api/agency/enable").IsRefusedAsync(409, "client_cannot_be_agency");
        await app.As(agency.Owner, client).Post<AgencyView>("/api/agency/enable").IsRefusedAsync(409, "client_cannot_be_agency");
    }

    [Theory, Sqlite, Postgres]
    public async Task The_overview_counts_and_says_what_needs_attention(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Watching");
        var client = await app.ClientOfAsync(agency, "Watched");
        await app.SuspendAsync(await app.ClientOfAsync(agency, "Paused"));
        var fine = await app.ServerAsync(agency, s => (s.Facts, s.Use) = (Facts(100), Use(79)));
        var away = await app.ServerAsync(agency, s => s.Status = ServerStatus.Unreachable);
        var other = await app.ServerAsync(agency, s => s.Status = ServerStatus.HostKeyChanged);
        var full = await app.ServerAsync(agency, s => (s.Facts, s.Use) = (Facts(100), Use(81)));
        await app.InstanceAsync(client, fine);
        var failed = await app.InstanceAsync(client, fine, InstanceStatus.Failed);
        var ill = await app.InstanceAsync(agency.Org, fine, InstanceStatus.Running, "unhealthy");
        var stuck = await StuckAsync(app, client);
        await InvitationsTests.InviteAsync(app, agency.Owner, client, $"{app.Slug("unreached")}@people.example", "viewer");
        // Of somebody else, to be left out.
        await app.ServerAsync(await app.AgencyAsync("Other"), s => s.Status = ServerStatus.Unreachable);

        var view = await app.As(agency.Owner, agency.Org).Get<AgencyView>("/api/agency");

        Assert.Equal(new AgencyTotals { Clients = 2, SuspendedClients = 1, Instances = 3, InstancesRunning = 2, Servers = 4, ServersActive = 2, Templates = 0, OperationsRunning = 0 }, view.Totals);
        Assert.Equal(
            [("server_unreachable", away.Id), ("server_host_key_changed", other.Id), ("disk_low", full.Id), ("instance_failed", failed.Id), ("instance_unhealthy", ill.Id), ("operation_stuck", stuck)],
            view.Attention.Where(a => a.Code != "mail_failed").Select(a => (a.Code, a.ObjectId)));
        Assert.Equal("Watched", Assert.Single(view.Attention, a => a.Code == "mail_failed").Client);
        Assert.Equal("Watched", view.Attention.Single(a => a.Code == "instance_failed").Client);
        Assert.All(view.Attention, a => Assert.True(a.Hint.Length > 0 && a.ObjectName.Length > 0 && a.Severity is "error" or "warning"));
    }

    private static async Task<Guid> StuckAsync(TestApp app, TestOrg org)
    {
        await using var db = app.Databases.System();
        var operation = new Operation { OrgId = org.Id, RootId = org.RootId, Kind = "instance.restart", Title = "Restart", InputSealed = "", Actor = "Test", State = OperationState.Stuck, ErrorMessage = "It hangs.", CreatedAt = app.Clock.GetUtcNow() };
        db.Add(operation);
        await db.SaveChangesAsync();
        return operation.Id;
    }

    private static ServerFacts Facts(long disk) => new() { Os = "Debian", Kernel = "6", Architecture = "x86_64", Cpus = 2, MemoryBytes = 1, DiskBytes = disk };
    private static ServerUse Use(long disk) => new() { At = DateTimeOffset.UnixEpoch, Load = 0, MemoryUsedBytes = 0, MemoryReservedBytes = 0, DiskUsedBytes = disk, ContainersRunning = 0 };
}
