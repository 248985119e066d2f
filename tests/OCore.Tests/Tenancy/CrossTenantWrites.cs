using Microsoft.EntityFrameworkCore;
using OCore.Features.Instances;
using OCore.Features.Organizations;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Platform.Data;

namespace OCore.Tests.Tenancy;

/// <summary>
/// A query filter protects reads only. These are the writes that pass it by; each is refused by the guard, by the owner as a
/// concurrency token, or by the database's own keys.
/// </summary>
public sealed class CrossTenantWrites(TestApps apps) : IClassFixture<TestApps>
{
    private sealed record World(TestApp App, TestAgency Ours, TestOrg OurClient, TestOrg OurOtherClient, TestAgency Theirs, TestOrg TheirClient, Template OurTemplate, Template TheirTemplate, Server OurServer, Server TheirServer)
    {
        public OCoreDb AsUs() => App.Databases.For(new Tenant(Ours.Org.Id, Ours.Org.Id, false), null);
        public OCoreDb AsOurClient() => App.Databases.For(new Tenant(OurClient.Id, Ours.Org.Id, false), null);
    }

    private async Task<World> WorldAsync(Database database)
    {
        var app = await apps.OnAsync(database);
        var (ours, theirs) = (await app.AgencyAsync("Ours"), await app.AgencyAsync("Theirs"));
        var (client, other, foreign) = (await app.ClientOfAsync(ours, "Client"), await app.ClientOfAsync(ours, "Other"), await app.ClientOfAsync(theirs, "Foreign"));
        await using var db = app.Databases.System();
        var world = new World(app, ours, client, other, theirs, foreign, NewTemplate(ours.Org, "ours"), NewTemplate(theirs.Org, "theirs"), NewServer(ours.Org), NewServer(theirs.Org));
        db.AddRange(world.OurTemplate, world.TheirTemplate, world.OurServer, world.TheirServer);
        await db.SaveChangesAsync();
        return world;
    }

    private static Template NewTemplate(TestOrg org, string name) => new() { OrgId = org.Id, RootId = org.RootId, Name = name, OdooVersion = "18.0", OdooEdition = "ce" };
    private static Server NewServer(TestOrg org) => new() { OrgId = org.Id, RootId = org.RootId, Name = "web", Host = "192.0.2.1", Port = 22, User = "deploy" };

    private static async Task<Template> TheirsNowAsync(World world)
    {
        await using var db = world.App.Databases.System();
        return await db.Templates.AcrossTenants().AsNoTracking().SingleAsync(t => t.Id == world.TheirTemplate.Id);
    }

    // A stub may tell the truth about its owner, or lie.
    [Theory, Sqlite, Postgres]
    public async Task One_a_stub_cannot_update_their_row(Database database)
    {
        var world = await WorldAsync(database);
        foreach (var claimed in new[] { world.Ours.Org, world.Theirs.Org })
        {
            await using var db = world.AsUs();
            var stub = NewStub(world.TheirTemplate.Id, claimed);
            db.Attach(stub);
            stub.Name = "taken";
            await RefusedAsync(db, claimed == world.Theirs.Org);
        }
        Assert.Equal("theirs", (await TheirsNowAsync(world)).Name);
    }

    [Theory, Sqlite, Postgres]
    public async Task Two_a_detached_row_cannot_be_updated_whole(Database database)
    {
        var world = await WorldAsync(database);
        foreach (var claimed in new[] { world.Ours.Org, world.Theirs.Org })
        {
            await using var db = world.AsUs();
            db.Update(NewStub(world.TheirTemplate.Id, claimed));
            await Assert.ThrowsAsync<TenantViolationException>(() => db.SaveChangesAsync());
        }
        Assert.Equal("theirs", (await TheirsNowAsync(world)).Name);
    }

    [Theory, Sqlite, Postgres]
    public async Task Three_a_stub_cannot_delete_their_row(Database database)
    {
        var world = await WorldAsync(database);
        foreach (var claimed in new[] { world.Ours.Org, world.Theirs.Org })
        {
            await using var db = world.AsUs();
            db.Remove(NewStub(world.TheirTemplate.Id, claimed));
            await RefusedAsync(db, claimed == world.Theirs.Org);
        }
        Assert.Equal("theirs", (await TheirsNowAsync(world)).Name);
    }

