using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Operations;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;

namespace OCore.Tests.Operations;

/// <summary>Idempotency-Key: whoever is not sure that a request arrived repeats it.</summary>
public sealed class AskingTwice
{
    private static async Task<HttpResponseMessage> BuildAsync(HttpClient http, string? key, string thing = "thing", string path = "/api/test/build")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(new Confirmation { Confirm = thing }, WireJson.Default.Confirmation) };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return await http.SendAsync(request);
    }

    private static async Task<OperationView> ViewAsync(HttpResponseMessage response)
    {
        Assert.True(response.StatusCode == HttpStatusCode.Accepted, await response.Content.ReadAsStringAsync());
        var view = (OperationView)(await response.Content.ReadFromJsonAsync(typeof(OperationView), WireJson.Default))!;
        Assert.Equal($"/api/operations/{view.Id}", response.Headers.Location?.OriginalString);
        return view;
    }

    [Theory, Sqlite, Postgres]
    public async Task Twenty_at_once_start_one_operation(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        using var http = lab.App.HttpAs(lab.Agency.Owner, lab.Agency.Slug);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => BuildAsync(http, "key-1")));
        var ids = new HashSet<Guid>();
        foreach (var answer in answers)
            ids.Add((await ViewAsync(answer)).Id);
        Assert.Single(ids);
        await using var db = lab.App.Databases.System();
        Assert.Equal(1, await db.Operations.AcrossTenants().CountAsync());
        // Also when it has ended long ago.
        await lab.EndedAsync(ids.Single());
        Assert.Equal(ids.Single(), (await ViewAsync(await BuildAsync(http, "key-1"))).Id);
    }

    [Theory, Sqlite, Postgres]
    public async Task The_same_key_for_something_else_is_refused(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        using var http = lab.App.HttpAs(lab.Agency.Owner, lab.Agency.Slug);
        await ViewAsync(await BuildAsync(http, "key-1"));
        await (await BuildAsync(http, "key-1", "another")).IsProblemAsync(422, "idempotency_key_reused");
        await (await BuildAsync(http, new string('k', 101))).IsProblemAsync(400, "validation_failed", "Idempotency-Key");
    }

    [Theory, Sqlite, Postgres]
    public async Task A_key_means_nothing_to_another_agency(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var other = await lab.App.AgencyAsync("Other");
        using var ours = lab.App.HttpAs(lab.Agency.Owner, lab.Agency.Slug);
        using var theirs = lab.App.HttpAs(other.Owner, other.Slug);
        var first = await ViewAsync(await BuildAsync(ours, "key-1", "ours"));
        var second = await ViewAsync(await BuildAsync(theirs, "key-1", "theirs"));
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(other.Org.Id, second.Organization.Id);
    }

    [Theory, Sqlite]
    public async Task Without_a_key_each_request_is_a_new_one(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        using var http = lab.App.HttpAs(lab.Agency.Owner, lab.Agency.Slug);
        var first = await ViewAsync(await BuildAsync(http, null, "a"));
        Assert.NotEqual(first.Id, (await ViewAsync(await BuildAsync(http, null, "b"))).Id);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_key_is_its_persons_own(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var colleague = await lab.App.MemberAsync(lab.Agency.Org, "admin");
        using var owner = lab.App.HttpAs(lab.Agency.Owner, lab.Agency.Slug);
        using var admin = lab.App.HttpAs(colleague, lab.Agency.Slug);
        var first = await ViewAsync(await BuildAsync(owner, "1", "one"));
        Assert.NotEqual(first.Id, (await ViewAsync(await BuildAsync(admin, "1", "two"))).Id);
        Assert.Equal(first.Id, (await ViewAsync(await BuildAsync(owner, "1", "one"))).Id);
    }

    [Theory, Sqlite, Postgres]
    public async Task The_organization_is_part_of_the_request(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var client = await lab.App.ClientOfAsync(lab.Agency, "Client");
        using var inClient = lab.App.HttpAs(lab.Agency.Owner, client.Slug);
        using var inAgency = lab.App.HttpAs(lab.Agency.Owner, lab.Agency.Slug);
        var first = await ViewAsync(await BuildAsync(inClient, "1", "same"));
        await lab.EndedAsync(first.Id);
        await (await BuildAsync(inAgency, "1", "same")).IsProblemAsync(422, "idempotency_key_reused");
        Assert.Equal(first.Id, (await ViewAsync(await BuildAsync(inClient, "1", "same"))).Id);
    }

    [Theory, Sqlite]
    public async Task The_first_answer_is_told_as_the_operation_is_now(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database, app => app.Route(web => web.MapPost("/api/test/switch", SwitchOverHttp).WithName("testSwitch").Require("manage:operations").StartsOperation()));
        using var http = lab.App.HttpAs(lab.Agency.Owner, lab.Agency.Slug);
        var held = new TaskCompletionSource();
        lab.Probe.Reached = (_, step, point) => (step.Name, point) == ("c", StepPoint.BeforeEffect) ? held.Task : Task.CompletedTask;
        var id = (await ViewAsync(await BuildAsync(http, "1", path: "/api/test/switch"))).Id;
        await lab.UntilAsync(async () => (await lab.ReadAsync(id)).Steps[2].State == StepState.Started, "the step after the pivot");
        // Past the point of no return: to offer cancelling would be a promise that is refused.
        Assert.False((await ViewAsync(await BuildAsync(http, "1", path: "/api/test/switch"))).Cancellable);
        held.SetResult();
        await lab.EndedAsync(id);
    }

    internal static async Task<Results<Accepted<OperationView>, Problem>> SwitchOverHttp(Confirmation request, OCoreDb db, OperationQueue queue, OperationKinds kinds, CancellationToken stop)
    {
        var operation = await queue.EnqueueAsync<SwitchKind, Build>(db, new Build(request.Confirm!), new OperationSubject("Switch", db.Tenant.OrgId), stop);
        await db.SaveChangesAsync(stop);
        return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
    }
}
