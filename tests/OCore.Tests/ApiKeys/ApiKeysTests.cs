using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Tests.ApiKeys;

public sealed class ApiKeysTests(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task A_key_is_shown_once_and_works_in_its_organization_within_its_scopes(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);

        var made = await app.As(owner, org).Post<CreateApiKey, CreatedApiKey>("/api/api-keys", new() { Name = "CI", Scopes = ["view:organization", "manage:templates"] });

        Assert.StartsWith("ocore_", made.Key, StringComparison.Ordinal);
        Assert.StartsWith(made.ApiKey.Prefix, made.Key, StringComparison.Ordinal);
        Assert.Equal(90, Math.Round((made.ApiKey.ExpiresAt - made.ApiKey.CreatedAt).TotalDays));
        var http = With(app, made.Key);
        Assert.Equal(org.Slug, (await http.Get<OrganizationView>("/api/organizations/current")).Slug);
        await http.Put<UpdateOrganization, OrganizationView>("/api/organizations/current", new() { Name = "No" }).IsRefusedAsync(403, "forbidden");
        await new OCoreHttp(app.HttpWith(made.Key, owner.Home.Slug)).Get<OrganizationView>("/api/organizations/current").IsRefusedAsync(404, "organization_not_found");

        var listed = await app.HttpAs(owner, org.Slug).GetStringAsync("/api/api-keys");
        Assert.Contains(made.ApiKey.Prefix, listed, StringComparison.Ordinal);
        Assert.DoesNotContain(made.Key, listed, StringComparison.Ordinal);
        await using var db = app.Databases.System();
        var row = await db.ApiKeys.AcrossTenants().SingleAsync(k => k.Id == made.ApiKey.Id);
        Assert.Equal(Tokens.Hash(made.Key), row.Hash);
    }

    [Theory, Sqlite, Postgres]
    public async Task Nobody_makes_a_key_that_may_more_than_they_or_lives_too_long(Database database)
    {
        var (app, _, org) = await OrganizationAsync(database);
        var http = app.As(await app.MemberAsync(org, "keeper", "manage:api-keys", "view:instances"), org);

        await http.Post<CreateApiKey, CreatedApiKey>("/api/api-keys", new() { Name = "More", Scopes = ["manage:instances"] }).IsRefusedAsync(403, "grants_more_than_own", "scopes");
        await http.Post<CreateApiKey, CreatedApiKey>("/api/api-keys", new() { Name = "Odd", Scopes = ["instances"] }).IsRefusedAsync(400, "validation_failed", "scopes");
        await http.Post<CreateApiKey, CreatedApiKey>("/api/api-keys", new() { Name = "Long", ExpiresInDays = 367 }).IsRefusedAsync(400, "validation_failed", "expiresInDays");
        await http.Post<CreateApiKey, CreatedApiKey>("/api/api-keys", new() { Name = "Fair", Scopes = ["view:instances"], ExpiresInDays = 366 });
        await app.As(await app.MemberAsync(org, "developer"), org).Post<CreateApiKey, CreatedApiKey>("/api/api-keys", new() { Name = "None" }).IsRefusedAsync(403, "forbidden");
    }

    [Theory, Sqlite, Postgres]
    public async Task A_key_makes_no_keys(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);

        await With(app, await app.ApiKeyAsync(owner, org)).Post<CreateApiKey, CreatedApiKey>("/api/api-keys", new() { Name = "Child" }).IsRefusedAsync(403, "not_with_api_key");
    }

    [Theory, Sqlite, Postgres]
    public async Task A_key_may_what_its_maker_may_now(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var maker = await app.MemberAsync(org, "admin");
        var key = await app.ApiKeyAsync(maker, org, "manage:organization");
        await With(app, key).Put<UpdateOrganization, OrganizationView>("/api/organizations/current", new() { Name = "While admin" });
        var member = (await app.As(owner, org).Get<Page<MemberView>>($"/api/members?q={maker.Email}")).Data.Single();

        await app.As(owner, org).Put<UpdateMember, MemberView>($"/api/members/{member.Id}", new() { Role = "viewer" });

        await With(app, key).Put<UpdateOrganization, OrganizationView>("/api/organizations/current", new() { Name = "Since" }).IsRefusedAsync(403, "forbidden");
        await With(app, key).Get<OrganizationView>("/api/organizations/current");
    }

    [Theory, Sqlite, Postgres]
    public async Task A_revoked_or_expired_key_is_dead(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var owner = await app.PersonAsync("Keys");
        var org = await app.OrganizationAsync("Keys", owner);
        var (revoked, expiring) = (await MakeAsync(app, owner, org), await MakeAsync(app, owner, org));
        await With(app, revoked.Key).Get<OrganizationView>("/api/organizations/current");

        await app.As(owner, org).Send(HttpMethod.Delete, $"/api/api-keys/{revoked.ApiKey.Id}");
        await With(app, revoked.Key).Get<OrganizationView>("/api/organizations/current").IsRefusedAsync(401, "unauthenticated");

        app.Clock.Advance(TimeSpan.FromDays(2));
        await With(app, expiring.Key).Get<OrganizationView>("/api/organizations/current").IsRefusedAsync(401, "unauthenticated");
    }

    [Theory, Sqlite, Postgres]
    public async Task Keys_of_others_are_not_there(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var made = await MakeAsync(app, owner, org);
        var (_, stranger, other) = await OrganizationAsync(database);

        Assert.Empty((await app.As(stranger, other).Get<Page<ApiKeyView>>("/api/api-keys")).Data);
        await app.As(stranger, other).Send(HttpMethod.Delete, $"/api/api-keys/{made.ApiKey.Id}").IsRefusedAsync(404, "not_found");
    }

    private static OCoreHttp With(TestApp app, string key) => new(app.HttpWith(key));

    private static Task<CreatedApiKey> MakeAsync(TestApp app, TestPerson owner, TestOrg org) =>
        app.As(owner, org).Post<CreateApiKey, CreatedApiKey>("/api/api-keys", new() { Name = "Key", ExpiresInDays = 1 });

    private async Task<(TestApp, TestPerson, TestOrg)> OrganizationAsync(Database database)
    {
        var app = await apps.OnAsync(database);
        var owner = await app.PersonAsync("Kim");
        return (app, owner, await app.OrganizationAsync("Keyring", owner));
    }
}
