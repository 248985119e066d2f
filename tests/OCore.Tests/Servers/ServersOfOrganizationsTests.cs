using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Tests.Servers;

/// <summary>Who sees which servers, and who may do what with them.</summary>
public sealed class ServersOfOrganizationsTests(TestApps apps) : IClassFixture<TestApps>
{
    // Nothing listens there, so the validation ends quickly, in vain.
    private static AddServer Request(string name) => new() { Name = name, Host = "127.0.0.1", Port = 1, User = "deploy", Password = "top-secret-word", BaseDomain = "Apps.Example.com" };

    [Theory, Sqlite, Postgres]
    public async Task A_server_that_is_added_is_validated(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Adds");
        using var http = app.As(agency.Owner, agency.Org);
        var operation = await http.Post<AddServer, OperationView>("/api/servers", Request("web-1"));
        Assert.Equal(("server.validate", "Connect web-1"), (operation.Kind, operation.Title));
        var server = await http.Get<ServerView>($"/api/servers/{operation.ServerId}");
        Assert.Equal(("web-1", "127.0.0.1", 1, "deploy", 80, "apps.example.com"), (server.Name, server.Host, server.Port, server.User, server.EdgePort, server.BaseDomain));
        Assert.Equal(operation.Id, server.OperationId);
        Assert.StartsWith("ssh-ed25519 ", server.PublicKey, StringComparison.Ordinal);
        Assert.Contains(server.Status, (ServerStatus[])[ServerStatus.Pending, ServerStatus.Validating, ServerStatus.Failed]);
        await using var db = app.Databases.System();
        var row = await db.ServersOfAll().SingleAsync(s => s.Id == server.Id);
        Assert.DoesNotContain("top-secret-word", row.FirstCredentialSealed, StringComparison.Ordinal);
        var entry = await db.AuditLog.AcrossTenants().SingleAsync(e => e.ObjectId == server.Id.ToString() && e.Action == "server.created");
        Assert.All(entry.Changes.Where(c => c.Key.EndsWith("Sealed", StringComparison.Ordinal)), c => Assert.Contains(c.Value.After, (string?[])[null, "••••"]));
        await http.Post<AddServer, OperationView>("/api/servers", Request("web-1")).IsRefusedAsync(409, "name_taken", "name");
        await http.Post<OperationView>($"/api/servers/{server.Id}/validate").IsRefusedAsync(409, "operation_in_progress");
    }

    [Theory, Sqlite]
    public async Task Wrong_fields_are_named(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Wrong");
        using var http = app.As(agency.Owner, agency.Org);
        foreach (var (request, field) in ((AddServer, string)[])[
            (Request("x") with { Host = "-oProxyCommand=id" }, "host"), (Request("x") with { Host = "a..b" }, "host"), (Request("x") with { Port = 0 }, "port"),
            (Request("x") with { User = "a b" }, "user"), (Request("x") with { HostKeyFingerprint = "MD5:00" }, "hostKeyFingerprint"), (Request("") with { Name = "" }, "name")])
            Assert.Contains(field, (await http.Post<AddServer, OperationView>("/api/servers", request).IsRefusedAsync(400, "validation_failed")).Errors!.Keys);
    }

    [Theory, Sqlite]
    public async Task This_machine_is_for_operators(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Here");
        var local = new AddServer { Name = "here", Host = "local" };
        await app.As(agency.Owner, agency.Org).Post<AddServer, OperationView>("/api/servers", local).IsRefusedAsync(403, "local_needs_operator");
        var boss = await app.OperatorAsync();
        using var byKey = new OCoreHttp(app.HttpWith(await app.ApiKeyAsync(boss, boss.Home)));
        await byKey.Post<AddServer, OperationView>("/api/servers", local).IsRefusedAsync(403, "local_needs_operator");
    }

