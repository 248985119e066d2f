using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Tests.Operations;

/// <summary>Idempotency-Key: whoever is not sure that a request arrived repeats it.</summary>
public sealed class AskingTwice
{
    private static async Task<HttpResponseMessage> BuildAsync(HttpClient http, string? key, string thing = "thing")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/test/build") { Content = JsonContent.Create(new Confirmation { Confirm = thing }, WireJson.Default.Confirmation) };
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
}
