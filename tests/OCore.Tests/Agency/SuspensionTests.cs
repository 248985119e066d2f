using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Platform.Operations;

namespace OCore.Tests.Agency;

public sealed class SuspensionTests(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task A_suspended_client_is_locked_out_at_once_and_its_agency_is_not(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Pausing");
        var client = await app.ClientOfAsync(agency, "Paused");
        var member = app.As(await app.MemberAsync(client, "owner"), client);
        await member.Get<OrganizationView>("/api/organizations/current");
        var http = app.As(agency.Owner, agency.Org);

        using var answer = await app.HttpAs(agency.Owner, agency.Slug).PostAsync($"/api/agency/clients/{client.Slug}/suspend", new StringContent("""{"reason":"Unpaid since May."}""", System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal(202, (int)answer.StatusCode);
        var refused = await member.Get<OrganizationView>("/api/organizations/current").IsRefusedAsync(403, "organization_suspended");
        Assert.Contains("Unpaid since May.", refused.Detail, StringComparison.Ordinal);
        Assert.Equal(OperationState.Succeeded, (await http.EndOfAsync(await http.Get<OperationView>(answer.Headers.Location!.ToString()))).State);
        Assert.Equal(("suspended", true), ((await http.Get<ClientView>($"/api/agency/clients/{client.Id}")).Health, (await http.Get<ClientView>($"/api/agency/clients/{client.Id}")).Suspended));
        await app.As(agency.Owner, client).Get<Page<MemberView>>("/api/members");

        var resumed = await http.EndOfAsync(await http.Post<OperationView>($"/api/agency/clients/{client.Id}/resume"));
        Assert.Equal((OperationState.Succeeded, "client.resume", client.Id, agency.Org.Id), (resumed.State, resumed.Kind, resumed.ClientId, resumed.Organization.Id));
        await member.Get<OrganizationView>("/api/organizations/current");
        var log = (await http.Get<Page<AuditEntryView>>($"/api/audit-logs?objectId={client.Id}")).Data;
        Assert.Equal(["client.resumed", "client.suspended"], log.Take(2).Select(e => e.Action));
        Assert.All(log.Take(2), e => Assert.Equal((agency.Owner.Email, "Paused"), (e.Actor, e.OnBehalfOf)));
    }

    [Theory, Sqlite, Postgres]
    public async Task Instances_are_asked_for_and_a_server_that_is_away_is_waited_for(Database database)
    {
        var resources = new RecordedResources();
        await using var app = await TestApp.StartAsync(database, a => a.Adjust(s => s.Replace(ServiceDescriptor.Singleton<IClientResources>(resources))));
        var (http, client) = await ClientWithInstanceAsync(app);
        resources.Failures.Enqueue(new TryLaterException("Server one does not answer."));

        Assert.Equal(OperationState.Succeeded, (await http.EndOfAsync(await http.Post<OperationView>($"/api/agency/clients/{client.Slug}/suspend"))).State);
        Assert.Equal(OperationState.Succeeded, (await http.EndOfAsync(await http.Post<OperationView>($"/api/agency/clients/{client.Slug}/resume"))).State);

        Assert.Equal(["suspend", "suspend", "resume"], resources.Calls);
    }

    [Theory, Sqlite, Postgres]
    public async Task Cancelling_a_suspension_that_waits_brings_the_client_back(Database database)
    {
        var resources = new RecordedResources();
        await using var app = await TestApp.StartAsync(database, a => a.Adjust(s => s.Replace(ServiceDescriptor.Singleton<IClientResources>(resources))));
        var (http, client) = await ClientWithInstanceAsync(app);
        for (var n = 0; n < 5; n++)
            resources.Failures.Enqueue(new TryLaterException("Server one does not answer."));
        var member = app.As(await app.MemberAsync(client, "owner"), client);

        var operation = await http.Post<OperationView>($"/api/agency/clients/{client.Slug}/suspend");
        await member.Get<OrganizationView>("/api/organizations/current").IsRefusedAsync(403, "organization_suspended");
        for (var n = 0; n < 100 && (await http.Get<OperationView>($"/api/operations/{operation.Id}")).RetryAt is null; n++)
            await Task.Delay(50);
        await http.Post<OperationView>($"/api/agency/clients/{client.Slug}/resume").IsRefusedAsync(409, "operation_in_progress");
        resources.Failures.Clear();
        await http.Post<OperationView>($"/api/operations/{operation.Id}/cancel");

        Assert.Equal(OperationState.Cancelled, (await http.EndOfAsync(operation)).State);
        await member.Get<OrganizationView>("/api/organizations/current");
        Assert.Equal("resume", resources.Calls[^1]);
    }

    [Theory, Sqlite, Postgres]
    public async Task Repeating_with_the_same_key_finds_the_first(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Repeating");
        var client = await app.ClientOfAsync(agency, "Repeated");
        var http = app.As(agency.Owner, agency.Org);
        http.Http.DefaultRequestHeaders.Add("Idempotency-Key", "once");

        var first = await http.Post<OperationView>($"/api/agency/clients/{client.Slug}/suspend");
        var second = await http.Post<OperationView>($"/api/agency/clients/{client.Slug}/suspend");

        Assert.Equal(first.Id, second.Id);
    }

    internal static async Task<(OCoreHttp, TestOrg)> ClientWithInstanceAsync(TestApp app)
    {
        var agency = await app.AgencyAsync("Running");
        var client = await app.ClientOfAsync(agency, "With instance");
        await app.InstanceAsync(client, await app.ServerAsync(agency));
        return (app.As(agency.Owner, agency.Org), client);
    }
}