    [Theory, Sqlite, Postgres]
    public async Task Others_see_nothing_of_it(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, other) = (await app.AgencyAsync("Mine"), await app.AgencyAsync("Other"));
        var id = await InsertAsync(app, agency, "mine");
        using var http = app.As(other.Owner, other.Org);
        Assert.Empty((await http.Get<Page<ServerView>>("/api/servers")).Data);
        await http.Get<ServerView>($"/api/servers/{id}").IsRefusedAsync(404, "not_found");
        await http.Put<UpdateServer, ServerView>($"/api/servers/{id}", new UpdateServer { Name = "theirs" }).IsRefusedAsync(404, "not_found");
        await http.Delete<OperationView>($"/api/servers/{id}").IsRefusedAsync(404, "not_found");
        foreach (var verb in (string[])["validate", "drain", "undrain"])
            await http.Send<ServerView>(HttpMethod.Post, $"/api/servers/{id}/{verb}", null, default).IsRefusedAsync(404, "not_found");
        await http.Post<PinHostKey, ServerView>($"/api/servers/{id}/host-key", new PinHostKey { Fingerprint = "SHA256:x" }).IsRefusedAsync(404, "not_found");
        var viewer = await app.MemberAsync(agency.Org, "viewer");
        using var looks = app.As(viewer, agency.Org);
        Assert.Single((await looks.Get<Page<ServerView>>("/api/servers")).Data);
        await looks.Post<ServerView>($"/api/servers/{id}/drain").IsRefusedAsync(403, "forbidden");
    }

    [Theory, Sqlite, Postgres]
    public async Task A_client_sees_what_it_was_granted_by_name_and_health(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Grants");
        var (client, neighbour) = (await app.ClientOfAsync(agency, "Client"), await app.ClientOfAsync(agency, "Neighbour"));
        var (granted, hidden) = (await InsertAsync(app, agency, "granted"), await InsertAsync(app, agency, "hidden"));
        using var http = app.As(agency.Owner, agency.Org);
        await http.Put<UpdateServer, ServerView>($"/api/servers/{granted}", new UpdateServer { Clients = ["nobody"] }).IsRefusedAsync(400, "validation_failed", "clients");
        var view = await http.Put<UpdateServer, ServerView>($"/api/servers/{granted}", new UpdateServer { Clients = [client.Slug] });
        Assert.Equal(client.Id, Assert.Single(view.Clients).Id);
        await http.Put<UpdatePortalConfig, PortalConfigView>("/api/agency/portal-config", new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.Limited });

        var owner = await app.MemberAsync(client, "owner");
        using var inside = app.As(owner, client);
        var seen = Assert.Single((await inside.Get<Page<ServerView>>("/api/servers")).Data);
        Assert.Equal((granted, "granted", ServerStatus.Failed), (seen.Id, seen.Name, seen.Status));
        Assert.Equal(("", 0, "", 0), (seen.Host, seen.Port, seen.User, seen.EdgePort));
        Assert.True(seen is { PublicKey: null, HostKey: null, StatusMessage: null, Facts: null, Use: null, OperationId: null, Clients.Count: 0 });
        await inside.Get<ServerView>($"/api/servers/{granted}");
        await inside.Get<ServerView>($"/api/servers/{hidden}").IsRefusedAsync(404, "not_found");
        await inside.Put<UpdateServer, ServerView>($"/api/servers/{granted}", new UpdateServer { Name = "taken over" }).IsRefusedAsync(404, "not_found");
        await inside.Delete<OperationView>($"/api/servers/{granted}").IsRefusedAsync(404, "not_found");
        await inside.Post<AddServer, OperationView>("/api/servers", Request("own")).IsRefusedAsync(403, "servers_are_the_agencys");
        // What has no server of its own asks no address of oCore's network either.
        await inside.Post<HostKeyProbe, HostKeyView>("/api/servers/host-key", new HostKeyProbe { Host = "127.0.0.1", Port = 1 }).IsRefusedAsync(403, "servers_are_the_agencys");
        using var next = app.As(await app.MemberAsync(neighbour, "owner"), neighbour);
        Assert.Empty((await next.Get<Page<ServerView>>("/api/servers")).Data);

        await http.Put<UpdateServer, ServerView>($"/api/servers/{granted}", new UpdateServer { Clients = [] });
        Assert.Empty((await inside.Get<Page<ServerView>>("/api/servers")).Data);
    }

    [Theory, Sqlite, Postgres]
    public async Task Draining_is_a_wish_that_is_kept_and_written_down(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Drains");
        var id = await InsertAsync(app, agency, "drained");
        using var http = app.As(agency.Owner, agency.Org);
        await http.Post<ServerView>($"/api/servers/{id}/drain");
        await using (var db = app.Databases.System())
        {
            Assert.True((await db.ServersOfAll().SingleAsync(s => s.Id == id)).Draining);
            Assert.True(await db.AuditLog.AcrossTenants().AnyAsync(e => e.ObjectId == id.ToString() && e.Action == "server.drained"));
        }
        await http.Post<ServerView>($"/api/servers/{id}/undrain");
        await using (var db = app.Databases.System())
            Assert.False((await db.ServersOfAll().SingleAsync(s => s.Id == id)).Draining);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_server_in_use_stays(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Uses");
        var id = await InsertAsync(app, agency, "used");
        using var http = app.As(agency.Owner, agency.Org);
        await using (var db = app.Databases.System())
        {
            db.Add(NewInstance(app, agency, id));
            await db.SaveChangesAsync();
        }
        await http.Delete<OperationView>($"/api/servers/{id}?forget=true").IsRefusedAsync(409, "server_in_use");
        Assert.Equal(1, (await http.Get<ServerView>($"/api/servers/{id}")).InstanceCount);
    }

    [Theory, Sqlite]
    public async Task A_machine_that_is_gone_can_be_forgotten(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Forgets");
        var id = await InsertAsync(app, agency, "gone");
        using var http = app.As(agency.Owner, agency.Org);
        var operation = await http.Delete<OperationView>($"/api/servers/{id}?forget=true");
        for (var i = 0; i < 100 && operation.State is OperationState.Pending or OperationState.Running; i++)
        {
            await Task.Delay(100);
            operation = await http.Get<OperationView>($"/api/operations/{operation.Id}");
        }
        Assert.Equal(OperationState.Succeeded, operation.State);
        await http.Get<ServerView>($"/api/servers/{id}").IsRefusedAsync(404, "not_found");
    }

    [Theory, Sqlite, Postgres]
    public async Task A_machine_that_is_gone_is_forgotten_after_what_was_being_deleted_there(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Gives up");
        var id = await InsertAsync(app, agency, "lost");
        using var http = app.As(agency.Owner, agency.Org);
        var instance = NewInstance(app, agency, id);
        instance.Status = InstanceStatus.Removing;
        await using (var db = app.Databases.System())
        {
            db.Add(instance);
            await db.ServersOfAll().Where(s => s.Id == id).ExecuteUpdateAsync(s => s.SetProperty(x => x.Status, ServerStatus.Unreachable));
            await db.SaveChangesAsync();
        }
        var removal = await http.Delete<OperationView>($"/api/servers/{id}?forget=true");
        await UntilAsync(removal.Id, o => o.Steps.Any(s => s.State == StepState.Failed), forward: false);
        Assert.Equal(ServerStatus.Removing, (await http.Get<ServerView>($"/api/servers/{id}")).Status);

        await using (var db = app.Databases.System())
            await db.Instances.AcrossTenants().Where(i => i.Id == instance.Id).ExecuteDeleteAsync();
        Assert.Equal(OperationState.Succeeded, (await UntilAsync(removal.Id, o => o.FinishedAt is not null, forward: true)).State);
        await http.Get<ServerView>($"/api/servers/{id}").IsRefusedAsync(404, "not_found");

        async Task<OperationView> UntilAsync(Guid operation, Func<OperationView, bool> met, bool forward)
        {
            for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50))
            {
                var now = await http.Get<OperationView>($"/api/operations/{operation}");
                if (met(now))
                    return now;
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{now.Title}: {now.State} {now.Error?.Message}");
                if (!forward)
                    continue;
                app.Clock.Advance(TimeSpan.FromSeconds(5));
                OperationSignals.WorkQueued();
            }
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task Capacity_counts_what_is_promised_to_anybody(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Fits");
        var id = await InsertAsync(app, agency, "full");
        await using var db = app.Databases.System();
        db.Add(NewInstance(app, agency, id));
        await db.SaveChangesAsync();
        var server = await db.ServersOfAll().SingleAsync(s => s.Id == id);
        // 4 GB, of which 512 MB are the system's and 1024 MB the instance's.
        Assert.Null(await ServerCapacity.CheckAsync(db, server, 2560L << 20, 0, 1L << 30, default));
        var memory = await ServerCapacity.CheckAsync(db, server, (2560L << 20) + 1, 0, 1L << 30, default);
        Assert.Equal(("server_capacity", "memory"), (memory!.Code, memory.More!["resource"]));
        Assert.Equal(2560L << 20, memory.More["freeBytes"]);
        Assert.Null(await ServerCapacity.CheckAsync(db, server, 1, 0, 90L << 30, default));
        Assert.Equal("disk", (await ServerCapacity.CheckAsync(db, server, 1, 0, 91L << 30, default))!.More!["resource"]);
    }

    [Theory, Sqlite, Postgres]
    public async Task Capacity_counts_the_cores_that_are_promised(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Cores");
        var id = await InsertAsync(app, agency, "busy");
        await using var db = app.Databases.System();
        var (limited, unlimited) = (NewInstance(app, agency, id), NewInstance(app, agency, id));
        limited.Cpus = 1.1;
        db.AddRange(limited, unlimited);
        await db.SaveChangesAsync();
        var server = await db.ServersOfAll().SingleAsync(s => s.Id == id);
        // Two cores, of each of which one and a half can be promised; who has no limit is promised nothing.
        Assert.Null(await ServerCapacity.CheckAsync(db, server, 1, 1.9, 1, default));
        Assert.Null(await ServerCapacity.CheckAsync(db, server, 1, 0, 1, default));
        var refused = await ServerCapacity.CheckAsync(db, server, 1, 2, 1, default);
        Assert.Equal(("server_capacity", "cpu", 2.0, 1.9), (refused!.Code, refused.More!["resource"], refused.More["neededCpus"], refused.More["freeCpus"]));
        Assert.Contains("2 CPUs are needed, 1.9 CPUs of 3 CPUs", refused.Detail, StringComparison.Ordinal);
    }

    [Theory, Sqlite]
    public async Task A_probe_of_nothing_says_so(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Probes");
        await app.As(agency.Owner, agency.Org).Post<HostKeyProbe, HostKeyView>("/api/servers/host-key", new HostKeyProbe { Host = "127.0.0.1", Port = 1 }).IsRefusedAsync(503, "server_unreachable");
    }

    [Theory, Sqlite, Postgres]
    public async Task Whoever_looks_for_what_listens_where_has_to_wait(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Scans");
        using var http = app.As(agency.Owner, agency.Org);
        for (var port = 1; port <= ServerEndpoints.Probes.Count; port++)
            await http.Post<HostKeyProbe, HostKeyView>("/api/servers/host-key", new HostKeyProbe { Host = "127.0.0.1", Port = 1 }).IsRefusedAsync(503, "server_unreachable");
        await http.Post<HostKeyProbe, HostKeyView>("/api/servers/host-key", new HostKeyProbe { Host = "127.0.0.1", Port = 1 }).IsRefusedAsync(429, "too_many_requests");
        // Each account by itself.
        await app.As(await app.MemberAsync(agency.Org, "admin"), agency.Org).Post<HostKeyProbe, HostKeyView>("/api/servers/host-key", new HostKeyProbe { Host = "127.0.0.1", Port = 1 }).IsRefusedAsync(503, "server_unreachable");
    }

    [Theory, Postgres]
    public async Task One_replica_looks_after_a_server(Database database)
    {
        var app = await apps.OnAsync(database);
        var settings = (OCore.Platform.Settings)app.Services.GetService(typeof(OCore.Platform.Settings))!;
        var (server, another) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await using var second = new ServerTurns(settings);
        await using (var first = new ServerTurns(settings))
        {
            Assert.True(await first.TakeAsync(server, default));
            Assert.True(await first.TakeAsync(server, default));
            Assert.False(await second.TakeAsync(server, default));
            Assert.True(await second.TakeAsync(another, default));
        }
        for (var i = 0; !await second.TakeAsync(server, default); i++)
        {
            Assert.True(i < 50);
            await Task.Delay(100);
        }
    }

    private static async Task<Guid> InsertAsync(TestApp app, TestAgency agency, string name)
    {
        await using var db = app.Databases.System();
        // Failed: neither the reconciler nor an operation touches it.
        var server = new Server
        {
            OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = name, Host = "192.0.2.1", Port = 22, User = "root", EdgePort = 80, CreatedAt = app.Clock.GetUtcNow(),
            Status = ServerStatus.Failed, StatusMessage = "192.0.2.1 does not answer.", PublicKey = "ssh-ed25519 AAAA",
            Facts = new ServerFacts { Os = "Debian", Kernel = "6", Architecture = "x86_64", Cpus = 2, MemoryBytes = 4L << 30, DiskBytes = 100L << 30 },
        };
        db.Add(server);
        await db.SaveChangesAsync();
        return server.Id;
    }

    private static Instance NewInstance(TestApp app, TestAgency agency, Guid server)
    {
        var slug = app.Slug("erp");
        return new Instance
        {
            OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = slug, Slug = slug, ServerId = server, OdooVersion = "19.0", OdooEdition = "community", Image = "odoo:19.0",
            Domain = $"{slug}.example.com", Database = slug.Replace('-', '_'), MemoryMb = 1024, DatabasePasswordSealed = "x", MasterPasswordSealed = "x", ConnectKeySealed = "x", CreatedAt = app.Clock.GetUtcNow(),
        };
    }
}
