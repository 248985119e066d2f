using OCore.Client;

namespace OCore.Tests.Organizations;

public sealed class OrganizationsTests(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task One_sees_ones_own_organizations_and_the_clients_of_ones_agency(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Lister");
        var client = await app.ClientOfAsync(agency, "Listed");
        var strangers = await app.ClientOfAsync(await app.AgencyAsync("Elsewhere"), "Hidden");

        var mine = (await app.As(agency.Owner).Get<Page<MembershipView>>("/api/organizations")).Data;

        Assert.Equal([agency.Owner.Home.Slug, agency.Slug, client.Slug], mine.Select(o => o.Slug));
        Assert.Equal(("Owner", false), (mine[1].Role, mine[1].Delegated));
        Assert.Equal((null, true, OrganizationKind.Client), (mine[2].Role, mine[2].Delegated, mine[2].Kind));
        Assert.DoesNotContain(mine, o => o.Slug == strangers.Slug);
        var own = (await app.As(await app.MemberAsync(client, "viewer"), client).Get<Page<MembershipView>>("/api/organizations?q=LISTED")).Data.Single(o => o.Slug == client.Slug);
        Assert.Equal(("Viewer", false), (own.Role, own.Delegated));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_key_lists_only_where_it_reaches(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Keyed");
        var client = await app.ClientOfAsync(agency, "Reached");
        var key = await app.ApiKeyAsync(agency.Owner, agency.Org);

        var reached = await new OCoreHttp(app.HttpWith(key)).Get<Page<MembershipView>>("/api/organizations");

        Assert.Equal([agency.Slug, client.Slug], reached.Data.Select(o => o.Slug));
    }

    [Theory, Sqlite, Postgres]
    public async Task Whoever_creates_an_organization_owns_it(Database database)
    {
        var app = await apps.OnAsync(database);
        var person = await app.PersonAsync("Founder");
        var slug = app.Slug("Founded");

        var made = await app.As(person).Post<CreateOrganization, OrganizationView>("/api/organizations", new() { Name = "Founded", Slug = slug });

        Assert.Equal(OrganizationKind.Organization, made.Kind);
        var member = Assert.Single((await app.As(person, slug).Get<Page<MemberView>>("/api/members")).Data);
        Assert.Equal("owner", member.Role.Slug);
        var entry = Assert.Single((await app.As(person, slug).Get<Page<AuditEntryView>>("/api/audit-logs?action=organization.created")).Data);
        Assert.Null(entry.OnBehalfOf);
    }

    [Theory, Sqlite, Postgres]
    public async Task Slugs_are_unique_and_never_those_that_hosts_need(Database database)
    {
        var app = await apps.OnAsync(database);
        var person = await app.PersonAsync("Namer");
        Task<OrganizationView> Create(string slug) => app.As(person).Post<CreateOrganization, OrganizationView>("/api/organizations", new() { Name = "Named", Slug = slug });

        await Create("www").IsRefusedAsync(400, "slug_reserved", "slug");
        await Create("Not-A-Slug").IsRefusedAsync(400, "validation_failed", "slug");
        await Create("-x").IsRefusedAsync(400, "validation_failed", "slug");
        await Create("a0000000-0000-7000-8000-000000000000").IsRefusedAsync(400, "slug_reserved", "slug");
        await Create(person.Home.Slug).IsRefusedAsync(409, "slug_taken", "slug");
    }

    [Theory, Sqlite, Postgres]
    public async Task The_people_of_a_client_do_not_make_organizations_of_their_own(Database database)
    {
        var app = await apps.OnAsync(database);
        var client = await app.ClientOfAsync(await app.AgencyAsync("Guard"), "Guarded");
        var http = await NewcomerAsync(app, client);

        await http.Post<CreateOrganization, OrganizationView>("/api/organizations", new() { Name = "Escape", Slug = app.Slug("escape") }).IsRefusedAsync(403, "organizations_closed");
    }

    [Theory, Sqlite, Postgres]
    public async Task A_client_sees_its_agency_and_changes_its_own_name_and_logo(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Shown");
        var client = await app.ClientOfAsync(agency, "Changing");
        var http = app.As(await app.MemberAsync(client, "admin"), client);

        var changed = await http.Put<UpdateOrganization, OrganizationView>("/api/organizations/current", new() { Name = "Changed", LogoUrl = "https://cdn.example.com/logo.png" });

        Assert.Equal(("Changed", agency.Slug), (changed.Name, changed.Agency!.Slug));
        await http.Put<UpdateOrganization, OrganizationView>("/api/organizations/current", new() { LogoUrl = "javascript:alert(1)" }).IsRefusedAsync(400, "validation_failed", "logoUrl");
        Assert.Null((await http.Put<UpdateOrganization, OrganizationView>("/api/organizations/current", new() { LogoUrl = "" })).LogoUrl);
        await app.As(await app.MemberAsync(client, "viewer"), client).Put<UpdateOrganization, OrganizationView>("/api/organizations/current", new() { Name = "No" }).IsRefusedAsync(403, "forbidden");
    }

    // Somebody whose only organization is this client, as accepting an invitation makes them.
    private static async Task<OCoreHttp> NewcomerAsync(TestApp app, TestOrg client)
    {
        var email = $"{app.Slug("newcomer")}@people.example";
        var token = await InvitationsTests.InviteAsync(app, await app.MemberAsync(client, "admin"), client, email, "viewer");
        var session = await new OCoreHttp(app.HttpWith(null)).Post<AcceptInvitation, SessionTokens>("/api/invitations/accept", new() { Token = token, Name = "Newcomer", Password = TestApp.Password });
        return new OCoreHttp(app.HttpWith(session.AccessToken));
    }
}
