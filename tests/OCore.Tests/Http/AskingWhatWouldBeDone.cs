using OCore.Client;

namespace OCore.Tests.Http;

/// <summary><c>?dryRun=true</c>: answered by those who can, and refused by all others, so that nobody who only asked finds it done.</summary>
public sealed class AskingWhatWouldBeDone(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task Nothing_is_done_where_it_cannot_be_told(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Asks");
        var client = await app.ClientOfAsync(agency, "Still there");
        using var http = app.As(agency.Owner, agency.Org);
        var path = $"/api/agency/clients/{client.Slug}";

        var refused = await http.Send(HttpMethod.Delete, $"{path}?dryRun=true").IsRefusedAsync(400, "dry_run_not_supported", "dryRun");
        Assert.Contains("/api/topologies/{id}/plan", refused.Hint, StringComparison.Ordinal);
        foreach (var query in (string[])["dryRun=1", "dryrun=TRUE", "dryRun", "dryRun=false&dryRun=true"])
            await http.Post<CreateTemplate, TemplateView>($"/api/templates?{query}", new CreateTemplate { Name = "Asked", OdooVersion = "19.0" }).IsRefusedAsync(400, "dry_run_not_supported", "dryRun");

        Assert.Empty((await http.Get<Page<TemplateView>>("/api/templates")).Data);
        Assert.NotEqual("deleting", (await http.Get<ClientView>($"{path}?dryRun=false")).Health);
        await (await app.Anonymous.DeleteAsync($"{path}?dryRun=true")).IsProblemAsync(401, "unauthenticated");
    }

    /// <summary>docs/api.md has the same list.</summary>
    [Theory, Sqlite]
    public async Task These_can_tell(Database database)
    {
        var document = await ApiDocument.OfAsync(await apps.OnAsync(database));
        Assert.Equal(
            ["POST /api/backups/{id}/copy", "POST /api/backups/{id}/restore", "POST /api/templates/{id}/provision", "PUT /api/agency/branding", "PUT /api/agency/clients/{client}/branding", "PUT /api/instances/{id}"],
            document.Operations.Where(o => o.Parameters.Any(p => p is { Name: "dryRun", In: "query" })).Select(o => o.ToString()).Order(StringComparer.Ordinal));
    }
}
