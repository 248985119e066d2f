using OCore.Client;

namespace OCore.Tests.Organizations;

public sealed class RolesTests(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task A_role_of_ones_own_is_made_changed_and_deleted(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var http = app.As(owner, org);

        var role = await http.Post<CreateRole, RoleView>("/api/roles", new() { Name = "Support", Slug = "support", Permissions = ["view:instances", "view:operations"] });
        Assert.False(role.IsSystem);
        await http.Post<CreateRole, RoleView>("/api/roles", new() { Name = "Support", Slug = "support", Permissions = [] }).IsRefusedAsync(409, "slug_taken", "slug");
        var changed = await http.Put<UpdateRole, RoleView>("/api/roles/support", new() { Permissions = ["manage:instances"] });
        Assert.Equal(("Support", "manage:instances"), (changed.Name, Assert.Single(changed.Permissions)));
        Assert.Equal(5, (await http.Get<Page<RoleView>>("/api/roles")).Data.Count);
        await http.Send(HttpMethod.Delete, $"/api/roles/{role.Id}");

        await http.Get<RoleView>("/api/roles/support").IsRefusedAsync(404, "not_found");
    }

    [Theory, Sqlite, Postgres]
    public async Task System_roles_are_fixed(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);

        await app.As(owner, org).Put<UpdateRole, RoleView>("/api/roles/viewer", new() { Name = "Reader" }).IsRefusedAsync(409, "system_role");
        await app.As(owner, org).Send(HttpMethod.Delete, "/api/roles/developer").IsRefusedAsync(409, "system_role");
    }

    [Theory, Sqlite, Postgres]
    public async Task A_role_in_use_is_not_deleted(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var http = app.As(owner, org);
        await app.MemberAsync(org, "helper", "view:instances");
        await http.Send(HttpMethod.Delete, "/api/roles/helper").IsRefusedAsync(409, "role_in_use");

        await http.Post<CreateRole, RoleView>("/api/roles", new() { Name = "Invited", Slug = "invited", Permissions = ["view:instances"] });
        await http.Post<InviteMember, InvitationView>("/api/invitations", new() { Email = "soon@people.example", Role = "invited" });
        await http.Send(HttpMethod.Delete, "/api/roles/invited").IsRefusedAsync(409, "role_in_use");
    }

    [Theory, Sqlite, Postgres]
    public async Task Nobody_puts_into_a_role_what_they_lack_or_changes_their_own(Database database)
    {
        var (app, owner, org) = await OrganizationAsync(database);
        var editor = await app.MemberAsync(org, "editor", "manage:roles", "view:instances");
        var http = app.As(editor, org);

        await http.Post<CreateRole, RoleView>("/api/roles", new() { Name = "More", Slug = "more", Permissions = ["manage:instances"] }).IsRefusedAsync(403, "grants_more_than_own");
        await http.Put<UpdateRole, RoleView>("/api/roles/editor", new() { Permissions = ["manage:roles"] }).IsRefusedAsync(403, "own_role");
        await app.As(owner, org).Post<CreateRole, RoleView>("/api/roles", new() { Name = "Strong", Slug = "strong", Permissions = ["manage:servers"] });
        await http.Put<UpdateRole, RoleView>("/api/roles/strong", new() { Permissions = [] }).IsRefusedAsync(403, "grants_more_than_own");
        await http.Post<CreateRole, RoleView>("/api/roles", new() { Name = "Less", Slug = "less", Permissions = ["view:instances"] });
        await http.Put<UpdateRole, RoleView>("/api/roles/less", new() { Permissions = ["manage:billing"] }).IsRefusedAsync(403, "grants_more_than_own");
    }

    [Theory, Sqlite, Postgres]
    public async Task Permissions_are_listed_and_unknown_ones_refused(Database database)
    {
        // As they were published: roles and scripts of others hold these names.
        string[] published = ["view:agency", "manage:agency", "view:topologies", "manage:topologies", "view:templates", "manage:templates"];
        var (app, owner, org) = await OrganizationAsync(database);

        var permissions = await app.As(owner, org).Get<Page<PermissionView>>("/api/permissions");
        Assert.Equal(published, permissions.Data.Select(p => p.Name).Intersect(published));
        Assert.All(permissions.Data, p => Assert.NotEqual("", p.Description));
        foreach (var name in published)
            Assert.Equal(name, Assert.Single((await app.As(owner, org).Post<CreateRole, RoleView>("/api/roles", new() { Name = name, Slug = name.Replace(':', '-'), Permissions = [name] })).Permissions));
        await app.As(owner, org).Post<CreateRole, RoleView>("/api/roles", new() { Name = "Odd", Slug = "odd", Permissions = ["manage:everything"] }).IsRefusedAsync(400, "validation_failed", "permissions");
    }

    private async Task<(TestApp, TestPerson, TestOrg)> OrganizationAsync(Database database)
    {
        var app = await apps.OnAsync(database);
        var owner = await app.PersonAsync("Rhea");
        return (app, owner, await app.OrganizationAsync("Rooms", owner));
    }
}
