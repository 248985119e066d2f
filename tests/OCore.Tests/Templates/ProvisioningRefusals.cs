using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Domains;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Tests.Servers;

namespace OCore.Tests.Templates;

/// <summary>What of a provisioning can be refused before a server is asked, and that nothing is made then.</summary>
public sealed class ProvisioningRefusals(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task A_version_that_is_not_supported_is_named_with_those_that_are(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, server) = await AgencyAsync(app);
        using var http = app.As(agency.Owner, agency.Org);
        var refused = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Old", OdooVersion = "99.0" }).IsRefusedAsync(422, "odoo_version_not_supported", "odooVersion");
        Assert.StartsWith("Check that the template's Odoo version is supported", refused.Hint, StringComparison.Ordinal);
        Assert.Contains("19.0", refused.Hint, StringComparison.Ordinal);

        // Supported when it was made, and not any more.
        var template = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Aged", OdooVersion = "19.0" });
        await using (var db = app.Databases.System())
            await db.Templates.AcrossTenants().Where(t => t.Id == template.Id).ExecuteUpdateAsync(s => s.SetProperty(t => t.OdooVersion, "99.0"));
        await ProvisionAsync(http, template, server).IsRefusedAsync(422, "odoo_version_not_supported");
        await NothingIsMadeAsync(http);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_server_without_the_room_says_what_is_needed_and_what_is_free(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, server) = await AgencyAsync(app);
        using var http = app.As(agency.Owner, agency.Org);
        var template = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Large", OdooVersion = "19.0", MemoryMb = 4096 });
        foreach (var query in (string[])["", "?dryRun=true"])
        {
            var refused = await ProvisionAsync(http, template, server, query).IsRefusedAsync(409, "server_capacity");
            Assert.Equal(("memory", 4096L << 20, 3584L << 20), (refused.More!["resource"].GetString(), refused.More["neededBytes"].GetInt64(), refused.More["freeBytes"].GetInt64()));
            Assert.StartsWith("Verify the target server has sufficient capacity", refused.Hint, StringComparison.Ordinal);
        }
        await NothingIsMadeAsync(http);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_server_without_the_cores_says_what_is_needed_and_what_is_free(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, server) = await AgencyAsync(app);
        var instance = await ServersAndInstances.InsertInstanceAsync(app, agency, server);
        using var http = app.As(agency.Owner, agency.Org);
        // Two cores, of which three can be promised.
        Assert.Equal(1.5, (await http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance.Id}", new UpdateInstance { Cpus = 1.5 })).Cpus);
        var template = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Busy", OdooVersion = "19.0", MemoryMb = 512, Cpus = 1.6 });
        foreach (var query in (string[])["", "?dryRun=true"])
        {
            var refused = await ProvisionAsync(http, template, server, query).IsRefusedAsync(409, "server_capacity");
            Assert.Equal(("cpu", 1.6, 1.5), (refused.More!["resource"].GetString(), refused.More["neededCpus"].GetDouble(), refused.More["freeCpus"].GetDouble()));
        }
        Assert.Empty((await http.Get<Page<OperationView>>("/api/operations?kind=instance.provision")).Data);
        var more = await http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance.Id}", new UpdateInstance { Cpus = 3.5 }).IsRefusedAsync(409, "server_capacity");
        Assert.Equal((2.0, 1.5), (more.More!["neededCpus"].GetDouble(), more.More["freeCpus"].GetDouble()));
        Assert.Equal(3, (await http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance.Id}", new UpdateInstance { Cpus = 3 })).Cpus);
        Assert.Equal(0.5, (await http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance.Id}", new UpdateInstance { Cpus = 0.5 })).Cpus);
    }

    [Theory, Sqlite, Postgres]
    public async Task An_instance_grows_no_further_than_its_server_has_room(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, server) = await AgencyAsync(app);
        var instance = await ServersAndInstances.InsertInstanceAsync(app, agency, server);
        using var http = app.As(agency.Owner, agency.Org);
        var refused = await http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance.Id}", new UpdateInstance { MemoryMb = 4096 }).IsRefusedAsync(409, "server_capacity");
        Assert.Equal((3072L << 20, 2560L << 20), (refused.More!["neededBytes"].GetInt64(), refused.More["freeBytes"].GetInt64()));
        await http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance.Id}", new UpdateInstance { Workers = 64 }).IsRefusedAsync(409, "server_capacity");
        var same = await http.Get<InstanceView>($"/api/instances/{instance.Id}");
        Assert.Equal((1024, 0), (same.MemoryMb, same.Workers));
        Assert.Equal(3584, (await http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance.Id}", new UpdateInstance { MemoryMb = 3584 })).MemoryMb);
        Assert.Equal(512, (await http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance.Id}", new UpdateInstance { MemoryMb = 512 })).MemoryMb);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_client_provisions_on_a_server_that_it_was_granted_and_on_no_other(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, granted) = await AgencyAsync(app);
        var hidden = await InsertServerAsync(app, agency);
        var (client, neighbour) = (await app.ClientOfAsync(agency, "Client"), await app.ClientOfAsync(agency, "Neighbour"));
        using var http = app.As(agency.Owner, agency.Org);
        await http.Put<UpdateServer, ServerView>($"/api/servers/{granted}", new UpdateServer { Clients = [client.Slug] });
        var template = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Shared", OdooVersion = "19.0", MemoryMb = 512, IsPublic = true });
        using var inside = app.As(await app.MemberAsync(client, "owner"), client);
        using var next = app.As(await app.MemberAsync(neighbour, "owner"), neighbour);
        foreach (var query in (string[])["", "?dryRun=true"])
        {
            // As far as it goes without a machine: all is allowed, so the server itself is asked, which was never connected.
            await ProvisionAsync(http, template, granted, query).IsRefusedAsync(409, "server_not_validated");
            await ProvisionAsync(inside, template, granted, query).IsRefusedAsync(409, "server_not_validated");
            await ProvisionAsync(inside, template, hidden, query).IsRefusedAsync(404, "server_not_found", "serverId");
            await ProvisionAsync(next, template, granted, query).IsRefusedAsync(404, "server_not_found", "serverId");
        }
        // Nor by the name, nor where its agency shows it no servers at all.
        var name = (await http.Get<ServerView>($"/api/servers/{hidden}")).Name;
        await inside.Post<ProvisionInstance, OperationView>($"/api/templates/{template.Id}/provision", new ProvisionInstance { ServerId = name }).IsRefusedAsync(404, "server_not_found", "serverId");
        await http.Put<UpdatePortalConfig, PortalConfigView>("/api/agency/portal-config", new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.None });
        await ProvisionAsync(inside, template, granted).IsRefusedAsync(404, "server_not_found");
        await NothingIsMadeAsync(http);
        await NothingIsMadeAsync(inside);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_name_that_somebody_has_proven_and_one_that_is_none_are_refused(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, server) = await AgencyAsync(app);
        var victim = await app.AgencyAsync("Victim");
        var (_, theirs) = await ServersAndInstances.InsertAsync(app, victim);
        var name = $"{app.Slug("erp")}.example.com";
        await using (var db = app.Databases.System())
        {
            db.Add(new InstanceDomain
            {
                OrgId = victim.Org.Id, RootId = victim.Org.Id, InstanceId = theirs, CustomHost = name, CustomDisplay = name, Token = "x", Warnings = [], Proof = DomainProof.Verified, CreatedAt = app.Clock.GetUtcNow(),
            });
            await db.SaveChangesAsync();
        }
        using var http = app.As(agency.Owner, agency.Org);
        var template = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Shop", OdooVersion = "19.0", MemoryMb = 512 });
        var path = $"/api/templates/{template.Id}/provision";
        await http.Post<ProvisionInstance, OperationView>(path, new ProvisionInstance { ServerId = server.ToString(), Domain = name.ToUpperInvariant() }).IsRefusedAsync(409, "domain_in_use", "domain");
        foreach (var none in (string[])["a:b", "a..b", "-a.example.com", "a.example.com:80", "::1"])
            await http.Post<ProvisionInstance, OperationView>(path, new ProvisionInstance { ServerId = server.ToString(), Domain = none }).IsRefusedAsync(400, "validation_failed", "domain");
        await http.Put<UpdateServer, ServerView>($"/api/servers/{server}", new UpdateServer { BaseDomain = "a..b" }).IsRefusedAsync(400, "validation_failed", "baseDomain");
        await NothingIsMadeAsync(http);
    }

    private static Task<OperationView> ProvisionAsync(OCoreHttp http, TemplateView template, Guid server, string query = "") =>
        http.Post<ProvisionInstance, OperationView>($"/api/templates/{template.Id}/provision{query}", new ProvisionInstance { ServerId = server.ToString() });

    private static async Task NothingIsMadeAsync(OCoreHttp http)
    {
        Assert.Empty((await http.Get<Page<InstanceView>>("/api/instances")).Data);
        Assert.Empty((await http.Get<Page<OperationView>>("/api/operations?kind=instance.provision")).Data);
    }

    /// <summary>With an active server of 4 GB, of which 512 MB are the system's.</summary>
    internal static async Task<(TestAgency Agency, Guid Server)> AgencyAsync(TestApp app)
    {
        var agency = await app.AgencyAsync("Room");
        return (agency, await InsertServerAsync(app, agency));
    }

    private static async Task<Guid> InsertServerAsync(TestApp app, TestAgency agency)
    {
        await using var db = app.Databases.System();
        var server = new Server
        {
            OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = app.Slug("small"), Host = "127.0.0.1", Port = 1, User = "root", EdgePort = 80, CreatedAt = app.Clock.GetUtcNow(), Status = ServerStatus.Active, PublicKey = "ssh-ed25519 AAAA",
            Facts = new ServerFacts { Os = "Debian", Kernel = "6", Architecture = "x86_64", Cpus = 2, MemoryBytes = 4L << 30, DiskBytes = 100L << 30 },
        };
        db.Add(server);
        await db.SaveChangesAsync();
        return server.Id;
    }
}
