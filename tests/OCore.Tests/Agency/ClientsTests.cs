using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Tests.Agency;

public sealed class ClientsTests(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task A_client_is_created_read_and_changed(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Maker");
        var http = app.As(agency.Owner, agency.Org);
        var slug = app.Slug("acme-corp");

        using var answer = await app.HttpAs(agency.Owner, agency.Slug).PostAsync("/api/agency/clients", Json($$"""{"name":"Acme Corp","slug":"{{slug}}"}"""));
        Assert.Equal(201, (int)answer.StatusCode);
        var client = await http.Get<ClientView>(answer.Headers.Location!.ToString());

        Assert.Equal(("Acme Corp", slug, 0, 0, "none", false), (client.Name, client.Slug, client.MemberCount, client.InstanceCount, client.Health, client.Suspended));
        Assert.Equal(client.Id, (await http.Get<ClientView>($"/api/agency/clients/{slug}")).Id);
        var changed = await http.Put<UpdateClient, ClientView>($"/api/agency/clients/{slug}", new() { LogoUrl = "https://cdn.example.com/acme.png" });
        Assert.Equal(("Acme Corp", "https://cdn.example.com/acme.png"), (changed.Name, changed.LogoUrl));
        await http.Put<UpdateClient, ClientView>($"/api/agency/clients/{slug}", new() { LogoUrl = "file:///etc/passwd" }).IsRefusedAsync(400, "validation_failed", "logoUrl");
        var current = await app.As(agency.Owner, slug).Get<OrganizationView>("/api/organizations/current");
        Assert.Equal((client.Id, OrganizationKind.Client, agency.Slug), (current.Id, current.Kind, current.Agency!.Slug));
        Assert.Equal(4, (await app.As(agency.Owner, slug).Get<Page<RoleView>>("/api/roles")).Data.Count);
    }

    [Theory, Sqlite, Postgres]
    public async Task Slugs_are_checked(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Slugger");
        Task<ClientView> Create(string slug) => app.As(agency.Owner, agency.Org).Post<CreateClient, ClientView>("/api/agency/clients", new() { Name = "Any", Slug = slug });

        await Create("admin").IsRefusedAsync(400, "slug_reserved", "slug");
        await Create("Acme").IsRefusedAsync(400, "validation_failed", "slug");
        await Create("a").IsRefusedAsync(400, "validation_failed", "slug");
        await Create("two--dashes").IsRefusedAsync(400, "validation_failed", "slug");
        await Create(agency.Slug).IsRefusedAsync(409, "slug_taken", "slug");
    }

    [Theory, Sqlite, Postgres]
    public async Task Those_who_may_only_view_do_not_change_and_clients_of_others_are_not_there(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Mine");
        var client = await app.ClientOfAsync(agency, "Seen");
        var other = await app.AgencyAsync("Theirs");
        var viewer = app.As(await app.MemberAsync(agency.Org, "viewer"), agency.Org);

        Assert.Equal(client.Id, (await viewer.Get<ClientView>($"/api/agency/clients/{client.Slug}")).Id);
        await viewer.Post<CreateClient, ClientView>("/api/agency/clients", new() { Name = "No", Slug = "no-no" }).IsRefusedAsync(403, "forbidden");
        await viewer.Delete<OperationView>($"/api/agency/clients/{client.Slug}").IsRefusedAsync(403, "forbidden");
        await viewer.Post<OperationView>($"/api/agency/clients/{client.Slug}/resume").IsRefusedAsync(403, "forbidden");

        var stranger = app.As(other.Owner, other.Org);
        foreach (var name in (string[])[client.Slug, client.Id.ToString(), agency.Slug, other.Slug])
        {
            await stranger.Get<ClientView>($"/api/agency/clients/{name}").IsRefusedAsync(404, "not_found");
            await stranger.Put<UpdateClient, ClientView>($"/api/agency/clients/{name}", new() { Name = "Taken" }).IsRefusedAsync(404, "not_found");
            await stranger.Delete<OperationView>($"/api/agency/clients/{name}").IsRefusedAsync(404, "not_found");
            await stranger.Post<OperationView>($"/api/agency/clients/{name}/suspend").IsRefusedAsync(404, "not_found");
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task The_list_counts_and_filters_by_health(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Health");
        var server = await app.ServerAsync(agency);
        var clients = new Dictionary<string, TestOrg>();
        foreach (var health in (string[])["healthy", "degraded", "down", "none", "suspended", "deleting"])
            clients[health] = await app.ClientOfAsync(agency, $"Is {health}");
        await app.InstanceAsync(clients["healthy"], server, version: "18.0");
        await app.InstanceAsync(clients["healthy"], server, version: "19.0");
        await app.InstanceAsync(clients["healthy"], server, InstanceStatus.Stopped, change: i => i.WantRunning = false);
        await app.InstanceAsync(clients["degraded"], server);
        await app.InstanceAsync(clients["degraded"], server, InstanceStatus.Restarting);
        await app.InstanceAsync(clients["down"], server, InstanceStatus.Restarting);
        await app.InstanceAsync(clients["down"], server, InstanceStatus.Running, "unhealthy");
        await app.InstanceAsync(clients["suspended"], server, InstanceStatus.Failed);
        await app.MemberAsync(clients["healthy"], "owner");
        await app.MemberAsync(clients["healthy"], "viewer");
        await app.SuspendAsync(clients["suspended"]);
        await using (var db = app.Databases.System())
        {
            (await db.Organizations.AcrossTenants().SingleAsync(o => o.Id == clients["deleting"].Id)).DeletingAt = app.Clock.GetUtcNow();
            await db.SaveChangesAsync();
        }
        var http = app.As(agency.Owner, agency.Org);

        var all = (await http.Get<Page<ClientView>>("/api/agency/clients")).Data;
        Assert.Equal(clients.Keys, all.Select(c => c.Health));
        Assert.Equal((2, 3, 2), (all[0].MemberCount, all[0].InstanceCount, all[0].InstancesRunning));
        Assert.Equal(["19.0", "18.0"], all[0].OdooVersions);
        foreach (var (health, client) in clients)
            Assert.Equal(client.Slug, Assert.Single((await http.Get<Page<ClientView>>($"/api/agency/clients?health={health}")).Data).Slug);
        await http.Get<Page<ClientView>>("/api/agency/clients?health=fine").IsRefusedAsync(400, "validation_failed", "health");
        Assert.Single((await http.Get<Page<ClientView>>("/api/agency/clients?q=IS NONE")).Data);
        var first = await http.Get<Page<ClientView>>("/api/agency/clients?limit=4");
        Assert.Equal(all.Skip(4).Select(c => c.Id), (await http.Get<Page<ClientView>>($"/api/agency/clients?limit=4&cursor={first.NextCursor}")).Data.Select(c => c.Id));
    }

    private static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");
}
