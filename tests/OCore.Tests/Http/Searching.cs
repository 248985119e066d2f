using OCore.Client;
using OCore.Tests.Servers;

namespace OCore.Tests.Http;

/// <summary><c>?q=</c> finds the same on both databases, whatever the case of its letters.</summary>
public sealed class Searching(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task Letters_are_found_in_either_case(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Searches");
        using var http = app.As(agency.Owner, agency.Org);
        var (server, instance) = await ServersAndInstances.InsertAsync(app, agency);
        await http.Put<UpdateServer, ServerView>($"/api/servers/{server}", new UpdateServer { Name = "Paris One" });
        await http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance}", new UpdateInstance { Name = "Paris ERP" });
        await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Paris Standard", OdooVersion = "19.0" });
        await http.Post<OperationView>($"/api/servers/{server}/validate");
        foreach (var text in (string[])["paris", "PARIS", "Paris"])
        {
            Assert.Single((await http.Get<Page<ServerView>>($"/api/servers?q={text}")).Data);
            Assert.Single((await http.Get<Page<InstanceView>>($"/api/instances?q={text}")).Data);
            Assert.Single((await http.Get<Page<TemplateView>>($"/api/templates?q={text}")).Data);
            Assert.Single((await http.Get<Page<OperationView>>($"/api/operations?q={text}")).Data);
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task Operations_are_found_by_the_slugs_of_what_they_work_on(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Slugs");
        var client = await app.ClientOfAsync(agency, "Named");
        var (server, _) = await ServersAndInstances.InsertAsync(app, agency, machine: "elsewhere");
        var instance = await ServersAndInstances.InsertInstanceAsync(app, agency, server);
        using var http = app.As(agency.Owner, agency.Org);
        var restart = await http.Post<OperationView>($"/api/instances/{instance.Slug}/restart");
        var suspension = await http.Post<OperationView>($"/api/agency/clients/{client.Slug}/suspend");
        foreach (var (query, found) in ((string, OperationView)[])
                 [($"instance={instance.Slug}", restart), ($"instance={instance.Id}", restart), ($"client={client.Slug}", suspension), ($"client={client.Id}", suspension)])
            Assert.Equal(found.Id, Assert.Single((await http.Get<Page<OperationView>>($"/api/operations?{query}")).Data).Id);
        Assert.Empty((await http.Get<Page<OperationView>>("/api/operations?instance=nobody-knows")).Data);

        var other = await app.AgencyAsync("Strangers");
        using var stranger = app.As(other.Owner, other.Org);
        foreach (var query in (string[])[$"instance={instance.Slug}", $"client={client.Slug}"])
            Assert.Empty((await stranger.Get<Page<OperationView>>($"/api/operations?{query}")).Data);
    }

    [Theory, Sqlite]
    public async Task States_are_named_as_answers_name_them(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("States");
        using var http = app.As(agency.Owner, agency.Org);
        foreach (var word in (string[])["rolled_back", "succeeded", "active"])
            await http.Get<Page<OperationView>>($"/api/operations?state={word}");
        foreach (var word in (string[])["1", "rolledback", "Succeeded", "nothing"])
            await http.Get<Page<OperationView>>($"/api/operations?state={word}").IsRefusedAsync(400, "validation_failed", "state");
        await http.Get<Page<InstanceView>>("/api/instances?status=running");
        await http.Get<Page<InstanceView>>("/api/instances?status=1").IsRefusedAsync(400, "validation_failed", "status");
    }
}
