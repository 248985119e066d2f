using System.Net.Http.Headers;

namespace OCore.Tests.Http;

/// <summary>Each route says how much it takes itself.</summary>
public sealed class BodiesThatAreTooLarge(TestApps apps) : IClassFixture<TestApps>
{
    [Theory]
    [InlineData("POST", "/api/templates", 1)]
    [InlineData("PUT", "/api/instances/none/files/content", 8)]
    public async Task The_refusal_says_the_limit_of_the_route(string method, string path, int mebibytes)
    {
        var app = await apps.OnAsync(Database.Sqlite);
        var agency = await app.AgencyAsync($"Acme {mebibytes}");
        using var http = app.HttpAs(agency.Owner, agency.Org.Slug);
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new ByteArrayContent(new byte[(mebibytes << 20) + 1]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.ExpectContinue = true;
        var problem = await (await http.SendAsync(request)).IsProblemAsync(413, "too_large");
        Assert.Equal($"Bodies may have up to {mebibytes} MiB here.", problem.Hint);
    }
}