    [Theory, Sqlite, Postgres]
    public async Task Four_a_row_cannot_refer_to_their_parent(Database database)
    {
        var world = await WorldAsync(database);
        foreach (var make in new Func<object>[]
                 {
                     () => NewInstance(world, world.Ours.Org, world.TheirServer.Id, null),
                     () => NewInstance(world, world.Ours.Org, world.OurServer.Id, world.TheirTemplate.Id),
                     () => NewInstance(world, world.OurClient, world.TheirServer.Id, null),
                     () => new ServerGrant { OrgId = world.Ours.Org.Id, ServerId = world.TheirServer.Id, ClientId = world.OurClient.Id },
                     () => new ServerGrant { OrgId = world.Ours.Org.Id, ServerId = world.OurServer.Id, ClientId = world.TheirClient.Id },
                     () => new TemplateCache { OrgId = world.Ours.Org.Id, RootId = world.Ours.Org.Id, ServerId = world.TheirServer.Id, Image = "odoo:18.0", Wish = "k", Key = "k", Database = "d", Status = "ready" },
                 })
        {
            await using var db = world.AsUs();
            db.Add(make());
            await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync());
        }
        await using var members = world.AsUs();
        var theirRole = await members.OrgRoles.AcrossTenants().Where(r => r.OrgId == world.Theirs.Org.Id).Select(r => r.Id).FirstAsync();
        var person = await world.App.PersonAsync("Newcomer");
        members.Add(new Member { OrgId = world.Ours.Org.Id, UserId = person.Id, RoleId = theirRole });
        await Assert.ThrowsAsync<DbUpdateException>(() => members.SaveChangesAsync());
    }

    [Theory, Sqlite, Postgres]
    public async Task Five_a_row_cannot_be_inserted_for_them(Database database)
    {
        var world = await WorldAsync(database);
        await using (var db = world.AsUs())
        {
            db.Add(NewTemplate(world.Theirs.Org, "planted"));
            await Assert.ThrowsAsync<TenantViolationException>(() => db.SaveChangesAsync());
        }
        // Ours by its owner, theirs by its agency; and the reverse.
        foreach (var (org, root) in new[] { (world.Ours.Org.Id, world.Theirs.Org.Id), (world.Theirs.Org.Id, world.Ours.Org.Id), (world.TheirClient.Id, world.Ours.Org.Id) })
        {
            await using var db = world.AsUs();
            db.Add(new Template { OrgId = org, RootId = root, Name = "planted", OdooVersion = "18.0", OdooEdition = "ce" });
            await Assert.ThrowsAnyAsync<DbUpdateException>(() => db.SaveChangesAsync());
        }
        await using var all = world.App.Databases.System();
        Assert.False(await all.Templates.AcrossTenants().AnyAsync(t => t.Name == "planted"));
    }

    [Theory, Sqlite, Postgres]
    public async Task Six_a_row_cannot_be_handed_over(Database database)
    {
        var world = await WorldAsync(database);
        await using (var db = world.AsUs())
        {
            (await db.Templates.SingleAsync(t => t.Id == world.OurTemplate.Id)).OrgId = world.Theirs.Org.Id;
            await Assert.ThrowsAsync<TenantViolationException>(() => db.SaveChangesAsync());
        }
        await using (var db = world.AsUs())
        {
            (await db.Templates.SingleAsync(t => t.Id == world.OurTemplate.Id)).RootId = world.Theirs.Org.Id;
            await Assert.ThrowsAnyAsync<InvalidOperationException>(() => db.SaveChangesAsync());
        }
        // Not to a client of ours either: what is whose never changes.
        await using (var db = world.AsUs())
        {
            (await db.Templates.SingleAsync(t => t.Id == world.OurTemplate.Id)).OrgId = world.OurClient.Id;
            await Assert.ThrowsAsync<TenantViolationException>(() => db.SaveChangesAsync());
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task Seven_a_bulk_statement_does_not_reach_them(Database database)
    {
        var world = await WorldAsync(database);
        await using var db = world.AsUs();
        Assert.Equal(0, await db.Templates.Where(t => t.Id == world.TheirTemplate.Id).ExecuteUpdateAsync(s => s.SetProperty(t => t.Name, "taken")));
        Assert.Equal(0, await db.Templates.Where(t => t.Id == world.TheirTemplate.Id).ExecuteDeleteAsync());
        Assert.Equal("theirs", (await TheirsNowAsync(world)).Name);
    }

    /// <summary>The organization itself is no row of one, and is guarded all the same.</summary>
    [Theory, Sqlite, Postgres]
    public async Task Their_organization_cannot_be_changed(Database database)
    {
        var world = await WorldAsync(database);
        foreach (var (org, root) in new[] { (world.Theirs.Org, world.Theirs.Org.Id), (world.Theirs.Org, world.Ours.Org.Id), (world.TheirClient, world.Theirs.Org.Id), (world.TheirClient, world.Ours.Org.Id) })
        {
            await using var db = world.AsUs();
            var stub = new Organization { Id = org.Id, RootId = root, Name = org.Name, Slug = org.Slug, Kind = Client.OrganizationKind.Organization };
            db.Attach(stub);
            stub.Name = "taken";
            await RefusedAsync(db, root != world.Ours.Org.Id);
        }
        await using var all = world.App.Databases.System();
        Assert.False(await all.Organizations.AcrossTenants().AnyAsync(o => o.Name == "taken"));
    }

    /// <summary>A client writes its own rows, and neither its agency's nor its sibling's.</summary>
    [Theory, Sqlite, Postgres]
    public async Task A_client_stays_within_itself(Database database)
    {
        var world = await WorldAsync(database);
        await using (var db = world.AsOurClient())
        {
            Assert.Empty(await db.Templates.ToListAsync());
            Assert.Equal(0, await db.Templates.ExecuteUpdateAsync(s => s.SetProperty(t => t.Name, "taken")));
        }
        foreach (var org in new[] { world.Ours.Org, world.OurOtherClient, world.Theirs.Org, world.TheirClient })
        {
            await using var db = world.AsOurClient();
            db.Add(NewTemplate(org, "planted"));
            await Assert.ThrowsAsync<TenantViolationException>(() => db.SaveChangesAsync());
        }
        await using (var db = world.AsOurClient())
        {
            db.Remove(NewStub(world.OurTemplate.Id, world.Ours.Org));
            await RefusedAsync(db, byGuard: true);
        }
        await using (var own = world.AsOurClient())
        {
            own.Add(new Template { Name = "own", OdooVersion = "18.0", OdooEdition = "ce" });
            await own.SaveChangesAsync();
            var made = await own.Templates.SingleAsync();
            Assert.Equal((world.OurClient.Id, world.Ours.Org.Id), (made.OrgId, made.RootId));
        }
        await using var agency = world.AsUs();
        Assert.Contains(await agency.Templates.ToListAsync(), t => t.Name == "own");
    }

    [Theory, Sqlite, Postgres]
    public async Task Scalars_and_counts_are_confined_too(Database database)
    {
        var world = await WorldAsync(database);
        await using var db = world.AsUs();
        Assert.Equal(1, await db.Templates.CountAsync());
        Assert.False(await db.Templates.AnyAsync(t => t.Id == world.TheirTemplate.Id));
        Assert.Null(await db.Templates.FindAsync(world.TheirTemplate.Id));
        Assert.Null(await db.Organizations.FindAsync(world.TheirClient.Id));
        Assert.Null(await db.Organizations.FindAsync(world.Theirs.Org.Id));
    }

    private static Template NewStub(Guid id, TestOrg claimed) => new() { Id = id, OrgId = claimed.Id, RootId = claimed.RootId, Name = "stub", OdooVersion = "18.0", OdooEdition = "ce" };

    private static Instance NewInstance(World world, TestOrg org, Guid server, Guid? template) => new()
    {
        OrgId = org.Id, RootId = org.RootId, Name = "shop", Slug = world.App.Slug("shop"), ServerId = server, TemplateId = template, OdooVersion = "18.0", OdooEdition = "ce", Image = "odoo:18.0",
        Domain = $"{world.App.Slug("shop")}.example.com", Database = "shop", DatabasePasswordSealed = "x", MasterPasswordSealed = "x", ConnectKeySealed = "x",
    };

    private static async Task RefusedAsync(OCoreDb db, bool byGuard)
    {
        if (byGuard)
            await Assert.ThrowsAsync<TenantViolationException>(() => db.SaveChangesAsync());
        else
            await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => db.SaveChangesAsync());
    }
}
