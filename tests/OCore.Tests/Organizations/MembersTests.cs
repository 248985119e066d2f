using OCore.Client;

namespace OCore.Tests.Organizations;

public sealed class MembersTests(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task Members_are_listed_with_their_role_and_when_they_were_last_seen(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var viewer = await app.MemberAsync(org, "viewer");

        await app.As(viewer, org).Get<OrganizationView>("/api/organizations/current");
        var page = await app.As(owner, org).Get<Page<MemberView>>("/api/members");

        var listed = Assert.Single(page.Data, m => m.UserId == viewer.Id);
        Assert.Equal(("viewer", viewer.Email), (listed.Role.Slug, listed.Email));
        Assert.NotNull(listed.LastSeenAt);
        Assert.Single((await app.As(owner, org).Get<Page<MemberView>>($"/api/members?q={viewer.Email.ToUpperInvariant()}")).Data);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_new_role_counts_at_once(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var member = await app.MemberAsync(org, "viewer");
        await app.As(member, org).Put<UpdateOrganization, OrganizationView>("/api/organizations/current", new() { Name = "No" }).IsRefusedAsync(403, "forbidden");

        await ChangeRoleAsync(app, owner, org, member, "admin");

        Assert.Equal("Yes", (await app.As(member, org).Put<UpdateOrganization, OrganizationView>("/api/organizations/current", new() { Name = "Yes" })).Name);
    }

    [Theory, Sqlite, Postgres]
    public async Task Nobody_changes_their_own_role(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        await app.MemberAsync(org, "owner");

        await ChangeRoleAsync(app, owner, org, owner, "admin").IsRefusedAsync(403, "own_role");
    }

    [Theory, Sqlite, Postgres]
    public async Task The_last_owner_is_neither_removed_nor_demoted(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Lasting");
        var client = await app.ClientOfAsync(agency, "Kept");
        var owner = await app.MemberAsync(client, "owner");

        await ChangeRoleAsync(app, agency.Owner, client, owner, "viewer").IsRefusedAsync(409, "last_owner");
        await RemoveAsync(app, agency.Owner, client, owner).IsRefusedAsync(409, "last_owner");

        await app.MemberAsync(client, "owner");
        await ChangeRoleAsync(app, agency.Owner, client, owner, "viewer");
    }

    [Theory, Sqlite, Postgres]
    public async Task Two_owners_who_demote_each_other_leave_one(Database database)
    {
        for (var round = 0; round < 5; round++)
        {
            var (app, first, org) = await OrganizationAsync(database);
            var second = await app.MemberAsync(org, "owner");

            await Task.WhenAll(Quietly(ChangeRoleAsync(app, first, org, second, "viewer")), Quietly(ChangeRoleAsync(app, second, org, first, "viewer")));

            var witness = await app.MemberAsync(org, "viewer");
            Assert.Single((await app.As(witness, org).Get<Page<MemberView>>("/api/members")).Data, m => m.Role.Slug == "owner");
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task Nobody_gives_or_takes_a_role_that_may_more_than_they(Database database)
    {
        var (app, _, org) = await OrganizationAsync(database);
        var manager = await app.MemberAsync(org, "people", "manage:members", "view:roles");
        var viewer = await app.MemberAsync(org, "outsider", "view:members");
        var admin = await app.MemberAsync(org, "admin");

        var refused = await ChangeRoleAsync(app, manager, org, viewer, "developer").IsRefusedAsync(403, "grants_more_than_own");
        Assert.Contains("manage:instances", refused.Detail, StringComparison.Ordinal);
        await ChangeRoleAsync(app, manager, org, admin, "outsider").IsRefusedAsync(403, "grants_more_than_own");
        await RemoveAsync(app, manager, org, admin).IsRefusedAsync(403, "grants_more_than_own");

        await RemoveAsync(app, manager, org, viewer);
    }

    [Theory, Sqlite, Postgres]
    public async Task Only_owners_make_and_remove_owners(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var admin = await app.MemberAsync(org, "admin");
        var viewer = await app.MemberAsync(org, "viewer");

        await ChangeRoleAsync(app, admin, org, viewer, "owner").IsRefusedAsync(403, "owners_only");
        await RemoveAsync(app, admin, org, owner).IsRefusedAsync(403, "owners_only");

        Assert.Equal("owner", (await ChangeRoleAsync(app, owner, org, viewer, "owner")).Role.Slug);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_removed_member_is_out_at_once_and_their_keys_do_not_come_back_with_them(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var member = await app.MemberAsync(org, "developer");
        var key = await app.ApiKeyAsync(member, org);
        await new OCoreHttp(app.HttpWith(key)).Get<OrganizationView>("/api/organizations/current");

        await RemoveAsync(app, owner, org, member);

        await app.As(member, org).Get<OrganizationView>("/api/organizations/current").IsRefusedAsync(404, "organization_not_found");
        await app.JoinAsync(org, member, "developer");
        await new OCoreHttp(app.HttpWith(key)).Get<OrganizationView>("/api/organizations/current").IsRefusedAsync(401, "unauthenticated");
    }

    [Theory, Sqlite, Postgres]
    public async Task Members_and_roles_of_others_are_not_there(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var (_, stranger, other) = await OrganizationAsync(database);
        var member = await app.MemberAsync(org, "viewer");
        var id = await MemberIdAsync(app, owner, org, member);
        var foreignRole = (await app.As(owner, org).Get<RoleView>("/api/roles/admin")).Id;

        await app.As(stranger, other).Send(HttpMethod.Delete, $"/api/members/{id}").IsRefusedAsync(404, "not_found");
        await app.As(stranger, other).Put<UpdateMember, MemberView>($"/api/members/{id}", new() { Role = "viewer" }).IsRefusedAsync(404, "not_found");
        var own = await app.MemberAsync(other, "viewer");
        await ChangeRoleAsync(app, stranger, other, own, foreignRole.ToString()).IsRefusedAsync(400, "role_not_found", "role");
    }

    private async Task<(TestApp, TestPerson, TestOrg)> OrganizationAsync(Database database)
    {
        var app = await apps.OnAsync(database);
        var owner = await app.PersonAsync("Olive");
        return (app, owner, await app.OrganizationAsync("Orchard", owner));
    }

    private static async Task<Guid> MemberIdAsync(TestApp app, TestPerson asked, TestOrg org, TestPerson member) =>
        (await app.As(asked, org).Get<Page<MemberView>>($"/api/members?q={member.Email}")).Data.Single(m => m.UserId == member.Id).Id;

    private static async Task<MemberView> ChangeRoleAsync(TestApp app, TestPerson by, TestOrg org, TestPerson member, string role) =>
        await app.As(by, org).Put<UpdateMember, MemberView>($"/api/members/{await MemberIdAsync(app, by, org, member)}", new() { Role = role });

    private static async Task RemoveAsync(TestApp app, TestPerson by, TestOrg org, TestPerson member) =>
        await app.As(by, org).Send(HttpMethod.Delete, $"/api/members/{await MemberIdAsync(app, by, org, member)}");

    private static async Task Quietly(Task call)
    {
        try
        {
            await call;
        }
        catch (OCoreException)
        {
            // One of the two is refused; which one is the point of the test.
        }
    }
}
