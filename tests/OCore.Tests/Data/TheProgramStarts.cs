using OCore.Client;

namespace OCore.Tests.Data;

public sealed class TheProgramStarts(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task It_answers_and_knows_its_people(Database database)
    {
        var app = await apps.OnAsync(database);
        Assert.Equal("ready", (await app.Anonymous.GetStringAsync("/readyz")).Trim('"'));

        var agency = await app.AgencyAsync("Acme");
        var client = await app.ClientOfAsync(agency, "Shop");
        var member = await app.MemberAsync(client, "viewer");
        foreach (var (person, org) in new[] { (agency.Owner, agency.Org), (agency.Owner, client), (member, client) })
            Assert.Empty((await app.As(person, org).Get<Page<OperationView>>("/api/operations")).Data);
        await app.As(member, agency.Org).Get<Page<OperationView>>("/api/operations").IsRefusedAsync(404, "organization_not_found");
        Assert.Equal(401, (int)(await app.Anonymous.GetAsync("/api/operations")).StatusCode);
        Assert.Empty(app.Log.Lines);
    }

    [Theory, Sqlite, Postgres]
    public async Task It_signs_in_with_the_password_of_everybody(Database database)
    {
        var app = await apps.OnAsync(database);
        var person = await app.PersonAsync("Ada");
        using var http = new OCoreHttp(app.HttpAs(null));
        var tokens = await http.Post<LoginRequest, SessionTokens>("/api/auth/login", new LoginRequest { Email = person.Email, Password = TestApp.Password });
        Assert.NotEmpty(tokens.AccessToken);
    }
}
