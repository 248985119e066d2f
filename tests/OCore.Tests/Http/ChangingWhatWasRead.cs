using System.Net;
using System.Net.Http.Json;
using OCore.Client;

namespace OCore.Tests.Http;

/// <summary>ETag and If-Match: nobody overwrites what they have not seen.</summary>
public sealed class ChangingWhatWasRead(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task A_change_over_what_was_changed_meanwhile_is_refused(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, url) = await TemplateAsync(app);
        using var http = app.HttpAs(agency.Owner, agency.Slug);
        var read = await TagAsync(http, url);
        Assert.Equal(read, await TagAsync(http, url));

        using (var first = await PutAsync(http, url, read, new UpdateTemplate { DefaultWorkers = 2 }))
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using (var late = await PutAsync(http, url, read, new UpdateTemplate { DefaultWorkers = 3 }))
            Assert.NotNull((await late.IsProblemAsync(412, "precondition_failed")).Hint);
        using (var deleted = await SendAsync(http, HttpMethod.Delete, url, read))
            await deleted.IsProblemAsync(412, "precondition_failed");
        Assert.Equal(2, (await http.GetFromJsonAsync(url, WireJson.Default.TemplateView))!.DefaultWorkers);

        var now = await TagAsync(http, url);
        Assert.NotEqual(read, now);
        using (var again = await PutAsync(http, url, $"\"other\", {now}", new UpdateTemplate { DefaultWorkers = 3 }))
            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        using (var any = await PutAsync(http, url, "*", new UpdateTemplate { DefaultWorkers = 4 }))
            Assert.Equal(HttpStatusCode.OK, any.StatusCode);
        using (var none = await PutAsync(http, url, null, new UpdateTemplate { DefaultWorkers = 5 }))
            Assert.Equal(HttpStatusCode.OK, none.StatusCode);
        using (var gone = await SendAsync(http, HttpMethod.Delete, url, await TagAsync(http, url)))
            Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        using (var missing = await PutAsync(http, url, now, new UpdateTemplate { DefaultWorkers = 6 }))
            await missing.IsProblemAsync(404, "not_found");
    }

    [Theory, Sqlite, Postgres]
    public async Task Of_many_at_once_with_one_tag_one_is_taken(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, url) = await TemplateAsync(app);
        // Two processes on the same data, where the database is one for several.
        await using var beside = database == Database.Postgres ? TestApp.Beside(app) : null;
        if (beside is not null)
            await beside.InitializeAsync();
        using var here = app.HttpAs(agency.Owner, agency.Slug);
        using var there = (beside ?? app).HttpAs(agency.Owner, agency.Slug);
        var tag = await TagAsync(here, url);

        var answers = await Task.WhenAll(Enumerable.Range(2, 8).Select(async n =>
        {
            using var answer = await PutAsync(n % 2 == 0 ? here : there, url, tag, new UpdateTemplate { DefaultWorkers = n });
            return answer.StatusCode;
        }));

        Assert.Single(answers, HttpStatusCode.OK);
        Assert.Equal(7, answers.Count(a => a == HttpStatusCode.PreconditionFailed));
    }

    /// <summary>What is measured changes all the time, and is in nobody's way.</summary>
    [Fact]
    public async Task What_nobody_can_change_is_not_in_the_tag()
    {
        var app = await apps.OnAsync(Database.Sqlite);
        var agency = await app.AgencyAsync("Measured");
        var client = await app.ClientOfAsync(agency, "Growing");
        using var http = app.HttpAs(agency.Owner, agency.Slug);
        var url = $"/api/agency/clients/{client.Id}";
        var before = await TagAsync(http, url);
        await app.MemberAsync(client, "viewer");
        Assert.Equal(before, await TagAsync(http, url));
        using var put = await PutAsync(http, url, before, new UpdateClient { Name = "Grown" });
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.NotEqual(before, await TagAsync(http, url));
    }

    [Fact]
    public async Task What_cannot_be_kept_is_refused()
    {
        var app = await apps.OnAsync(Database.Sqlite);
        var (agency, url) = await TemplateAsync(app);
        using var http = app.HttpAs(agency.Owner, agency.Slug);
        using (var unreadable = await PutAsync(http, url, "not quoted", new UpdateTemplate { DefaultWorkers = 2 }))
            await unreadable.IsProblemAsync(400, "validation_failed", "If-Match");
        var member = await app.MemberAsync(agency.Org, "viewer");
        using (var untagged = await SendAsync(http, HttpMethod.Delete, $"/api/invitations/{member.Id}", "\"x\""))
            await untagged.IsProblemAsync(412, "precondition_failed");
        // The gate comes first: a tag tells nobody what they may not see.
        using var stranger = app.HttpAs(member, agency.Slug);
        using (var forbidden = await PutAsync(stranger, url, "\"x\"", new UpdateTemplate { DefaultWorkers = 2 }))
            await forbidden.IsProblemAsync(403, "forbidden");
        var other = await app.AgencyAsync("Other");
        using var elsewhere = app.HttpAs(other.Owner, other.Slug);
        using (var hidden = await PutAsync(elsewhere, url, "\"x\"", new UpdateTemplate { DefaultWorkers = 2 }))
            await hidden.IsProblemAsync(404, "not_found");
    }

    private static async Task<(TestAgency, string Url)> TemplateAsync(TestApp app)
    {
        var agency = await app.AgencyAsync("Careful");
        var template = await app.As(agency.Owner, agency.Org).Post<CreateTemplate, TemplateView>("/api/templates", new() { Name = "Standard", OdooVersion = "18.0", DefaultWorkers = 1 });
        return (agency, $"/api/templates/{template.Id}");
    }

    private static async Task<string> TagAsync(HttpClient http, string url)
    {
        using var answer = await http.GetAsync(url);
        return answer.Headers.ETag!.ToString();
    }

    private static Task<HttpResponseMessage> PutAsync<T>(HttpClient http, string url, string? tag, T body) => SendAsync(http, HttpMethod.Put, url, tag, JsonContent.Create(body, WireJson.Default.GetTypeInfo(typeof(T))!));

    private static Task<HttpResponseMessage> SendAsync(HttpClient http, HttpMethod method, string url, string? tag, HttpContent? content = null)
    {
        var request = new HttpRequestMessage(method, url) { Content = content };
        if (tag is not null)
            request.Headers.TryAddWithoutValidation("If-Match", tag);
        return http.SendAsync(request);
    }
}
